package trident

import (
	"context"

	"countersign/core/gateway"
	"countersign/core/request"
)

// Prepare implements [gateway.Gateway]. One document is uploaded by the call that creates its
// process; several are uploaded first and then listed in one process.
func (t *Trident) Prepare(ctx context.Context, spec gateway.VisitSpec) (gateway.PreparedVisit, error) {
	t = t.forVisit()
	n := 0
	for _, r := range spec.Requests {
		if len(r.Documents) == 0 {
			return gateway.PreparedVisit{}, request.Errorf("no_document", "gateway %s: %s has no document to sign: add it again with its file", t.call.Gateway, r.Title)
		}
		n += len(r.Documents)
	}
	switch {
	case n == 0:
		return gateway.PreparedVisit{}, request.Errorf("nothing_chosen", "there is nothing to sign: choose a request with a document")
	case n == 1:
		return t.prepareOne(ctx, spec, spec.Requests[0])
	case n > t.settings.batchLimit:
		return gateway.PreparedVisit{}, request.Errorf("visit_too_many", "gateway %s does not accept so many documents in one visit (limit: %d, chosen: %d): sign them one after the other", t.call.Gateway, t.settings.batchLimit, n)
	}
	return t.prepareBatch(ctx, spec)
}

// prepareOne creates a process with the one document of r.
func (t *Trident) prepareOne(ctx context.Context, spec gateway.VisitSpec, r request.Request) (gateway.PreparedVisit, error) {
	description := t.newProcess(spec.ReturnURL)
	own := r.SignatureOf(0)
	description.Signer = t.newSignature(own, spec.NeedsFieldName(r.Documents[0]))
	resp, body, err := t.upload(ctx, "/signer_processes", "process", description, spec, r.Documents[0], creatingProcess)
	if err != nil {
		return gateway.PreparedVisit{}, err
	}
	p, list, err := t.readCreated(ctx, resp, body, 1, own)
	documents := list.documents
	if err == nil && (list.other || len(documents) != 1 || !gateway.IsID(documents[0].id())) {
		err = t.badAnswer(resp, creatingProcess, request.Sentencef("answer_no_document", "it does not name the document"))
	}
	if err != nil { // deleting the process deletes its document, too
		return gateway.PreparedVisit{}, t.abandon(ctx, p.ProcessID, nil, err)
	}
	ids := request.RemoteIDs{Request: p.ProcessID}
	t.addDocument(&p, &ids, documents[0].id(), documents[0].content())
	p.RemoteIDs = map[request.ID]request.RemoteIDs{r.ID: ids}
	return p, nil
}
