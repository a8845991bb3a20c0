package desk

import (
	"context"
	"errors"
	"time"

	"countersign/core/callback"
	"countersign/core/ledger"
	"countersign/core/request"
)

// handInPauses is how often the desk tries to hand in what is in the outbox.
var handInPauses = backoff{next: time.Second, longest: 15 * time.Second}

// keepForLater stores a return in the outbox, because the office's register does not take it now. It is on disk when keepForLater
// returns nil.
func (d *Desk) keepForLater(ctx context.Context, visit request.Visit, back callback.Return) (callback.Landing, error) {
	err := d.ledger.KeepReturn(ctx, ledger.KeptReturn{At: d.cfg.Now(), Return: request.Return{
		VisitID: visit.ID, Query: d.gateways.WithoutCredentials(visit.Gateway, back.Query), Deviation: back.Deviation,
	}})
	d.returnKept.Send()
	return callback.Landing{Unread: !back.Deviation.IsRead(), Asking: callback.Recorded}, err
}

// handIn takes the returns that are in the outbox, as if the browsers came back now, and removes them from there. Those that cannot be
// taken stay.
func (d *Desk) handIn(ctx context.Context) error {
	kept, err := d.ledger.KeptReturns(ctx)
	if err != nil {
		return err
	}
	var failures []error
	for _, k := range kept {
		visit, err := d.ledger.Visit(ctx, k.Return.VisitID)
		if err == nil {
			back := callback.Return{Query: k.Return.Query, Deviation: k.Return.Deviation}
			_, err = d.takeReturn(ctx, visit, back, k.At)
		}
		if err == nil {
			err = d.ledger.RemoveReturn(ctx, k)
		}
		failures = append(failures, err)
	}
	return errors.Join(failures...)
}

// handInAll hands in what is in the outbox, soon after something was put there and whenever the server is in reach again, until ctx ends.
func (d *Desk) handInAll(ctx context.Context) {
	for pause := handInPauses; ; {
		kept := d.returnKept.Listen()
		wait := handInPauses.longest // another process may put something there
		if err := d.handIn(ctx); err != nil {
			d.cfg.Log.Info("the outbox could not be handed in", "error", err)
			wait = pause.take()
		} else {
			pause = handInPauses
		}
		select {
		case <-ctx.Done():
			return
		case <-kept:
		case <-time.After(wait):
		}
	}
}
