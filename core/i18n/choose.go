package i18n

import (
	"slices"
	"strconv"
	"strings"
)

// For gives the language that a tag or a locale asks for, by its first part: "es-MX" and
// "es_ES.UTF-8" ask for Spanish. What is not spoken here gets English.
func For(tag string) Language {
	l, _ := spoken(tag)
	return l
}

// FromEnvironment gives the language that the environment's locale asks for, the way every
// Unix program chooses it. It says false where nothing is set.
func FromEnvironment(getenv func(string) string) (Language, bool) {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if locale := getenv(name); locale != "" {
			return For(locale), true
		}
	}
	return English, false
}

// Accepted gives the language that an Accept-Language header likes best among those there
// are, the first of those it likes alike, and English when it likes none.
func Accepted(header string) Language {
	best, liked := English, 0.0
	for part := range strings.SplitSeq(header, ",") {
		tag, weight, ok := accepted(part)
		if l, is := spoken(tag); ok && is && weight > liked {
			best, liked = l, weight
		}
	}
	return best
}

// accepted reads one wish: a tag and how much it is liked, between 0 (not at all, so that it
// is none) and 1.
func accepted(part string) (tag string, weight float64, ok bool) {
	tag, parameter, weighed := strings.Cut(part, ";")
	if !weighed {
		return tag, 1, true
	}
	value, found := strings.CutPrefix(strings.ToLower(strings.TrimSpace(parameter)), "q=")
	if !found {
		return "", 0, false
	}
	weight, err := strconv.ParseFloat(value, 64)
	return tag, weight, err == nil && weight > 0 && weight <= 1
}

// spoken gives the language of a tag, and whether there is one.
func spoken(tag string) (Language, bool) {
	name := strings.ToLower(strings.TrimSpace(tag))
	if end := strings.IndexAny(name, "-_.@"); end >= 0 {
		name = name[:end]
	}
	if l := Language(name); slices.Contains(Languages(), l) {
		return l, true
	}
	return English, false
}
