package pdf

import (
	"bytes"
	"crypto"
	"crypto/subtle"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"time"
)

// The messages of RFC 5652, as far as a signature in a PDF uses them. They are read here and not by a library because
// the libraries at hand drop errors of the decoder, nest without bound, know no RSA-PSS and no key identifiers.

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

var (
	errSignerCount      = errors.New("the signature names no signer, or more than one")
	errNoCertificate    = errors.New("the signature does not bring the certificate of its signer")
	errNotDetached      = errors.New("the signature is for a text of its own and not for this document")
	errSignedAttributes = errors.New("what was signed along with the document is missing or said twice")
	errOtherCertificate = errors.New("the signature was made for another certificate than the one it brings")
	errChanged          = errors.New("the document was changed after it was signed")
	errForged           = errors.New("the signature was not made with the key of its certificate")
)

const maxCertificates = 100 // read from one signature

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

// message is a signature by one signer, read and not yet verified.
type message struct {
	contentType       asn1.ObjectIdentifier
	content           []byte // what the message brings along to be signed: nothing for a document, the time for a time-stamp
	signer            signerInfo
	attributes        []attribute
	certificate       *x509.Certificate // the signer's
	otherCertificates []*x509.Certificate
	signingTime       time.Time // as the signer claims
}

// parseMessage reads a signature. The certificates beside it are for signers whose own is not in it. What could be read
// comes back also with an error.
func parseMessage(b []byte, beside []*x509.Certificate) (message, error) {
	var m message
	der, err := toDER(b)
	if err != nil {
		return m, err
	}
	var outer contentInfo
	if rest, err := asn1.Unmarshal(der, &outer); err != nil || len(rest) > 0 || !outer.Type.Equal(oidSignedData) {
		return m, errASN1
	}
	var data signedData
	if rest, err := asn1.Unmarshal(outer.Content.Bytes, &data); err != nil || len(rest) > 0 {
		return m, errASN1
	}
	m.contentType = data.Content.Type
	if len(data.Content.Content.Bytes) > 0 {
		if _, err := asn1.Unmarshal(data.Content.Content.Bytes, &m.content); err != nil {
			return m, errASN1
		}
	}
	if len(data.Signers) != 1 {
		return m, errSignerCount
	}
	m.signer = data.Signers[0]
	m.findCertificate(append(parseCertificates(data.Certificates.Bytes), beside...))
	if err := m.readAttributes(); err != nil {
		return m, err
	}
	if m.certificate == nil {
		return m, errNoCertificate
	}
	return m, nil
}

// findCertificate picks out the signer's; the others may lead from it to an anchor.
func (m *message) findCertificate(all []*x509.Certificate) {
	for _, cert := range all {
		if m.certificate == nil && m.signer.identifies(cert) {
			m.certificate = cert
		} else {
			m.otherCertificates = append(m.otherCertificates, cert)
		}
	}
}

// parseCertificates reads a row of certificates. Attribute certificates and oddities that may stand there too are left out.
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

// identifies tells whether the signer is said to be the holder of that certificate, by its issuer and number or by its key.
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

func (m *message) readAttributes() error {
	for raw := m.signer.Attributes.Bytes; len(raw) > 0; {
		var a attribute
		rest, err := asn1.Unmarshal(raw, &a)
		if err != nil {
			return errASN1
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

func (m *message) attribute(oid asn1.ObjectIdentifier) ([]byte, bool) {
	for _, a := range m.attributes {
		if a.Type.Equal(oid) {
			return a.Values.Bytes, true
		}
	}
	return nil, false
}

// digester hashes what a message is for.
type digester func(crypto.Hash) ([]byte, error)

// verify says whether the signer signed that content.
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
	// The attributes are signed as the set they are, not with the tag they have inside the message.
	const set = 0x31
	signed := bytes.Clone(m.signer.Attributes.FullBytes)
	signed[0] = set
	h := scheme.signature.New()
	h.Write(signed)
	return scheme.verify(m.certificate.PublicKey, h.Sum(nil), signed, m.signer.Signature)
}

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

// checkSigningCertificate compares the certificate with the one the signer meant, where the signer said which (RFC 5035): two
// certificates may hold the same key.
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
		// The older form knows SHA-1 only. It is a second lock here: the signature itself is never verified with it.
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

func unmarshalAll(b []byte, out any) bool {
	rest, err := asn1.Unmarshal(b, out)
	return err == nil && len(rest) == 0
}
