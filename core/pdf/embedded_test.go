package pdf_test

import (
	"bytes"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"countersign/core/pdf"
	"countersign/core/pdf/pdftest"
)

// This file tests the locations that revocation data can have in a signed file.

// values returns the value of an attribute with CRLs and OCSP responses (ISO 32000-1, 12.8.3.3.2).
func values(lists, responses [][]byte) []byte {
	return sequence(tlv(0xa0, sequence(lists...)), tlv(0xa1, sequence(responses...)))
}

// basic returns the BasicOCSPResponse in an OCSP response, which is what ETSI EN 319 122-1, A.1.1.2, wants.
func basic(response []byte) []byte {
	var outer struct {
		Status asn1.Enumerated
		Bytes  struct {
			Type     asn1.ObjectIdentifier
			Response []byte
		} `asn1:"explicit,tag:0"`
	}
	if _, err := asn1.Unmarshal(response, &outer); err != nil {
		panic(err)
	}
	return outer.Bytes.Response
}

// inCRLs returns the content of the crls field of a SignedData (RFC 5940, section 2).
func inCRLs(lists, responses [][]byte) []byte {
	all := []byte{}
	for _, list := range lists {
		all = append(all, list...)
	}
	for _, response := range responses {
		all = append(all, tlv(0xa1, ocspInCRLs, response)...)
	}
	return all
}

// withValues returns the message with the unsigned attribute of ETSI for revocation data, after the ones that it has.
func withValues(m message, value []byte) message {
	others := m.unsigned
	m.unsigned = func(t testing.TB, signature []byte) []byte {
		attribute := sequence(etsiValues, set(value))
		if others == nil {
			return attribute
		}
		return slices.Concat(others(t, signature), attribute)
	}
	return m
}

// embeddedIn returns for each location of revocation data how a file is signed that has it there.
var embeddedIn = map[string]func(w *fixture, m message, lists, responses [][]byte) []byte{
	"the document security store": func(w *fixture, m message, lists, responses [][]byte) []byte {
		var objects []pdftest.Object
		refs := func(all [][]byte) string {
			var refs strings.Builder
			for _, der := range all {
				number := 60 + len(objects)
				objects = append(objects, pdftest.Object{Number: number, Body: pdftest.Stream("", string(der))})
				fmt.Fprintf(&refs, "%d 0 R ", number)
			}
			return "[" + refs.String() + "]"
		}
		entry := "/DSS << /CRLs " + refs(lists) + " /OCSPs " + refs(responses) + " >>"
		return w.catalog(roomy(w, m), entry, objects...)
	},
	"the attribute of Adobe": func(w *fixture, m message, lists, responses [][]byte) []byte {
		m.archive = values(lists, responses)
		return roomy(w, m)
	},
	"the crls field": func(w *fixture, m message, lists, responses [][]byte) []byte {
		m.crls = inCRLs(lists, responses)
		return roomy(w, m)
	},
	"the attribute of ETSI": func(w *fixture, m message, lists, responses [][]byte) []byte {
		var inner [][]byte
		for _, response := range responses {
			inner = append(inner, basic(response))
		}
		return roomy(w, withValues(m, values(lists, inner)))
	},
}

// roomy signs with more space for the value than usual.
func roomy(w *fixture, m message) []byte {
	return w.sign(w.plain, pdftest.SignatureField{SubFilter: cades, Field: "F", Space: 16 << 10}, m)
}

// listAt returns a CRL of an issuer that was made at a time and names the time of the next one.
func listAt(t testing.TB, by pdftest.Identity, made, next time.Time, entries ...x509.RevocationListEntry) []byte {
	t.Helper()
	list := &x509.RevocationList{Number: big.NewInt(2), ThisUpdate: made, NextUpdate: next, RevokedCertificateEntries: entries}
	return must(x509.CreateRevocationList(rand.Reader, list, by.Certificate, by.Key))
}

func TestRevocationDataIsReadWhereverItIs(t *testing.T) {
	w := newFixture(t)
	ca := pdftest.AuthorityIdentity(t)
	now := time.Now().UTC().Truncate(time.Second)
	vouched, before, after := now.Add(-10*time.Minute), now.Add(-30*time.Minute), now.Add(-5*time.Minute)
	serial := w.rita.by.Certificate.SerialNumber
	good := ocsp.Response{Status: ocsp.Good, SerialNumber: serial}
	revoked := func(at time.Time) ocsp.Response {
		return ocsp.Response{Status: ocsp.Revoked, SerialNumber: serial, RevokedAt: at, RevocationReason: ocsp.KeyCompromise}
	}
	entry := func(at time.Time) x509.RevocationListEntry {
		return x509.RevocationListEntry{SerialNumber: serial, RevocationTime: at, ReasonCode: ocsp.KeyCompromise}
	}
	between := good // an answer of a time before the time-stamp
	between.ThisUpdate, between.NextUpdate = now.Add(-50*time.Minute), now.Add(-20*time.Minute)
	older := good
	older.ThisUpdate, older.NextUpdate = now.Add(-50*time.Minute), now.Add(time.Hour)
	other := issued(t, pdftest.NewIdentity(t, "Other"), "Test authority", now.AddDate(1, 0, 0))
	expired := issued(t, ca, "Responder", now.AddDate(0, 0, -1), x509.ExtKeyUsageOCSPSigning)
	double := issued(t, ca, "Double", now.AddDate(1, 0, 0)) // another issuer with the same name
	double.Certificate.RawSubject = ca.Certificate.RawSubject
	sameName := ca
	sameName.Key = pdftest.NewIdentity(t, "Other").Key
	response := func(form ocsp.Response) [][]byte { return [][]byte{answer(t, ca.Certificate, ca, form)} }
	list := func(entries ...x509.RevocationListEntry) [][]byte {
		return [][]byte{listAt(t, ca, now.Add(-time.Minute), now.Add(time.Hour), entries...)}
	}
	cases := map[string]struct {
		lists, responses [][]byte
		want             pdf.RevocationState
	}{
		"nothing":                        {nil, nil, "not told"},
		"a good answer":                  {nil, response(good), "good"},
		"a list without it":              {list(), nil, "good"},
		"answered: revoked before":       {nil, response(revoked(before)), "revoked"},
		"listed: revoked before":         {list(entry(before)), nil, "revoked"},
		"answered: revoked after":        {nil, response(revoked(after)), "good"},
		"listed: revoked after":          {list(entry(after)), nil, "good"},
		"an older answer that was good":  {list(entry(before)), response(older), "revoked"},
		"two answers":                    {nil, slices.Concat(response(revoked(before)), response(good)), "revoked"},
		"for another certificate":        {nil, [][]byte{ocspFor(t, ca.Certificate)}, "not told"},
		"for the serial of another":      {nil, [][]byte{answer(t, other.Certificate, other, good)}, "not told"},
		"for the serial of a namesake":   {nil, [][]byte{answer(t, double.Certificate, ca, good)}, "not told"},
		"signed by the signer":           {nil, [][]byte{answer(t, ca.Certificate, w.rita.by, good)}, "not told"},
		"by an expired responder":        {nil, [][]byte{answer(t, ca.Certificate, expired, good)}, "not told"},
		"revoked, by the signer":         {nil, [][]byte{answer(t, ca.Certificate, w.rita.by, revoked(before))}, "not told"},
		"an answer for an earlier time":  {nil, response(between), "not told"},
		"a list for an earlier time":     {[][]byte{listAt(t, ca, now.Add(-50*time.Minute), now.Add(-20*time.Minute))}, nil, "not told"},
		"a list of another of that name": {[][]byte{listOfKey(t, sameName)}, nil, "not told"},
		"a delta list":                   {[][]byte{listOf(t, ca, nil, pkix.Extension{Id: []int{2, 5, 29, 27}, Critical: true, Value: integer(1)})}, nil, "not told"},
		"an indirect list":               {[][]byte{listOf(t, ca, nil, pkix.Extension{Id: []int{2, 5, 29, 28}, Critical: true, Value: sequence([]byte{0x84, 1, 0xff})})}, nil, "not told"},
	}
	codes := map[pdf.RevocationState]string{"good": "trust_good", "revoked": "trust_revoked", "not told": "trust_not_revoked"}
	for where, embed := range embeddedIn {
		for name, c := range cases {
			got := examine(t, embed(w, stamped(w.rita, clock(t), vouched, sameBytes), c.lists, c.responses)).Signatures[0]
			accepted(t, got)
			if got.Revocation.State != c.want || got.Trusted == (c.want == "revoked") || got.TrustCoded.Code != codes[c.want] {
				t.Errorf("%s in %s: %+v, trusted %t (%s)", name, where, got.Revocation, got.Trusted, got.TrustReason)
			}
			if c.want == "revoked" && (!got.Revocation.RevokedAt.Equal(before) || got.Revocation.Subject != got.Signer) {
				t.Errorf("%s in %s: %+v", name, where, got.Revocation)
			}
		}
	}
}

// The data of a time-stamp is in its own message as well. A revoked authority vouches for no time.
func TestATimestampBringsItsOwnRevocationData(t *testing.T) {
	w := newFixture(t)
	ca, by := pdftest.AuthorityIdentity(t), clock(t)
	at := time.Now().Add(-10 * time.Minute).Truncate(time.Second)
	for name, c := range map[string]struct {
		reason  int
		revoked time.Time
		trusted bool
	}{
		"not revoked":                        {0, time.Time{}, true},
		"its key was stolen":                 {ocsp.KeyCompromise, time.Now().Add(-5 * time.Minute), false},
		"closed before":                      {ocsp.CessationOfOperation, time.Now().Add(-20 * time.Minute), false},
		"closed afterwards":                  {ocsp.CessationOfOperation, time.Now().Add(-5 * time.Minute), true},
		"revoked afterwards, without reason": {ocsp.Unspecified, time.Now().Add(-5 * time.Minute), false},
	} {
		var entries []x509.RevocationListEntry
		if !c.revoked.IsZero() {
			entries = append(entries, x509.RevocationListEntry{SerialNumber: by.Certificate.SerialNumber, RevocationTime: c.revoked, ReasonCode: c.reason})
		}
		m := w.rita
		m.unsigned = func(t testing.TB, signature []byte) []byte {
			token := message{by: by, content: timestampInfo(signature, at), contentKind: tstInfo, crls: inCRLs([][]byte{listOf(t, ca, entries)}, nil)}
			return sequence(timestampToken, set(token.make(t)(nil)))
		}
		got := examine(t, roomy(w, m)).Signatures[0]
		accepted(t, got)
		stamp := got.SignatureTimestamp
		if !stamp.Intact() || stamp.Trusted != c.trusted || got.SigningTime().Equal(at) != c.trusted {
			t.Errorf("%s: %+v", name, stamp)
		}
		want := "trust_good"
		switch {
		case !c.trusted:
			want = "trust_revoked"
		case !c.revoked.IsZero():
			want = "trust_revoked_later"
		}
		if stamp.TrustCoded.Code != want {
			t.Errorf("%s: %s", name, stamp.TrustReason)
		}
	}
}

// Bytes that are damaged or of another kind say nothing, and what stands beside them counts.
func TestDamagedRevocationDataSaysNothing(t *testing.T) {
	w := newFixture(t)
	list := pdftest.RevocationList(t)
	flipped := bytes.Clone(list)
	flipped[len(flipped)-1] ^= 1
	for where, embed := range embeddedIn {
		for name, c := range map[string]struct {
			lists [][]byte
			want  pdf.RevocationState
		}{
			"a damaged signature":     {[][]byte{flipped}, "not told"},
			"something else":          {[][]byte{sequence(integer(1))}, "not told"},
			"both beside a sound one": {[][]byte{flipped, sequence(integer(1)), list}, "good"},
		} {
			if got := examine(t, embed(w, w.rita, c.lists, nil)).Signatures[0]; got.Revocation.State != c.want {
				t.Errorf("%s in %s: %+v", name, where, got.Revocation)
			}
		}
	}
}

// What the file tells of an authority is said whether or not it is trusted.
func TestReasonsTellOfRevocationWithoutTrust(t *testing.T) {
	w := newFixture(t)
	by, ca := clock(t), pdftest.AuthorityIdentity(t)
	m := w.rita
	m.crls, m.beside = pdftest.RevocationList(t), ca.Certificate.Raw
	m.unsigned = func(t testing.TB, signature []byte) []byte {
		token := message{by: by, beside: ca.Certificate.Raw, content: timestampInfo(signature, time.Now()), contentKind: tstInfo, crls: pdftest.RevocationList(t)}
		return sequence(timestampToken, set(token.make(t)(nil)))
	}
	file := roomy(w, m)
	signatures, err := pdf.Signatures(bytes.NewReader(file), int64(len(file)), pdftest.AnchorsOf())
	if err != nil {
		t.Fatal(err)
	}
	got, stamp := signatures[0], signatures[0].SignatureTimestamp
	if got.Trusted || got.TrustCoded.Code != "trust_good" || stamp.Trusted || stamp.TrustCoded.Code != "trust_good" {
		t.Errorf("signature: %s; time-stamp: %s", got.TrustReason, stamp.TrustReason)
	}
}

// A document time-stamp stays sound when its authority was closed later, and not when its key was stolen.
func TestDocumentTimestampsOfRevokedAuthorities(t *testing.T) {
	w := newFixture(t)
	by, ca := clock(t), pdftest.AuthorityIdentity(t)
	at := time.Now().Add(-10 * time.Minute)
	stampedFile := pdftest.Embed(t, w.plain, pdftest.SignatureField{SubFilter: "ETSI.RFC3161", Field: "Stamp"}, timestamp(t, by, at))
	for name, c := range map[string]struct {
		reason  int
		revoked time.Time
		code    string
	}{
		"closed later":  {ocsp.CessationOfOperation, at.Add(time.Minute), "trust_revoked_later"},
		"closed before": {ocsp.CessationOfOperation, at.Add(-time.Minute), "trust_revoked"},
		"stolen later":  {ocsp.KeyCompromise, at.Add(time.Minute), "trust_revoked"},
	} {
		entry := x509.RevocationListEntry{SerialNumber: by.Certificate.SerialNumber, RevocationTime: c.revoked, ReasonCode: c.reason}
		got := examine(t, w.withCRL(stampedFile, listOf(t, ca, []x509.RevocationListEntry{entry}))).Signatures[0]
		accepted(t, got)
		if got.TrustCoded.Code != c.code || got.Trusted != (c.code == "trust_revoked_later") || got.Revocation.State != pdf.RevocationRevoked {
			t.Errorf("%s: trusted %t, %s, %+v", name, got.Trusted, got.TrustReason, got.Revocation)
		}
	}
}
