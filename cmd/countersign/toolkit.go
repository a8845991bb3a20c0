package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"sync"
)

// errNoWindow says that no window can be opened on this system. Who reads standard error
// has been told.
var errNoWindow = errors.New("no window can be opened")

// fatal is what the toolkit logs when a window cannot be drawn, and what that means. It tells
// nobody else: it goes on without a window, ends the program at once, or makes it crash.
var fatal = map[string]string{
	"failed to initialise GLFW":   "the display cannot be reached",
	"window creation error":       noOpenGL,
	"failed to initialise OpenGL": noOpenGL,
}

const noOpenGL = "this system offers no OpenGL to draw a window with, like many remote desktops"

// toolkit hears what the toolkit logs.
type toolkit struct {
	log  *slog.Logger
	errs io.Writer

	mu     sync.Mutex
	failed bool
}

// watchToolkit sends what the toolkit writes to the standard logger to the program's own.
func watchToolkit(l *slog.Logger, errs io.Writer) *toolkit {
	t := &toolkit{log: l, errs: errs}
	log.SetFlags(0)
	log.SetOutput(t)
	return t
}

// Write implements [io.Writer]; each call is a line of the standard logger.
func (t *toolkit) Write(line []byte) (int, error) {
	t.log.Info("toolkit: " + string(bytes.TrimSpace(line)))
	for sign, why := range fatal {
		if bytes.Contains(line, []byte(sign)) {
			t.tell(why) // at once, since the program may end in the next moment
		}
	}
	return len(line), nil
}

// tell says, once, that there will be no window, and what to do instead.
func (t *toolkit) tell(why string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.failed {
		return
	}
	t.failed = true
	words := why + ": use countersignctl, which does the same from a terminal"
	t.log.Info(words)
	fmt.Fprintln(t.errs, "countersign: "+words)
}

// opens shows a window and tells whether it can be seen. Where it cannot, the toolkit may
// panic, too, which says nothing that was not told.
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
