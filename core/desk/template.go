package desk

import (
	"context"

	"countersign/core/input"
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
	for _, document := range r.Documents {
		n.Files = append(n.Files, d.storedFile(ctx, document.Original))
	}
	return n, nil
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
