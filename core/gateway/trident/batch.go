package trident

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"countersign/core/gateway"
	"countersign/core/request"
)

// abandonTime is how long deleting what was made for a failed batch may take.
const abandonTime = 30 * time.Second

// prepareBatch stores the documents one by one, each with its signature definition, and
// creates one process that lists them (vendor pages "Document" and "Batch of PDF
// Signatures on the Server"). When something fails midway, what was stored is deleted.
func (t *Trident) prepareBatch(ctx context.Context, trip gateway.Trip) (gateway.Prepared, error) {
	var made []documentRef
	p, err := t.makeBatch(ctx, trip, &made)
	if err == nil {
		return p, nil
	}
	return gateway.Prepared{}, t.abandon(ctx, p.ProcessID, made, err)
}

// abandon deletes what was made of a visit that came to nothing, and gives the cause.
func (t *Trident) abandon(ctx context.Context, process string, made []documentRef, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abandonTime)
	defer cancel()
	var addresses []string
	if process != "" {
		addresses = append(addresses, t.processAddress(process, ""))
	}
	for _, d := range made {
		addresses = append(addresses, t.documentAddress(d.ID, ""))
	}
	if t.deleteAll(ctx, addresses) != nil {
		return fmt.Errorf("%w (what was handed over before could not be deleted there)", cause)
	}
	return cause
}

// makeBatch tells in made what there is to delete, and by the process's id, when it fails.
func (t *Trident) makeBatch(ctx context.Context, trip gateway.Trip, made *[]documentRef) (gateway.Prepared, error) {
	var notes gateway.Prepared
	seen := map[string]bool{}
	for _, r := range trip.Requests {
		for _, d := range r.Documents {
			resp, body, err := t.upload(ctx, "/documents", "signers", []signer{t.newSigner(r.Signature)}, trip, d, handingOver)
			if err != nil {
				return gateway.Prepared{}, err
			}
			ref, err := t.readStored(ctx, resp, body, &notes)
			if ref.ID != "" {
				*made = append(*made, ref)
			}
			if err != nil {
				return gateway.Prepared{}, err
			}
			if seen[ref.ID] {
				return gateway.Prepared{}, t.nonsense(resp, handingOver, "it has one name for two documents")
			}
			seen[ref.ID] = true
		}
	}
	description, err := t.batchProcess(trip.ReturnURL, *made)
	if err != nil {
		return gateway.Prepared{}, fmt.Errorf("describe the signing process: %w", err)
	}
	resp, body, err := t.ask(ctx, func(ctx context.Context) (*http.Request, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.address("/signer_processes"), bytes.NewReader(description))
		if err == nil {
			req.Header.Set("Content-Type", "application/json")
		}
		return req, err
	}, creating, false)
	if err != nil {
		return gateway.Prepared{}, err
	}
	p, listed, err := t.readCreated(ctx, resp, body)
	if err != nil {
		return p, err
	}
	p.Notes = append(notes.Notes, p.Notes...)
	t.fillSessions(&p, trip, *made, listed)
	return p, nil
}

// readStored reads the answer to a document that was stored. No page shows one: the
// document may be named in the body by its id or its url, or in Location alone. A name
// that is known comes with an error, too.
func (t *Trident) readStored(ctx context.Context, resp *http.Response, body []byte, notes *gateway.Prepared) (documentRef, error) {
	if resp.StatusCode != http.StatusCreated {
		return documentRef{}, t.unexpected(ctx, resp, body, handingOver)
	}
	var ref documentRef
	location := gateway.LastSegment(resp.Header.Get("Location"))
	if len(bytes.TrimSpace(body)) > 0 {
		if err := t.call.DecodeJSON(resp, body, &ref, handingOver); err != nil {
			return documentRef{ID: location}, err
		}
	}
	ref.ID = cmp.Or(ref.id(), location)
	if !gateway.IsID(ref.ID) {
		return documentRef{ID: location}, t.nonsense(resp, handingOver, "it does not name the document")
	}
	for _, address := range addresses(ref) {
		if t.repeats(ctx, resp, address) {
			return ref, t.nonsense(resp, handingOver, "an address in it has a secret in it")
		}
	}
	if resp.Header.Get("Location") != "" && location != ref.ID {
		note(notes, "the gateway's Location header and its answer name different documents; the answer counts")
	}
	return ref, nil
}

// batchProcess describes a process for stored documents. They have their signature
// definitions already.
func (t *Trident) batchProcess(returnURL string, made []documentRef) ([]byte, error) {
	p := t.newProcess(returnURL)
	if t.settings.BatchSigner {
		p.Signer = t.newSigner(nil)
	}
	plain, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	members := map[string]json.RawMessage{}
	if err := json.Unmarshal(plain, &members); err != nil {
		return nil, err
	}
	var items []any
	for _, d := range made {
		switch t.settings.BatchItems {
		case itemIDs:
			items = append(items, d.ID)
		case itemURLs:
			address := t.documentAddress(d.ID, "")
			if gateway.LastSegment(d.URL) == d.ID {
				address = d.URL // as the gateway itself wrote it
			}
			items = append(items, address)
		default:
			items = append(items, map[string]string{"id": d.ID})
		}
	}
	if members[t.settings.BatchMember], err = json.Marshal(items); err != nil {
		return nil, err
	}
	return json.Marshal(members)
}

// fillSessions gives every request its documents, in its order. The names under which
// they were stored are what counts; the process's list, which may have any order or be
// missing, only adds where their bytes are.
func (t *Trident) fillSessions(p *gateway.Prepared, trip gateway.Trip, made []documentRef, list json.RawMessage) {
	listed := map[string]documentRef{}
	var documents []documentRef
	unread := len(list) > 0 && json.Unmarshal(list, &documents) != nil
	for _, d := range documents {
		listed[d.id()] = d
	}
	same := len(documents) == len(made)
	p.Sessions = map[request.ID]request.SessionIDs{}
	for _, r := range trip.Requests {
		session := request.SessionIDs{RemoteID: p.ProcessID}
		for range r.Documents {
			ref := made[0]
			made = made[1:]
			again, found := listed[ref.ID]
			same = same && found
			t.keep(p, &session, ref.ID, cmp.Or(again.content(), ref.content()))
		}
		p.Sessions[r.ID] = session
	}
	if unread || len(documents) > 0 && !same {
		note(p, "the gateway's process lists other documents than were handed over; those that were handed over count")
	}
}
