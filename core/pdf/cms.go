package pdf

import (
	"bytes"
	"crypto"
	"crypto/subtle"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"time"
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
	Version          int
	DigestAlgorithms asn1.RawValue
	Content          contentInfo
	Certificates     asn1.RawValue `asn1:"optional,tag:0"`
	CRLs             asn1.RawValue `asn1:"optional,tag:1"`
	Signers          []signerInfo  `asn1:"set"`
}

type signerInfo struct {
	Version            int
	ID                 asn1.RawValue
	DigestAlgorithm    pkix.AlgorithmIdentifier
	Attributes         asn1.RawValue `asn1:"optional,tag:0"`
	SignatureAlgorithm pkix.AlgorithmIdentifier
	Signature          []byte
	Unsigned           asn1.RawValue `asn1:"optional,tag:1"`
}

type issuerAndSerial struct {
	Issuer asn1.RawValue
	Serial *big.Int
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
	certificate       *x509.Certificate // the signer's
	otherCertificates []*x509.Certificate
	signingTime       time.Time // the attribute of that name: the claim of the signer
}

// parseMessage parses a SignedData. The extra certificates are used when the message does not include that of its signer.
// Along with an error it returns what could be read.
func parseMessage(b []byte, extra []*x509.Certificate) (message, error) {
	var m message
	der, err := toDER(b)
	if err != nil {
		return m, err
	}
	var outer contentInfo
	if rest, err := asn1.Unmarshal(der, &outer); err != nil || len(rest) > 0 || !outer.Type.Equal(oidSignedData) {
		return m, errMalformed
	}
	var data signedData
	if rest, err := asn1.Unmarshal(outer.Content.Bytes, &data); err != nil || len(rest) > 0 {
		return m, errMalformed
	}
	m.contentType = data.Content.Type
	if len(data.Content.Content.Bytes) > 0 {
		if _, err := asn1.Unmarshal(data.Content.Content.Bytes, &m.content); err != nil {
			return m, errMalformed
		}
	}
	if len(data.Signers) != 1 {
		return m, errSignerCount
	}
	m.signer = data.Signers[0]
	m.findCertificate(append(parseCertificates(data.Certificates.Bytes), extra...))
	if err := m.readAttributes(); err != nil {
		return m, err
	}
	if m.certificate == nil {
		return m, errNoCertificate
	}
	return m, nil
}

// findCertificate sets the signer's certificate. All others may be intermediates of its chain.
func (m *message) findCertificate(all []*x509.Certificate) {
	for _, cert := range all {
		if m.certificate == nil && m.signer.identifies(cert) {
			m.certificate = cert
		} else {
			m.otherCertificates = append(m.otherCertificates, cert)
		}
	}
}

// parseCertificates parses the content of a CertificateSet. Entries that are not X.509 certificates are skipped: attribute
// certificates are allowed there too.
func parseCertificates(raw []byte) []*x509.Certificate {
	var all []*x509.Certificate
	for n := 0; len(raw) > 0 && n < maxCertificates; n++ {
		var one asn1.RawValue
		rest, err := asn1.Unmarshal(raw, &one)
		if err != nil {
			break
		}
		raw = rest
		if cert, err := x509.ParseCertificate(one.FullBytes); err == nil {
			all = append(all, cert)
		}
	}
	return all
}

// identifies reports whether the SignerIdentifier names that certificate, by its issuer and serial number or by its subject
// key identifier.
func (s signerInfo) identifies(cert *x509.Certificate) bool {
	if s.ID.Class == asn1.ClassContextSpecific && s.ID.Tag == 0 {
		return len(s.ID.Bytes) > 0 && bytes.Equal(s.ID.Bytes, cert.SubjectKeyId)
	}
	var id issuerAndSerial
	if rest, err := asn1.Unmarshal(s.ID.FullBytes, &id); err != nil || len(rest) > 0 || id.Serial == nil {
		return false
	}
	return bytes.Equal(id.Issuer.FullBytes, cert.RawIssuer) && id.Serial.Cmp(cert.SerialNumber) == 0
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
		if rest, err := asn1.Unmarshal(value, &m.signingTime); err != nil || len(rest) > 0 {
			return errSignedAttributes
		}
	}
	return nil
}

// attribute returns the content of the set of values of a signed attribute.
func (m *message) attribute(oid asn1.ObjectIdentifier) ([]byte, bool) {
	for _, a := range m.attributes {
		if a.Type.Equal(oid) {
			return a.Values.Bytes, true
		}
	}
	return nil, false
}

// digester returns the digest of the content that a message signs.
type digester func(crypto.Hash) ([]byte, error)

// verify returns nil when the signer signed that content (RFC 5652, 5.4), and the problem otherwise.
func (m *message) verify(content digester) error {
	scheme, err := newScheme(m.signer.SignatureAlgorithm, m.signer.DigestAlgorithm)
	if err != nil {
		return err
	}
	digest, err := content(scheme.content)
	if err != nil {
		return err
	}
	if len(m.signer.Attributes.FullBytes) == 0 {
		return scheme.verify(m.certificate.PublicKey, digest, nil, m.signer.Signature)
	}
	if err := m.checkAttributes(digest); err != nil {
		return err
	}
	// What is signed is the DER of a SET OF, not the implicit [0] tag that the attributes have in the message.
	const set = 0x31
	signed := bytes.Clone(m.signer.Attributes.FullBytes)
	signed[0] = set
	h := scheme.signature.New()
	h.Write(signed)
	return scheme.verify(m.certificate.PublicKey, h.Sum(nil), signed, m.signer.Signature)
}

// checkAttributes checks the attributes that RFC 5652, 11.1 and 11.2, require, and the signing certificate.
func (m *message) checkAttributes(digest []byte) error {
	var kind asn1.ObjectIdentifier
	if value, ok := m.attribute(oidContentType); !ok || !unmarshalAll(value, &kind) || !kind.Equal(m.contentType) {
		return errSignedAttributes
	}
	var claimed []byte
	if value, ok := m.attribute(oidMessageDigest); !ok || !unmarshalAll(value, &claimed) {
		return errSignedAttributes
	}
	if subtle.ConstantTimeCompare(claimed, digest) != 1 {
		return errChanged
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

// checkSigningCertificate compares the certificate with the hash in the signing-certificate attribute, if there is one
// (RFC 5035): two certificates may have the same key.
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
		// Version 1 of the attribute allows only SHA-1. That is acceptable because the signature itself never relies on it.
		return m.compareCertificate(crypto.SHA1, v.IDs[0].Hash)
	}
	return nil
}

func (m *message) compareCertificate(hash crypto.Hash, want []byte) error {
	h := hash.New()
	h.Write(m.certificate.Raw)
	if subtle.ConstantTimeCompare(h.Sum(nil), want) != 1 {
		return errOtherCertificate
	}
	return nil
}
