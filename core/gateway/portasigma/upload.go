package portasigma

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"countersign/core/gateway"
	"countersign/core/request"
)

var (
	uploading    = request.Sentencef("doing_upload", "upload the document")
	addingSigner = request.Sentencef("doing_signer", "add the signer")
	addingCopy   = request.Sentencef("doing_copy", "add the recipient of a copy")
)

// usedIDs are the gateway's ids for the documents and signature requests of a visit so far. If the
// gateway used an id twice, the visit would sign something else than it should, or get the outcome
// of something else.
type usedIDs struct{ documents, signatures map[string]bool }

// add adds the ids of an uploaded document and of its signature requests. problem says which of them
// was used before; it is the zero value if none was.
func (u usedIDs) add(document string, signatures []string) (problem request.Sentence) {
	if u.documents[document] {
		return request.Sentencef("answer_same_document", "it gives two documents the same id")
	}
	u.documents[document] = true
	for _, id := range signatures {
		if u.signatures[id] {
			return request.Sentencef("answer_same_signature", "it gives two signature requests the same id")
		}
		u.signatures[id] = true
	}
	return request.Sentence{}
}

// checkRequests returns an error if the requests cannot be uploaded for one visit: if a setting or
// a signer is missing, if a signer's identifier is impossible, or if the requests are for
// different people. It is called before the first upload, since an uploaded document may stay
// there for good.
func (g *PortaSigma) checkRequests(requests []request.Request) error {
	first, title := request.Signer{}, ""
	for _, r := range requests {
		if r.AddedRemoteID != "" {
			continue
		}
		if g.api == nil {
			return request.Errorf("upload_no_user", "gateway %s has no API user to upload files with: set api_url and user, or sign requests that exist there by their id", g.call.Gateway)
		}
		signers := g.signers(r)
		if len(signers) == 0 {
			return request.Errorf("upload_no_signer", "gateway %s needs to know who signs: add the request with its signer (name, e-mail, country, number)", g.call.Gateway)
		}
		for _, s := range signers {
			if err := checkSigner(s); err != nil {
				return err
			}
		}
		if len(r.CopyRecipients) > 0 && !g.takesCopies() {
			return request.Errorf("upload_no_copies", "gateway %s cannot send copies: set copy_route, or add the request without copies", g.call.Gateway)
		}
		if title == "" {
			first, title = signers[0], r.Title
		}
		if signers[0].Country != first.Country || signers[0].Number != first.Number {
			return request.Errorf("visit_two_people", "%s is for %s and %s is for %s, but a visit is for one person: sign them one after the other", title, first.Name, r.Title, signers[0].Name)
		}
	}
	return nil
}

// signers returns the signers of a request, with normalized identifiers.
func (g *PortaSigma) signers(r request.Request) []request.Signer {
	if len(r.Signers) == 0 && g.settings.defaultSigner != (request.Signer{}) {
		return []request.Signer{normalized(g.settings.defaultSigner)}
	}
	var all []request.Signer
	for _, s := range r.Signers {
		all = append(all, normalized(s))
	}
	return all
}

// upload creates a document with its signers and the recipients of copies. It returns the ids of
// the document and of its signature requests, one for each signer in their order. The visit is
// for the first signer; the gateway itself writes to the others. If it fails after creating the
// document, it still returns the document's id.
func (g *PortaSigma) upload(ctx context.Context, r request.Request, d request.Document, open func() (io.ReadCloser, error)) (document string, signatures []string, err error) {
	if document, err = g.createDocument(ctx, r, d, open); err != nil {
		return "", nil, err
	}
	for _, s := range g.signers(r) {
		id, err := g.addSigner(ctx, document, s)
		if err != nil {
			return document, nil, err
		}
		signatures = append(signatures, id)
	}
	for _, c := range r.CopyRecipients {
		if err := g.addCopy(ctx, document, c); err != nil {
			return document, nil, err
		}
	}
	return document, signatures, nil
}

// createDocument uploads a document and returns its id.
func (g *PortaSigma) createDocument(ctx context.Context, r request.Request, d request.Document, open func() (io.ReadCloser, error)) (id string, err error) {
	form, err := gateway.NewMultipartForm(
		[]gateway.FormPart{{Name: g.settings.titlePart, Value: r.Title}, {Name: g.settings.commentsPart, Value: r.Reference}},
		gateway.FormFile{Field: g.settings.filePart, Name: d.Name, Size: d.Size, Open: open},
	)
	if err != nil {
		return "", err
	}
	req, err := form.Request(ctx, g.route("docs/", ""))
	if err != nil {
		return "", err
	}
	if err := g.authorize(ctx, req); err != nil {
		return "", errors.Join(err, req.Body.Close())
	}
	return g.create(req, g.route("docs/", ""), uploading, true, "file_part", "title_part", "comments_part")
}

// addSigner adds a signer to a document and returns the id of the signature request. It posts
// to the document's URL, whose slash at the end is required ("Combined Examples",
// http://developers.isigma.es/portasigma/xtras-examples.html).
func (g *PortaSigma) addSigner(ctx context.Context, document string, s request.Signer) (id string, err error) {
	req, err := g.form(ctx, g.route("docs/"+placeholder+"/", document), url.Values{
		"name": {s.Name}, "email": {s.Email}, "id-country": {s.Country}, "id-number": {s.Number},
	})
	if err != nil {
		return "", err
	}
	var keys []string
	if s == normalized(g.settings.defaultSigner) {
		keys = []string{"default_signer.name", "default_signer.email", "default_signer.country", "default_signer.number"}
	}
	return g.create(req, g.route("docs/"+placeholder+"/signers/", document), addingSigner, false, keys...)
}

// addCopy adds the recipient of a copy to a document.
func (g *PortaSigma) addCopy(ctx context.Context, document string, c request.CopyRecipient) error {
	req, err := g.form(ctx, g.route(g.settings.copyRoute, document), url.Values{"name": {c.Name}, "email": {c.Email}})
	if err != nil {
		return err
	}
	return g.perform(req, addingCopy, "copy_route")
}

// abandonTimeout is how long it may take to delete what was uploaded for a failed visit.
const abandonTimeout = 30 * time.Second

// abandon deletes the documents of a visit that failed, if documents can be deleted. It returns
// cause, the error of the visit, and adds to it which documents are left at the gateway, if any.
func (g *PortaSigma) abandon(ctx context.Context, sessions map[request.ID]request.RemoteIDs, cause error) error {
	left := documentIDs(sessions)
	if len(left) == 0 {
		return cause
	}
	// The caller may have canceled ctx.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abandonTimeout)
	defer cancel()
	if g.deletes() && g.Discard(ctx, request.Visit{RemoteIDs: sessions}) == nil {
		return cause
	}
	return request.Errorf("left_document", "%w; what was uploaded before is still at the gateway: delete document %s there", cause, strings.Join(left, ", "))
}

// Discard implements [gateway.Gateway]. No vendor page says how documents are deleted, so it
// does nothing unless the setting delete_route is set.
func (g *PortaSigma) Discard(ctx context.Context, visit request.Visit) error {
	if !g.deletes() {
		return nil
	}
	g = g.forVisit()
	var busy, refused []error // such an error is about one document; others may still succeed
	for _, document := range documentIDs(visit.RemoteIDs) {
		err := g.deleteDocument(ctx, document)
		fault, _ := errors.AsType[*gateway.Error](err)
		switch {
		case err == nil:
		case fault != nil && fault.Fault == gateway.Refused:
			refused = append(refused, err)
		case fault != nil && fault.Fault == gateway.Busy:
			busy = append(busy, err)
		default:
			return err
		}
	}
	return errors.Join(append(busy, refused...)...) // failures that may succeed later come first
}

// deleteDocument deletes a document. A document that is gone already is a success.
func (g *PortaSigma) deleteDocument(ctx context.Context, document string) error {
	req, err := g.request(ctx, http.MethodDelete, g.route(g.settings.deleteRoute, document), nil)
	if err != nil {
		return err
	}
	return g.perform(req, request.Sentencef("doing_delete_one", "delete the document"), "delete_route", http.StatusNotFound, http.StatusGone)
}
