package desk

import (
	"context"
	"errors"
	"sync"
	"time"

	"countersign/core/gateway"
	"countersign/core/ledger"
	"countersign/core/request"
)

const (
	settleJob = "settle"

	// Gateways are asked for this many visits at once.
	askAtOnce = 4

	// How long to wait before asking again. While the browser is out, the return
	// is expected to tell; once it is back, the answer is expected any moment.
	firstOut, longestOut   = 10 * time.Second, 5 * time.Minute
	firstBack, longestBack = 500 * time.Millisecond, time.Minute
)

// Run hears browsers return and settles visits until ctx ends or the desk is closed. When
// another process of the home does that already, it stands by. A program that
// launches signings runs it all the time.
func (d *Desk) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(d.life, cancel)()
	if err := d.run(ctx); ctx.Err() == nil {
		return err
	}
	return nil // what was broken off by ending is no fault
}

func (d *Desk) run(ctx context.Context) error {
	if err := d.hearReturns(ctx); err != nil {
		return err
	}
	lock, err := d.cfg.Home.WaitLock(ctx, settleJob)
	if err != nil {
		return err
	}
	return errors.Join(d.settleAll(ctx), lock.Release())
}

// hearReturns listens on the desk's own port and on those of open visits, so that
// returns after a restart arrive. A fixed port that is taken is told when it is needed.
func (d *Desk) hearReturns(ctx context.Context) error {
	if _, err := d.listen(ctx, gateway.Profile{}); err != nil {
		return err
	}
	profiles, err := d.Gateways()
	if err != nil {
		d.cfg.Log.Warn("the gateways cannot be read", "error", err)
		return nil
	}
	for _, p := range profiles.List {
		if p.CallbackPort == 0 {
			continue
		}
		if _, err := d.listen(ctx, p); err != nil {
			d.cfg.Log.Warn("a callback port cannot be used", "gateway", p.Name, "error", err)
		}
	}
	return nil
}

// settleAll follows every visit that is owed something: those that are open now, and
// those that begin later.
func (d *Desk) settleAll(ctx context.Context) error {
	notices, err := d.ledger.Watch(ctx)
	if err != nil {
		return err
	}
	f := &followers{desk: d, ctx: ctx, slots: make(chan struct{}, askAtOnce), visits: map[string]chan struct{}{}}
	defer f.work.Wait()
	if err := f.followOpen(); err != nil {
		return err
	}
	for notice := range notices {
		if notice.Missed {
			if err := f.followOpen(); err != nil {
				return err
			}
		}
		for _, n := range notice.Events {
			switch e := n.Event; e.Kind {
			case request.KindLaunched:
				f.follow(e.Visit.Ticket, false)
			case request.KindReturned:
				if e.Return.Refuse == "" {
					f.follow(e.Return.Ticket, true)
				}
			case request.KindWithdrawn:
				if err := f.followRequest(n.ID); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// followers are the goroutines that settle visits, one each.
type followers struct {
	desk  *Desk
	ctx   context.Context
	slots chan struct{}
	work  sync.WaitGroup

	mu     sync.Mutex
	visits map[string]chan struct{} // by ticket; a send asks at once
}

func (f *followers) followOpen() error {
	open, err := f.desk.ledger.Open(f.ctx)
	if err != nil {
		return err
	}
	for _, r := range open {
		if r.Visit != nil {
			f.follow(r.Visit.Ticket, true)
		}
	}
	return nil
}

func (f *followers) followRequest(id request.ID) error {
	r, err := f.desk.ledger.Get(f.ctx, id)
	if err != nil {
		return err
	}
	if r.Visit != nil && r.Next != request.Nothing {
		f.follow(r.Visit.Ticket, true)
	}
	return nil
}

// follow settles a visit until nothing is owed. Following it already, it asks at once
// if told so.
func (f *followers) follow(ticket string, now bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	nudge, known := f.visits[ticket]
	if !known {
		nudge = make(chan struct{}, 1)
		f.visits[ticket] = nudge
		f.work.Go(func() { f.settle(ticket, nudge) })
	}
	if now {
		select {
		case nudge <- struct{}{}:
		default: // one is waiting already
		}
	}
}

func (f *followers) settle(ticket string, nudge chan struct{}) {
	pause := pauses{next: firstOut, longest: longestOut}
	timer := time.NewTimer(pause.take())
	defer timer.Stop()
	for {
		select {
		case <-f.ctx.Done():
			return
		case <-nudge:
			pause = pauses{next: firstBack, longest: longestBack}
		case <-timer.C:
		}
		if f.pass(ticket) && f.forget(ticket, nudge) {
			return
		}
		timer.Reset(pause.take())
	}
}

// pass settles once, when its turn comes.
func (f *followers) pass(ticket string) (done bool) {
	select {
	case f.slots <- struct{}{}:
		defer func() { <-f.slots }()
	case <-f.ctx.Done():
		return false
	}
	done, err := f.desk.settleVisit(f.ctx, ticket)
	switch {
	case f.ctx.Err() != nil:
		return false
	case errors.Is(err, ledger.ErrNotFound):
		return true
	case err != nil:
		f.desk.cfg.Log.Info("not settled yet", "error", err)
	}
	return done
}

// forget ends the following of a visit, unless somebody asked for more meanwhile.
func (f *followers) forget(ticket string, nudge chan struct{}) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(nudge) > 0 {
		return false
	}
	delete(f.visits, ticket)
	return true
}

// pauses grow by half each time.
type pauses struct{ next, longest time.Duration }

func (p *pauses) take() time.Duration {
	now := p.next
	p.next = min(p.next+p.next/2, p.longest)
	return now
}

// Refresh asks the gateways now for what is owed to the requests. It fails when one of
// them could not be asked, after it has asked the others.
func (d *Desk) Refresh(ctx context.Context, ids ...request.ID) error {
	requests, err := d.getAll(ctx, ids)
	if err != nil {
		return err
	}
	asked := map[string]bool{}
	for _, r := range requests {
		if r.Visit == nil || r.Next == request.Nothing || asked[r.Visit.Ticket] {
			continue
		}
		asked[r.Visit.Ticket] = true
		if _, settleErr := d.settleVisit(ctx, r.Visit.Ticket); settleErr != nil {
			err = errors.Join(err, settleErr)
		}
	}
	return err
}

// Await waits until nothing more is to be expected of the requests soon: each has an
// outcome, and its signed file is here or could not be fetched. It gives them as they
// then are, and the context's error when that came first.
func (d *Desk) Await(ctx context.Context, ids ...request.ID) ([]request.Request, error) {
	notices, err := d.ledger.Watch(ctx)
	if err != nil {
		return nil, err
	}
	for {
		// What was found has to be readable when the time is over, too.
		now, err := d.getAll(context.WithoutCancel(ctx), ids)
		if err != nil || allSettled(now) {
			return now, err
		}
		select {
		case _, open := <-notices:
			if !open {
				return now, context.Cause(ctx)
			}
		case <-ctx.Done():
			return now, context.Cause(ctx)
		}
	}
}

func (d *Desk) getAll(ctx context.Context, ids []request.ID) ([]request.Request, error) {
	var all []request.Request
	for _, id := range ids {
		r, err := d.ledger.Get(ctx, id)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

func allSettled(requests []request.Request) bool {
	for _, r := range requests {
		if r.Status.Open() || r.Next != request.Nothing && r.Trouble == "" {
			return false
		}
	}
	return true
}

// Unsettled lists the requests that a gateway still has something to tell about.
func (d *Desk) Unsettled(ctx context.Context) ([]request.ID, error) {
	open, err := d.ledger.Open(ctx)
	if err != nil {
		return nil, err
	}
	var ids []request.ID
	for _, r := range open {
		ids = append(ids, r.ID)
	}
	return ids, nil
}
