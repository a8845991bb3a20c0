package ui

import (
	"context"
	"errors"
)

var errClosed = errors.New("the window is closing")

// Receive takes the files that a second start of the program brought, and raises the
// window. It may be called from any goroutine but the one that draws. It returns nil when
// the window has taken them, and an error when the window closes, or ctx ends, before that.
func (w *Window) Receive(ctx context.Context, files []string) error {
	taken := make(chan struct{})
	w.bg.Show(func() {
		if ctx.Err() != nil {
			return // whoever brought them was told that nobody took them
		}
		w.raise()
		if len(files) > 0 {
			w.composer.AddFiles(files)
		}
		close(taken)
	})
	select {
	case <-taken:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-w.bg.Context().Done():
		return errClosed
	}
}

// raise brings the window to the front, from wherever it is.
func (w *Window) raise() {
	w.window.Show()
	w.window.RequestFocus()
}
