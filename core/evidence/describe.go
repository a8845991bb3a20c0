package evidence

import (
	"strings"
	"time"

	"countersign/core/certificate"
	"countersign/core/i18n"
	"countersign/core/pdf"
)

// DescribeLevel returns [pdf.Signature.Level] in the language. Names of a standard are the same in each language.
func DescribeLevel(level string, lang i18n.Language) string {
	switch level {
	case pdf.LevelPKCS7Timestamp:
		return lang.Say("pdf.level_pkcs7_timestamp")
	case pdf.LevelCAdES:
		return lang.Say("pdf.level_cades")
	case pdf.LevelDocTimestamp:
		return lang.Say("pdf.level_document_timestamp")
	}
	return level
}

// DescribeAlgorithm returns [pdf.Signature.Algorithm] in the language.
func DescribeAlgorithm(algorithm string, lang i18n.Language) string {
	return strings.NewReplacer(pdf.UnknownDigest, lang.Say("pdf.digest_unknown"), certificate.UnknownKey, lang.Say("pdf.key_unknown")).Replace(algorithm)
}

// DescribeRevocation returns a text about a [pdf.RevocationState] in the language. The time of the revocation is zero when
// there is none.
func DescribeRevocation(state string, revokedAt time.Time, lang i18n.Language) string {
	switch pdf.RevocationState(state) {
	case pdf.RevocationGood:
		return lang.Say("pdf.revocation_good")
	case pdf.RevocationRevoked:
		return lang.Say("pdf.revocation_revoked", lang.Moment(revokedAt))
	}
	return lang.Say("pdf.revocation_unknown")
}
