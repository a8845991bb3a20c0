package desk

import (
	"context"
	"errors"
	"fmt"
	"io"

	"countersign/core/pdf"
	"countersign/core/request"
)

// Attach keeps a signed file that a person got in some other way than from the gateway. For
// a document that was sent from here it has to begin with the bytes that were sent and to
// carry an intact signature made after them: then it is the proof, whatever was known
// before. For a request whose documents were never here it is kept with its signatures and
// proves nothing.
func (d *Desk) Attach(ctx context.Context, id request.ID, file File) (request.Request, error) {
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
	at, err := d.place(r, label(file.Name), in)
	if err != nil {
		return request.Request{}, err
	}
	stored := request.Stored{Ticket: r.Visit.Ticket, Document: at, Proves: len(r.Documents) > 0}
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
		return d.attached(ctx, now, stored), nil
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
	case len(r.Documents) != 1:
		return fmt.Errorf("%s ended as %s: one signed file does not change that for all of its documents; re-open it", r.Title, r.Status)
	}
	return nil
}

// LacksProof tells whether a person may hand in a signed file that would tell more than
// what is known.
func LacksProof(r request.Request) bool {
	proven := r.Outcome != nil && r.Outcome.Evidence == request.ByDocument
	return !proven && takesFile(r) == nil
}

func (d *Desk) receiveFile(file File) (*incoming, error) {
	name := label(file.Name)
	source, size, err := file.Open()
	if err != nil {
		return nil, explainFile(name, err)
	}
	defer source.Close()
	in, err := d.receive(io.NewSectionReader(source, 0, size))
	switch {
	case errors.Is(err, errEndless):
		return nil, fmt.Errorf("%s is larger than %d MB, and a signed file is not: check that it is the right one", name, maxSigned>>20)
	case err != nil:
		return nil, explainFile(name, err)
	case in.size != size:
		in.remove()
		return nil, explainFile(name, errChanged)
	}
	return in, nil
}

// place gives the document that a file is the signed form of, or says what it lacks.
func (d *Desk) place(r request.Request, name string, in *incoming) (int, error) {
	if len(r.Documents) == 0 {
		return 0, signedByAnyone(name, in)
	}
	why := notContinued
	for i, doc := range r.Documents {
		problem, err := d.judge(doc.Original, in.File)
		switch {
		case err != nil:
			return 0, err
		case problem == "":
			return i, nil
		case problem != notContinued:
			why = problem // it continues this one, and lacks something else
		}
	}
	return 0, fmt.Errorf("%s is not the signed form of %s: %s", name, r.Title, why)
}

// signedByAnyone tells whether a file carries an intact signature at all.
func signedByAnyone(name string, in *incoming) error {
	signatures, err := pdf.Signatures(in.File, in.size, nil)
	if err != nil {
		return explainFile(name, err)
	}
	for _, s := range signatures {
		if s.Intact && !s.Timestamp {
			return nil
		}
	}
	return fmt.Errorf("%s carries no intact signature: get the signed file from the gateway", name)
}

// attached are the events by which a request takes a file that a person handed in. Once
// all its documents are proven so, it is signed.
func (d *Desk) attached(ctx context.Context, r request.Request, file request.Stored) []request.Event {
	file.Next = r.Next
	keep := request.Event{Kind: request.KindStored, By: d.cfg.Person, Stored: &file}
	if !file.Proves || !provenWith(r, file.Document) {
		return []request.Event{keep}
	}
	file.Next = request.Nothing
	if g, err := d.open(ctx, r.Gateway); err == nil && g.Abilities().Discards && len(r.Signers) < 2 && len(r.Copies) == 0 {
		file.Next = request.Discard
	}
	if r.Status == request.Signed || r.Status == request.Partial {
		return []request.Event{keep}
	}
	proven := request.Answer{Ticket: file.Ticket, Status: request.Signed, Evidence: request.ByDocument, Next: request.Fetch}
	for range r.Documents {
		proven.Documents = append(proven.Documents, request.DocumentResult{Signed: true})
	}
	return []request.Event{{Kind: request.KindAnswered, By: d.cfg.Person, Answer: &proven}, keep}
}

// provenWith tells whether every document that a signed file belongs to is proven once
// the one at an index is.
func provenWith(r request.Request, at int) bool {
	for i, doc := range r.Documents {
		if i == at || r.Status == request.Partial && !doc.Expected {
			continue
		}
		if doc.Signed == nil || !doc.Signed.Proves {
			return false
		}
	}
	return true
}
