package async

import (
	"context"
	"errors"
)

// Latest makes sure that of several calls only the answer to the newest call is shown. Each call cancels the call before
// it, and the answer to that one is dropped. The zero value is ready to use.
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

// Begin cancels the call under way and begins another. It returns the context of the new call, and a function that
// reports whether the new call is still the newest and was not dropped. Use it where [CallLatest] does not fit.
func (l *Latest) Begin(parent context.Context) (ctx context.Context, current func() bool) {
	l.Drop()
	ctx, l.cancel = context.WithCancel(parent)
	generation := l.generation
	return ctx, func() bool { return l.generation == generation }
}

// CallLatest cancels the call of l under way and then does what [Call] does. The function show is not called if a newer
// call of l has begun by then, if [Latest.Drop] was called, or if the error is [context.Canceled].
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
