package desk

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"countersign/core/request"
)

// Refresh does the pending steps of the requests now: it asks the gateways for outcomes, fetches signed
// files, and deletes copies at the gateways. It asks again about requests that are [Doubtful]. Gateways
// are asked in parallel, and for the visits of one gateway one after the other. When a gateway is
// unreachable or does not answer in time, its remaining visits are skipped. Refresh returns the joined
// errors; [Answered] reports whether all of them are due to answers of gateways. If a request cannot
// be read, nothing is asked.
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

// refresh does what [Desk.Refresh] does for requests of one gateway.
func (d *Desk) refresh(ctx context.Context, requests []request.Request) error {
	var failures []error
	asked := map[request.VisitID]bool{}
	for _, r := range requests {
		visits := slices.Clone(r.PendingDeletes)
		if r.NextStep != request.StepNone {
			visits = append(visits, r.Visit.ID)
		}
		if Doubtful(r) {
			failures = append(failures, d.recheck(ctx, r))
		}
		for _, visit := range visits {
			if asked[visit] {
				continue
			}
			asked[visit] = true
			_, failure := d.settleVisit(ctx, visit)
			failures = append(failures, failure)
			// A gateway that does not answer for one visit will not answer for the others.
			if isUnanswered(failure) {
				return errors.Join(failures...)
			}
		}
	}
	return errors.Join(failures...)
}

// askAgain is the least time between the beginnings of two rounds of [Desk.AskNow].
const askAgain = 15 * time.Second

// AskNow asks the gateways for every outcome that is still missing, for example when a person comes back
// to the window. While another call does so, and until [askAgain] has passed since the last such call
// began, it does nothing and returns nil.
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
	open, err := d.ledger.Unfinished(ctx)
	if err != nil {
		return err
	}
	var ids []request.ID
	for _, r := range open {
		if r.NextStep == request.StepAsk && d.isOurs(r.Desk) {
			ids = append(ids, r.ID)
		}
	}
	return d.Refresh(ctx, ids...)
}

// Await waits until each of the requests has ended, and either has no next step or has run into trouble
// with it. It returns the requests as they are then. When ctx ends first, it returns them as they are at
// that moment, with [context.Cause] of ctx.
func (d *Desk) Await(ctx context.Context, ids ...request.ID) ([]request.Request, error) {
	notices, err := d.ledger.Watch(ctx)
	if err != nil && ctx.Err() == nil {
		return nil, err
	}
	for {
		// The requests have to be readable after ctx has ended, too.
		now, err := d.getAll(context.WithoutCancel(ctx), ids)
		if err != nil || allSettled(now) {
			return now, err
		}
		select {
		case _, open := <-notices:
			if !open && ctx.Err() == nil {
				return now, request.Errorf("desk_closed_meanwhile", "the desk was closed while it waited: start again, nothing is lost")
			}
			if !open {
				return d.lastLook(ctx, ids)
			}
		case <-ctx.Done():
			return d.lastLook(ctx, ids)
		}
	}
}

// lastLook returns the requests as they are after the end of ctx. The error is [context.Cause] of
// ctx, or nil when all of them are settled: another program may have settled them a moment ago, and
// its notice has not come yet.
func (d *Desk) lastLook(ctx context.Context, ids []request.ID) ([]request.Request, error) {
	now, err := d.getAll(context.WithoutCancel(ctx), ids)
	if err != nil || allSettled(now) {
		return now, err
	}
	return now, context.Cause(ctx)
}

func allSettled(requests []request.Request) bool {
	for _, r := range requests {
		if r.Status.Open() || r.NextStep != request.StepNone && r.Trouble == "" {
			return false
		}
	}
	return true
}

// Unsettled returns the ids of the requests that have a next step or pending deletes, and of whose visit this desk has to take care.
func (d *Desk) Unsettled(ctx context.Context) ([]request.ID, error) {
	open, err := d.ledger.Unfinished(ctx)
	if err != nil {
		return nil, err
	}
	var ids []request.ID
	for _, r := range open {
		if d.isOurs(r.Desk) {
			ids = append(ids, r.ID)
		}
	}
	return ids, nil
}
