package ledger

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// foldText returns text without case and accents.
func foldText(text string) string {
	if isASCII(text) { // most text is, and this is ten times faster
		return strings.ToLower(text)
	}
	if folded, ok := foldLatin(text); ok {
		return folded
	}
	return foldAny(text)
}

// endOfLatin is the first rune behind the letters of Latin script that European languages have.
const endOfLatin = 0x250

// latin has what becomes of each rune before endOfLatin. None of them changes what becomes of its neighbors.
var latin = sync.OnceValue(func() *[endOfLatin]string {
	var folded [endOfLatin]string
	for r := range folded {
		folded[r] = foldAny(string(rune(r)))
	}
	return &folded
})

// foldLatin returns what foldAny does, ten times faster, if all of text is before endOfLatin.
func foldLatin(text string) (folded string, ok bool) {
	table := latin()
	var b strings.Builder
	b.Grow(len(text))
	for _, r := range text {
		if r >= endOfLatin {
			return "", false
		}
		b.WriteString(table[r])
	}
	return b.String(), true
}

func foldAny(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD") // as encoding/json stores it
	t := foldPool.Get().(transform.Transformer)
	defer foldPool.Put(t)
	folded, _, err := transform.String(t, text)
	if err != nil {
		return strings.ToLower(text)
	}
	return strings.ToLower(folded) // case folding makes Cherokee letters upper case
}

// foldPool reuses transformers, because making the buffers of one takes longer than folding a text.
var foldPool = sync.Pool{New: func() any {
	return transform.Chain(norm.NFKD, runes.Remove(runes.In(unicode.Mn)), cases.Fold(), norm.NFC)
}}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// truncate returns the first limit bytes of text, or fewer so as not to split a rune.
func truncate(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit]
}

// abbreviate is like truncate, but adds an ellipsis if it cut something off.
func abbreviate(text string, limit int) string {
	if len(text) > limit {
		return truncate(text, limit) + "…"
	}
	return text
}
