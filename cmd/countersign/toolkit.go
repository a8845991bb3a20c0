package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"

	"countersign/cmd/internal/program"
)

// errNoWindow is returned when no window can be opened on this system. The reason has been printed
// by then.
var errNoWindow = errors.New("no window can be opened")

// fatal maps parts of the lines that the toolkit (Fyne) logs when it cannot draw a window to the reason,
// as a text for people. The toolkit returns no error then: it goes on without a window, ends the program,
// or panics.
var fatal = map[string]string{
	"failed to initialise GLFW":   "the display cannot be reached",
	"window creation error":       noOpenGL,
	"failed to initialise OpenGL": noOpenGL,
}

const noOpenGL = "this system offers no OpenGL to draw a window with, like many remote desktops"

// toolkit notices in the lines of the standard logger, which the toolkit (Fyne) writes to, that no window
// can be drawn. It is safe for concurrent use.
type toolkit struct {
	log  *slog.Logger
	errs io.Writer

	mu     sync.Mutex
	failed bool
}

// watchToolkit redirects the standard logger of package log, which the toolkit and other libraries use, to
// l for as long as the process runs; see [program.FilterLibraryLog]. When a line has a part that [fatal]
// lists, the reason is also printed on errs.
func watchToolkit(l *slog.Logger, errs io.Writer) *toolkit {
	t := &toolkit{log: l, errs: errs}
	program.FilterLibraryLog(t.read)
	return t
}

func (t *toolkit) read(line string) {
	t.log.Info("a library says", "line", line)
	for sign, why := range fatal {
		if strings.Contains(line, sign) {
			t.fail(why) // at once: the program may end in the next moment
		}
	}
}

// fail prints, once, that there will be no window, and what to do instead. On Windows, where nobody sees what is printed, it also shows that.
func (t *toolkit) fail(why string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.failed {
		return
	}
	t.failed = true
	text := why + ": use countersignctl, which does the same from a terminal"
	t.log.Info("no window can be opened", "why", text)
	fmt.Fprintln(t.errs, "countersign: "+text)
	showMessage(strings.ToUpper(text[:1]) + text[1:] + ".\n\n" + messageHelp)
}

// opens calls the function show. It reports false when the toolkit has logged by then that no window can be
// drawn; only then is a panic of show recovered.
func (t *toolkit) opens(show func()) (opened bool) {
	defer func() {
		if opened = !t.hasFailed(); opened {
			return
		}
		if p := recover(); p != nil {
			t.log.Info("the toolkit gave up", "panic", p)
		}
	}()
	show()
	return
}

func (t *toolkit) hasFailed() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.failed
}

// unlessEnded calls do, and recovers from its panic if the toolkit has ended. Fyne ends by itself at a signal, as this program does. What
// it is given after that, it runs at once, where it is given, and without its windows.
func unlessEnded(do func()) {
	defer func() {
		if p := recover(); p != nil && !strings.HasPrefix(fmt.Sprint(p), "NotInitialized:") { // of GLFW
			panic(p)
		}
	}()
	do()
}
