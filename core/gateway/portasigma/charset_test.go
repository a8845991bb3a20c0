package portasigma_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"countersign/core/gateway"
	"countersign/core/gateway/portasigma"
	"countersign/core/request"
)

// notebook is a [gateway.Memory] for a test.
type notebook struct{ sync.Map }

func (n *notebook) Recall(subject string) string {
	fact, _ := n.Load(subject)
	text, _ := fact.(string)
	return text
}

func (n *notebook) Remember(subject, fact string) { n.Store(subject, fact) }

// apiServer accepts uploads from whoever has one of the passwords, and counts the calls.
type apiServer struct {
	*httptest.Server
	mu       sync.Mutex
	accepted string
	calls    int
	bodies   int // whole documents that were received
}

func newAPIServer(t *testing.T, accepted string) *apiServer {
	s := &apiServer{accepted: accepted}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if r.Method == http.MethodHead {
			return
		}
		s.calls++
		if _, got, _ := r.BasicAuth(); got != s.accepted {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if r.Method == http.MethodGet {
			return
		}
		if strings.Contains(string(body), document) {
			s.bodies++
		}
		w.Header().Set("Location", map[string]string{"/v1/docs/": "/v1/docs/7/"}[r.URL.Path])
		if r.URL.Path == "/v1/docs/7/" {
			w.Header().Set("Location", "/v1/docs/7/signers/12/")
		}
		w.WriteHeader(http.StatusSeeOther)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *apiServer) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer func() { s.calls = 0 }()
	return s.calls
}

func (s *apiServer) open(t *testing.T, memory gateway.Memory, secret string) gateway.Gateway {
	t.Helper()
	p := gateway.Profile{Name: "ours", Kind: "portasigma", URL: s.URL, Settings: map[string]any{"api_url": s.URL + "/v1", "user": user}}
	client, err := gateway.NewClient(p, gateway.Proxies{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	g, err := portasigma.Kind.New(p, gateway.Tools{HTTP: client, Secret: func(context.Context) (string, error) { return secret, nil }, Memory: memory})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestAPasswordIsSentInTheEncodingThatTheAPIReads(t *testing.T) {
	const secret = "contraseña-é"
	latin, _ := gateway.Latin1(secret)
	spec := gateway.VisitSpec{
		ReturnURL: "http://127.0.0.1:5000/return/x", OpenDocument: openDocument,
		Requests: []request.Request{withFile("a", request.Signer{Name: "Ana", Email: "ana@example.org", Country: "ES", Number: "00000000T"})},
	}
	s, memory := newAPIServer(t, latin), &notebook{}
	if _, err := s.open(t, memory, secret).Prepare(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	if n := s.count(); n != 3 || s.bodies != 1 {
		t.Errorf("%d calls, %d documents", n, s.bodies)
	}
	// The next process knows.
	if _, err := s.open(t, memory, secret).Prepare(t.Context(), spec); err != nil || s.count() != 2 {
		t.Errorf("got %v", err)
	}
	// The API reads UTF-8 from now on.
	s.accepted = secret
	if _, err := s.open(t, memory, secret).Prepare(t.Context(), spec); err != nil || s.count() != 3 {
		t.Errorf("got %v", err)
	}
	if _, err := s.open(t, memory, secret).Prepare(t.Context(), spec); err != nil || s.count() != 2 {
		t.Errorf("got %v", err)
	}
}

func TestAWrongPasswordIsTriedTwiceAtMost(t *testing.T) {
	for secret, first := range map[string]int{"plain": 1, "contraseña": 2, "كلمة": 1} {
		s := newAPIServer(t, "another")
		g := s.open(t, nil, secret)
		if results := g.Check(t.Context()); results[len(results)-1].OK {
			t.Errorf("got %+v", results)
		}
		if n := s.count(); n != first {
			t.Errorf("%s: %d calls", secret, n)
		}
		spec := gateway.VisitSpec{ReturnURL: "http://127.0.0.1:5000/return/x", OpenDocument: openDocument, Requests: []request.Request{withFile("a", request.Signer{Name: "Ana", Email: "ana@example.org", Country: "ES", Number: "00000000T"})}}
		for range 3 {
			if _, err := g.Prepare(t.Context(), spec); faultOf(err) != gateway.Unauthorized || s.count() != 1 {
				t.Errorf("%s: got %v", secret, err)
			}
		}
	}
}
