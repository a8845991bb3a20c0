package gateway

import (
	"bytes"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// secretNames are parts of the names of members and parameters whose values are secrets.
var secretNames = []string{"token", "secret", "password", "passwd", "passphrase", "assertion", "authorization", "credential", "cookie", "jwt", "apikey", "ticket", "otp", "pincode"}

// openNames are the ends of names with one of secretNames in them, like token_type, whose values are no secrets.
var openNames = []string{"type", "url", "uri", "endpoint", "expiresin", "expiry", "expires", "methodssupported"}

// isSecretName reports whether the value of a member or a parameter of that name must not be shown.
func isSecretName(name string) bool {
	plain := strings.NewReplacer("_", "", "-", "", ".", "").Replace(strings.ToLower(name))
	return slices.ContainsFunc(secretNames, func(part string) bool { return strings.Contains(plain, part) }) &&
		!slices.ContainsFunc(openNames, func(end string) bool { return strings.HasSuffix(plain, end) })
}

// maskQuery returns a query, or a form, with "…" in place of the values of parameters that are named like secrets. What cannot be
// unescaped becomes "…" as a whole.
func maskQuery(query string) string {
	pairs := strings.Split(query, "&")
	for i, pair := range pairs {
		escaped, _, hasValue := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(escaped)
		switch {
		case err != nil:
			pairs[i] = "…"
		case hasValue && isSecretName(name):
			pairs[i] = escaped + "=…"
		}
	}
	return strings.Join(pairs, "&")
}

var (
	credentialForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)\b(bearer|basic)\s+[\w+/=.~-]{8,}`) })       // as in the header Authorization
	jwtForm        = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\beyJ[\w-]{8,}\.[\w-]+(\.[\w-]*)?`) })           // RFC 7519, section 3
	userForm       = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`//[^/@\s]+@`) })                                 // user and password of an address
	parameterForm  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`([\w.-]+)=([^&;,\s"'<>]+|"(?:[^"\\]|\\.)*")`) }) // name=value, as in a query or a challenge
)

// maskText returns a text of any kind with "…" in place of what looks like a credential.
func maskText(text string) string {
	text = credentialForm().ReplaceAllString(text, "$1 …")
	text = userForm().ReplaceAllString(jwtForm().ReplaceAllString(text, "…"), "//…@")
	return parameterForm().ReplaceAllStringFunc(text, func(parameter string) string {
		if name, _, _ := strings.Cut(parameter, "="); isSecretName(name) {
			return name + "=…"
		}
		return parameter
	})
}

// maskJSON returns a JSON text with "…" in place of the values of members that are named like secrets, and the texts among these
// values. The text may be cut off, or no JSON from some point on: then the rest of it is left out.
func maskJSON(text []byte) (masked string, secrets []string) {
	m := masker{text: text, decoder: json.NewDecoder(bytes.NewReader(text))}
	m.decoder.UseNumber()
	for m.err == nil {
		m.value(false)
		if m.err == nil && !m.decoder.More() {
			break
		}
	}
	m.out.Write(text[m.written:m.decoder.InputOffset()])
	if m.err != nil {
		m.out.WriteString("…")
	}
	return m.out.String(), m.secrets
}

// masker does the work of [maskJSON].
type masker struct {
	text    []byte
	decoder *json.Decoder
	out     bytes.Buffer
	written int64 // how much of text is in out
	secrets []string
	depth   int
	err     error
}

// token returns the next token. It sets err at the end of what can be read.
func (m *masker) token() json.Token {
	var token json.Token
	if m.err == nil {
		token, m.err = m.decoder.Token()
	}
	return token
}

// value reads one value. If it is a secret, its texts and numbers are collected.
func (m *masker) value(secret bool) {
	switch token := m.token().(type) {
	case json.Delim:
		if m.depth++; m.depth > maxDepth {
			m.err = errDeep
		}
		for m.err == nil && m.decoder.More() {
			if token == '{' {
				name, _ := m.token().(string)
				m.member(name, secret)
			} else {
				m.value(secret)
			}
		}
		m.token()
		m.depth--
	case string:
		if secret {
			m.secrets = append(m.secrets, token)
		}
	case json.Number:
		if secret {
			m.secrets = append(m.secrets, token.String())
		}
	}
}

// member reads the value of a member. If the member is named like a secret and is not within one, it masks the value.
func (m *masker) member(name string, within bool) {
	if within || !isSecretName(name) {
		m.value(within)
		return
	}
	if m.err != nil {
		return
	}
	before := m.decoder.InputOffset()
	m.out.Write(m.text[m.written:before])
	m.out.WriteString(`:"…"`)
	m.value(true)
	m.written = m.decoder.InputOffset()
}
