package pdf_test

import (
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"countersign/core/pdf"
	"countersign/core/pdf/pdftest"
)

// answer returns an OCSP response. Times that are not set are about now.
func answer(t testing.TB, issuer *x509.Certificate, by pdftest.Identity, form ocsp.Response) []byte {
	t.Helper()
	if form.ThisUpdate.IsZero() {
		form.ThisUpdate = time.Now()
	}
	if form.NextUpdate.IsZero() {
		form.NextUpdate = form.ThisUpdate.Add(24 * time.Hour)
	}
	if by.Certificate != issuer {
		form.Certificate = by.Certificate
	}
	return must(ocsp.CreateResponse(issuer, by.Certificate, form, by.Key))
}

// ocspFor returns a good answer of the test authority for a certificate.
func ocspFor(t testing.TB, cert *x509.Certificate) []byte {
	t.Helper()
	ca := pdftest.AuthorityIdentity(t)
	return answer(t, ca.Certificate, ca, ocsp.Response{Status: ocsp.Good, SerialNumber: cert.SerialNumber})
}

// issued returns a certificate for OCSP of an issuer.
func issued(t testing.TB, issuer pdftest.Identity, name string, until time.Time, uses ...x509.ExtKeyUsage) pdftest.Identity {
	t.Helper()
	by := pdftest.NewIdentity(t, name)
	form := &x509.Certificate{SerialNumber: big.NewInt(77), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().AddDate(-1, 0, 0), NotAfter: until, ExtKeyUsage: uses}
	cert, err := x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, form, issuer.Certificate, by.Key.Public(), issuer.Key)))
	if err != nil {
		t.Fatal(err)
	}
	by.Certificate = cert
	return by
}

// listOf returns a CRL of an issuer with entries and extensions.
func listOf(t testing.TB, by pdftest.Identity, entries []x509.RevocationListEntry, extra ...pkix.Extension) []byte {
	t.Helper()
	issuer := *by.Certificate
	issuer.KeyUsage |= x509.KeyUsageCRLSign
	list := &x509.RevocationList{Number: big.NewInt(2), ThisUpdate: time.Now().Add(-time.Minute), NextUpdate: time.Now().AddDate(0, 1, 0), RevokedCertificateEntries: entries, ExtraExtensions: extra}
	return must(x509.CreateRevocationList(rand.Reader, list, &issuer, by.Key))
}

func TestOCSPAnswersAreBelievedOnlyFromTheIssuer(t *testing.T) {
	w := newFixture(t)
	ca := pdftest.AuthorityIdentity(t)
	serial := w.rita.by.Certificate.SerialNumber
	good := ocsp.Response{Status: ocsp.Good, SerialNumber: serial}
	revoked := ocsp.Response{Status: ocsp.Revoked, SerialNumber: serial, RevokedAt: time.Now().Add(-time.Hour).UTC().Truncate(time.Second), RevocationReason: ocsp.KeyCompromise}
	later := revoked
	later.RevokedAt = time.Now().Add(time.Hour)
	old := good
	old.ThisUpdate, old.NextUpdate = time.Now().AddDate(0, 0, -9), time.Now().AddDate(0, 0, -8)
	other := issued(t, pdftest.NewIdentity(t, "Other"), "Test authority", time.Now().AddDate(1, 0, 0))
	signed := w.sign(w.plain, pdftest.SignatureField{SubFilter: cades, Field: "F"}, stamped(w.rita, clock(t), time.Now(), sameBytes))
	bare := w.sign(w.plain, pdftest.SignatureField{SubFilter: cades, Field: "F"}, w.rita)
	for name, c := range map[string]struct {
		file     []byte
		response []byte
		want     pdf.RevocationState
	}{
		"good":                                   {signed, answer(t, ca.Certificate, ca, good), "good"},
		"good, by a responder of the issuer":     {signed, answer(t, ca.Certificate, issued(t, ca, "Responder", time.Now().AddDate(1, 0, 0), x509.ExtKeyUsageOCSPSigning), good), "good"},
		"revoked before the time-stamp":          {signed, answer(t, ca.Certificate, ca, revoked), "revoked"},
		"revoked, without a time-stamp":          {bare, answer(t, ca.Certificate, ca, revoked), "revoked"},
		"revoked later, without a time-stamp":    {bare, answer(t, ca.Certificate, ca, later), "revoked"},
		"revoked after the time-stamp":           {signed, answer(t, ca.Certificate, ca, later), "good"},
		"of another certificate":                 {signed, ocspFor(t, ca.Certificate), "not told"},
		"of another issuer with the same serial": {signed, answer(t, other.Certificate, other, good), "not told"},
		"signed by the signer":                   {signed, answer(t, ca.Certificate, w.rita.by, good), "not told"},
		"by a responder that is not for it":      {signed, answer(t, ca.Certificate, issued(t, ca, "Responder", time.Now().AddDate(1, 0, 0)), good), "not told"},
		"by a responder of somebody else":        {signed, answer(t, ca.Certificate, issued(t, other, "Responder", time.Now().AddDate(1, 0, 0), x509.ExtKeyUsageOCSPSigning), good), "not told"},
		"by an expired responder":                {signed, answer(t, ca.Certificate, issued(t, ca, "Responder", time.Now().AddDate(0, 0, -1), x509.ExtKeyUsageOCSPSigning), good), "not told"},
		"good, but older than the time-stamp":    {signed, answer(t, ca.Certificate, ca, old), "not told"},
		"unknown":                                {signed, answer(t, ca.Certificate, ca, ocsp.Response{Status: ocsp.Unknown, SerialNumber: serial}), "not told"},
		"none":                                   {signed, nil, "not told"},
	} {
		got := examine(t, w.withOCSP(c.file, c.response)).Signatures[0]
		if got.Revocation.State != c.want || got.Trusted == (c.want == "revoked") {
			t.Errorf("%s: %+v, trusted %t (%s)", name, got.Revocation, got.Trusted, got.TrustReason)
		}
		if c.want == "revoked" && name != "revoked later, without a time-stamp" && !got.Revocation.RevokedAt.Equal(revoked.RevokedAt) {
			t.Errorf("%s: revoked at %v", name, got.Revocation.RevokedAt)
		}
	}
	// A revocation outweighs an older answer that says good.
	both := w.withOCSP(w.withOCSP(signed, answer(t, ca.Certificate, ca, good)), answer(t, ca.Certificate, ca, revoked))
	if got := examine(t, both).Signatures[0]; got.Revocation.State != "revoked" || got.Trusted {
		t.Errorf("got %+v", got.Revocation)
	}
}

func TestListsSpeakOnlyForWhatTheyAreFor(t *testing.T) {
	w := newFixture(t)
	ca := pdftest.AuthorityIdentity(t)
	entry := func(reason int, at time.Time) []x509.RevocationListEntry {
		return []x509.RevocationListEntry{{SerialNumber: w.rita.by.Certificate.SerialNumber, RevocationTime: at, ReasonCode: reason}}
	}
	before, after := time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	sameName := ca
	sameName.Key = pdftest.NewIdentity(t, "Other").Key
	extension := func(arc int, value []byte) pkix.Extension {
		return pkix.Extension{Id: []int{2, 5, 29, arc}, Critical: true, Value: value}
	}
	signed := w.sign(w.plain, pdftest.SignatureField{SubFilter: cades, Field: "F"}, stamped(w.rita, clock(t), time.Now(), sameBytes))
	for name, c := range map[string]struct {
		list []byte
		want pdf.RevocationState
	}{
		"empty":                          {listOf(t, ca, nil), "good"},
		"revoked":                        {listOf(t, ca, entry(1, before)), "revoked"},
		"revoked afterwards":             {listOf(t, ca, entry(1, after)), "good"},
		"on hold":                        {listOf(t, ca, entry(6, before)), "revoked"},
		"of another issuer of that name": {listOfKey(t, sameName), "not told"},
		"delta":                          {listOf(t, ca, nil, extension(27, []byte{2, 1, 1})), "not told"},
		"indirect":                       {listOf(t, ca, nil, extension(28, []byte{0x30, 3, 0x84, 1, 0xff})), "not told"},
		"for authorities":                {listOf(t, ca, nil, extension(28, []byte{0x30, 3, 0x82, 1, 0xff})), "not told"},
		"for users":                      {listOf(t, ca, nil, extension(28, []byte{0x30, 3, 0x81, 1, 0xff})), "good"},
		"with something unknown":         {listOf(t, ca, nil, extension(99, []byte{5, 0})), "not told"},
	} {
		got := examine(t, w.withCRL(signed, c.list)).Signatures[0]
		if got.Revocation.State != c.want || got.Trusted == (c.want == "revoked") {
			t.Errorf("%s: %+v, trusted %t (%s)", name, got.Revocation, got.Trusted, got.TrustReason)
		}
	}
}

// listOfKey returns an empty CRL in the name of an issuer with another key.
func listOfKey(t testing.TB, by pdftest.Identity) []byte {
	t.Helper()
	issuer := &x509.Certificate{RawSubject: by.Certificate.RawSubject, Subject: by.Certificate.Subject, SubjectKeyId: []byte{1}, KeyUsage: x509.KeyUsageCRLSign}
	list := &x509.RevocationList{Number: big.NewInt(2), ThisUpdate: time.Now(), NextUpdate: time.Now().AddDate(0, 1, 0)}
	return must(x509.CreateRevocationList(rand.Reader, list, issuer, by.Key))
}
