package desk

import (
	"context"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"time"

	"countersign/core/gateway"
	"countersign/core/home"
	"countersign/core/ledger"
	"countersign/core/request"
)

// ErrReturnLost is returned by [Desk.Sign] and [Desk.CheckVisit] for a visit whose return would not be
// heard: another program has the port of its return address, or this home does not have the return
// address. The error is wrapped. [Desk.SignAnew] begins another visit.
var ErrReturnLost = request.Errorf("return_lost", "the browser's return cannot be received")

// returnPort returns the port of the return address of a visit; 0 if this home does not have the address.
func returnPort(visit request.Visit) int {
	u, err := url.Parse(visit.ReturnURL)
	if err != nil {
		return 0
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil {
		return 0
	}
	return port
}

// CheckVisit makes sure that the browser is heard when it comes back from a visit. The error is
// [ErrReturnLost] if it would not be. The address of a visit must not be handed out before CheckVisit
// has returned nil for the visit.
func (d *Desk) CheckVisit(ctx context.Context, visit request.Visit) error {
	port := returnPort(visit)
	if visit.Unheard || port == 0 {
		return request.Errorf("visit_unheard", "%w: wait for the gateway's answer, or start over", ErrReturnLost)
	}
	err := d.listenTo(ctx, port)
	if errors.Is(err, home.ErrPortTaken) {
		return request.Errorf("visit_return_lost", "%w, because another program is using port %d: close that program, or start over", ErrReturnLost, port)
	}
	return err
}

// listenTo makes sure that a process of the home listens on a port. If another program has it, the error
// wraps [home.ErrPortTaken], and this process goes on trying to listen there, in the background.
func (d *Desk) listenTo(ctx context.Context, port int) error {
	_, err := d.listenOn(ctx, port)
	if errors.Is(err, home.ErrPortTaken) {
		d.listener(port).Keep(d.life.Context())
	}
	return err
}

// returnCheck is how much time passes between two calls of [Desk.checkReturns].
const returnCheck = 10 * time.Second

// followReturns watches the ports of the return addresses of all requests that are being signed, until
// ctx ends. It records with a request that another program has the port, and that the desk listens there
// again. Errors are logged.
func (d *Desk) followReturns(ctx context.Context) {
	check := time.NewTicker(returnCheck)
	defer check.Stop()
	for {
		served := d.portServed.Listen()
		if err := d.checkReturns(ctx); err != nil && ctx.Err() == nil {
			d.cfg.Log.Warn("the ports of return addresses could not be checked", "error", err)
		}
		select {
		case <-check.C:
		case <-served:
		case <-ctx.Done():
			return
		}
	}
}

// checkReturns is one round of [Desk.followReturns].
func (d *Desk) checkReturns(ctx context.Context) error {
	out, err := d.outByPort(ctx)
	if err != nil {
		return err
	}
	var failures []error
	for _, port := range slices.Sorted(maps.Keys(out)) {
		err := d.listenTo(ctx, port)
		taken := errors.Is(err, home.ErrPortTaken)
		if err != nil && !taken {
			failures = append(failures, err)
			continue
		}
		for _, r := range out[port] {
			failures = append(failures, d.notePort(ctx, r, port, taken))
		}
	}
	return errors.Join(failures...)
}

// outByPort returns the requests that are being signed, grouped by the port of the visit's return
// address. It leaves out those whose return address this home does not have.
func (d *Desk) outByPort(ctx context.Context) (map[int][]request.Request, error) {
	unfinished, err := d.ledger.Unfinished(ctx)
	if err != nil {
		return nil, err
	}
	out := map[int][]request.Request{}
	for _, r := range unfinished {
		if r.Status != request.Signing || r.Visit == nil {
			continue
		}
		if port := returnPort(*r.Visit); port != 0 {
			out[port] = append(out[port], r)
		}
	}
	return out, nil
}

// notePort records with r whether the port of its return address is lost. If lost is false, it records
// that the desk listens there again. It records nothing if that is recorded already, or if r is not being
// signed in the same visit any more.
func (d *Desk) notePort(ctx context.Context, r request.Request, port int, lost bool) error {
	if lost == (r.LostPort != 0) {
		return nil
	}
	_, err := d.change(ctx, r.ID, func(now request.Request) ([]request.Event, error) {
		if now.Status != request.Signing || now.Visit.ID != r.Visit.ID || lost == (now.LostPort != 0) {
			return nil, nil
		}
		if !lost {
			return []request.Event{{Kind: request.KindReturnHeard, VisitID: r.Visit.ID, Port: port}}, nil
		}
		reason := portLost(port)
		return []request.Event{{Kind: request.KindReturnLost, VisitID: r.Visit.ID, Port: port, Reason: reason.Text, Cause: reason.Cause}}, nil
	})
	return err
}

func portLost(port int) request.Sentence {
	return request.Sentencef("port_lost", "another program is using port %d, where the browser would come back", port)
}

// SignAnew returns new visits of the requests in place of their present ones, as [Desk.Sign] does. For a
// request that is being signed, it asks the gateway first. If there is an outcome, that stays, and the
// request gets no new visit. Otherwise it withdraws the request and reopens it: what a signer still
// does in the browser of the earlier visit then counts no more.
func (d *Desk) SignAnew(ctx context.Context, ids ...request.ID) ([]request.Visit, error) {
	requests, err := d.getAll(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, r := range requests {
		if _, err := d.gateways.Profile(r.Gateway); errors.Is(err, gateway.ErrOfDesk) {
			return nil, err
		}
	}
	for _, r := range requests {
		if r.Status == request.Signing {
			d.askBriefly(ctx, r)
		}
		if err := d.giveUpVisit(ctx, r); err != nil {
			return nil, err
		}
	}
	// What is deleted at the gateway for the earlier visits changes the requests as well.
	var visits []request.Visit
	for range maxRetries {
		if visits, err = d.Sign(ctx, ids...); !errors.Is(err, ledger.ErrConflict) {
			break
		}
	}
	return visits, err
}

// giveUpVisit withdraws and reopens a request that was being signed when r was read, if it still is, in
// the same visit. It only reopens a request that had ended when r was read, if nothing has changed since
// and its status can be reopened. Otherwise it does nothing.
func (d *Desk) giveUpVisit(ctx context.Context, r request.Request) error {
	_, err := d.change(ctx, r.ID, func(now request.Request) ([]request.Event, error) {
		reopened := request.Event{Kind: request.KindReopened, By: d.cfg.Person}
		switch {
		case now.Status == request.Signing && r.Status == request.Signing && now.Visit.ID == r.Visit.ID:
			withdrawn := request.Event{Kind: request.KindWithdrawn, By: d.cfg.Person}
			return []request.Event{withdrawn, reopened}, nil
		case r.Status != request.Signing && now.Version == r.Version && now.Status.Reopenable():
			return []request.Event{reopened}, nil
		}
		return nil, nil
	})
	return err
}

// CheckLostReturns returns a failed check, by port, for each port to which browsers that are out come
// back and on which this home cannot listen, for example because another program has the port. It begins
// to listen on these ports where it can. The error is about reading the ledger, or that of ctx.
func (d *Desk) CheckLostReturns(ctx context.Context) (map[int]gateway.CheckResult, error) {
	out, err := d.outByPort(ctx)
	if err != nil {
		return nil, err
	}
	lost := map[int]gateway.CheckResult{}
	for port, requests := range out {
		err := d.listenTo(ctx, port)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			cause := request.SentenceOf(err)
			if errors.Is(err, home.ErrPortTaken) {
				cause = portLost(port)
			}
			detail := request.Sentencef("return_lost_for", "%s (requests in the browser: %d)", cause, len(requests))
			lost[port] = gateway.NewCheckResult(gateway.PartReturn, false, detail,
				request.Sentencef("return_lost_todo", "close the program that is using the port, or start these requests over: the returns of their browsers cannot be received"))
		}
	}
	return lost, nil
}
