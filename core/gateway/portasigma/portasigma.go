// Package portasigma speaks PortaSigma: its signature gateway, to which the browser is
// sent by address alone, and its integration API, by which documents are uploaded.
//
// Source of the gateway's facts: the vendor's page "Signature Gateway". The return is
// carried by the signer's browser and nothing authenticates it; where the API cannot be
// asked for the signed file, the browser's word is the only word.
package portasigma

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"countersign/core/gateway"
	"countersign/core/request"
)

// Settings are what a profile of this kind holds besides what all profiles do.
type Settings struct {
	Context string `toml:"context"` // gateway: certificate; usergateway: user and password
	Logout  bool   `toml:"logout"`  // log the signer out afterwards
	View    *bool  `toml:"view"`    // whether several documents have to be looked through

	// The integration API. Without api_url and user, only requests that exist at
	// the gateway can be signed.
	APIURL string `toml:"api_url"`
	User   string `toml:"user"`

	// No public page names these; installations may differ.
	FilePart     string `toml:"file_part"`
	TitlePart    string `toml:"title_part"`
	CommentsPart string `toml:"comments_part"`
	SignedRoute  string `toml:"signed_route"` // of the signed PDF, below api_url, with {document} in it; empty: it is not handed over

	DefaultSigner *Signer `toml:"default_signer"` // who signs when a request names nobody
}

// Signer is a person in a profile.
type Signer struct {
	Name    string `toml:"name"`
	Email   string `toml:"email"`
	Country string `toml:"country"`
	Number  string `toml:"number"`
}

// Kind makes PortaSigma gateways.
var Kind = gateway.Kind{
	Name: "portasigma",
	New:  open,
	Credentials: func(p gateway.Profile) string {
		address, _ := p.Settings["api_url"].(string)
		return address
	},
}

// PortaSigma is one gateway.
type PortaSigma struct {
	settings Settings
	root     *url.URL
	api      *url.URL // nil without an API
	call     gateway.Caller
	secret   func(context.Context) (string, error)
}

var _ gateway.Gateway = (*PortaSigma)(nil)

func open(p gateway.Profile, tools gateway.Tools) (gateway.Gateway, error) {
	s := Settings{Context: "gateway", FilePart: "file", TitlePart: "title", CommentsPart: "comments"}
	if err := p.Decode(&s); err != nil {
		return nil, err
	}
	if s.Context != "gateway" && s.Context != "usergateway" {
		return nil, fmt.Errorf("gateway %s: context %q: use gateway (certificate) or usergateway (user and password)", p.Name, s.Context)
	}
	root, err := gateway.ParseRoot(p.URL)
	if err != nil {
		return nil, fmt.Errorf("gateway %s: %w", p.Name, err)
	}
	g := &PortaSigma{
		settings: s,
		root:     root,
		call:     gateway.Caller{Gateway: p.Name, HTTP: tools.HTTP, Timeout: p.Timeout},
		secret:   tools.Secret,
	}
	if (s.APIURL == "") != (s.User == "") {
		return nil, fmt.Errorf("gateway %s: api_url and user go together", p.Name)
	}
	if s.APIURL != "" {
		if g.api, err = gateway.ParseRoot(s.APIURL); err != nil {
			return nil, fmt.Errorf("gateway %s: api_url: %w", p.Name, err)
		}
	}
	if s.DefaultSigner != nil {
		if err := checkSigner(request.Signer(*s.DefaultSigner)); err != nil {
			return nil, fmt.Errorf("gateway %s: default_signer: %w", p.Name, err)
		}
	}
	return g, nil
}

// Abilities implements [gateway.Gateway].
func (g *PortaSigma) Abilities() gateway.Abilities {
	return gateway.Abilities{
		Documents:   20, // an address has to stay short enough for every browser and server
		TakesFiles:  g.api != nil,
		KnowsIDs:    true,
		NeedsSigner: g.settings.DefaultSigner == nil,
		HandsOver:   g.handsOver(),
	}
}

func (g *PortaSigma) handsOver() bool { return g.api != nil && g.settings.SignedRoute != "" }

// address is where the browser is sent. The vendor's order of parameters is kept, and
// the return address is escaped as a whole, so that nothing in it is taken for the
// gateway's own.
func (g *PortaSigma) address(ids []string, returnURL string) string {
	var query strings.Builder
	for _, id := range ids {
		query.WriteString("id=" + url.QueryEscape(id) + "&")
	}
	query.WriteString("urlreturn=" + url.QueryEscape(returnURL))
	if g.settings.Logout {
		query.WriteString("&logout=true")
	}
	if len(ids) > 1 && g.settings.View != nil {
		fmt.Fprintf(&query, "&view=%t", *g.settings.View)
	}
	return g.root.String() + "/" + g.settings.Context + "/sign.html?" + query.String()
}

// Prepare implements [gateway.Gateway]. Requests that were made elsewhere are signed by
// their id; documents are uploaded first, with their signers.
func (g *PortaSigma) Prepare(ctx context.Context, trip gateway.Trip) (gateway.Prepared, error) {
	for _, r := range trip.Requests {
		for _, s := range r.Signers {
			if err := checkSigner(s); err != nil {
				return gateway.Prepared{}, err // before anything is handed over, which nothing takes back
			}
		}
	}
	p := gateway.Prepared{Sessions: map[request.ID]request.SessionIDs{}}
	var ids []string
	seen := map[string]bool{}
	for _, r := range trip.Requests {
		session, err := g.session(ctx, trip, r)
		if err != nil {
			return gateway.Prepared{}, err
		}
		p.Sessions[r.ID] = session
		for _, id := range session.Signatures {
			if !seen[id] {
				ids, seen[id] = append(ids, id), true
			}
		}
	}
	p.URL = g.address(ids, trip.ReturnURL)
	return p, nil
}

func (g *PortaSigma) session(ctx context.Context, trip gateway.Trip, r request.Request) (request.SessionIDs, error) {
	if r.GivenID != "" {
		return request.SessionIDs{RemoteID: r.GivenID, Signatures: []string{r.GivenID}}, nil
	}
	if g.api == nil {
		return request.SessionIDs{}, fmt.Errorf("gateway %s has no API user to hand files over with: set api_url and user, or sign requests that exist there by their id", g.call.Gateway)
	}
	var session request.SessionIDs
	for _, d := range r.Documents {
		document, signature, err := g.upload(ctx, r, d, func() (io.ReadCloser, error) { return trip.Open(d) })
		if err != nil {
			return request.SessionIDs{}, err
		}
		session.Documents = append(session.Documents, document)
		session.Signatures = append(session.Signatures, signature)
	}
	session.RemoteID = session.Signatures[0]
	return session, nil
}

// Ask implements [gateway.Gateway]. No page says how the gateway confirms an outcome,
// so the signed file is all there is: it is worth a look wherever it can be fetched.
func (g *PortaSigma) Ask(_ context.Context, visit request.Visit) (map[request.ID]gateway.Verdict, error) {
	if !g.handsOver() {
		return nil, gateway.ErrCannotAsk
	}
	all := map[request.ID]gateway.Verdict{}
	for id, session := range visit.Sessions {
		if len(session.Documents) > 0 {
			all[id] = gateway.Verdict{Status: request.Signed, Unproven: true, Documents: make([]request.DocumentResult, len(session.Documents))}
		}
	}
	if len(all) == 0 { // nothing was handed over, so there is nothing to fetch
		return nil, gateway.ErrCannotAsk
	}
	return all, nil
}

// Fetch implements [gateway.Gateway].
func (g *PortaSigma) Fetch(ctx context.Context, visit request.Visit, id request.ID, document int) (io.ReadCloser, error) {
	const doing = "fetch the signed document"
	session := visit.Sessions[id]
	if !g.handsOver() || document >= len(session.Documents) {
		return nil, gateway.ErrNoFile
	}
	route := strings.ReplaceAll(g.settings.SignedRoute, "{document}", url.PathEscape(session.Documents[document]))
	req, err := g.request(ctx, http.MethodGet, g.api.String()+"/"+strings.TrimLeft(route, "/"), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/pdf")
	resp, err := g.call.Stream(req, doing)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		defer resp.Body.Close()
		if resp.StatusCode == http.StatusNotFound {
			return nil, gateway.ErrNoFile
		}
		body, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
		return nil, g.call.Unexpected(resp, body, doing)
	}
	return resp.Body, nil
}

// Discard implements [gateway.Gateway]. Whether documents may be deleted by the API is
// not known, so it is left alone.
func (g *PortaSigma) Discard(context.Context, request.Visit) error { return nil }

// Check implements [gateway.Gateway].
func (g *PortaSigma) Check(ctx context.Context) []gateway.Finding {
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, g.root.String()+"/", nil)
	if err == nil {
		_, _, err = g.call.Do(req, "reach it", false)
	}
	if err != nil {
		return []gateway.Finding{{Name: "address", Detail: err.Error(), Advice: "check the network, the proxy and the gateway's address"}}
	}
	findings := []gateway.Finding{{Name: "address", OK: true, Detail: g.root.String() + " answers"}}
	if g.api == nil {
		return append(findings, gateway.Finding{
			Name: "api", OK: true, Detail: "not set up: requests made elsewhere are signed by id, and only the browser tells how it went",
		})
	}
	return append(findings, g.checkUser(ctx))
}

func (g *PortaSigma) checkUser(ctx context.Context) gateway.Finding {
	const doing = "try the API user"
	f := gateway.Finding{Name: "api user", Advice: "check api_url, user and password"}
	req, err := g.request(ctx, http.MethodGet, g.api.String()+"/users/"+url.PathEscape(g.settings.User)+"/", nil)
	if err != nil {
		f.Detail = err.Error()
		return f
	}
	resp, body, err := g.call.Do(req, doing, false)
	if err == nil && resp.StatusCode/100 != 2 {
		err = g.call.Unexpected(resp, body, doing)
	}
	if err != nil {
		f.Detail = err.Error()
		return f
	}
	return gateway.Finding{Name: f.Name, OK: true, Detail: "user " + g.settings.User + " is known"}
}

// request makes a request with the API's credentials, to the API's origin alone.
func (g *PortaSigma) request(ctx context.Context, method, address string, body io.Reader) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, err
	}
	return req, g.authorize(ctx, req)
}

func (g *PortaSigma) authorize(ctx context.Context, req *http.Request) error {
	if gateway.Origin(req.URL) != gateway.Origin(g.api) {
		return errors.New("refusing to send the password to another address than the API's")
	}
	secret, err := g.secret(ctx)
	if err != nil {
		return err
	}
	req.SetBasicAuth(g.settings.User, secret)
	req.Header.Set("Accept", "application/json")
	return nil
}
