package portasigma

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"countersign/core/gateway"
	"countersign/core/request"
)

// upload creates a document with its signers and gives the document's id and the first
// signer's, by which it is signed.
func (g *PortaSigma) upload(ctx context.Context, r request.Request, d request.Document, open func() (io.ReadCloser, error)) (document, signature string, err error) {
	const doing = "hand the document over"
	signers := r.Signers
	if len(signers) == 0 && g.settings.DefaultSigner != nil {
		signers = []request.Signer{request.Signer(*g.settings.DefaultSigner)}
	}
	if len(signers) == 0 {
		return "", "", fmt.Errorf("gateway %s has to be told who signs: add the request with its signer (name, e-mail, country, number)", g.call.Gateway)
	}
	form, err := gateway.NewForm(
		[]gateway.Field{{Name: g.settings.TitlePart, Value: r.Title}, {Name: g.settings.CommentsPart, Value: r.Reference}},
		gateway.File{Field: g.settings.FilePart, Name: d.Name, Size: d.Size, Open: open},
	)
	if err != nil {
		return "", "", err
	}
	req, err := form.Request(ctx, g.api.String()+"/docs/")
	if err != nil {
		return "", "", err
	}
	address, err := g.create(ctx, req, doing, true)
	if err != nil {
		return "", "", err
	}
	document = gateway.LastSegment(address.String())
	for _, s := range signers {
		id, err := g.addSigner(ctx, document, s)
		if err != nil {
			return "", "", err
		}
		if signature == "" {
			signature = id
		}
	}
	return document, signature, nil
}

// addSigner posts to the document's own address; the slash at its end belongs to it.
func (g *PortaSigma) addSigner(ctx context.Context, document string, s request.Signer) (id string, err error) {
	form := url.Values{"name": {s.Name}, "email": {s.Email}, "id-country": {s.Country}, "id-number": {s.Number}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, g.api.String()+"/docs/"+url.PathEscape(document)+"/", strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	address, err := g.create(ctx, req, "name the signer", false)
	if err != nil {
		return "", err
	}
	return gateway.LastSegment(address.String()), nil
}

// create sends a request whose success is 303 with the new resource in Location. A
// client that followed it would lose the id.
func (g *PortaSigma) create(ctx context.Context, req *http.Request, doing string, document bool) (*url.URL, error) {
	if err := g.authorize(ctx, req); err != nil {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, err
	}
	resp, body, err := g.call.Do(req, doing, document)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusSeeOther {
		return nil, g.call.Unexpected(resp, body, doing)
	}
	nonsense := &gateway.Error{Fault: gateway.Nonsense, Gateway: g.call.Gateway, Doing: doing, Status: resp.StatusCode}
	address, err := resp.Location() // resolved against the request
	if err != nil {
		nonsense.Message = "it names no new resource"
		return nil, nonsense
	}
	if gateway.Origin(address) != gateway.Origin(g.api) {
		nonsense.Message = "it names a resource at another place"
		return nil, nonsense
	}
	if gateway.LastSegment(address.String()) == "" {
		nonsense.Message = "it names no new resource"
		return nil, nonsense
	}
	return address, nil
}
