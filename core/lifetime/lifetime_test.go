package lifetime

import (
	"context"
	"errors"
	"testing"
)

func TestEndWaitsForAllWork(t *testing.T) {
	l := New()
	done := make(chan string, 2)
	began := make(chan struct{})
	if !l.Go(func(ctx context.Context) {
		<-ctx.Done()
		done <- "go"
	}) {
		t.Fatal("it did not begin")
	}
	returned := make(chan error, 1)
	go func() {
		returned <- l.Run(t.Context(), func(ctx context.Context) error {
			close(began)
			<-ctx.Done()
			done <- "run"
			return ctx.Err()
		})
	}()
	<-began
	l.End()
	if len(done) != 2 {
		t.Errorf("End returned after %d of 2", len(done))
	}
	if err := <-returned; err != nil {
		t.Errorf("work that the end broke off failed: %v", err)
	}
	if l.Context().Err() == nil {
		t.Error("the context goes on")
	}
	l.End()
}

func TestNothingBeginsAfterTheEnd(t *testing.T) {
	l := New()
	l.End()
	if l.Go(func(context.Context) { t.Error("Go began") }) {
		t.Error("Go reports that it began")
	}
	if err := l.Run(t.Context(), func(context.Context) error { t.Error("Run began"); return nil }); err != nil {
		t.Error(err)
	}
}

func TestRunReturnsTheJobsError(t *testing.T) {
	l := New()
	defer l.End()
	broken := errors.New("broken")
	if err := l.Run(t.Context(), func(context.Context) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err := l.Run(ctx, func(ctx context.Context) error {
		cancel()
		return ctx.Err()
	})
	if err != nil {
		t.Errorf("a canceled job failed: %v", err)
	}
}
