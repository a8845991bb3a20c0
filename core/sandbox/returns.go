package sandbox

import (
	"errors"
	"net/url"
	"regexp"
	"strings"
)

var errBadReturn = errors.New("the return address must be an absolute https address, or an http address of this computer (127.0.0.1, [::1] or localhost)")

// hostSource is what may stand as a host in a Content-Security-Policy.
var hostSource = regexp.MustCompile(`^[A-Za-z0-9.-]+(:[0-9]+)?$`)

// parseReturn reads the address a browser is sent back to. Any other kind is refused, or the pages would be
// an open redirector to wherever a link says.
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

// addQuery appends parameters to address, whose own query stays as it is.
func addQuery(address string, parameters url.Values) string {
	u, err := url.Parse(address)
	if err != nil {
		return address // parseReturn has read it before it was stored
	}
	u.RawQuery = strings.TrimPrefix(strings.TrimSuffix(u.RawQuery, "&")+"&"+parameters.Encode(), "&")
	u.ForceQuery = false
	u.Fragment, u.RawFragment = "", ""
	return u.String()
}

// formTarget gives the source expression that lets a form post end at address: Chromium applies form-action
// to the redirect after a post too.
func formTarget(address string) string {
	u, err := parseReturn(address)
	if err != nil {
		return ""
	}
	if !hostSource.MatchString(u.Host) {
		return u.Scheme + ":" // an IPv6 literal cannot be written as a host source
	}
	return u.Scheme + "://" + u.Host
}
