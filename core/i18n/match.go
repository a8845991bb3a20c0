package i18n

import (
	"slices"
	"strings"

	"golang.org/x/text/language"
)

// ParseLanguage returns the language of a BCP 47 tag or a POSIX locale: Spanish for "es-MX" and for
// "es_ES.UTF-8". Regions and variants do not matter. It returns English if there is no catalog
// for the language.
func ParseLanguage(tag string) Language {
	l, _ := match(tag)
	return l
}

// FromEnvironment returns the language of the locale in the first of the variables LC_ALL, LC_MESSAGES and
// LANG that is not empty. If all are empty, it returns English and false. getenv is usually [os.Getenv].
func FromEnvironment(getenv func(string) string) (Language, bool) {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if locale := getenv(name); locale != "" {
			return ParseLanguage(locale), true
		}
	}
	return English, false
}

// FromAcceptLanguage returns the language with a catalog that an Accept-Language header (RFC 9110, section
// 12.5.4) prefers, or English if there is none. Of several with the same weight it returns the
// first. It skips malformed elements.
func FromAcceptLanguage(header string) Language {
	best, highest := English, float32(0)
	for element := range strings.SplitSeq(strings.ToLower(header), ",") {
		tags, weights, err := language.ParseAcceptLanguage(element)
		if err != nil || len(tags) != 1 || weights[0] > 1 {
			continue
		}
		if l, ok := matchTag(tags[0]); ok && weights[0] > highest {
			best, highest = l, weights[0]
		}
	}
	return best
}

// match returns the language of a tag or a locale, and whether there is a catalog for it. If not, the
// language is English.
func match(tag string) (Language, bool) {
	if end := strings.IndexAny(tag, ".@"); end >= 0 { // the encoding and modifier of a locale
		tag = tag[:end]
	}
	return matchTag(language.Make(tag))
}

// matchTag returns the language of a tag, and whether there is a catalog for it. If not, the language is
// English.
func matchTag(tag language.Tag) (Language, bool) {
	base, confidence := tag.Base()
	if l := Language(base.String()); confidence == language.Exact && slices.Contains(Languages(), l) {
		return l, true
	}
	return English, false
}
