// Package async carries work away from the goroutine that draws a window, and its answers back to it.
//
// A [Worker] runs calls in the background and hands their answers over through one function, which brings them to the
// drawing goroutine. On top of it, [Latest] keeps only the newest of several answers, [Refresher] repeats one reading
// without piling readings up, and [Task] is work that one button stops and begins again.
//
// Everything here is used on the drawing goroutine alone, but for [Worker.Show] and what a comment says otherwise of.
package async

import (
	"context"
	"sync"
)

// Worker runs calls in the background and brings their answers back to the drawing goroutine.
type Worker struct {
	ctx      context.Context
	cancel   context.CancelFunc
	dispatch func(func()) // brings a function to the drawing goroutine
	work     sync.WaitGroup
}

// New returns a worker whose answers dispatch brings to the drawing goroutine. Dispatch must not wait for the function
// it is given. Whoever makes a worker closes it.
func New(dispatch func(func())) *Worker {
	w := &Worker{dispatch: dispatch}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	return w
}

// Close cancels everything under way and waits for it to return. Answers that were not shown yet are dropped. Closing
// again does nothing.
func (w *Worker) Close() {
	w.cancel()
	w.work.Wait()
}

// Context returns the context of all of the worker's calls. It ends when the worker is closed.
func (w *Worker) Context() context.Context { return w.ctx }

// Closed reports whether the worker was closed. It may be called from any goroutine.
func (w *Worker) Closed() bool { return w.ctx.Err() != nil }

// Go runs work on a goroutine of its own. The context it passes ends when the worker is closed. On a closed worker it
// does nothing.
func (w *Worker) Go(work func(context.Context)) {
	if !w.Closed() {
		w.work.Go(func() { work(w.ctx) })
	}
}

// Show runs f on the drawing goroutine, unless the worker is closed before f's turn comes. It may be called from any
// goroutine, and does not wait for f.
func (w *Worker) Show(f func()) {
	if w.Closed() {
		return
	}
	w.dispatch(func() {
		if !w.Closed() {
			f()
		}
	})
}

// Call runs call in the background and show with its answer on the drawing goroutine.
func Call[T any](w *Worker, call func(context.Context) (T, error), show func(T, error)) {
	CallContext(w.ctx, w, call, show)
}

// CallContext is [Call] with a context of the caller's own, which should be derived from [Worker.Context].
func CallContext[T any](ctx context.Context, w *Worker, call func(context.Context) (T, error), show func(T, error)) {
	if w.Closed() {
		return
	}
	w.work.Add(1)
	go func() {
		defer w.work.Done()
		answer, err := call(ctx)
		w.Show(func() { show(answer, err) })
	}()
}

// Do is [Call] for work that has no answer but an error.
func Do(w *Worker, work func(context.Context) error, done func(error)) {
	DoContext(w.ctx, w, work, done)
}

// DoContext is [Do] with a context of the caller's own, which should be derived from [Worker.Context].
func DoContext(ctx context.Context, w *Worker, work func(context.Context) error, done func(error)) {
	CallContext(ctx, w, func(ctx context.Context) (struct{}, error) { return struct{}{}, work(ctx) }, func(_ struct{}, err error) { done(err) })
}
