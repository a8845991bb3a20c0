package portasigma

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"countersign/core/gateway"
)

// route is the address of a route of the API, with a document's id in its place.
func (g *PortaSigma) route(route, document string) string {
	return g.api.String() + "/" + strings.TrimLeft(strings.ReplaceAll(route, placeholder, url.PathEscape(document)), "/")
}

// request makes a request with the API's credentials, to the API's origin alone.
func (g *PortaSigma) request(ctx context.Context, method, address string, body io.Reader) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, err
	}
	return req, g.authorize(ctx, req)
}

// form makes a POST of text fields, with the API's credentials.
func (g *PortaSigma) form(ctx context.Context, address string, fields url.Values) (*http.Request, error) {
	req, err := g.request(ctx, http.MethodPost, address, strings.NewReader(fields.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	return req, nil
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

// create sends a request whose success is 303 with the new resource in Location, right below
// the collection's address, and gives its id. A client that followed it would lose the id.
func (g *PortaSigma) create(req *http.Request, collection, doing string, document bool) (id string, err error) {
	resp, body, err := g.call.Do(req, doing, document)
	if err != nil {
		return "", err
	}
	if resp.StatusCode != http.StatusSeeOther {
		return "", g.call.Unexpected(resp, body, doing)
	}
	nonsense := &gateway.Error{Fault: gateway.Nonsense, Gateway: g.call.Gateway, Doing: doing, Status: resp.StatusCode}
	address, err := resp.Location() // resolved against the request
	if err != nil {
		nonsense.Message = "it names no new resource"
		return "", nonsense
	}
	if !g.isBelow(address) {
		nonsense.Message = "it names a resource at another place"
		return "", nonsense
	}
	if gateway.Repeats(resp, address.String()) {
		nonsense.Message = "it names a resource by our password"
		return "", nonsense
	}
	if id = resourceID(address, collection); id == "" {
		nonsense.Message = "it names no new resource"
		return "", nonsense
	}
	return id, nil
}

// isBelow tells whether an address is at the API's origin and below its root.
func (g *PortaSigma) isBelow(address *url.URL) bool {
	path := address.EscapedPath()
	leadsOut := slices.ContainsFunc(strings.Split(path, "/"), func(segment string) bool {
		plain, err := url.PathUnescape(segment)
		return err != nil || plain == "." || plain == ".."
	})
	return !leadsOut && gateway.Origin(address) == gateway.Origin(g.api) && strings.HasPrefix(path, g.api.EscapedPath()+"/")
}

// resourceID is the last part of a resource's address, <collection>/id/; empty when it is
// not right below that collection. Ids are numbers in the vendor's examples: one that is
// another document's, or another document's signer's, would lead to somebody else's request.
func resourceID(address *url.URL, collection string) string {
	parent, err := url.Parse(collection)
	if err != nil {
		return ""
	}
	above, all := segments(parent), segments(address)
	if len(above) == 0 || len(all) != len(above)+1 || !slices.Equal(above, all[:len(above)]) || !isID(all[len(above)]) {
		return ""
	}
	return all[len(above)]
}

// segments are the parts of an address's path, whichever of them had to be escaped.
func segments(address *url.URL) []string {
	parts := strings.Split(strings.TrimSuffix(address.EscapedPath(), "/"), "/")
	for i, part := range parts {
		plain, err := url.PathUnescape(part) // it may have an escaped slash in it
		if err != nil {
			return nil
		}
		parts[i] = plain
	}
	return parts
}

// perform sends a request that makes nothing with an id: every 2xx is success, and 303 as
// everywhere in this API. What is allowed besides is success, too.
func (g *PortaSigma) perform(req *http.Request, doing string, allowed ...int) error {
	resp, body, err := g.call.Do(req, doing, false)
	if err != nil {
		return err
	}
	if resp.StatusCode/100 == 2 || resp.StatusCode == http.StatusSeeOther || slices.Contains(allowed, resp.StatusCode) {
		return nil
	}
	return g.call.Unexpected(resp, body, doing)
}
