package kit

import "strings"

// separator stands separator two things that are said side by side.
const separator = " · "

// Joined says two things side by side, or the one there is.
func Joined(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + separator + b
}

// Sentence makes an error a Sentence for the notice bar.
func Sentence(text string) string {
	text = oneLine(text)
	if text == "" {
		return ""
	}
	letters := []rune(text)
	if first, _, _ := strings.Cut(text, " "); !strings.ContainsAny(strings.TrimRight(first, ".:"), "./@") { // no address
		letters[0] = []rune(strings.ToUpper(string(letters[0])))[0]
	}
	return withFullStop(string(letters))
}

// SentenceAbout is like sentence, for what is said of a file: its name at the beginning stays as it is.
func SentenceAbout(name, text string) string {
	if name != "" && strings.HasPrefix(text, name+" ") {
		return withFullStop(oneLine(text))
	}
	return Sentence(text)
}

func oneLine(text string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(text, "\n", separator)), " ")
}

// withFullStop puts a full stop behind a text that has none.
func withFullStop(text string) string {
	if strings.ContainsAny(text[len(text)-1:], ".!?…") || strings.HasSuffix(text, "…") {
		return text
	}
	return text + "."
}
