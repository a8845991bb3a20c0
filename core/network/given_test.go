package network

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// given returns the choice of a proxy, with exceptions.
func given(t *testing.T, address string, except ...string) Given {
	t.Helper()
	proxy, err := ParseProxy(address)
	if err != nil {
		t.Fatal(err)
	}
	g := Given{Chosen: true, Proxy: proxy}
	for _, text := range except {
		entry, err := ParseException(text)
		if err != nil {
			t.Fatal(err)
		}
		g.Except = append(g.Except, entry)
	}
	return g
}

func TestTheProxyOfAnAdministratorIsUsedAndThatOfTheEnvironmentIsNot(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:9")
	root := issue(t, "Test Root", nil, authority)
	named := issue(t, "sign.example.org", root, func(c *x509.Certificate) { c.DNSNames = []string{"sign.example.org"} })
	server := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{named.chain()}}, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "here")
	})
	p := &proxyServer{to: strings.TrimPrefix(server, "https://")}
	address := serveRaw(t, p.serve)
	trusting := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: poolOf(root)}
	resp, err := get(t, Config{TLS: trusting, Given: given(t, address)}, target)
	if err != nil || Through(resp) != address || len(p.headers()) != 1 {
		t.Errorf("%v, through %q, %d calls of the proxy", err, Through(resp), len(p.headers()))
	}
	// This computer is called without it.
	if resp, err := get(t, Config{TLS: trusting, Given: given(t, address)}, server); err != nil || Through(resp) != "" || len(p.headers()) != 1 {
		t.Errorf("%v, through %q, %d calls of the proxy", err, Through(resp), len(p.headers()))
	}
	for _, g := range []Given{{Chosen: true}, given(t, address, "invalid")} {
		f := failure(t, Config{TLS: trusting, Given: g}, "https://nobody.invalid")
		if f.Stage != AtAddress || !f.Given || strings.Contains(f.Advice.Text, "HTTPS_PROXY") || !strings.Contains(f.Advice.Text, "the policy of this computer") || len(p.headers()) != 1 {
			t.Errorf("%+v, %d calls of the proxy", f, len(p.headers()))
		}
	}
}

func TestWhatIsCalledWithoutTheProxyOfAnAdministrator(t *testing.T) {
	g := given(t, "p.example:3128", "Intern.Example", ".town.example", "10.1.2.3/8", "192.0.2.7", "[2001:db8::1]", "2001:db8:1::/48", "büro.example")
	for host, direct := range map[string]bool{
		"intern.example": true, "a.intern.example": true, "INTERN.example.": true, "notintern.example": false, "example": false,
		"town.example": false, "a.town.example": true, "10.200.0.1": true, "11.0.0.1": false, "192.0.2.7": true, "192.0.2.70": false,
		"2001:db8::1": true, "2001:db8::2": false, "2001:db8:1::9": true, "büro.example": true,
		"localhost": true, "127.0.0.1": true, "127.9.9.9": true, "::1": true, "::ffff:127.0.0.1": true,
	} {
		if g.excepts(host) != direct {
			t.Errorf("%s: %t", host, !direct)
		}
	}
	for _, text := range []string{"", "https://intern.example", "intern.example:443", "10.0.0.0/99", "*", "*.example", "a b", "a,b", "a..b", "ana@b"} {
		if entry, err := ParseException(text); err == nil {
			t.Errorf("%q is read as %q", text, entry)
		}
	}
}

// People cannot change a policy, so the advice names who can.
func TestTroubleWithTheProxyOfAnAdministratorIsForTheAdministrator(t *testing.T) {
	closed := serveRaw(t, func(net.Conn) {})
	for name, c := range map[string]struct{ address, code string }{
		"not there":    {"127.0.0.1:9", "net_proxy_unreachable"},
		"not known":    {"nobody.invalid:3128", "net_proxy_unreachable"},
		"closed":       {closed, "net_proxy_closed"},
		"garbage":      {serveRaw(t, saying("220 mail.example\r\n\r\n")), "net_proxy_other"},
		"a web server": {serveRaw(t, saying("HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n")), "net_proxy_no_connect"},
		"not TLS":      {"https://" + serveRaw(t, saying("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")), "net_tls_http"},
	} {
		f := failure(t, Config{Given: given(t, c.address)}, target)
		if f.Stage != AtProxy || f.What.Cause.Code != c.code || !strings.Contains(f.Advice.Text, "ask the administrator") || strings.Contains(f.Error()+f.Advice.Text, "HTTPS_PROXY") {
			t.Errorf("%s: %s %q: %q", name, f.What.Cause.Code, f.Error(), f.Advice.Text)
		}
	}
	f := failure(t, Config{Given: given(t, serveRaw(t, (&proxyServer{login: "ana:right"}).serve))}, target)
	if !f.is(AtProxy, "net_proxy_login") || !strings.Contains(f.Advice.Text, "countersignctl proxy login") {
		t.Errorf("%q: %q", f.Error(), f.Advice.Text)
	}
}
