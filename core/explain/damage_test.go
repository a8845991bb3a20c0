package explain

import (
	"testing"

	"countersign/core/i18n"
	"countersign/core/request"
)

func TestDamageIsSaidInEveryLanguage(t *testing.T) {
	for _, lang := range i18n.Languages() {
		seen := map[string]bool{}
		say := func(text string) {
			t.Helper()
			if text == "" || seen[text] {
				t.Errorf("%s: %q", lang, text)
			}
			seen[text] = true
		}
		for _, damage := range []request.Damage{request.Altered, request.Missing} {
			say(SignedDamage(lang, damage))
			say(OriginalDamage(lang, damage))
			what, _ := FileCheck(lang, &request.FileCheck{Role: request.RoleSigned, Damage: damage})
			say(what)
			proof := request.Request{Status: request.Signed, Outcome: &request.Outcome{Evidence: request.ByGateway}, Documents: []request.Document{{Signed: &request.SignedFile{Proves: true, Damage: damage}}}}
			say(Request(proof, lang).State)
			unsigned := request.Request{Status: request.Pending, Documents: []request.Document{{Damage: damage}}}
			say(Request(unsigned, lang).State)
			unsigned.Status = request.Rejected
			if Request(unsigned, lang) != Request(request.Request{Status: request.Rejected}, lang) {
				t.Errorf("%s: the damage of an original hides the outcome", lang)
			}
		}
		for _, role := range []request.FileRole{request.RoleOriginal, request.RoleSigned, request.RoleAttached} {
			what, which := FileCheck(lang, &request.FileCheck{Role: role})
			say(which)
			if role == request.RoleOriginal {
				say(what)
			}
		}
	}
}
