package certificate

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"net/url"
	"testing"
	"time"
)

// made returns a certificate with a subject and alternative names. The subject is a list of OIDs and values.
func made(t *testing.T, template x509.Certificate, subject ...string) *Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	var sequence pkix.RDNSequence
	for i := 0; i < len(subject); i += 2 {
		var oid asn1.ObjectIdentifier
		der, err := x509.ParseOID(subject[i])
		if err != nil {
			t.Fatal(err)
		}
		content, _ := der.MarshalBinary()
		oid, _ = readOID(content)
		sequence = append(sequence, pkix.RelativeDistinguishedNameSET{{Type: oid, Value: subject[i+1]}})
	}
	if template.RawSubject, err = asn1.Marshal(sequence); err != nil {
		t.Fatal(err)
	}
	template.SerialNumber, template.NotBefore, template.NotAfter = big.NewInt(1), time.Now(), time.Now().Add(time.Hour)
	raw, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestASignerIsShownByWhatTheCertificateHas(t *testing.T) {
	const cn, sn, given, o, ou, id, serial, email = attrCommonName, attrSurname, givenName, organization, organizationalUnit, organizationIdentifier, serialNumber, emailAddress
	none := x509.Certificate{}
	mail := x509.Certificate{EmailAddresses: []string{"ana@example.test"}, DNSNames: []string{"desk.example.test"}}
	person, err := asn1.Marshal(pkix.Name{CommonName: "Ana Pérez"}.ToRDNSequence())
	if err != nil {
		t.Fatal(err)
	}
	general := func(tag int, content []byte) asn1.RawValue {
		return asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: tag, IsCompound: true, Bytes: content}
	}
	alternative := func(names ...asn1.RawValue) x509.Certificate {
		value, err := asn1.Marshal(names)
		if err != nil {
			t.Fatal(err)
		}
		return x509.Certificate{ExtraExtensions: []pkix.Extension{{Id: oidSubjectAltName, Value: value}}}
	}
	principal := append(must(t, oidPrincipalName), must(t, general(0, must(t, "ana@OFFICE")))...)
	address, _ := url.Parse("https://desk.example.test")
	for _, test := range []struct {
		template x509.Certificate
		subject  []string
		want     string
	}{
		{mail, []string{"2.5.4.6", "ES", o, "Office", cn, "Ana", serial, "1"}, "Ana"},
		{none, []string{"2.5.4.6", "ES", o, "Office", sn, "Pérez", given, "Ana", serial, "IDCES-1"}, "Ana Pérez"},
		{none, []string{sn, "Pérez"}, "Pérez"},
		{none, []string{o, "Office", pseudonym, "Signer 7"}, "Signer 7"},
		{none, []string{"2.5.4.6", "ES", o, "Office", ou, "Contracts", serial, "B1"}, "Office, Contracts"},
		{none, []string{"2.5.4.6", "ES", o, "Office", cn, "  "}, "Office"},
		{none, []string{id, "VATES-B1", serial, "7"}, "VATES-B1"},
		{none, []string{"2.5.4.6", "ES", serial, "IDCES-1", email, "x@example.test"}, "IDCES-1"},
		{mail, []string{email, "x@example.test"}, "x@example.test"},
		{mail, []string{"2.5.4.6", "ES", "2.5.4.13", "a,b"}, `2.5.4.13=a\,b,C=ES`},
		{mail, nil, "ana@example.test"},
		{x509.Certificate{DNSNames: []string{"desk.example.test"}, URIs: []*url.URL{address}}, nil, "desk.example.test"},
		{x509.Certificate{URIs: []*url.URL{address}}, nil, "https://desk.example.test"},
		{alternative(general(0, principal)), nil, "ana@OFFICE"},
		{alternative(general(0, principal), general(4, person)), nil, "Ana Pérez"},
		{alternative(general(0, person), general(4, principal)), nil, ""},
		{none, nil, ""},
	} {
		c := made(t, test.template, test.subject...)
		if got := c.Name(); got != test.want {
			t.Errorf("%q is shown as %q, not %q", test.subject, got, test.want)
		}
		if c.Standard != nil && NameOf(c.Standard) != test.want {
			t.Errorf("%q is shown as %q by NameOf", test.subject, NameOf(c.Standard))
		}
	}
	if got := made(t, none, "2.5.4.6", "ES", o, "Ana, Eva & Co", given, " Ana", id, "#1").Subject; NameText(got) != `ORGANIZATIONIDENTIFIER=\#1,GIVENNAME=\ Ana,O=Ana\, Eva & Co,C=ES` {
		t.Errorf("got %s", NameText(got))
	}
}

func must(t *testing.T, value any) []byte {
	t.Helper()
	der, err := asn1.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return der
}
