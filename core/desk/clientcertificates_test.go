package desk

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"countersign/core/gateway"
	"countersign/core/gateways"
	"countersign/core/request"
	"countersign/core/secret"
)

// clientFiles makes a certificate of a name and its key, and returns the files of both.
func (r *rig) clientFiles(name string) (cert, key string) {
	r.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	r.must(err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	r.must(err)
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	r.must(err)
	folder := r.dir.Path()
	cert, key = filepath.Join(folder, name+".crt"), filepath.Join(folder, name+".key")
	r.must(os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	r.must(os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded}), 0o600))
	return cert, key
}

// asking returns the address of a server that asks for a client certificate, and the file with its own. It answers with the name in what it was shown.
func (r *rig) asking() (address, issuer string) {
	r.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		_, _ = fmt.Fprint(w, "shown ")
		for _, shown := range q.TLS.PeerCertificates {
			_, _ = fmt.Fprint(w, shown.Subject.CommonName)
		}
	}))
	server.TLS = &tls.Config{ClientAuth: tls.RequestClientCert, MinVersion: tls.VersionTLS12}
	server.StartTLS()
	r.Cleanup(server.Close)
	issuer = filepath.Join(r.TempDir(), "issuer.pem")
	r.must(os.WriteFile(issuer, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600))
	return server.URL, issuer
}

// shown returns what the server of a gateway is shown by this desk, or why nothing is sent to it.
func (r *rig) shown(name string) (string, request.Cause) {
	r.Helper()
	if r.client == nil {
		made := r.setup.Kinds[0].New
		r.setup.Kinds[0].New = func(p gateway.Profile, tools gateway.Tools) (gateway.Gateway, error) {
			if p.Name == name && tools.HTTP != nil {
				r.client = tools.HTTP
			}
			return made(p, tools)
		}
	}
	if _, err := r.Gateways.Open(r.Context(), name); err != nil {
		return "", request.CauseOf(err)
	}
	p, err := r.Profile(name)
	r.must(err)
	answer, err := r.client.Get(p.URL)
	r.must(err)
	defer answer.Body.Close()
	content := make([]byte, 100)
	n, _ := answer.Body.Read(content)
	r.client.CloseIdleConnections()
	return string(content[:n]), request.Cause{}
}

// TestEachDeskShowsItsOwnClientCertificate is about a gateway of the office that asks for one.
func TestEachDeskShowsItsOwnClientCertificate(t *testing.T) {
	front, _, floor := newOffice(t)
	address, issuer := floor.asking()
	cert, key := floor.clientFiles("max")
	far := gateway.Profile{Name: "far", Kind: "fake", URL: address, CAFile: issuer, ClientCert: cert, ClientKey: key}
	_, err := floor.ShareGateway(t.Context(), far, secret.Entered{}, false)
	floor.must(err)
	front.catchUp()
	events, err := front.ledger.OfficeEvents(t.Context(), 0)
	front.must(err)
	content := string(events[len(events)-1].Content)
	for _, private := range []string{"PRIVATE", "max.crt", "max.key", floor.dir.Path()} {
		if strings.Contains(content, private) {
			t.Errorf("%q is shared: %s", private, content)
		}
	}
	if said, _ := floor.shown("far"); said != "shown max" {
		t.Errorf("the desk of the manager: %q", said)
	}

	// Another desk says that it needs one, and sends nothing before it has one.
	info := func() gateways.Info {
		t.Helper()
		infos, err := front.ListGateways(t.Context())
		front.must(err)
		return infos[0]
	}
	if said, why := front.shown("far"); said != "" || why.Code != "certificate_missing" || info().Fault.Cause.Code != "certificate_missing" {
		t.Errorf("without a certificate: %q, %v; listed: %v", said, why, info().Fault)
	}
	own, ownKey := front.clientFiles("clara")
	if _, err := front.SetClientCertificate(t.Context(), "far", own, key+".none"); err == nil {
		t.Error("a file that is not there is taken for a key")
	}
	for _, other := range []string{"one", "none"} {
		if _, err := front.SetClientCertificate(t.Context(), other, own, ownKey); err == nil {
			t.Errorf("%s: taken", other)
		}
	}
	if origin, err := front.SetClientCertificate(t.Context(), "far", own, ownKey); err != nil || !strings.HasPrefix(origin, "https://127.0.0.1:") {
		t.Errorf("for %s, %v", origin, err)
	}
	if said, _ := front.shown("far"); said != "shown clara" || info().Fault.Text != "" {
		t.Errorf("with one: %q, %v", said, info().Fault)
	}
	if said, _ := floor.shown("far"); said != "shown max" {
		t.Errorf("the desk of the manager then: %q", said)
	}

	// A changed address is shown none before it is confirmed.
	before := info().Moved
	far.URL, far.CAFile = floor.asking()
	_, err = floor.ShareGateway(t.Context(), far, secret.Entered{}, true)
	floor.must(err)
	front.catchUp()
	moved := info().Moved
	if said, why := front.shown("far"); said != "" || why.Code != "certificate_moved" || before != (gateways.Moved{}) || !strings.HasPrefix(moved.To, far.URL) {
		t.Errorf("moved: %q, %v; listed: %+v, and before %+v", said, why, moved, before)
	}
	if err := front.ConfirmGateway(t.Context(), "far", moved.From); err == nil {
		t.Error("another address is confirmed")
	}
	if origin, err := front.ConfirmOrigin("far"); err != nil || origin != moved.To {
		t.Errorf("%s is to be confirmed, %v", origin, err)
	}
	front.must(front.ConfirmGateway(t.Context(), "far", moved.To))
	if said, _ := front.shown("far"); said != "shown clara" || info().Moved != (gateways.Moved{}) {
		t.Errorf("confirmed: %q, listed: %+v", said, info().Moved)
	}
}

// TestACertificateIsNamedInTheForm has a clerk, who changes nothing for the office by it.
func TestACertificateIsNamedInTheForm(t *testing.T) {
	front, _, floor := newOffice(t)
	address, issuer := floor.asking()
	cert, key := floor.clientFiles("max")
	_, err := floor.ShareGateway(t.Context(), gateway.Profile{Name: "far", Kind: "fake", URL: address, CAFile: issuer, ClientCert: cert, ClientKey: key}, secret.Entered{}, false)
	floor.must(err)
	front.catchUp()
	form, err := front.FormOf(t.Context(), "far")
	front.must(err)
	events, err := front.ledger.OfficeEvents(t.Context(), 0)
	front.must(err)
	form.Texts["client_cert"], form.Texts["client_key"] = front.clientFiles("clara")
	_, err = front.EditForm(t.Context(), form)
	front.must(err)
	if said, why := front.shown("far"); said != "shown clara" {
		t.Errorf("%q, %v", said, why)
	}
	form.Texts["client_cert"], form.Texts["client_key"] = "", ""
	_, err = front.EditForm(t.Context(), form)
	front.must(err)
	if said, why := front.shown("far"); said != "" || why.Code != "certificate_missing" {
		t.Errorf("taken away: %q, %v", said, why)
	}
	if now, err := front.ledger.OfficeEvents(t.Context(), 0); err != nil || len(now) != len(events) {
		t.Errorf("%d events of the office, and %d before, %v", len(now), len(events), err)
	}
	// What a manager changes for all leaves it a gateway that asks for one.
	form, err = floor.FormOf(t.Context(), "far")
	floor.must(err)
	form.Texts["title"], form.Texts["client_cert"], form.Texts["client_key"] = "City hall", "", ""
	_, err = floor.EditForm(t.Context(), form)
	floor.must(err)
	front.catchUp()
	if p, err := front.Profile("far"); err != nil || p.Title != "City hall" || !p.AsksClientCert {
		t.Errorf("%+v, %v", p, err)
	}
	if said, why := floor.shown("far"); said != "" || why.Code != "certificate_missing" {
		t.Errorf("the desk of the manager: %q, %v", said, why)
	}
	floor.must(floor.RemoveGateway(t.Context(), "far"))
}
