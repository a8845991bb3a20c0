package desk

import (
	"context"
	"errors"
	"slices"
	"time"

	"countersign/core/explain"
	"countersign/core/gateway"
	"countersign/core/request"
)

// discard deletes the gateway's copies of the visit once nobody needs them: no request of
// the visit waits for anything else, and no file that was handed over is doubtful.
func (s *settling) discard(ctx context.Context) error {
	var due []request.Request
	held := false
	for _, id := range s.visit.Requests {
		r, err := s.desk.ledger.Get(ctx, id)
		switch {
		case err != nil:
			return err
		case s.isDebt(r) || s.current(r) && r.Next == request.Discard:
			due = append(due, r)
		case s.current(r) && (r.Next != request.Nothing || r.Status == request.Signed && explain.HasUnprovenFile(r)):
			held = true
		}
	}
	deletes := s.gateway.Abilities().Discards
	if len(due) == 0 || deletes && held && !s.isOverdue(due) {
		return nil
	}
	reason := ""
	switch {
	case !deletes:
	case held:
		reason = "left at the gateway: another request of the same trip still needs it"
	default:
		err := s.gateway.Discard(ctx, s.visit)
		switch fault, ok := errors.AsType[*gateway.Error](err); {
		case ok && fault.Fault == gateway.Refused:
			// It would be refused again and again: somebody else has to do it there.
			reason = fault.Error()
		case err != nil && !s.isOverdue(due):
			return s.trouble(ctx, due, err)
		case err != nil:
			reason = "given up: " + err.Error()
		}
	}
	for _, r := range due {
		_, err := s.desk.change(ctx, r.ID, func(now request.Request) ([]request.Event, error) {
			switch {
			case s.isDebt(now):
				return []request.Event{{Kind: request.KindDiscarded, Ticket: s.visit.Ticket, Reason: reason}}, nil
			case s.current(now) && now.Next == request.Discard:
				return []request.Event{{Kind: request.KindDiscarded, Reason: reason}}, nil
			}
			return nil, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// isDebt tells whether the visit is an earlier one of a request, whose session is still to
// be deleted.
func (s *settling) isDebt(r request.Request) bool { return slices.Contains(r.Owes, s.visit.Ticket) }

// discardWithin is how long the gateway's copies are tried to be deleted. After that, whoever runs
// the gateway has to do it.
const discardWithin = 48 * time.Hour

// isOverdue tells whether nothing has happened to the requests for so long.
func (s *settling) isOverdue(requests []request.Request) bool {
	limit := s.desk.cfg.Now().Add(-discardWithin)
	return !slices.ContainsFunc(requests, func(r request.Request) bool {
		since := r.UpdatedAt
		if r.Outcome != nil && r.Status != request.Withdrawn {
			since = r.Outcome.At // trouble on the way is no news
		}
		return since.After(limit)
	})
}
