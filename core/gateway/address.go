package gateway

import (
	"net"
	"net/netip"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"countersign/core/request"
)

// exampleAddress is the address that error texts give as an example.
const exampleAddress = "https://sign.example.org"

// ParseRootURL parses a URL that credentials may be sent to: its scheme is https, or http if the
// host is this machine. It refuses any other URL, and one with a user, a query or a fragment. The
// result has no slash at the end of its path.
func ParseRootURL(address string) (*url.URL, error) {
	// The error must not repeat a password, even if the address cannot be parsed.
	u, err := url.Parse(address)
	if strings.Contains(address, "@") || err == nil && (u.RawQuery != "" || u.ForceQuery || u.Fragment != "") {
		return nil, request.Errorf("setting_address_parts", "the address of a gateway has no user, query or fragment: give one like %s", exampleAddress)
	}
	if err != nil || u.Hostname() == "" || u.Opaque != "" {
		return nil, request.Errorf("setting_address", "%q is not an address: give one like %s", address, exampleAddress)
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !IsLoopback(u.Hostname())) {
		return nil, request.Errorf("setting_address_open", "%s is not encrypted: use https (http is for this computer only)", address)
	}
	u.Path, u.RawPath = strings.TrimRight(u.Path, "/"), strings.TrimRight(u.RawPath, "/")
	return u, nil
}

// IsLoopback reports whether a host of a URL is this machine: localhost, 127.0.0.0/8 or ::1.
func IsLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// Origin returns the scheme, host and port of a URL in a normal form, so that equal origins are
// equal strings. Before it sends credentials to a URL, a caller must compare the URL's origin with
// the gateway's.
func Origin(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[u.Scheme]
	}
	return u.Scheme + "://" + net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}

// maxAddress is the largest size in bytes of a URL that a gateway may name. Few browsers and
// servers accept more.
const maxAddress = 8 << 10

// IsSafeURL reports whether a URL that a gateway names is short enough to be stored, and free
// of characters that could mislead where it is shown.
func IsSafeURL(address string) bool {
	return len(address) <= maxAddress && utf8.ValidString(address) && !strings.ContainsFunc(address, func(r rune) bool {
		return unicode.IsControl(r) || unicode.IsSpace(r) || unicode.Is(unicode.Bidi_Control, r)
	})
}

// CheckBrowserURL returns an error unless the browser may open a URL that a gateway at root names.
// [CheckWebURL] must accept the URL, and its scheme may be http only if the gateway is on this
// machine.
func CheckBrowserURL(address string, root *url.URL) error {
	if err := CheckWebURL(address); err != nil {
		return err
	}
	if u, err := url.Parse(address); err != nil || u.Scheme != "https" && !IsLoopback(root.Hostname()) {
		return errNotEncrypted
	}
	return nil
}

var errNotEncrypted = request.Errorf("browser_address_open", "the address for the browser is not encrypted")

// CheckWebURL returns an error unless an address can be given to the system's browser. Its scheme
// must be https, or http if its host is this machine. The system opens other addresses with other
// programs: files, commands and settings among them.
func CheckWebURL(address string) error {
	if !IsSafeURL(address) {
		return request.Errorf("browser_address_characters", "the address for the browser is too long or contains invalid characters")
	}
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.Opaque != "" || u.User != nil {
		return request.Errorf("browser_address_invalid", "the address for the browser is not valid")
	}
	if u.Scheme == "https" || u.Scheme == "http" && IsLoopback(u.Hostname()) {
		return nil
	}
	return errNotEncrypted
}

// LastPathSegment returns the unescaped last segment of a URL's path, which is the id in the URLs
// of resources. It returns "" if there is none, if it is "." or "..", or if the URL is not valid.
func LastPathSegment(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	// Split before unescaping, since an id may contain a slash.
	segments := strings.Split(strings.TrimRight(u.EscapedPath(), "/"), "/")
	last, err := url.PathUnescape(segments[len(segments)-1])
	if err != nil || !IsPathSegment(last) {
		return ""
	}
	return last
}

// maxID is the largest size in bytes of an id that a gateway may use.
const maxID = 200

// IsID reports whether a text can be a gateway's id for something: it fits in a URL, and is
// safe to store and show.
func IsID(id string) bool { return IsPathSegment(id) && len(id) <= maxID && Sanitize(id) == id }

// IsPathSegment reports whether an id can be one segment of a URL's path once it is escaped.
func IsPathSegment(id string) bool { return id != "" && id != "." && id != ".." }
