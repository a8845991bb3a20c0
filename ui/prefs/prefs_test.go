package prefs

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
		"All signatures are intact, but the file was changed between them: it may show something else than some of them were made for.":                                                                 {Signatures: []proof.Signature{exchanged, intact}},
		"Its signature is intact. What was added to the file afterwards could not be compared with what was signed.":                                                                                    {Signatures: []proof.Signature{unclear}},
		"Its signature cannot be checked here. That is no sign of a change, and no proof either.":                                                                                                       {Signatures: []proof.Signature{{State: proof.Unchecked}}},
		"2 of its signatures cannot be checked here. That is no sign of a change, and no proof either.":                                                                                                 {Signatures: []proof.Signature{{State: proof.Unchecked}, intact, {State: proof.Unchecked}}},
		"Its signature is intact, and nothing that shows was changed after it. Nobody who is trusted here vouches for who signed. A signature uses SHA-1, which can be forged today: it proves little.": {Signatures: []proof.Signature{{State: proof.Intact, Weak: "SHA-1", Whole: true}}},
		"Nobody has signed this file.":                                                                                              {},
		"Do not rely on this file: not every signature is intact.":                                                                  {Signatures: []proof.Signature{intact, broken}},
		"Do not rely on what this file shows: it was changed after the last signature.":                                             {Signatures: []proof.Signature{intact, changed}},
		"Its signature is intact, and nothing that shows was changed after it. Nobody who is trusted here vouches for who signed.":  {Signatures: []proof.Signature{{State: proof.Intact, Whole: true}}},
		"All 2 signatures are intact, and nothing that shows was changed after them.":                                               {Signatures: []proof.Signature{changed, intact}},
		"Nobody has signed this file. It also holds something like a signature that it does not show: one may have been taken out.": {Hidden: 1},
	} {
		if got := fileBadge(i18n.English, v).Label; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
