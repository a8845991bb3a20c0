package pdf

import (
	"encoding/asn1"
	"time"

	"countersign/core/certificate"
)

// evidence is what a signature or a time-stamp brings along about the revocation of its certificates. It is kept until all
// signatures are verified, because later ones show when earlier ones were made.
type evidence struct {
	chain []*certificate.Certificate // each issued the one before it, up to the anchor when the signer is trusted
	data  validationData             // from the message itself
}

// evidence returns what the message brings along. Call it after trust, which finds the anchor.
func (m *message) evidence() evidence {
	e := evidence{chain: m.anchored}
	if e.chain == nil {
		e.chain = m.chain()
	}
	if value, ok := m.attribute(oidAdobeArchive); ok {
		e.data.addArchive(value)
	}
	if value, ok := m.unsignedAttribute(oidRevocationValues); ok {
		e.data.addArchive(value)
	}
	e.data.addRevocationInfo(m.revocationInfo)
	return e
}

// addArchive adds the values of an adbe-revocationInfoArchival attribute (ISO 32000-1, 12.8.3.3.2), or of the attribute
// id-aa-ets-revocationValues (ETSI EN 319 122-1, A.1.1.2), which has the same form.
func (v *validationData) addArchive(value []byte) {
	var archive struct {
		CRLs  []asn1.RawValue `asn1:"explicit,optional,tag:0"`
		OCSPs []asn1.RawValue `asn1:"explicit,optional,tag:1"`
		Other asn1.RawValue   `asn1:"explicit,optional,tag:2"`
	}
	if _, err := asn1.Unmarshal(value, &archive); err != nil {
		return
	}
	for _, raw := range archive.CRLs {
		v.addWithin(raw.FullBytes, v.addCRL)
	}
	for _, raw := range archive.OCSPs {
		v.addWithin(raw.FullBytes, v.addOCSPResponse)
	}
}

// addRevocationInfo adds the content of the crls field of a SignedData: CRLs, and OCSP responses (RFC 5940, section 2.1).
func (v *validationData) addRevocationInfo(set []byte) {
	for len(set) > 0 {
		var one asn1.RawValue
		var err error
		if set, err = asn1.Unmarshal(set, &one); err != nil {
			return
		}
		if one.Class == asn1.ClassUniversal {
			v.addWithin(one.FullBytes, v.addCRL)
			continue
		}
		var kind asn1.ObjectIdentifier
		if value, err := asn1.Unmarshal(one.Bytes, &kind); err == nil && kind.Equal(oidOCSPOtherValue) {
			v.addWithin(value, v.addOCSPResponse)
		}
	}
}

// addWithin calls the function add with der, unless maxValidationStreams values were added before.
func (v *validationData) addWithin(der []byte, add func([]byte)) {
	if v.read++; v.read <= maxValidationStreams {
		add(der)
	}
}

// fillRevocation fills in what the file says about revocation. A signer who was revoked when a trusted time-stamp was made, or
// at any time when there is none, is not trusted. Later signatures come first: their time-stamps vouch for earlier ones.
func fillRevocation(signatures []Signature, v validationData) {
	for i := len(signatures) - 1; i >= 0; i-- {
		s := &signatures[i]
		if !s.Intact() {
			continue
		}
		later := vouchedByLater(signatures[i+1:], s.CoveredEnd)
		if t := s.SignatureTimestamp; t != nil && t.Intact() {
			told, first := t.evidence.of(v, later)
			switch {
			case told.State == RevocationGood:
				t.TrustCoded = notRevokedThen(t.TrustCoded)
			case told.State == RevocationRevoked && isHarmless(first, t.At):
				t.TrustCoded = revokedLater(t.TrustCoded)
			case told.State == RevocationRevoked && t.TrustCoded != nil:
				t.Trusted, t.TrustCoded = false, revokedReason(told)
			}
			t.TrustReason = textOf(t.TrustCoded)
		}
		vouched := later
		if t := s.SignatureTimestamp; t != nil && t.Trusted {
			vouched = t.At
		}
		var first statement
		s.Revocation, first = s.evidence.of(v, vouched)
		switch s.Revocation.State {
		case RevocationRevoked:
			if s.DocTimestamp && isHarmless(first, s.SignedAt) {
				s.TrustCoded = revokedLater(s.TrustCoded)
			} else if s.TrustCoded != nil {
				s.Trusted, s.TrustCoded = false, revokedReason(s.Revocation)
			}
		case RevocationGood:
			s.TrustCoded = notRevokedThen(s.TrustCoded)
		}
		s.TrustReason = textOf(s.TrustCoded)
	}
}

func textOf(p *Problem) string {
	if p == nil {
		return ""
	}
	return p.Error()
}

// isHarmless reports whether the revocation of a time-stamping authority leaves an older time-stamp sound: its key was not
// compromised (RFC 3161, section 4, point 1).
func isHarmless(revocation statement, at time.Time) bool {
	switch revocation.reason {
	case reasonAffiliationChanged, reasonSuperseded, reasonCessationOfOperation:
		return revocation.revokedAt.After(at)
	}
	return false
}

// of returns what the data of the file and of the message say about the chain; see [validationData.of].
func (e evidence) of(v validationData, vouched time.Time) (Revocation, statement) {
	all := validationData{crls: append(e.data.crls[:len(e.data.crls):len(e.data.crls)], v.crls...), ocspAnswers: append(e.data.ocspAnswers[:len(e.data.ocspAnswers):len(e.data.ocspAnswers)], v.ocspAnswers...)}
	return all.of(e.chain, vouched)
}

// isValidated reports whether v, the data of the file, or the message itself shows that no certificate of the chain was
// revoked at a time.
func (e evidence) isValidated(v validationData, at time.Time) bool {
	told, _ := e.of(v, at)
	return told.State == RevocationGood
}

// vouchedByLater returns the earliest time in a trusted document time-stamp, among the later signatures, that covers the
// bytes up to the offset coveredEnd. It is zero when there is none.
func vouchedByLater(later []Signature, coveredEnd int64) (at time.Time) {
	for _, s := range later {
		if s.DocTimestamp && s.Trusted && s.ContentsOffset >= coveredEnd && (at.IsZero() || s.SignedAt.Before(at)) {
			at = s.SignedAt
		}
	}
	return at
}
