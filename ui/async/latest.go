package async

import (
	"context"
	"errors"
)

// Latest is a series of calls of which only the newest counts: each cancels the one before it, and an answer that comes
// late all the same is dropped. The zero value is ready to use.
type Latest struct {
	generation int
	cancel     context.CancelFunc
}

// Drop cancels the call under way, if there is one. Its answer will not be shown.
func (l *Latest) Drop() {
	l.generation++
	if l.cancel != nil {
		l.cancel()
		l.cancel = nil
	}
}

// Begin drops the call under way and returns the context of the next one. The returned function reports whether that
// call is still the newest.
func (l *Latest) Begin(parent context.Context) (ctx context.Context, current func() bool) {
	l.Drop()
	ctx, l.cancel = context.WithCancel(parent)
	generation := l.generation
	return ctx, func() bool { return l.generation == generation }
}

// CallLatest is [Call] for the next call of a series. An answer that is a cancellation is not shown.
func CallLatest[T any](w *Worker, l *Latest, call func(context.Context) (T, error), show func(T, error)) {
	ctx, current := l.Begin(w.ctx)
	CallContext(ctx, w, call, func(answer T, err error) {
		if !current() {
			return
		}
		l.Drop()
		if !errors.Is(err, context.Canceled) {
			show(answer, err)
		}
	})
}
