package network

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign/core/request"
)

const target = "https://sign.example.org"

func TestEachAnswerOfAProxyHasItsOwnSentence(t *testing.T) {
	status := func(text string, headers ...string) func(net.Conn) {
		return saying("HTTP/1.1 " + text + "\r\nContent-Length: 0\r\n" + strings.Join(append(headers, ""), "\r\n") + "\r\n")
	}
	for name, test := range map[string]struct {
		proxy        func(net.Conn)
		code         string
		says, advice string
	}{
		"407, Basic":      {status("407 Proxy Authentication Required", `Proxy-Authenticate: Basic realm="x"`), "net_proxy_login", "requires a login (407)", "countersignctl proxy login 127.0.0.1:"},
		"407, both":       {status("407 Proxy Authentication Required", "Proxy-Authenticate: Negotiate", `Proxy-Authenticate: basic realm="x, NTLM"`), "net_proxy_login", "requires a login (407)", "proxy login"},
		"407, no header":  {status("407 Whatever"), "net_proxy_login", "requires a login (407)", "proxy login"},
		"407, NTLM":       {status("407 Proxy Authentication Required", "Proxy-Authenticate: Negotiate", "Proxy-Authenticate: NTLM"), "net_proxy_scheme", "of the kind Negotiate, NTLM (407)", "Cntlm"},
		"403":             {status("403 Forbidden"), "net_proxy_forbidden", "refuses this address (403)", "sign.example.org"},
		"502":             {status("502 Bad Gateway"), "net_proxy_bad_gateway", "cannot reach sign.example.org (502)", "whoever runs the proxy"},
		"504":             {status("504 Gateway Timeout"), "net_proxy_bad_gateway", "(504)", "whoever runs the proxy"},
		"405":             {status("405 Method Not Allowed"), "net_proxy_no_connect", "(405)", "CONNECT to sign.example.org"},
		"a login page":    {status("302 Found", "Location: http://login.example/?s3cret"), "net_proxy_portal", "in the browser first (302)", "log in to the network"},
		"511":             {status("511 Network Authentication Required"), "net_proxy_portal", "(511)", "log in to the network"},
		"another status":  {status("500 Internal Server Error"), "net_proxy_status", "the status 500", "whoever runs the proxy"},
		"another success": {status("202 Accepted"), "net_proxy_status", "the status 202", "whoever runs the proxy"},
		"garbage":         {saying("s3cret s3cret\r\n\r\n"), "net_proxy_garbage", "is not a proxy", "HTTPS_PROXY"},
		"closed":          {saying(""), "net_proxy_closed", "closed the connection", "HTTPS_PROXY"},
		"half a head":     {saying("HTTP/1.1 200 OK\r\nX-S3cret: "), "net_proxy_closed", "closed the connection", "HTTPS_PROXY"},
	} {
		t.Run(name, func(t *testing.T) {
			f := failure(t, Config{Proxy: through(t, "http://"+serveRaw(t, test.proxy))}, target)
			if !f.is(AtProxy, test.code) || !strings.Contains(f.What.Text, test.says) || !strings.Contains(f.Advice.Text, test.advice) || strings.Contains(f.Error()+f.Advice.Text, "s3cret") {
				t.Errorf("%s %q: %q", f.What.Cause.Code, f.What.Text, f.Advice.Text)
			}
		})
	}
}

func TestAProxyThatIsNotThereIsNamedWithoutItsPassword(t *testing.T) {
	closed := func() string {
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		return l.Addr().String()
	}()
	silent := serveRaw(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	for address, says := range map[string]string{
		"http://ana:s3cret@" + closed:           "the proxy " + closed + " cannot be reached (the connection was refused)",
		"http://ana:s3cret@nobody.invalid:3128": "the proxy nobody.invalid:3128 cannot be reached (its name ",
		"socks5://ana:s3cret@" + closed:         "the proxy " + closed + " cannot be reached (the connection was refused)",
		"http://ana:s3cret@" + silent:           "the proxy " + silent + " does not answer in time",
		"https://ana:s3cret@" + silent:          "the proxy " + silent + " ", // at whichever of two limits comes first
	} {
		c := Config{Proxy: through(t, address), Timeout: 10 * time.Second}
		if strings.HasSuffix(address, silent) {
			c.Timeout = 100 * time.Millisecond
		}
		ctx, cancel := context.WithTimeout(t.Context(), c.Timeout)
		defer cancel()
		c.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
		transport := New(c)
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = transport.RoundTrip(req)
		transport.CloseIdleConnections()
		f, ok := errors.AsType[*Failure](err)
		if !ok || f.Stage != AtProxy || !strings.Contains(f.What.Text, says) || strings.Contains(f.Error()+f.Advice.Text, "s3cret") {
			t.Errorf("%s: %v", address, err)
		}
	}
	f := failure(t, Config{Proxy: func(*http.Request) (*url.URL, error) { return nil, errors.New("s3cret") }}, target)
	if !f.is(AtProxy, "net_proxy_address") {
		t.Errorf("%+v", f)
	}
}

// proxyServer passes CONNECT on to one address, if the login is right. It keeps what it was sent.
type proxyServer struct {
	to    string // host and port
	login string // "" for none; user:password
	opens *tls.Config

	mu   sync.Mutex
	sent []string // the headers Proxy-Authorization, in order
}

func (p *proxyServer) serve(c net.Conn) {
	req, err := http.ReadRequest(bufio.NewReader(c))
	if err != nil {
		return
	}
	p.mu.Lock()
	p.sent = append(p.sent, req.Header.Get("Proxy-Authorization"))
	p.mu.Unlock()
	req.Header.Set("Authorization", req.Header.Get("Proxy-Authorization"))
	user, password, _ := req.BasicAuth()
	if p.login != "" && user+":"+password != p.login {
		_, _ = io.WriteString(c, "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n")
		return
	}
	_, _ = io.WriteString(c, "HTTP/1.1 200 Connection established\r\n\r\n")
	if p.opens != nil {
		_ = tls.Server(c, p.opens).Handshake()
		return
	}
	pipe(c, p.to)
}

func (p *proxyServer) headers() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.sent...)
}

func TestALoginIsSentToItsProxyAlone(t *testing.T) {
	root := issue(t, "Test Root", nil, authority)
	reached := ""
	server := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{issue(t, "127.0.0.1", root, nil).chain()}}, func(_ http.ResponseWriter, r *http.Request) {
		reached = r.Header.Get("Proxy-Authorization") + "."
	})
	p := &proxyServer{to: strings.TrimPrefix(server, "https://"), login: "ana:p:ä s3cret"}
	address := serveRaw(t, p.serve)
	asked := ""
	logins := NewLogins(func(_ context.Context, origin string) (Login, error) {
		asked = origin
		return Login{"ana", "p:ä s3cret"}, nil
	}, time.Now)
	trusting := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: poolOf(root)}
	resp, err := get(t, Config{TLS: trusting, Logins: logins, Proxy: through(t, "http://"+address)}, server)
	if err != nil || reached != "." || asked != "http://"+address || Through(resp) != address {
		t.Errorf("%v, the server got %q, asked for %q, through %q", err, reached, asked, Through(resp))
	}
	// A login in the address goes before.
	if _, err = get(t, Config{TLS: trusting, Logins: logins, Proxy: through(t, "http://bob:x@"+address)}, server); err == nil {
		t.Error("another login was accepted")
	}
	if f, ok := errors.AsType[*Failure](err); !ok || !f.is(AtProxy, "net_proxy_env_refused") {
		t.Errorf("%v", err)
	}
	// Without a proxy nothing is asked for.
	asked = ""
	if _, err := get(t, Config{TLS: trusting, Logins: logins}, server); err != nil || asked != "" {
		t.Errorf("%v, asked for %q", err, asked)
	}
}

// A directory may lock a user after a few wrong passwords.
func TestALoginThatWasRefusedIsNotSentAgainForAWhile(t *testing.T) {
	p := &proxyServer{login: "ana:right"}
	proxy := through(t, "http://"+serveRaw(t, p.serve))
	now := time.Now()
	login := Login{"ana", "wrong"}
	logins := NewLogins(func(context.Context, string) (Login, error) { return login, nil }, func() time.Time { return now })
	try := func(sent int) {
		t.Helper()
		f := failure(t, Config{Logins: logins, Proxy: proxy}, target)
		if !f.is(AtProxy, "net_proxy_login_refused") || len(p.headers()) != sent || strings.Contains(f.Error()+f.Advice.Text, "wrong") {
			t.Errorf("%q, %d calls", f.What.Text, len(p.headers()))
		}
	}
	try(1)
	try(1)
	login.Password = "also wrong"
	try(2)
	now = now.Add(refusedTime)
	try(3)
	login = Login{}
	if f := failure(t, Config{Logins: logins, Proxy: proxy}, target); !f.is(AtProxy, "net_proxy_login") {
		t.Errorf("%+v", f)
	}
	locked := NewLogins(func(context.Context, string) (Login, error) {
		return Login{}, request.Errorf("c", "the keyring is locked")
	}, time.Now)
	if f := failure(t, Config{Logins: locked, Proxy: proxy}, target); f.Stage != AtProxy || f.What.Text != "the keyring is locked" {
		t.Errorf("%+v", f)
	}
}

func TestAProxyThatOpensTheEncryptionIsNamed(t *testing.T) {
	inspector := issue(t, "Office Inspection CA", nil, authority)
	p := &proxyServer{opens: &tls.Config{Certificates: []tls.Certificate{issue(t, "sign.example.org", inspector, func(c *x509.Certificate) { c.DNSNames = []string{"sign.example.org"} }).chain()}}}
	address := serveRaw(t, p.serve)
	f := failure(t, Config{Proxy: through(t, "http://"+address)}, target)
	if !f.is(AtTLS, "net_tls_inspected") || !strings.Contains(f.What.Text, "issued by Office Inspection CA") || !strings.Contains(f.What.Text, "the proxy "+address) {
		t.Errorf("%+v", f)
	}
}

// A client certificate is for the gateway; a proxy that is spoken to by TLS gets none.
func TestAProxyGetsNoClientCertificate(t *testing.T) {
	root := issue(t, "Test Root", nil, authority)
	shown := -1
	proxy := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{issue(t, "127.0.0.1", root, nil).chain()}, ClientAuth: tls.RequestClientCert, NextProtos: []string{"http/1.1"}}, func(w http.ResponseWriter, r *http.Request) {
		shown = len(r.TLS.PeerCertificates)
		w.WriteHeader(http.StatusForbidden)
	})
	mine := issue(t, "desk", root, nil).chain()
	f := failure(t, Config{
		TLS: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: poolOf(root)}, Proxy: through(t, proxy),
		ClientCertificate: func() (*tls.Certificate, error) { return &mine, nil },
	}, target)
	if !f.is(AtProxy, "net_proxy_forbidden") || shown != 0 {
		t.Errorf("%+v, %d certificates", f, shown)
	}
	if f := failure(t, Config{Proxy: through(t, proxy)}, target); !f.is(AtProxy, "net_tls_unknown_issuer") || !strings.Contains(f.Advice.Text, "HTTPS_PROXY") {
		t.Errorf("%+v", f)
	}
	plain := serveRaw(t, saying("HTTP/1.1 400 Bad Request\r\n\r\n"))
	if f := failure(t, Config{Proxy: through(t, "https://"+plain)}, target); !f.is(AtProxy, "net_tls_http") || !strings.Contains(f.Advice.Text, "http://") {
		t.Errorf("%+v", f)
	}
}

// socksServer passes connections on to one host and port, as RFC 1928 has it, or answers with a reply other than 0.
func socksServer(to string, reply byte) func(net.Conn) {
	return func(c net.Conn) {
		head := make([]byte, 2)
		if _, err := io.ReadFull(c, head); err != nil {
			return
		}
		_, _ = io.CopyN(io.Discard, c, int64(head[1]))
		_, _ = c.Write([]byte{5, 0})
		request := make([]byte, 5) // the last byte is the length of the name, or the first of an IPv4 address
		if _, err := io.ReadFull(c, request); err != nil {
			return
		}
		rest := int64(request[4]) + 2
		if request[3] == 1 {
			rest = 5
		}
		_, _ = io.CopyN(io.Discard, c, rest)
		_, _ = c.Write([]byte{5, reply, 0, 1, 0, 0, 0, 0, 0, 0})
		if reply == 0 {
			pipe(c, to)
		}
	}
}

// pipe connects c to a host and port, until one of them is closed.
func pipe(c net.Conn, to string) {
	up, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	go func() { _, _ = io.Copy(up, c); up.Close() }()
	_, _ = io.Copy(c, up)
}

func TestWhatIsBehindASOCKSProxyIsToldFromTheProxy(t *testing.T) {
	root := issue(t, "Test Root", nil, authority)
	mine := issue(t, "desk", root, nil).chain()
	server := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{issue(t, "127.0.0.1", root, nil).chain()}, ClientAuth: tls.RequireAnyClientCert}, func(http.ResponseWriter, *http.Request) {})
	proxy := through(t, "socks5://"+serveRaw(t, socksServer(strings.TrimPrefix(server, "https://"), 0)))
	trusting := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: poolOf(root)}
	if _, err := get(t, Config{TLS: trusting, Proxy: proxy, ClientCertificate: func() (*tls.Certificate, error) { return &mine, nil }}, server); err != nil {
		t.Errorf("got %v", err)
	}
	if f := failure(t, Config{Proxy: proxy}, server); !f.is(AtTLS, "net_tls_inspected") {
		t.Errorf("%+v", f)
	}
	if f := failure(t, Config{TLS: trusting, Proxy: proxy}, server); !f.is(AtTLS, "net_tls_client_wanted") {
		t.Errorf("%+v", f)
	}
	refusing := through(t, "socks5://ana:s3cret@"+serveRaw(t, socksServer("", 2)))
	if f := failure(t, Config{Proxy: refusing}, server); !f.is(AtProxy, "net_proxy_socks") || strings.Contains(f.What.Text, "s3cret") {
		t.Errorf("%+v", f)
	}
	notSOCKS := through(t, "socks5://"+serveRaw(t, func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n") }))
	if f := failure(t, Config{Proxy: notSOCKS}, server); f.Stage != AtProxy {
		t.Errorf("%+v", f)
	}
}

func TestParseProxy(t *testing.T) {
	for text, want := range map[string]string{
		"proxy.example:3128": "http://proxy.example:3128", "Proxy.Example": "http://proxy.example:80", "https://proxy.example/": "https://proxy.example:443",
		"[::1]:8080": "http://[::1]:8080", " 10.0.0.1:8080 ": "http://10.0.0.1:8080",
		"": "", "ana:s3cret@proxy.example": "", "http://": "", "proxy.example/path": "", "ftp://proxy.example": "", "proxy example": "", "socks5://p.example": "", "p.example:port": "",
		"p.example:0": "", "p.example:65536": "", "p.example:65535": "http://p.example:65535",
	} {
		got, err := ParseProxy(text)
		if (err == nil) != (want != "") || err == nil && ProxyOrigin(got) != want || err != nil && strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: got %v, %v", text, got, err)
		}
	}
}
