package portasigma

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"countersign/core/gateway"
	"countersign/core/request"
)

const (
	handingOver  = "hand the document over"
	namingSigner = "name the signer"
)

// names are the ids of one visit so far. What the gateway makes has an id of its own: by one
// that something else has already, the visit would sign something else, or hear of it.
type names struct{ documents, signatures map[string]bool }

// add takes the ids of a document that was handed over, and tells what is wrong with them.
func (n names) add(document string, signatures []string) (fault string) {
	if n.documents[document] {
		return "it has one name for two documents"
	}
	n.documents[document] = true
	for _, id := range signatures {
		if n.signatures[id] {
			return "it has one name for two signature requests"
		}
		n.signatures[id] = true
	}
	return ""
}

// ready tells whether everything is known that handing the requests over takes. It is
// asked before the first is, since what was handed over may be there for good.
func (g *PortaSigma) ready(requests []request.Request) error {
	first, title := request.Signer{}, ""
	for _, r := range requests {
		if r.GivenID != "" {
			continue
		}
		if g.api == nil {
			return fmt.Errorf("gateway %s has no API user to hand files over with: set api_url and user, or sign requests that exist there by their id", g.call.Gateway)
		}
		signers := g.signers(r)
		if len(signers) == 0 {
			return fmt.Errorf("gateway %s has to be told who signs: add the request with its signer (name, e-mail, country, number)", g.call.Gateway)
		}
		for _, s := range signers {
			if err := checkSigner(s); err != nil {
				return err
			}
		}
		if len(r.Copies) > 0 && !g.takesCopies() {
			return fmt.Errorf("gateway %s cannot be told who gets a copy: set copy_route, or add the request without copies", g.call.Gateway)
		}
		if title == "" {
			first, title = signers[0], r.Title
		}
		if signers[0].Country != first.Country || signers[0].Number != first.Number {
			return fmt.Errorf("%s is for %s and %s for %s, and one visit is one person's: sign them one after the other", title, first.Name, r.Title, signers[0].Name)
		}
	}
	return nil
}

// signers are who signs a request, as the gateway is told.
func (g *PortaSigma) signers(r request.Request) []request.Signer {
	if len(r.Signers) == 0 && g.settings.DefaultSigner != nil {
		return []request.Signer{normalized(request.Signer(*g.settings.DefaultSigner))}
	}
	var all []request.Signer
	for _, s := range r.Signers {
		all = append(all, normalized(s))
	}
	return all
}

// upload creates a document with the people it concerns. It gives the document's id, even
// when it fails after that, and its signers', in their order. By the first of them the visit
// signs: it is one person's, and the gateway itself writes to the others.
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
	for _, c := range r.Copies {
		if err := g.addCopy(ctx, document, c); err != nil {
			return document, nil, err
		}
	}
	return document, signatures, nil
}

func (g *PortaSigma) createDocument(ctx context.Context, r request.Request, d request.Document, open func() (io.ReadCloser, error)) (id string, err error) {
	form, err := gateway.NewForm(
		[]gateway.Part{{Name: g.settings.TitlePart, Value: r.Title}, {Name: g.settings.CommentsPart, Value: r.Reference}},
		gateway.File{Field: g.settings.FilePart, Name: d.Name, Size: d.Size, Open: open},
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
	return g.create(req, g.route("docs/", ""), handingOver, true)
}

// addSigner posts to the document's own address; the slash at its end belongs to it.
func (g *PortaSigma) addSigner(ctx context.Context, document string, s request.Signer) (id string, err error) {
	req, err := g.form(ctx, g.route("docs/"+placeholder+"/", document), url.Values{
		"name": {s.Name}, "email": {s.Email}, "id-country": {s.Country}, "id-number": {s.Number},
	})
	if err != nil {
		return "", err
	}
	return g.create(req, g.route("docs/"+placeholder+"/signers/", document), namingSigner, false)
}

func (g *PortaSigma) addCopy(ctx context.Context, document string, c request.Copy) error {
	req, err := g.form(ctx, g.route(g.settings.CopyRoute, document), url.Values{"name": {c.Name}, "email": {c.Email}})
	if err != nil {
		return err
	}
	return g.perform(req, "name who gets a copy")
}

const takeBackTime = 30 * time.Second

// takeBack deletes the documents of a visit that came to nothing, where that is set up,
// and says with the cause what is left at the gateway.
func (g *PortaSigma) takeBack(ctx context.Context, sessions map[request.ID]request.SessionIDs, cause error) error {
	left := documents(sessions)
	if len(left) == 0 {
		return cause
	}
	// Whoever stopped it does not wait for this any more than a moment.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), takeBackTime)
	defer cancel()
	if g.deletes() && g.Discard(ctx, request.Visit{Sessions: sessions}) == nil {
		return cause
	}
	return fmt.Errorf("%w; what was handed over before is still at the gateway, delete it there: document %s", cause, strings.Join(left, ", "))
}

// Discard implements [gateway.Gateway]. No public page says whether documents may be
// deleted, so it does nothing without delete_route.
func (g *PortaSigma) Discard(ctx context.Context, visit request.Visit) error {
	if !g.deletes() {
		return nil
	}
	var busy, refused []error // of one document; the next may be another matter
	for _, document := range documents(visit.Sessions) {
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
	return errors.Join(append(busy, refused...)...) // what may go better later comes first
}

func (g *PortaSigma) deleteDocument(ctx context.Context, document string) error {
	req, err := g.request(ctx, http.MethodDelete, g.route(g.settings.DeleteRoute, document), nil)
	if err != nil {
		return err
	}
	return g.perform(req, "delete the document", http.StatusNotFound, http.StatusGone)
}
