package i18n

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"golang.org/x/text/language"
)

var placeholder = regexp.MustCompile(`\{[^}]*\}`)

// placeholders returns the placeholders in a text, sorted and each once.
func placeholders(s string) []string {
	found := placeholder.FindAllString(s, -1)
	slices.Sort(found)
	return slices.Compact(found)
}

// aboutKind reports whether a key is about a kind of gateway, one of its hosts or its settings. English
// has no such texts: they stand in the packages of the kinds.
func aboutKind(key string) bool {
	prefix, _, _ := strings.Cut(key, ".")
	return slices.Contains([]string{"field", "host", "kind"}, prefix)
}

func TestEveryCatalogHasTheSameTexts(t *testing.T) {
	english := English.catalog()
	for _, l := range Languages() {
		for key := range english {
			if _, ok := l.catalog()[key]; !ok {
				t.Errorf("%s lacks %s", l, key)
			}
		}
		for key, said := range l.catalog() {
			want, ok := english[key]
			if aboutKind(key) {
				continue
			}
			if !ok {
				t.Errorf("%s has %s, which English does not have", l, key)
				continue
			}
			if strings.TrimSpace(said.Other) == "" && key != "format.thousands" {
				t.Errorf("%s: %s is empty", l, key)
			}
			if (said.One == "") != (want.One == "") {
				t.Errorf("%s: %s does not have the forms it has in English", l, key)
			}
			if got, want := placeholders(said.Other), placeholders(want.Other); !slices.Equal(got, want) {
				t.Errorf("%s: %s has the placeholders %v, in English %v", l, key, got, want)
			}
			// The singular may do without the number.
			one := slices.DeleteFunc(placeholders(said.One), func(p string) bool { return p == "{n}" })
			most := slices.DeleteFunc(placeholders(want.Other), func(p string) bool { return p == "{n}" })
			if said.One != "" && !slices.Equal(one, most) {
				t.Errorf("%s: %s has the placeholders %v in the singular, and %v in the plural", l, key, one, most)
			}
			if said.One != "" && l.isOne(0) && strings.Contains(want.One, "{n}") != strings.Contains(said.One, "{n}") {
				t.Errorf("%s: %s is the same for zero and one", l, key)
			}
		}
	}
}

// wrongQuotes are the quotation marks and apostrophes that a language does not use.
var wrongQuotes = map[Language]string{
	English: `"'«»`, Spanish: `"'“”`, Catalan: `"'“”`, French: `"'“”`,
}

func TestEachCatalogUsesThePunctuationOfItsLanguage(t *testing.T) {
	for _, l := range Languages() {
		for key, said := range l.catalog() {
			for _, s := range []string{said.One, said.Other} {
				if strings.ContainsAny(s, wrongQuotes[l]) || strings.Contains(s, "...") {
					t.Errorf("%s: %s has punctuation of another language: %s", l, key, s)
				}
				if s != strings.TrimSpace(s) && key != "format.thousands" {
					t.Errorf("%s: %s begins or ends with a space: %q", l, key, s)
				}
				if l == French {
					frenchSpaces(t, key, s)
				}
			}
			same := said == English.catalog()[key]
			if l != English && same && strings.HasSuffix(key, "_text") {
				t.Errorf("%s: %s is not translated", l, key)
			}
		}
		if n := len(strings.Fields(l.Say("format.months"))); n != 12 {
			t.Errorf("%s: %d months", l, n)
		}
	}
}

// frenchSpaces checks that punctuation is preceded by a no-break space.
func frenchSpaces(t *testing.T, key, s string) {
	t.Helper()
	letters := []rune(s)
	for i, r := range letters {
		before := i > 0 && letters[i-1] == '\u00a0'
		after := i+1 < len(letters) && letters[i+1] == '\u00a0'
		if strings.ContainsRune(":;?!»", r) && !before || r == '«' && !after {
			t.Errorf("French: %s has a bare %q: %s", key, r, s)
		}
	}
}

func TestSayAndCount(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{English.Say("empty.found", "a {n} {1}"), "Nothing matches “a {n} {1}”"},
		{French.Say("empty.found", "bail"), "Rien ne correspond à «\u00a0bail\u00a0»"},
		{English.Say("no.such_key"), "no.such_key"},
		{Language("tlh").Say("act.stop"), "Stop"},
		{Language("").Say("act.stop"), "Stop"},
		{English.Count("sheet.adding", 1204, "3"), "3 of 1,204 added"},
		{English.Count("event.documents", 0), "0 documents"},
		{English.Count("event.documents", 1), "1 document"},
		{French.Count("event.documents", 0), "0 document"},
		{French.Count("event.documents", 2), "2 documents"},
		{Spanish.Count("event.documents", 0), "0 documentos"},
		{Catalan.Count("event.together", 1), "Juntament amb una altra"},
		{Spanish.Count("event.together", 5), "Junto con otras 5"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.Local)

func TestFormats(t *testing.T) {
	for l, want := range map[Language][]string{
		English: {"0", "999", "1,204", "-1,234,567", "1 byte", "512 bytes", "41 kB", "999 kB", "1.0 MB", "4.2 MB", "1.2 GB", "21 Nov", "21 Nov 2026", "21 Nov 2026, 12:00"},
		Spanish: {"0", "999", "1.204", "-1.234.567", "1 byte", "512 bytes", "41 kB", "999 kB", "1,0 MB", "4,2 MB", "1,2 GB", "21 nov", "21 nov 2026", "21 nov 2026, 12:00"},
		Catalan: {"0", "999", "1.204", "-1.234.567", "1 byte", "512 bytes", "41 kB", "999 kB", "1,0 MB", "4,2 MB", "1,2 GB", "21 nov", "21 nov 2026", "21 nov 2026, 12:00"},
		French: {
			"0", "999", "1\u202f204", "-1\u202f234\u202f567", "1 octet", "512 octets", "41 ko", "999 ko", "1,0 Mo", "4,2 Mo", "1,2 Go",
			"21 nov.", "21 nov. 2026", "21 nov. 2026, 12:00",
		},
	} {
		got := []string{
			l.Number(0), l.Number(999), l.Number(1204), l.Number(-1_234_567),
			l.Size(1), l.Size(512), l.Size(41_200), l.Size(999_499), l.Size(999_500), l.Size(4_204_551), l.Size(1_204_460_000),
			l.Day(noon), l.Date(noon), l.Moment(noon.UTC()),
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", l, got, want)
		}
	}
}

func TestAges(t *testing.T) {
	for want, then := range map[string]time.Time{
		"now":         noon.Add(-59 * time.Second),
		"3 min":       noon.Add(-3 * time.Minute),
		"2 h":         noon.Add(-2 * time.Hour),
		"yesterday":   noon.Add(-13 * time.Hour),
		"19 Nov":      noon.Add(-48 * time.Hour),
		"21 Nov 2025": noon.AddDate(-1, 0, 0),
	} {
		if got := English.Age(noon, then); got != want {
			t.Errorf("%s ago is %q, not %q", noon.Sub(then), got, want)
		}
	}
	if got := French.Age(noon, noon.AddDate(-1, 0, 0)); got != "21 nov. 2025" {
		t.Errorf("got %q", got)
	}
}

func TestLocales(t *testing.T) {
	for tag, want := range map[string]Language{
		"es": Spanish, "es-MX": Spanish, "es_ES.UTF-8": Spanish, "ca_ES@valencia": Catalan, "fr_CA": French, "FR": French,
		"en_GB": English, "C": English, "C.UTF-8": English, "POSIX": English, "": English, "de_DE": English, "est": English, "-": English,
	} {
		if got := ParseLanguage(tag); got != want {
			t.Errorf("%q gets %s, not %s", tag, got, want)
		}
	}
	for _, c := range []struct {
		env  map[string]string
		want Language
		set  bool
	}{
		{nil, English, false},
		{map[string]string{"LANG": "fr_FR.UTF-8"}, French, true},
		{map[string]string{"LANG": "fr_FR.UTF-8", "LC_MESSAGES": "ca_ES.UTF-8"}, Catalan, true},
		{map[string]string{"LANG": "fr_FR.UTF-8", "LC_MESSAGES": "ca_ES.UTF-8", "LC_ALL": "es_ES.UTF-8"}, Spanish, true},
		{map[string]string{"LANG": "fr_FR.UTF-8", "LC_ALL": "C"}, English, true},
	} {
		if got, set := FromEnvironment(func(name string) string { return c.env[name] }); got != c.want || set != c.set {
			t.Errorf("%v: got %s, %v", c.env, got, set)
		}
	}
}

func TestAccepted(t *testing.T) {
	for header, want := range map[string]Language{
		"":                                    English,
		"*":                                   English,
		"de":                                  English,
		"ca":                                  Catalan,
		"es-MX,es;q=0.9,en;q=0.8":             Spanish,
		"de-DE, fr-CH;q=0.7 , en;q=0.5":       French,
		"en;q=0.5, fr;q=0.9":                  French,
		"ca;q=0.8,es;q=0.8":                   Catalan,
		"fr;q=0, es;q=0.1":                    Spanish,
		"fra, es;q=0.9":                       French,
		"und-FR, gl, es;q=0.9":                Spanish,
		"fr;q=nan, fr;q=2, fr;q=, fr;x=1, es": Spanish,
		"FR;Q=1":                              French,
		",,;;,fr;q=0.1;q=1,ca;q=0.2":          Catalan,
	} {
		if got := FromAcceptLanguage(header); got != want {
			t.Errorf("%q gets %s, not %s", header, got, want)
		}
	}
}

func FuzzAccepted(f *testing.F) {
	for _, seed := range []string{"", "es-MX,es;q=0.9,en;q=0.8", "fr;q=1e-400", "ca;q=0x1p-2", ",;=", strings.Repeat("fr;q=0.1,", 50)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		got := FromAcceptLanguage(header)
		if !slices.Contains(Languages(), got) {
			t.Fatalf("%q gets %q", header, got)
		}
		// Only a language that is in the header is returned. Each has several
		// codes (French: fr, fra and fre; ISO 639), so x/text names the language
		// of each word of the header.
		words := strings.FieldsFunc(header, func(r rune) bool { return !unicode.IsLetter(r) })
		if got != English && !slices.ContainsFunc(words, func(word string) bool {
			tag, _ := language.Parse(word)
			base, _ := tag.Base()
			return base.String() == string(got)
		}) {
			t.Fatalf("%q gets %q", header, got)
		}
		if again := FromAcceptLanguage(header + ",de"); again != got {
			t.Fatalf("%q and a language that is not spoken get %q, not %q", header, again, got)
		}
	})
}

func TestEveryLanguageHasItsOwnName(t *testing.T) {
	names := map[string]bool{}
	for _, l := range Languages() {
		names[l.Say("language.name")] = true
	}
	if got := slices.Sorted(maps.Keys(names)); !slices.Equal(got, []string{"Català", "English", "Español", "Français"}) {
		t.Errorf("got %v", got)
	}
}

func TestNoCatalogHasAKeyTwice(t *testing.T) {
	key := regexp.MustCompile(`(?m)^\t"([^"]+)":`)
	for _, l := range Languages() {
		data, err := files.ReadFile(string(l) + ".json")
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, found := range key.FindAllStringSubmatch(string(data), -1) {
			if seen[found[1]] {
				t.Errorf("%s has %s twice, and the first text is never used", l, found[1])
			}
			seen[found[1]] = true
		}
		if len(seen) != len(l.catalog()) {
			t.Errorf("%s: %d keys are seen of %d", l, len(seen), len(l.catalog()))
		}
	}
}
