package checking

import (
	"testing"

	"countersign/core/i18n"
	"countersign/core/proof"
)

func TestTheResultForAFileIsASentence(t *testing.T) {
	intact, broken := proof.Signature{State: proof.Intact, Whole: true, Trusted: true}, proof.Signature{State: proof.Broken, Problem: "the signature is blank"}
	changed := proof.Signature{State: proof.Intact, Trusted: true, Added: 9, Changes: []string{proof.FormFilled}, Shows: true, Effect: proof.ShowsOther}
	exchanged := proof.Signature{State: proof.Intact, Trusted: true, Added: 9, Changes: []string{"something else"}, Shows: true, Effect: proof.ShowsOther}
	unclear := proof.Signature{State: proof.Intact, Trusted: true, Added: 9, Changes: []string{proof.CouldNotBeCompared}, Effect: proof.NotCompared}
	for want, v := range map[string]proof.Verified{
		"All signatures are intact, but the file was changed between them, so signers may have signed different content.":                                                                                  {Signatures: []proof.Signature{exchanged, intact}},
		"The signature is intact. Later additions to the file could not be compared with what was signed.":                                                                                                 {Signatures: []proof.Signature{unclear}},
		"The signature cannot be checked here. This does not mean that the file was changed, but it is not proof either.":                                                                                  {Signatures: []proof.Signature{{State: proof.Unchecked}}},
		"2 signatures cannot be checked here. This does not mean that the file was changed, but it is not proof either.":                                                                                   {Signatures: []proof.Signature{{State: proof.Unchecked}, intact, {State: proof.Unchecked}}},
		"The signature is intact, and nothing visible was changed afterwards. No issuer that is trusted here confirms who signed. A signature uses SHA-1, which can be forged today, so it proves little.": {Signatures: []proof.Signature{{State: proof.Intact, Weak: "SHA-1", Whole: true}}},
		"This file has no signatures.":                                                                                                   {},
		"Do not rely on this file: not all of its signatures are intact.":                                                                {Signatures: []proof.Signature{intact, broken}},
		"Do not rely on the visible content of this file: it was changed after the last signature.":                                      {Signatures: []proof.Signature{intact, changed}},
		"The signature is intact, and nothing visible was changed afterwards. No issuer that is trusted here confirms who signed.":       {Signatures: []proof.Signature{{State: proof.Intact, Whole: true}}},
		"All 2 signatures are intact, and nothing visible was changed afterwards.":                                                       {Signatures: []proof.Signature{changed, intact}},
		"This file has no signatures. It also contains something like a signature that is not shown: a signature may have been removed.": {Hidden: 1},
	} {
		if got := fileBadge(i18n.English, v).Label; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
