package request

import (
	"fmt"
	"strings"
	"unicode"
)

// HasHidden reports whether a text has characters that cannot be seen, so that two texts can look the same
// and be different. These are controls, format characters such as those of zero width, those that change
// the direction of writing and tags (U+E0000 and up), and letters that are blank. A joiner or a variation
// selector is not one of them where a script or a symbol needs it.
func HasHidden(text string) bool { return ShowHidden(text) != text }

// ShowHidden returns a text in which each character that cannot be seen is replaced by its number, such as
// <U+200B>. See [HasHidden].
func ShowHidden(text string) string {
	var shown strings.Builder
	before := rune(0)
	for _, r := range text {
		if isHidden(before, r) {
			fmt.Fprintf(&shown, "<U+%04X>", r)
		} else {
			shown.WriteRune(r)
		}
		before = r
	}
	return shown.String()
}

const (
	zeroWidthNonJoiner = '\u200c'
	zeroWidthJoiner    = '\u200d'
	textPresentation   = '\ufe0e'
	emojiPresentation  = '\ufe0f'
	blankBraille       = '\u2800'
)

// isHidden reports whether the character r cannot be seen. The parameter before is the character that r
// follows, or 0 at the beginning of a text.
func isHidden(before, r rune) bool {
	switch {
	case r < unicode.MaxASCII:
		return unicode.IsControl(r) && !unicode.IsSpace(r)
	case r == zeroWidthJoiner, r == zeroWidthNonJoiner:
		return !isJoined(before)
	case r == textPresentation, r == emojiPresentation:
		return !unicode.IsSymbol(before)
	case unicode.Is(unicode.Variation_Selector, r):
		return !unicode.In(before, unicode.Han, unicode.Mongolian)
	case unicode.Is(unicode.Prepended_Concatenation_Mark, r):
		return false // Arabic signs that stand around a number
	}
	return r == blankBraille || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point)
}

// isJoined reports whether a joiner that follows a character may change how the text looks. It may after
// symbols, and in scripts such as Arabic and Devanagari.
func isJoined(before rune) bool {
	if unicode.IsSymbol(before) || before == emojiPresentation {
		return true
	}
	return (unicode.IsLetter(before) || unicode.IsMark(before)) && !unicode.In(before, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Inherited, unicode.Common)
}

// Hidden returns a sentence for each title, name or reference of the request that has characters that
// cannot be seen; see [HasHidden].
func (r Request) Hidden() []Sentence {
	var found []Sentence
	if HasHidden(r.Title) {
		found = append(found, Sentencef("hidden_title", "the title contains invisible characters: %s", ShowHidden(r.Title)))
	}
	if HasHidden(r.Reference) {
		found = append(found, Sentencef("hidden_reference", "the reference contains invisible characters: %s", ShowHidden(r.Reference)))
	}
	for _, d := range r.Documents {
		if HasHidden(d.Name) {
			found = append(found, Sentencef("hidden_document", "the name of a document contains invisible characters: %s", ShowHidden(d.Name)))
		}
	}
	for _, s := range r.Signers {
		if HasHidden(s.Name + " " + s.Email) {
			found = append(found, Sentencef("hidden_signer", "the name or address of a signer contains invisible characters: %s", ShowHidden(s.Name+" "+s.Email)))
		}
	}
	for _, c := range r.CopyRecipients {
		if HasHidden(c.Name + " " + c.Email) {
			found = append(found, Sentencef("hidden_copy", "the name or address of a copy recipient contains invisible characters: %s", ShowHidden(c.Name+" "+c.Email)))
		}
	}
	return found
}
