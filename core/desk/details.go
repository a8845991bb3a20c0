package desk

import (
	"context"
	"slices"

	"countersign/core/input"
	"countersign/core/request"
)

// ChangeDetails changes how a pending request is to be signed. It calls the function change with what the request has,
// and writes what change made of it, after the checks of [Desk.Add]; it calls change again if somebody else changed the
// request meanwhile. Nothing is written if nothing changed. A gateway that is new to the request gets none of its copy
// recipients and no look of the signature if it cannot use them, unless change set them. It is an error if the request is
// not pending, or if it has no documents and change moves it to another gateway.
func (d *Desk) ChangeDetails(ctx context.Context, id request.ID, change func(*request.SigningDetails)) (request.Request, error) {
	return d.change(ctx, id, func(r request.Request) ([]request.Event, error) {
		if r.Status != request.Pending {
			return nil, notWaiting(r)
		}
		before := r.SigningDetails()
		to, practice, err := d.checkDetails(ctx, r, changed(before, change))
		if err != nil || to.Equal(before) {
			return nil, err
		}
		return []request.Event{{Kind: request.KindDetailsChanged, By: d.cfg.Person, Details: &request.DetailsChange{From: before, To: to, Practice: practice}}}, nil
	})
}

// notWaiting returns the error for a request that is not pending, with what to do so that it is.
func notWaiting(r request.Request) error {
	switch {
	case r.Status == request.Signing:
		return request.Errorf("details_signing", "%s is in the browser: withdraw and reopen it to change how it is signed", r.Title)
	case r.Reopenable():
		return request.Errorf("details_ended", "%s is %s: reopen it to change how it is signed", r.Title, r.Status.Sentence())
	}
	return request.Errorf("details_signed", "%s is %s: how it is signed cannot be changed any more", r.Title, r.Status.Sentence())
}

// changed returns what the function change makes of a copy of details. A signature without any option is nil.
func changed(details request.SigningDetails, change func(*request.SigningDetails)) request.SigningDetails {
	details.Signers, details.CopyRecipients, details.Positions = slices.Clone(details.Signers), slices.Clone(details.CopyRecipients), slices.Clone(details.Positions)
	if details.Signature != nil {
		signature := *details.Signature
		details.Signature = &signature
	}
	change(&details)
	if details.Signature != nil && *details.Signature == (request.SignatureOptions{}) {
		details.Signature = nil
	}
	return details
}

// checkDetails returns the details for r as they are to be written: with each text cleaned, and without what a gateway that
// is new to r cannot use, and for such a gateway also what the event says of practice. It returns an error if the gateway
// cannot take r with them.
func (d *Desk) checkDetails(ctx context.Context, r request.Request, to request.SigningDetails) (checked request.SigningDetails, practice *bool, err error) {
	before := r.SigningDetails()
	if to.Equal(before) {
		return to, nil, nil
	}
	profiles, err := d.gateways.Profiles()
	if err != nil {
		return to, nil, err
	}
	p, err := profiles.Get(to.Gateway)
	if err != nil {
		return to, nil, err
	}
	if to.Gateway != before.Gateway {
		to.Gateway = p.Name
	}
	moves := to.Gateway != before.Gateway
	if moves && len(r.Documents) == 0 {
		return to, nil, request.Errorf("details_remote", "%s exists at gateway %s: it cannot be signed at another one", r.Title, r.Gateway)
	}
	g, err := d.gateways.OpenProfile(ctx, p)
	if err != nil {
		return to, nil, err
	}
	if moves {
		to = withoutUnusable(before, to, g.Capabilities().CopyRecipients, g.Capabilities().CustomAppearance)
	}
	n := New{
		Gateway: to.Gateway, Title: r.Title, RemoteID: r.AddedRemoteID, Files: make([]input.File, len(r.Documents)),
		Signers: to.Signers, Copies: to.CopyRecipients, Signature: to.Signature, Positions: to.Positions,
	}
	if err := fits(p.Name, g, n); err != nil {
		return to, nil, err
	}
	if to.Positions, err = checkLook(n); err != nil {
		return to, nil, err
	}
	if to.Signers, to.CopyRecipients, err = people(n); err != nil {
		return to, nil, err
	}
	if moves {
		practice = request.StatePractice(p.Name, p.Practice)
		files, err := checkAll(d.storedFiles(ctx, r), g.Capabilities().MaxSize, p.Encrypted)
		closeAll(files)
		if err != nil {
			return to, nil, err
		}
	}
	return to, practice, d.checkField(ctx, &request.Added{Documents: originalsOf(r), Signature: to.Signature})
}

// withoutUnusable returns the details to without the copy recipients and the look of the signature that before has too, if
// the gateway takes no such recipients, or no such look.
func withoutUnusable(before, to request.SigningDetails, takesCopies, takesLook bool) request.SigningDetails {
	if !takesCopies && slices.Equal(to.CopyRecipients, before.CopyRecipients) {
		to.CopyRecipients = nil
	}
	look := func(d request.SigningDetails) request.SigningDetails {
		return request.SigningDetails{Signature: d.Signature, Positions: d.Positions}
	}
	if !takesLook && look(to).Equal(look(before)) {
		to.Signature, to.Positions = nil, nil
	}
	return to
}

func originalsOf(r request.Request) []request.Original {
	var originals []request.Original
	for _, document := range r.Documents {
		originals = append(originals, document.Original)
	}
	return originals
}
