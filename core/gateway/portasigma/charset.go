package portasigma

import (
	"crypto/sha256"
	"net/http"
	"sync"

	"countersign/core/gateway"
)

// latin1 is what the memory has about a server that reads HTTP Basic in ISO 8859-1.
const latin1 = "iso-8859-1"

// basicTransport sends a user and a password with characters beyond ASCII in the character encoding that the API reads. RFC 7617,
// section 2.1, leaves that open: a call goes out in UTF-8, and when it is refused, once more in ISO 8859-1. What was accepted is
// remembered. After both were refused, the same password is sent in one of them only, until [basicTransport.tryAgain].
type basicTransport struct {
	base    http.RoundTripper
	memory  gateway.Memory
	subject string // in the memory

	mu      sync.Mutex
	refused [sha256.Size]byte // of the header that was refused in both
}

// tryAgain lets the next call be sent in both encodings again.
func (t *basicTransport) tryAgain() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.refused = [sha256.Size]byte{}
}

// RoundTrip implements [http.RoundTripper].
func (t *basicTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	user, password, isBasic := req.BasicAuth()
	userLatin, ok := gateway.Latin1(user)
	passwordLatin, okToo := gateway.Latin1(password)
	if !isBasic || !ok || !okToo || userLatin == user && passwordLatin == password {
		return t.base.RoundTrip(req)
	}
	inLatin := func(req *http.Request) *http.Request {
		req = req.Clone(gateway.WithAuthForm(req.Context(), "in ISO 8859-1"))
		req.SetBasicAuth(userLatin, passwordLatin)
		return req
	}
	first, second, fact := req, inLatin(req), latin1
	if t.memory.Recall(t.subject) == latin1 {
		first, second, fact = second, first, ""
	}
	resp, err := t.base.RoundTrip(first)
	if err != nil || resp.StatusCode != http.StatusUnauthorized || !t.mayRepeat(req) {
		return resp, err
	}
	if second, err = repeated(second); err != nil {
		return resp, nil // the refusal, since the body cannot be read again
	}
	_ = resp.Body.Close()
	if resp, err = t.base.RoundTrip(second); err != nil {
		return nil, err
	}
	if resp.StatusCode == http.StatusUnauthorized {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.refused = hashOf(req)
		return resp, nil
	}
	t.memory.Remember(t.subject, fact)
	return resp, nil
}

// mayRepeat reports whether a refused call may be sent a second time.
func (t *basicTransport) mayRepeat(req *http.Request) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	hasBody := req.Body != nil && req.Body != http.NoBody
	return t.refused != hashOf(req) && (!hasBody || req.GetBody != nil)
}

func hashOf(req *http.Request) [sha256.Size]byte {
	return sha256.Sum256([]byte(req.Header.Get("Authorization")))
}

// repeated returns a request with its body from the beginning.
func repeated(req *http.Request) (*http.Request, error) {
	req = req.Clone(req.Context())
	if req.GetBody == nil {
		return req, nil
	}
	body, err := req.GetBody()
	req.Body = body
	return req, err
}

// CloseIdleConnections is what [http.Client.CloseIdleConnections] calls.
func (t *basicTransport) CloseIdleConnections() {
	if c, ok := t.base.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}
