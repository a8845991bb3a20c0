// Package portasigma speaks PortaSigma: its signature gateway, to which the browser is
// sent by address alone, and its integration API, by which documents are uploaded.
//
// Source of the gateway's facts: the vendor's page "Signature Gateway". The return is
// carried by the signer's browser and nothing authenticates it; where the API cannot be
// asked for the signed file, the browser's word is the only word.
package portasigma

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
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
	CopyRoute    string `toml:"copy_route"`   // to name who gets a copy, in the same way; empty: nobody can be named
	// Where a document is deleted, in the same way; empty: never. It is deleted once its
	// signed file is here, or when the visit it was handed over for could not be prepared.
	DeleteRoute string `toml:"delete_route"`

	DefaultSigner *Signer `toml:"default_signer"` // who signs when a request names nobody
}

// placeholder stands for a document's id in the routes of the settings.
const placeholder = "{document}"

// Signer is a person in a profile.
type Signer struct {
	Name    string `toml:"name"`
	Email   string `toml:"email"`
	Country string `toml:"country"`
	Number  string `toml:"number"`
}

// Kind makes PortaSigma gateways.
var Kind = gateway.Kind{
	Name:  "portasigma",
	Title: "PortaSigma",
	New:   open,
	Credentials: func(p gateway.Profile) string {
		address, _ := p.Settings["api_url"].(string)
		return address
	},
	Fields:   fieldsOf(defaults()),
	ReadLink: readLink,
	Hosts:    []gateway.Host{{Name: "production", URL: "https://app.portasigma.com"}},
	Help: "The signer signs on PortaSigma's pages, with a certificate or with user and password. " +
		"Requests that exist there already are signed by their id or by the link in the mail. " +
		"To hand over files from here you need a user of the integration API; without one, only the browser tells how a signing went.",
}

// How a signer signs in, as it stands in the gateway's addresses.
const (
	byCertificate = "gateway"
	byPassword    = "usergateway"
)

// PortaSigma is one gateway.
type PortaSigma struct {
	settings Settings
	root     *url.URL
	api      *url.URL // nil without an API
	call     gateway.Caller
	secret   func(context.Context) (string, error)
}

var _ gateway.Gateway = (*PortaSigma)(nil)

// defaults are what a profile says that says nothing.
func defaults() Settings {
	return Settings{Context: byCertificate, FilePart: "file", TitlePart: "title", CommentsPart: "comments", CopyRoute: "docs/" + placeholder + "/oncopy/"}
}

func open(p gateway.Profile, tools gateway.Tools) (gateway.Gateway, error) {
	s := defaults()
	if err := p.Decode(&s); err != nil {
		return nil, err
	}
	if s.Context != byCertificate && s.Context != byPassword {
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
	if strings.Contains(s.User, ":") { // RFC 7617: the password would begin there
		return nil, fmt.Errorf("gateway %s: user: a colon cannot be sent in the name of a user: check it there", p.Name)
	}
	// Without the id, it would be all documents that are deleted, or some other that is fetched.
	for setting, route := range map[string]string{"copy_route": s.CopyRoute, "delete_route": s.DeleteRoute, "signed_route": s.SignedRoute} {
		if route != "" && !strings.Contains(route, placeholder) {
			return nil, fmt.Errorf("gateway %s: %s: write %s where the document's id belongs", p.Name, setting, placeholder)
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
		SeveralSign: true,
		TakesCopies: g.takesCopies(),
		Discards:    g.deletes(),
	}
}

func (g *PortaSigma) handsOver() bool   { return g.api != nil && g.settings.SignedRoute != "" }
func (g *PortaSigma) takesCopies() bool { return g.api != nil && g.settings.CopyRoute != "" }
func (g *PortaSigma) deletes() bool     { return g.api != nil && g.settings.DeleteRoute != "" }

// address is where the browser is sent: the addresses of the vendor's page "Signature
// Gateway", with its order of parameters. What is the page's default is left out, and view
// is for several requests only. The return address is escaped as a whole, so that nothing in
// it is taken for the gateway's own.
func (g *PortaSigma) address(ids []string, returnURL string) string {
	var query strings.Builder
	for _, id := range ids {
		query.WriteString("id=" + escaped(id) + "&")
	}
	query.WriteString("urlreturn=" + escaped(returnURL))
	if g.settings.Logout {
		query.WriteString("&logout=true")
	}
	if len(ids) > 1 && g.settings.View != nil {
		fmt.Fprintf(&query, "&view=%t", *g.settings.View)
	}
	return g.root.String() + "/" + g.settings.Context + "/sign.html?" + query.String()
}

// escaped escapes a parameter's value so that it is read in the same way by whoever takes
// a plus for a space and whoever does not.
func escaped(value string) string {
	return strings.ReplaceAll(url.QueryEscape(value), "+", "%20")
}

// Prepare implements [gateway.Gateway]. Requests that were made elsewhere are signed by
// their id; documents are uploaded first, with their signers.
func (g *PortaSigma) Prepare(ctx context.Context, trip gateway.Trip) (gateway.Prepared, error) {
	if err := g.ready(trip.Requests); err != nil {
		return gateway.Prepared{}, err
	}
	p := gateway.Prepared{Sessions: map[request.ID]request.SessionIDs{}}
	taken := names{map[string]bool{}, map[string]bool{}}
	for _, r := range trip.Requests {
		if r.GivenID != "" {
			taken.signatures[r.GivenID] = true
		}
	}
	var ids []string
	for _, r := range trip.Requests {
		session, others, err := g.session(ctx, trip, r, taken)
		p.Sessions[r.ID] = session
		if len(others) > 0 {
			p.Notes = append(p.Notes, r.Title+": the further signers' requests at the gateway are "+strings.Join(others, ", "))
		}
		if err != nil {
			return gateway.Prepared{}, g.takeBack(ctx, p.Sessions, err)
		}
		for _, id := range session.Signatures {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	p.URL = g.address(ids, trip.ReturnURL)
	return p, nil
}

// session gives the gateway's names for a request, and those of the signers whose trip it is
// not: when it fails, for what is there by then.
func (g *PortaSigma) session(ctx context.Context, trip gateway.Trip, r request.Request, taken names) (session request.SessionIDs, others []string, err error) {
	if r.GivenID != "" {
		return request.SessionIDs{RemoteID: r.GivenID, Signatures: []string{r.GivenID}}, nil, nil
	}
	for _, d := range r.Documents {
		document, signatures, err := g.upload(ctx, r, d, func() (io.ReadCloser, error) { return trip.Open(d) })
		if document != "" {
			session.Documents = append(session.Documents, document)
		}
		if err != nil {
			return session, nil, err
		}
		if fault := taken.add(document, signatures); fault != "" {
			return session, nil, &gateway.Error{Fault: gateway.Nonsense, Gateway: g.call.Gateway, Doing: handingOver, Message: fault}
		}
		session.Signatures = append(session.Signatures, signatures[0])
		others = append(others, signatures[1:]...)
	}
	session.RemoteID = session.Signatures[0]
	return session, others, nil
}

// documents are the ids of everything that was handed over for a visit, each once.
func documents(sessions map[request.ID]request.SessionIDs) []string {
	var all []string
	for id := range sessions {
		all = append(all, sessions[id].Documents...)
	}
	return slices.Compact(slices.Sorted(slices.Values(all)))
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
	req, err := g.request(ctx, http.MethodGet, g.route(g.settings.SignedRoute, session.Documents[document]), nil)
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
