package ui

import (
	"context"
	"errors"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"countersign/core/pdf/pdftest"
	"countersign/ui/uitest"
)

// receive passes files to the window from another goroutine, like a second start of the program.
func (f *office) receive(ctx context.Context, files ...string) <-chan error {
	done := make(chan error, 1)
	go func() { done <- f.window.Receive(ctx, files) }()
	return done
}

// result runs the drawing goroutine until Receive returns, and returns its error.
func (f *office) result(done <-chan error) error {
	f.t.Helper()
	deadline := time.After(uitest.Patience)
	for {
		f.queue.Drain()
		select {
		case err := <-done:
			return err
		case <-f.queue.News():
		case <-deadline:
			f.t.Fatal("the sender is told nothing")
		}
	}
}

func TestFilesOfASecondStartAreAdded(t *testing.T) {
	f := newOffice(t, officeOptions{})
	if err := f.result(f.receive(t.Context(), write(t, "Lease.pdf", pdftest.Plain(t, "Lease")))); err != nil {
		t.Error(err)
	}
	f.read()
	f.saying("New request", "Lease.pdf")
	f.key(fyne.KeyReturn)
	f.closed()
	f.saying("Added.")
	if err := f.result(f.receive(t.Context())); err != nil {
		t.Errorf("without files: %v", err)
	}
}

// The sender got an error and may send the files again.
func TestFilesOfACanceledReceiveAreNotAdded(t *testing.T) {
	f := newOffice(t, officeOptions{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := <-f.receive(ctx, "/a.pdf", "/b.pdf"); !errors.Is(err, context.Canceled) {
		t.Errorf("error: %v", err)
	}
	f.queue.Drain()
	if said := f.window.notices.text(); said != "" {
		t.Errorf("the window says %q", said)
	}
}

func TestAClosedWindowTakesNothing(t *testing.T) {
	f := newOffice(t, officeOptions{})
	f.window.Close()
	if err := <-f.receive(t.Context(), "/x.pdf"); !errors.Is(err, errClosed) {
		t.Errorf("error: %v", err)
	}
}
