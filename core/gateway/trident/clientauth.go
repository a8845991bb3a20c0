package trident

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"countersign/core/gateway"
)

// clientAuth is a form in which the client id and secret go to the token address.
type clientAuth string

const (
	// basicEscaped is HTTP Basic with the id and the secret escaped before they are joined (RFC 6749, section 2.3.1).
	basicEscaped clientAuth = "basic_escaped"
	// basicPlain is HTTP Basic as it is everywhere else (RFC 7617). Some servers compare the header with it and escape nothing.
	basicPlain clientAuth = "basic_plain"
	// inBody is for the parameters client_id and client_secret of the form that is sent (RFC 6749, section 2.3.1).
	inBody clientAuth = "body"
)

// The options of the setting client_auth.
const (
	authBasic = "basic" // basicEscaped or basicPlain, whichever the server accepts
	authBody  = "body"
)

// basicValue returns what follows "Basic " in the Authorization header.
func (a clientAuth) basicValue(id, secret string) string {
	if a == basicEscaped {
		id, secret = escape(id), escape(secret)
	}
	return base64.StdEncoding.EncodeToString([]byte(id + ":" + secret))
}

// escape escapes a text as forms do (RFC 6749, appendix B), but a space as %20 and not as "+", which only some servers read as a
// space.
func escape(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }

// refusedPause is how long a secret that the server refused in every form is not sent again, unless somebody asks for it by
// [Trident.Check]. Without the pause, many open requests at once could lock the client's account.
const refusedPause = 30 * time.Second

// refusal is what the server last said to a secret that it refused in every form. The zero value stands for none.
type refusal struct {
	secret [sha256.Size]byte
	last   clientAuth // the form that was sent last
	err    error      // what was returned for it
	at     time.Time
}

// isFor reports whether the refusal is for that secret.
func (r refusal) isFor(secret string) bool {
	return r.err != nil && r.secret == sha256.Sum256([]byte(secret))
}

// subject is what the memory has the form under that the token address accepted.
func (t *tokens) subject() string { return "client_auth " + t.url }

// forms returns the forms in which to send a secret, in this order, until one is accepted: two at most. Only one is left if both
// would be the same bytes, and if the secret was refused before: then it is the form that was not sent last, so that no more
// refusals add up than with a single form.
func (t *tokens) forms(secret string) []clientAuth {
	switch {
	case t.auth == authBody:
		return []clientAuth{inBody}
	case !t.hasTwoForms(secret):
		return []clientAuth{basicEscaped}
	}
	first, second := basicEscaped, basicPlain
	if clientAuth(t.memory.Recall(t.subject())) == second {
		first, second = second, first
	}
	switch {
	case !t.refused.isFor(secret):
		return []clientAuth{first, second}
	case t.refused.last == first:
		return []clientAuth{second}
	}
	return []clientAuth{first}
}

// hasTwoForms reports whether both forms of HTTP Basic can be sent, and are not the same bytes.
func (t *tokens) hasTwoForms(secret string) bool {
	return basicEscaped.basicValue(t.clientID, secret) != basicPlain.basicValue(t.clientID, secret) &&
		!strings.Contains(t.clientID, ":") // RFC 7617, section 2: a plain id has no colon
}

// getToken gets a token in the first form that the server accepts, and remembers that form.
func (t *tokens) getToken(ctx context.Context, secret string) (*oauth2.Token, error) {
	if t.refused.isFor(secret) && time.Since(t.refused.at) < refusedPause {
		return nil, t.refused.err
	}
	forms := t.forms(secret)
	var first error // what the form that is tried first is refused with
	for _, form := range forms {
		token, err := t.request(ctx, form, secret)
		if err == nil {
			t.refused = refusal{}
			t.remember(form, secret)
			return token, nil
		}
		said := t.tokenError(err)
		if !clientRefused(err) {
			t.refused = refusal{}
			return nil, said
		}
		if first == nil {
			first = said
		}
		t.refused = refusal{sha256.Sum256([]byte(secret)), form, first, time.Now()}
	}
	return nil, first
}

// remember keeps the form in which the server accepted a secret, if there was another one. basicEscaped is tried first anyway, so
// nothing is kept for it.
func (t *tokens) remember(form clientAuth, secret string) {
	fact := ""
	if form == basicPlain {
		fact = string(form)
	}
	if t.auth == authBasic && t.hasTwoForms(secret) && t.memory.Recall(t.subject()) != fact {
		t.memory.Remember(t.subject(), fact)
	}
}

// clientRefused reports whether a server that sent such an answer may accept the client's id and secret in another form. Servers
// differ in what they say to a wrong secret: the status 401 with any code, 400 with the code of RFC 6749, section 5.2, or 400 or
// 403 without a code that is about something else.
func clientRefused(err error) bool {
	retrieve, code, ok := tokenRefusal(err)
	if !ok {
		return false
	}
	switch retrieve.Response.StatusCode {
	case http.StatusUnauthorized:
		return true
	case http.StatusBadRequest, http.StatusForbidden:
		return code == "" || code == "invalid_client" || code == "invalid_request" || code == "access_denied"
	}
	return code == "invalid_client"
}

// authorizing is the transport of one call to the token address. It sends the client id and secret in one of the forms, and
// hands over the answer in the form that the OAuth library reads.
type authorizing struct {
	base       http.RoundTripper
	form       clientAuth
	id, secret string
}

// RoundTrip implements [http.RoundTripper].
func (a authorizing) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := gateway.WithCredentials(req.Context(), a.secret, escape(a.secret))
	if basicEscaped.basicValue(a.id, a.secret) != basicPlain.basicValue(a.id, a.secret) {
		ctx = gateway.WithAuthForm(ctx, map[clientAuth]string{basicEscaped: "escaped, as in RFC 6749", basicPlain: "as it is, as in RFC 7617"}[a.form])
	}
	req = req.Clone(ctx)
	req.Header.Set("Accept", "application/json")
	if a.form != inBody {
		req.Header.Set("Authorization", "Basic "+a.form.basicValue(a.id, a.secret))
	}
	resp, err := a.base.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	return readable(resp)
}
