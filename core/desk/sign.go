package desk

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"countersign/core/callback"
	"countersign/core/gateway"
	"countersign/core/input"
	"countersign/core/ledger"
	"countersign/core/pdf"
	"countersign/core/request"
)

// Sign returns the visits in which the requests are signed, each with the address for the browser.
// It prepares new visits at the gateways for pending requests, as many in one visit as the gateway
// takes. For requests that are in the browser already, it asks the gateway whether they have ended; if
// not, it returns the visit that they have, or the error [ErrReturnLost] if the browser would not be
// heard when it comes back. The visits are in the ledger when Sign returns. It opens no browser.
//
// When a visit cannot be prepared, its requests stay pending and the reason is recorded with them;
// Sign returns the other visits with the error and can be called again. A request that has ended
// gets no visit; it is an error if it can be reopened.
func (d *Desk) Sign(ctx context.Context, ids ...request.ID) ([]request.Visit, error) {
	var visits []request.Visit
	var pending []request.Request
	var failures []error
	resumed, named := map[request.VisitID]bool{}, map[request.ID]bool{}
	for _, id := range ids {
		if named[id] {
			continue
		}
		named[id] = true
		r, err := d.ledger.Get(ctx, id)
		if err != nil {
			return nil, err
		}
		switch {
		case r.Status == request.Pending:
			pending = append(pending, r)
		case r.Status == request.Signing && !d.isOurs(r.Desk):
			failures = append(failures, signedElsewhere(r))
		case r.Status == request.Signing && !resumed[r.Visit.ID]:
			resumed[r.Visit.ID] = true
			goesOn, err := d.resume(ctx, r)
			if goesOn {
				visits = append(visits, *r.Visit)
			}
			failures = append(failures, err)
		case r.Status.Reopenable():
			failures = append(failures, request.Errorf("sign_ended", "%s is %s: reopen it first", r.Title, r.Status.Sentence()))
		}
	}
	for _, requests := range byGateway(pending) {
		prepared, err := d.prepareAll(ctx, requests)
		visits = append(visits, prepared...)
		if errors.Is(err, ledger.ErrConflict) {
			// Somebody else began a visit first: use that one.
			prepared, err = d.goOn(ctx, requests, visits)
			visits = append(visits, prepared...)
		}
		failures = append(failures, err)
	}
	return visits, errors.Join(failures...)
}

// goOn returns the visits that somebody else began here for the requests, except those that the list ours has
// already. The error names the requests that are still pending, and those whose visit began at another desk.
func (d *Desk) goOn(ctx context.Context, requests []request.Request, ours []request.Visit) ([]request.Visit, error) {
	var theirs []request.Visit
	var failures []error
	for _, r := range requests {
		now, err := d.ledger.Get(ctx, r.ID)
		if err != nil {
			return theirs, err
		}
		switch {
		case now.Status == request.Pending:
			failures = append(failures, request.Errorf("sign_changed", "%s was changed by someone else at the same moment: sign it again (%w)", r.Title, ledger.ErrConflict))
		case now.Status == request.Signing && !d.isOurs(now.Desk):
			failures = append(failures, signedElsewhere(now))
		case now.Status == request.Signing && !hasVisit(ours, now.Visit.ID) && !hasVisit(theirs, now.Visit.ID):
			theirs = append(theirs, *now.Visit)
		}
	}
	return theirs, errors.Join(failures...)
}

// signedElsewhere returns the error for a request whose visit goes on at another desk.
func signedElsewhere(r request.Request) error {
	return request.Errorf("sign_elsewhere", "%s is being signed at the desk %s: go on there, or start over here", r.Title, r.Desk)
}

func hasVisit(visits []request.Visit, id request.VisitID) bool {
	return slices.ContainsFunc(visits, func(v request.Visit) bool { return v.ID == id })
}

// byGateway groups requests by gateway. Groups are in the order of their first requests, and
// requests keep their order within a group.
func byGateway(requests []request.Request) [][]request.Request {
	var groups [][]request.Request
	index := map[string]int{}
	for _, r := range requests {
		i, known := index[r.Gateway]
		if !known {
			i = len(groups)
			groups, index[r.Gateway] = append(groups, nil), i
		}
		groups[i] = append(groups[i], r)
	}
	return groups
}

// askFirst is how long a gateway has to answer before its visit is used again or given up, since the
// person waits for the address meanwhile.
const askFirst = 2 * time.Second

// askBriefly settles the visit of r once, within [askFirst]. Errors are only logged.
func (d *Desk) askBriefly(ctx context.Context, r request.Request) {
	asking, cancel := context.WithTimeout(ctx, askFirst)
	defer cancel()
	if _, err := d.settleVisit(asking, r.Visit.ID); err != nil {
		d.cfg.Log.Info("could not ask before going on", "error", err)
	}
}

// resume settles the visit of r once, and reports whether the visit goes on: r is still being signed, and
// the browser is heard when it comes back. If it would not be heard, the error is [ErrReturnLost]. A
// gateway that does not answer is no error: the visit goes on.
func (d *Desk) resume(ctx context.Context, r request.Request) (goesOn bool, err error) {
	d.askBriefly(ctx, r)
	after, err := d.ledger.Get(ctx, r.ID)
	if err != nil || after.Status != request.Signing {
		return false, err
	}
	err = d.CheckVisit(ctx, *after.Visit)
	if port := returnPort(*after.Visit); port != 0 && (err == nil || errors.Is(err, ErrReturnLost)) {
		err = errors.Join(err, d.notePort(ctx, after, port, err != nil))
	}
	return err == nil, err
}

// prepareAll prepares the visits of requests of one gateway. At the first failure it stops, and
// returns the visits prepared so far with the error.
func (d *Desk) prepareAll(ctx context.Context, requests []request.Request) ([]request.Visit, error) {
	profiles, err := d.gateways.Profiles()
	if err != nil {
		return nil, err
	}
	p, err := profiles.Get(requests[0].Gateway)
	if err != nil {
		return nil, d.launchFailed(ctx, requests, err)
	}
	g, err := d.gateways.OpenProfile(ctx, p)
	if err != nil {
		return nil, d.launchFailed(ctx, requests, err)
	}
	var visits []request.Visit
	for _, together := range chunks(requests, g) {
		visit, err := d.prepare(ctx, p, g, together)
		if err != nil {
			// The next one would most likely fail in the same way, after the same wait.
			return visits, d.launchFailed(ctx, together, err)
		}
		visits = append(visits, visit)
	}
	return visits, nil
}

// chunks groups requests into visits to g. A visit is for one person, so requests of different signers
// are in different visits. A request that is too large for a visit gets a group of its own.
func chunks(requests []request.Request, g gateway.Gateway) [][]request.Request {
	var all [][]request.Request
	last := map[string]int{} // by signer: the group that is being filled
	for _, r := range requests {
		signer := signerOf(r)
		if i, known := last[signer]; known && gateway.FitsVisit(g, append(slices.Clip(all[i]), r)) {
			all[i] = append(all[i], r)
			continue
		}
		last[signer] = len(all)
		all = append(all, []request.Request{r})
	}
	return all
}

// Together returns the id of the first of the requests, followed by the ids of those of the other
// requests that fit into one visit with it. When the first request is not pending, or its gateway cannot
// be used, it returns the id of the first alone. requests must not be empty.
func (d *Desk) Together(ctx context.Context, requests []request.Request) []request.ID {
	first := requests[0]
	if first.Status != request.Pending {
		return []request.ID{first.ID}
	}
	pending := slices.DeleteFunc(slices.Clone(requests), func(r request.Request) bool {
		return r.Status != request.Pending || r.Gateway != first.Gateway
	})
	g, err := d.gateways.Open(ctx, first.Gateway)
	if err != nil { // the gateway says why when it is to sign
		return []request.ID{first.ID}
	}
	var ids []request.ID
	for _, r := range chunks(pending, g)[0] {
		ids = append(ids, r.ID)
	}
	return ids
}

// signerOf returns a text that identifies the first signer of a request, or "" when it names nobody.
func signerOf(r request.Request) string {
	if len(r.Signers) == 0 {
		return ""
	}
	return r.Signers[0].Country + " " + r.Signers[0].Number + " " + r.Signers[0].Email
}

func (d *Desk) prepare(ctx context.Context, p gateway.Profile, g gateway.Gateway, requests []request.Request) (request.Visit, error) {
	port, err := d.listen(ctx, p)
	if err != nil {
		return request.Visit{}, err
	}
	ticket := callback.NewTicket()
	visit := request.Visit{ID: request.VisitIDOf(ticket), Gateway: requests[0].Gateway, ReturnURL: callback.ReturnAddress(port, ticket)}
	for i, r := range requests { // a file that is back changes its request, which has to happen before the launch
		if len(r.DamagedFiles()) > 0 {
			if requests[i], err = d.ledger.CheckFiles(ctx, r.ID); err != nil {
				return request.Visit{}, err
			}
		}
	}
	prepared, err := g.Prepare(ctx, gateway.VisitSpec{
		ReturnURL:         visit.ReturnURL,
		Requests:          requests,
		OpenDocument:      func(doc request.Document) (io.ReadCloser, error) { return d.openOriginal(ctx, doc) },
		HasSignatureField: func(doc request.Document) bool { return d.hasSignatureField(ctx, doc) },
	})
	if err != nil {
		return request.Visit{}, err
	}
	if slices.ContainsFunc(requests, func(r request.Request) bool { return r.Practice != p.Practice }) {
		visit.Practice = &p.Practice // gateways.toml was changed since they were added
	}
	visit.URL, visit.ProcessID = prepared.URL, prepared.ProcessID
	visit.RemoteIDs = prepared.RemoteIDs
	visit.AddNotes(prepared.Notes)
	var changes []ledger.Change
	for _, r := range requests {
		visit.Requests = append(visit.Requests, r.ID)
	}
	for _, r := range requests {
		changes = append(changes, ledger.Change{ID: r.ID, Version: r.Version, Events: []request.Event{
			{Kind: request.KindLaunched, By: d.cfg.Person, Visit: &visit},
		}})
	}
	if _, err := d.ledger.Append(ctx, changes...); err != nil {
		// Somebody else began a visit for one of them first, and theirs counts. It does not matter
		// when our session cannot be deleted.
		if discardErr := g.Discard(context.WithoutCancel(ctx), visit); discardErr != nil {
			d.cfg.Log.Info("an unused session could not be deleted", "error", discardErr)
		}
		return request.Visit{}, err
	}
	return visit, nil
}

// hasSignatureField reports whether the stored copy of a document has a signature field. It reports true
// if the copy cannot be read.
func (d *Desk) hasSignatureField(ctx context.Context, doc request.Document) bool {
	f, err := d.ledger.OpenDocument(ctx, doc.SHA256)
	if err != nil {
		return true
	}
	defer f.Close()
	fields, err := pdf.SignatureFields(f, doc.Size)
	return err != nil || len(fields) > 0
}

// openOriginal opens the stored original of a document, at its beginning. It returns an error if the
// original is missing or altered, or if its size is not the recorded one. The caller has to close it.
func (d *Desk) openOriginal(ctx context.Context, doc request.Document) (io.ReadCloser, error) {
	damaged := request.Errorf("original_damaged", "the stored copy of %s is missing or was altered: withdraw this request and add the file again", doc.Name)
	f, err := d.ledger.OpenDocument(ctx, doc.SHA256)
	if errors.Is(err, ledger.ErrMissing) || errors.Is(err, ledger.ErrAltered) {
		return nil, damaged
	}
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && info.Size() != doc.Size {
		err = damaged
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// launchFailed records with every request that is still pending that its visit could not begin because
// of cause, and returns cause. It records nothing when ctx has ended or cause is [ledger.ErrConflict].
func (d *Desk) launchFailed(ctx context.Context, requests []request.Request, cause error) error {
	// That a gateway is one of another desk says nothing about the request.
	if ctx.Err() != nil || errors.Is(cause, ledger.ErrConflict) || errors.Is(cause, gateway.ErrOfDesk) {
		return cause
	}
	for _, r := range requests {
		_, err := d.change(ctx, r.ID, func(r request.Request) ([]request.Event, error) {
			if r.Status != request.Pending {
				return nil, nil
			}
			return []request.Event{{Kind: request.KindLaunchFailed, By: d.cfg.Person, Reason: cause.Error(), Cause: request.CauseOf(cause)}}, nil
		})
		if err != nil {
			return errors.Join(cause, err)
		}
	}
	return cause
}

func (d *Desk) noteVisit(ctx context.Context, visit request.Visit, event request.Event) error {
	for _, id := range visit.Requests {
		_, err := d.change(ctx, id, func(r request.Request) ([]request.Event, error) {
			if r.Status != request.Signing || r.Visit.ID != visit.ID {
				return nil, nil // the outcome came first
			}
			return []request.Event{event}, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Reopen begins a new attempt of a request that ended without all of its signatures, or of which only
// the browser says that it was signed. For any other request it returns an error.
func (d *Desk) Reopen(ctx context.Context, id request.ID) (request.Request, error) {
	return d.change(ctx, id, func(r request.Request) ([]request.Event, error) {
		if !r.Reopenable() {
			return nil, request.Errorf("reopen_impossible", "%s is %s: only a request that ended without its signatures can be opened again", r.Title, r.Status.Sentence())
		}
		return []request.Event{{Kind: request.KindReopened, By: d.cfg.Person}}, nil
	})
}

// Withdraw withdraws a request that has no outcome yet, for a reason that may be empty. For a
// request that has ended, and for a reason that is too long, it returns an error.
func (d *Desk) Withdraw(ctx context.Context, id request.ID, reason string) (request.Request, error) {
	reason, err := input.Reason.Clean(reason)
	if err != nil {
		return request.Request{}, err
	}
	return d.change(ctx, id, func(r request.Request) ([]request.Event, error) {
		if !r.Status.Open() {
			return nil, request.Errorf("withdraw_impossible", "%s is %s: only a request that has no outcome yet can be withdrawn", r.Title, r.Status.Sentence())
		}
		return []request.Event{{Kind: request.KindWithdrawn, By: d.cfg.Person, Reason: reason}}, nil
	})
}
