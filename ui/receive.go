package ui

import (
	"context"
	"errors"
)

// errClosed is returned by [Window.Receive] when the window closes first.
var errClosed = errors.New("the window is closing")

// Receive adds the files of a second start of the program to the composer, and raises the window. It waits until
// the window has them. It returns ctx.Err() if ctx ends first, and an error if the window closes first; the files
// are not added then. It may be called from any goroutine except the drawing one.
func (w *Window) Receive(ctx context.Context, files []string) error {
	received := make(chan struct{})
	w.bg.Show(func() {
		if ctx.Err() != nil {
			return // Receive has returned an error already
		}
		w.raise()
		if len(files) > 0 {
			w.composer.AddFiles(files)
		}
		close(received)
	})
	select {
	case <-received:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-w.bg.Context().Done():
		return errClosed
	}
}

// raise brings the window to the front, also when it is hidden.
func (w *Window) raise() {
	w.window.Show()
	w.window.RequestFocus()
}
