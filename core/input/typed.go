package input

import (
	"unicode"

	"countersign/core/gateway"
	"countersign/core/request"
)

// Typed is a kind of text that people type, with its own greatest length.
type Typed struct {
	what request.Sentence // what it is called in an error
	max  int              // characters
}

// The texts that people type. A title is as long as the name of a file may be, since that is the title when
// nobody types one.
var (
	Title        = Typed{request.Sentencef("typed_title", "the title"), maxLabel}
	Reference    = Typed{request.Sentencef("typed_reference", "the reference"), maxLabel}
	Reason       = Typed{request.Sentencef("typed_reason", "the reason"), maxLabel}
	Note         = Typed{request.Sentencef("typed_note", "the note"), maxNote}
	PersonName   = Typed{request.Sentencef("typed_name", "the name of a person"), maxLabel}
	PersonEmail  = Typed{request.Sentencef("typed_email", "the e-mail address"), maxLabel}
	PersonNumber = Typed{request.Sentencef("typed_number", "the number of an identity document"), maxLabel}
	Country      = Typed{request.Sentencef("typed_country", "the country"), maxLabel}

	SignatureReason = Typed{request.Sentencef("typed_signature_reason", "the reason for signing"), maxSignatureReason}
	ViewName        = Typed{request.Sentencef("typed_view", "the name of the view"), maxViewName}
	FieldName       = Typed{request.Sentencef("typed_field", "the name of the signature field"), maxLabel}
)

const (
	maxViewName        = 60   // characters
	maxNote            = 4000 // characters; a page or two
	maxSignatureReason = 500  // characters; the gateway draws it into the signature
)

// Clean returns a text without control characters, on one line. It returns an error with both lengths if the text is longer
// than this kind of text may be: nothing of it is ever cut off.
func (k Typed) Clean(text string) (string, error) {
	text = gateway.OneLine(text)
	if n := Characters(text); n > k.max {
		return "", request.Errorf("typed_long", "%s has %d characters, and at most %d fit: shorten it", k.what, request.Count(n), request.Count(k.max))
	}
	return text, nil
}

// maxCodePoints is how many code points a character has on average at most. A text with more counts as one of code
// points, so that the number of characters bounds its size.
const maxCodePoints = 8

const (
	zeroWidthJoiner = '\u200d' // joins emoji into one
	firstTone       = '\U0001F3FB'
	lastTone        = '\U0001F3FF' // tones of the skin, which belong to the emoji before them
)

// Characters returns the number of characters of a text as people count them, as Unicode Standard Annex 29 describes it:
// an accent that is a code point of its own, or an emoji of several, adds nothing.
func Characters(text string) int {
	characters, codePoints := 0, 0
	joined, halfFlag := false, false
	for _, r := range text {
		codePoints++
		flag := unicode.Is(unicode.Regional_Indicator, r)
		extends := unicode.In(r, unicode.Mn, unicode.Me, unicode.Mc, unicode.Cf) || r >= firstTone && r <= lastTone || isJamoAfterFirst(r)
		if !extends && !joined && !(flag && halfFlag) {
			characters++
		}
		halfFlag = flag && !halfFlag // two of them are the flag of a country
		joined = r == zeroWidthJoiner
	}
	if codePoints > maxCodePoints*(characters+1) {
		return codePoints
	}
	return characters
}

// isJamoAfterFirst reports whether r is a vowel or a final consonant of a Korean syllable that is written in its parts.
func isJamoAfterFirst(r rune) bool { return r >= '\u1160' && r <= '\u11ff' }
