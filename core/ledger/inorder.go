package ledger

import (
	"context"
	"runtime"
	"sync"
)

// inOrder runs the function work on items on all processors, and calls the function each with the results, one after the other and in the
// order of the items, on the calling goroutine. The function produce sends the items; it runs on a goroutine of its own, and send fails
// once inOrder is about to return. inOrder returns the first error of the three, after all of its goroutines have ended.
//
// The function guard runs produce and every call of work; it is there for [Ledger.catchPanic], which has to be called on each goroutine
// that reads the file.
func inOrder[T, R any](ctx context.Context, guard func(func() error) error, produce func(send func(T) error) error, work func(T) (R, error), each func(R) error) (err error) {
	type job struct {
		item   T
		result R
		err    error
		done   chan struct{}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	workers := runtime.GOMAXPROCS(0)
	waiting, ordered := make(chan *job, workers), make(chan *job, 2*workers)
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel(nil)
	running.Go(func() {
		defer close(ordered)
		defer close(waiting)
		err := guard(func() error {
			return produce(func(item T) error {
				j := &job{item: item, done: make(chan struct{})}
				for _, to := range []chan *job{ordered, waiting} {
					select {
					case to <- j:
					case <-ctx.Done():
						return context.Cause(ctx)
					}
				}
				return nil
			})
		})
		if err != nil {
			cancel(err)
		}
	})
	for range workers {
		running.Go(func() {
			for j := range waiting {
				j.err = guard(func() (err error) { j.result, err = work(j.item); return err })
				close(j.done)
			}
		})
	}
	for j := range ordered {
		select {
		case <-j.done:
			err = j.err
		case <-ctx.Done():
			err = context.Cause(ctx)
		}
		if err == nil {
			err = each(j.result)
		}
		if err != nil {
			cancel(err)
			return err
		}
	}
	return context.Cause(ctx)
}
