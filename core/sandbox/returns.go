package sandbox

import (
	"errors"
	"net/url"
	"regexp"
	"strings"
	"sync"
)

// errBadReturn is returned for an address that a browser may not be sent back to.
var errBadReturn = errors.New("the return address must be an https address, or an http address of this computer (127.0.0.1, [::1] or localhost)")

// hostSource is the syntax of a host in a source expression (Content Security Policy Level 3, 2.3.1).
var hostSource = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9.-]+(:[0-9]+)?$`) })

// parseReturn parses an address that the browser is sent back to. It returns errBadReturn unless that is an https address, or an http
// address of this computer: otherwise a link to the gateway could send the browser anywhere.
func parseReturn(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || len(address) > 4096 || u.Host == "" || u.User != nil || u.Opaque != "" {
		return nil, errBadReturn
	}
	if u.Scheme == "https" || u.Scheme == "http" && isLoopbackHost(u.Hostname()) {
		return u, nil
	}
	return nil, errBadReturn
}

// addQuery returns address with parameters appended to its query and without its fragment. The query that it has stays as it is.
func addQuery(address string, parameters url.Values) string {
	u, err := url.Parse(address)
	if err != nil {
		return address // not reached: parseReturn accepted it
	}
	u.RawQuery = strings.TrimPrefix(strings.TrimSuffix(u.RawQuery, "&")+"&"+parameters.Encode(), "&")
	u.ForceQuery = false
	u.Fragment, u.RawFragment = "", ""
	return u.String()
}

// formTarget returns the source expression for form-action that allows a form to be redirected to address. Chromium applies
// form-action to the redirect after a post, too. It returns "" for an address that parseReturn refuses.
func formTarget(address string) string {
	u, err := parseReturn(address)
	if err != nil {
		return ""
	}
	if !hostSource().MatchString(u.Host) {
		return u.Scheme + ":" // a source expression cannot contain an IPv6 address
	}
	return u.Scheme + "://" + u.Host
}
