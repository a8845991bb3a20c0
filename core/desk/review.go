package desk

import (
	"context"
	"fmt"

	"countersign/core/gateway"
	"countersign/core/input"
	"countersign/core/request"
)

// Review records what a person decided about the outcome of a request: [request.Accepted], or
// [request.SentBack] with a note that says what to do. Any other decision is an error, and so are a
// note that is too long and a request that has not ended. A later review replaces an earlier one. A request that is reopened,
// or whose outcome changes, needs a new review.
func (d *Desk) Review(ctx context.Context, id request.ID, decision request.Decision, note string) (request.Request, error) {
	if decision != request.Accepted && decision != request.SentBack {
		return request.Request{}, fmt.Errorf("%q is not a decision: an outcome is %s or %s", gateway.Sanitize(string(decision)), request.Accepted, request.SentBack)
	}
	note, err := input.Note.Clean(note)
	if err != nil {
		return request.Request{}, err
	}
	review := request.Reviewed{Decision: decision, Note: note}
	return d.change(ctx, id, func(r request.Request) ([]request.Event, error) {
		if !r.Status.Ended() {
			return nil, request.Errorf("review_open", "%s is %s: only a request that has ended can be reviewed", r.Title, r.Status.Sentence())
		}
		if was := r.Review; was != nil && was.By == d.cfg.Person && review == (request.Reviewed{Decision: was.Decision, Note: was.Note}) {
			return nil, nil
		}
		return []request.Event{{Kind: request.KindReviewed, By: d.cfg.Person, Reviewed: &review}}, nil
	})
}
