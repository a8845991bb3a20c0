package program

import (
	"runtime"
	"sync"
	"unicode/utf16"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Session is this program's part in the session of whoever is logged on: it hears that the session ends, and shows notifications. It has a hidden window for
// that, on a thread of its own. The toolkit lets the session end without a word, and hands the text of a notification to PowerShell.
// A program has one at a time. Close must be called.
type Session struct {
	end     func()
	window  uintptr // zero if there is none, as for a service
	icon    uintptr
	shown   bool           // the icon of a notification is in the tray; of the window's thread
	waiting chan [2]string // the title and text of the next notification; its buffer holds one
	over    chan struct{}  // closed by Close
	done    chan struct{}  // closed when the window's thread has ended
	close   func()
}

var (
	user32           = windows.NewLazySystemDLL("user32.dll")
	registerClass    = user32.NewProc("RegisterClassExW")
	unregisterClass  = user32.NewProc("UnregisterClassW")
	createWindow     = user32.NewProc("CreateWindowExW")
	destroyWindow    = user32.NewProc("DestroyWindow")
	defaultProcedure = user32.NewProc("DefWindowProcW")
	getMessage       = user32.NewProc("GetMessageW")
	dispatchMessage  = user32.NewProc("DispatchMessageW")
	postMessage      = user32.NewProc("PostMessageW")
	postQuit         = user32.NewProc("PostQuitMessage")
	loadIcon         = user32.NewProc("LoadIconW")
	shellNotifyIcon  = windows.NewLazySystemDLL("shell32.dll").NewProc("Shell_NotifyIconW")
	getModule        = windows.NewLazySystemDLL("kernel32.dll").NewProc("GetModuleHandleW")
	sessionClass, _  = windows.UTF16PtrFromString("CountersignSession")
	sessionTitle, _  = windows.UTF16PtrFromString("Countersign")
)

// Messages of windows (winuser.h, shellapi.h).
const (
	messageDestroy         = 0x0002 // WM_DESTROY
	messageClose           = 0x0010 // WM_CLOSE
	messageQueryEndSession = 0x0011 // WM_QUERYENDSESSION
	messageEndSession      = 0x0016 // WM_ENDSESSION
	messageNotify          = 0x8000 // WM_APP, from Notify
	messageOfIcon          = 0x8001 // from the tray; lParam says what
	messageLeave           = 0x8002 // from Close
	balloonHidden          = 0x0403 // NIN_BALLOONHIDE
	balloonOver            = 0x0404 // NIN_BALLOONTIMEOUT
	balloonClicked         = 0x0405 // NIN_BALLOONUSERCLICK
)

// windowClass is WNDCLASSEXW.
type windowClass struct {
	size, style                        uint32
	procedure                          uintptr
	extra, windowExtra                 int32
	instance, icon, cursor, background uintptr
	menu, name                         *uint16
	smallIcon                          uintptr
}

// notifyIcon is NOTIFYICONDATAW.
type notifyIcon struct {
	size             uint32
	window           uintptr
	id, flags        uint32
	message          uint32
	icon             uintptr
	tip              [128]uint16
	state, stateMask uint32
	text             [256]uint16
	version          uint32
	title            [64]uint16
	textFlags        uint32
	guid             windows.GUID
	icon2            uintptr
}

// OpenSession begins to listen. When the session of whoever is logged on ends, because they log off or the computer is shut down, it calls the function
// end, on another goroutine than the caller's. Windows then waits until Close is called or the program ends; after some seconds, it asks the
// person. A console program hears of it by a signal, unless it has opened a web page before: then only by a Session.
func OpenSession(end func()) *Session {
	s := &Session{end: sync.OnceFunc(end), waiting: make(chan [2]string, 1), over: make(chan struct{}), done: make(chan struct{})}
	s.close = sync.OnceFunc(func() {
		close(s.over)
		if s.window != 0 {
			_, _, _ = postMessage.Call(s.window, messageLeave, 0, 0)
		}
		<-s.done
	})
	opened := make(chan struct{})
	go s.listen(opened)
	<-opened
	return s
}

// Close ends the listening. Whatever the program had to finish before the end of the session must be finished by then. It may be called again.
func (s *Session) Close() { s.close() }

// Notify shows a notification for some seconds. Its text is shown as it is: no program reads it as a command. What is too long is cut off. A notification
// takes the place of the one before.
func (s *Session) Notify(title, text string) {
	select {
	case <-s.waiting:
	default:
	}
	select {
	case s.waiting <- [2]string{title, text}:
		_, _, _ = postMessage.Call(s.window, messageNotify, 0, 0)
	default: // another one has just come
	}
}

// listen makes the window, closes opened, and handles what is sent to the window until it is closed.
func (s *Session) listen(opened chan struct{}) {
	runtime.LockOSThread() // messages come to the thread that has made the window; it ends with this goroutine
	defer close(s.done)
	module, _, _ := getModule.Call(0)
	s.window = s.makeWindow(module)
	close(opened)
	defer unregisterClass.Call(uintptr(unsafe.Pointer(sessionClass)), module) // the next Session has another procedure
	if s.window == 0 {
		return
	}
	var message struct {
		window         uintptr
		message        uint32
		wParam, lParam uintptr
		time           uint32
		x, y           int32
		private        uint32
	}
	for {
		got, _, _ := getMessage.Call(uintptr(unsafe.Pointer(&message)), 0, 0, 0)
		if int32(got) <= 0 { // it is to end, or failed
			return
		}
		_, _, _ = dispatchMessage.Call(uintptr(unsafe.Pointer(&message)))
	}
}

// makeWindow makes the hidden window. It is no window for messages alone, since those do not hear that the session ends.
func (s *Session) makeWindow(module uintptr) (window uintptr) {
	const ownIcon, systemIcon = 1, 32512 // in packaging/resources.rc, and IDI_APPLICATION
	if s.icon, _, _ = loadIcon.Call(module, ownIcon); s.icon == 0 {
		s.icon, _, _ = loadIcon.Call(0, systemIcon)
	}
	class := windowClass{procedure: windows.NewCallback(s.handle), instance: module, icon: s.icon, name: sessionClass}
	class.size = uint32(unsafe.Sizeof(class))
	_, _, _ = registerClass.Call(uintptr(unsafe.Pointer(&class)))
	window, _, _ = createWindow.Call(0, uintptr(unsafe.Pointer(sessionClass)), uintptr(unsafe.Pointer(sessionTitle)), 0, 0, 0, 0, 0, 0, 0, module, 0)
	return window
}

// handle is the window's procedure.
func (s *Session) handle(window, message, wParam, lParam uintptr) uintptr {
	switch message {
	case messageQueryEndSession:
		return 1 // nothing speaks against it
	case messageEndSession:
		if wParam != 0 { // Windows ends the program once this returns
			go s.end()
			<-s.over
		}
		return 0
	case messageNotify:
		select {
		case note := <-s.waiting:
			s.show(note[0], note[1])
		default:
		}
		return 0
	case messageOfIcon:
		if lParam == balloonHidden || lParam == balloonOver || lParam == balloonClicked {
			s.hide()
		}
		return 0
	case messageClose: // from a program that asks all windows to close; the one that people see answers for all
		return 0
	case messageLeave:
		s.hide()
		_, _, _ = destroyWindow.Call(window)
		return 0
	case messageDestroy:
		_, _, _ = postQuit.Call(0)
		return 0
	}
	result, _, _ := defaultProcedure.Call(window, message, wParam, lParam)
	return result
}

// What Shell_NotifyIconW does (NIM_ADD, NIM_MODIFY, NIM_DELETE), and what of a notifyIcon counts (NIF_MESSAGE, NIF_ICON, NIF_TIP, NIF_INFO).
const (
	iconAdd     = 0
	iconModify  = 1
	iconDelete  = 2
	withMessage = 0x1
	withIcon    = 0x2
	withTip     = 0x4
	withText    = 0x10

	ownBalloonIcon   = 0x4  // NIIF_USER
	respectQuietTime = 0x80 // NIIF_RESPECT_QUIET_TIME
)

// show shows a notification. Windows ties it to an icon in the tray, which is there as long as the notification.
func (s *Session) show(title, text string) {
	n := s.newIcon(withMessage | withIcon | withTip)
	fill(n.tip[:], title)
	if !s.shown {
		s.shown = call(iconAdd, n)
	}
	n.flags, n.textFlags = withText, ownBalloonIcon|respectQuietTime
	fill(n.title[:], title)
	fill(n.text[:], text)
	call(iconModify, n)
}

func (s *Session) hide() {
	if s.shown {
		call(iconDelete, s.newIcon(0))
	}
	s.shown = false
}

func (s *Session) newIcon(flags uint32) *notifyIcon {
	n := &notifyIcon{window: s.window, id: 1, flags: flags, message: messageOfIcon, icon: s.icon}
	n.size = uint32(unsafe.Sizeof(*n))
	return n
}

func call(what uintptr, n *notifyIcon) bool {
	done, _, _ := shellNotifyIcon.Call(what, uintptr(unsafe.Pointer(n)))
	return done != 0
}

// fill writes a text, with a zero at its end, into a field of a structure of Windows. It cuts off what is too long, and never half a character.
func fill(field []uint16, text string) {
	n := 0
	for _, r := range text {
		if r == 0 || n+utf16.RuneLen(r) >= len(field) {
			break
		}
		n += copy(field[n:], utf16.AppendRune(nil, r))
	}
	clear(field[n:])
}
