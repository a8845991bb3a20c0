package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"countersign/core/gateway"
	"countersign/core/request"
)

// settleVisit does what is owed to the requests of a visit, as far as it can be done now:
// ask the gateway, fetch and check signed files, delete the gateway's copies. It
// gives the most pressing step that is left and that doing it again could bring further.
// Running it twice at once, here or in another process, does no harm: what is written is
// checked against what was read.
func (d *Desk) settleVisit(ctx context.Context, ticket string) (left request.Step, err error) {
	visit, err := d.ledger.Visit(ctx, ticket)
	if err != nil {
		return request.Ask, err
	}
	s := &settling{desk: d, visit: visit}
	owed, err := s.owed(ctx)
	if err != nil || len(owed) == 0 {
		return request.Nothing, err
	}
	if s.gateway, err = d.open(ctx, visit.Gateway); err != nil {
		return s.pressing(owed, false), s.trouble(ctx, owed, err)
	}
	askErr := s.ask(ctx)
	cannotAsk := errors.Is(askErr, gateway.ErrCannotAsk)
	if cannotAsk {
		askErr = nil // only the browser, or a person, can tell
	}
	failure := errors.Join(askErr, s.fetch(ctx), s.discard(ctx))
	if owed, err = s.owed(ctx); err != nil {
		return request.Ask, errors.Join(failure, err)
	}
	return s.pressing(owed, cannotAsk && failure == nil), failure
}

// pressing is the step among those that are owed which people wait for the most. A signed
// file that could not be had for a day is not waited for any more than a deletion.
func (s *settling) pressing(owed []request.Request, cannotAsk bool) request.Step {
	left := request.Nothing
	stale := s.desk.cfg.Now().Add(-24 * time.Hour)
	for _, r := range owed {
		step := r.Next
		switch {
		case s.isDebt(r), step == request.Fetch && r.Outcome != nil && r.Outcome.At.Before(stale):
			step = request.Discard
		case step == request.Ask && cannotAsk:
			continue
		}
		if left == request.Nothing || left == request.Discard || step == request.Ask {
			left = step
		}
	}
	return left
}

// settling is one pass over one visit.
type settling struct {
	desk    *Desk
	visit   request.Visit
	gateway gateway.Gateway
}

// owed lists the requests that need something of this visit, as they are now.
func (s *settling) owed(ctx context.Context) ([]request.Request, error) {
	var owed []request.Request
	for _, id := range s.visit.Requests {
		r, err := s.desk.ledger.Get(ctx, id)
		if err != nil {
			return nil, err
		}
		if s.isDebt(r) || s.current(r) && r.Next != request.Nothing {
			owed = append(owed, r)
		}
	}
	return owed, nil
}

// waiting lists the requests that are still on this visit and need a step.
func (s *settling) waiting(ctx context.Context, step request.Step) ([]request.Request, error) {
	owed, err := s.owed(ctx)
	return slices.DeleteFunc(owed, func(r request.Request) bool { return !s.current(r) || r.Next != step }), err
}

// current tells whether a request is still on this visit, and not on a later attempt.
func (s *settling) current(r request.Request) bool {
	return r.Visit != nil && r.Visit.Ticket == s.visit.Ticket
}

func (s *settling) ask(ctx context.Context) error {
	waiting, err := s.waiting(ctx, request.Ask)
	if err != nil || len(waiting) == 0 {
		return err
	}
	verdicts, err := s.gateway.Ask(ctx, s.visit)
	if errors.Is(err, gateway.ErrCannotAsk) {
		return errors.Join(err, s.believe(ctx, waiting))
	}
	if err != nil {
		return s.trouble(ctx, waiting, err)
	}
	failures, untold := []error(nil), []request.Request(nil)
	for _, r := range waiting {
		verdict, told := verdicts[r.ID]
		switch {
		case !told:
			untold = append(untold, r)
		case verdict.Unproven:
			failures = append(failures, s.tryProof(ctx, r, verdict))
			untold = append(untold, r)
		default:
			failures = append(failures, s.answer(ctx, r.ID, verdict))
		}
	}
	return errors.Join(append(failures, s.believe(ctx, untold))...)
}

// believe reads what browsers brought back once more, for requests that came back while
// the gateway's profile could not be read: for some gateways it is the only word there is.
func (s *settling) believe(ctx context.Context, waiting []request.Request) error {
	for _, r := range waiting {
		if r.Returned == nil || r.Outcome != nil {
			continue
		}
		events, err := s.desk.ledger.Events(ctx, r.ID)
		if err != nil {
			return err
		}
		for _, e := range events {
			if e.Kind != request.KindReturned || e.Return.Ticket != s.visit.Ticket || e.Return.Refuse != "" {
				continue
			}
			verdict, told := s.gateway.ReadReturn(s.visit, e.Return.Query).Verdicts[r.ID]
			if !told || verdict.Status == request.Signing {
				continue
			}
			if err := s.write(ctx, r.ID, verdict, request.ByBrowser); err != nil {
				return err
			}
		}
	}
	return nil
}

// answer keeps a verdict that the gateway itself gave.
func (s *settling) answer(ctx context.Context, id request.ID, v gateway.Verdict) error {
	return s.write(ctx, id, v, request.ByGateway)
}

func (s *settling) write(ctx context.Context, id request.ID, v gateway.Verdict, evidence request.Evidence) error {
	_, err := s.desk.change(ctx, id, func(r request.Request) ([]request.Event, error) {
		if !s.current(r) || r.Next != request.Ask && !byBrowserAlone(r) {
			return nil, nil
		}
		can := s.gateway.Abilities()
		told := amended(v, r, can)
		if told.Status == request.Signing && r.Outcome != nil && r.Outcome.Word == told.Word {
			return nil, nil // the same word that was not understood before
		}
		return []request.Event{answerEvent(s.visit.Ticket, told, evidence, stepAfter(told, r, can))}, nil
	})
	return err
}

// sameTrouble tells whether a cause is what is noted already. A gateway may tell each time
// something else of the same fault, like the number it has in its own log.
func sameTrouble(noted string, cause error) bool {
	if fault, ok := errors.AsType[*gateway.Error](cause); ok && fault.Status != 0 {
		at := fmt.Sprintf(" (%d", fault.Status)
		now, _, _ := strings.Cut(cause.Error(), at)
		before, _, found := strings.Cut(noted, at)
		return found && now == before
	}
	return noted == cause.Error()
}

// trouble keeps why it did not go on with the requests, once for each reason, and gives
// the cause back. A request that somebody else brought further meanwhile has no
// trouble: its gateway's copy may just have been fetched and deleted.
func (s *settling) trouble(ctx context.Context, stuck []request.Request, cause error) error {
	if ctx.Err() != nil {
		return cause
	}
	overtaken := 0
	for _, r := range stuck {
		_, err := s.desk.change(ctx, r.ID, func(now request.Request) ([]request.Event, error) {
			if s.isDebt(now) {
				return nil, nil // it is an earlier visit's, and nobody waits for it
			}
			if !s.current(now) || now.Next != r.Next || len(now.MissingFiles()) != len(r.MissingFiles()) {
				overtaken++
				return nil, nil
			}
			if sameTrouble(now.Trouble, cause) {
				return nil, nil
			}
			return []request.Event{{Kind: request.KindTrouble, Reason: cause.Error()}}, nil
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
