package evidence

import (
	"strings"
	"time"

	"countersign/core/certificate"
	"countersign/core/i18n"
	"countersign/core/pdf"
)

// DescribeLevel returns a [pdf.Signature.Level] as text in the language. It returns levels that are named by a standard, such as
// those of PAdES, as they are.
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

// DescribeAlgorithm returns a [pdf.Signature.Algorithm] as text in the language. Only the words for an unknown digest or key are
// translated.
func DescribeAlgorithm(algorithm string, lang i18n.Language) string {
	return strings.NewReplacer(pdf.UnknownDigest, lang.Say("pdf.digest_unknown"), certificate.UnknownKey, lang.Say("pdf.key_unknown")).Replace(algorithm)
}

// DescribeRevocation returns a [pdf.RevocationState] as text in the language. revokedAt is used only for
// [pdf.RevocationRevoked]. For any other string the text is that
// of a document that does not say whether the certificate was revoked.
func DescribeRevocation(state string, revokedAt time.Time, lang i18n.Language) string {
	switch pdf.RevocationState(state) {
	case pdf.RevocationGood:
		return lang.Say("pdf.revocation_good")
	case pdf.RevocationRevoked:
		return lang.Say("pdf.revocation_revoked", lang.Moment(revokedAt))
	}
	return lang.Say("pdf.revocation_unknown")
}
