package support

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"

	"countersign/core/explain"
	"countersign/core/i18n"
	"countersign/core/request"
)

// leftOut stands for a text that somebody outside of the program may have made.
const leftOut = "…"

// shortNumber matches counts, ports, versions and days, and is too short for the number of a person, a phone or a one-time code.
var shortNumber = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(\d{1,5}|\d{1,3}\.\d{1,3}|\d{4}-\d{2}-\d{2}|\d\d:\d\d:\d\d|\d{1,3}(\.\d)?[mµ]?s)$`)
})

// here matches an address of this computer, where the practice gateways are.
var here = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^http://(127\.0\.0\.1|localhost):\d{1,5}$`) })

// ownWords are texts of the program's own, of the libraries that it is made of, and of protocols.
var ownWords = []string{
	"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy",
	"TLS 1.2", "TLS 1.3", "TLSv1.2", "TLSv1.3", "nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "sshfs", "fuse.sshfs", "9p",
	"clerk", "manager", "auditor",
	"invalid_client", "invalid_grant", "invalid_request", "invalid_scope", "unauthorized_client", "unsupported_grant_type", "access_denied",
	"EOF", "unexpected EOF", "i/o timeout", "context deadline exceeded", "context canceled", "no such host", "net/http: TLS handshake timeout",
	"tls: handshake failure", "x509: certificate signed by unknown authority", "file already closed", "use of closed network connection",
	"true", "false", "<nil>",
}

// systemErrors has the texts of the errors of the operating system.
var systemErrors = sync.OnceValue(func() map[string]bool {
	all := map[string]bool{}
	for n := 1; n < 200; n++ {
		all[syscall.Errno(n).Error()] = true
	}
	return all
})

// plain returns a text if neither a person nor a gateway can have made it. Of any other it returns the error of the system that the text may end
// with. [leftOut] stands for what is left out.
func (g gateways) plain(text string) string {
	isOwn := func(s string) bool { return slices.Contains(ownWords, s) || systemErrors()[s] }
	if isOwn(text) || shortNumber().MatchString(text) || here().MatchString(text) || g.permitted[strings.TrimPrefix(text, "https://")] {
		return text
	}
	text = strings.TrimSuffix(text, ")") // what went wrong stands in brackets in many sentences
	if at := strings.LastIndex(text, ": "); at >= 0 && isOwn(text[at+2:]) {
		return leftOut + ": " + text[at+2:]
	}
	return leftOut
}

// sentence returns the sentence of a cause in English, with the arguments that are plain. A sentence without a code is a text like any other.
func (g gateways) sentence(text string, c request.Cause) string {
	if c.Code == "" {
		return g.plain(text)
	}
	said, ok := explain.FromCatalog(i18n.English, g.cause(c))
	if !ok {
		return leftOut
	}
	return strings.Join(strings.Fields(said), " ")
}

// cause returns a cause with the arguments that are plain.
func (g gateways) cause(c request.Cause) request.Cause {
	plain := request.Cause{Code: c.Code, Args: make([]request.Arg, len(c.Args))}
	for i, arg := range c.Args {
		switch {
		case arg.Cause.Code != "":
			plain.Args[i].Cause = g.cause(arg.Cause)
		case c.Code == request.CodeCount, c.Code == request.CodeBytes, c.Code == request.CodeSetting && isSetting(arg.Text):
			plain.Args[i] = arg // a sentence is made of it only if it is a number
		default:
			plain.Args[i].Text = g.plain(arg.Text)
		}
	}
	return plain
}

// isSetting reports whether there is a setting of gateways with that key.
func isSetting(key string) bool {
	_, ok := i18n.English.Lookup("field." + key)
	return ok
}

func (g gateways) errorText(err error) string { return g.sentence(err.Error(), request.CauseOf(err)) }
