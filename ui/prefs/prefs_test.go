package prefs

import (
	"testing"

	"countersign/core/desk"
	"countersign/core/i18n"
)

func TestWhatAFileSaysIsASentence(t *testing.T) {
	intact, broken := desk.Facts{Intact: true, Whole: true, Trusted: true}, desk.Facts{Problem: "the signature itself is blank"}
	changed := desk.Facts{Intact: true, Trusted: true, Added: 9, Changes: []string{desk.FormFilled}, Shows: true}
	exchanged := desk.Facts{Intact: true, Trusted: true, Added: 9, Changes: []string{"something else"}, Shows: true}
	for want, v := range map[string]desk.Verified{
		"All signatures are intact, but the file was changed between them: it may show something else than some of them were made for.": {Signatures: []desk.Facts{exchanged, intact}},
		"Nobody has signed this file.":                                                                                              {},
		"Do not rely on this file: not every signature is intact.":                                                                  {Signatures: []desk.Facts{intact, broken}},
		"Do not rely on what this file shows: it was changed after the last signature.":                                             {Signatures: []desk.Facts{intact, changed}},
		"Its signature is intact, and nothing that shows was changed after it. Nobody who is trusted here vouches for who signed.":  {Signatures: []desk.Facts{{Intact: true, Whole: true}}},
		"All 2 signatures are intact, and nothing that shows was changed after them.":                                               {Signatures: []desk.Facts{changed, intact}},
		"Nobody has signed this file. It also holds something like a signature that it does not show: one may have been taken out.": {Hidden: 1},
	} {
		if got := fileBadge(i18n.English, v).Word; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
