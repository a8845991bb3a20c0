// Package lifetime ties background work to the life of an object, such as a desk or a queue: the
// work's context is canceled when the life ends, and [Lifetime.End] waits until all work has returned.
package lifetime

import (
	"context"
	"sync"
)

// Lifetime is like a context that can be canceled together with a wait group for the work that uses
// it. [New] returns one. Its methods may be called from any goroutine.
type Lifetime struct {
	mu      sync.Mutex // so that no work begins between Cancel and the Wait of End
	running sync.WaitGroup
	ctx     context.Context // canceled when the life ends
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

// Run calls the function job on the calling goroutine, with a context that is canceled when ctx is done
// or the life ends. It returns the error of job, but nil if the context of job was canceled before job
// returned. After the end of the life it returns nil without running job.
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

// Go calls the function job on a goroutine of its own, with a context that is canceled when the life
// ends. It reports whether job was started: after the end of the life it is not.
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

// begin counts one more piece of work, and returns true. The caller calls running.Done when the work
// has returned. After the end of the life, begin counts nothing and returns false.
func (l *Lifetime) begin() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ctx.Err() != nil {
		return false
	}
	l.running.Add(1)
	return true
}

// Cancel ends the life: it cancels the context of all work, and no work begins after it. It does not
// wait for the work.
func (l *Lifetime) Cancel() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cancel()
}

// End ends the life as Cancel does, and waits until all work has returned. It may be called several
// times, but not by the work itself.
func (l *Lifetime) End() {
	l.Cancel()
	l.running.Wait()
}
