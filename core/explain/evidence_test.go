package explain

import (
	"strings"
	"testing"

	"countersign/core/i18n"
	"countersign/core/request"
)

// Each level of evidence has its own texts. One that is unknown here is named, and never looks like
// another level.
func TestEveryLevelOfEvidenceHasItsTexts(t *testing.T) {
	const unknown = request.Evidence("oracle")
	for _, lang := range i18n.Languages() {
		for name, say := range map[string]func(request.Evidence) string{
			"name":      func(e request.Evidence) string { return Evidence(lang, e) },
			"how known": func(e request.Evidence) string { return HowKnown(lang, e, "12:00") },
			"answer":    func(e request.Evidence) string { return Answer(lang, "signed", e) },
			"state": func(e request.Evidence) string {
				x := Request(request.Request{Status: request.Signed, Outcome: &request.Outcome{Evidence: e}}, lang)
				return x.State + " " + x.Advice
			},
		} {
			seen := map[string]request.Evidence{}
			for _, e := range append(request.EvidenceLevels(), unknown) {
				said := say(e)
				if other, twice := seen[said]; twice {
					t.Errorf("%s, %s: %s has the text of %s: %q", lang, name, e, other, said)
				}
				if strings.Contains(said, string(unknown)) != (e == unknown) {
					t.Errorf("%s, %s: %s has the text %q", lang, name, e, said)
				}
				if e != unknown && name != "name" && said == strings.ReplaceAll(say(unknown), string(unknown), string(e)) {
					t.Errorf("%s, %s: %s has no text of its own: %q", lang, name, e, said)
				}
				seen[said] = e
			}
		}
	}
}
