package status

import (
	"slices"
	"testing"
	"time"

	"countersign/core/i18n"
	"countersign/core/proof"
	"countersign/ui/kit"
)

// The details have a row for what the file tells about revocation, and none for a signature that is not intact.
func TestDetailsTellOfRevocation(t *testing.T) {
	at := time.Date(2026, 11, 2, 9, 30, 0, 0, time.Local)
	for _, lang := range i18n.Languages() {
		for want, f := range map[string]proof.Signature{
			lang.Say("pdf.revocation_good"):                     {State: proof.Intact, Revocation: "good"},
			lang.Say("pdf.revocation_revoked", lang.Moment(at)): {State: proof.Intact, Revocation: "revoked", RevokedAt: at},
			lang.Say("pdf.revocation_unknown"):                  {State: proof.Intact, Revocation: "not told"},
			"":                                                  {State: proof.Broken, Revocation: "not told"},
		} {
			rows := factRows(lang, f)
			i := slices.IndexFunc(rows, func(row [2]string) bool { return row[0] == lang.Say("pdf.revocation") })
			if (i < 0) != (want == "") || i >= 0 && rows[i][1] != want {
				t.Errorf("%s: %v, want %q", lang, rows, want)
			}
		}
	}
}

func TestDetailsAreInTheLanguageOfTheWindow(t *testing.T) {
	spanish := i18n.Language("es")
	rows := factRows(spanish, proof.Signature{State: proof.Intact, Level: "PKCS#7 with a time-stamp", Algorithm: "an unknown digest, RSA 2048"})
	for _, want := range [][2]string{{"Tipo", "PKCS#7 con sello de tiempo"}, {spanish.Say("pdf.method"), "un resumen desconocido, RSA 2048"}} {
		if !slices.Contains(rows, want) {
			t.Errorf("%v is not in %v", want, rows)
		}
	}
}

// A signature whose issuer is not trusted is neither good nor broken, wherever it is shown.
func TestAnUntrustedIssuerIsNoGoodSign(t *testing.T) {
	m := signatureBadge(i18n.English, proof.Signature{State: proof.Intact, Trust: "the issuer is not trusted here"})
	if m.Color != kit.ColorWarn || m.Icon != kit.IconInfo {
		t.Errorf("%+v", m)
	}
	if m := signatureBadge(i18n.English, proof.Signature{State: proof.Intact, Trusted: true}); m.Color != kit.ColorGood {
		t.Errorf("trusted: %+v", m)
	}
}
