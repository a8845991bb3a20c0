package async

import (
	"context"
	"errors"
)

// Latest makes sure that only the newest of several calls is answered: each call cancels the one before, and a late
// answer is dropped. The zero value is ready to use.
type Latest struct {
	generation int
	cancel     context.CancelFunc
}

// Drop cancels the call under way, if there is one, and drops its answer.
func (l *Latest) Drop() {
	l.generation++
	if l.cancel != nil {
		l.cancel()
		l.cancel = nil
	}
}

// Begin cancels the call under way and returns the context of the next one, and a function that reports whether that
// call is still the newest. Use it where [CallLatest] does not fit.
func (l *Latest) Begin(parent context.Context) (ctx context.Context, current func() bool) {
	l.Drop()
	ctx, l.cancel = context.WithCancel(parent)
	generation := l.generation
	return ctx, func() bool { return l.generation == generation }
}

// CallLatest is [Call] for the next call of l. Show is not called if the call is not the newest any more, or if its
// error is [context.Canceled].
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
