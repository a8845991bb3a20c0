package callback_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"countersign/core/callback"
	"countersign/core/home"
	"countersign/core/home/hometest"
)

func TestMain(m *testing.M) { hometest.Main(m, map[string]hometest.Role{"get": getOnce}) }

// getOnce prints the status of the answer to one GET request for the address in args[0].
func getOnce(ctx context.Context, args []string) error {
	// The context of a role ends with its input, and this one has none.
	req, err := http.NewRequestWithContext(context.WithoutCancel(ctx), http.MethodGet, args[0], nil)
	if err != nil {
		return err
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}).Do(req)
	if err != nil {
		return err
	}
	fmt.Println(resp.StatusCode)
	return resp.Body.Close()
}

const ticket = "0123456789abcdef0123456789abcdef"

// listener is a running server with a client and its log.
type listener struct {
	*testing.T
	addr   string
	client *http.Client
	log    *bytes.Buffer
	stop   context.CancelFunc
	served chan error
}

// listen serves until the test ends.
func listen(t *testing.T, take callback.Receiver) *listener {
	t.Helper()
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	l := &listener{
		T: t, addr: ln.Addr().String(), client: &http.Client{Transport: transport}, log: &bytes.Buffer{}, served: make(chan error, 1),
	}
	ctx, stop := context.WithCancel(context.Background())
	l.stop = stop
	go func() { l.served <- callback.Serve(ctx, ln, take, prove, slog.New(slog.NewTextHandler(l.log, nil))) }()
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		stop()
		if err, ok := <-l.served; ok && err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return l
}

func (l *listener) send(method, path string, change func(*http.Request)) (*http.Response, string) {
	l.Helper()
	req, err := http.NewRequestWithContext(l.Context(), method, "http://"+l.addr+path, nil)
	if err != nil {
		l.Fatal(err)
	}
	if change != nil {
		change(req)
	}
	resp, err := l.client.Do(req)
	if err != nil {
		l.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		l.Fatal(err)
	}
	return resp, string(body)
}

// never returns a Take that fails the test when it is called.
func never(t *testing.T) callback.Receiver {
	return func(_ context.Context, back callback.Return) (callback.Landing, error) {
		t.Errorf("an unexpected return: %+v", back)
		return callback.Landing{}, nil
	}
}

func TestOtherRequestsAreRefused(t *testing.T) {
	l := listen(t, never(t))
	_, port, err := net.SplitHostPort(l.addr)
	if err != nil {
		t.Fatal(err)
	}
	host := func(name string) func(*http.Request) { return func(r *http.Request) { r.Host = name } }
	tests := map[string]struct {
		method, path string
		change       func(*http.Request)
		status       int
	}{
		"a HEAD request":                  {"HEAD", "/return/" + ticket, nil, 405},
		"a HEAD request, almost right":    {"HEAD", "/return/" + ticket + "/", nil, 405},
		"a PUT request":                   {"PUT", "/return/" + ticket, nil, 405},
		"a preflight request":             {"OPTIONS", "/return/" + ticket, func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }, 405},
		"another name":                    {"GET", "/return/" + ticket, host("evil.example:" + port), 421},
		"another name, with a slash":      {"GET", "/return/" + ticket + "/", host("evil.example:" + port), 421},
		"another name, posted":            {"POST", "/return/" + ticket, host("evil.example:" + port), 421},
		"a name below localhost":          {"GET", "/return/" + ticket, host("evil.localhost:" + port), 421},
		"a name that begins so":           {"GET", "/return/" + ticket, host("127.0.0.1.evil.example:" + port), 421},
		"an address of the network":       {"GET", "/return/" + ticket, host("192.0.2.1:" + port), 421},
		"the address of no computer":      {"GET", "/return/" + ticket, host("0.0.0.0:" + port), 421},
		"another name, without a ticket":  {"GET", "/", host("evil.example"), 421},
		"the root":                        {"GET", "/", nil, 404},
		"an icon":                         {"GET", "/favicon.ico", nil, 404},
		"no ticket":                       {"GET", "/return/", nil, 404},
		"a short ticket":                  {"GET", "/return/" + ticket[2:], nil, 404},
		"a ticket that is no number":      {"GET", "/return/" + strings.Repeat("g", 32), nil, 404},
		"a digit too many somewhere else": {"GET", "/x/" + ticket + "0", nil, 404},
		"a post to another path":          {"POST", "/return/x", nil, 404},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			resp, body := l.send(test.method, test.path, test.change)
			if resp.StatusCode != test.status {
				t.Errorf("got %d %s", resp.StatusCode, body)
			}
			for header := range resp.Header {
				if strings.HasPrefix(header, "Access-Control-") {
					t.Errorf("%s invites other pages", header)
				}
			}
			if strings.Contains(body, ticket) || strings.Contains(body, "evil") {
				t.Errorf("it repeats the request: %s", body)
			}
		})
	}
}

func TestLongHeadersAreRefused(t *testing.T) {
	l := listen(t, never(t))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+l.addr+"/return/"+ticket, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Long", strings.Repeat("x", 64<<10))
	resp, err := l.client.Do(req)
	if err != nil {
		return // the server closed the connection before everything was sent
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("got %d", resp.StatusCode)
	}
}

func TestPages(t *testing.T) {
	tests := map[string]struct {
		landing callback.Landing
		err     error
		status  int
		say     []string
	}{
		"signed":                  {callback.Landing{Claim: callback.ClaimsSigned}, nil, 200, []string{"Signed. You can close this tab", "asking the gateway to confirm it"}},
		"signed, and known":       {callback.Landing{Claim: callback.ClaimsSigned, Asking: callback.Recorded}, nil, 200, []string{"Signed. You can close this tab", "Countersign has recorded it."}},
		"signed, never confirmed": {callback.Landing{Claim: callback.ClaimsSigned, Asking: callback.CannotAsk}, nil, 200, []string{"Signed. You can close this tab", "Countersign has recorded it."}},
		"rejected":                {callback.Landing{Claim: callback.ClaimsRejected}, nil, 200, []string{"Rejected. You can close this tab"}},
		"canceled":                {callback.Landing{Claim: callback.ClaimsCanceled}, nil, 200, []string{"Canceled. You can close this tab"}},
		"failed":                  {callback.Landing{Claim: callback.ClaimsFailed}, nil, 200, []string{"Not signed. You can close this tab"}},
		"nothing definite":        {callback.Landing{}, nil, 200, []string{"You are back. You can close this tab", "asking the gateway for the outcome"}},
		"nothing, and known":      {callback.Landing{Asking: callback.Recorded}, nil, 200, []string{"You are back. You can close this tab", "Countersign has recorded it."}},
		"nothing, never answered": {callback.Landing{Asking: callback.CannotAsk}, nil, 200, []string{"the outcome is not known", "cannot ask it", "to see what to do"}},
		"not read":                {callback.Landing{Unread: true}, nil, 200, []string{"could not be read", "asking the gateway for the outcome"}},
		"not read, and known":     {callback.Landing{Unread: true, Asking: callback.Recorded}, nil, 200, []string{"could not be read", "Countersign has recorded it."}},
		"not read, never known":   {callback.Landing{Unread: true, Asking: callback.CannotAsk}, nil, 200, []string{"could not be read", "cannot ask this gateway", "to see what to do"}},
		"not believed":            {callback.Landing{Claim: callback.ContradictsVisit}, nil, 400, []string{"does not match", "Nothing was changed"}},
		"an unknown ticket":       {callback.Landing{}, callback.ErrUnknownTicket, 404, []string{"not known here", "close this tab"}},
		"it cannot be stored":     {callback.Landing{Claim: callback.ClaimsSigned}, errors.New("the disk is full"), 503, []string{"could not be recorded", "Reload this page"}},
		"a claim too many":        {callback.Landing{Claim: 99}, nil, 200, []string{"You are back"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			l := listen(t, func(context.Context, callback.Return) (callback.Landing, error) { return test.landing, test.err })
			resp, body := l.send("GET", "/return/"+ticket+"?status=%3Cscript%3E", nil)
			if resp.StatusCode != test.status {
				t.Errorf("got %d", resp.StatusCode)
			}
			for _, text := range test.say {
				if !strings.Contains(body, text) {
					t.Errorf("%q is not in %s", text, body)
				}
			}
			if test.landing.Asking != callback.Asked && strings.Contains(body, "asking") {
				t.Errorf("the page claims that the gateway is asked: %s", body)
			}
			if test.err != nil && strings.Contains(body, "Signed.") {
				t.Errorf("the page claims a signature: %s", body)
			}
			for header, want := range map[string]string{
				"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer",
				"X-Content-Type-Options": "nosniff", "Access-Control-Allow-Origin": "", "Set-Cookie": "",
				"Vary": "Accept-Language", "Content-Language": "en",
			} {
				if got := resp.Header.Get(header); got != want {
					t.Errorf("%s: got %q, want %q", header, got, want)
				}
			}
			if strings.Contains(strings.ToLower(body), "<script") || strings.Contains(body, "disk") || strings.Contains(body, "http") {
				t.Errorf("the page runs, loads or tells too much: %s", body)
			}
			checkPolicy(t, resp.Header.Get("Content-Security-Policy"), body)
		})
	}
}

func TestPagesAreInTheLanguageOfTheBrowser(t *testing.T) {
	for _, test := range []struct {
		accepted []string // the Accept-Language headers
		language string
		say      string
	}{
		{nil, "en", "Signed. You can close this tab"},
		{[]string{"de-DE,de;q=0.9"}, "en", "Signed. You can close this tab"},
		{[]string{"es-MX,es;q=0.9,en;q=0.8"}, "es", "Firmado. Puede cerrar esta pestaña"},
		{[]string{"de", "ca;q=0.5"}, "ca", "Signat. Podeu tancar aquesta pestanya"},
		{[]string{"fr-CH, fr;q=0.9"}, "fr", "Signé. Vous pouvez fermer cet onglet"},
		{[]string{"\"><script>,fr;q=9"}, "en", "Signed. You can close this tab"},
	} {
		t.Run(test.language, func(t *testing.T) {
			l := listen(t, func(context.Context, callback.Return) (callback.Landing, error) {
				return callback.Landing{Claim: callback.ClaimsSigned}, nil
			})
			resp, body := l.send("GET", "/return/"+ticket, func(r *http.Request) { r.Header["Accept-Language"] = test.accepted })
			if !strings.Contains(body, test.say) || !strings.Contains(body, `<html lang="`+test.language+`">`) {
				t.Errorf("%q: got %s", test.accepted, body)
			}
			if got := resp.Header.Get("Content-Language"); got != test.language {
				t.Errorf("%q: got %s", test.accepted, got)
			}
			if resp.Header.Get("Vary") != "Accept-Language" || resp.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("got %v", resp.Header)
			}
		})
	}
}

var inStyle = regexp.MustCompile(`(?s)<style>(.*?)</style>`)

// checkPolicy compares the policy with the style sheet in the page. A browser ignores a style sheet with another hash.
func checkPolicy(t *testing.T, policy, body string) {
	t.Helper()
	styles := inStyle.FindAllStringSubmatch(body, -1)
	if len(styles) != 1 || strings.Contains(body, "style=") {
		t.Fatalf("%d styles in %s", len(styles), body)
	}
	sum := sha256.Sum256([]byte(styles[0][1]))
	want := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	if policy != want {
		t.Errorf("got %s, want %s", policy, want)
	}
}

func TestTheBrowserIsAnsweredAfterTheReturnIsStored(t *testing.T) {
	taking, keep := make(chan struct{}), make(chan struct{})
	stored := false
	l := listen(t, func(context.Context, callback.Return) (callback.Landing, error) {
		close(taking)
		<-keep
		stored = true
		return callback.Landing{}, nil
	})
	answered := make(chan int, 1)
	go func() {
		resp, err := l.client.Get("http://" + l.addr + "/return/" + ticket)
		if err != nil {
			answered <- 0
			return
		}
		resp.Body.Close()
		answered <- resp.StatusCode
	}()
	<-taking
	select {
	case status := <-answered:
		t.Fatalf("answered %d before the return was stored", status)
	default:
	}
	close(keep)
	if status := <-answered; status != 200 || !stored {
		t.Errorf("got %d, stored: %v", status, stored)
	}
}

func TestServeFinishesAnswersInProgress(t *testing.T) {
	taking, keep := make(chan struct{}), make(chan struct{})
	l := listen(t, func(context.Context, callback.Return) (callback.Landing, error) {
		close(taking)
		<-keep
		return callback.Landing{Claim: callback.ClaimsSigned}, nil
	})
	answered := make(chan string, 1)
	go func() {
		resp, err := l.client.Get("http://" + l.addr + "/return/" + ticket)
		if err != nil {
			answered <- err.Error()
			return
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			answered <- err.Error()
		}
		answered <- string(body)
	}()
	<-taking
	l.stop()
	select {
	case err := <-l.served:
		t.Fatalf("it left while a return was taken: %v", err)
	default:
	}
	close(keep)
	if body := <-answered; !strings.Contains(body, "Signed.") {
		t.Errorf("got %s", body)
	}
	if err := <-l.served; err != nil {
		t.Error(err)
	}
	close(l.served)
}

func TestReturnCountsWhenTheBrowserDisconnects(t *testing.T) {
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{}, 1) // receives when the server notices that the browser has gone
	taking, taken := make(chan struct{}), make(chan error, 1)
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() {
		served <- callback.Serve(ctx, &reading{ln, ended}, func(ctx context.Context, _ callback.Return) (callback.Landing, error) {
			close(taking)
			<-ended
			for range 1000 { // gives the server time to cancel the context, which it must not
				runtime.Gosched()
			}
			taken <- ctx.Err()
			return callback.Landing{}, nil
		}, prove, slog.New(slog.DiscardHandler))
	}()
	conn, err := net.Dial("tcp4", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, "GET /return/"+ticket+" HTTP/1.1\r\nHost: "+ln.Addr().String()+"\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	<-taking
	conn.Close()
	if err := <-taken; err != nil {
		t.Errorf("it was canceled: %v", err)
	}
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
}

// reading is a listener that sends on ended when reading one of its connections fails or ends.
type reading struct {
	net.Listener
	ended chan struct{}
}

func (r *reading) Accept() (net.Conn, error) {
	c, err := r.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &readingConn{c, r.ended}, nil
}

type readingConn struct {
	net.Conn
	ended chan struct{}
}

func (c *readingConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err != nil {
		select {
		case c.ended <- struct{}{}:
		default:
		}
	}
	return n, err
}

func TestServeCancelsSlowAnswers(t *testing.T) {
	taking := make(chan struct{})
	var stopped error
	l := listen(t, func(ctx context.Context, _ callback.Return) (callback.Landing, error) {
		close(taking)
		<-ctx.Done()
		for range 10_000 { // Serve would have returned by now if it did not wait
			runtime.Gosched()
		}
		stopped = ctx.Err()
		return callback.Landing{}, ctx.Err()
	})
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		if resp, err := l.client.Get("http://" + l.addr + "/return/" + ticket); err == nil {
			resp.Body.Close()
		}
	}()
	<-taking
	l.stop()
	if err := <-l.served; err != nil {
		t.Error(err)
	}
	close(l.served)
	if !errors.Is(stopped, context.Canceled) {
		t.Errorf("Serve returned while a return was handled: %v", stopped)
	}
	<-answered
}

func TestServeReturnsTheErrorOfTheListener(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		defer ours.Close()
		l := &failing{conns: make(chan net.Conn, 1)}
		l.conns <- theirs
		served := make(chan error, 1)
		go func() { served <- callback.Serve(t.Context(), l, never(t), prove, slog.New(slog.DiscardHandler)) }()
		synctest.Wait() // the connection is being read
		start := time.Now()
		close(l.conns)
		if err := <-served; err == nil || !strings.Contains(err.Error(), "listen for returning browsers") {
			t.Errorf("got %v", err)
		}
		if _, err := ours.Read(make([]byte, 1)); err == nil || time.Since(start) != 0 {
			t.Errorf("a connection was left open for %v", time.Since(start))
		}
	})
}

// failing is a listener that returns some connections and then an error.
type failing struct{ conns chan net.Conn }

func (f *failing) Accept() (net.Conn, error) {
	if c, ok := <-f.conns; ok {
		return c, nil
	}
	return nil, errors.New("broken")
}

func (f *failing) Close() error   { return nil }
func (f *failing) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

func TestConnectionsAreLimited(t *testing.T) {
	limitConnections(t)
	var mu sync.Mutex
	inside := 0
	full, keep := make(chan struct{}), make(chan struct{})
	const limit = fewConnections
	l := listen(t, func(context.Context, callback.Return) (callback.Landing, error) {
		mu.Lock()
		inside++
		mine := inside
		mu.Unlock()
		if mine == limit {
			close(full)
		}
		if mine <= limit {
			<-keep
		}
		return callback.Landing{}, nil
	})
	var waiting sync.WaitGroup
	for range limit {
		waiting.Go(func() {
			resp, err := l.client.Get("http://" + l.addr + "/return/" + ticket)
			if err != nil {
				t.Error(err)
				return
			}
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		})
	}
	<-full
	// One more connection is closed at once.
	conn, err := net.Dial("tcp4", l.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	// It may be closed before anything is sent.
	_, _ = io.WriteString(conn, "GET /return/"+ticket+" HTTP/1.1\r\nHost: "+l.addr+"\r\n\r\n")
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		t.Error("it was answered")
	}
	close(keep)
	waiting.Wait()
	// Once they are closed, a new one is answered.
	l.client.CloseIdleConnections()
	for {
		resp, err := l.client.Get("http://" + l.addr + "/return/" + ticket)
		if err != nil {
			continue // the server has not noticed yet that they are closed
		}
		resp.Body.Close()
		if resp.StatusCode != 200 {
			t.Errorf("got %d", resp.StatusCode)
		}
		return
	}
}

func TestErrorsAreLogged(t *testing.T) {
	l := listen(t, func(context.Context, callback.Return) (callback.Landing, error) {
		return callback.Landing{}, errors.New("the disk is full")
	})
	l.send("GET", "/return/"+ticket+"?code=hush", nil)
	l.stop()
	if err := <-l.served; err != nil {
		t.Error(err)
	}
	close(l.served)
	if log := l.log.String(); !strings.Contains(log, "the disk is full") || strings.Contains(log, ticket) || strings.Contains(log, "hush") {
		t.Errorf("got %s", log)
	}
}

func TestNewTicket(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		ticket := callback.NewTicket()
		if !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(ticket) || seen[ticket] {
			t.Fatalf("got %q", ticket)
		}
		seen[ticket] = true
	}
	if got := callback.ReturnAddress(8123, ticket); got != "http://127.0.0.1:8123/return/"+ticket {
		t.Errorf("got %s", got)
	}
}

func FuzzPath(f *testing.F) {
	for _, seed := range []string{"/return/" + ticket, "/return/" + strings.ToUpper(ticket), "//return/" + ticket, "/return/%30123456789abcdef0123456789abcdef", "/return/" + ticket + "&a=" + ticket, "/x;" + ticket + "/%3F"} {
		f.Add(seed, "a=b")
	}
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		f.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() {
		served <- callback.Serve(ctx, ln, func(_ context.Context, back callback.Return) (callback.Landing, error) {
			if !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(back.Ticket) {
				f.Errorf("taken for a ticket: %q", back.Ticket)
			}
			for name, values := range back.Query {
				if strings.Contains(strings.ToLower(strings.Join(append(values, name), " ")), back.Ticket) {
					f.Errorf("the ticket is in %q", back.Query)
				}
			}
			return callback.Landing{}, nil
		}, prove, slog.New(slog.DiscardHandler))
	}()
	transport := &http.Transport{}
	f.Cleanup(func() {
		transport.CloseIdleConnections()
		cancel()
		if err := <-served; err != nil {
			f.Error(err)
		}
	})
	f.Fuzz(func(t *testing.T, path, query string) {
		req := &http.Request{Method: http.MethodGet, URL: &url.URL{Scheme: "http", Host: ln.Addr().String(), Path: "/" + strings.TrimLeft(path, "/"), RawQuery: query}, Host: ln.Addr().String()}
		resp, err := transport.RoundTrip(req)
		if err != nil {
			return // net/http cannot send such a request
		}
		resp.Body.Close()
	})
}

// prove stands for the proof of a home.
func prove(challenge string, port int) (string, error) {
	return fmt.Sprint("proof of ", port, challenge), nil
}

func TestProbe(t *testing.T) {
	l := listen(t, func(context.Context, callback.Return) (callback.Landing, error) {
		return callback.Landing{}, callback.ErrUnknownTicket
	})
	port := func(address string) int {
		_, text, err := net.SplitHostPort(address)
		if err != nil {
			t.Fatal(err)
		}
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if err := callback.Probe(t.Context(), port(l.addr), prove); err != nil {
		t.Errorf("our own: %v", err)
	}
	ofOtherHome := func(challenge string, port int) (string, error) { return "another home", nil }
	if err := callback.Probe(t.Context(), port(l.addr), ofOtherHome); !errors.Is(err, home.ErrOtherProgram) {
		t.Errorf("the listener of another home: %v", err)
	}
	passOn := func(w http.ResponseWriter, r *http.Request) {
		resp, err := http.Get("http://" + l.addr + r.URL.Path)
		if err != nil {
			t.Error(err)
			return
		}
		defer resp.Body.Close()
		io.Copy(w, resp.Body)
	}
	for name, other := range map[string]http.Handler{
		"answers 404":                          http.NotFoundHandler(),
		"leads elsewhere":                      http.RedirectHandler("/elsewhere", http.StatusFound),
		"answers without end":                  http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(bytes.Repeat([]byte("x"), 1<<20)) }),
		"passes on what our own listener says": http.HandlerFunc(passOn),
	} {
		server := httptest.NewServer(other)
		if err := callback.Probe(t.Context(), port(server.Listener.Addr().String()), prove); !errors.Is(err, home.ErrOtherProgram) {
			t.Errorf("another program that %s: %v", name, err)
		}
		server.Close()
	}
	unused := mustFreePort(t)
	if err := callback.Probe(t.Context(), unused, prove); err == nil || errors.Is(err, home.ErrOtherProgram) || strings.Contains(err.Error(), "http://") {
		t.Errorf("an unused port: %v", err)
	}
	other, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	go func() {
		c, err := other.Accept()
		if err != nil {
			return
		}
		io.WriteString(c, "220 mail.example ESMTP\r\n")
		c.Close()
	}()
	if err := callback.Probe(t.Context(), port(other.Addr().String()), prove); !errors.Is(err, home.ErrOtherProgram) {
		t.Errorf("a program that does not speak HTTP: %v", err)
	}
}

func mustFreePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
