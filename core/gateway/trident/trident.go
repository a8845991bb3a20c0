// Package trident speaks TRIDENT / TrustedX eSignSP v2, and UAE PASS, which runs on it.
//
// A process is created with its one document by one multipart call, or for several
// documents that were stored before. The browser is sent to the process's
// UserBrowserTask, and the outcome is read from the process's result (vendor pages
// "Execute a document signature process" and "Obtain the Result of a Document Signature
// Process"). The browser's return is a hint and is never believed.
package trident

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"countersign/core/gateway"
	"countersign/core/request"
)

// Scope is what a token must cover for every call made here.
const Scope = "urn:safelayer:eidas:sign:process:document"

// Trident is one gateway.
type Trident struct {
	settings Settings
	root     *url.URL
	call     gateway.Caller
	tokens   *tokens
}

var _ gateway.Gateway = (*Trident)(nil)

// Abilities implements [gateway.Gateway].
func (t *Trident) Abilities() gateway.Abilities {
	return gateway.Abilities{
		Documents: t.settings.BatchLimit, MaxSize: t.settings.MaxSizeMB << 20,
		TakesFiles: true, HandsOver: true, PlacesMarks: true, Discards: !t.settings.Keep,
	}
}

// ReadReturn implements [gateway.Gateway]. Both parameters may be missing: some
// deployments leave them out. A return that names another process is not believed.
func (t *Trident) ReadReturn(visit request.Visit, query url.Values) gateway.Hint {
	word := query.Get("status")
	hint := gateway.Hint{Word: gateway.Bounded(word), Claims: statusOf(word)}
	for _, id := range query["signer_process_id"] {
		if id != visit.ProcessID {
			hint.Refuse = "it names another signing process"
		}
	}
	return hint
}

// Fetch implements [gateway.Gateway]. The address also serves documents that are still
// to be signed, so an answer proves nothing.
func (t *Trident) Fetch(ctx context.Context, visit request.Visit, id request.ID, document int) (io.ReadCloser, error) {
	const doing = "fetch the signed document"
	session := visit.Sessions[id]
	if document >= len(session.Documents) {
		return nil, gateway.ErrNoFile
	}
	address := t.documentAddress(session.Documents[document], "/content")
	if document < len(session.Contents) && session.Contents[document] != "" && t.ours(session.Contents[document]) {
		address = session.Contents[document]
	}
	resp, err := t.authorized(ctx, func(ctx context.Context) (*http.Request, error) {
		return http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	}, func(req *http.Request) (*http.Response, error) { return t.call.Stream(req, doing) })
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		defer resp.Body.Close()
		body, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
		if resp.StatusCode == http.StatusNotFound {
			return nil, gateway.ErrNoFile
		}
		return nil, t.unexpected(ctx, resp, body, doing)
	}
	return resp.Body, nil
}

// Discard implements [gateway.Gateway]. Whether a process takes its documents along
// is told in one place and not in another, so both are deleted.
func (t *Trident) Discard(ctx context.Context, visit request.Visit) error {
	addresses := []string{t.processAddress(visit.ProcessID, "")}
	for _, id := range slices.Sorted(maps.Keys(visit.Sessions)) {
		for _, document := range visit.Sessions[id].Documents {
			addresses = append(addresses, t.documentAddress(document, ""))
		}
	}
	return t.deleteAll(ctx, addresses)
}

// deleteAll deletes what can be deleted, and tells what could not. Where nobody answers
// it stops, since every further call would wait as long.
func (t *Trident) deleteAll(ctx context.Context, addresses []string) error {
	const doing = "delete the documents"
	var refused, failed []error
	for _, address := range addresses {
		resp, body, err := t.do(ctx, http.MethodDelete, address, doing)
		if err != nil {
			failed = append(failed, err)
			break
		}
		if resp.StatusCode/100 == 2 || resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusGone {
			continue
		}
		err = t.unexpected(ctx, resp, body, doing)
		if fault, ok := errors.AsType[*gateway.Error](err); ok && fault.Fault == gateway.Refused {
			refused = append(refused, err)
		} else {
			failed = append(failed, err)
		}
	}
	// What may go better another time comes first: a caller that looks for the fault is
	// not to give up because of another document.
	var told error
	var texts []string
	for _, err := range append(failed, refused...) {
		switch {
		case slices.Contains(texts, err.Error()):
		case told == nil:
			told = err
		default:
			told = fmt.Errorf("%w; %w", told, err)
		}
		texts = append(texts, err.Error())
	}
	return told
}

// documentRef is how the gateway names a document: older answers have the url alone.
type documentRef struct {
	ID      string `json:"id"`
	URL     string `json:"url"`
	Content string `json:"content"`
}

func (d documentRef) id() string {
	if d.ID != "" {
		return d.ID
	}
	return gateway.LastSegment(d.URL)
}

func (d documentRef) content() string {
	if d.Content == "" && d.URL != "" {
		return strings.TrimRight(d.URL, "/") + "/content"
	}
	return d.Content
}
