// Package async runs work in the background of a window, and shows the answers on the goroutine that draws it.
//
// A [Worker] runs each call on a goroutine of its own, and passes the functions that show the answers to the drawing
// goroutine. [Latest] drops all answers but that to the newest call. [Refresher] repeats one reading without piling
// readings up. [Task] is work that one button starts and stops.
//
// Everything here must be used on the drawing goroutine, unless its comment allows any goroutine.
package async

import (
	"context"
	"sync"
)

// Worker runs calls in the background and shows their answers on the drawing goroutine.
type Worker struct {
	ctx      context.Context
	cancel   context.CancelFunc
	dispatch func(func()) // runs a function on the drawing goroutine
	work     sync.WaitGroup
}

// New returns a worker. The function dispatch has to run its argument on the drawing goroutine; it is called from any
// goroutine, and must not wait for its argument to return. The caller has to call [Worker.Close].
func New(dispatch func(func())) *Worker {
	w := &Worker{dispatch: dispatch}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	return w
}

// Close cancels every call under way, and does not wait until they have returned: some take their time, and nothing is
// drawn meanwhile. Answers that were not shown yet are dropped. Closing again does nothing.
func (w *Worker) Close() { w.cancel() }

// Wait waits, after [Worker.Close], until every call has returned. It must not be called on the drawing goroutine.
func (w *Worker) Wait() { w.work.Wait() }

// Context returns the parent of the contexts of all calls. It is canceled when the worker is closed.
func (w *Worker) Context() context.Context { return w.ctx }

// Closed reports whether the worker was closed. It may be called from any goroutine.
func (w *Worker) Closed() bool { return w.ctx.Err() != nil }

// Go runs work on a goroutine of its own. The context of work is canceled when the worker is closed. On a closed worker
// Go does nothing.
func (w *Worker) Go(work func(context.Context)) {
	if !w.Closed() {
		w.work.Go(func() { work(w.ctx) })
	}
}

// Show runs f on the drawing goroutine and does not wait for it. If the worker is closed first, f is dropped. Show may
// be called from any goroutine.
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

// Call runs the function call in the background, and then the function show with the answer and the error of call on the
// drawing goroutine. On a closed worker neither is run. If the worker is closed before show is run, show is not run.
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

// Do is [Call] for work whose only answer is an error.
func Do(w *Worker, work func(context.Context) error, done func(error)) {
	DoContext(w.ctx, w, work, done)
}

// DoContext is [Do] with a context of the caller's own, which should be derived from [Worker.Context].
func DoContext(ctx context.Context, w *Worker, work func(context.Context) error, done func(error)) {
	CallContext(ctx, w, func(ctx context.Context) (struct{}, error) { return struct{}{}, work(ctx) }, func(_ struct{}, err error) { done(err) })
}
