package trident

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"countersign/core/gateway"
	"countersign/core/request"
)

// prepareBatch uploads the documents one by one, each with its signature definition, and
// creates one process that lists them ("Batch of PDF Signatures on the Server", TrustedX
// eSignSP v2 reference). If a step fails, it deletes what was uploaded before.
func (t *Trident) prepareBatch(ctx context.Context, spec gateway.VisitSpec) (gateway.PreparedVisit, error) {
	var uploaded []documentRef
	p, err := t.createBatch(ctx, spec, &uploaded)
	if err == nil {
		return p, nil
	}
	return gateway.PreparedVisit{}, t.abandon(ctx, p.ProcessID, uploaded, err)
}

// createBatch does the work of prepareBatch, but deletes nothing if it fails. It appends every
// document that it uploads to uploaded. With an error, it still returns the id of the process if
// that was created.
func (t *Trident) createBatch(ctx context.Context, spec gateway.VisitSpec, uploaded *[]documentRef) (gateway.PreparedVisit, error) {
	var notes gateway.PreparedVisit
	seen := map[string]bool{}
	for _, r := range spec.Requests {
		for i, d := range r.Documents {
			own := r.SignatureOf(i)
			resp, body, err := t.upload(ctx, "/documents", "signers", []signature{t.newSignature(own, spec.NeedsFieldName(d))}, spec, d, uploading)
			if err != nil {
				return gateway.PreparedVisit{}, err
			}
			ref, err := t.readUploaded(ctx, resp, body, own, &notes)
			if ref.ID != "" {
				*uploaded = append(*uploaded, ref)
			}
			if err != nil {
				return gateway.PreparedVisit{}, err
			}
			if seen[ref.ID] {
				return gateway.PreparedVisit{}, t.badAnswer(resp, uploading, request.Sentencef("answer_same_document", "it gives two documents the same id"))
			}
			seen[ref.ID] = true
		}
	}
	description, err := t.batchProcess(spec.ReturnURL, *uploaded)
	if err != nil {
		return gateway.PreparedVisit{}, fmt.Errorf("describe the signing process: %w", err)
	}
	resp, body, err := t.callJSON(ctx, func(ctx context.Context) (*http.Request, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.address("/signer_processes"), bytes.NewReader(description))
		if err == nil {
			req.Header.Set("Content-Type", "application/json")
		}
		return req, err
	}, creatingProcess, false)
	if err != nil {
		return gateway.PreparedVisit{}, err
	}
	p, listed, err := t.readCreated(ctx, resp, body, len(*uploaded), nil)
	if err != nil {
		return p, err
	}
	p.Notes = append(notes.Notes, p.Notes...)
	t.addDocuments(&p, spec, *uploaded, listed)
	return p, nil
}

// readUploaded reads the answer to the upload of a document. The vendor's reference shows no
// such answer, so the document may be named by its id or URL in the body, or by the header
// Location. own is what the document's request sets itself, or nil. With an error, it still returns the id
// if that is known.
func (t *Trident) readUploaded(ctx context.Context, resp *http.Response, body []byte, own *request.SignatureOptions, notes *gateway.PreparedVisit) (documentRef, error) {
	if resp.StatusCode != http.StatusCreated {
		return documentRef{}, t.refused(ctx, resp, body, uploading, own)
	}
	var ref documentRef
	location := gateway.LastPathSegment(resp.Header.Get("Location"))
	if len(bytes.TrimSpace(body)) > 0 {
		if err := t.call.DecodeJSON(resp, body, &ref, uploading); err != nil {
			return documentRef{ID: location}, err
		}
	}
	ref.ID = cmp.Or(ref.id(), location)
	if !gateway.IsID(ref.ID) {
		return documentRef{ID: location}, t.badAnswer(resp, uploading, request.Sentencef("answer_no_document", "it does not name the document"))
	}
	if t.containsSecret(ctx, resp, kept(ref)) {
		return ref, t.badAnswer(resp, uploading, request.Sentencef("answer_secret", "one of its addresses contains a secret"))
	}
	if resp.Header.Get("Location") != "" && location != ref.ID {
		addNote(notes, request.Sentencef("note_other_document", "the gateway's Location header and its answer name different documents; the answer is used"))
	}
	return ref, nil
}

// batchProcess returns the JSON that describes a process for uploaded documents. The documents have
// their signature definitions from the upload.
func (t *Trident) batchProcess(returnURL string, uploaded []documentRef) ([]byte, error) {
	p := t.newProcess(returnURL)
	if t.settings.batchSigner {
		p.Signer = t.newSignature(nil, false)
	}
	encoded, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	members := map[string]json.RawMessage{}
	if err := json.Unmarshal(encoded, &members); err != nil {
		return nil, err
	}
	var items []any
	for _, d := range uploaded {
		switch t.settings.batchItems {
		case itemIDs:
			items = append(items, d.ID)
		case itemURLs:
			address := t.documentAddress(d.ID, "")
			if gateway.LastPathSegment(d.URL) == d.ID {
				address = d.URL // in the gateway's own notation
			}
			items = append(items, address)
		default:
			items = append(items, map[string]string{"id": d.ID})
		}
	}
	if members[t.settings.batchMember], err = json.Marshal(items); err != nil {
		return nil, err
	}
	return json.Marshal(members)
}

// addDocuments sets the ids of every request, in the order of its documents. The ids from the
// upload are used. The process's own list, which may have any order or be missing, only adds
// the URLs of the documents' contents.
func (t *Trident) addDocuments(p *gateway.PreparedVisit, spec gateway.VisitSpec, uploaded []documentRef, list documentList) {
	listed := map[string]documentRef{}
	for _, d := range list.documents {
		listed[d.id()] = d
	}
	same := len(list.documents) == len(uploaded)
	p.RemoteIDs = map[request.ID]request.RemoteIDs{}
	for _, r := range spec.Requests {
		ids := request.RemoteIDs{Request: p.ProcessID}
		for range r.Documents {
			ref := uploaded[0]
			uploaded = uploaded[1:]
			inProcess, found := listed[ref.ID]
			same = same && found
			t.addDocument(p, &ids, ref.ID, cmp.Or(inProcess.content(), ref.content()))
		}
		p.RemoteIDs[r.ID] = ids
	}
	if list.other || len(list.documents) > 0 && !same {
		addNote(p, request.Sentencef("note_other_documents", "the gateway's process lists other documents than were uploaded; those that were uploaded are used"))
	}
}
