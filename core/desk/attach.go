package desk

import (
	"context"
	"errors"
	"io"

	"countersign/core/gateway"
	"countersign/core/input"
	"countersign/core/pdf"
	"countersign/core/proof"
	"countersign/core/request"
)

// Attach keeps a signed file that a person hands over because it came from elsewhere than the
// gateway. For a request whose documents were sent from here, the file has to begin with the bytes
// that were sent and carry an intact signature made after them; then it proves the signature,
// whatever was known before. For a request whose documents were never here, any intact signature
// will do, and the file proves nothing.
//
// A PDF that has no signature and does not begin with what was sent is refused with [ErrUnsigned]. A
// file that cannot be checked here is refused with [ErrUnchecked] if note is empty. If note says how
// the person knows that it is the signed document, the file is kept with the note, and the evidence
// of the outcome stays what it was. For a file that is a proof, the note is ignored.
func (d *Desk) Attach(ctx context.Context, id request.ID, file input.File, note string) (request.Request, error) {
	note, err := input.Note.Clean(note)
	if err != nil {
		return request.Request{}, err
	}
	r, err := d.ledger.Get(ctx, id)
	if err != nil {
		return request.Request{}, err
	}
	if err := takesFile(r); err != nil {
		return request.Request{}, err
	}
	in, err := d.receiveFile(file)
	if err != nil {
		return request.Request{}, err
	}
	defer in.remove()
	can := gateway.Capabilities{}
	if g, err := d.gateways.Open(ctx, r.Gateway); err == nil { // without its gateway, a file can be judged all the same
		can = g.Capabilities()
	}
	stored, err := d.match(ctx, r, input.Label(file.Name), in, can, note != "")
	if err != nil {
		return request.Request{}, err
	}
	if stored.SHA256, stored.Size, err = d.ledger.PutDocument(ctx, in.content(), maxSigned); err != nil {
		return request.Request{}, err
	}
	return d.change(ctx, id, func(now request.Request) ([]request.Event, error) {
		if now.Visit == nil || now.Visit.ID != stored.VisitID {
			return nil, request.Errorf("reopened_meanwhile", "%s was reopened in the meantime: look at it again", now.Title)
		}
		if err := takesFile(now); err != nil {
			return nil, err
		}
		return d.attached(now, stored, can, note)
	})
}

// takesFile returns nil if a signed file can be attached to a request in its present state, and
// otherwise an error that says why none can.
func takesFile(r request.Request) error {
	switch {
	case r.Status == request.Withdrawn:
		return request.Errorf("attach_withdrawn", "%s was withdrawn: reopen and sign it, or file the signed PDF elsewhere", r.Title)
	case r.Visit == nil:
		return request.Errorf("attach_unsent", "%s has not been sent to its gateway yet: sign it first", r.Title)
	case r.Status.Open() || r.Status == request.Signed || r.Status == request.Partial:
		return nil
	case len(r.Documents) == 0:
		return request.Errorf("attach_nothing_sent", "%s ended as %s, and no document was sent from here that a signed file could be compared with: reopen it", r.Title, r.Status.Sentence())
	case len(r.Documents) > 1:
		return request.Errorf("attach_one_of_several", "%s ended as %s, and one signed file does not change that for all of its documents: reopen it", r.Title, r.Status.Sentence())
	}
	return nil
}

// LacksProof reports whether a request lacks a signed file that a person may hand in: no signed file
// proves its outcome, none is attached, and the status of the request lets [Desk.Attach] take one.
func LacksProof(r request.Request) bool {
	proven := r.Outcome != nil && r.Outcome.Evidence == request.ByDocument
	return !proven && len(r.Attached) == 0 && takesFile(r) == nil
}

func (d *Desk) receiveFile(file input.File) (*incoming, error) {
	name := input.Label(file.Name)
	source, size, err := file.Open()
	if err != nil {
		return nil, input.Explain(name, err)
	}
	defer source.Close()
	in, err := d.receive(io.NewSectionReader(source, 0, size))
	switch {
	case errors.Is(err, errEndless):
		return nil, request.Errorf("attach_too_large", "%s is larger than %d MB, which is too large for a signed file: check that it is the right one", name, maxSigned>>20)
	case err != nil:
		return nil, input.Explain(name, err)
	case in.size != size:
		in.remove()
		return nil, input.Explain(name, input.ErrChanged)
	}
	return in, nil
}

// match finds the document of r of which a file is the signed form. It returns what is to be stored about
// the file, without digest and size. A file that cannot be checked here matches only when vouched is
// set, which means that a person says that it is the signed document; otherwise the error is
// [ErrUnchecked]. When no document matches, the error says what the file lacks; it is [ErrUnsigned]
// for a PDF that has no signature and begins with no document of r. If r has no documents, any intact
// signature will do.
func (d *Desk) match(ctx context.Context, r request.Request, name string, in *incoming, can gateway.Capabilities, vouched bool) (request.Stored, error) {
	stored := request.Stored{VisitID: r.Visit.ID}
	if len(r.Documents) == 0 {
		nothing := request.Sentencef("nothing_sent", "nothing was sent from here that it could be compared with")
		stored.Problem, stored.Cause = nothing.Text, nothing.Cause
		return stored, checkSignedByAnyone(name, in, vouched)
	}
	digest, err := in.digest()
	if err != nil {
		return stored, err
	}
	best, found := proof.Judgment{Problem: proof.NotContinued, Cause: request.Cause{Code: "file_other"}}, -1
	for i, doc := range r.Documents {
		v, err := d.judge(ctx, doc.Original, in, wantedSignatures(r, can))
		if err != nil {
			return stored, err
		}
		if v.Problem != "" && !v.Unchecked {
			if v.Problem != proof.NotContinued && found < 0 {
				best = v // it continues this document, and lacks something else
			}
			continue
		}
		keptBefore := doc.Signed != nil && doc.Signed.SHA256 == digest
		// A request may have the same bytes twice: the document without proof comes first.
		if found < 0 || keptBefore || proven(r.Documents[found]) && !proven(doc) {
			best, found = v, i
		}
		if keptBefore {
			break
		}
	}
	if found >= 0 && (best.Problem == "" || vouched) {
		stored.Document, stored.Proves, stored.Unchecked, stored.Changes = found, best.Problem == "", best.Unchecked, best.Changed
		stored.Problem, stored.Cause = best.Problem, best.Cause
		return stored, nil
	}
	if found >= 0 {
		return stored, uncheckedError{request.Errorf("attach_unchecked", "it is not clear whether %s is the signed version of %s: %s", name, r.Title, request.Sentence{Text: best.Problem, Cause: best.Cause})}
	}
	err = request.Errorf("attach_other", "%s is not the signed version of %s: %s", name, r.Title, request.Sentence{Text: best.Problem, Cause: best.Cause})
	if best.Problem == proof.NotContinued && isUnsigned(in) {
		err = unsignedError{err}
	}
	return stored, err
}

// ErrUnchecked is returned by [Desk.Attach] for a file whose signature this program cannot check.
// Nothing is known against the file, so a person may vouch for it.
var ErrUnchecked = request.Errorf("attach_untold", "it is not clear whether the file proves the signature")

// uncheckedError is an error with a text of its own that [errors.Is] takes for [ErrUnchecked].
type uncheckedError struct{ error }

func (e uncheckedError) Unwrap() error { return e.error }

func (uncheckedError) Is(target error) bool { return target == ErrUnchecked }

// ErrUnsigned is returned by [Desk.Attach] for a PDF that has no signature and does not continue a
// document that was sent. Most likely it is a file that the person wants to have signed.
var ErrUnsigned = request.Errorf("attach_unsigned", "the file carries no signature")

// unsignedError is an error with a text of its own that [errors.Is] takes for [ErrUnsigned].
type unsignedError struct{ error }

func (e unsignedError) Unwrap() error { return e.error }

func (unsignedError) Is(target error) bool { return target == ErrUnsigned }

func isUnsigned(in *incoming) bool {
	if _, err := pdf.Check(in.File, in.size); err != nil {
		return false
	}
	signatures, err := pdf.Signatures(in.File, in.size, nil)
	return err == nil && len(signatures) == 0
}

func proven(d request.Document) bool { return d.Signed != nil && d.Signed.IsProof() }

// checkSignedByAnyone returns nil if a file carries an intact signature, whoever made it, or if it
// carries one that cannot be checked here and vouched is set. The error is [ErrUnchecked] if only
// vouched is missing, and [ErrUnsigned] if the file has no signature.
func checkSignedByAnyone(name string, in *incoming, vouched bool) error {
	signatures, err := pdf.Signatures(in.File, in.size, nil)
	if err != nil {
		return input.Explain(name, err)
	}
	unchecked := -1
	for i, s := range signatures {
		switch {
		case s.DocTimestamp:
		case s.Intact(), s.State == pdf.Unchecked && vouched:
			return nil
		case s.State == pdf.Unchecked:
			unchecked = i
		}
	}
	if unchecked >= 0 {
		s := signatures[unchecked]
		return uncheckedError{request.Errorf("attach_unchecked_signature", "the signature in %s cannot be checked here: %s", name, request.Sentence{Text: s.Problem, Cause: proof.CauseOf(s.Coded)})}
	}
	err = request.Errorf("attach_not_intact", "%s carries no intact signature: get the signed file from the gateway", name)
	if isUnsigned(in) {
		err = unsignedError{err}
	}
	return err
}

// attached returns the events that attach a file from a person to a request. When every document of
// the request has a proof with this file, the events also make the request signed. It returns an
// error if a file that proves nothing comes for a request that is not known to be signed, or for a
// document that has a proof already.
func (d *Desk) attached(r request.Request, file request.Stored, can gateway.Capabilities, note string) ([]request.Event, error) {
	keep := storedEvent(r, file, can)
	keep.By = d.cfg.Person
	switch {
	case !file.Proves && len(r.Documents) > 0 && r.Status != request.Signed && r.Status != request.Partial:
		return nil, request.Errorf("attach_not_signed", "%s is not known to be signed, and a file that cannot be checked here does not change that: ask the gateway for the outcome first", r.Title)
	case len(r.Documents) > 0 && !replaces(file, r.Documents[file.Document].Signed):
		return nil, request.Errorf("attach_proven", "%s already has a file that proves the signature", r.Title)
	case !file.Proves:
		keep.Stored.NextStep = r.NextStep
		return d.vouching(r, keep, note)
	case r.Status == request.Signed || r.Status == request.Partial || !provenWith(r, file.Document):
		return []request.Event{keep}, nil
	}
	proven := request.Answer{VisitID: file.VisitID, Status: request.Signed, Evidence: request.ByDocument, NextStep: request.StepFetch}
	for range r.Documents {
		proven.Documents = append(proven.Documents, request.DocumentResult{Signed: true})
	}
	return []request.Event{{Kind: request.KindAnswered, By: d.cfg.Person, Answer: &proven}, keep}, nil
}

// provenWith reports whether every document of r, except possibly the one at index, has a signed file
// that is a proof.
func provenWith(r request.Request, index int) bool {
	for i, doc := range r.Documents {
		if i != index && !proven(doc) {
			return false
		}
	}
	return true
}
