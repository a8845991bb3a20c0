package desk

import (
	"context"
	"errors"
	"slices"
	"time"

	"countersign/core/gateway"
	"countersign/core/request"
)

// discard deletes the gateway's copies of the documents of the visit once nobody needs them: no
// request of the visit waits for anything else, and every file that was fetched is a proof and intact. It
// records for each request whose copies are to be deleted that they were, or why they are left: the
// gateway refused to delete them, or [discardWithin] has passed. For a gateway whose copies are not to
// be deleted, it only records that the step is done.
func (s *settling) discard(ctx context.Context) error {
	var due []request.Request
	held := false
	for _, id := range s.visit.Requests {
		r, err := s.desk.ledger.Get(ctx, id)
		switch {
		case err != nil:
			return err
		case s.isDeletePending(r):
			due = append(due, r)
		case s.current(r) && r.NextStep == request.StepDiscard:
			// Once the gateway's copy is deleted, the file here is the only one.
			if r, err = s.desk.ledger.CheckFiles(ctx, id); err != nil {
				return err
			}
			if r.NextStep == request.StepDiscard {
				due = append(due, r)
			} else {
				held = true
			}
		case s.current(r) && (r.NextStep != request.StepNone || r.Status == request.Signed && r.FileState() != request.FilesProve):
			held = true
		}
	}
	deletes := s.gateway.Capabilities().DeleteAfterFetch
	if len(due) == 0 || deletes && held && !s.isOverdue(due) {
		return nil
	}
	reason := request.Sentence{}
	switch {
	case !deletes:
	case held:
		reason = request.Sentencef("left_at_gateway", "left at the gateway: another request of the same visit still needs it")
	default:
		err := s.gateway.Discard(ctx, s.visit)
		switch fault, ok := errors.AsType[*gateway.Error](err); {
		case ok && fault.Fault == gateway.Refused:
			// Trying again would not help.
			reason = request.SentenceOf(fault)
		case err != nil && !s.isOverdue(due):
			return s.trouble(ctx, due, err)
		case err != nil:
			reason = request.Sentencef("given_up", "given up: %w", err)
		}
	}
	for _, r := range due {
		_, err := s.desk.change(ctx, r.ID, func(now request.Request) ([]request.Event, error) {
			switch {
			case s.isDeletePending(now):
				return []request.Event{{Kind: request.KindDiscarded, VisitID: s.visit.ID, Reason: reason.Text, Cause: reason.Cause}}, nil
			case s.current(now) && now.NextStep == request.StepDiscard:
				return []request.Event{{Kind: request.KindDiscarded, Reason: reason.Text, Cause: reason.Cause}}, nil
			}
			return nil, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// knowsGateway reports whether this desk's gateway is surely that of the visit: the visit is one of this desk, or this desk has recorded what the gateway
// said or handed over. Another gateway would say of any document that it is gone.
func (s *settling) knowsGateway(ctx context.Context) (bool, error) {
	if s.isOurs() {
		return true, nil
	}
	for _, id := range s.visit.Requests {
		events, err := s.desk.ledger.Events(ctx, id)
		if err != nil {
			return false, err
		}
		for _, e := range events {
			answered := e.Kind == request.KindAnswered && e.Answer.VisitID == s.visit.ID && e.Answer.Evidence != request.ByBrowser
			stored := e.Kind == request.KindStored && e.Stored.VisitID == s.visit.ID && e.Stored.Proves
			if s.desk.isOurs(e.Desk) && e.By == "" && (answered || stored) {
				return true, nil
			}
		}
	}
	return false, nil
}

// isDeletePending reports whether the visit of s is an earlier visit of r, whose documents are still to
// be deleted at the gateway.
func (s *settling) isDeletePending(r request.Request) bool {
	return slices.Contains(r.PendingDeletes, s.visit.ID)
}

// discardWithin is how long after the outcome the desk tries to delete the gateway's copies. After
// that, the copies are left to whoever runs the gateway.
const discardWithin = 48 * time.Hour

// isOverdue reports whether the outcomes of all requests are older than discardWithin. For a
// request that was withdrawn or has no outcome, its last change counts.
func (s *settling) isOverdue(requests []request.Request) bool {
	limit := s.desk.cfg.Now().Add(-discardWithin)
	return !slices.ContainsFunc(requests, func(r request.Request) bool {
		since := r.UpdatedAt
		if r.Outcome != nil && r.Status != request.Withdrawn {
			since = r.Outcome.At // later trouble does not count
		}
		return since.After(limit)
	})
}
