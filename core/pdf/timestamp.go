package pdf

import (
	"cmp"
	"crypto"
	"crypto/subtle"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"slices"
	"time"

	"countersign/core/certificate"
)

// signatureTimestamp checks the time-stamp of a signature, the first one if there are several. It
// returns nil without one.
func (m *message) signatureTimestamp(c chainSources) *SignatureTimestamp {
	token, ok := m.timestampToken()
	if !ok {
		return nil
	}
	t := &SignatureTimestamp{}
	// Some programs leave the certificate of the authority out of the time-stamp, and write it into the signature.
	c.extra = slices.Concat(m.otherCertificates, c.extra)
	if err := t.verify(token, m.signer.Signature, c); err != nil {
		t.State, t.Problem, t.Coded = stateOf(err), err.Error(), codeOf(err)
		return t
	}
	t.State = Intact
	return t
}

// timestampToken returns the first TimeStampToken among the unsigned attributes. ok is false
// when there is none.
func (m *message) timestampToken() (token []byte, ok bool) {
	return m.unsignedAttribute(oidSignatureTimestamp)
}

// unsignedAttribute returns the content of the set of values of the first unsigned attribute
// with an OID. ok is false when there is none.
func (m *message) unsignedAttribute(oid asn1.ObjectIdentifier) (value []byte, ok bool) {
	raw := m.signer.Unsigned.Bytes
	for n := 0; len(raw) > 0 && n < maxUnsignedAttributes; n++ {
		var a attribute
		rest, err := asn1.Unmarshal(raw, &a)
		if err != nil {
			return nil, false
		}
		if a.Type.Equal(oid) {
			return a.Values.Bytes, true
		}
		raw = rest
	}
	return nil, false
}

const maxUnsignedAttributes = 100 // of one signature that are looked at

// verify fills in the time-stamp from a token. It returns the problem of a token that is not one for signatureValue.
func (t *SignatureTimestamp) verify(token, signatureValue []byte, c chainSources) error {
	m, err := parseMessage(token, c.extra)
	if m.certificate != nil {
		t.Authority = m.certificate.Name()
	}
	if err != nil {
		return err
	}
	info, at, err := readTSTInfo(m)
	if err != nil {
		return err
	}
	t.At = at
	t.Weak, err = verifyTimestamp(m, info, digestOf(signatureValue))
	if errors.Is(err, errChanged) {
		return errTimestampOfOther
	}
	if err != nil {
		return err
	}
	found := m.trust(c.anchors, at, x509.ExtKeyUsageTimeStamping, t.Weak)
	t.Trusted, t.TrustReason, t.TrustCoded = found.trusted, found.text(), found.reason
	t.evidence = m.evidence()
	return nil
}

// tstInfo is the beginning of a TSTInfo (RFC 3161, 2.4.2). The fields after the time are not needed.
type tstInfo struct {
	Version asn1.RawValue
	Policy  asn1.RawValue
	Imprint struct {
		Algorithm pkix.AlgorithmIdentifier
		Hash      []byte
	}
	Serial asn1.RawValue
	Time   asn1.RawValue
}

// readTSTInfo returns the content of a time-stamp and the time in it.
func readTSTInfo(m message) (tstInfo, time.Time, error) {
	var info tstInfo
	if !m.contentType.Equal(oidTSTInfo) {
		return info, time.Time{}, errNotTimestamp
	}
	var all asn1.RawValue
	if !unmarshalAll(m.content, &all) {
		return info, time.Time{}, errMalformed
	}
	// encoding/asn1 refuses a sequence with more elements than the struct has fields, so the fields are read one by one.
	rest := all.Bytes
	for _, field := range []any{&info.Version, &info.Policy, &info.Imprint, &info.Serial, &info.Time} {
		var err error
		if rest, err = asn1.Unmarshal(rest, field); err != nil {
			return info, time.Time{}, errMalformed
		}
	}
	at, ok := certificate.Time(info.Time.Tag, info.Time.Bytes)
	if info.Time.Tag != asn1.TagGeneralizedTime || !ok {
		return info, time.Time{}, errMalformed
	}
	return info, at.UTC(), nil
}

// verifyTimestamp returns nil when the authority signed info, and info has the digest of the
// content. It returns errChanged when the digest differs. weak is the name of a weak digest that
// the time-stamp rests on, or "".
func verifyTimestamp(m message, info tstInfo, content digester) (weak string, err error) {
	hash, err := hashOf(info.Imprint.Algorithm.Algorithm)
	if err != nil {
		return "", err
	}
	digest, err := content(hash)
	if err != nil {
		return "", err
	}
	if subtle.ConstantTimeCompare(digest, info.Imprint.Hash) != 1 {
		return "", errChanged
	}
	weak, err = m.verify(digestOf(m.content))
	return cmp.Or(certificate.Weak(hash), weak), err
}

// digestOf returns a digester of bytes in memory.
func digestOf(b []byte) digester {
	return func(h crypto.Hash) ([]byte, error) {
		d := h.New()
		d.Write(b)
		return d.Sum(nil), nil
	}
}
