package kit

import (
	"strings"
	"unicode"
)

// separator stands between two short texts on one line.
const separator = " · "

// Joined returns a and b with a separator between them. If one of them is empty, it returns the other alone.
func Joined(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + separator + b
}

// Sentence returns the text of an error as one sentence: on one line, with a capital letter at the beginning and a full
// stop at the end. The first letter stays if the first word is an address or a file name, and another mark that ends a
// sentence stays, too. An empty text stays empty.
func Sentence(text string) string {
	text = oneLine(text)
	if text == "" {
		return ""
	}
	letters := []rune(text)
	if first, _, _ := strings.Cut(text, " "); !strings.ContainsAny(strings.TrimRight(first, ".:"), "./@") { // not an address
		letters[0] = []rune(strings.ToUpper(string(letters[0])))[0]
	}
	return withFullStop(string(letters))
}

// SentenceAbout is like [Sentence], but if the text begins with name, which is the name of a file, its first letter is
// not made a capital.
func SentenceAbout(name, text string) string {
	if name != "" && strings.HasPrefix(text, name+" ") {
		return withFullStop(oneLine(text))
	}
	return Sentence(text)
}

func oneLine(text string) string {
	// No-break spaces stay: French has them before its punctuation.
	isSpace := func(r rune) bool { return unicode.IsSpace(r) && r != '\u00a0' }
	return strings.Join(strings.FieldsFunc(strings.ReplaceAll(text, "\n", separator), isSpace), " ")
}

// withFullStop returns the text with a full stop added, unless it ends in a mark that ends a sentence. The text must
// not be empty.
func withFullStop(text string) string {
	if strings.ContainsAny(text[len(text)-1:], ".!?…") || strings.HasSuffix(text, "…") {
		return text
	}
	return text + "."
}
