package pdf

// The texts of [Signature.Level]. The levels are those of ETSI EN 319 142-1, 6, judged by what holds: the
// validation data in a file has to show that no certificate of the chain was revoked.
const (
	levelPKCS7          = "PKCS#7"
	levelPKCS1          = "PKCS#1"
	levelPKCS7Timestamp = "PKCS#7 with a time-stamp"
	levelCAdES          = "CAdES, not PAdES: the signature does not name the signer's certificate"
	levelB              = "PAdES B-B"
	levelT              = "PAdES B-T"
	levelLT             = "PAdES B-LT"
	levelLTA            = "PAdES B-LTA"
	levelDocTimestamp   = "document time-stamp"
)

// baselineLevel returns the level of a signature without regard to the rest of the file.
func (m *message) baselineLevel(subFilter string, t *SignatureTimestamp) string {
	hasTimestamp := t != nil && t.Intact() && t.Weak == ""
	_, hasV1 := m.attribute(oidSigningCertificate)
	_, hasV2 := m.attribute(oidSigningCertificateV2)
	switch {
	case subFilter == subFilterPKCS7 && hasTimestamp:
		return levelPKCS7Timestamp
	case subFilter == subFilterPKCS7:
		return levelPKCS7
	case !hasV1 && !hasV2:
		return levelCAdES
	case hasTimestamp:
		return levelT
	}
	return levelB
}

// raiseLevels raises levels B-B and B-T to what document time-stamps and validation data elsewhere in the file make of
// them. Call it after fillRevocation.
func raiseLevels(signatures []Signature, v validationData) {
	for i := range signatures {
		s := &signatures[i]
		if s.Level != levelB && s.Level != levelT {
			continue
		}
		if lastDocTimestamp(signatures, s.CoveredEnd) > 0 {
			s.Level = levelT
		}
		if s.Level != levelT || v.certificates == 0 || s.Revocation.State != RevocationGood {
			continue
		}
		s.Level = levelLT
		if lastDocTimestamp(signatures, s.CoveredEnd) > v.lastOffset {
			s.Level = levelLTA
		}
	}
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
