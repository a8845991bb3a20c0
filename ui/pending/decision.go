package pending

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

// UndoTime is how long a decision can be taken back.
const UndoTime = 6 * time.Second

// ErrTakenBack is returned by [Decision.Await] if a person took the decision back, or stopped its job.
var ErrTakenBack = errors.New("taken back")

// Decision is something that a person has decided on, and that is not written yet. It is written when its time is over or when
// [Decision.Hurry] is called, and not at all after [Decision.TakeBack].
type Decision struct {
	hurry   context.CancelFunc
	hurried <-chan struct{} // closed by hurry
	over    <-chan time.Time
	undone  atomic.Bool
}

// NewDecision returns a decision that can be taken back until a value can be received from over.
func NewDecision(over <-chan time.Time) *Decision {
	done, hurry := context.WithCancel(context.Background())
	return &Decision{hurry: hurry, hurried: done.Done(), over: over}
}

// Hurry has the decision written at once.
func (d *Decision) Hurry() { d.hurry() }

// TakeBack undoes the decision. It does nothing if the decision is being written.
func (d *Decision) TakeBack() {
	d.undone.Store(true)
	d.hurry()
}

// Await waits until the decision is to be written, and returns the context for writing it. The writing ends when a person stops the
// job, whose context ctx is, but not when the window closes, which ends the context closing as well: it takes nothing back.
func (d *Decision) Await(ctx, closing context.Context) (context.Context, error) {
	defer d.hurry()
	select {
	case <-d.over:
	case <-d.hurried:
	case <-ctx.Done():
	}
	stopped := func() bool { return ctx.Err() != nil && closing.Err() == nil }
	if d.undone.Load() || stopped() {
		return nil, ErrTakenBack
	}
	writing, stop := context.WithCancel(context.WithoutCancel(ctx))
	context.AfterFunc(ctx, func() {
		if stopped() {
			stop()
		}
	})
	return writing, nil
}
