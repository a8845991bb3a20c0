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

// receive gives files to the window as a second start does, from another goroutine.
func (f *office) receive(ctx context.Context, files ...string) <-chan error {
	done := make(chan error, 1)
	go func() { done <- f.window.Receive(ctx, files) }()
	return done
}

// told draws until the sender is told what became of its files.
func (f *office) told(done <-chan error) error {
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
	if err := f.told(f.receive(t.Context(), write(t, "Lease.pdf", pdftest.Plain(t, "Lease")))); err != nil {
		t.Error(err)
	}
	f.read()
	f.saying("New request", "Lease.pdf")
	f.key(fyne.KeyReturn)
	f.closed()
	f.saying("Added.")
	if err := f.told(f.receive(t.Context())); err != nil {
		t.Errorf("without files: %v", err)
	}
}

// Who was told that nobody took the files brings them another time.
func TestWhatNobodyWaitsForIsNotAdded(t *testing.T) {
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
