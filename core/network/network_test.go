package network

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"countersign/core/request"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// identity is a certificate with its key.
type identity struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// issue returns a certificate for 127.0.0.1 of one day, changed by change and issued by issuer. With issuer nil, it
// is issued by itself.
func issue(t *testing.T, name string, issuer *identity, change func(*x509.Certificate)) *identity {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, BasicConstraintsValid: true,
	}
	if change != nil {
		change(template)
	}
	parent, signer := template, key
	if issuer != nil {
		parent, signer = issuer.cert, issuer.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &identity{cert, key}
}

func authority(c *x509.Certificate) {
	c.IsCA, c.IPAddresses, c.KeyUsage = true, nil, x509.KeyUsageCertSign
}

// chain returns the certificate of i as a server shows it, with further ones.
func (i *identity) chain(further ...*identity) tls.Certificate {
	c := tls.Certificate{Certificate: [][]byte{i.cert.Raw}, PrivateKey: i.key}
	for _, f := range further {
		c.Certificate = append(c.Certificate, f.cert.Raw)
	}
	return c
}

func poolOf(roots ...*identity) *x509.CertPool {
	pool := x509.NewCertPool()
	for _, root := range roots {
		pool.AddCert(root.cert)
	}
	return pool
}

// serveTLS returns the address of a server with a configuration of TLS.
func serveTLS(t *testing.T, c *tls.Config, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.TLS = c
	s.EnableHTTP2 = len(c.NextProtos) == 0 // a proxy speaks HTTP/1.1
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.URL
}

// serveRaw calls serve with each connection to the returned host and port, and closes it afterwards.
func serveRaw(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { l.Close(); <-done })
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_ = c.SetDeadline(time.Now().Add(10 * time.Second))
			serve(c)
			c.Close()
		}
	}()
	return l.Addr().String()
}

// saying returns a server that reads the head of a request and writes text.
func saying(text string) func(net.Conn) {
	return func(c net.Conn) {
		_, _ = http.ReadRequest(bufio.NewReader(c))
		_, _ = io.WriteString(c, text)
	}
}

// through returns the function that names one proxy for all calls.
func through(t *testing.T, address string) func(*http.Request) (*url.URL, error) {
	t.Helper()
	proxy, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return http.ProxyURL(proxy)
}

// get makes a call and returns its answer, with its body closed, and its error.
func get(t *testing.T, c Config, address string) (*http.Response, error) {
	t.Helper()
	if c.TLS == nil {
		c.TLS = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: x509.NewCertPool()}
	}
	if c.Timeout == 0 {
		c.Timeout = 10 * time.Second
	}
	if c.Proxy == nil && !c.Given.Chosen {
		c.Proxy = func(*http.Request) (*url.URL, error) { return nil, nil }
	}
	transport := New(c)
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := transport.RoundTrip(req)
	if err == nil {
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
	return resp, err
}

// failure returns the failure of a call that has to fail, and checks that it says what to do.
func failure(t *testing.T, c Config, address string) *Failure {
	t.Helper()
	_, err := get(t, c, address)
	f, ok := errors.AsType[*Failure](err)
	if !ok {
		t.Fatalf("got %v", err)
	}
	if f.What.Text == "" || f.Advice.Text == "" {
		t.Errorf("it does not say what happened and what to do: %+v", f)
	}
	return f
}

func (f *Failure) is(stage Stage, code string) bool {
	return f.Stage == stage && f.What.Cause.Code == code
}

func TestEachFaultOfTheEncryptionHasItsOwnSentence(t *testing.T) {
	root := issue(t, "Test Root", nil, authority)
	middle := issue(t, "Test Middle", root, authority)
	late := issue(t, "Late Middle", root, func(c *x509.Certificate) {
		authority(c)
		c.NotBefore, c.NotAfter = time.Now().Add(-48*time.Hour), time.Now().Add(-24*time.Hour)
	})
	other := issue(t, "Other Root", nil, authority)
	good := issue(t, "127.0.0.1", root, nil)
	leaf := func(issuer *identity, change func(*x509.Certificate)) *identity {
		return issue(t, "127.0.0.1", issuer, change)
	}
	yesterday := time.Now().Add(-24 * time.Hour).Format(time.DateOnly)
	at := func(address string) func(c *x509.Certificate) {
		return func(c *x509.Certificate) { c.IssuingCertificateURL = []string{"ldap:///CN=x", address} }
	}
	for name, test := range map[string]struct {
		config     *tls.Config
		code, says string
	}{
		"expired": {&tls.Config{Certificates: []tls.Certificate{leaf(root, func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = time.Now().Add(-48*time.Hour), time.Now().Add(-24*time.Hour)
		}).chain()}}, "net_tls_expired", "issued by Test Root, expired on " + yesterday},
		"issuer expired": {&tls.Config{Certificates: []tls.Certificate{leaf(late, nil).chain(late)}}, "net_tls_issuer_expired", "Late Middle, whose own certificate expired on " + yesterday},
		"early":          {&tls.Config{Certificates: []tls.Certificate{leaf(root, func(c *x509.Certificate) { c.NotBefore = time.Now().Add(12 * time.Hour) }).chain()}}, "net_tls_early", "not valid before"},
		"other name": {&tls.Config{Certificates: []tls.Certificate{leaf(root, func(c *x509.Certificate) {
			c.IPAddresses, c.DNSNames = nil, []string{"a.example", "b.example", "c.example", "d.example"}
		}).chain()}}, "net_tls_other_name", "a.example, b.example, c.example, …"},
		"common name":           {&tls.Config{Certificates: []tls.Certificate{leaf(root, func(c *x509.Certificate) { c.IPAddresses = nil }).chain()}}, "net_tls_common_name", "only the common name 127.0.0.1"},
		"self-made":             {&tls.Config{Certificates: []tls.Certificate{leaf(nil, nil).chain()}}, "net_tls_self_signed", "by the server itself"},
		"unknown root":          {&tls.Config{Certificates: []tls.Certificate{leaf(other, nil).chain(other)}}, "net_tls_unknown_issuer", "issued by Other Root"},
		"root with address":     {&tls.Config{Certificates: []tls.Certificate{leaf(other, at("http://pki.example/o.crt")).chain(other)}}, "net_tls_unknown_issuer", "issued by Other Root"},
		"unknown, not sent":     {&tls.Config{Certificates: []tls.Certificate{leaf(other, nil).chain()}}, "net_tls_unknown_issuer", "issued by Other Root"},
		"missing middle":        {&tls.Config{Certificates: []tls.Certificate{leaf(middle, at("http://pki.example/m.crt")).chain()}}, "net_tls_incomplete", "the certificate of Test Middle"},
		"missing, wrong middle": {&tls.Config{Certificates: []tls.Certificate{leaf(middle, at("http://pki.example/m.crt")).chain(other)}}, "net_tls_incomplete", "the certificate of Test Middle"},
		"old versions":          {&tls.Config{Certificates: []tls.Certificate{good.chain()}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, "net_tls_version", "only speaks versions"},
		"old ciphers":           {&tls.Config{Certificates: []tls.Certificate{good.chain()}, MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA}}, "net_tls_no_common", "no encryption"},
		"client certificate":    {&tls.Config{Certificates: []tls.Certificate{good.chain()}, ClientAuth: tls.RequireAnyClientCert}, "net_tls_client_wanted", "requires a client certificate"},
		"the same in 1.2":       {&tls.Config{Certificates: []tls.Certificate{good.chain()}, ClientAuth: tls.RequireAnyClientCert, MaxVersion: tls.VersionTLS12}, "net_tls_client_wanted", "requires a client certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			address := serveTLS(t, test.config, func(http.ResponseWriter, *http.Request) {})
			f := failure(t, Config{TLS: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: poolOf(root)}}, address)
			if !f.is(AtTLS, test.code) || !strings.Contains(f.What.Text, test.says) || !strings.Contains(f.What.Text, "127.0.0.1") {
				t.Errorf("%s %q", f.What.Cause.Code, f.What.Text)
			}
			if test.code == "net_tls_incomplete" && !strings.Contains(f.Advice.Text, "http://pki.example/m.crt") {
				t.Errorf("got %q", f.Advice.Text)
			}
		})
	}
}

func TestAClientCertificateIsShownToTheServerAndIsJudgedThere(t *testing.T) {
	root := issue(t, "Test Root", nil, authority)
	mine, strange := issue(t, "desk", root, nil), issue(t, "desk", nil, nil)
	address := serveTLS(t, &tls.Config{
		Certificates: []tls.Certificate{issue(t, "127.0.0.1", root, nil).chain()}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: poolOf(root),
	}, func(http.ResponseWriter, *http.Request) {})
	trusting := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: poolOf(root)}
	with := func(i *identity) Config {
		return Config{TLS: trusting, ClientCertificate: func() (*tls.Certificate, error) { c := i.chain(); return &c, nil }}
	}
	if _, err := get(t, with(mine), address); err != nil {
		t.Error(err)
	}
	if f := failure(t, with(strange), address); !f.is(AtTLS, "net_tls_client_refused") {
		t.Errorf("%+v", f)
	}
	gone := request.Errorf("c", "the file is gone")
	if f := failure(t, Config{TLS: trusting, ClientCertificate: func() (*tls.Certificate, error) { return nil, gone }}, address); f.Stage != AtTLS || f.What.Text != gone.Error() {
		t.Errorf("%+v", f)
	}
}

// Servers that only ask for a certificate, such as nginx, refuse calls with an answer.
func TestAnAnswerSaysWhetherACertificateWasAskedFor(t *testing.T) {
	root := issue(t, "Test Root", nil, authority)
	for _, ask := range []tls.ClientAuthType{tls.NoClientCert, tls.RequestClientCert} {
		address := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{issue(t, "127.0.0.1", root, nil).chain()}, ClientAuth: ask}, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(400) })
		resp, err := get(t, Config{TLS: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: poolOf(root)}}, address)
		if err != nil || AskedForCertificate(resp) != (ask == tls.RequestClientCert) {
			t.Errorf("%v: %v, %v", ask, AskedForCertificate(resp), err)
		}
	}
}

func TestEachWayOfNoConnectionHasItsOwnSentence(t *testing.T) {
	gone := serveRaw(t, func(net.Conn) {})
	closedPort := func() string {
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		return l.Addr().String()
	}()
	silent := serveRaw(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	for name, test := range map[string]struct {
		address string
		timeout time.Duration
		stage   Stage
		code    string
		says    string
	}{
		"refused":           {"https://" + closedPort, 0, AtAddress, "net_unreachable", closedPort + " cannot be reached (the connection was refused)"},
		"no such name":      {"https://nobody.invalid", 0, AtAddress, "net_unreachable", "nobody.invalid cannot be reached (its name "},
		"closed at once":    {"https://" + gone, 0, AtTLS, "net_tls_closed", "was closed while the encryption"},
		"HTTP, not HTTPS":   {"https://" + serveRaw(t, saying("HTTP/1.1 302 Found\r\nLocation: http://login.example/\r\n\r\n")), 0, AtTLS, "net_tls_http", "speaks unencrypted HTTP"},
		"something else":    {"https://" + serveRaw(t, saying("SSH-2.0-OpenSSH_9.2\r\n")), 0, AtTLS, "net_tls_none", "does not encrypt"},
		"no handshake":      {"https://" + silent, 50 * time.Millisecond, AtTLS, "net_tls_timeout", "in time"},
		"closed, no answer": {"http://" + serveRaw(t, saying("")), 0, AtAnswer, "net_closed", "without an answer"},
		"no HTTP":           {"http://" + serveRaw(t, saying("hush\r\n")), 0, AtAnswer, "answer_unreadable", "cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := get(t, Config{Timeout: test.timeout}, test.address)
			f, ok := errors.AsType[*Failure](err)
			if !ok || !f.is(test.stage, test.code) || !strings.Contains(f.What.Text, test.says) {
				t.Errorf("got %+v", err)
			}
			if ok && f.Timeout != (test.timeout > 0) {
				t.Errorf("timeout: %v", f.Timeout)
			}
		})
	}
	f := anyFailure(t, Config{Timeout: 50 * time.Millisecond}, "http://"+silent)
	if f.Stage != AtAnswer || !f.Timeout {
		t.Errorf("no answer: %+v", f)
	}
}

// anyFailure is failure for one that says nothing of its own.
func anyFailure(t *testing.T, c Config, address string) *Failure {
	t.Helper()
	_, err := get(t, c, address)
	f, ok := errors.AsType[*Failure](err)
	if !ok {
		t.Fatalf("got %v", err)
	}
	return f
}

func TestACanceledCallIsNoFailure(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	address := serveRaw(t, func(c net.Conn) {
		cancel()
		_, _ = io.Copy(io.Discard, c)
	})
	transport := New(Config{TLS: &tls.Config{MinVersion: tls.VersionTLS12}, Timeout: 10 * time.Second})
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+address, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = transport.RoundTrip(req)
	if _, ok := errors.AsType[*Failure](err); ok || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestTheTimeoutLimitsEachStep(t *testing.T) {
	for timeout, handshake := range map[time.Duration]time.Duration{time.Second: time.Second, time.Minute: 10 * time.Second} {
		base := New(Config{Timeout: timeout, TLS: &tls.Config{MinVersion: tls.VersionTLS12}}).base
		if base.ResponseHeaderTimeout != timeout || base.TLSHandshakeTimeout != handshake {
			t.Errorf("%s: waits %s for an answer, %s for TLS", timeout, base.ResponseHeaderTimeout, base.TLSHandshakeTimeout)
		}
	}
}

func TestIsPortal(t *testing.T) {
	for name, test := range map[string]struct {
		status   int
		location string
		want     bool
	}{
		"511":              {511, "", true},
		"to a login page":  {302, "http://login.hotel.example/?to=x", true},
		"to another page":  {302, "/app", false},
		"to another name":  {302, "https://sign2.example.org/", false},
		"to its own HTTP":  {301, "http://sign.example.org/", false},
		"created":          {201, "http://login.hotel.example/", false},
		"a page of errors": {503, "", false},
	} {
		resp := &http.Response{StatusCode: test.status, Header: http.Header{}, Request: &http.Request{URL: &url.URL{Scheme: "https", Host: "sign.example.org"}}}
		if test.location != "" {
			resp.Header.Set("Location", test.location)
		}
		if got := IsPortal(resp); got != test.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}
