package desk

import (
	"context"
	"errors"
	"net"
	"slices"
	"strconv"
	"time"

	"countersign/core/callback"
	"countersign/core/gateway"
	"countersign/core/home"
	"countersign/core/ledger"
	"countersign/core/request"
)

// listen makes sure that a process of the home listens for returns from the gateway of p, and
// returns the port: that of the profile, or else that of the settings, or else the desk's own.
func (d *Desk) listen(ctx context.Context, p gateway.Profile) (int, error) {
	return d.listenOn(ctx, d.portOf(p))
}

// portOf returns the port of new return addresses for p, or 0 if that is the desk's own port.
func (d *Desk) portOf(p gateway.Profile) int {
	if p.CallbackPort != 0 {
		return p.CallbackPort
	}
	chosen, err := d.cfg.Policy.Settings.Load(d.cfg.Home)
	if err != nil {
		d.cfg.Log.Warn("the settings cannot be read", "error", err)
	}
	return chosen.CallbackPort
}

// listenOn makes sure that a process of the home listens on a port, or on the desk's own port when
// port is zero, and returns the port. The error wraps [home.ErrPortTaken] if another program has it.
func (d *Desk) listenOn(ctx context.Context, port int) (int, error) {
	fixed := port
	port, err := d.listener(port).Ensure(ctx, d.life.Context())
	if err != nil {
		return 0, request.Errorf("cannot_listen", "cannot listen for the browser's return: %w", err)
	}
	if fixed != 0 && port != fixed { // another program took it, and another port was picked
		return d.listenOn(ctx, fixed)
	}
	return port, nil
}

// listener returns the service that listens on a port. If port is zero or the desk's own port, that is
// the service of the desk's own port, which picks another port if a program has taken this one.
func (d *Desk) listener(port int) *home.Service {
	name := "callback"
	if port == d.cfg.Home.ReadPort(name) {
		port = 0
	}
	if port != 0 {
		name += "-" + strconv.Itoa(port)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	service, known := d.listeners[name]
	if !known {
		service = &home.Service{
			Home: d.cfg.Home, Name: name, Port: port, Log: d.cfg.Log, Probe: d.probe,
			Serve: func(ctx context.Context, l net.Listener) error {
				d.portServed.Send() // it may be a port that was lost
				return callback.Serve(ctx, l, d.receiver(home.PortOf(l)), d.cfg.Home.Prove, d.cfg.Log)
			},
		}
		d.listeners[name] = service
	}
	return service
}

// receiver returns the receiver of returns to a port. It does not take the ticket of a visit whose return
// address has another port: a program that has taken that port sees the tickets of the browsers that come
// back to it, and may send them on to the port that is used now.
func (d *Desk) receiver(port int) callback.Receiver {
	return func(ctx context.Context, back callback.Return) (callback.Landing, error) {
		return d.handleReturn(ctx, port, back)
	}
}

// probe returns nil if a process of this home listens for returns on a port.
func (d *Desk) probe(ctx context.Context, port int) error {
	return callback.Probe(ctx, port, d.cfg.Home.Prove)
}

// maxReturns is how many different returns of one visit are recorded at most for each request.
const maxReturns = 100

// HandleReturn records what a browser brought back, whatever the port is that it came to. It is a [callback.Receiver]. A return that is
// recorded already is not recorded again. The error is [callback.ErrUnknownTicket] if this home hears no visit with that ticket.
func (d *Desk) HandleReturn(ctx context.Context, back callback.Return) (callback.Landing, error) {
	return d.handleReturn(ctx, anyPort, back)
}

// anyPort stands for the port of each visit.
const anyPort = 0

// handleReturn is HandleReturn for a return to a port; see receiver.
func (d *Desk) handleReturn(ctx context.Context, port int, back callback.Return) (callback.Landing, error) {
	visit, err := d.ledger.VisitByTicket(ctx, back.Ticket)
	switch {
	case errors.Is(err, ledger.ErrNotFound):
		return callback.Landing{}, callback.ErrUnknownTicket
	case err != nil:
		return callback.Landing{}, err
	case port != anyPort && visit.ReturnURL != "" && returnPort(visit) != port:
		d.cfg.Log.Warn("a return to another port than that of its visit was not taken", "port", port)
		return callback.Landing{}, callback.ErrUnknownTicket
	}
	landing, err := d.recordReturn(ctx, visit, back)
	if err == nil {
		d.reloads.answered()
	}
	return landing, err
}

// recordReturn records a return. At a desk of an office it keeps one for later that cannot be recorded now.
func (d *Desk) recordReturn(ctx context.Context, visit request.Visit, back callback.Return) (callback.Landing, error) {
	if d.ledger.Desk() == "" {
		return d.takeReturn(ctx, visit, back, time.Time{})
	}
	taking, cancel := context.WithTimeout(ctx, maxTaking)
	defer cancel()
	landing, err := d.takeReturn(taking, visit, back, time.Time{})
	if err != nil {
		d.cfg.Log.Warn("a return is kept until it can be handed in", "error", err)
		return d.keepForLater(ctx, visit, back)
	}
	return landing, nil
}

// maxTaking is how long the server of an office has to take a return, for which a browser waits ten seconds. Then it is kept for later.
const maxTaking = 2 * time.Second

// takeReturn records what a browser brought back from a visit at a time, which is now if it is zero.
func (d *Desk) takeReturn(ctx context.Context, visit request.Visit, back callback.Return, at time.Time) (callback.Landing, error) {
	kept := &request.Return{VisitID: visit.ID, Query: d.gateways.WithoutCredentials(visit.Gateway, back.Query), Deviation: back.Deviation}
	g, err := d.openForReturn(ctx, visit.Gateway)
	if err != nil {
		// The gateway was removed or its profile cannot be read: the return is kept all the same.
		d.cfg.Log.Warn("a return cannot be read", "error", err)
		_, err := d.keepReturn(ctx, visit, kept, gateway.ReturnHint{Status: request.Signing}, nil, at)
		return callback.Landing{Unread: !back.Deviation.IsRead(), Asking: callback.Recorded}, err
	}
	hint := g.ParseReturn(visit, back.Query)
	if raw, found := kept.Query[callback.MalformedQuery]; found && len(kept.Query) == 1 {
		hint = gateway.ReturnHint{Status: request.Signing, Code: gateway.Sanitize(raw[0])} // it is shown, and decides nothing
	}
	kept.Code, kept.Rejection, kept.Cause = hint.Code, hint.Rejection.Text, hint.Rejection.Cause
	requests, err := d.keepReturn(ctx, visit, kept, hint, g, at)
	if err != nil {
		return callback.Landing{}, err
	}
	return callback.Landing{Claim: claimOf(hint), Unread: !back.Deviation.IsRead(), Asking: askingAfter(requests, visit, g)}, nil
}

// askingAfter returns what happens after a return from a visit to g. requests are those of the visit, as they are after the return was
// recorded.
func askingAfter(requests []request.Request, visit request.Visit, g gateway.Gateway) callback.Asking {
	asking := callback.Recorded
	for _, r := range requests {
		switch {
		case r.Visit == nil || r.Visit.ID != visit.ID || r.NextStep != request.StepAsk && r.NextStep != request.StepFetch:
		case g.CanAsk(visit, r.ID):
			return callback.Asked
		default:
			asking = callback.CannotAsk
		}
	}
	return asking
}

// maxOpening is how long a gateway may take to be opened for a return. A practice gateway that hangs must not keep the return from
// being stored, for which a browser waits ten seconds.
const maxOpening = 2 * time.Second

// openForReturn returns a gateway that can parse returns, which needs no calls. If the gateway cannot be opened in time, it is the one
// that was opened last under the name.
func (d *Desk) openForReturn(ctx context.Context, name string) (gateway.Gateway, error) {
	opening, cancel := context.WithTimeout(ctx, maxOpening)
	defer cancel()
	g, err := d.gateways.Open(opening, name)
	if err == nil || opening.Err() == nil || ctx.Err() != nil {
		return g, err
	}
	if before := d.gateways.AsOpened(name); before != nil {
		return before, nil
	}
	return nil, err
}

// keepReturn records a return from a visit for each request of the visit, with the outcome that hint claims if it may be recorded. It
// returns the requests as they are afterwards. g is nil if the gateway cannot be opened; then hint claims nothing. The time at is when
// the browser came back; now if it is zero.
func (d *Desk) keepReturn(ctx context.Context, visit request.Visit, back *request.Return, hint gateway.ReturnHint, g gateway.Gateway, at time.Time) ([]request.Request, error) {
	var can gateway.Capabilities
	if g != nil {
		can = g.Capabilities()
	}
	var all []request.Request
	for _, id := range visit.Requests {
		outcome, claimed := hint.Outcomes[id]
		told := hint.Rejection.Text != "" || hint.Status.Ended() || outcome.Status.Ended()
		back := *back
		back.CannotAsk = !told && g != nil && !g.CanAsk(visit, id)
		r, err := d.change(ctx, id, func(r request.Request) ([]request.Event, error) {
			known, err := d.knownReturn(ctx, r.ID, &back)
			if err != nil || known {
				return nil, err
			}
			events := []request.Event{{At: at, Kind: request.KindReturned, Return: &back}}
			empty := outcome.Status == request.Signing && outcome.Code == ""
			if !claimed || empty || hint.Rejection.Text != "" || !mayDecide(r, visit.ID, outcome) {
				return events, nil
			}
			outcome := forWholeRequest(outcome, r, can)
			return append(events, answerEvent(visit.ID, outcome, request.ByBrowser, stepAfter(outcome, r, can))), nil
		})
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

// mayDecide reports whether the outcome that a return from a visit claims may be recorded for r. The
// visit has to be the present one of r. Moreover, r has to be being signed, or only the browser says that
// r has failed and the claimed outcome ends the attempt.
func mayDecide(r request.Request, visit request.VisitID, claimed gateway.Outcome) bool {
	return r.AwaitsReturn() && r.Visit.ID == visit && (r.Status == request.Signing || claimed.Status.Ended())
}

// knownReturn reports whether a return need not be recorded for the request with that id, because a
// return from the same visit with the same query and the same deviation is recorded already, or because [maxReturns] returns
// from that visit are.
func (d *Desk) knownReturn(ctx context.Context, id request.ID, back *request.Return) (bool, error) {
	events, err := d.ledger.Events(ctx, id)
	if err != nil {
		return false, err
	}
	count := 0
	for _, e := range events {
		if e.Kind != request.KindReturned || e.Return.VisitID != back.VisitID {
			continue
		}
		if e.Return.Deviation == back.Deviation && sameQuery(e.Return.Query, back.Query) {
			return true, nil
		}
		count++
	}
	return count >= maxReturns, nil
}

func sameQuery(a, b map[string][]string) bool {
	if len(a) != len(b) {
		return false
	}
	for name, values := range a {
		if !slices.Equal(values, b[name]) {
			return false
		}
	}
	return true
}

// claimOf returns what a return claims, for the landing page.
func claimOf(hint gateway.ReturnHint) callback.Claim {
	if hint.Rejection.Text != "" {
		return callback.ContradictsVisit
	}
	switch hint.Status {
	case request.Signed:
		return callback.ClaimsSigned
	case request.Rejected:
		return callback.ClaimsRejected
	case request.Canceled:
		return callback.ClaimsCanceled
	case request.Failed:
		return callback.ClaimsFailed
	}
	return callback.ClaimsNothing
}

// answerEvent returns the event that records an outcome.
func answerEvent(visit request.VisitID, outcome gateway.Outcome, evidence request.Evidence, next request.Step) request.Event {
	return request.Event{Kind: request.KindAnswered, Answer: &request.Answer{
		VisitID: visit, Status: outcome.Status, Code: outcome.Code, Message: outcome.Message, Cause: outcome.Cause,
		Evidence: evidence, Documents: outcome.Documents, NextStep: next,
	}}
}

// forWholeRequest returns what outcome means for all signers of r. When several people sign r one
// after the other, a gateway's outcome "signed" is that of the first signer, so that r is still
// being signed.
func forWholeRequest(outcome gateway.Outcome, r request.Request, can gateway.Capabilities) gateway.Outcome {
	if !can.MultiSigner || len(r.Signers) < 2 || outcome.Status != request.Signed {
		return outcome
	}
	outcome.Status, outcome.Documents = request.Signing, nil
	first := request.Sentencef("first_signed", "%s has signed, the first of %d: the gateway contacts the others itself", r.Signers[0].Name, len(r.Signers))
	outcome.Message, outcome.Cause = first.Text, first.Cause
	return outcome
}

// stepAfter returns the next step after an outcome: [request.StepFetch] if a document was signed and the
// gateway hands over signed files, and [request.StepNone] otherwise.
func stepAfter(outcome gateway.Outcome, r request.Request, can gateway.Capabilities) request.Step {
	signed := slices.ContainsFunc(outcome.Documents, func(d request.DocumentResult) bool { return d.Signed })
	if outcome.Status != request.Signed && outcome.Status != request.Partial || len(r.Documents) == 0 || !signed || !can.ReturnsSigned {
		return request.StepNone
	}
	return request.StepFetch
}
