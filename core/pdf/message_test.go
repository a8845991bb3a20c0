package pdf_test

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/asn1"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/core/pdf"
	"countersign/core/pdf/pdftest"
)

// This file builds CMS messages by hand, so that each part of them can be wrong.

func tlv(tag byte, parts ...[]byte) []byte {
	body := slices.Concat(parts...)
	n := len(body)
	switch {
	case n < 0x80:
		return append([]byte{tag, byte(n)}, body...)
	case n < 0x100:
		return append([]byte{tag, 0x81, byte(n)}, body...)
	}
	return append([]byte{tag, 0x82, byte(n >> 8), byte(n)}, body...)
}

func sequence(parts ...[]byte) []byte { return tlv(0x30, parts...) }
func set(parts ...[]byte) []byte      { return tlv(0x31, parts...) }
func octets(b []byte) []byte          { return tlv(0x04, b) }

func oid(numbers ...int) []byte {
	b, err := asn1.Marshal(asn1.ObjectIdentifier(numbers))
	if err != nil {
		panic(err)
	}
	return b
}

func integer(n int64) []byte {
	b, err := asn1.Marshal(n)
	if err != nil {
		panic(err)
	}
	return b
}

var (
	null           = []byte{5, 0}
	data           = oid(1, 2, 840, 113549, 1, 7, 1)
	signedData     = oid(1, 2, 840, 113549, 1, 7, 2)
	tstInfo        = oid(1, 2, 840, 113549, 1, 9, 16, 1, 4)
	contentType    = oid(1, 2, 840, 113549, 1, 9, 3)
	messageDigest  = oid(1, 2, 840, 113549, 1, 9, 4)
	signingTime    = oid(1, 2, 840, 113549, 1, 9, 5)
	certificateV1  = oid(1, 2, 840, 113549, 1, 9, 16, 2, 12)
	certificateV2  = oid(1, 2, 840, 113549, 1, 9, 16, 2, 47)
	timestampToken = oid(1, 2, 840, 113549, 1, 9, 16, 2, 14)
	adobeArchive   = oid(1, 2, 840, 113583, 1, 1, 8)
	etsiValues     = oid(1, 2, 840, 113549, 1, 9, 16, 2, 24)
	ocspInCRLs     = oid(1, 3, 6, 1, 5, 5, 7, 16, 2)
	rsaKey         = oid(1, 2, 840, 113549, 1, 1, 1)
	pssKey         = oid(1, 2, 840, 113549, 1, 1, 10)
	mask           = oid(1, 2, 840, 113549, 1, 1, 8)
	ed25519Key     = oid(1, 3, 101, 112)
	ecKey          = oid(1, 2, 840, 10045, 2, 1)
)

var hashIDs = map[crypto.Hash][]byte{
	crypto.MD5:        oid(1, 2, 840, 113549, 2, 5),
	crypto.SHA1:       oid(1, 3, 14, 3, 2, 26),
	crypto.SHA256:     oid(2, 16, 840, 1, 101, 3, 4, 2, 1),
	crypto.SHA384:     oid(2, 16, 840, 1, 101, 3, 4, 2, 2),
	crypto.SHA512_256: oid(2, 16, 840, 1, 101, 3, 4, 2, 6),
	crypto.SHA512:     oid(2, 16, 840, 1, 101, 3, 4, 2, 3),
}

func sum(h crypto.Hash, b []byte) []byte {
	d := h.New()
	d.Write(b)
	return d.Sum(nil)
}

// message describes a SignedData. With only by set, it is a valid detached signature.
type message struct {
	by    pdftest.Identity
	hash  crypto.Hash // SHA-256 when zero
	pss   bool
	at    time.Time
	byKey bool // identify the signer by its subject key identifier

	withoutAttributes  bool
	withoutDigest      bool
	withoutCertificate bool
	twice              bool   // repeat the message-digest attribute
	signers            int    // one when zero
	content            []byte // the eContent
	copies             bool   // the eContent is a copy of the covered bytes
	contentKind        []byte
	method             []byte // the signatureAlgorithm, if it is to be a wrong one
	attributeKind      []byte // the content-type attribute, if it is not to be contentKind
	signingCertificate []byte // the certificate in the signing-certificate-v2 attribute
	namedInV1          []byte // the certificate in the signing-certificate attribute
	indefinite         bool   // indefinite lengths (BER)
	beside             []byte // another certificate in the message
	unsorted           bool   // write the attributes in another order than the one that is signed
	unsigned           func(t testing.TB, signature []byte) []byte
	archive            []byte // the value of the attribute adbe-revocationInfoArchival
	crls               []byte // the content of the crls field
}

// make returns a function that makes the message over the covered bytes of a document.
func (m message) make(t testing.TB) func([]byte) []byte {
	t.Helper()
	if m.hash == 0 {
		m.hash = crypto.SHA256
	}
	if m.contentKind == nil {
		m.contentKind = data
	}
	if m.attributeKind == nil {
		m.attributeKind = m.contentKind
	}
	return func(document []byte) []byte {
		signed := document
		if m.copies {
			m.content = document
		}
		if m.content != nil {
			signed = m.content
		}
		var attributes []byte
		toSign := signed
		if !m.withoutAttributes {
			list := m.attributes(signed)
			toSign = set(list...)
			if m.unsorted {
				slices.Reverse(list)
			}
			attributes = tlv(0xa0, list...)
		}
		signature, method := m.sign(t, toSign)
		if m.method != nil {
			method = m.method
		}
		id := sequence(m.by.Certificate.RawIssuer, must(asn1.Marshal(m.by.Certificate.SerialNumber)))
		if m.byKey {
			id = tlv(0x80, m.by.Certificate.SubjectKeyId)
		}
		signer := sequence(integer(1), id, sequence(hashIDs[m.hash], null), attributes, method, octets(signature), m.unsignedAttributes(t, signature))
		encapsulated := [][]byte{m.contentKind}
		if m.content != nil {
			encapsulated = append(encapsulated, tlv(0xa0, octets(m.content)))
		}
		certificates := tlv(0xa0, m.by.Certificate.Raw, m.beside)
		if m.withoutCertificate {
			certificates = nil
		}
		var crls []byte
		if m.crls != nil {
			crls = tlv(0xa1, m.crls)
		}
		body := sequence(integer(1), set(sequence(hashIDs[m.hash], null)), sequence(encapsulated...), certificates, crls,
			set(bytes.Repeat(signer, max(1, m.signers))))
		if m.indefinite {
			inner := slices.Concat([]byte{0xa0, 0x80}, body, []byte{0, 0})
			return slices.Concat([]byte{0x30, 0x80}, signedData, inner, []byte{0, 0})
		}
		return sequence(signedData, tlv(0xa0, body))
	}
}

// unsignedAttributes returns the field of that name.
func (m message) unsignedAttributes(t testing.TB, signature []byte) []byte {
	if m.unsigned == nil {
		return nil
	}
	return tlv(0xa1, m.unsigned(t, signature))
}

func (m message) attributes(signed []byte) [][]byte {
	list := [][]byte{sequence(contentType, set(m.attributeKind))}
	if !m.withoutDigest {
		list = append(list, sequence(messageDigest, set(octets(sum(m.hash, signed)))))
	}
	if m.twice {
		list = append(list, list[len(list)-1])
	}
	if !m.at.IsZero() {
		list = append(list, sequence(signingTime, set(must(asn1.Marshal(m.at.UTC())))))
	}
	if m.signingCertificate != nil {
		id := sequence(octets(sum(crypto.SHA256, m.signingCertificate)))
		list = append(list, sequence(certificateV2, set(sequence(sequence(id)))))
	}
	if m.namedInV1 != nil {
		id := sequence(octets(sum(crypto.SHA1, m.namedInV1)))
		list = append(list, sequence(certificateV1, set(sequence(sequence(id)))))
	}
	if m.archive != nil {
		list = append(list, sequence(adobeArchive, set(m.archive)))
	}
	slices.SortFunc(list, bytes.Compare)
	return list
}

func (m message) sign(t testing.TB, text []byte) (signature, method []byte) {
	t.Helper()
	var options crypto.SignerOpts = m.hash
	toSign := sum(m.hash, text)
	method = sequence(ecKey)
	if _, ok := m.by.Key.(ed25519.PrivateKey); ok {
		options, toSign, method = crypto.Hash(0), text, sequence(ed25519Key)
	}
	if _, ok := m.by.Key.(*rsa.PrivateKey); ok {
		method = sequence(rsaKey, null)
	}
	if m.pss {
		const salt = 32
		options = &rsa.PSSOptions{SaltLength: salt, Hash: m.hash}
		h := sequence(hashIDs[m.hash], null)
		method = sequence(pssKey, sequence(tlv(0xa0, h), tlv(0xa1, sequence(mask, h)), tlv(0xa2, integer(salt))))
	}
	signature, err := m.by.Key.Sign(rand.Reader, toSign, options)
	if err != nil {
		t.Fatalf("could not sign: %v", err)
	}
	return signature, method
}

// timestamp returns a function that makes a TimeStampToken with that time over some bytes.
func timestamp(t testing.TB, by pdftest.Identity, at time.Time) func([]byte) []byte {
	return func(document []byte) []byte {
		return message{by: by, content: timestampInfo(document, at), contentKind: tstInfo}.make(t)(document)
	}
}

// timestampInfo returns a TSTInfo with that time over a document.
func timestampInfo(document []byte, at time.Time) []byte {
	imprint := sequence(sequence(hashIDs[crypto.SHA256], null), octets(sum(crypto.SHA256, document)))
	moment := tlv(0x18, []byte(at.UTC().Format("20060102150405.000Z")))
	return sequence(integer(1), oid(1, 2, 3), imprint, integer(7), moment)
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

// Other content is recognized by its length: the covered bytes of a large file are not read for it.
func TestOtherContentIsNotHashed(t *testing.T) {
	w := newFixture(t)
	const padding = 8 << 20
	plain := w.catalog(w.plain, "/Padding 90 0 R", pdftest.Object{Number: 90, Body: pdftest.Stream("", strings.Repeat("x", padding))})
	file := &countingReader{Reader: bytes.NewReader(w.sign(plain, ritaSlot, message{by: w.rita.by, content: []byte("another document")}))}
	report, err := pdf.Examine(file, file.Size(), pdf.Options{})
	if got := summary(report, err); got != "the signature is for other content, not for this document, whole" {
		t.Errorf("got %q", got)
	}
	// The parser reads the stream, and the keys /ByteRange are counted in the whole file.
	if file.read > 5*padding/2 {
		t.Errorf("%d bytes of %d were read", file.read, file.Size())
	}
}

type countingReader struct {
	*bytes.Reader
	read int64
}

func (r *countingReader) ReadAt(p []byte, off int64) (int, error) {
	n, err := r.Reader.ReadAt(p, off)
	r.read += int64(n)
	return n, err
}
