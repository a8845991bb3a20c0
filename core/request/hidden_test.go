package request

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestCharactersThatCannotBeSeenAreShownByTheirNumber(t *testing.T) {
	for text, want := range map[string]string{
		"Lease\u200b.pdf":           "Lease<U+200B>.pdf",       // zero width space
		"\ufeffLease":               "<U+FEFF>Lease",           // byte order mark
		"gpj.\u202efdp.exe":         "gpj.<U+202E>fdp.exe",     // from right to left
		"a\u2066b\u2069c":           "a<U+2066>b<U+2069>c",     // isolates
		"Lease\U000e0041\U000e007f": "Lease<U+E0041><U+E007F>", // tags
		"Le\u00adase":               "Le<U+00AD>ase",           // soft hyphen
		"pa\u200dy":                 "pa<U+200D>y",             // a joiner between Latin letters
		"a\u0301\u200cb":            "a\u0301<U+200C>b",        // and after an accent of its own
		"a\ufe0f":                   "a<U+FE0F>",               // a presentation of a letter
		"\u3164":                    "<U+3164>",                // a Hangul letter that is blank
		"\u2800":                    "<U+2800>",                // Braille without dots
		"a\u034fb":                  "a<U+034F>b",              // grapheme joiner
		"a\U000e0100":               "a<U+E0100>",              // variation selector
		"\u001b[31m\u0085":          "<U+001B>[31m<U+0085>",
	} {
		if got := ShowHidden(text); got != want {
			t.Errorf("ShowHidden(%+q) = %+q, want %+q", text, got, want)
		}
		if !HasHidden(text) {
			t.Errorf("nothing is hidden in %+q", text)
		}
	}
}

func TestTextsOfAllLanguagesHideNothing(t *testing.T) {
	for _, text := range []string{
		"", "Lease of office premises, 2026", "Contrat « à durée indéterminée » n° 3\u00a0000", "L·lacuna d'Àngels", "Übergrößenträger",
		"tab\tand line\n", "Ελληνικά", "Договор аренды", "نمی\u200cخواهم", "क\u200dष", "葛\U000e0100城", "契約書", "계약서", "חוזה שכירות",
		"👩\u200d💼 signs", "✔\ufe0f done", "🏳\ufe0f\u200d🌈", "\u06dd٣", "e\u0301", "½ – ‘quoted’ …",
	} {
		if HasHidden(text) {
			t.Errorf("%q is said to hide something: %s", text, ShowHidden(text))
		}
	}
}

func TestARequestSaysWhereSomethingIsHidden(t *testing.T) {
	const evil = "a\u200bb"
	r := Request{
		Title: evil, Reference: evil, Documents: []Document{{Original: Original{Name: "a.pdf"}}, {Original: Original{Name: evil}}},
		Signers: []Signer{{Name: "Ann", Email: evil}, {Name: "Bea"}}, CopyRecipients: []CopyRecipient{{Name: evil}},
	}
	var codes []string
	for _, s := range r.Hidden() {
		codes = append(codes, s.Cause.Code)
		if !strings.Contains(s.Text, "a<U+200B>b") {
			t.Errorf("%q does not show where it is", s.Text)
		}
	}
	if want := []string{"hidden_title", "hidden_reference", "hidden_document", "hidden_signer", "hidden_copy"}; !slices.Equal(codes, want) {
		t.Errorf("said %v, want %v", codes, want)
	}
	if said := (Request{Title: "Lease", Signers: []Signer{{Name: "Ann"}}}).Hidden(); said != nil {
		t.Errorf("said %v of a request that hides nothing", said)
	}
}

// FuzzShowHidden: what is shown hides nothing, and nothing that can be seen gets lost.
func FuzzShowHidden(f *testing.F) {
	for _, seed := range []string{"Lease", "a\u200bb", "👩\u200d💼", "\u200d\u200d", "\xff\xc0\u202e", "\ufe0f\ufe0f"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		shown := ShowHidden(text)
		if HasHidden(shown) || !utf8.ValidString(shown) {
			t.Errorf("ShowHidden(%+q) = %+q", text, shown)
		}
		if strings.ContainsFunc(shown, func(r rune) bool {
			return unicode.Is(unicode.Bidi_Control, r) || r == '\u200b' || r >= 0xe0000 && r < 0xe0080
		}) {
			t.Errorf("something is hidden in %+q", shown)
		}
		if HasHidden(text) != (shown != strings.ToValidUTF8(text, "\ufffd")) && utf8.ValidString(text) {
			t.Errorf("%+q and %+q", text, shown)
		}
	})
}
