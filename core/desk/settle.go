package desk

import (
	"context"
	"errors"
	"time"

	"countersign/core/gateway"
	"countersign/core/request"
)

// settleVisit does what can be done now for the requests of a visit: it asks the gateway, fetches
// and checks signed files, and deletes the copies at the gateway. It returns the most urgent step
// that is left and may succeed later. Several calls for one visit may run at once, here and in
// other programs: each change is checked against the version of the request that was read.
func (d *Desk) settleVisit(ctx context.Context, id request.VisitID) (left request.Step, err error) {
	visit, err := d.ledger.Visit(ctx, id)
	if err != nil {
		return request.StepAsk, err
	}
	return d.settle(ctx, visit)
}

// settle is settleVisit for a visit that was read from the ledger.
func (d *Desk) settle(ctx context.Context, visit request.Visit) (left request.Step, err error) {
	s := &settling{desk: d, visit: visit}
	open, err := s.unfinished(ctx)
	if err != nil || len(open) == 0 {
		return request.StepNone, err
	}
	if s.gateway, err = d.gateways.Open(ctx, visit.Gateway); err != nil {
		return s.mostUrgent(open, false), s.trouble(ctx, open, err)
	}
	askErr := s.ask(ctx, s.waiting(open, request.StepAsk))
	cannotAsk := errors.Is(askErr, gateway.ErrCannotAsk)
	if cannotAsk {
		askErr = nil // only a return or a person can bring the outcome
	}
	failure := errors.Join(askErr, s.fetch(ctx))
	knows, err := s.knowsGateway(ctx)
	if err == nil && knows {
		err = s.discard(ctx)
	}
	failure = errors.Join(failure, err)
	if open, err = s.unfinished(ctx); err != nil {
		return request.StepAsk, errors.Join(failure, err)
	}
	return s.mostUrgent(open, cannotAsk && failure == nil), failure
}

// mostUrgent returns the most urgent next step of the requests: asking, then fetching, then
// deleting. Fetching counts as deleting when the outcome is more than a day old. When cannotAsk is
// set, the gateway cannot be asked, and asking does not count.
func (s *settling) mostUrgent(open []request.Request, cannotAsk bool) request.Step {
	left := request.StepNone
	stale := s.desk.cfg.Now().Add(-24 * time.Hour)
	for _, r := range open {
		step := r.NextStep
		switch {
		case s.isDeletePending(r), step == request.StepFetch && r.Outcome != nil && r.Outcome.At.Before(stale):
			step = request.StepDiscard
		case step == request.StepAsk && cannotAsk:
			continue
		}
		if left == request.StepNone || left == request.StepDiscard || step == request.StepAsk {
			left = step
		}
	}
	return left
}

// settling is the state of one call of [Desk.settleVisit] or [Desk.recheck].
type settling struct {
	desk    *Desk
	visit   request.Visit
	gateway gateway.Gateway
}

// unfinished reads the requests of this visit from the ledger, and returns those for which this
// visit has a next step or documents to be deleted.
func (s *settling) unfinished(ctx context.Context) ([]request.Request, error) {
	var open []request.Request
	for _, id := range s.visit.Requests {
		r, err := s.desk.ledger.Get(ctx, id)
		if err != nil {
			return nil, err
		}
		if s.isDeletePending(r) || s.current(r) && r.NextStep != request.StepNone {
			open = append(open, r)
		}
	}
	return open, nil
}

// waiting returns those of the unfinished requests for which this visit is the latest, and that have the given next step.
func (s *settling) waiting(unfinished []request.Request, step request.Step) (waiting []request.Request) {
	for _, r := range unfinished {
		if s.current(r) && r.NextStep == step {
			waiting = append(waiting, r)
		}
	}
	return waiting
}

// current reports whether this visit is the latest visit of r.
func (s *settling) current(r request.Request) bool {
	return r.Visit != nil && r.Visit.ID == s.visit.ID
}

// ask asks the gateway for the outcomes of the requests that wait for one, and records them.
func (s *settling) ask(ctx context.Context, waiting []request.Request) error {
	if len(waiting) == 0 {
		return nil
	}
	outcomes, err := s.gateway.Ask(ctx, s.visit)
	if errors.Is(err, gateway.ErrCannotAsk) {
		return errors.Join(err, s.believe(ctx, waiting))
	}
	if err != nil {
		return s.trouble(ctx, waiting, err)
	}
	failures, unanswered := []error(nil), []request.Request(nil)
	for _, r := range waiting {
		outcome, answered := outcomes[r.ID]
		switch {
		case !answered:
			unanswered = append(unanswered, r)
		case outcome.NeedsProof:
			failures = append(failures, s.tryProof(ctx, r, outcome))
			unanswered = append(unanswered, r)
		default:
			failures = append(failures, s.answer(ctx, r.ID, outcome))
		}
	}
	return errors.Join(append(failures, s.believe(ctx, unanswered))...)
}

// believe looks again at the recorded returns of those of the requests that have no outcome. It records
// the outcomes that the returns claim, with the browser as evidence. This matters when a return came
// while the gateway's profile could not be read, and the gateway itself cannot be asked.
func (s *settling) believe(ctx context.Context, waiting []request.Request) error {
	for _, r := range waiting {
		if r.ReturnedAt == nil || r.Outcome != nil || !s.isOurs() {
			continue
		}
		events, err := s.desk.ledger.Events(ctx, r.ID)
		if err != nil {
			return err
		}
		for _, e := range events {
			if e.Kind != request.KindReturned || e.Return.VisitID != s.visit.ID || e.Return.Rejection != "" {
				continue
			}
			outcome, claimed := s.gateway.ParseReturn(s.visit, e.Return.Query).Outcomes[r.ID]
			if !claimed || outcome.Status == request.Signing {
				continue
			}
			if err := s.record(ctx, r.ID, outcome, request.ByBrowser); err != nil {
				return err
			}
		}
	}
	return nil
}

// answer records an outcome that the gateway itself reports; see [settling.record]. That this desk's gateway does not know a visit of another
// desk, or says nothing definite about it, is not recorded: it may be another gateway of the same name.
func (s *settling) answer(ctx context.Context, id request.ID, outcome gateway.Outcome) error {
	if !s.isOurs() {
		switch outcome.Status {
		case request.Gone:
			return request.Errorf("other_desk_gone", "gateway %s of this desk does not know the visit, which began at the desk %s: check at both desks that it is the same gateway, or start over here", s.visit.Gateway, s.visit.Desk)
		case request.Signing:
			return nil
		}
	}
	return s.record(ctx, id, outcome, request.ByGateway)
}

// isOurs reports whether the visit is one of this desk; see [Desk.isOurs].
func (s *settling) isOurs() bool { return s.desk.isOurs(s.visit.Desk) }

// record records an outcome with its evidence. It records nothing when the request has a newer visit,
// when more than the browser says already how the request ended, or when the same unknown code is
// recorded already.
func (s *settling) record(ctx context.Context, id request.ID, outcome gateway.Outcome, evidence request.Evidence) error {
	_, err := s.desk.change(ctx, id, func(r request.Request) ([]request.Event, error) {
		if !s.current(r) || r.NextStep != request.StepAsk && !byBrowserAlone(r) {
			return nil, nil
		}
		can := s.gateway.Capabilities()
		outcome := forWholeRequest(outcome, r, can)
		if outcome.Status == request.Signing && r.Outcome != nil && r.Outcome.Code == outcome.Code {
			return nil, nil // an unknown status that is recorded already
		}
		return []request.Event{answerEvent(s.visit.ID, outcome, evidence, stepAfter(outcome, r, can))}, nil
	})
	return err
}

// sameTrouble reports whether the error cause is the trouble that is recorded with r already. Causes
// with a code are compared by [gateway.SameFailure], others by their text.
func sameTrouble(r request.Request, cause error) bool {
	now := request.CauseOf(cause)
	if now.Code == "" || r.TroubleCause.Code == "" {
		return r.Trouble == cause.Error()
	}
	return gateway.SameFailure(r.TroubleCause, now)
}

// trouble records the error cause as the trouble of the stuck requests, unless it is recorded already,
// and returns cause. It records nothing for a request that has got further meanwhile, by somebody else's
// work. When all of them have, it returns nil. When ctx has ended, or when the visit is one of another desk, it records nothing and
// returns cause: what one desk lacks, such as a secret, is nothing about the request.
func (s *settling) trouble(ctx context.Context, stuck []request.Request, cause error) error {
	if ctx.Err() != nil || !s.isOurs() {
		return cause
	}
	overtaken := 0
	for _, r := range stuck {
		_, err := s.desk.change(ctx, r.ID, func(now request.Request) ([]request.Event, error) {
			if s.isDeletePending(now) {
				return nil, nil // it is about an earlier visit, and nobody waits for it
			}
			if !s.current(now) || now.NextStep != r.NextStep || len(now.MissingFiles()) != len(r.MissingFiles()) {
				overtaken++
				return nil, nil
			}
			if sameTrouble(now, cause) {
				return nil, nil
			}
			return []request.Event{{Kind: request.KindTrouble, Reason: cause.Error(), Cause: request.CauseOf(cause)}}, nil
		})
		if err != nil {
			return errors.Join(cause, err)
		}
	}
	if overtaken == len(stuck) {
		return nil
	}
	return cause
}
