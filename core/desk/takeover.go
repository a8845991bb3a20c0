package desk

import (
	"context"
	"errors"
	"slices"
	"time"

	"countersign/core/gateway"
	"countersign/core/request"
)

// The desk says that it is at work, and looks for visits of desks that are away, this many times while the patience lasts.
const turns = 3

// stayHere reports to the office that this desk is at work until ctx ends, so that nobody else settles its visits.
func (d *Desk) stayHere(ctx context.Context) {
	d.inTurns(ctx, "the office does not hear that this desk is at work", d.cfg.Office.StayHere)
}

// takeOverAll settles the visits of desks that are away until ctx ends.
func (d *Desk) takeOverAll(ctx context.Context) {
	d.inTurns(ctx, "a visit of a desk that is away is not settled yet", d.takeOver)
}

// inTurns calls do at once and [turns] times while the patience lasts, until ctx ends. It logs its errors with the message failed.
func (d *Desk) inTurns(ctx context.Context, failed string, do func(context.Context) error) {
	for {
		if err := do(ctx); err != nil && ctx.Err() == nil {
			d.cfg.Log.Info(failed, "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(d.cfg.Office.Patience() / turns):
		}
	}
}

// leftUndone names visits that began at one desk and lead to one gateway. One other desk settles them all while that desk is away.
type leftUndone struct{ desk, gateway string }

// takeOver settles once each of the visits that began at desks which are away, if nothing has happened to the request for as long as the patience, if
// this desk has the gateway with its secret, and if no other desk does so. The addresses of these visits are nowhere but at the
// desk where they began, so that browsers return there alone.
func (d *Desk) takeOver(ctx context.Context) error {
	open, err := d.ledger.Unfinished(ctx)
	if err != nil {
		return err
	}
	visits, quiet := map[leftUndone][]request.VisitID{}, d.cfg.Now().Add(-d.cfg.Office.Patience())
	for _, r := range open {
		if r.NextStep == request.StepNone || d.isOurs(r.Desk) || r.UpdatedAt.After(quiet) {
			continue
		}
		left := leftUndone{r.Desk, r.Visit.Gateway}
		if !slices.Contains(visits[left], r.Visit.ID) {
			visits[left] = append(visits[left], r.Visit.ID)
		}
	}
	if len(visits) == 0 {
		return nil
	}
	away, err := d.cfg.Office.Away(ctx)
	if err != nil {
		return err
	}
	var failures []error
	for left, ids := range visits {
		if slices.Contains(away, left.desk) && d.gateways.CanAsk(ctx, left.gateway) {
			failures = append(failures, d.settleFor(ctx, left, ids))
		}
	}
	return errors.Join(failures...)
}

// settleFor settles the visits one after the other, for as long as no other desk does. When the gateway does not answer, it leaves out the rest.
func (d *Desk) settleFor(ctx context.Context, left leftUndone, visits []request.VisitID) error {
	var failures []error
	var until time.Time
	for _, visit := range visits {
		if now := d.cfg.Now(); !now.Before(until) {
			has, err := d.cfg.Office.TakeOver(ctx, left.desk, left.gateway)
			if err != nil || !has {
				return errors.Join(append(failures, err)...)
			}
			until = now.Add(d.cfg.Office.Patience() / turns)
		}
		_, err := d.settleVisit(ctx, visit)
		failures = append(failures, err)
		if isUnanswered(err) {
			break
		}
	}
	return errors.Join(failures...)
}

// isUnanswered reports whether failure says that the gateway could not be asked at all, so that it will not answer for other visits either.
func isUnanswered(failure error) bool {
	fault, ok := errors.AsType[*gateway.Error](failure)
	return ok && slices.Contains([]gateway.Fault{gateway.Unreachable, gateway.TimedOut, gateway.Blocked, gateway.Untrusted}, fault.Fault)
}
