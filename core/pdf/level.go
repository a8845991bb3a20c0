package pdf

// The texts of [Signature.Level]. The levels are those of ETSI EN 319 142-1, 6, judged by what holds: the
// validation data in a file has to show that no certificate of the chain was revoked. Reports print these texts, so they must
// not change.
const (
	levelPKCS7          = "PKCS#7"
	levelPKCS1          = "PKCS#1"
	LevelPKCS7Timestamp = "PKCS#7 with a time-stamp"
	LevelCAdES          = "CAdES, not PAdES: the signature does not name the signer's certificate"
	levelB              = "PAdES B-B"
	levelT              = "PAdES B-T"
	levelLT             = "PAdES B-LT"
	levelLTA            = "PAdES B-LTA"
	LevelDocTimestamp   = "document time-stamp"
)

// baselineLevel returns the level of a signature without regard to the rest of the file.
func (m *message) baselineLevel(subFilter string, t *SignatureTimestamp) string {
	hasTimestamp := t != nil && t.Intact() && t.Weak == ""
	_, hasV1 := m.attribute(oidSigningCertificate)
	_, hasV2 := m.attribute(oidSigningCertificateV2)
	switch {
	case subFilter == subFilterPKCS7 && hasTimestamp:
		return LevelPKCS7Timestamp
	case subFilter == subFilterPKCS7:
		return levelPKCS7
	case !hasV1 && !hasV2:
		return LevelCAdES
	case hasTimestamp:
		return levelT
	}
	return levelB
}

// raiseLevels raises levels B-B and B-T to what document time-stamps and validation data make of them. Call it after
// fillRevocation.
//
// B-LT requires certificates and revocation data for the signature, and for each time-stamp that was there before the data
// (ETSI EN 319 142-1, 6.3, requirements for level B-LT). A certificate that is in the signature itself need not be in the
// document security store, too, so the store may have none: [RevocationGood] is reached only with all certificates up to the
// anchor, wherever in the file they are. A document time-stamp after the data makes B-LTA. The data for that time-stamp is
// added with the next one, so none is required for it.
func raiseLevels(signatures []Signature, v validationData) {
	for i := range signatures {
		s := &signatures[i]
		if s.Level != levelB && s.Level != levelT {
			continue
		}
		if lastDocTimestamp(signatures, s.CoveredEnd) > 0 {
			s.Level = levelT
		}
		if s.Level != levelT || s.Revocation.State != RevocationGood || !timestampsValidated(*s, signatures, v) {
			continue
		}
		s.Level = levelLT
		if lastDocTimestamp(signatures, s.CoveredEnd) > v.lastOffset {
			s.Level = levelLTA
		}
	}
}

// timestampsValidated reports whether the file has the validation data of the time-stamp in a signature, and of the document
// time-stamps that were made after the signature and before the last of the data.
func timestampsValidated(s Signature, signatures []Signature, v validationData) bool {
	if t := s.SignatureTimestamp; t != nil && t.Intact() && t.Weak == "" && !t.evidence.isValidated(v, t.At) {
		return false
	}
	for _, d := range signatures {
		if d.DocTimestamp && d.Intact() && d.Weak == "" && d.ContentsOffset >= s.CoveredEnd && d.ContentsOffset < v.lastOffset && !d.evidence.isValidated(v, d.SignedAt) {
			return false
		}
	}
	return true
}

// lastDocTimestamp returns the offset of the last intact document time-stamp from the offset after on, or zero.
func lastDocTimestamp(signatures []Signature, after int64) (offset int64) {
	for _, s := range signatures {
		if s.DocTimestamp && s.Intact() && s.Weak == "" && s.ContentsOffset >= after {
			offset = max(offset, s.ContentsOffset)
		}
	}
	return offset
}
