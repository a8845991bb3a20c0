// Package lifetime ties background work to the life of whoever it works for: the work is told
// when that life ends, and ending it waits until all of the work is done.
package lifetime

import (
	"context"
	"sync"
)

// Lifetime counts background work and ends it. Its methods may be called from any goroutine.
type Lifetime struct {
	mu      sync.Mutex // nothing begins between the end and the wait for it
	running sync.WaitGroup
	ctx     context.Context // the one that is kept in a struct: it is the life itself
	cancel  context.CancelFunc
}

// New begins a life. The caller has to call [Lifetime.End].
func New() *Lifetime {
	l := &Lifetime{}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	return l
}

// Context returns a context that is canceled when the life ends.
func (l *Lifetime) Context() context.Context { return l.ctx }

// Run runs job on the calling goroutine, with a context that is canceled when ctx or the life
// ends. It returns the job's error, and nil when the job was broken off by one of the two. After
// the end it returns nil at once.
func (l *Lifetime) Run(ctx context.Context, job func(context.Context) error) error {
	if !l.begin() {
		return nil
	}
	defer l.running.Done()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(l.ctx, cancel)()
	if err := job(ctx); ctx.Err() == nil {
		return err
	}
	return nil
}

// Go runs job on a goroutine of its own, with a context that is canceled when the life ends. It
// reports whether it did: after the end, nothing begins any more.
func (l *Lifetime) Go(job func(context.Context)) bool {
	if !l.begin() {
		return false
	}
	go func() {
		defer l.running.Done()
		job(l.ctx)
	}()
	return true
}

func (l *Lifetime) begin() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ctx.Err() != nil {
		return false
	}
	l.running.Add(1)
	return true
}

// Cancel ends the context of all work, and does not wait for it.
func (l *Lifetime) Cancel() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cancel()
}

// End ends the context of all work and waits until it is done. It may be called several times.
func (l *Lifetime) End() {
	l.Cancel()
	l.running.Wait()
}
