package callback

import (
	"net/http"
	"slices"
	"strings"
)

// purposeHeaders are the names under which older browsers sent what Sec-Purpose says today: Chrome, Safari, Firefox.
var purposeHeaders = []string{"Purpose", "X-Purpose", "X-Moz"}

// isNavigation reports whether an HTTP request, by its headers, opens a page for a person who sees the answer. Other requests are
// made in advance (a prefetch or a prerendering) or by a page for itself (an image, a script, a call). A request with none of these
// headers is taken for a navigation.
func isNavigation(h http.Header) bool {
	// "other than requesting the resource for immediate use by the user" (Fetch, The `Sec-Purpose` header).
	if strings.Join(h.Values("Sec-Purpose"), "") != "" {
		return false
	}
	for _, name := range purposeHeaders {
		purpose := strings.ToLower(strings.Join(h.Values(name), ","))
		if strings.Contains(purpose, "prefetch") || strings.Contains(purpose, "prerender") || strings.Contains(purpose, "preview") {
			return false
		}
	}
	// Fetch Metadata Request Headers, 2.1 and 2.2. A gateway may show its own pages, and thus the return, in a frame.
	return isOneOf(h.Values("Sec-Fetch-Mode"), "navigate") && isOneOf(h.Values("Sec-Fetch-Dest"), "document", "iframe", "frame")
}

// isOneOf reports whether each of the values of a header is empty or one of the allowed ones. Without values it returns true.
func isOneOf(values []string, allowed ...string) bool {
	return !slices.ContainsFunc(values, func(v string) bool { return v != "" && !slices.Contains(allowed, v) })
}

// refuseSpeculation answers a request that is no navigation. The status has to be an error: browsers keep a successful answer to a
// prefetch, even 204 and in spite of no-store, and use it for the navigation, so that the return would never arrive. After an error
// they send the request again (HTML, Speculative loading). Nobody sees the text.
func refuseSpeculation(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	http.Error(w, "not ahead of the visit", http.StatusForbidden)
}
