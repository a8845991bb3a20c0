package desk

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"countersign/core/home"
)

// served answers on a listener until stopped; it repeats what it was sent.
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
		_ = server.Serve(l) // says that it was closed
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
	client := &http.Client{Transport: &reviving{base: transport, revive: func(ctx context.Context) error {
		revived++
		next, err := home.Listen(ctx, port)
		if err == nil {
			stop = served(t, next)
		}
		return err
	}}}
	defer client.CloseIdleConnections()
	say := func(word string) {
		t.Helper()
		resp, err := client.Post(address, "text/plain", strings.NewReader(word))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if body, err := io.ReadAll(resp.Body); err != nil || string(body) != word {
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

func TestACallIsNotMadeAgainForEver(t *testing.T) {
	l, err := home.Listen(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	l.Close() // nobody is there
	revived := 0
	client := &http.Client{Transport: &reviving{base: &http.Transport{}, revive: func(context.Context) error { revived++; return nil }}}
	if _, err := client.Get("http://" + l.Addr().String()); err == nil || revived != maxRevivals {
		t.Errorf("got %v after %d", err, revived)
	}
	none := errors.New("no place for them")
	client = &http.Client{Transport: &reviving{base: &http.Transport{}, revive: func(context.Context) error { return none }}}
	if _, err := client.Get("http://" + l.Addr().String()); !errors.Is(err, none) {
		t.Errorf("got %v", err)
	}
}
