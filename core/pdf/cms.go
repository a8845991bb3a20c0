package pdf

import (
	"bytes"
	"cmp"
	"crypto"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"slices"
	"time"

	"countersign/core/certificate"
)

// This file reads the CMS SignedData of RFC 5652, as far as a signature in a PDF uses it. The available libraries ignore
// errors of the decoder, recurse without limit, and support neither RSA-PSS nor subject key identifiers.

var (
	oidData                 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	oidSignedData           = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
	oidTSTInfo              = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4}
	oidContentType          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
	oidMessageDigest        = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
	oidSigningTime          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 5}
	oidSigningCertificate   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 12}
	oidSigningCertificateV2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}
	oidSignatureTimestamp   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 14}
)

type contentInfo struct {
	Type    asn1.ObjectIdentifier
	Content asn1.RawValue `asn1:"explicit,optional,tag:0"`
}

type signedData struct {
	Version          asn1.RawValue
	DigestAlgorithms asn1.RawValue
	Content          contentInfo
	Certificates     asn1.RawValue `asn1:"optional,tag:0"`
	CRLs             asn1.RawValue `asn1:"optional,tag:1"`
	Signers          []signerInfo  `asn1:"set"`
}

type signerInfo struct {
	Version            asn1.RawValue
	ID                 asn1.RawValue
	DigestAlgorithm    pkix.AlgorithmIdentifier
	Attributes         asn1.RawValue `asn1:"optional,tag:0"`
	SignatureAlgorithm pkix.AlgorithmIdentifier
	Signature          []byte
	Unsigned           asn1.RawValue `asn1:"optional,tag:1"`
}

type issuerAndSerial struct {
	Issuer asn1.RawValue
	Serial asn1.RawValue
}

type attribute struct {
	Type   asn1.ObjectIdentifier
	Values asn1.RawValue
}

// message is a SignedData with exactly one signer. It is parsed and not yet verified.
type message struct {
	contentType       asn1.ObjectIdentifier
	content           []byte // the eContent: empty for a detached signature, a TSTInfo in a time-stamp
	signer            signerInfo
	attributes        []attribute
	certificate       *certificate.Certificate // the signer's
	otherCertificates []*certificate.Certificate
	anchored          []*certificate.Certificate // the chain to the anchor that trust found; nil when there is none
	revocationInfo    []byte                     // the content of the crls field
	signingTime       time.Time                  // the attribute of that name: the claim of the signer
	zoneUnknown       bool                       // it states no time zone, and was read as UTC
}

// parseMessage parses a SignedData. extra are certificates from elsewhere, for a message that does not include those of
// its signer and issuers. Along with an error it returns what could be read.
func parseMessage(b []byte, extra []*certificate.Certificate) (message, error) {
	var m message
	der, _, err := certificate.DER(b) // zeros follow, which signatures in a PDF are padded with
	if err != nil {
		return m, errMalformed
	}
	var outer contentInfo
	if rest, err := asn1.Unmarshal(der, &outer); err != nil || len(rest) > 0 || !outer.Type.Equal(oidSignedData) {
		return m, errMalformed
	}
	var data signedData
	if rest, err := asn1.Unmarshal(outer.Content.Bytes, &data); err != nil || len(rest) > 0 {
		return m, errMalformed
	}
	m.contentType, m.revocationInfo = data.Content.Type, data.CRLs.Bytes
	if len(data.Content.Content.Bytes) > 0 {
		if _, err := asn1.Unmarshal(data.Content.Content.Bytes, &m.content); err != nil {
			return m, errMalformed
		}
	}
	if len(data.Signers) == 0 {
		return m, errSignerCount
	}
	m.signer = data.Signers[0]
	attributesErr := m.readAttributes()
	certificates, unreadable := readCertificates(b)
	m.findCertificate(append(certificates, extra...))
	switch {
	case len(data.Signers) > 1:
		return m, errSignerCount
	case attributesErr != nil:
		return m, attributesErr
	case m.certificate == nil && unreadable:
		return m, errUnreadableCertificate
	case m.certificate == nil:
		return m, errNoCertificate
	}
	return m, nil
}

// findCertificate sets the signer's certificate: the one that the signing-certificate attribute has the hash of, when
// several fit. All others may be intermediates of its chain.
func (m *message) findCertificate(all []*certificate.Certificate) {
	chosen := -1
	for i, cert := range all {
		if !m.signer.identifies(cert) {
			continue
		}
		m.certificate = cert
		if named := m.checkSigningCertificate() == nil; chosen < 0 || named {
			chosen = i
			if named {
				break
			}
		}
	}
	if chosen < 0 {
		m.otherCertificates = all
		return
	}
	m.certificate = all[chosen]
	m.otherCertificates = slices.Delete(slices.Clone(all), chosen, chosen+1)
}

// readCertificates reads the CertificateSet of a SignedData. It keeps the bytes of each certificate as they are written
// there, because hashes of the certificate, and its issuer's signature, are over these bytes. Entries that are not X.509
// certificates are skipped: attribute certificates are allowed there too. unreadable reports whether an entry looks like a
// certificate and cannot be read.
func readCertificates(signedData []byte) (all []*certificate.Certificate, unreadable bool) {
	contentInfo, _, _ := certificate.Element(signedData)
	explicit := nthElement(certificate.Content(contentInfo), 1)
	fields := certificate.Content(firstOf(certificate.Content(explicit)))
	const certificates = 0xa0
	for len(fields) > 0 {
		element, rest, err := certificate.Element(fields)
		if err != nil {
			return nil, false
		}
		fields = rest
		if element[0] != certificates {
			continue
		}
		for raw := certificate.Content(element); len(raw) > 0 && len(all) < maxCertificates; {
			one, rest, err := certificate.Element(raw)
			if err != nil {
				break
			}
			raw = rest
			const sequence = 0x30
			if cert, err := certificate.Parse(one); err == nil {
				all = append(all, cert)
			} else {
				unreadable = unreadable || one[0] == sequence
			}
		}
		return all, unreadable
	}
	return nil, false
}

// nthElement returns the element with that index, counted from zero, or nil.
func nthElement(b []byte, n int) []byte {
	for range n {
		var err error
		if _, b, err = certificate.Element(b); err != nil {
			return nil
		}
	}
	return firstOf(b)
}

func firstOf(b []byte) []byte {
	element, _, err := certificate.Element(b)
	if err != nil {
		return nil
	}
	return element
}

// identifies reports whether the SignerIdentifier names that certificate, by its issuer and serial number or by its subject
// key identifier.
func (s signerInfo) identifies(cert *certificate.Certificate) bool {
	if s.ID.Class == asn1.ClassContextSpecific && s.ID.Tag == 0 {
		return len(s.ID.Bytes) > 0 && bytes.Equal(s.ID.Bytes, cert.SubjectKeyID)
	}
	var id issuerAndSerial
	if rest, err := asn1.Unmarshal(s.ID.FullBytes, &id); err != nil || len(rest) > 0 || id.Serial.Tag != asn1.TagInteger {
		return false
	}
	return certificate.Integer(id.Serial.Bytes).Cmp(cert.SerialNumber) == 0 && certificate.SameName(id.Issuer.FullBytes, cert.RawIssuer)
}

// readAttributes parses the signed attributes. Each type may occur only once (RFC 5652, 11).
func (m *message) readAttributes() error {
	for raw := m.signer.Attributes.Bytes; len(raw) > 0; {
		var a attribute
		rest, err := asn1.Unmarshal(raw, &a)
		if err != nil {
			return errMalformed
		}
		if _, twice := m.attribute(a.Type); twice {
			return errSignedAttributes
		}
		m.attributes = append(m.attributes, a)
		raw = rest
	}
	if value, ok := m.attribute(oidSigningTime); ok {
		var at asn1.RawValue
		if unmarshalAll(value, &at) {
			m.signingTime, m.zoneUnknown = readSigningTime(at)
		}
	}
	return nil
}

// readSigningTime reads the value of a signing-time attribute. A time that cannot be read is zero, and no fault of the
// signature.
func readSigningTime(value asn1.RawValue) (at time.Time, zoneUnknown bool) {
	at, ok := certificate.Time(value.Tag, value.Bytes)
	if !ok {
		at, zoneUnknown = certificate.Time(value.Tag, append(bytes.Clone(value.Bytes), 'Z'))
	}
	return at, zoneUnknown
}

// attribute returns the content of the set of values of the signed attribute with an OID. It returns false when there is
// none.
func (m *message) attribute(oid asn1.ObjectIdentifier) ([]byte, bool) {
	for _, a := range m.attributes {
		if a.Type.Equal(oid) {
			return a.Values.Bytes, true
		}
	}
	return nil, false
}

// digester returns the digest of the content that a message signs, made with a hash of the caller's choice.
type digester func(crypto.Hash) ([]byte, error)

// verify returns nil when the signer signed the content that the digester is for (RFC 5652, 5.4), and the problem
// otherwise. weak is the name of a weak digest that the signature rests on, or "".
func (m *message) verify(content digester) (weak string, err error) {
	hash, hashErr := hashOf(m.signer.DigestAlgorithm.Algorithm)
	scheme, err := certificate.NewScheme(m.signer.SignatureAlgorithm, hash)
	if err != nil {
		return "", unsupportedAlgorithm(m.signer.SignatureAlgorithm.Algorithm)
	}
	if hashErr != nil {
		return "", hashErr
	}
	digest, err := content(hash)
	if err != nil {
		return "", err
	}
	if len(m.signer.Attributes.FullBytes) == 0 {
		return m.verifyContent(scheme, hash, content)
	}
	if err := m.checkAttributes(digest); err != nil {
		return "", err
	}
	// What is signed is the DER of a SET OF, not the implicit [0] tag that the attributes have in the message.
	const set = 0x31
	signed := bytes.Clone(m.signer.Attributes.FullBytes)
	signed[0] = set
	for _, attributes := range [][]byte{signed, certificate.SortedSet(signed)} { // some programs sort only what they sign
		for _, s := range scheme.Alternatives(hash) {
			if err = s.Verify(m.certificate, attributes, m.signer.Signature); !errors.Is(err, certificate.ErrForged) {
				return cmp.Or(certificate.Weak(hash), s.Weak()), problemOf(err, m.certificate)
			}
		}
	}
	return "", problemOf(err, m.certificate)
}

// checkContent returns errNotDetached for a message that has other content than the covered bytes. The standard allows no content, and
// some programs put a copy of these bytes there. length is how many bytes are covered.
func (m *message) checkContent(document digester, length int64) error {
	if len(m.content) == 0 {
		return nil
	}
	if int64(len(m.content)) != length {
		return errNotDetached
	}
	digest, err := document(crypto.SHA256)
	if err != nil {
		return err
	}
	if own := sha256.Sum256(m.content); !bytes.Equal(own[:], digest) {
		return errNotDetached
	}
	return nil
}

// verifyContent is verify for a signature without signed attributes: the content itself is what was signed.
func (m *message) verifyContent(scheme certificate.Scheme, hash crypto.Hash, content digester) (weak string, err error) {
	for _, s := range scheme.Alternatives(hash) {
		digest, readErr := content(s.Hash)
		if readErr != nil {
			return "", readErr
		}
		if err = s.VerifyDigest(m.certificate, digest, m.signer.Signature); !errors.Is(err, certificate.ErrForged) {
			return s.Weak(), problemOf(err, m.certificate)
		}
	}
	return "", problemOf(err, m.certificate)
}

// checkAttributes returns the problem of signed attributes that lack what RFC 5652, 11.1 and 11.2, requires, that do not
// fit the digest of the content, or that name another signing certificate. It returns nil when there is none.
func (m *message) checkAttributes(digest []byte) error {
	var claimed []byte
	value, ok := m.attribute(oidMessageDigest)
	if !ok {
		return errMissingAttributes
	}
	if !unmarshalAll(value, &claimed) {
		return errSignedAttributes
	}
	if subtle.ConstantTimeCompare(claimed, digest) != 1 {
		return errChanged
	}
	var kind asn1.ObjectIdentifier
	if value, ok = m.attribute(oidContentType); !ok {
		return errMissingAttributes
	}
	if !unmarshalAll(value, &kind) || !kind.Equal(m.contentType) {
		return errSignedAttributes
	}
	return m.checkSigningCertificate()
}

type certificateIDs struct {
	IDs      []certificateID
	Policies asn1.RawValue `asn1:"optional"`
}

type certificateID struct {
	Hash   []byte
	Issuer asn1.RawValue `asn1:"optional"`
}

type certificateIDsV2 struct {
	IDs      []certificateIDV2
	Policies asn1.RawValue `asn1:"optional"`
}

type certificateIDV2 struct {
	Algorithm pkix.AlgorithmIdentifier `asn1:"optional"`
	Hash      []byte
	Issuer    asn1.RawValue `asn1:"optional"`
}

// checkSigningCertificate returns a problem if the signer's certificate does not have the hash that the
// signing-certificate attribute names (RFC 5035): two certificates may have the same key. It returns nil if there is no
// such attribute.
func (m *message) checkSigningCertificate() error {
	if value, ok := m.attribute(oidSigningCertificateV2); ok {
		var v certificateIDsV2
		if !unmarshalAll(value, &v) || len(v.IDs) == 0 {
			return errSignedAttributes
		}
		hash := crypto.SHA256
		if len(v.IDs[0].Algorithm.Algorithm) > 0 {
			var err error
			if hash, err = hashOf(v.IDs[0].Algorithm.Algorithm); err != nil {
				return err
			}
		}
		return m.compareCertificate(hash, v.IDs[0].Hash)
	}
	if value, ok := m.attribute(oidSigningCertificate); ok {
		var v certificateIDs
		if !unmarshalAll(value, &v) || len(v.IDs) == 0 {
			return errSignedAttributes
		}
		// Version 1 of the attribute allows only SHA-1. The signature does not rely on it.
		return m.compareCertificate(crypto.SHA1, v.IDs[0].Hash)
	}
	return nil
}

// compareCertificate returns errOtherCertificate unless the signer's certificate has the hash want.
func (m *message) compareCertificate(hash crypto.Hash, want []byte) error {
	h := hash.New()
	h.Write(m.certificate.Raw)
	if subtle.ConstantTimeCompare(h.Sum(nil), want) != 1 {
		return errOtherCertificate
	}
	return nil
}

// unmarshalAll reports whether b is exactly one DER value that fits out, a pointer as for [asn1.Unmarshal].
func unmarshalAll(b []byte, out any) bool {
	rest, err := asn1.Unmarshal(b, out)
	return err == nil && len(rest) == 0
}
