package desk

import (
	"context"
	"time"

	"countersign/core/callback"
	"countersign/core/gateway"
	"countersign/core/request"
)

// CheckGateway runs [gateways.Gateways.CheckProfile] and [Desk.CheckReturn] for the gateway of that name, and
// returns the results of both. A check that fails is a result, and no error. The error is not nil if
// there is no such gateway, or if it cannot be opened as it is set up.
func (d *Desk) CheckGateway(ctx context.Context, name string) ([]gateway.CheckResult, error) {
	p, err := d.gateways.Profile(name)
	if err != nil {
		return nil, err
	}
	findings, err := d.gateways.CheckProfile(ctx, p)
	if err != nil {
		return nil, err
	}
	return append(findings, d.CheckReturn(ctx, p)), nil
}

// CanTry returns an error if the gateway of that name cannot be tried with a document; see [gateway.Trier].
func (d *Desk) CanTry(ctx context.Context, name string) error {
	_, _, err := d.trier(ctx, name)
	return err
}

// TryDocument creates a document of one page at the gateway of that name, as a signing would, and deletes it
// again. A step that fails is a result, and no error. The error is not nil if the gateway cannot be tried.
func (d *Desk) TryDocument(ctx context.Context, name string) ([]gateway.CheckResult, error) {
	t, p, err := d.trier(ctx, name)
	if err != nil {
		return nil, err
	}
	port, err := d.listen(ctx, p)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	// Nobody keeps this ticket, so a browser that comes back with it is turned away.
	return t.Try(ctx, gateway.TrialVisit(callback.ReturnAddress(port, callback.NewTicket()))), nil
}

// trier returns the gateway of that name, with its profile, if it can be tried with a document.
func (d *Desk) trier(ctx context.Context, name string) (gateway.Trier, gateway.Profile, error) {
	p, err := d.gateways.Profile(name)
	if err != nil {
		return nil, p, err
	}
	g, err := d.gateways.OpenProfile(ctx, p)
	if err != nil {
		return nil, p, err
	}
	t, err := gateway.TrierOf(g)
	return t, p, err
}

// CheckReturn checks that a process of this home answers at the port of the return addresses for the
// gateway of p. This process listens there if no other one does yet.
func (d *Desk) CheckReturn(ctx context.Context, p gateway.Profile) gateway.CheckResult {
	port, err := d.listen(ctx, p)
	if err != nil {
		return gateway.NewCheckResult(gateway.PartReturn, false, request.SentenceOf(err),
			request.Sentencef("return_taken_todo", "free the port, or set another callback_port for the gateway"))
	}
	failure := d.probe(ctx, port)
	// The process that listened may just have ended: another one takes over soon.
	for pause := (backoff{next: 50 * time.Millisecond, longest: time.Second}); failure != nil && pause.next < pause.longest; {
		select {
		case <-time.After(pause.take()):
		case <-ctx.Done():
			return gateway.NewCheckResult(gateway.PartReturn, false, request.Sentencef("check_stopped", "the check was stopped"), request.Sentence{})
		}
		if port, err = d.listen(ctx, p); err == nil {
			failure = d.probe(ctx, port)
		}
	}
	if failure != nil {
		return gateway.NewCheckResult(gateway.PartReturn, false,
			request.Sentencef("return_silent", "port %d of this computer does not respond: %v", port, failure),
			request.Sentencef("return_silent_todo", "let programs on this computer reach 127.0.0.1: look at its firewall and security software"))
	}
	return gateway.NewCheckResult(gateway.PartReturn, true,
		request.Sentencef("return_heard", "browsers come back to port %d of this computer, and it answers", port), request.Sentence{})
}
