package sandbox

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// Scopes. The first is the one that all operations of the API require; see "Obtain the Result of a Document Signature Process"
// (Safelayer). The signing service asks the signer for the other two. "Execute a document signature process" (Safelayer) describes
// both authorizations but names no scopes, so these two are invented.
const (
	signScope     = "urn:safelayer:eidas:sign:process:document"
	identityScope = "urn:safelayer:eidas:sign:identity:profile"
	useScope      = "urn:safelayer:eidas:sign:identity:use:server"
)

// The signing service's OAuth client, and the authorization server that it uses. The client's secret is new each time the sandbox is
// opened, because only the sandbox uses it.
const (
	serviceClient    = "practice-signing-service"
	serviceAuthority = "main"
)

// bearerSyntax is b64token (RFC 6750, 2.1).
var bearerSyntax = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9._~+/-]+=*$`) })

// issueToken is the token endpoint of every authorization server (RFC 6749, 4.1.3 and 4.4.2).
func (g *gateway) issueToken(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxFormBytes)
	if err := r.ParseForm(); err != nil {
		writeError(w, http.StatusBadRequest, "invalid_request", "the form could not be read")
		return
	}
	for name, values := range r.PostForm {
		if len(values) > 1 { // RFC 6749, 3.2
			writeError(w, http.StatusBadRequest, "invalid_request", "this parameter is repeated: "+name)
			return
		}
	}
	c := g.credentials
	switch {
	case hasBasicAuth(r, c.ClientID, c.ClientSecret):
		g.issueForClient(w, r)
	case hasBasicAuth(r, serviceClient, g.serviceSecret):
		g.issueForCode(w, r)
	default:
		w.Header().Set("WWW-Authenticate", `Basic realm="practice", charset="UTF-8"`)
		writeError(w, http.StatusUnauthorized, "invalid_client", "a valid client id and secret are required, as HTTP Basic")
	}
}

// issueForClient answers a token request of an application, which may use the client credentials grant only (RFC 6749, 4.4).
func (g *gateway) issueForClient(w http.ResponseWriter, r *http.Request) {
	switch r.PostForm.Get("grant_type") {
	case "client_credentials":
	case "":
		writeError(w, http.StatusBadRequest, "invalid_request", "grant_type is missing from the form")
		return
	case "authorization_code":
		writeError(w, http.StatusBadRequest, "unauthorized_client", "this client may only use client_credentials")
		return
	default:
		writeError(w, http.StatusBadRequest, "unsupported_grant_type", "only client_credentials is supported")
		return
	}
	if !slices.Contains(strings.Fields(r.PostForm.Get("scope")), signScope) {
		writeError(w, http.StatusBadRequest, "invalid_scope", "the scope must include "+signScope)
		return
	}
	token, now := randomID()+randomID(), g.options.Now()
	kind := "Bearer"
	err := g.state.addToken(token, accessToken{expiring: expiring{now.Add(tokenLife)}}, now)
	if err == nil {
		if old, fault := g.state.misbehavesAnywhere(oldShape); old {
			kind, err = "bearer", fault
		}
	}
	if err != nil {
		g.writeFault(w, r, err)
		return
	}
	writeToken(w, token, kind, signScope, tokenLife)
}

// issueForCode answers a token request of the signing service, the only client that may use the authorization code grant (RFC 6749,
// 4.1.3).
func (g *gateway) issueForCode(w http.ResponseWriter, r *http.Request) {
	form := r.PostForm
	if form.Get("grant_type") != "authorization_code" {
		writeError(w, http.StatusBadRequest, "unauthorized_client", "this client may only use authorization_code")
		return
	}
	token, now := randomID()+randomID(), g.options.Now()
	granted, good, err := g.state.redeemCode(form.Get("code"), token, now, func(c authorizationCode) bool {
		challenge := sha256.Sum256([]byte(form.Get("code_verifier")))
		return c.Authority == r.PathValue("as") && c.Redirect == form.Get("redirect_uri") &&
			equal(c.Challenge, base64.RawURLEncoding.EncodeToString(challenge[:])) == 1
	})
	switch {
	case err != nil:
		g.writeFault(w, r, err)
	case !good:
		writeError(w, http.StatusBadRequest, "invalid_grant", "the code is unknown, already used or expired, or was issued for another request")
	default:
		writeToken(w, token, "Bearer", granted.Scope, codeLife)
	}
}

func writeToken(w http.ResponseWriter, token, kind, scope string, life time.Duration) {
	writeJSON(w, http.StatusOK, map[string]any{
		"access_token": token,
		"token_type":   kind,
		"expires_in":   int(life.Seconds()),
		"scope":        scope,
	})
}

// hasBasicAuth reports whether r has these credentials as HTTP Basic. RFC 6749, 2.3.1 requires clients to form-encode id and secret, but
// some do not, so both forms are accepted.
func hasBasicAuth(r *http.Request, id, secret string) bool {
	sentID, sentSecret, ok := r.BasicAuth()
	if !ok {
		return false
	}
	plain := equal(sentID, id) & equal(sentSecret, secret)
	decodedID, err1 := url.QueryUnescape(sentID)
	decodedSecret, err2 := url.QueryUnescape(sentSecret)
	if err1 != nil || err2 != nil {
		return plain == 1
	}
	return plain|equal(decodedID, id)&equal(decodedSecret, secret) == 1
}

// requireBearer passes on requests with a valid access token of an application. Errors have no body; they are those of the page "Status of
// the HTTP Responses" (Safelayer): 401 without an error code when there is no bearer header, 400 invalid_request when it is malformed or
// repeated, 401 invalid_token when the token is unknown or expired. A token of the signing service gets 403 insufficient_scope (RFC
// 6750, 3.1).
func (g *gateway) requireBearer(next http.Handler) http.Handler {
	refuse := func(w http.ResponseWriter, status int, challenge string) {
		w.Header().Set("WWW-Authenticate", challenge)
		w.WriteHeader(status)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		headers := r.Header.Values("Authorization")
		if len(headers) > 1 {
			refuse(w, http.StatusBadRequest, `Bearer error="invalid_request"`)
			return
		}
		scheme, token, _ := strings.Cut(strings.Join(headers, ""), " ")
		if !strings.EqualFold(scheme, "Bearer") {
			refuse(w, http.StatusUnauthorized, "Bearer")
			return
		}
		if !bearerSyntax().MatchString(token) {
			refuse(w, http.StatusBadRequest, `Bearer error="invalid_request"`)
			return
		}
		t, valid, err := g.state.token(token, g.options.Now())
		switch {
		case err != nil:
			g.writeFault(w, r, err)
		case !valid:
			refuse(w, http.StatusUnauthorized, invalidToken)
		case t.Grant != nil:
			refuse(w, http.StatusForbidden, `Bearer error="insufficient_scope", scope="`+signScope+`"`)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

const (
	invalidToken    = `Bearer error="invalid_token"`                       // #nosec G101 -- names of challenges, no credentials
	servicePassword = `Basic realm="PortaSigma practice", charset="UTF-8"` // #nosec G101 -- names of challenges, no credentials
)

// requireService passes on requests with the name and password of PortaSigma's service user as HTTP Basic, and answers 401 to others. The
// routes of the integration API need them.
func (g *gateway) requireService(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		if equal(user, g.credentials.User)&equal(password, g.credentials.Password) == 0 {
			w.Header().Set("WWW-Authenticate", servicePassword)
			writeError(w, http.StatusUnauthorized, "unauthorized", "a valid service user and password are required, as HTTP Basic")
			return
		}
		next.ServeHTTP(w, r)
	})
}
