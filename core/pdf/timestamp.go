package pdf

import (
	"crypto"
	"crypto/subtle"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"time"
)

// timestampInfo is the beginning of what a time-stamping authority signs (RFC 3161): the hash it was shown, and when.
type timestampInfo struct {
	Version int
	Policy  asn1.ObjectIdentifier
	Imprint struct {
		Algorithm pkix.AlgorithmIdentifier
		Hash      []byte
	}
	Serial *big.Int
	Time   asn1.RawValue
}

// readTimestamp returns what a time-stamp says. What may follow the time in it (accuracy, nonce, name) is not needed.
func readTimestamp(m message) (timestampInfo, time.Time, error) {
	var info timestampInfo
	if !m.contentType.Equal(oidTimestampInfo) {
		return info, time.Time{}, errAttached
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
func checkTimestamp(m message, info timestampInfo, document digester) error {
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
