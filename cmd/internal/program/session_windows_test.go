package program

import (
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"unicode/utf16"
	"unsafe"

	"golang.org/x/sys/windows"
)

var (
	sendMessage = user32.NewProc("SendMessageW")
	isWindow    = user32.NewProc("IsWindow")
)

// mustOpenSession opens a session whose window exists. ended counts the calls of its function.
func mustOpenSession(t *testing.T) (s *Session, ended chan struct{}) {
	t.Helper()
	ended = make(chan struct{}, 10)
	s = OpenSession(func() { ended <- struct{}{} })
	t.Cleanup(s.Close)
	if s.window == 0 {
		t.Skip("no window can be made here, as without a desktop")
	}
	return s, ended
}

func TestTheProgramLetsTheSessionEnd(t *testing.T) {
	s, ended := mustOpenSession(t)
	if agreed, _, _ := sendMessage.Call(s.window, messageQueryEndSession, 0, 0); agreed == 0 {
		t.Error("the program does not let the session end")
	}
	_, _, _ = sendMessage.Call(s.window, messageEndSession, 0, 0) // another program did not agree
	_, _, _ = sendMessage.Call(s.window, messageClose, 0, 0)      // as taskkill sends it to every window; the program may stay in the tray
	if is, _, _ := isWindow.Call(s.window); is == 0 {
		t.Error("it listens no more")
	}
	if len(ended) > 0 {
		t.Fatal("the program ends although the session goes on")
	}
}

func TestWindowsEndsTheProgramOnlyWhenItIsDone(t *testing.T) {
	var s *Session
	var finished atomic.Bool
	s = OpenSession(func() {
		for range 1000 { // what there is to finish
			runtime.Gosched()
		}
		finished.Store(true)
		s.Close()
	})
	defer s.Close()
	if s.window == 0 {
		t.Skip("no window can be made here, as without a desktop")
	}
	_, _, _ = sendMessage.Call(s.window, messageEndSession, 1, 0)
	if !finished.Load() {
		t.Error("Windows may end the program before it is done")
	}
}

func TestASessionThatIsClosedLeavesNothing(t *testing.T) {
	s, ended := mustOpenSession(t)
	s.Notify("title", "text")
	s.Close()
	<-s.done
	s.Notify("title", "after the end")
	if is, _, _ := isWindow.Call(s.window); is != 0 || len(ended) > 0 {
		t.Error("its window is there still, or the program was ended")
	}
}

// A notification is shown by its window's thread; the icon in the tray is there as long as it.
func TestANotificationIsShownAndGoes(t *testing.T) {
	s, _ := mustOpenSession(t)
	trayClass, err := windows.UTF16PtrFromString("Shell_TrayWnd")
	if err != nil {
		t.Fatal(err)
	}
	if tray, _, _ := user32.NewProc("FindWindowW").Call(uintptr(unsafe.Pointer(trayClass)), 0); tray == 0 {
		t.Skip("there is no tray here")
	}
	const hostile = "$(Start-Process calc)`\"'; & calc\x00 %PATH%"
	s.waiting <- [2]string{"Countersign", hostile}
	_, _, _ = sendMessage.Call(s.window, messageNotify, 0, 0) // as Notify, but it returns when the notification is shown
	if !s.shown {
		t.Error("it is not shown")
	}
	_, _, _ = sendMessage.Call(s.window, messageOfIcon, 0, balloonOver)
	if s.shown {
		t.Error("its icon stays")
	}
}

func TestATextIsCutBetweenCharacters(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "short": "short", "exactly": "exactly", "too long a text": "too lon", "six…😀x": "six…😀x", "seven67😀": "seven67", "six 56😀": "six 56", "a\x00b": "a",
	} {
		var field [8]uint16
		for i := range field {
			field[i] = 'x'
		}
		fill(field[:], text)
		if got := windows.UTF16ToString(field[:]); got != want || field[7] != 0 {
			t.Errorf("%q: %q", text, got)
		}
	}
	var n notifyIcon
	fill(n.text[:], strings.Repeat("😀", 300))
	if got := windows.UTF16ToString(n.text[:]); len(utf16.Encode([]rune(got))) != 254 || strings.Trim(got, "😀") != "" {
		t.Errorf("%d characters", len([]rune(got)))
	}
}
