// Package i18n has the texts that the program shows to people, in each of its languages, and
// formats numbers and dates for them. Among the texts are the sentences of errors with codes; package
// explain finds them.
//
// A catalog is a JSON file for each language, such as es.json. It maps keys to texts, or to
// objects with a text for one and for other numbers. In a text, {1} and {2} stand for the
// arguments and {n} for the number.
package i18n

import (
	"embed"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"
)

// Language is the ISO 639-1 code of a language with a catalog. The zero value and unknown codes
// stand for English.
type Language string

// The languages with a catalog.
const (
	English Language = "en"
	Spanish Language = "es"
	Catalan Language = "ca"
	French  Language = "fr"
)

// Languages returns all languages with a catalog. A new language needs a line here and its
// catalog, and a line in isOne if its plural differs from that of English.
func Languages() []Language { return []Language{English, Spanish, Catalan, French} }

// Load parses the catalog of the language, which the first use of one of its texts does otherwise. Like all methods here, it may be called from any
// goroutine.
func (l Language) Load() { l.catalog() }

// Say returns the text of a key, with args for {1}, {2} and so on. If the catalog of the language does
// not have the key, it returns the key.
func (l Language) Say(key string, args ...string) string {
	return fill(l.find(key).Other, args)
}

// Lookup returns the text of a key with its placeholders, and whether the catalog of the language has
// the key. If not, the text is empty: there is no fallback to English.
func (l Language) Lookup(key string) (string, bool) {
	t, ok := l.catalog()[key]
	return t.Other, ok
}

// Fill returns the text of a key, with args for {1}, {2} and so on, and whether the catalog of the
// language has the key. It is for keys that are composed at run time and may not exist.
func (l Language) Fill(key string, args ...string) (string, bool) {
	t, ok := l.catalog()[key]
	return fill(t.Other, args), ok
}

// minBeginning is the least number of bytes before the ellipsis by which [KeyOf] finds a text that was
// cut off.
const minBeginning = 100

// KeyOf returns the key that begins with prefix and whose English text is text, and "" if there is none.
// text may also be the beginning of such a text with an ellipsis, if at least [minBeginning] bytes are
// left. Texts with arguments are not found.
func KeyOf(prefix, text string) string {
	text = strings.ReplaceAll(text, "'", "\u2019")
	beginning, cut := strings.CutSuffix(text, "\u2026")
	cut = cut && len(beginning) >= minBeginning
	for key, t := range English.catalog() {
		if strings.HasPrefix(key, prefix) && (t.Other == text || cut && strings.HasPrefix(t.Other, beginning)) {
			return key
		}
	}
	return ""
}

// Count returns the text of a key in the singular or plural form for n, with n for {n} and args for
// {1}, {2} and so on.
func (l Language) Count(key string, n int, args ...string) string {
	text := l.find(key)
	form := text.Other
	if l.isOne(n) {
		form = text.One
	}
	return fill(form, args, "{n}", l.Number(n))
}

// isOne reports whether a number takes the singular: one does, and in French zero does, too.
func (l Language) isOne(n int) bool { return n == 1 || n == 0 && l == French }

// fill replaces {1}, {2} and so on in a text with args, in this order. pairs are further placeholders,
// each followed by its value. A value stays as it is, even if it contains what looks like a placeholder.
func fill(text string, args []string, pairs ...string) string {
	for i, value := range args {
		pairs = append(pairs, "{"+strconv.Itoa(i+1)+"}", value)
	}
	if len(pairs) == 0 {
		return text // most texts have no placeholder, and a replacer takes longer than all else
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// text is the value of a key in a catalog. One is the form for the number one; it is empty for a key that
// has one form only.
type text struct{ One, Other string }

// UnmarshalJSON accepts a string, or an object with the members one and other.
func (t *text) UnmarshalJSON(data []byte) error {
	if err := json.Unmarshal(data, &t.Other); err == nil {
		return nil
	}
	var forms struct{ One, Other *string }
	if err := json.Unmarshal(data, &forms); err != nil {
		return err
	}
	if forms.One == nil || forms.Other == nil {
		return fmt.Errorf("%s needs both one and other", data)
	}
	t.One, t.Other = *forms.One, *forms.Other
	return nil
}

//go:embed *.json
var files embed.FS

// catalogs has for each language a function that returns its catalog. The function parses it at the first call only: parsing all of them
// takes longer than most commands do.
var catalogs = func() map[Language]func() map[string]text {
	all := map[Language]func() map[string]text{}
	for _, l := range Languages() {
		all[l] = sync.OnceValue(func() map[string]text { return loadCatalog(l) })
	}
	return all
}()

// loadCatalog parses the catalog of a language. It panics on errors, since the catalog is embedded in
// the program.
func loadCatalog(l Language) map[string]text {
	data, err := files.ReadFile(string(l) + ".json")
	if err != nil {
		panic(err)
	}
	var catalog map[string]text
	if err := json.Unmarshal(data, &catalog); err != nil {
		panic(fmt.Sprintf("the catalog %s: %v", l, err))
	}
	for key, t := range catalog {
		catalog[key] = text{noBreaks.Replace(t.One), noBreaks.Replace(t.Other)}
	}
	return catalog
}

// noBreaks replaces the spaces beside French punctuation, so that a line cannot break there. The
// files have plain spaces, which are visible in an editor.
var noBreaks = strings.NewReplacer(" :", noBreak+":", " ;", noBreak+";", " ?", noBreak+"?", " !", noBreak+"!", "« ", "«"+noBreak, " »", noBreak+"»")

const noBreak = "\u00a0"

// find returns the value of a key. If the catalog does not have the key, both forms of the value are the
// key itself.
func (l Language) find(key string) text {
	if t, ok := l.catalog()[key]; ok {
		return t
	}
	return text{key, key}
}

// catalog returns the catalog of the language, or that of English for an unknown one.
func (l Language) catalog() map[string]text {
	if read, ok := catalogs[l]; ok {
		return read()
	}
	return catalogs[English]()
}
