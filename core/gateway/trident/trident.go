// Package trident is the adapter for TRIDENT (TrustedX eSignSP v2 by Safelayer / Entrust) and
// for UAE PASS, which runs on it.
//
// A signing process is created together with its one document by one multipart call, or for
// several documents that were uploaded before. The browser is sent to the process's
// UserBrowserTask, and the outcome is read from the process's result: see "Execute a document
// signature process" and "Obtain the Result of a Document Signature Process" in the vendor's
// reference, TrustedX eSignSP v2, which has no public address. The browser's return is only a
// hint.
package trident

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"countersign/core/gateway"
	"countersign/core/request"
)

// Kind is the kind of gateway for TRIDENT as its vendor ships it.
var Kind = gateway.Kind{
	Name:      "trident",
	Title:     "TRIDENT",
	SecretURL: secretURL,
	Help: "Signers need a signing identity at the gateway, either on the server or in a mobile app. " +
		"This desk needs a client ID and a client secret from the gateway’s operator, with permission to sign documents.",
	Fields: new(settings).fields(),
	New: func(p gateway.Profile, tools gateway.Tools) (gateway.Gateway, error) {
		s := new(settings)
		return open(p, tools, s, s.fields())
	},
}

// secretURL returns the URL that the secret of a profile is sent to.
func secretURL(p gateway.Profile) string { return p.URL }

// open returns the gateway of a profile. fields are the declarations of s, into which it decodes the
// profile's settings.
func open(p gateway.Profile, tools gateway.Tools, s *settings, fields []gateway.Field) (gateway.Gateway, error) {
	if err := p.Decode(fields); err != nil {
		return nil, err
	}
	root, err := p.Root()
	if err != nil {
		return nil, err
	}
	call := gateway.Caller{Gateway: p.Name, HTTP: tools.HTTP, Timeout: p.Timeout}
	return &Trident{settings: s, fields: fields, root: root, call: call, secret: tools.Secret, tokens: newTokens(call, root, s, tools)}, nil
}

// Trident is the [gateway.Gateway] of one profile for TRIDENT or UAE PASS.
type Trident struct {
	settings *settings
	fields   []gateway.Field // the declarations of settings
	root     *url.URL
	call     gateway.Caller
	secret   func(context.Context) (string, error) // to look for in answers
	tokens   *tokens
}

var _ gateway.Gateway = (*Trident)(nil)

// forVisit returns a copy of t that looks the secret up once for all answers. It shares the tokens
// of t, for which the secret is looked up when there is none.
func (t *Trident) forVisit() *Trident {
	visit := *t
	visit.secret = gateway.SecretOnce(t.secret)
	return &visit
}

// Capabilities implements [gateway.Gateway].
func (t *Trident) Capabilities() gateway.Capabilities {
	return gateway.Capabilities{
		MaxDocuments: t.settings.batchLimit, MaxSize: t.settings.maxSizeMB << 20,
		AcceptsFiles: true, ReturnsSigned: true, CustomAppearance: true, DeleteAfterFetch: !t.settings.keep,
	}
}

// Fetch implements [gateway.Gateway]. A document has the same address before and after signing, so
// the file that Fetch returns may be without a signature.
func (t *Trident) Fetch(ctx context.Context, visit request.Visit, id request.ID, document int) (io.ReadCloser, error) {
	doing := request.Sentencef("doing_fetch", "fetch the signed document")
	ids := visit.RemoteIDs[id]
	if document >= len(ids.Documents) {
		return nil, gateway.ErrNoFile
	}
	address := t.documentAddress(ids.Documents[document], "/content")
	if document < len(ids.ContentURLs) && ids.ContentURLs[document] != "" && t.isOwn(ids.ContentURLs[document]) {
		address = ids.ContentURLs[document]
	}
	resp, err := t.authorized(ctx, func(ctx context.Context) (*http.Request, error) {
		return http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	}, func(req *http.Request) (*http.Response, error) { return t.call.Stream(req, doing) })
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		defer resp.Body.Close()
		if resp.StatusCode == http.StatusNotFound {
			return nil, gateway.ErrNoFile
		}
		return nil, t.unexpected(ctx, resp, gateway.ReadRefusal(resp), doing)
	}
	return resp.Body, nil
}

// Discard implements [gateway.Gateway]. The vendor's pages disagree on whether deleting a
// process deletes its documents, so both are deleted.
func (t *Trident) Discard(ctx context.Context, visit request.Visit) error {
	addresses := []string{t.processAddress(visit.ProcessID, "")}
	for _, id := range slices.Sorted(maps.Keys(visit.RemoteIDs)) {
		for _, document := range visit.RemoteIDs[id].Documents {
			addresses = append(addresses, t.documentAddress(document, ""))
		}
	}
	return t.deleteAll(ctx, addresses)
}

// deleteAll deletes the resources at addresses and returns the errors of those that could not
// be deleted. It stops if the gateway does not answer, since every further call would wait
// just as long.
func (t *Trident) deleteAll(ctx context.Context, addresses []string) error {
	doing := request.Sentencef("doing_delete", "delete the documents")
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
	// Failures that may succeed later come first: a caller that finds the first fault with
	// errors.As must not give up because another document was refused.
	return joined(append(failed, refused...))
}

// joined returns one error that wraps errs, with their different texts on one line, or nil if errs is
// empty. Of errors with the same text it wraps the first.
func joined(errs []error) error {
	var all error
	var texts []string
	for _, err := range errs {
		switch {
		case slices.Contains(texts, err.Error()):
		case all == nil:
			all = err
		default:
			all = request.Errorf("and_also", "%w; %w", all, err)
		}
		texts = append(texts, err.Error())
	}
	return all
}

// documentRef is a document in an answer of the gateway. Older versions send the URL only.
type documentRef struct{ ID, URL, Content string }

// UnmarshalJSON implements [json.Unmarshaler].
func (d *documentRef) UnmarshalJSON(body []byte) error {
	var read struct{ ID, URL, Content gateway.Text }
	err := json.Unmarshal(body, &read)
	*d = documentRef{string(read.ID), string(read.URL), string(read.Content)}
	return err
}

// id returns the document's id, which may have to be taken from its URL.
func (d documentRef) id() string {
	if d.ID != "" {
		return d.ID
	}
	return gateway.LastPathSegment(d.URL)
}

// content returns the URL of the document's bytes, which may have to be made from the document's
// URL, or "" if both are unknown.
func (d documentRef) content() string {
	if d.Content == "" && d.URL != "" {
		return strings.TrimRight(d.URL, "/") + "/content"
	}
	return d.Content
}
