package desk

import (
	"context"

	"countersign/core/input"
	"countersign/core/ledger"
	"countersign/core/request"
)

// Template returns a new request with what another one was added with: the gateway, title, reference, due date,
// documents, people and signature. It is not added. Neither Replaces nor, for a request that exists at its gateway,
// Again is set.
func (d *Desk) Template(ctx context.Context, id request.ID) (New, error) {
	r, err := d.ledger.Get(ctx, id)
	if err != nil {
		return New{}, err
	}
	n := New{
		Gateway: r.Gateway, Title: r.Title, Reference: r.Reference, Due: r.Due, RemoteID: r.AddedRemoteID,
		Signers: r.Signers, Copies: r.CopyRecipients, Signature: r.Signature, Positions: r.Positions,
	}
	n.Files = d.storedFiles(ctx, r)
	return n, nil
}

// lastLooked is how many of the newest requests [Desk.LastAdded] looks at, at most.
const lastLooked = 50

// LastAdded returns a new request with what the newest request of this person was added with that has documents, as
// [Desk.Template] does. If there is none, the error has a sentence that says so.
func (d *Desk) LastAdded(ctx context.Context) (New, error) {
	page, err := d.ledger.Query(ctx, ledger.Query{Person: d.cfg.Person, Order: ledger.ByCreated, Limit: lastLooked})
	if err != nil {
		return New{}, err
	}
	for _, r := range page.Requests {
		if len(r.Documents) > 0 {
			return d.Template(ctx, r.ID)
		}
	}
	return New{}, request.Errorf("nothing_to_repeat", "you have not added a request with documents yet: add one first")
}

// storedFiles returns the stored originals of a request as files that can be added.
func (d *Desk) storedFiles(ctx context.Context, r request.Request) []input.File {
	var files []input.File
	for _, document := range r.Documents {
		files = append(files, d.storedFile(ctx, document.Original))
	}
	return files
}

// storedFile returns a stored document as a file that can be added. Its Open fails if the document is damaged.
func (d *Desk) storedFile(ctx context.Context, original request.Original) input.File {
	ctx = context.WithoutCancel(ctx) // the file is opened when the request is added, which has a context of its own
	return input.File{Name: original.Name, DiskPath: d.ledger.DocumentPath(original.SHA256), Open: func() (input.Source, int64, error) {
		f, err := d.ledger.OpenDocument(ctx, original.SHA256)
		if err != nil {
			return nil, 0, request.Errorf("original_damaged_new", "the stored copy of %s is missing or was altered: choose the file again (%w)", original.Name, err)
		}
		return f, original.Size, nil
	}}
}
