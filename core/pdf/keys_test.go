package pdf_test

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"encoding/asn1"
	"io"
	"testing"

	"countersign/core/pdf/pdftest"
)

// paddedKey is a key with an exponent of one: its signatures are the padding itself (RFC 8017, section 9.2).
type paddedKey struct{ rsa.PublicKey }

func (k paddedKey) Public() crypto.PublicKey { return &k.PublicKey }

func (k paddedKey) Sign(_ io.Reader, digest []byte, _ crypto.SignerOpts) ([]byte, error) {
	info := sequence(sequence(hashIDs[crypto.SHA256], null), octets(digest))
	out := append([]byte{0, 1}, bytes.Repeat([]byte{0xff}, k.Size()-3-len(info))...)
	return append(append(out, 0), info...), nil
}

// withExponentOne returns an RSA identity whose certificate has an exponent of one, and a key that signs for it.
func withExponentOne(t testing.TB, by pdftest.Identity) pdftest.Identity {
	t.Helper()
	weak := *by.Certificate
	weak.Raw = bytes.Replace(weak.Raw, []byte{2, 3, 1, 0, 1}, []byte{2, 3, 0, 0, 1}, 1)
	return pdftest.Identity{Certificate: &weak, Key: paddedKey{*by.Certificate.PublicKey.(*rsa.PublicKey)}}
}

// inside returns the content of a DER element.
func inside(t testing.TB, element []byte) []byte {
	t.Helper()
	var v asn1.RawValue
	if rest, err := asn1.Unmarshal(element, &v); err != nil || len(rest) > 0 {
		t.Fatalf("not an element: %v", err)
	}
	return v.Bytes
}

// renamed returns a certificate with an element of its SubjectPublicKeyInfo's algorithm replaced.
func renamed(t testing.TB, certificate, old, with []byte) []byte {
	t.Helper()
	elements := func(b []byte) (all [][]byte) {
		for len(b) > 0 {
			var v asn1.RawValue
			rest, err := asn1.Unmarshal(b, &v)
			if err != nil {
				t.Fatal(err)
			}
			all, b = append(all, v.FullBytes), rest
		}
		return all
	}
	outer := elements(inside(t, certificate))
	tbs := elements(inside(t, outer[0]))
	const keyInfo = 6
	info := elements(inside(t, tbs[keyInfo]))
	info[0] = sequence(bytes.Replace(inside(t, info[0]), old, with, 1))
	tbs[keyInfo] = sequence(info...)
	outer[0] = sequence(tbs...)
	return sequence(outer...)
}
