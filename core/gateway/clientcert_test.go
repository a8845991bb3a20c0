package gateway_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"countersign/core/gateway"
)

// clientFiles writes a certificate that ends at a time, and its key, and returns both as PEM texts.
func clientFiles(t *testing.T, until time.Time) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "desk"}, NotBefore: until.Add(-100 * 24 * time.Hour), NotAfter: until}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded}))
}

// write returns the path of a new file with a content.
func write(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.pem")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAClientCertificateThatCannotBeUsedIsRefusedWithItsSetting(t *testing.T) {
	cert, key := clientFiles(t, time.Now().Add(time.Hour))
	_, otherKey := clientFiles(t, time.Now().Add(time.Hour))
	locked := strings.ReplaceAll(key, "PRIVATE KEY", "ENCRYPTED PRIVATE KEY")
	oldLocked := strings.Replace(key, "-----\n", "-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0\n\n", 1)
	for name, test := range map[string]struct {
		cert, key string // contents; "" for no file
		setting   string // "" if it is good
		says      string
	}{
		"two files":             {cert, key, "", ""},
		"one file":              {cert + key, "", "", ""},
		"key first":             {key + cert, "", "", ""},
		"key of another":        {cert, otherKey, "client_key", "does not belong"},
		"key alone":             {"", key, "client_key", "set client_cert as well"},
		"no key":                {cert, "", "client_key", "has no private key"},
		"a certificate for key": {cert, cert, "client_key", "has no private key"},
		"no certificate":        {key, key, "client_cert", "no certificate in PEM form"},
		"passphrase":            {cert, locked, "client_key", "has a passphrase"},
		"older passphrase":      {cert, oldLocked, "client_key", "has a passphrase"},
		"PKCS #12":              {"\x30\x82\x09\x12\x02\x01\x03\x30", "", "client_cert", "openssl pkcs12"},
		"too large":             {cert + strings.Repeat("\n", 1<<20), key, "client_cert", "more than 1 MB"},
		"damaged":               {cert, "-----BEGIN PRIVATE KEY-----\naGFsbG8=\n-----END PRIVATE KEY-----\n", "client_key", "cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			p := gateway.Profile{Name: "ours"}
			if test.cert != "" {
				p.ClientCert = write(t, test.cert)
			}
			if test.key != "" {
				p.ClientKey = write(t, test.key)
			}
			_, err := gateway.NewClient(p, gateway.Proxies{})
			setting, ok := errors.AsType[*gateway.SettingError](err)
			if (err == nil) != (test.setting == "") || err != nil && (!ok || setting.Key != test.setting || !strings.Contains(err.Error(), test.says)) {
				t.Errorf("got %v", err)
			}
			if found := gateway.CheckClientCertificate(p, time.Now()); len(found) != 1 || found[0].OK != (test.setting == "") {
				t.Errorf("got %+v", found)
			}
		})
	}
	for _, path := range []string{t.TempDir(), filepath.Join(t.TempDir(), "missing.pem"), os.DevNull} {
		if _, err := gateway.NewClient(gateway.Profile{Name: "ours", ClientCert: path, ClientKey: path}, gateway.Proxies{}); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: got %v", path, err)
		}
	}
}

func TestACheckSaysHowTheClientCertificateIs(t *testing.T) {
	cert, key := clientFiles(t, time.Now().Add(90*24*time.Hour))
	p := gateway.Profile{Name: "ours", ClientCert: write(t, cert), ClientKey: write(t, key)}
	at := func(after time.Duration) gateway.CheckResult {
		return gateway.CheckClientCertificate(p, time.Now().Add(after))[0]
	}
	if f := at(0); !f.OK || f.Advice != "" || !strings.Contains(f.Detail, "CN=desk") {
		t.Errorf("%+v", f)
	}
	if f := at(80 * 24 * time.Hour); !f.OK || !strings.Contains(f.Advice, "new client certificate") {
		t.Errorf("%+v", f)
	}
	if f := at(91 * 24 * time.Hour); f.OK || !strings.Contains(f.Detail, "expired on") {
		t.Errorf("%+v", f)
	}
	if runtime.GOOS == "windows" {
		return
	}
	if err := os.Chmod(p.ClientKey, 0o640); err != nil {
		t.Fatal(err)
	}
	if f := at(0); !f.OK || !strings.Contains(f.Advice, "chmod 600") {
		t.Errorf("%+v", f)
	}
	if gateway.CheckClientCertificate(gateway.Profile{Name: "ours"}, time.Now()) != nil {
		t.Error("a profile without a certificate has a finding")
	}
}

// A renewed certificate is used without a restart.
func TestAClientCertificateIsReadForEachConnection(t *testing.T) {
	shown := ""
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		shown = string(r.TLS.PeerCertificates[0].Raw)
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	s.StartTLS()
	defer s.Close()
	anchor := write(t, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})))
	cert, key := clientFiles(t, time.Now().Add(time.Hour))
	p := gateway.Profile{CAFile: anchor, ClientCert: write(t, cert), ClientKey: write(t, key)}
	c := newCaller(t, p)
	for range 2 {
		if _, _, err := c.Do(get(t, s.URL), asking, false); err != nil {
			t.Fatal(err)
		}
		if block, _ := pem.Decode([]byte(cert)); shown != string(block.Bytes) {
			t.Error("another certificate was shown")
		}
		cert, key = clientFiles(t, time.Now().Add(2*time.Hour))
		for path, content := range map[string]string{p.ClientCert: cert, p.ClientKey: key} {
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		c.HTTP.CloseIdleConnections()
	}
}

func TestAnIssuerMayBeNamedInItsDERForm(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer s.Close()
	if _, _, err := newCaller(t, gateway.Profile{CAFile: write(t, string(s.Certificate().Raw))}).Do(get(t, s.URL), asking, false); err != nil {
		t.Error(err)
	}
}

// nginx, and others, only ask for a certificate, and refuse calls without one by an answer.
func TestARefusalForWantOfACertificateSaysSo(t *testing.T) {
	answer := ""
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusBadRequest)
		io.WriteString(w, answer)
	}))
	s.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	s.StartTLS()
	defer s.Close()
	c := newCaller(t, gateway.Profile{CAFile: write(t, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})))})
	for text, says := range map[string]string{"<html>No required SSL certificate was sent</html>": "asks for a client certificate", `{"error":"wrong field"}`: "wrong field"} {
		answer = text
		resp, body, err := c.Do(get(t, s.URL), asking, false)
		if err != nil {
			t.Fatal(err)
		}
		if e := fault(t, c.UnexpectedStatus(resp, body, asking)); !strings.Contains(e.Error(), says) {
			t.Errorf("got %v", e)
		}
	}
}

func TestALoginPageOfTheNetworkIsNotTheGatewaysAnswer(t *testing.T) {
	c := newCaller(t, gateway.Profile{})
	for _, resp := range []*http.Response{
		{StatusCode: 511, Header: http.Header{}},
		{StatusCode: 302, Header: http.Header{"Location": {"http://login.hotel.example/"}}, Request: get(t, "https://sign.example.org/")},
	} {
		if e := fault(t, c.UnexpectedStatus(resp, nil, asking)); e.Fault != gateway.Blocked || !strings.Contains(e.Error(), "open any page in the browser") {
			t.Errorf("got %v", e)
		}
	}
}
