package desk

import (
	"context"

	"countersign/core/input"
	"countersign/core/request"
)

var errNoVouchingNote = request.Errorf("vouch_note", "explain how you know that this is the signed document: whoever reviews it will read this")

// Vouch records a person's word that the stored files of a request which could not be checked here
// are the signed forms of its documents. note says how the person knows; it must be neither empty nor too long. The
// evidence of the outcome stays what it was. A later note replaces an earlier one. It returns an error
// if the request has no such file.
func (d *Desk) Vouch(ctx context.Context, id request.ID, note string) (request.Request, error) {
	note, err := input.Note.Clean(note)
	if err != nil {
		return request.Request{}, err
	}
	if note == "" {
		return request.Request{}, errNoVouchingNote
	}
	return d.change(ctx, id, func(r request.Request) ([]request.Event, error) {
		var events []request.Event
		for i, doc := range r.Documents {
			if f := doc.Signed; f != nil && f.Unchecked && f.Damage == "" && !vouchedBy(*f, d.cfg.Person, note) {
				events = append(events, d.vouchedEvent(i, f.SHA256, note))
			}
		}
		if len(events) == 0 && r.FileState() != request.FilesVouched {
			return nil, request.Errorf("vouch_nothing", "%s has no file to vouch for: only a signed file that could not be checked here can be vouched for", r.Title)
		}
		return events, nil
	})
}

func (d *Desk) vouchedEvent(document int, digest, note string) request.Event {
	return request.Event{Kind: request.KindVouched, By: d.cfg.Person, Vouched: &request.Vouched{Document: document, SHA256: digest, Note: note}}
}

func vouchedBy(f request.SignedFile, person, note string) bool {
	return f.Voucher != nil && f.Voucher.By == person && f.Voucher.Note == note
}

// vouching returns the events that attach a file that proves nothing to r: first the event keep, which
// stores the file, unless the file is stored already; then one with which the person vouches for the
// file, unless note is empty or this person has vouched for it with the same note.
func (d *Desk) vouching(r request.Request, keep request.Event, note string) ([]request.Event, error) {
	file := keep.Stored
	events := []request.Event{keep}
	if len(r.Documents) > 0 {
		if f := r.Documents[file.Document].Signed; f != nil && f.SHA256 == file.SHA256 && f.Unchecked && f.Damage == "" {
			events = nil // it is stored already
			if vouchedBy(*f, d.cfg.Person, note) {
				return nil, nil
			}
		}
	}
	if note != "" {
		events = append(events, d.vouchedEvent(file.Document, file.SHA256, note))
	}
	return events, nil
}
