package sandbox

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

const (
	tokenPath = TridentPath + "/trustedx-authserver/oauth"
	// signScope is the scope every operation of the API asks for (vendor page "Obtain the Result of a Document Signature Process").
	signScope = "urn:safelayer:eidas:sign:process:document"
)

// bearerSyntax is the b64token of RFC 6750, 2.1.
var bearerSyntax = regexp.MustCompile(`^[A-Za-z0-9._~+/-]+=*$`)

// issueToken is the token endpoint of every authorization server, for the client credentials grant (RFC 6749, 4.4).
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
	if !g.isClient(r) {
		w.Header().Set("WWW-Authenticate", `Basic realm="practice", charset="UTF-8"`)
		writeError(w, http.StatusUnauthorized, "invalid_client", "client id and secret are needed as HTTP Basic, and must be right")
		return
	}
	switch r.PostForm.Get("grant_type") {
	case "client_credentials":
	case "":
		writeError(w, http.StatusBadRequest, "invalid_request", "grant_type is missing from the form")
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
	if err := g.state.addToken(token, now.Add(g.options.TokenLife), now); err != nil {
		g.failJSON(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"access_token": token,
		"token_type":   "Bearer",
		"expires_in":   int(g.options.TokenLife.Seconds()),
		"scope":        signScope,
	})
}

// isClient checks HTTP Basic, as sent and form-decoded: RFC 6749, 2.3.1 has clients encode id and secret, and not all do.
func (g *gateway) isClient(r *http.Request) bool {
	id, secret, ok := r.BasicAuth()
	if !ok {
		return false
	}
	c := g.credentials
	plain := equal(id, c.ClientID) & equal(secret, c.ClientSecret)
	decodedID, err1 := url.QueryUnescape(id)
	decodedSecret, err2 := url.QueryUnescape(secret)
	if err1 != nil || err2 != nil {
		return plain == 1
	}
	return plain|equal(decodedID, c.ClientID)&equal(decodedSecret, c.ClientSecret) == 1
}

// equal compares in constant time, whatever the lengths; it gives 1 or 0.
func equal(a, b string) int {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:])
}

// requireBearer lets requests with a good token through. The faults are those of the vendor's page "Status of
// the HTTP Responses": 401 without a code when there is no bearer header, 400 invalid_request for a malformed
// or repeated one, 401 invalid_token for a wrong or expired token. They have no body.
func (g *gateway) requireBearer(next http.HandlerFunc) http.Handler {
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
		valid, err := g.state.hasToken(token, g.options.Now())
		switch {
		case err != nil:
			g.failJSON(w, r, err)
		case !valid:
			refuse(w, http.StatusUnauthorized, `Bearer error="invalid_token"`)
		default:
			next(w, r)
		}
	})
}

// requireService lets the service user of PortaSigma's integration API through (HTTP Basic).
func (g *gateway) requireService(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		if equal(user, g.credentials.User)&equal(password, g.credentials.Password) == 0 {
			w.Header().Set("WWW-Authenticate", `Basic realm="PortaSigma practice", charset="UTF-8"`)
			writeError(w, http.StatusUnauthorized, "unauthorized", "service user and password are needed as HTTP Basic, and must be right")
			return
		}
		next(w, r)
	})
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	data, err := json.Marshal(body)
	if err != nil {
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(data, '\n')) // the client may be gone
}

// writeError answers in the shape of RFC 6749, 5.2; the vendors document no other.
func writeError(w http.ResponseWriter, status int, code, description string) {
	writeJSON(w, status, map[string]string{"error": code, "error_description": description})
}

// failJSON answers a fault of the gateway itself.
func (g *gateway) failJSON(w http.ResponseWriter, r *http.Request, err error) {
	g.fault(r, err)
	writeError(w, http.StatusInternalServerError, "server_error", "the practice gateway could not do this; its log says why")
}
