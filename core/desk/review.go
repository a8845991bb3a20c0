package desk

import (
	"context"
	"fmt"

	"countersign/core/gateway"
	"countersign/core/request"
)

// Review notes what a person decided about a request's outcome: that it is accepted, or
// returned for something to be done about it, which the note says. It can be decided anew at any
// time; a request that is opened again, or whose outcome turns out to be another, needs a new one.
func (d *Desk) Review(ctx context.Context, id request.ID, decision request.Decision, note string) (request.Request, error) {
	if decision != request.Accepted && decision != request.SentBack {
		return request.Request{}, fmt.Errorf("%q cannot be decided: an outcome is %s or %s", gateway.Bounded(string(decision)), request.Accepted, request.SentBack)
	}
	review := request.Reviewed{Decision: decision, Note: gateway.Bounded(note)}
	return d.change(ctx, id, func(r request.Request) ([]request.Event, error) {
		if !r.Status.Ended() {
			return nil, fmt.Errorf("%s is %s: only a request that has ended can be reviewed", r.Title, r.Status)
		}
		if was := r.Review; was != nil && was.By == d.cfg.Person && review == (request.Reviewed{Decision: was.Decision, Note: was.Note}) {
			return nil, nil
		}
		return []request.Event{{Kind: request.KindReviewed, By: d.cfg.Person, Reviewed: &review}}, nil
	})
}
