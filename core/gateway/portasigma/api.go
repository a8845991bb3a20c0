package portasigma

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"countersign/core/gateway"
	"countersign/core/request"
)

// route returns the URL of a route below the API's root, with the document's id in place of
// [placeholder], if the route has that.
func (g *PortaSigma) route(route, document string) string {
	return g.api.String() + "/" + strings.TrimLeft(strings.ReplaceAll(route, placeholder, url.PathEscape(document)), "/")
}

// request returns a request to the API with its credentials.
func (g *PortaSigma) request(ctx context.Context, method, address string, body io.Reader) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, err
	}
	return req, g.authorize(ctx, req)
}

// form returns a POST of text fields to the API with its credentials.
func (g *PortaSigma) form(ctx context.Context, address string, fields url.Values) (*http.Request, error) {
	req, err := g.request(ctx, http.MethodPost, address, strings.NewReader(fields.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	return req, nil
}

// authorize adds the API's credentials to a request (RFC 7617), and refuses a request to
// another origin.
func (g *PortaSigma) authorize(ctx context.Context, req *http.Request) error {
	if gateway.Origin(req.URL) != gateway.Origin(g.api) {
		return request.Errorf("password_elsewhere", "the password was about to be sent to another server than the API: check api_url")
	}
	secret, err := g.secret(ctx)
	if err != nil {
		return err
	}
	req.SetBasicAuth(g.settings.user, secret)
	req.Header.Set("Accept", "application/json")
	return nil
}

// create sends a request that creates a resource, and returns the resource's id. The API answers
// with 303 and the resource's URL, right below the URL collection, in the header Location
// ("RESTful conventions", http://developers.isigma.es/portasigma/conventions-rest.html). upload
// is as in [gateway.Caller.Do]. keys are those of the settings that the request is made from.
func (g *PortaSigma) create(req *http.Request, collection string, doing request.Sentence, upload bool, keys ...string) (id string, err error) {
	resp, body, err := g.call.Do(req, doing, upload)
	if err != nil {
		return "", err
	}
	if resp.StatusCode != http.StatusSeeOther {
		return "", g.call.Refusal(resp, body, doing, g.fieldsOf(keys...))
	}
	id, problem := g.createdID(resp, collection)
	if problem.Text != "" {
		return "", &gateway.Error{Fault: gateway.BadAnswer, Gateway: g.call.Gateway, Doing: doing, Status: resp.StatusCode, Message: problem}
	}
	return id, nil
}

// fieldsOf returns the declarations of the settings with the keys.
func (g *PortaSigma) fieldsOf(keys ...string) []gateway.Field {
	return slices.DeleteFunc(slices.Clone(g.fields), func(f gateway.Field) bool { return !slices.Contains(keys, f.Key) })
}

// createdID returns the id of a new resource of a collection from the header Location of an
// answer. problem says what is wrong with the header; it is the zero value if nothing is.
func (g *PortaSigma) createdID(resp *http.Response, collection string) (id string, problem request.Sentence) {
	missing := request.Sentencef("answer_no_resource", "it names no new resource")
	address, err := resp.Location() // resolved against the request
	if err != nil {
		return "", missing
	}
	switch id = resourceID(address, collection); {
	case !g.isBelowAPI(address):
		return "", request.Sentencef("answer_foreign_resource", "it names a resource at another address")
	case gateway.ContainsSecret(resp, address.String()):
		return "", request.Sentencef("answer_password", "it names a resource by our password")
	case id == "":
		return "", missing
	}
	return id, request.Sentence{}
}

// isBelowAPI reports whether a URL has the API's origin and is below its root.
func (g *PortaSigma) isBelowAPI(address *url.URL) bool {
	path := address.EscapedPath()
	hasDots := slices.ContainsFunc(strings.Split(path, "/"), func(segment string) bool {
		name, err := url.PathUnescape(segment)
		return err != nil || name == "." || name == ".."
	})
	return !hasDots && gateway.Origin(address) == gateway.Origin(g.api) && strings.HasPrefix(path, g.api.EscapedPath()+"/")
}

// resourceID returns the id in a resource's URL, <collection>/id/, or "" if the URL is not right
// below that of the collection. Ids are small numbers in the vendor's examples, so the id of a
// resource in another collection could be that of somebody else's request.
func resourceID(address *url.URL, collection string) string {
	parent, err := url.Parse(collection)
	if err != nil {
		return ""
	}
	prefix, all := segments(parent), segments(address)
	n := len(prefix)
	if n == 0 || len(all) != n+1 || !slices.Equal(prefix, all[:n]) || !isID(all[n]) {
		return ""
	}
	return all[n]
}

// segments returns the unescaped segments of a URL's path, or nil if it cannot be unescaped.
func segments(address *url.URL) []string {
	parts := strings.Split(strings.TrimSuffix(address.EscapedPath(), "/"), "/")
	for i, part := range parts {
		name, err := url.PathUnescape(part) // may contain a slash
		if err != nil {
			return nil
		}
		parts[i] = name
	}
	return parts
}

// perform sends a request whose answer has no id, to a route that the setting with the key sets. Every
// 2xx is a success, and so are 303, as everywhere in this API, and the statuses in allowed. If there is
// no such route, the error's advice names the setting.
func (g *PortaSigma) perform(req *http.Request, doing request.Sentence, key string, allowed ...int) error {
	resp, body, err := g.call.Do(req, doing, false)
	if err != nil {
		return err
	}
	if resp.StatusCode/100 == 2 || resp.StatusCode == http.StatusSeeOther || slices.Contains(allowed, resp.StatusCode) {
		return nil
	}
	e := g.call.UnexpectedStatus(resp, body, doing)
	if resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusMethodNotAllowed {
		for _, f := range g.fieldsOf(key) {
			e.Advice = gateway.AdviceOn(f)
		}
	}
	return e
}
