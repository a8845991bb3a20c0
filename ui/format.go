package ui

import "strings"

// between stands between two things that are said side by side.
const between = " · "

// joined says two things side by side, or the one there is.
func joined(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + between + b
}

// sentence makes an error a sentence for the notice bar.
func sentence(text string) string {
	text = strings.TrimSpace(strings.Join(strings.Fields(strings.ReplaceAll(text, "\n", between)), " "))
	if text == "" {
		return ""
	}
	letters := []rune(text)
	if first, _, _ := strings.Cut(text, " "); !strings.ContainsAny(strings.TrimRight(first, ".:"), "./@") { // no address
		letters[0] = []rune(strings.ToUpper(string(letters[0])))[0]
	}
	text = string(letters)
	if strings.ContainsAny(text[len(text)-1:], ".!?…") || strings.HasSuffix(text, "…") {
		return text
	}
	return text + "."
}
