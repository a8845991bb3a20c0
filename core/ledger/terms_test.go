package ledger

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"countersign/core/request"
)

func TestWordsAreFoundWithoutCaseAndAccents(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string
	}{
		{"nothing", "", nil},
		{"signs alone", " - … \x00\n", nil},
		{"case", "Lease LEASE", []string{"lease", "lease"}},
		{"accents", "Contratación Año Ñandú", []string{"contratacion", "ano", "nandu"}},
		{"accents of their own", "Contratacio\u0301n", []string{"contratacion"}},
		{"numbers and signs", "REF-2026/007.b", []string{"ref", "2026", "007", "b"}},
		{"a file's name", "lease_final(2).pdf", []string{"lease", "final", "2", "pdf"}},
		{"letters that are two in capitals", "Straße STRASSE", []string{"strasse", "strasse"}},
		{"a letter that differs at the end", "ΟΔΟΣ οδος οδός", []string{"οδοσ", "οδοσ", "οδοσ"}},
		{"a dotted capital", "İstanbul", []string{"istanbul"}},
		{"letters joined in print", "ﬁnal", []string{"final"}},
		{"other scripts", "договор 契約 عقد", []string{"договор", "契約", "عقد"}},
		{"letters whose capitals are the older ones", "Ꮳꮃꭹ ꮳꮃꭹ", []string{"ꮳꮃꭹ", "ꮳꮃꭹ"}},
		{"bytes that are no text", "a\xffb", []string{"a", "b"}},
		{"a word too long", strings.Repeat("é", maxTermRunes+5), []string{strings.Repeat("e", maxTermRunes)}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, splitTerms(test.text), emptyIsNil); diff != "" {
				t.Errorf("terms (-want +got):\n%s", diff)
			}
		})
	}
}

// A pair shows that a rune does not change what becomes of its neighbor.
func TestLatinTextIsFoldedAsAnyOther(t *testing.T) {
	for first := range rune(endOfLatin) {
		for second := range rune(endOfLatin) {
			text := string([]rune{first, second})
			if folded, ok := foldLatin(text); !ok || folded != foldAny(text) {
				t.Fatalf("%q is %q, %t, and not %q", text, folded, ok, foldAny(text))
			}
		}
	}
	for _, text := range []string{"Ω", "a\u0301", "\xff", "\ufffd", "한국"} {
		if folded, ok := foldLatin(text); ok {
			t.Errorf("%q is Latin: %q", text, folded)
		}
	}
}

func TestARequestIsFoundByEverythingThatPeopleKnowOfIt(t *testing.T) {
	r := request.Request{
		Version: 1, Title: "Lease", Reference: "L-7", Gateway: "office", RemoteID: "R9",
		Signers:   []request.Signer{{Name: "Núria", Email: "hidden@example.org", Number: "hidden"}},
		Documents: []request.Document{{Original: request.Original{Name: "Annex.pdf", SHA256: "d1"}}}, AddedBy: "ana", Desk: "notary", LaunchedBy: "bo",
		Outcome: &request.Outcome{Code: "failed", Message: "No certificate"},
	}
	exact := []string{gatewayPrefix + "office", personPrefix + "ana", documentPrefix + "d1", deskPrefix + "notary", launcherPrefix + "bo"}
	want := append(slices.Clone(exact), "lease", "l", "7", "r9", "nuria", "annex", "pdf", "failed", "no", "certificate")
	got := termsOf(r)
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("terms (-want +got):\n%s", diff)
	}
	if terms := termsOf(request.Request{Title: "Lease"}); len(terms) > 0 {
		t.Errorf("a request without an event is found by %v", terms)
	}
	for i := range 2 * maxTerms {
		r.Title += fmt.Sprint(" w", i)
	}
	terms := termsOf(r)
	if len(terms) != maxTerms+len(exact) {
		t.Errorf("%d terms of a long title", len(terms))
	}
	for _, term := range exact {
		if !slices.Contains(terms, term) {
			t.Errorf("a long title hides %q", term)
		}
	}
}

// Two documents may be the same file, and a gateway may return a file as it was sent.
func TestATermIsThereOnce(t *testing.T) {
	same := request.Document{Original: request.Original{Name: "Annex.pdf", SHA256: "d1"}, Signed: &request.SignedFile{SHA256: "d2"}}
	same.Damage = request.Missing
	terms := termsOf(request.Request{Version: 1, Title: "Lease lease", Gateway: "lease", Documents: []request.Document{same, same}})
	want := []string{damagedTerm, documentPrefix + "d1", gatewayPrefix + "lease", signedPrefix + "d2", "annex", "lease", "pdf"}
	slices.Sort(want)
	slices.Sort(terms)
	if diff := cmp.Diff(want, terms); diff != "" {
		t.Errorf("terms (-want +got):\n%s", diff)
	}
}

// Any text can be added and searched for: the terms are bounded, and the text finds its request.
func FuzzSplitTerms(f *testing.F) {
	for _, text := range []string{
		"", "Contratación 2026/É", "Straße STRASSE", "ΟΔΟΣ ός", "İıſK", "ﬁ①ａ", "각 가", "a\u0301\u0302\u0303", "\x00\x01office", "\xff\xfe\xc3", "हिन्दी عَرَبِيّ",
		strings.Repeat("x", 1000), strings.Repeat("é ", 200), strings.Repeat("\u0301", 100), "\ufdfa", "ΐ\u0390", "ǰ",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		words := splitTerms(text)
		for _, w := range words {
			if w == "" || utf8.RuneCountInString(w) > maxTermRunes || !utf8.ValidString(w) {
				t.Errorf("the word %q", w)
			}
			if strings.ContainsFunc(w, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
				t.Errorf("the word %q could not be typed, or could end a key", w)
			}
			if again := splitTerms(w); !slices.Equal(again, []string{w}) {
				t.Errorf("%q folds on, to %q", w, again)
			}
		}
		r := request.Request{Version: 1, Title: text, Gateway: "office"}
		if n := len(termsOf(r)); n > maxTerms+1 { // and the term of its gateway
			t.Errorf("found by %d terms", n)
		}
		if len(words) <= maxTerms && !matchesWords(words, r) {
			t.Errorf("%q does not find itself", text)
		}
	})
}
