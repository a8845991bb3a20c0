package sandbox

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// The scopes. The first is what every operation of the API asks for (vendor page "Obtain the Result of a Document
// Signature Process"). The other two are what the signing service asks the signer for (vendor page "Execute a
// document signature process", which tells the two occasions but not the scopes: these two words are invented).
const (
	signScope     = "urn:safelayer:eidas:sign:process:document"
	identityScope = "urn:safelayer:eidas:sign:identity:profile"
	useScope      = "urn:safelayer:eidas:sign:identity:use:server"
)

// The OAuth client that the signing service is, and the authorization server it uses. Its secret is made anew
// each time the sandbox is opened: it is never used but by the sandbox itself.
const (
	serviceClient    = "practice-signing-service"
	serviceAuthority = "main"
)

// bearerSyntax is the b64token of RFC 6750, 2.1.
var bearerSyntax = regexp.MustCompile(`^[A-Za-z0-9._~+/-]+=*$`)

// issueToken is the token endpoint of every authorization server (RFC 6749, 4.1.3 and 4.4.2).
func (g *gateway) issueToken(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxFormBytes)
	if err := r.ParseForm(); err != nil {
		writeError(w, http.StatusBadRequest, "invalid_request", "the form could not be read")
		return
	}
	for name, values := range r.PostForm {
		if len(values) > 1 { // RFC 6749, 3.2
			writeError(w, http.StatusBadRequest, "invalid_request", "a parameter is repeated: "+name)
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
		writeError(w, http.StatusUnauthorized, "invalid_client", "client id and secret are needed as HTTP Basic, and must be right")
	}
}

// issueForClient is the client credentials grant, the only one for applications.
func (g *gateway) issueForClient(w http.ResponseWriter, r *http.Request) {
	switch r.PostForm.Get("grant_type") {
	case "client_credentials":
	case "":
		writeError(w, http.StatusBadRequest, "invalid_request", "grant_type is missing from the form")
		return
	case "authorization_code":
		writeError(w, http.StatusBadRequest, "unauthorized_client", "this client may use client_credentials only")
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

// issueForCode is the authorization code grant, which only the signing service may use.
func (g *gateway) issueForCode(w http.ResponseWriter, r *http.Request) {
	form := r.PostForm
	if form.Get("grant_type") != "authorization_code" {
		writeError(w, http.StatusBadRequest, "unauthorized_client", "this client may use authorization_code only")
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
		writeError(w, http.StatusBadRequest, "invalid_grant", "the code is unknown, used, too old, or was given for another request")
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

// hasBasicAuth checks HTTP Basic, as sent and form-decoded: RFC 6749, 2.3.1 has clients encode id and secret, and not all do.
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

// requireBearer lets requests with a good token through. The faults are those of the vendor's page "Status of
// the HTTP Responses": 401 without a code when there is no bearer header, 400 invalid_request for a malformed
// or repeated one, 401 invalid_token for a wrong or expired token. They have no body. A token for something else
// gets 403 insufficient_scope (RFC 6750, 3.1).
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
		if !bearerSyntax.MatchString(token) {
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
	invalidToken    = `Bearer error="invalid_token"`
	servicePassword = `Basic realm="PortaSigma practice", charset="UTF-8"`
)

// requireService lets the service user of PortaSigma's integration API through (HTTP Basic).
func (g *gateway) requireService(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		if equal(user, g.credentials.User)&equal(password, g.credentials.Password) == 0 {
			w.Header().Set("WWW-Authenticate", servicePassword)
			writeError(w, http.StatusUnauthorized, "unauthorized", "service user and password are needed as HTTP Basic, and must be right")
			return
		}
		next.ServeHTTP(w, r)
	})
}
