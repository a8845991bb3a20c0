package bidi

import (
	"slices"
	"strings"

	unicode "golang.org/x/text/unicode/bidi"
)

// bracketPairs are the brackets whose direction follows from what stands between them. Each opening one is followed by its closing one.
const bracketPairs = "()[]{}"

// The marks that stand beside a bracket to give it a direction. They are drawn as nothing.
var directionMarks = map[unicode.Class]string{unicode.L: leftToRightMark, unicode.R: "\u200f"}

// withBracketsMarked returns a line with marks around its brackets, so that both of a pair are seen around what stands between them (rule N0
// of Unicode Standard Annex 9, which the library for the other rules does not follow in every case). A line that has such marks
// already is returned as it is.
func withBracketsMarked(line string) string {
	if !strings.ContainsAny(line, bracketPairs) || strings.ContainsAny(line, directionMarks[unicode.L]+directionMarks[unicode.R]) {
		return line
	}
	letters := []rune(line)
	base := unicode.L
	if beginsRightToLeft(line) {
		base = unicode.R
	}
	strong := strongClasses(letters, base)
	for _, pair := range pairedBrackets(letters) {
		resolveBrackets(strong, pair, base)
	}
	var b strings.Builder
	for i, r := range letters {
		mark := ""
		if strings.ContainsRune(bracketPairs, r) {
			mark = directionMarks[strong[i]]
		}
		b.WriteString(mark + string(r) + mark)
	}
	return b.String()
}

// withoutBracketMarks removes the marks that [withBracketsMarked] adds.
var withoutBracketMarks = func() *strings.Replacer {
	var pairs []string
	for _, bracket := range strings.Split(bracketPairs, "") {
		for _, mark := range directionMarks {
			pairs = append(pairs, mark+bracket+mark, bracket)
		}
	}
	return strings.NewReplacer(pairs...)
}()

// neutral is the class of characters without a direction of their own.
const neutral = unicode.ON

// strongClasses returns L, R or neutral for each character. A number has the direction of the letters before it.
func strongClasses(letters []rune, base unicode.Class) []unicode.Class {
	classes, last := make([]unicode.Class, len(letters)), base
	for i, r := range letters {
		classes[i] = neutral
		switch c := classOf(r); {
		case c == unicode.L:
			classes[i], last = unicode.L, unicode.L
		case c == unicode.R || c == unicode.AL:
			classes[i], last = unicode.R, unicode.R
		case c == unicode.AN:
			classes[i] = unicode.R
		case c == unicode.EN && last == unicode.L:
			classes[i] = unicode.L
		case c == unicode.EN:
			classes[i] = unicode.R
		}
	}
	return classes
}

// pairedBrackets returns the indexes of the brackets that belong together, in the order of the opening ones (rule BD16).
func pairedBrackets(letters []rune) [][2]int {
	var pairs [][2]int
	var open []int
	for i, r := range letters {
		at := strings.IndexRune(bracketPairs, r)
		if at < 0 {
			continue
		}
		if at%2 == 0 {
			open = append(open, i)
			continue
		}
		for n, o := range slices.Backward(open) {
			if letters[o] == rune(bracketPairs[at-1]) {
				pairs = append(pairs, [2]int{o, i})
				open = open[:n]
				break
			}
		}
	}
	slices.SortFunc(pairs, func(a, b [2]int) int { return a[0] - b[0] })
	return pairs
}

// resolveBrackets sets the direction of a pair of brackets (UAX #9, rule N0). It is that of the line if something between them has that
// direction. Otherwise it is the opposite one if both something between them and the text before them have it, and else that of the
// line. A pair without letters and numbers keeps none.
func resolveBrackets(strong []unicode.Class, pair [2]int, base unicode.Class) {
	inside, opposite, direction := strong[pair[0]+1:pair[1]], unicode.R, base
	if base == unicode.R {
		opposite = unicode.L
	}
	switch {
	case slices.Contains(inside, base):
	case !slices.Contains(inside, opposite):
		return
	default:
		for _, c := range slices.Backward(strong[:pair[0]]) {
			if c != neutral {
				direction = c
				break
			}
		}
	}
	strong[pair[0]], strong[pair[1]] = direction, direction
}
