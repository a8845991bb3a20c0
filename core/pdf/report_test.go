package pdf_test

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"countersign/core/pdf"
	"countersign/core/pdf/pdftest"
)

func examine(t testing.TB, file []byte) pdf.Report {
	t.Helper()
	report, err := pdf.Examine(bytes.NewReader(file), int64(len(file)), pdf.Options{Anchors: pdftest.Anchors(t)})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// stamped returns the message with a time-stamp in its unsigned attributes. over returns what the time-stamp is for.
func stamped(m message, by pdftest.Identity, at time.Time, over func(signature []byte) []byte) message {
	m.unsigned = func(t testing.TB, signature []byte) []byte {
		return sequence(timestampToken, set(timestamp(t, by, at)(over(signature))))
	}
	return m
}

func sameBytes(b []byte) []byte { return b }

func TestSignatureTimestamp(t *testing.T) {
	at := time.Now().Add(-10 * time.Minute).Truncate(time.Second)
	other := func([]byte) []byte { return []byte("another signature") }
	for name, c := range map[string]struct {
		by      pdftest.Identity
		over    func([]byte) []byte
		problem string
		trusted bool
		trust   string
	}{
		"good":                  {clock(t), sameBytes, "", true, "which is trusted here"},
		"for another signature": {clock(t), other, "for a different signature", false, ""},
		"by a signer":           {pdftest.NewIdentity(t, "Clock Example"), sameBytes, "", false, "not for timestamping"},
		"by somebody else's key": {
			pdftest.Identity{Certificate: clock(t).Certificate, Key: pdftest.NewIdentity(t, "Someone Else").Key},
			sameBytes, "not made with the key", false, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := stamped(message{by: rsaIdentity(t)}, c.by, at, c.over)
			m.signingCertificate = m.by.Certificate.Raw
			got := only(t, pdftest.Embed(t, pdftest.Plain(t, "Lease"), pdftest.SignatureField{SubFilter: cades}, m.make(t)))
			accepted(t, got)
			s := got.SignatureTimestamp
			if s == nil || !s.At.Equal(at) || s.Authority != "Clock Example" || s.Intact() != (c.problem == "") || s.Trusted != c.trusted {
				t.Fatalf("got %+v", s)
			}
			if !strings.Contains(s.Problem, c.problem) || !strings.Contains(s.TrustReason, c.trust) {
				t.Errorf("problem %q, trust %q", s.Problem, s.TrustReason)
			}
			want := "PAdES B-B"
			if s.Intact() {
				want = "PAdES B-T"
			}
			if got.Level != want {
				t.Errorf("level %q, want %q", got.Level, want)
			}
			if witnessed := got.SigningTime(); c.trusted != witnessed.Equal(at) {
				t.Errorf("witnessed at %v", witnessed)
			}
		})
	}
}

// The chain has to be valid at the time of a trusted time-stamp, not at the time that the signer claims.
func TestTrustUsesTheTimeOfATrustedTimestamp(t *testing.T) {
	m := message{by: pdftest.NewIdentity(t, "Ann Example"), at: time.Now().AddDate(-5, 0, 0)}
	for name, c := range map[string]struct {
		m    message
		want bool
	}{
		"a claim alone":                      {m, false},
		"a trusted stamp":                    {stamped(m, clock(t), time.Now(), sameBytes), true},
		"an untrusted stamp":                 {stamped(m, pdftest.NewIdentity(t, "Nobody"), time.Now(), sameBytes), false},
		"a stamp older than its certificate": {stamped(m, clock(t), time.Now().AddDate(0, 0, -3), sameBytes), false},
	} {
		got := only(t, pdftest.Embed(t, pdftest.Plain(t, "Lease"), pdftest.SignatureField{SubFilter: detached}, c.m.make(t)))
		accepted(t, got)
		if got.Trusted != c.want {
			t.Errorf("%s: trusted %t (%s)", name, got.Trusted, got.TrustReason)
		}
	}
}

func TestLevels(t *testing.T) {
	w := newFixture(t)
	bare := message{by: w.rita.by, at: w.rita.at}
	stampedOnce := stamped(w.rita, clock(t), time.Now(), sameBytes)
	sign := func(subFilter string, m message) []byte {
		return w.sign(w.plain, pdftest.SignatureField{SubFilter: subFilter, Field: "F"}, m)
	}
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"PKCS#7":                                {sign(detached, w.rita), "PKCS#7"},
		"PKCS#7 with a stamp":                   {sign(detached, stampedOnce), "PKCS#7 with a time-stamp"},
		"CAdES without its certificate":         {sign(cades, bare), "CAdES, not PAdES: the signature does not name the signer's certificate"},
		"nothing but a signature":               {sign(cades, w.rita), "PAdES B-B"},
		"with validation data alone":            {w.withValidationData(sign(cades, w.rita)), "PAdES B-B"},
		"with a stamp":                          {sign(cades, stampedOnce), "PAdES B-T"},
		"with a stamp of the document":          {w.stamped(sign(cades, w.rita)), "PAdES B-T"},
		"with a stamp and validation data":      {w.withValidationData(sign(cades, stampedOnce)), "PAdES B-LT"},
		"with a stamp over these":               {w.stamped(w.withValidationData(sign(cades, stampedOnce))), "PAdES B-LTA"},
		"with a stamp before these":             {w.withValidationData(w.stamped(sign(cades, stampedOnce))), "PAdES B-LT"},
		"with a stamp over these, not sound":    {replaceLast(t, w.stamped(w.withValidationData(sign(cades, stampedOnce))), "/T (Stamp)", "/T (Stomp)"), "PAdES B-LT"},
		"with an OCSP response":                 {w.withOCSP(sign(cades, stampedOnce), ocspFor(t, w.rita.by.Certificate)), "PAdES B-T"}, // nothing about the time-stamp
		"with an OCSP response for another":     {w.withOCSP(sign(cades, stampedOnce), ocspFor(t, pdftest.Authority(t))), "PAdES B-T"},
		"with a VRI entry":                      {w.withVRI(sign(cades, stampedOnce), false, pdftest.RevocationList(t)), "PAdES B-LT"},
		"with a VRI entry of another signature": {w.withVRI(sign(cades, stampedOnce), true, pdftest.RevocationList(t)), "PAdES B-LT"},
		"with a VRI entry of unrelated data":    {w.withVRI(sign(cades, stampedOnce), false, unrelatedCRL(t)), "PAdES B-T"},
		"with data of someone else":             {w.withCRL(sign(cades, stampedOnce), unrelatedCRL(t)), "PAdES B-T"},
		"not intact":                            {replace(t, sign(cades, stampedOnce), "(Lease)", "(Least)"), ""},
	} {
		if got := examine(t, c.file).Signatures[0]; got.Level != c.want {
			t.Errorf("%s: level %q, want %q (%s)", name, got.Level, c.want, got.Problem)
		}
	}
}

// withOCSP appends a /DSS dictionary with a certificate and an OCSP response.
func (w *fixture) withOCSP(file, response []byte) []byte {
	w.Helper()
	return w.catalog(file, "/DSS << /Certs [60 0 R] /OCSPs [61 0 R] >>",
		pdftest.Object{Number: 60, Body: pdftest.Stream("", string(pdftest.Authority(w).Raw))},
		pdftest.Object{Number: 61, Body: pdftest.Stream("", string(response))})
}

// withVRI appends a /DSS dictionary with a CRL in a /VRI entry for the signature of a file, or for another one.
func (w *fixture) withVRI(file []byte, another bool, list []byte) []byte {
	w.Helper()
	key := sum(crypto.SHA1, only(w, file).CMS)
	if another {
		key[0] ^= 1
	}
	return w.catalog(file, fmt.Sprintf("/DSS << /Certs [60 0 R] /VRI << /%x << /CRL [61 0 R] >> >> >>", key),
		pdftest.Object{Number: 60, Body: pdftest.Stream("", string(pdftest.Authority(w).Raw))},
		pdftest.Object{Number: 61, Body: pdftest.Stream("", string(list))})
}

func unrelatedCRL(t testing.TB) []byte {
	t.Helper()
	key := pdftest.NewIdentity(t, "Other authority").Key
	issuer := &x509.Certificate{RawSubject: sequence(), SubjectKeyId: []byte{1}, KeyUsage: x509.KeyUsageCRLSign}
	list := &x509.RevocationList{Number: pdftest.Authority(t).SerialNumber, ThisUpdate: time.Now(), NextUpdate: time.Now().AddDate(0, 1, 0)}
	return must(x509.CreateRevocationList(nil, list, issuer, key))
}

func TestTrustReasons(t *testing.T) {
	ann := pdftest.NewIdentity(t, "Ann Example")
	for name, c := range map[string]struct {
		at      time.Time
		anchors pdf.Anchors
		want    []string
	}{
		"trusted":          {time.Now(), pdftest.Anchors(t), []string{"issued under Test authority, which is trusted here", "the file does not show whether it was revoked"}},
		"no anchors":       {time.Now(), pdftest.AnchorsOf(), []string{"does not lead to an issuer that is trusted here: it was issued by Test authority", "the file does not show whether it was revoked"}},
		"expired":          {time.Now().AddDate(3, 0, 0), pdftest.Anchors(t), []string{"had expired at the time of signing: it was valid until"}},
		"not yet valid":    {time.Now().AddDate(-3, 0, 0), pdftest.Anchors(t), []string{"not yet valid at the time of signing: it is valid from"}},
		"both":             {time.Now().AddDate(3, 0, 0), pdftest.AnchorsOf(), []string{"had expired", "and the certificate does not lead to an issuer"}},
		"no anchors given": {time.Now(), nil, []string{""}},
	} {
		file := pdftest.Embed(t, pdftest.Plain(t, "Lease"), pdftest.SignatureField{SubFilter: detached}, message{by: ann, at: c.at}.make(t))
		got, err := pdf.Signatures(bytes.NewReader(file), int64(len(file)), c.anchors)
		if err != nil {
			t.Fatal(err)
		}
		accepted(t, got[0])
		if got[0].Trusted != (name == "trusted") || (got[0].TrustReason == "") != (c.anchors == nil) {
			t.Errorf("%s: trusted %t", name, got[0].Trusted)
		}
		for _, part := range c.want {
			if !strings.Contains(got[0].TrustReason, part) {
				t.Errorf("%s: %q, want %q in it", name, got[0].TrustReason, part)
			}
		}
	}
}

func TestAlgorithm(t *testing.T) {
	rsa := rsaIdentity(t)
	for want, m := range map[string]message{
		"SHA-256, RSA 2048":     {by: rsa},
		"SHA-512, RSA 2048":     {by: rsa, hash: crypto.SHA512},
		"SHA-256, RSA-PSS 2048": {by: rsa, pss: true},
		"SHA-256, ECDSA P-256":  {by: pdftest.NewIdentity(t, "Ann Example")},
		"MD5, RSA 2048":         {by: rsa, hash: crypto.MD5},
		"SHA-1, RSA 2048":       {by: rsa, hash: crypto.SHA1},
	} {
		if got := only(t, pdftest.Embed(t, pdftest.Plain(t, "Lease"), pdftest.SignatureField{SubFilter: detached}, m.make(t))).Algorithm; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// People verify the exported message with common tools, so it must have the very bytes of the file.
func TestCMSByteRangeAndCertificatesComeFromTheFile(t *testing.T) {
	w := newFixture(t)
	got := only(t, w.signed)
	value := value(w.signed, got)
	if want := fmt.Sprintf("%x", got.CMS); !strings.HasPrefix(string(value), want) || strings.Trim(string(value[len(want):]), "0") != "" {
		t.Error("the message differs from the file")
	}
	if r := got.ByteRange; w.signed[r[1]] != '<' || w.signed[r[2]-1] != '>' || r[2]+r[3] != int64(len(w.signed)) || r[0] != 0 {
		t.Errorf("the byte range is %v", r)
	}
	if chain := got.Certificates; len(chain) != 1 || !bytes.Equal(chain[0].Raw, w.rita.by.Certificate.Raw) {
		t.Errorf("certificates %v", chain)
	}
	beside := examine(t, w.withValidationData(w.signed)).Signatures[0].Certificates
	if len(beside) != 2 || !bytes.Equal(beside[1].Raw, pdftest.Authority(t).Raw) {
		t.Errorf("with the issuer beside it: %v", beside)
	}
}

func TestAppendedSince(t *testing.T) {
	w := newFixture(t)
	exchanged := w.page(w.plain, "/Contents 4 0 R", "/Contents 30 0 R", pdftest.Object{Number: 30, Body: overlay})
	for name, c := range map[string]struct {
		file  []byte
		since int
		want  []pdf.Change
		bytes int
	}{
		"nothing":                 {w.signed, len(w.signed), nil, 0},
		"a signature":             {w.signed, len(w.plain), []pdf.Change{pdf.SignatureAdded}, len(w.signed) - len(w.plain)},
		"a signature and a stamp": {w.stamped(w.signed), len(w.plain), []pdf.Change{pdf.SignatureAdded, pdf.TimestampAdded}, -1},
		"a page and a signature":  {w.sign(exchanged, pdftest.SignatureField{SubFilter: cades}, w.rita), len(w.plain), []pdf.Change{pdf.OtherChange, pdf.SignatureAdded}, -1},
		"since within a revision": {w.signed, len(w.plain) - 50, []pdf.Change{pdf.OtherChange, pdf.SignatureAdded}, -1},
		"since within the header": {w.signed, 3, []pdf.Change{pdf.OtherChange, pdf.SignatureAdded}, -1},
		"since beyond the end":    {w.signed, len(w.signed) + 1, nil, -1},
	} {
		report, err := pdf.Examine(bytes.NewReader(c.file), int64(len(c.file)), pdf.Options{SinceOffset: int64(c.since)})
		if err != nil {
			t.Fatal(err)
		}
		if got := report.AppendedSince; changes(got.Changes) != changes(c.want) || c.bytes >= 0 && got.Bytes != int64(c.bytes) {
			t.Errorf("%s: %+v, want %v", name, got, c.want)
		}
	}
}

// A time-stamp by SHA-1 shows no time: another time could have the same digest.
func TestAWeakTimestampShowsNoTime(t *testing.T) {
	at := time.Now().Add(-10 * time.Minute).Truncate(time.Second)
	m := message{by: rsaIdentity(t), at: time.Now().Truncate(time.Second)}
	m.signingCertificate = m.by.Certificate.Raw
	m.unsigned = func(t testing.TB, signature []byte) []byte {
		token := message{by: clock(t), hash: crypto.SHA1, content: timestampInfo(signature, at), contentKind: tstInfo}.make(t)(nil)
		return sequence(timestampToken, set(token))
	}
	got := only(t, pdftest.Embed(t, pdftest.Plain(t, "Lease"), pdftest.SignatureField{SubFilter: cades}, m.make(t)))
	accepted(t, got)
	s := got.SignatureTimestamp
	if s == nil || !s.Intact() || s.Weak != "SHA-1" || s.Trusted || got.Weak != "" || !got.Trusted {
		t.Fatalf("got %+v, time-stamp %+v", got, s)
	}
	if got.Level != "PAdES B-B" || !got.SigningTime().Equal(m.at) {
		t.Errorf("level %q at %v", got.Level, got.SigningTime())
	}
}

// A weak document time-stamp raises no level.
func TestAWeakDocumentTimestampRaisesNoLevel(t *testing.T) {
	w := newFixture(t)
	stamp := func(document []byte) []byte {
		return message{by: clock(t), hash: crypto.SHA1, content: timestampInfo(document, time.Now()), contentKind: tstInfo}.make(t)(nil)
	}
	report := examine(t, pdftest.Embed(t, w.signed, pdftest.SignatureField{SubFilter: "ETSI.RFC3161", Field: "Stamp"}, stamp))
	if s := report.Signatures; len(s) != 2 || s[0].Level != "PAdES B-B" || !s[1].Intact() || s[1].Weak != "SHA-1" || s[1].Trusted {
		t.Errorf("got %+v", s)
	}
}

// The data of a time-stamp belongs to B-LT when it was there before the data, and not when it is over the data.
func TestLevelsNeedTheDataOfEarlierTimestamps(t *testing.T) {
	w := newFixture(t)
	ca, by := pdftest.AuthorityIdentity(t), clock(t)
	at := time.Now().Truncate(time.Second)
	forRita, forClock := ocspFor(t, w.rita.by.Certificate), ocspFor(t, by.Certificate)
	revoked := answer(t, ca.Certificate, ca, ocsp.Response{Status: ocsp.Revoked, SerialNumber: by.Certificate.SerialNumber, RevokedAt: at.Add(-time.Minute), RevocationReason: ocsp.KeyCompromise})
	list := pdftest.RevocationList(t)
	documentStamp := func(file []byte) []byte {
		return pdftest.Embed(t, file, pdftest.SignatureField{SubFilter: "ETSI.RFC3161", Field: "Stamp"}, timestamp(t, by, at))
	}
	store := func(file []byte, responses ...[]byte) []byte {
		var objects []pdftest.Object
		refs := ""
		for i, response := range responses {
			objects = append(objects, pdftest.Object{Number: 60 + i, Body: pdftest.Stream("", string(response))})
			refs += fmt.Sprintf("%d 0 R ", 60+i)
		}
		return w.catalog(file, "/DSS << /OCSPs ["+refs+"] >>", objects...)
	}
	one := stamped(w.rita, by, at, sameBytes)
	brings := one // its stamp and itself have all data in their messages
	brings.crls = list
	brings.unsigned = func(t testing.TB, signature []byte) []byte {
		token := message{by: by, content: timestampInfo(signature, at), contentKind: tstInfo, crls: list}
		return sequence(timestampToken, set(token.make(t)(nil)))
	}
	alone := w.rita
	alone.crls = list
	signed := roomy(w, one)
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"data for both":                                   {store(signed, forRita, forClock), "PAdES B-LT"},
		"data for the signer":                             {store(signed, forRita), "PAdES B-T"},
		"data for the time-stamp":                         {store(signed, forClock), "PAdES B-T"},
		"the authority of the stamp was revoked":          {store(signed, forRita, revoked), "PAdES B-T"},
		"data for the signer, and a stamp over it":        {documentStamp(store(signed, forRita)), "PAdES B-T"},
		"a document time-stamp, then data for the signer": {store(documentStamp(roomy(w, w.rita)), forRita), "PAdES B-T"},
		"a document time-stamp, then data for both":       {store(documentStamp(roomy(w, w.rita)), forRita, forClock), "PAdES B-LT"},
		"data for the signer, then a document time-stamp": {documentStamp(store(roomy(w, w.rita), forRita)), "PAdES B-LTA"},
		"everything in the messages":                      {roomy(w, brings), "PAdES B-LT"},
		"everything in the messages, and a stamp over it": {w.stamped(roomy(w, brings)), "PAdES B-LTA"},
		"everything in the message, without a stamp":      {roomy(w, alone), "PAdES B-B"},
	} {
		if got := examine(t, c.file).Signatures[0]; got.Level != c.want {
			t.Errorf("%s: level %q, want %q (%+v, %s)", name, got.Level, c.want, got.Revocation, got.Problem)
		}
	}
}
