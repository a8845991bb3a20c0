package network

import (
	"bufio"
	"crypto/tls"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// FuzzProxyAnswer: whatever a proxy answers, one line says what happened and what to do, without a part of the answer
// but its status and the known kinds of login.
func FuzzProxyAnswer(f *testing.F) {
	for _, seed := range []string{
		"HTTP/1.1 407 x\r\nProxy-Authenticate: Basic realm=\"s3cret\", NTLM\r\n\r\n", "HTTP/1.1 407 x\r\nProxy-Authenticate: s3cret\r\n\r\n",
		"HTTP/1.0 302 s3cret\r\nLocation: http://s3cret/\r\n\r\n", "HTTP/1.1 999 x\r\n\r\n", "HTTP/1.1 511 x\r\n\r\n", "s3cret",
	} {
		f.Add([]byte(seed))
	}
	transport := New(Config{Timeout: time.Second, TLS: &tls.Config{MinVersion: tls.VersionTLS12}})
	proxy := &url.URL{Scheme: "http", Host: "proxy.example:3128", User: url.UserPassword("ana", "s3cret")}
	f.Fuzz(func(t *testing.T, answer []byte) {
		resp, err := http.ReadResponse(bufio.NewReader(strings.NewReader(string(answer))), &http.Request{Method: http.MethodConnect})
		if err != nil {
			return
		}
		what, advice := transport.proxyStatus(&trace{}, proxy, "sign.example.org:443", resp)
		if what.Text == "" || advice.Text == "" || strings.ContainsAny(what.Text+advice.Text, "\r\n") || strings.Contains(what.Text+advice.Text, "s3cret") || len(what.Text) > 300 {
			t.Errorf("%q: %q, %q", answer, what, advice)
		}
	})
}
