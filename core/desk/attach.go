package desk

import (
	"context"
	"errors"
	"fmt"
	"io"

	"countersign/core/gateway"
	"countersign/core/input"
	"countersign/core/pdf"
	"countersign/core/proof"
	"countersign/core/request"
)

// Attach keeps a signed file that a person got in some other way than from the gateway. For
// a document that was sent from here it has to begin with the bytes that were sent and to
// carry an intact signature made after them: then it is the proof, whatever was known
// before. For a request whose documents were never here it is kept with its signatures and
// proves nothing.
func (d *Desk) Attach(ctx context.Context, id request.ID, file input.File) (request.Request, error) {
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
	can := gateway.Abilities{}
	if g, err := d.open(ctx, r.Gateway); err == nil { // a gateway that is gone keeps nothing from being proven
		can = g.Abilities()
	}
	at, changed, err := d.place(r, input.Label(file.Name), in, can)
	if err != nil {
		return request.Request{}, err
	}
	stored := request.Stored{Ticket: r.Visit.Ticket, Document: at, Proves: len(r.Documents) > 0, Changed: changed}
	if !stored.Proves {
		stored.Problem = "nothing was sent from here that it could be held against"
	}
	if stored.SHA256, stored.Size, err = d.ledger.PutDocument(ctx, in.content(), maxSigned); err != nil {
		return request.Request{}, err
	}
	return d.change(ctx, id, func(now request.Request) ([]request.Event, error) {
		if now.Visit == nil || now.Visit.Ticket != stored.Ticket {
			return nil, fmt.Errorf("%s was re-opened meanwhile: look at it again", now.Title)
		}
		if err := takesFile(now); err != nil {
			return nil, err
		}
		return d.attached(now, stored, can), nil
	})
}

// takesFile tells why a request as it stands takes no signed file from a person.
func takesFile(r request.Request) error {
	switch {
	case r.Status == request.Withdrawn:
		return fmt.Errorf("%s was withdrawn: re-open and sign it, or file the signed PDF elsewhere", r.Title)
	case r.Visit == nil:
		return fmt.Errorf("%s has not been sent to its gateway yet: there is nothing that a signed file could continue", r.Title)
	case r.Status.Open() || r.Status == request.Signed || r.Status == request.Partial:
		return nil
	case len(r.Documents) == 0:
		return fmt.Errorf("%s ended as %s, and nothing was sent from here that a signed file could prove otherwise by: re-open it", r.Title, r.Status)
	case len(r.Documents) > 1:
		return fmt.Errorf("%s ended as %s: one signed file does not change that for all of its documents; re-open it", r.Title, r.Status)
	}
	return nil
}

// LacksProof tells whether a person may hand in a signed file that would tell more than
// what is known.
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
		return nil, fmt.Errorf("%s is larger than %d MB, and a signed file is not: check that it is the right one", name, maxSigned>>20)
	case err != nil:
		return nil, input.Explain(name, err)
	case in.size != size:
		in.remove()
		return nil, input.Explain(name, input.ErrChanged)
	}
	return in, nil
}

// place gives the document that a file is the signed form of, and what it changes in it, or says what it lacks.
func (d *Desk) place(r request.Request, name string, in *incoming, can gateway.Abilities) (at int, changed []string, err error) {
	if len(r.Documents) == 0 {
		return 0, nil, signedByAnyone(name, in)
	}
	digest, err := in.digest()
	if err != nil {
		return 0, nil, err
	}
	why, at := proof.NotContinued, -1
	for i, doc := range r.Documents {
		v, err := d.judge(doc.Original, in, wantedSignatures(r, can))
		switch {
		case err != nil:
			return 0, nil, err
		case v.Problem == "" && doc.Signed != nil && doc.Signed.SHA256 == digest:
			return i, v.Changed, nil // it is here already
		case v.Problem == "":
			// The same bytes may be in the request twice: the one that still lacks its proof comes first.
			if at < 0 || proven(r.Documents[at]) && !proven(doc) {
				at, changed = i, v.Changed
			}
		case v.Problem != proof.NotContinued:
			why = v.Problem // it continues this one, and lacks something else
		}
	}
	if at >= 0 {
		return at, changed, nil
	}
	err = fmt.Errorf("%s is not the signed form of %s: %s", name, r.Title, why)
	if why == proof.NotContinued && isUnsigned(in) {
		err = unsignedError{err}
	}
	return 0, nil, err
}

// ErrUnsigned says that a file is a PDF without any signature and continues nothing that was
// sent: it was most likely meant to be signed, and not to be the signed form of anything.
var ErrUnsigned = errors.New("the file carries no signature")

// unsignedError is an [ErrUnsigned] in other words.
type unsignedError struct{ error }

func (unsignedError) Is(target error) bool { return target == ErrUnsigned }

func isUnsigned(in *incoming) bool {
	if _, err := pdf.Check(in.File, in.size); err != nil {
		return false
	}
	signatures, err := pdf.Signatures(in.File, in.size, nil)
	return err == nil && len(signatures) == 0
}

func proven(d request.Document) bool { return d.Signed != nil && d.Signed.Proves }

// signedByAnyone tells whether a file carries an intact signature at all.
func signedByAnyone(name string, in *incoming) error {
	signatures, err := pdf.Signatures(in.File, in.size, nil)
	if err != nil {
		return input.Explain(name, err)
	}
	for _, s := range signatures {
		if s.Intact && !s.Timestamp {
			return nil
		}
	}
	err = fmt.Errorf("%s carries no intact signature: get the signed file from the gateway", name)
	if isUnsigned(in) {
		err = unsignedError{err}
	}
	return err
}

// attached are the events by which a request takes a file that a person handed in. Once
// all its documents are proven so, it is signed.
func (d *Desk) attached(r request.Request, file request.Stored, can gateway.Abilities) []request.Event {
	keep := storedEvent(r, file, can)
	keep.By = d.cfg.Person
	switch {
	case !file.Proves:
		keep.Stored.Next = r.Next
		return []request.Event{keep}
	case r.Status == request.Signed || r.Status == request.Partial || !provenWith(r, file.Document):
		return []request.Event{keep}
	}
	proven := request.Answer{Ticket: file.Ticket, Status: request.Signed, Evidence: request.ByDocument, Next: request.Fetch}
	for range r.Documents {
		proven.Documents = append(proven.Documents, request.DocumentResult{Signed: true})
	}
	return []request.Event{{Kind: request.KindAnswered, By: d.cfg.Person, Answer: &proven}, keep}
}

// provenWith tells whether every document is proven once the one at an index is.
func provenWith(r request.Request, at int) bool {
	for i, doc := range r.Documents {
		if i != at && !proven(doc) {
			return false
		}
	}
	return true
}
