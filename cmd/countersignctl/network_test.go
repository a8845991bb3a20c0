package main

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdProxy is "proxy STATUS [USER:PASSWORD]": it starts a proxy that answers CONNECT with that status line, without its HTTP version, and
// puts its host and port into the environment variable PROXY. With a user and a password, the proxy answers so only to calls without
// them. To all others it shows a server for sign.example.test, whose certificate it writes to the file server.pem.
func cmdProxy(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 2 {
		ts.Fatalf("usage: proxy STATUS [USER:PASSWORD]")
	}
	certificate := selfSigned(ts, "sign.example.test")
	ts.Check(os.WriteFile(ts.MkAbs("server.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate[0]}), 0o600))
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	ts.Check(err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_ = c.SetDeadline(time.Now().Add(10 * time.Second))
			answerConnect(c, certificate, args)
			c.Close()
		}
	}()
	ts.Defer(func() { l.Close(); <-done })
	ts.Setenv("PROXY", l.Addr().String())
}

// answerConnect answers one call to the proxy of [cmdProxy].
func answerConnect(c net.Conn, certificate tls.Certificate, args []string) {
	req, err := http.ReadRequest(bufio.NewReader(c))
	if err != nil {
		return
	}
	req.Header.Set("Authorization", req.Header.Get("Proxy-Authorization"))
	user, password, _ := req.BasicAuth()
	if len(args) < 2 || user+":"+password != args[1] {
		_, _ = io.WriteString(c, "HTTP/1.1 "+args[0]+"\r\nProxy-Authenticate: Basic realm=\"office\"\r\nContent-Length: 0\r\n\r\n")
		return
	}
	_, _ = io.WriteString(c, "HTTP/1.1 200 Connection established\r\n\r\n")
	server := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12})
	if _, err := http.ReadRequest(bufio.NewReader(server)); err == nil {
		_, _ = io.WriteString(server, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
	}
}

// selfSigned returns a certificate for a name that is issued by itself.
func selfSigned(ts *testscript.TestScript, name string) tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ts.Check(err)
	form := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, form, form, key.Public(), key)
	ts.Check(err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
