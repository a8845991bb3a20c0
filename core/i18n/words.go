// Package i18n is what the program says to people, in each of its languages: the window's
// words, what a request's state means, and the page that a signer's browser lands on.
//
// A catalogue is a file per language, CODE.json: a key and its text, or a text for one and a
// text for other numbers. {1} and {2} stand for what is said with it, {n} for the number.
// The package knows nothing of requests and decides nothing; errors are not its business.
package i18n

import (
	"embed"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Language is one of the languages there are, by its code. The zero value speaks English.
type Language string

// The languages.
const (
	English Language = "en"
	Spanish Language = "es"
	Catalan Language = "ca"
	French  Language = "fr"
)

// Languages are all of them. A new one needs its line here, its file, and nothing else, as
// long as it tells one from many like the others.
func Languages() []Language { return []Language{English, Spanish, Catalan, French} }

// Say gives the text of a key, with what is said with it in its places. A key that is not
// known is its own text.
func (l Language) Say(key string, with ...string) string {
	return fill(l.find(key).Other, with)
}

// Count gives the text of a key that fits a number.
func (l Language) Count(key string, n int, with ...string) string {
	text := l.find(key)
	chosen := text.Other
	if l.isOne(n) {
		chosen = text.One
	}
	return fill(chosen, with, "{n}", l.Number(n))
}

// isOne tells which numbers take the form for one. French says so of none, too.
func (l Language) isOne(n int) bool { return n == 1 || n == 0 && l == French }

// fill puts values into their places, all at once: what a value holds is no place.
func fill(text string, with []string, pairs ...string) string {
	for i, value := range with {
		pairs = append(pairs, "{"+strconv.Itoa(i+1)+"}", value)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// text is what stands behind a key: one text, or two.
type text struct{ One, Other string }

// UnmarshalJSON takes a string, or an object with a text for one and for other numbers.
func (t *text) UnmarshalJSON(data []byte) error {
	if err := json.Unmarshal(data, &t.Other); err == nil {
		return nil
	}
	var forms struct{ One, Other *string }
	if err := json.Unmarshal(data, &forms); err != nil {
		return err
	}
	if forms.One == nil || forms.Other == nil {
		return fmt.Errorf("%s has to have one and other", data)
	}
	t.One, t.Other = *forms.One, *forms.Other
	return nil
}

//go:embed *.json
var files embed.FS

var catalogues = load()

// load reads all catalogues. They are part of the program, so that a bad one is a mistake
// of whoever built it.
func load() map[Language]map[string]text {
	all := map[Language]map[string]text{}
	for _, l := range Languages() {
		data, err := files.ReadFile(string(l) + ".json")
		if err != nil {
			panic(err)
		}
		var catalogue map[string]text
		if err := json.Unmarshal(data, &catalogue); err != nil {
			panic(fmt.Sprintf("the catalogue %s: %v", l, err))
		}
		for key, t := range catalogue {
			catalogue[key] = text{together.Replace(t.One), together.Replace(t.Other)}
		}
		all[l] = catalogue
	}
	return all
}

// together keeps a French mark at the end of a line from beginning the next one. The files
// have plain spaces there, which can be seen.
var together = strings.NewReplacer(" :", noBreak+":", " ;", noBreak+";", " ?", noBreak+"?", " !", noBreak+"!", "« ", "«"+noBreak, " »", noBreak+"»")

const noBreak = "\u00a0"

func (l Language) find(key string) text {
	if t, ok := l.catalogue()[key]; ok {
		return t
	}
	return text{key, key}
}

func (l Language) catalogue() map[string]text {
	if c, ok := catalogues[l]; ok {
		return c
	}
	return catalogues[English]
}
