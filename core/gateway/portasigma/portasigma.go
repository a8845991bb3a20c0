// Package portasigma is the adapter for PortaSigma. It has two parts: the signature gateway, to
// which the browser is sent with nothing but the ids of signature requests in the address
// ("Signature Gateway", http://developers.isigma.es/portasigma/signature-gateway.html), and the
// integration API, by which documents are uploaded ("Integration API, document upload",
// http://developers.isigma.es/portasigma/document-upload.html).
//
// Nothing authenticates the return, which the signer's browser carries. If the signed file
// cannot be fetched by the API, the return is all that is known about the outcome.
package portasigma

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"countersign/core/gateway"
	"countersign/core/request"
)

// Kind is the kind of gateway for PortaSigma.
var Kind = gateway.Kind{
	Name:  "portasigma",
	Title: "PortaSigma",
	New:   open,
	SecretURL: func(p gateway.Profile) string {
		address, _ := p.Settings["api_url"].(string)
		return address
	},
	Fields:    new(settings).fields(),
	ParseLink: readLink,
	Hosts:     []gateway.Host{{Name: "production", Title: "Production", URL: "https://app.portasigma.com"}},
	Help: "The signer signs on PortaSigma’s pages, with a certificate or with user and password. " +
		"Requests that already exist there are signed by their ID or by the link in the e-mail. " +
		"Sending files from here requires an integration API user. Without one, only the browser reports the outcome.",
}

// The pages for signers who sign in by certificate, and for those who sign in by user and password
// ("Signature Gateway"). Each is a segment of the address's path, and a value of the setting context.
const (
	byCertificate = "gateway"
	byPassword    = "usergateway"
)

// open is the New of [Kind].
func open(p gateway.Profile, tools gateway.Tools) (gateway.Gateway, error) {
	s := new(settings)
	fields := s.fields()
	if err := p.Decode(fields); err != nil {
		return nil, err
	}
	root, err := p.Root()
	if err != nil {
		return nil, err
	}
	g := &PortaSigma{
		settings: s,
		fields:   fields,
		root:     root,
		call:     gateway.Caller{Gateway: p.Name, HTTP: tools.HTTP, Timeout: p.Timeout},
		secret:   tools.Secret,
	}
	if s.apiURL != "" {
		if g.api, err = gateway.ParseRootURL(s.apiURL); err != nil {
			return nil, err
		}
		g.useBasic(tools)
	}
	return g, nil
}

// PortaSigma is the [gateway.Gateway] of one profile of this kind.
type PortaSigma struct {
	settings *settings
	fields   []gateway.Field // the declarations of settings
	root     *url.URL
	api      *url.URL // root of the API; nil if it is not configured
	call     gateway.Caller
	basic    *basicTransport // of call; nil if there is no API, or no client
	secret   func(context.Context) (string, error)
}

// useBasic makes all calls with a [basicTransport].
func (g *PortaSigma) useBasic(tools gateway.Tools) {
	if tools.HTTP == nil {
		return
	}
	base := tools.HTTP.Transport
	if base == nil {
		base = http.DefaultTransport
	}
	g.basic = &basicTransport{base: base, memory: tools.Remembered(), subject: "basic_charset " + g.api.String()}
	client := *tools.HTTP
	client.Transport = g.basic
	g.call.HTTP = &client
}

var (
	_ gateway.Gateway    = (*PortaSigma)(nil)
	_ gateway.IDChecker  = (*PortaSigma)(nil)
	_ gateway.VisitSizer = (*PortaSigma)(nil)
)

// forVisit returns a copy of g that looks the password up once for all its calls.
func (g *PortaSigma) forVisit() *PortaSigma {
	visit := *g
	visit.secret = gateway.SecretOnce(g.secret)
	return &visit
}

// maxUploads is the largest number of documents that are uploaded for one visit. The gateway names no
// limit, but the signer waits for the browser meanwhile.
const maxUploads = 20

// FitsVisit implements [gateway.VisitSizer]. Requests that exist at the gateway are only limited by the
// length of the address. The ids of documents that are uploaded are not known yet, and count as long ones.
func (g *PortaSigma) FitsVisit(requests []request.Request) bool {
	const (
		longestID     = "18446744073709551615" // the largest whole number of 64 bits
		longestReturn = "http://127.0.0.1:65535/return/0123456789abcdef0123456789abcdef"
	)
	var ids []string
	uploads := 0
	for _, r := range requests {
		if r.AddedRemoteID != "" {
			ids = append(ids, r.AddedRemoteID)
			continue
		}
		uploads += len(r.Documents)
		ids = append(ids, slices.Repeat([]string{longestID}, len(r.Documents))...)
	}
	return len(requests) < 2 || uploads <= maxUploads && len(g.address(ids, longestReturn)) <= g.settings.maxAddress
}

// CheckID implements [gateway.IDChecker]. The ids in the page "Signature Gateway" are whole numbers: 12, 27, 2474.
func (g *PortaSigma) CheckID(id string) error {
	if _, err := strconv.ParseUint(id, 10, 64); err != nil || id[0] == '0' || id[0] == '+' {
		return request.Errorf("portasigma_id", "%q cannot be the id of a request at PortaSigma: its ids are whole numbers such as 2474, without points, blanks or zeros in front", request.ShowHidden(gateway.Sanitize(id)))
	}
	return nil
}

// Capabilities implements [gateway.Gateway].
func (g *PortaSigma) Capabilities() gateway.Capabilities {
	return gateway.Capabilities{
		MaxDocuments:     maxUploads,
		AcceptsFiles:     g.api != nil,
		AcceptsIDs:       true,
		NeedsSigner:      g.settings.defaultSigner == request.Signer{},
		ReturnsSigned:    g.returnsSigned(),
		MultiSigner:      true,
		CopyRecipients:   g.takesCopies(),
		DeleteAfterFetch: g.deletes(),
	}
}

// returnsSigned reports whether signed files can be fetched.
func (g *PortaSigma) returnsSigned() bool { return g.api != nil && g.settings.signedRoute != "" }

// takesCopies reports whether recipients of copies can be named.
func (g *PortaSigma) takesCopies() bool { return g.api != nil && g.settings.copyRoute != "" }

// deletes reports whether documents can be deleted.
func (g *PortaSigma) deletes() bool { return g.api != nil && g.settings.deleteRoute != "" }

// address returns the URL at which a signer signs the requests ids, in the notation of the page
// "Signature Gateway". Parameters are left out that have the page's default, and view for a
// single request. The return address is escaped as a whole, so that the gateway takes none of
// its parameters for its own.
func (g *PortaSigma) address(ids []string, returnURL string) string {
	var query strings.Builder
	for _, id := range ids {
		query.WriteString("id=" + escapeParameter(id) + "&")
	}
	query.WriteString("urlreturn=" + escapeParameter(returnURL))
	if g.settings.logout {
		query.WriteString("&logout=true")
	}
	if len(ids) > 1 && g.settings.view != nil {
		fmt.Fprintf(&query, "&view=%t", *g.settings.view)
	}
	return g.root.String() + "/" + g.settings.context + "/sign.html?" + query.String()
}

// escapeParameter returns the escaped value of a query parameter. A space becomes %20 and not
// "+", which some servers do not decode.
func escapeParameter(value string) string {
	return strings.ReplaceAll(url.QueryEscape(value), "+", "%20")
}

// Prepare implements [gateway.Gateway]. Requests that exist at the gateway are signed by their
// id; documents are uploaded first, with their signers.
func (g *PortaSigma) Prepare(ctx context.Context, spec gateway.VisitSpec) (gateway.PreparedVisit, error) {
	if err := g.checkRequests(spec.Requests); err != nil {
		return gateway.PreparedVisit{}, err
	}
	g = g.forVisit()
	p := gateway.PreparedVisit{RemoteIDs: map[request.ID]request.RemoteIDs{}}
	used := usedIDs{map[string]bool{}, map[string]bool{}}
	for _, r := range spec.Requests {
		if r.AddedRemoteID != "" {
			used.signatures[r.AddedRemoteID] = true
		}
	}
	var ids []string
	for _, r := range spec.Requests {
		own, others, err := g.prepareRequest(ctx, spec, r, used)
		p.RemoteIDs[r.ID] = own
		if len(others) > 0 {
			p.Notes = append(p.Notes, request.Sentencef("note_further_signers",
				"%s: the ids of the further signers' requests at the gateway are %s", r.Title, strings.Join(others, ", ")))
		}
		if err != nil {
			return gateway.PreparedVisit{}, g.abandon(ctx, p.RemoteIDs, err)
		}
		for _, id := range own.Signatures {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	p.URL = g.address(ids, spec.ReturnURL)
	return p, nil
}

// prepareRequest uploads the documents of a request, unless the request has an AddedRemoteID and so
// exists at the gateway. It returns the ids of the request and, as others, the ids of the signature
// requests of further signers, who are not on this visit. It adds the ids to used, and fails if one
// is there already. If it fails, ids has the ids of the documents that were uploaded so far.
func (g *PortaSigma) prepareRequest(ctx context.Context, spec gateway.VisitSpec, r request.Request, used usedIDs) (ids request.RemoteIDs, others []string, err error) {
	if r.AddedRemoteID != "" {
		return request.RemoteIDs{Request: r.AddedRemoteID, Signatures: []string{r.AddedRemoteID}}, nil, nil
	}
	for _, d := range r.Documents {
		document, signatures, err := g.upload(ctx, r, d, func() (io.ReadCloser, error) { return spec.OpenDocument(d) })
		if document != "" {
			ids.Documents = append(ids.Documents, document)
		}
		if err != nil {
			return ids, nil, err
		}
		if problem := used.add(document, signatures); problem.Text != "" {
			return ids, nil, &gateway.Error{Fault: gateway.BadAnswer, Gateway: g.call.Gateway, Doing: uploading, Message: problem}
		}
		ids.Signatures = append(ids.Signatures, signatures[0])
		others = append(others, signatures[1:]...)
	}
	ids.Request = ids.Signatures[0]
	return ids, others, nil
}

// documentIDs returns the ids of all documents that were uploaded for a visit, without
// duplicates.
func documentIDs(sessions map[request.ID]request.RemoteIDs) []string {
	var all []string
	for id := range sessions {
		all = append(all, sessions[id].Documents...)
	}
	return slices.Compact(slices.Sorted(slices.Values(all)))
}

// CanAsk implements [gateway.Gateway]. Only the signed files of documents that were uploaded tell the outcome.
func (g *PortaSigma) CanAsk(visit request.Visit, id request.ID) bool {
	return g.returnsSigned() && len(visit.RemoteIDs[id].Documents) > 0
}

// Ask implements [gateway.Gateway]. No vendor page says how to ask for an outcome, so it makes
// no call. If signed files can be fetched, it returns the status Signed with NeedsProof for every
// request that was uploaded: the signed file decides. Otherwise it fails with ErrCannotAsk.
func (g *PortaSigma) Ask(_ context.Context, visit request.Visit) (map[request.ID]gateway.Outcome, error) {
	all := map[request.ID]gateway.Outcome{}
	for id, ids := range visit.RemoteIDs {
		if g.CanAsk(visit, id) {
			all[id] = gateway.Outcome{Status: request.Signed, NeedsProof: true, Documents: make([]request.DocumentResult, len(ids.Documents))}
		}
	}
	if len(all) == 0 {
		return nil, gateway.ErrCannotAsk
	}
	return all, nil
}

// Fetch implements [gateway.Gateway].
func (g *PortaSigma) Fetch(ctx context.Context, visit request.Visit, id request.ID, document int) (io.ReadCloser, error) {
	doing := request.Sentencef("doing_fetch", "fetch the signed document")
	ids := visit.RemoteIDs[id]
	if !g.returnsSigned() || document >= len(ids.Documents) {
		return nil, gateway.ErrNoFile
	}
	req, err := g.request(ctx, http.MethodGet, g.route(g.settings.signedRoute, ids.Documents[document]), nil)
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
		return nil, g.call.UnexpectedStatus(resp, gateway.ReadRefusal(resp), doing)
	}
	return resp.Body, nil
}
