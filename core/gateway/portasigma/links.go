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
	maxLink    = 64 << 10 // bytes; no browser accepts more
	maxLinkIDs = 100      // ids in one link
	maxID      = 64       // bytes; the vendor's examples are numbers like 2474
)

// readLink is the ParseLink of [Kind]. It returns the ids of the signature requests in a link, in
// their order and without duplicates, or none if link is not a link to the profile's gateway or
// has an impossible id. Links have one of these forms ("Signature Gateway",
// http://developers.isigma.es/portasigma/signature-gateway.html):
//
//	<root>/gateway/sign.html?id=…[&id=…]…
//	<root>/usergateway/sign.html?id=…[&id=…]…
//	<root>/request/view.html?id=…              deprecated; for a single request
//
// Only the ids are used. The requests are signed at the profile's own address, whatever context,
// return address, logout and view the link has.
//
// exact reports whether the link has the profile's context. The deprecated form has none, and
// is exact for every profile.
//
// An unescaped & in a return address ends it: the gateway takes what follows for its own
// parameters.
func readLink(p gateway.Profile, link string) (ids []string, exact bool) {
	root, err := gateway.ParseRootURL(p.URL)
	if err != nil || len(link) > maxLink {
		return nil, false
	}
	u, err := url.Parse(unwrapLink(link))
	if err != nil || u.User != nil || gateway.Origin(u) != gateway.Origin(root) {
		return nil, false
	}
	page, below := strings.CutPrefix(u.Path, root.Path+"/")
	if !below {
		return nil, false
	}
	context, set := p.Settings["context"].(string)
	if !set {
		context = byCertificate
	}
	switch ids := linkIDs(u.RawQuery); page {
	case byCertificate + "/sign.html", byPassword + "/sign.html":
		return ids, page == context+"/sign.html"
	case "request/view.html":
		if len(ids) == 1 {
			return ids, true
		}
	}
	return nil, false
}

// unwrapLink removes spaces, quotes and brackets that mails and documents put around a link, and
// unescapes the & that HTML escapes.
func unwrapLink(link string) string {
	isWrapping := func(more string) func(rune) bool {
		return func(r rune) bool {
			return unicode.IsSpace(r) || strings.ContainsRune(`<>"'“”„‘’«»`+more, r)
		}
	}
	link = strings.TrimRightFunc(strings.TrimLeftFunc(link, isWrapping("")), isWrapping("."))
	return strings.NewReplacer("&amp;", "&", "&#38;", "&", "&#x26;", "&").Replace(link)
}

// linkIDs returns the ids in a query, without duplicates, or none if one of them is impossible
// or there are more than maxLinkIDs. The other parameters need not be valid: people, and the
// vendor's own example, leave return addresses unescaped.
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

// isID reports whether a text may be an id of the gateway. The vendor shows numbers only, but
// does not exclude other ids.
func isID(id string) bool {
	return id != "" && len(id) <= maxID && utf8.ValidString(id) &&
		!strings.ContainsFunc(id, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) })
}
