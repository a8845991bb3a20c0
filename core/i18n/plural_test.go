package i18n

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// fixed are the keys of texts whose number is the same in every case, and greater than one: a limit of the program.
var fixed = []string{
	"reason.anchor_full", "reason.folder_deep", "reason.copy_names", "reason.toml_values", "reason.too_many_views", "reason.view_filters", "reason.view_filter_long",
	"reason.signature_too_many", "reason.start_too_many", "reason.start_long_path", "reason.setting_agreement", "reason.typed_long", "pdf.too_many", "list.first_selected",
}

// TestANumberAgreesWithItsNoun renders each text that has forms with 0, 1 and 2, and looks for texts without forms that have a
// number before a noun. The nouns are those of the texts with forms.
func TestANumberAgreesWithItsNoun(t *testing.T) {
	for _, l := range Languages() {
		singular, plural := nouns(l)
		if len(plural) < 8 {
			t.Errorf("%s: only the nouns %q are known", l, plural)
		}
		var wrong [3]*regexp.Regexp // by the number
		for n := range wrong {
			nouns := singular
			if l.isOne(n) {
				nouns = plural
			}
			wrong[n] = followed(`\b`+l.Number(n), nouns)
		}
		known := followed(`\{\d\}`, slices.Concat(singular, plural))
		for key, said := range l.catalog() {
			if said.One == "" { // in reason.net_…, a host stands before the French verb "demande"
				if noun := known.FindString(said.Other); noun != "" && !slices.Contains(fixed, key) && !strings.HasPrefix(key, "reason.net_") {
					t.Errorf("%s: %s has a number before %q, and no form for one: %s", l, key, noun, said.Other)
				}
				continue
			}
			for n := range 3 {
				text := l.Count(key, n, "x", "y")
				if strings.ContainsAny(text, "{}") {
					t.Errorf("%s: %s for %d is %q", l, key, n, text)
				}
				if wrong[n].MatchString(text) {
					t.Errorf("%s: %s for %d is %q", l, key, n, text)
				}
			}
		}
	}
}

// afterNumber matches a number and the word after it.
var afterNumber = regexp.MustCompile(`\{n\} ([\pL·]+)`)

// verbs stand after the number in some texts, and after names in others.
var verbs = []string{"was", "were", "est", "sont"}

// nouns returns the words that stand after the number in the texts with two forms, where the forms differ.
func nouns(l Language) (singular, plural []string) {
	var same []string
	for _, said := range l.catalog() {
		one, other := afterNumber.FindStringSubmatch(said.One), afterNumber.FindStringSubmatch(said.Other)
		if other == nil || len(other[1]) < 3 || slices.Contains(verbs, other[1]) {
			continue
		}
		if one != nil && one[1] == other[1] {
			same = append(same, one[1])
			continue
		}
		plural = append(plural, regexp.QuoteMeta(strings.ToLower(other[1])))
		if one != nil {
			singular = append(singular, regexp.QuoteMeta(strings.ToLower(one[1])))
		}
	}
	without := func(all, not []string) []string {
		return slices.DeleteFunc(all, func(word string) bool { return slices.Contains(not, word) })
	}
	plural = without(plural, same)
	return without(singular, slices.Concat(plural, same)), plural
}

// followed matches what number matches, and one of the nouns after it.
func followed(number string, nouns []string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)` + number + ` (` + strings.Join(nouns, "|") + `)(\PL|$)`)
}
