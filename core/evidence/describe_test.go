package evidence_test

import (
	"strings"
	"testing"
	"time"

	"countersign/core/certificate"
	"countersign/core/evidence"
	"countersign/core/i18n"
	"countersign/core/pdf"
)

// What reports print in English is translated for people, and names of a standard are not.
func TestKindsOfSignaturesAreTranslated(t *testing.T) {
	unknown := pdf.UnknownDigest + ", " + certificate.UnknownKey
	for _, lang := range i18n.Languages() {
		for _, level := range []string{pdf.LevelPKCS7Timestamp, pdf.LevelCAdES, pdf.LevelDocTimestamp} {
			// The catalogs have other apostrophes.
			if got := strings.ReplaceAll(evidence.DescribeLevel(level, lang), "’", "'"); got == "" || got == level && lang != i18n.English {
				t.Errorf("%s: %q is shown as %q", lang, level, got)
			}
		}
		if got := evidence.DescribeLevel("PAdES B-LT", lang); got != "PAdES B-LT" {
			t.Errorf("%s: %q", lang, got)
		}
		if got := evidence.DescribeAlgorithm("SHA-256, RSA 2048", lang); got != "SHA-256, RSA 2048" {
			t.Errorf("%s: %q", lang, got)
		}
		got := evidence.DescribeAlgorithm(unknown, lang)
		if (got == unknown) != (lang == i18n.English) || lang != i18n.English && (strings.Contains(got, pdf.UnknownDigest) || strings.Contains(got, certificate.UnknownKey)) {
			t.Errorf("%s: %q", lang, got)
		}
	}
}

func TestEachStateOfRevocationHasItsText(t *testing.T) {
	at := time.Date(2026, 11, 2, 9, 30, 0, 0, time.Local)
	for _, lang := range i18n.Languages() {
		seen := map[string]bool{}
		for _, state := range []pdf.RevocationState{pdf.RevocationGood, pdf.RevocationRevoked, pdf.RevocationNotTold} {
			got := evidence.DescribeRevocation(string(state), at, lang)
			if seen[got] || strings.Contains(got, lang.Moment(at)) != (state == pdf.RevocationRevoked) {
				t.Errorf("%s: %s is shown as %q", lang, state, got)
			}
			seen[got] = true
		}
	}
}
