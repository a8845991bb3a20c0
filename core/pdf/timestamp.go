package pdf

import (
	"crypto"
	"crypto/subtle"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"time"
)

// SignatureTimestamp is a time-stamp inside a signature: an authority's word that the signature was there at that time (RFC 3161).
type SignatureTimestamp struct {
	At        time.Time
	Authority string // whose stamp it is, as its certificate says
	Intact    bool   // it is for this signature, with the key of its certificate
	Trusted   bool   // it is intact, its certificate is one for time-stamps, and its chain ended in one of the anchors
	Problem   string // in words for people; empty when intact
	Trust     string // why it is trusted or not, in words; empty when that was not looked at
}

// signatureTimestamp reads the time-signatureTimestamp inside a signature, the first one if there are several; nil when it has none.
func (m *message) signatureTimestamp(t chainSources) *SignatureTimestamp {
	token, ok := m.timestampToken()
	if !ok {
		return nil
	}
	s := &SignatureTimestamp{}
	token.check(s, m.signer.Signature, t)
	s.Intact = s.Problem == ""
	return s
}

// timestampToken finds the time-stamp among the attributes that are not signed.
func (m *message) timestampToken() (token timestampToken, ok bool) {
	raw := m.signer.Unsigned.Bytes
	for n := 0; len(raw) > 0 && n < maxCertificates; n++ {
		var a attribute
		rest, err := asn1.Unmarshal(raw, &a)
		if err != nil {
			return nil, false
		}
		if a.Type.Equal(oidSignatureTimestamp) {
			return a.Values.Bytes, true
		}
		raw = rest
	}
	return nil, false
}

// timestampToken is the message that a time-stamping authority sent.
type timestampToken []byte

// check fills in what the token says of a signature's value.
func (token timestampToken) check(s *SignatureTimestamp, value []byte, t chainSources) {
	fail := func(err error) { s.Problem = err.Error() }
	m, err := parseMessage(token, t.extra)
	if m.certificate != nil {
		s.Authority = subjectName(m.certificate)
	}
	if err != nil {
		fail(err)
		return
	}
	info, at, err := readTSTInfo(m)
	if err != nil {
		fail(err)
		return
	}
	s.At = at
	err = checkTimestamp(m, info, func(h crypto.Hash) ([]byte, error) {
		d := h.New()
		d.Write(value)
		return d.Sum(nil), nil
	})
	if errors.Is(err, errChanged) {
		err = errTimestampOfOther
	}
	if err != nil {
		fail(err)
		return
	}
	found := m.trust(t.anchors, at, x509.ExtKeyUsageTimeStamping)
	s.Trusted, s.Trust = found.trusted, found.reason
}

var errTimestampOfOther = errors.New("it is for another signature than this one")

// tstInfo is the beginning of what a time-stamping authority signs (RFC 3161): the hash it was shown, and when.
type tstInfo struct {
	Version int
	Policy  asn1.ObjectIdentifier
	Imprint struct {
		Algorithm pkix.AlgorithmIdentifier
		Hash      []byte
	}
	Serial *big.Int
	Time   asn1.RawValue
}

// readTSTInfo returns what a time-stamp says. What may follow the time in it (accuracy, nonce, name) is not needed.
func readTSTInfo(m message) (tstInfo, time.Time, error) {
	var info tstInfo
	if !m.contentType.Equal(oidTSTInfo) {
		return info, time.Time{}, errNotDetached
	}
	var all asn1.RawValue
	if !unmarshalAll(m.content, &all) {
		return info, time.Time{}, errASN1
	}
	// A sequence may be longer than the structure it is read into only with asn1.RawValue, so it is read entry by entry.
	rest := all.Bytes
	for _, entry := range []any{&info.Version, &info.Policy, &info.Imprint, &info.Serial, &info.Time} {
		var err error
		if rest, err = asn1.Unmarshal(rest, entry); err != nil {
			return info, time.Time{}, errASN1
		}
	}
	if info.Time.Tag != asn1.TagGeneralizedTime {
		return info, time.Time{}, errASN1
	}
	at, err := time.Parse("20060102150405Z", string(info.Time.Bytes)) // also with fractions of a second
	if err != nil {
		return info, time.Time{}, errASN1
	}
	return info, at, nil
}

// checkTimestamp says whether the authority stamped these bytes and signed that.
func checkTimestamp(m message, info tstInfo, document digester) error {
	hash, err := hashOf(info.Imprint.Algorithm.Algorithm)
	if err != nil {
		return err
	}
	digest, err := document(hash)
	if err != nil {
		return err
	}
	if subtle.ConstantTimeCompare(digest, info.Imprint.Hash) != 1 {
		return errChanged
	}
	return m.verify(func(h crypto.Hash) ([]byte, error) {
		d := h.New()
		d.Write(m.content)
		return d.Sum(nil), nil
	})
}
