package desk

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"countersign/core/gateway"
	"countersign/core/ledger"
	"countersign/core/request"
)

const (
	settleJob = "settle"

	// A gateway is asked for this many visits at once.
	askAtOnce = 4
)

// How long to wait before asking again. While the browser is out, the return is expected
// to tell; once it is back, the answer is expected any moment.
var (
	out  = pauses{next: 10 * time.Second, longest: 5 * time.Minute}
	back = pauses{next: 500 * time.Millisecond, longest: time.Minute}
	// Nobody waits for copies to be deleted at the gateway.
	tidy = pauses{next: time.Second, longest: time.Hour}
)

// Run hears browsers return and settles visits until ctx ends or the desk is closed. When
// another process of the home does that already, it stands by. A program that
// launches signings runs it all the time.
func (d *Desk) Run(ctx context.Context) error {
	return d.background(ctx, d.run)
}

// background does a job until it ends, ctx ends or the desk is closed, which waits for it.
func (d *Desk) background(ctx context.Context, job func(context.Context) error) error {
	if !d.begin() {
		return nil
	}
	defer d.running.Done()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(d.life, cancel)()
	if err := job(ctx); ctx.Err() == nil {
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
	for pause := back; ; {
		err := d.settleAll(ctx)
		if ctx.Err() != nil {
			return lock.Release()
		}
		// Another program kept the ledger for too long, say. What is owed stays owed.
		d.cfg.Log.Warn("settling begins anew", "error", err)
		select {
		case <-time.After(pause.take()):
		case <-ctx.Done():
		}
	}
}

// begin tells Close that Run is under way, unless the desk is closed already.
func (d *Desk) begin() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.life.Err() != nil {
		return false
	}
	d.running.Add(1)
	return true
}

// hearReturns listens on the desk's own port and on those of open visits, so that
// returns after a restart arrive. A fixed port that is taken is told when it is needed.
func (d *Desk) hearReturns(ctx context.Context) error {
	if _, err := d.listenOn(ctx, 0); err != nil {
		return err
	}
	if _, err := d.listen(ctx, gateway.Profile{}); err != nil {
		d.cfg.Log.Warn("the callback port of the settings cannot be used", "error", err)
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
	ctx, cancel := context.WithCancel(ctx)
	notices, err := d.ledger.Watch(ctx)
	if err != nil {
		cancel()
		return err
	}
	f := &followers{desk: d, ctx: ctx, slots: map[string]chan struct{}{}, visits: map[string]chan pauses{}}
	defer f.work.Wait()
	defer cancel() // first, so that there is an end to wait for
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
				f.follow(e.Visit.Ticket, nil)
			case request.KindReturned:
				if e.Return.Refuse == "" {
					f.follow(e.Return.Ticket, &back)
				}
			case request.KindStored:
				if e.Stored.Next != request.Nothing {
					f.takeUp(e.Stored.Ticket)
				}
			case request.KindWithdrawn, request.KindReopened:
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
	desk *Desk
	ctx  context.Context
	work sync.WaitGroup

	mu     sync.Mutex
	slots  map[string]chan struct{} // by gateway: one that hangs keeps no other waiting
	visits map[string]chan pauses   // by ticket; a send asks at once, and from then on in that rhythm
}

func (f *followers) followOpen() error {
	open, err := f.desk.ledger.Open(f.ctx)
	if err != nil {
		return err
	}
	for _, r := range open {
		if r.Next != request.Nothing {
			f.follow(r.Visit.Ticket, rhythm(r))
		}
		for _, ticket := range r.Owes {
			f.follow(ticket, &tidy)
		}
	}
	return nil
}

// rhythm is how often it makes sense to ask about a request.
func rhythm(r request.Request) *pauses {
	switch {
	case r.Next == request.Ask && r.Returned == nil:
		return &out
	case r.Next == request.Discard:
		return &tidy
	}
	return &back
}

func (f *followers) followRequest(id request.ID) error {
	r, err := f.desk.ledger.Get(f.ctx, id)
	if err != nil {
		return err
	}
	if r.Next != request.Nothing {
		f.follow(r.Visit.Ticket, rhythm(r))
	}
	for _, ticket := range r.Owes {
		f.follow(ticket, &tidy)
	}
	return nil
}

// follow settles a visit until nothing is owed. Given a rhythm it asks at once and goes
// on in that; else it gives the browser its time.
func (f *followers) follow(ticket string, at *pauses) {
	f.mu.Lock()
	defer f.mu.Unlock()
	nudge, known := f.visits[ticket]
	if !known {
		nudge = make(chan pauses, 1)
		f.visits[ticket] = nudge
		f.work.Go(func() { f.settle(ticket, nudge) })
	}
	if at == nil {
		return
	}
	select {
	case <-nudge: // one is waiting; the newer rhythm counts
	default:
	}
	nudge <- *at // there is room: nobody else sends while the lock is held
}

// takeUp follows a visit that nobody follows any more: a person has handed in a file.
func (f *followers) takeUp(ticket string) {
	f.mu.Lock()
	_, known := f.visits[ticket]
	f.mu.Unlock()
	if !known {
		f.follow(ticket, &tidy)
	}
}

func (f *followers) settle(ticket string, nudge chan pauses) {
	pause := out
	timer := time.NewTimer(pause.take())
	defer timer.Stop()
	for {
		select {
		case <-f.ctx.Done():
			return
		case pause = <-nudge:
		case <-timer.C:
		}
		left := f.pass(ticket)
		if left == request.Nothing && f.forget(ticket, nudge) {
			return
		}
		if left == request.Discard {
			pause.longest = tidy.longest
		}
		timer.Reset(pause.take())
	}
}

// pass settles once, when its turn comes, and gives what is left to be done.
func (f *followers) pass(ticket string) (left request.Step) {
	visit, err := f.desk.ledger.Visit(f.ctx, ticket)
	switch {
	case errors.Is(err, ledger.ErrNotFound):
		return request.Nothing
	case err != nil:
		return request.Ask
	}
	slots := f.slotsOf(visit.Gateway)
	select {
	case slots <- struct{}{}:
		defer func() { <-slots }()
	case <-f.ctx.Done():
		return request.Ask
	}
	left, err = f.desk.settleVisit(f.ctx, ticket)
	if err != nil && f.ctx.Err() == nil {
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

// forget ends the following of a visit, unless somebody asked for more meanwhile.
func (f *followers) forget(ticket string, nudge chan pauses) bool {
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

// Refresh asks the gateways now for what is owed to the requests, and looks again at what is
// doubtful. It fails when one of them could not be asked, after it has asked the others.
// Several gateways are asked side by side, and one is asked for one visit after the other.
func (d *Desk) Refresh(ctx context.Context, ids ...request.ID) error {
	requests, err := d.getAll(ctx, ids)
	if err != nil {
		return err
	}
	groups := byGateway(requests)
	failures := make([]error, len(groups))
	var work sync.WaitGroup
	for i, group := range groups {
		work.Go(func() { failures[i] = d.refresh(ctx, group) })
	}
	work.Wait()
	return errors.Join(failures...)
}

// refresh asks one gateway about requests of its own.
func (d *Desk) refresh(ctx context.Context, requests []request.Request) error {
	var failures []error
	asked := map[string]bool{}
	for _, r := range requests {
		tickets := slices.Clone(r.Owes)
		if r.Next != request.Nothing {
			tickets = append(tickets, r.Visit.Ticket)
		}
		if Doubtful(r) {
			failures = append(failures, d.recheck(ctx, r))
		}
		for _, ticket := range tickets {
			if asked[ticket] {
				continue
			}
			asked[ticket] = true
			_, failure := d.settleVisit(ctx, ticket)
			failures = append(failures, failure)
			// Who does not answer for one visit is not waited for at each of the others.
			if fault, ok := errors.AsType[*gateway.Error](failure); ok && (fault.Fault == gateway.Unreachable || fault.Fault == gateway.TimedOut) {
				return errors.Join(failures...)
			}
		}
	}
	return errors.Join(failures...)
}

// askAgain is how soon after [Desk.AskNow] it asks again.
const askAgain = 15 * time.Second

// AskNow asks for every outcome that is still out, as when a person looks at the desk
// again. It does nothing when that is being done, or was done just now.
func (d *Desk) AskNow(ctx context.Context) error {
	now := d.cfg.Now()
	d.mu.Lock()
	early := d.asking || now.Before(d.askedAt.Add(askAgain)) && !now.Before(d.askedAt)
	if !early {
		d.asking, d.askedAt = true, now
	}
	d.mu.Unlock()
	if early {
		return nil
	}
	defer func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.asking = false
	}()
	open, err := d.ledger.Open(ctx)
	if err != nil {
		return err
	}
	var ids []request.ID
	for _, r := range open {
		if r.Next == request.Ask {
			ids = append(ids, r.ID)
		}
	}
	return d.Refresh(ctx, ids...)
}

// Await waits until nothing more is to be expected of the requests soon: each has an
// outcome, and its signed file is here or could not be fetched. It gives them as they
// then are, and the context's error when that came first.
func (d *Desk) Await(ctx context.Context, ids ...request.ID) ([]request.Request, error) {
	notices, err := d.ledger.Watch(ctx)
	if err != nil && ctx.Err() == nil {
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
			if !open && ctx.Err() == nil {
				return now, errors.New("the desk was closed while it waited: start again, nothing is lost")
			}
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
