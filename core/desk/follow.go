package desk

import (
	"context"
	"errors"
	"sync"
	"time"

	"countersign/core/ledger"
	"countersign/core/request"
)

// isOurs reports whether a visit that began at a desk is one of this desk. What is left to be done for the visits of other desks of an
// office is done there. All visits of a home of its own are its own.
func (d *Desk) isOurs(desk string) bool { return desk == d.ledger.Desk() }

// settleAll settles every visit for which a request has a next step or a pending delete, and every
// visit that begins later. It returns nil when ctx ends or the ledger is closed, and an error when the
// ledger cannot be read.
func (d *Desk) settleAll(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	notices, err := d.ledger.Watch(ctx)
	if err != nil {
		cancel()
		return err
	}
	f := &followers{desk: d, slots: map[string]chan struct{}{}, visits: map[request.VisitID]chan backoff{}}
	defer f.work.Wait()
	defer cancel() // runs before the wait
	if err := f.followOpen(ctx); err != nil {
		return err
	}
	for notice := range notices {
		if notice.Missed {
			if err := f.followOpen(ctx); err != nil {
				return err
			}
		}
		for _, n := range notice.Events {
			switch e := n.Event; e.Kind {
			case request.KindLaunched, request.KindReturned, request.KindStored:
				if !d.isOurs(e.Desk) {
					continue // what follows is done there
				}
			}
			switch e := n.Event; e.Kind {
			case request.KindLaunched:
				f.follow(ctx, e.Visit.ID, nil)
			case request.KindReturned:
				if e.Return.Rejection == "" {
					f.follow(ctx, e.Return.VisitID, &onceBack)
				}
			case request.KindStored:
				if e.Stored.NextStep != request.StepNone {
					f.takeUp(ctx, e.Stored.VisitID)
				}
			case request.KindWithdrawn, request.KindReopened:
				if err := f.followRequest(ctx, n.ID); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// followers runs one goroutine for each visit that is to be settled.
type followers struct {
	desk *Desk
	work sync.WaitGroup

	mu     sync.Mutex
	slots  map[string]chan struct{}         // by gateway: room for askAtOnce passes each, so that a gateway that hangs does not delay the other gateways
	visits map[request.VisitID]chan backoff // those with a goroutine; a backoff that is sent makes it ask at once and go on in that rhythm
}

func (f *followers) followOpen(ctx context.Context) error {
	open, err := f.desk.ledger.Unfinished(ctx)
	if err != nil {
		return err
	}
	for _, r := range open {
		if r.NextStep != request.StepNone && f.desk.isOurs(r.Desk) {
			f.follow(ctx, r.Visit.ID, rhythm(r))
		}
		for _, visit := range r.PendingDeletes {
			f.follow(ctx, visit, &forDeletion)
		}
	}
	return nil
}

// rhythm returns the backoff with which to settle the visit of a request that has a next step.
func rhythm(r request.Request) *backoff {
	switch {
	case r.NextStep == request.StepAsk && r.ReturnedAt == nil:
		return &whileOut
	case r.NextStep == request.StepDiscard:
		return &forDeletion
	}
	return &onceBack
}

func (f *followers) followRequest(ctx context.Context, id request.ID) error {
	r, err := f.desk.ledger.Get(ctx, id)
	if err != nil {
		return err
	}
	if r.NextStep != request.StepNone {
		f.follow(ctx, r.Visit.ID, rhythm(r))
	}
	for _, visit := range r.PendingDeletes {
		f.follow(ctx, visit, &forDeletion)
	}
	return nil
}

// follow starts a goroutine that settles a visit until nothing is left to be done, unless one does
// so already. The parameter at is the rhythm: unless it is nil, the goroutine asks at once and goes on in
// that rhythm. If it is nil, a goroutine that runs already goes on as before, and a new one first leaves
// the browser some time to return.
func (f *followers) follow(ctx context.Context, visit request.VisitID, at *backoff) {
	f.mu.Lock()
	defer f.mu.Unlock()
	nudge, known := f.visits[visit]
	if !known {
		nudge = make(chan backoff, 1)
		f.visits[visit] = nudge
		f.work.Go(func() { f.settle(ctx, visit, nudge) })
	}
	if at == nil {
		return
	}
	select {
	case <-nudge: // drop an older rhythm
	default:
	}
	nudge <- *at // there is room: only the holder of the lock sends
}

// takeUp settles a visit for which a file was stored, in the rhythm [forDeletion], unless a goroutine
// settles it already.
func (f *followers) takeUp(ctx context.Context, visit request.VisitID) {
	f.mu.Lock()
	_, known := f.visits[visit]
	f.mu.Unlock()
	if !known {
		f.follow(ctx, visit, &forDeletion)
	}
}

func (f *followers) settle(ctx context.Context, visit request.VisitID, nudge chan backoff) {
	pause := whileOut
	timer := time.NewTimer(pause.take())
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case pause = <-nudge:
		case <-timer.C:
		}
		left := f.pass(ctx, visit)
		if left == request.StepNone && f.forget(visit, nudge) {
			return
		}
		if left == request.StepDiscard {
			pause.longest = forDeletion.longest
		}
		timer.Reset(pause.take())
	}
}

// pass settles a visit once, after waiting for one of the slots of its gateway, and returns the next
// step that is left. It returns [request.StepAsk] if the visit cannot be read or ctx ends. Errors of
// settling are logged.
func (f *followers) pass(ctx context.Context, visit request.VisitID) (left request.Step) {
	v, err := f.desk.ledger.Visit(ctx, visit)
	switch {
	case errors.Is(err, ledger.ErrNotFound):
		return request.StepNone
	case err != nil:
		return request.StepAsk
	case !f.desk.isOurs(v.Desk):
		return request.StepNone
	}
	slots := f.slotsOf(v.Gateway)
	select {
	case slots <- struct{}{}:
		defer func() { <-slots }()
	case <-ctx.Done():
		return request.StepAsk
	}
	left, err = f.desk.settle(ctx, v)
	if err != nil && ctx.Err() == nil {
		f.desk.cfg.Log.Info("not settled yet", "error", err)
	}
	return left
}

func (f *followers) slotsOf(gateway string) chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.slots[gateway] == nil {
		f.slots[gateway] = make(chan struct{}, askAtOnce)
	}
	return f.slots[gateway]
}

// forget removes a visit from those that have a goroutine, and returns true. If a new rhythm was sent
// to nudge meanwhile, it changes nothing and returns false: the goroutine has to go on.
func (f *followers) forget(visit request.VisitID, nudge chan backoff) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(nudge) > 0 {
		return false
	}
	delete(f.visits, visit)
	return true
}
