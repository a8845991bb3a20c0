package portasigma

import (
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"countersign/core/gateway"
)

const (
	maxLink    = 64 << 10 // bytes of a link that is looked at; no browser takes more
	maxLinkIDs = 100
	maxID      = 64 // bytes; the vendor's examples are numbers like 2474
)

// readLink gives the ids of the signature requests that a link to the gateway is for, in
// their order and each once; none when it is no link to this gateway, or has an id that
// cannot be one. The forms are those of the vendor's page "Signature Gateway":
//
//	<root>/gateway/sign.html?id=…[&id=…]…
//	<root>/usergateway/sign.html?id=…[&id=…]…
//	<root>/request/view.html?id=…              deprecated; for a single request
//
// Nothing but the ids is taken over, neither the context nor the return address, logout
// and view: the requests are signed through the profile's own address, and so even a
// deprecated link becomes one of today.
//
// It is exact where the link has the profile's own way to sign in; the deprecated form
// tells of none.
//
// A bare & in a return address ends it, since the page says that the gateway takes
// what follows for its own.
func readLink(p gateway.Profile, link string) (ids []string, exact bool) {
	root, err := gateway.ParseRoot(p.URL)
	if err != nil || len(link) > maxLink {
		return nil, false
	}
	u, err := url.Parse(withoutWrapping(link))
	if err != nil || u.User != nil || gateway.Origin(u) != gateway.Origin(root) {
		return nil, false
	}
	page, below := strings.CutPrefix(u.Path, root.Path+"/")
	if !below {
		return nil, false
	}
	own, set := p.Settings["context"].(string)
	if !set {
		own = byCertificate
	}
	switch ids := linkIDs(u.RawQuery); page {
	case byCertificate + "/sign.html", byPassword + "/sign.html":
		return ids, page == own+"/sign.html"
	case "request/view.html":
		if len(ids) == 1 {
			return ids, true
		}
	}
	return nil, false
}

// withoutWrapping takes off what mails and documents put around a link, and undoes the
// escaping that HTML asks for in an attribute.
func withoutWrapping(link string) string {
	wrapping := func(also string) func(rune) bool {
		return func(r rune) bool {
			return unicode.IsSpace(r) || strings.ContainsRune(`<>"'“”„‘’«»`+also, r)
		}
	}
	link = strings.TrimRightFunc(strings.TrimLeftFunc(link, wrapping("")), wrapping("."))
	return strings.NewReplacer("&amp;", "&", "&#38;", "&", "&#x26;", "&").Replace(link)
}

// linkIDs reads the ids of a query. Its other parameters may be written in any way: people
// forget to escape return addresses, and so does the vendor's own example.
func linkIDs(query string) []string {
	var ids []string
	for part := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(part, "=")
		if name, err := url.QueryUnescape(name); err != nil || name != "id" {
			continue
		}
		id, err := url.QueryUnescape(value)
		if err != nil || !isID(id) {
			return nil
		}
		if slices.Contains(ids, id) {
			continue
		}
		if len(ids) == maxLinkIDs {
			return nil
		}
		ids = append(ids, id)
	}
	return ids
}

// isID tells whether a text can be an id of the gateway's, as far as that can be told:
// the vendor shows numbers and does not say that there is nothing else.
func isID(id string) bool {
	return id != "" && len(id) <= maxID && utf8.ValidString(id) &&
		!strings.ContainsFunc(id, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) })
}
