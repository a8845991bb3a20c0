package pdf_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"countersign/core/pdf"
	"countersign/core/pdf/pdftest"
)

// smallAuthority is an authority that is kept by the commands of OpenSSL, in a folder of its own.
type smallAuthority struct {
	*testing.T
	dir string
}

const authorityConfig = `[ca]
default_ca = it
[it]
database = index.txt
new_certs_dir = .
certificate = ca.pem
private_key = ca.key
serial = serial
crlnumber = crlnumber
default_md = sha256
default_days = 30
default_crl_days = 7
policy = any
[any]
commonName = supplied
[req]
distinguished_name = dn
[dn]
[authority]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[signer]
keyUsage = critical, digitalSignature, nonRepudiation
[responder]
keyUsage = critical, digitalSignature
extendedKeyUsage = OCSPSigning
`

const indexFile = "index.txt"

func newSmallAuthority(t *testing.T) *smallAuthority {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("openssl is asked on other systems")
	}
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Fatal("this test reads what OpenSSL writes: install the package openssl")
	}
	a := &smallAuthority{t, t.TempDir()}
	a.write("ca.cnf", authorityConfig)
	a.write(indexFile, "")
	a.write("serial", "1000\n")
	a.write("crlnumber", "01\n")
	a.issue("ca", "Small authority", "authority", "-selfsign", "-keyfile", "ca.key")
	return a
}

func (a *smallAuthority) write(name, text string) {
	a.Helper()
	if err := os.WriteFile(filepath.Join(a.dir, name), []byte(text), 0o600); err != nil {
		a.Fatal(err)
	}
}

func (a *smallAuthority) read(name string) []byte {
	a.Helper()
	b, err := os.ReadFile(filepath.Join(a.dir, name))
	if err != nil {
		a.Fatal(err)
	}
	return b
}

func (a *smallAuthority) run(args ...string) {
	a.Helper()
	ctx, cancel := context.WithTimeout(a.Context(), time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, "openssl", args...)
	command.Dir = a.dir
	if out, err := command.CombinedOutput(); err != nil {
		a.Fatalf("openssl %v: %v\n%s", args, err, out)
	}
}

// issue makes a key and a certificate, which are then in the files with that name. It is valid since an hour ago.
func (a *smallAuthority) issue(file, name, extensions string, more ...string) {
	a.Helper()
	a.run("req", "-new", "-config", "ca.cnf", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", file+".key", "-out", file+".csr", "-subj", "/CN="+name)
	since := time.Now().Add(-time.Hour).UTC().Format("20060102150405Z")
	a.run(append([]string{"ca", "-config", "ca.cnf", "-batch", "-notext", "-startdate", since, "-extensions", extensions, "-in", file + ".csr", "-out", file + ".pem"}, more...)...)
}

// der returns what a PEM file has.
func (a *smallAuthority) der(name string) []byte {
	a.Helper()
	block, _ := pem.Decode(a.read(name))
	if block == nil {
		a.Fatalf("%s is not PEM", name)
	}
	return block.Bytes
}

func (a *smallAuthority) certificate(file string) *x509.Certificate {
	a.Helper()
	cert, err := x509.ParseCertificate(a.der(file + ".pem"))
	if err != nil {
		a.Fatal(err)
	}
	return cert
}

func (a *smallAuthority) identity(file string) pdftest.Identity {
	a.Helper()
	key, err := x509.ParsePKCS8PrivateKey(a.der(file + ".key"))
	if err != nil {
		a.Fatal(err)
	}
	return pdftest.Identity{Certificate: a.certificate(file), Key: key.(crypto.Signer)}
}

// list returns a CRL.
func (a *smallAuthority) list() []byte {
	a.Helper()
	a.run("ca", "-config", "ca.cnf", "-gencrl", "-out", "crl.pem")
	return a.der("crl.pem")
}

// answer returns an OCSP response about a certificate, signed by a responder.
func (a *smallAuthority) answer(about, responder string) []byte {
	a.Helper()
	a.run("ocsp", "-index", indexFile, "-CA", "ca.pem", "-issuer", "ca.pem", "-cert", about+".pem", "-rsigner", responder+".pem", "-rkey", responder+".key", "-ndays", "1", "-noverify", "-respout", "answer.der")
	return a.read("answer.der")
}

// revoke records in the database that a certificate was revoked at a time.
func (a *smallAuthority) revoke(file string, at time.Time) {
	a.Helper()
	a.run("ca", "-config", "ca.cnf", "-revoke", file+".pem", "-crl_reason", "keyCompromise")
	lines := bytes.SplitAfter(a.read(indexFile), []byte("\n"))
	for i, line := range lines {
		if columns := bytes.Split(line, []byte("\t")); len(columns) > 2 && string(columns[0]) == "R" {
			columns[2] = []byte(at.UTC().Format("060102150405Z") + ",keyCompromise")
			lines[i] = bytes.Join(columns, []byte("\t"))
		}
	}
	a.write(indexFile, string(bytes.Join(lines, nil)))
}

func TestRevocationDataOfOpenSSL(t *testing.T) {
	w, a := newFixture(t), newSmallAuthority(t)
	a.issue("signer", "Ann Example", "signer")
	a.issue("responder", "Responder", "responder")
	now := time.Now().UTC().Truncate(time.Second)
	vouched, before, after := now.Add(-10*time.Minute), now.Add(-30*time.Minute), now.Add(-5*time.Minute)
	by := a.identity("signer")
	anchors := pdftest.AnchorsOf(pdftest.Authority(t), a.certificate("ca")) // the first one is that of the time-stamps
	check := func(what string, lists, responses [][]byte, want pdf.RevocationState) {
		t.Helper()
		for where, embed := range embeddedIn {
			file := embed(w, stamped(message{by: by, signingCertificate: by.Certificate.Raw}, clock(t), vouched, sameBytes), lists, responses)
			report, err := pdf.Examine(bytes.NewReader(file), int64(len(file)), pdf.Options{Anchors: anchors})
			if err != nil {
				t.Fatal(err)
			}
			got := report.Signatures[0]
			accepted(t, got)
			if got.Revocation.State != want || got.Trusted == (want == pdf.RevocationRevoked) {
				t.Errorf("%s, in %s: %+v, trusted %t (%s)", what, where, got.Revocation, got.Trusted, got.TrustReason)
			}
			if want == pdf.RevocationRevoked && (!got.Revocation.RevokedAt.Equal(before) || got.Revocation.Subject != "Ann Example") {
				t.Errorf("%s, in %s: %+v", what, where, got.Revocation)
			}
		}
	}
	one := func(der []byte) [][]byte { return [][]byte{der} }
	good := a.answer("signer", "ca")
	check("a list without it", one(a.list()), nil, pdf.RevocationGood)
	check("a good answer", nil, one(good), pdf.RevocationGood)
	check("a good answer of a responder", nil, one(a.answer("signer", "responder")), pdf.RevocationGood)
	check("a good answer that the signer signed", nil, one(a.answer("signer", "signer")), pdf.RevocationNotTold)
	check("an answer about another", nil, one(a.answer("responder", "ca")), pdf.RevocationNotTold)

	a.revoke("signer", after)
	check("listed: revoked afterwards", one(a.list()), nil, pdf.RevocationGood)
	check("answered: revoked afterwards", nil, one(a.answer("signer", "responder")), pdf.RevocationGood)

	a.write(indexFile, string(bytes.Replace(a.read(indexFile), []byte(after.Format("060102150405Z")), []byte(before.Format("060102150405Z")), 1)))
	check("listed: revoked before", one(a.list()), nil, pdf.RevocationRevoked)
	check("answered: revoked before", nil, one(a.answer("signer", "responder")), pdf.RevocationRevoked)
	check("both, and one that was good", one(a.list()), one(good), pdf.RevocationRevoked)
	check("revoked, by one who is no responder", nil, one(a.answer("signer", "signer")), pdf.RevocationNotTold)

	a.write(indexFile, "")
	check("unknown to the responder", nil, one(a.answer("signer", "responder")), pdf.RevocationNotTold)
}
