package pdf_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"fmt"
	"testing"

	"countersign/core/pdf"
	"countersign/core/pdf/pdftest"
)

const (
	digestAsContent = "adbe.pkcs7.sha1"
	valueAlone      = "adbe.x509.rsa_sha1"
)

// digestSigned returns a function that makes a message whose content is the SHA-1 of what of returns.
func digestSigned(t testing.TB, m message, of func([]byte) []byte) func([]byte) []byte {
	return func(document []byte) []byte {
		m.content = sum(crypto.SHA1, of(document))
		return m.make(t)(nil)
	}
}

// pkcs1 returns a function that makes an RSA value in an OCTET STRING.
func pkcs1(t testing.TB, by pdftest.Identity, hash crypto.Hash) func([]byte) []byte {
	return func(document []byte) []byte {
		value, err := by.Key.Sign(rand.Reader, sum(hash, document), hash)
		if err != nil {
			t.Fatal(err)
		}
		return octets(value)
	}
}

func TestOldForms(t *testing.T) {
	rita, ann := rsaIdentity(t), pdftest.NewIdentity(t, "Ann Example")
	otherDocument := func([]byte) []byte { return []byte("%PDF-1.7 another document") }
	cert := fmt.Sprintf(" /Cert <%x>", rita.Certificate.Raw)
	certs := fmt.Sprintf(" /Cert [<%x> <%x>]", rita.Certificate.Raw, pdftest.Authority(t).Raw)
	for name, c := range map[string]struct {
		subFilter string
		message   func([]byte) []byte
		state     pdf.State
		problem   string
		weak      string
		level     string
	}{
		"the digest as content":              {digestAsContent, digestSigned(t, message{by: rita}, sameBytes), pdf.Intact, "", "SHA-1", "PKCS#7"},
		"the digest of another document":     {digestAsContent, digestSigned(t, message{by: rita}, otherDocument), pdf.Broken, "signature_changed", "", ""},
		"content of another kind":            {digestAsContent, digestSigned(t, message{by: rita, contentKind: tstInfo}, sameBytes), pdf.Broken, "signature_not_detached", "", ""},
		"somebody else's key":                {digestAsContent, digestSigned(t, message{by: pdftest.Identity{Certificate: ann.Certificate, Key: pdftest.NewIdentity(t, "Eve").Key}}, sameBytes), pdf.Broken, "signature_forged", "", ""},
		"an RSA value, SHA-1":                {valueAlone + cert, pkcs1(t, rita, crypto.SHA1), pdf.Intact, "", "SHA-1", "PKCS#1"},
		"an RSA value, SHA-256":              {valueAlone + certs, pkcs1(t, rita, crypto.SHA256), pdf.Intact, "", "", "PKCS#1"},
		"an RSA value over another document": {valueAlone + cert, func([]byte) []byte { return pkcs1(t, rita, crypto.SHA1)(otherDocument(nil)) }, pdf.Broken, "signature_forged", "", ""},
		"an RSA value without certificate":   {valueAlone, pkcs1(t, rita, crypto.SHA1), pdf.Unchecked, "signature_no_certificate", "", ""},
		"a certificate that cannot be read":  {valueAlone + " /Cert <3003020107>", pkcs1(t, rita, crypto.SHA1), pdf.Unchecked, "signature_certificate", "", ""},
		"no RSA value":                       {valueAlone + cert, func([]byte) []byte { return integer(7) }, pdf.Unchecked, "signature_malformed", "", ""},
		"an elliptic certificate":            {valueAlone + fmt.Sprintf(" /Cert <%x>", ann.Certificate.Raw), pkcs1(t, rita, crypto.SHA1), pdf.Broken, "signature_mismatch", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			file := pdftest.Embed(t, pdftest.Plain(t, "Lease"), pdftest.SignatureField{SubFilter: c.subFilter}, c.message)
			got := only(t, file)
			code := ""
			if got.Coded != nil {
				code = got.Coded.Code
			}
			if got.State != c.state || code != c.problem || got.Weak != c.weak || got.Level != c.level || got.Trusted != (c.state == pdf.Intact && c.weak == "") {
				t.Errorf("got %s, %q, weak %q, level %q, trusted %t (%s)", got.State, got.Problem, got.Weak, got.Level, got.Trusted, got.TrustReason)
			}
			if got.State != pdf.Intact {
				return
			}
			if len(got.Certificates) == 0 || got.Algorithm == "" {
				t.Errorf("got %+v", got)
			}
			changed := bytes.Replace(file, []byte("/Count 1"), []byte("/Count 2"), 1)
			if again := only(t, changed); again.State != pdf.Broken {
				t.Errorf("after a change: %s", again.State)
			}
			evidence := pdf.SignedAfter([]pdf.Signature{got}, 1)
			if (len(evidence) == 1) != (c.weak == "") {
				t.Errorf("%d signatures count as made after the document was sent", len(evidence))
			}
		})
	}
}

// Some programs leave the certificate out of a detached message and write it into the dictionary.
func TestCertificateInTheDictionary(t *testing.T) {
	by := pdftest.NewIdentity(t, "Ann Example")
	m := message{by: by, withoutCertificate: true}
	got := only(t, pdftest.Embed(t, pdftest.Plain(t, "Lease"), pdftest.SignatureField{SubFilter: detached + fmt.Sprintf(" /Cert <%x>", by.Certificate.Raw)}, m.make(t)))
	accepted(t, got)
	if got.Signer != "Ann Example" || !got.Trusted {
		t.Errorf("got %+v", got)
	}
}
