package gateways

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"countersign/core/home"
)

// served echoes requests on a listener until it is stopped.
func served(t *testing.T, l net.Listener) (stop func()) {
	t.Helper()
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(w, r.Body); err != nil {
			t.Error(err)
		}
	})}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(l) // returns that it was closed
	}()
	return func() {
		server.Close()
		<-done
	}
}

// The process that runs the practice gateways may end between any two calls.
func TestACallThatMeetsNobodyIsMadeAgainWhenSomebodyHasTakenOver(t *testing.T) {
	l, err := home.Listen(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	port := home.PortOf(l)
	address := "http://" + l.Addr().String()
	stop := served(t, l)
	revived := 0
	transport := &http.Transport{}
	client := &http.Client{Transport: &retryTransport{base: transport, restart: func(ctx context.Context) error {
		revived++
		next, err := home.Listen(ctx, port)
		if err == nil {
			stop = served(t, next)
		}
		return err
	}}}
	defer client.CloseIdleConnections()
	say := func(text string) {
		t.Helper()
		resp, err := client.Post(address, "text/plain", strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if body, err := io.ReadAll(resp.Body); err != nil || string(body) != text {
			t.Errorf("got %q, %v", body, err)
		}
	}
	say("one")
	stop()
	say("two")
	if revived == 0 {
		t.Error("it was never asked to take over")
	}
	stop()
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// The transport learns that a call may be repeated. The gateway does not see that header, and the
// caller's request is not changed.
func TestACallThatMayBeMadeAgainSaysSoToTheTransportAlone(t *testing.T) {
	gateway := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if _, sent := r.Header["Idempotency-Key"]; sent {
			t.Error("the gateway got the header")
		}
	}))
	defer gateway.Close()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	sent := false
	way := &retryTransport{base: roundTrip(func(req *http.Request) (*http.Response, error) {
		_, sent = req.Header["Idempotency-Key"]
		return transport.RoundTrip(req)
	})}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, gateway.URL, strings.NewReader("one"))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := way.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil || !sent || len(req.Header) > 0 {
		t.Errorf("sent: %v; the caller has %v, %v", sent, req.Header, err)
	}
}

func TestACallIsNotMadeAgainForEver(t *testing.T) {
	l, err := home.Listen(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	l.Close() // nobody listens
	revived := 0
	client := &http.Client{Transport: &retryTransport{base: &http.Transport{}, restart: func(context.Context) error { revived++; return nil }}}
	if _, err := client.Get("http://" + l.Addr().String()); err == nil || revived != maxRestarts {
		t.Errorf("got %v after %d", err, revived)
	}
	none := errors.New("no place for them")
	client = &http.Client{Transport: &retryTransport{base: &http.Transport{}, restart: func(context.Context) error { return none }}}
	if _, err := client.Get("http://" + l.Addr().String()); !errors.Is(err, none) {
		t.Errorf("got %v", err)
	}
}
