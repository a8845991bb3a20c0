package callback_test

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign/core/callback"
)

// opener is a running [callback.Opener] with a clock of its own.
type opener struct {
	*callback.Opener
	*testing.T
	port   int
	client *http.Client

	mu  sync.Mutex
	now time.Time
}

func newOpener(t *testing.T) *opener {
	t.Helper()
	o := &opener{T: t, now: time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)}
	o.Opener = callback.NewOpener(func() time.Time {
		o.mu.Lock()
		defer o.mu.Unlock()
		return o.now
	}, slog.New(slog.DiscardHandler))
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o.port = l.Addr().(*net.TCPAddr).Port
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- o.Serve(ctx, l) }()
	transport := &http.Transport{}
	o.client = &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return o
}

func (o *opener) advance(by time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.now = o.now.Add(by)
}

// get asks for an address and checks the status. It returns where the answer leads.
func (o *opener) get(address string, status int, header ...string) string {
	o.Helper()
	req, err := http.NewRequestWithContext(o.Context(), http.MethodGet, address, nil)
	if err != nil {
		o.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	if host := req.Header.Get("Host"); host != "" {
		req.Host = host
	}
	resp, err := o.client.Do(req)
	if err != nil {
		o.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != status {
		o.Errorf("got %s, want %d", resp.Status, status)
	}
	if resp.Header.Get("Cache-Control") != "no-store" && status == http.StatusFound || resp.Header.Get("Referrer-Policy") != "no-referrer" && status == http.StatusFound {
		o.Errorf("the headers are %v", resp.Header)
	}
	return resp.Header.Get("Location")
}

const target = "https://app.example/gateway/sign.html?id=1&urlreturn=http%3A%2F%2F127.0.0.1%3A1%2Freturn%2F" + ticket

func TestAnAddressIsSpentAtItsFirstUse(t *testing.T) {
	o := newOpener(t)
	address, _ := o.Address(o.port, target)
	if strings.Contains(address, ticket) || strings.Contains(address, "app.example") {
		t.Errorf("the address is %s", address)
	}
	// None of these is the browser with its person.
	o.get(address, http.StatusForbidden, "Sec-Purpose", "prefetch")
	o.get(address, http.StatusForbidden, "Sec-Fetch-Mode", "no-cors")
	o.get(address, http.StatusMisdirectedRequest, "Host", "evil.example")
	o.get(strings.Replace(address, "/open/", "/return/", 1), http.StatusNotFound)
	if got := o.get(address, http.StatusFound); got != target {
		t.Errorf("it leads to %s", got)
	}
	for range 2 {
		o.get(address, http.StatusGone)
	}
	other, _ := o.Address(o.port, target)
	o.get(strings.TrimRight(other, "0123456789abcdef")+ticket, http.StatusNotFound)
	o.get(other, http.StatusFound)
}

func TestAnAddressIsGoodForTwoMinutes(t *testing.T) {
	o := newOpener(t)
	early, _ := o.Address(o.port, target)
	late, _ := o.Address(o.port, target)
	o.advance(2 * time.Minute)
	o.get(early, http.StatusFound)
	o.advance(time.Second)
	o.get(late, http.StatusNotFound)
	dropped, drop := o.Address(o.port, target)
	drop()
	o.get(dropped, http.StatusGone)
}

func TestAddressesAreBounded(t *testing.T) {
	o := newOpener(t)
	first, _ := o.Address(o.port, target)
	var last string
	for range 1000 {
		last, _ = o.Address(o.port, target)
	}
	o.get(first, http.StatusNotFound)
	o.get(last, http.StatusFound)
}

func TestAwaitReturnsOnceNoBrowserIsExpected(t *testing.T) {
	o := newOpener(t)
	o.Await(t.Context())
	address, _ := o.Address(o.port, target)
	_, drop := o.Address(o.port, target)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	o.Await(over)
	done := make(chan struct{})
	go func() {
		defer close(done)
		o.Await(t.Context())
	}()
	o.get(address, http.StatusFound)
	select {
	case <-done:
		t.Error("it returned while a browser was expected")
	default:
	}
	drop()
	<-done
}
