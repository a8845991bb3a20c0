// Package bidi orders the runs of a line that has letters from left to right and from right to left, as the toolkit has to be given them.
package bidi

import (
	"slices"
	"strings"
	"unicode/utf8"

	unicode "golang.org/x/text/unicode/bidi"
)

// The toolkit draws the runs of a text from left to right in the order in which they are stored; within a run it joins and turns the
// letters of Arabic and Hebrew. A text that also has digits or Latin letters is therefore brought into the order in which
// its runs are seen (Unicode Standard Annex 9, rule L2), with marks between them that keep the toolkit from joining them anew.

// leftToRightMark is drawn as nothing, and stands between two runs.
const leftToRightMark = "\u200e"

// bidiRun is a part of a text in one direction.
type bidiRun struct {
	text  string
	right bool // from right to left
}

// VisualOrder returns one line of text as the toolkit has to be given it so that each of its runs is seen in its place. A text without
// letters that are written from right to left is returned as it is.
func VisualOrder(line string) string {
	if !hasRightToLeft(line) {
		return line
	}
	marked := withBracketsMarked(line)
	runs, ok := visualRuns(marked)
	if !ok {
		return line
	}
	if marked != line {
		for i := range runs {
			runs[i].text = withoutBracketMarks.Replace(runs[i].text)
		}
	}
	var b strings.Builder
	for _, r := range runs {
		b.WriteString(leftToRightMark)
		if r.right {
			before, core, after := splitNeutrals(r.text)
			b.WriteString(mirrored(after))
			b.WriteString(leftToRightMark)
			b.WriteString(core)
			b.WriteString(leftToRightMark)
			b.WriteString(mirrored(before))
		} else {
			b.WriteString(r.text)
		}
	}
	b.WriteString(leftToRightMark)
	return b.String()
}

func hasRightToLeft(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r >= 0x590 && isRightToLeft(classOf(r)) })
}

func isRightToLeft(c unicode.Class) bool { return c == unicode.R || c == unicode.AL || c == unicode.AN }

func classOf(r rune) unicode.Class {
	p, _ := unicode.LookupRune(r)
	return p.Class()
}

// visualRuns returns the runs of a line from left to right. It returns false if the line cannot be taken apart.
func visualRuns(line string) (runs []bidiRun, ok bool) {
	var p unicode.Paragraph
	if n, err := p.SetString(line); err != nil || n != len(line) {
		return nil, false
	}
	order, err := p.Order()
	if err != nil {
		return nil, false
	}
	for i := range order.NumRuns() {
		r := order.Run(i)
		runs = append(runs, bidiRun{r.String(), r.Direction() == unicode.RightToLeft})
	}
	if beginsRightToLeft(line) {
		slices.Reverse(runs)
		return runs, true
	}
	return withNumbersInPlace(runs), true
}

// beginsRightToLeft reports whether the first letter of a line is written from right to left, which makes it the direction of the line
// (rules P2 and P3).
func beginsRightToLeft(line string) bool {
	for _, r := range line {
		switch classOf(r) {
		case unicode.L:
			return false
		case unicode.R, unicode.AL:
			return true
		}
	}
	return false
}

// withNumbersInPlace orders the runs of a line that begins from left to right: numbers after a run from right to left belong to it, and
// are seen at its left.
func withNumbersInPlace(runs []bidiRun) []bidiRun {
	var visual, group []bidiRun
	flush := func() {
		slices.Reverse(group)
		visual = append(visual, group...)
		group = nil
	}
	for _, r := range runs {
		switch {
		case r.right:
			group = append(group, r)
			continue
		case len(group) > 0:
			n := numberLength(r.text)
			if n > 0 {
				group = append(group, bidiRun{text: r.text[:n]})
			}
			if n == len(r.text) {
				continue
			}
			r.text = r.text[n:]
		}
		flush()
		visual = append(visual, r)
	}
	flush()
	return visual
}

// numberLength returns the number of bytes at the beginning of s that are numbers, with the signs inside them.
func numberLength(s string) int {
	length := 0
	for i, r := range s {
		switch classOf(r) {
		case unicode.EN, unicode.AN, unicode.ET:
			length = i + utf8.RuneLen(r)
		case unicode.ES, unicode.CS, unicode.NSM, unicode.BN:
		default:
			return length
		}
	}
	return length
}

// splitNeutrals splits a run from right to left into its letters and what stands before and after them, such as spaces.
func splitNeutrals(s string) (before, core, after string) {
	letter := func(r rune) bool { c := classOf(r); return isRightToLeft(c) || c == unicode.NSM }
	first := strings.IndexFunc(s, letter)
	if first < 0 {
		return s, "", ""
	}
	last := strings.LastIndexFunc(s, letter)
	_, size := utf8.DecodeRuneInString(s[last:])
	return s[:first], s[first : last+size], s[last+size:]
}

// mirrorPairs are characters that are drawn as the other of their pair in a run from right to left.
const mirrorPairs = "()[]{}<>«»‹›"

// mirrored returns neutral characters in the reverse order, each as it is drawn from right to left.
func mirrored(s string) string {
	letters := []rune(s)
	slices.Reverse(letters)
	pairs := []rune(mirrorPairs)
	for i, r := range letters {
		if at := slices.Index(pairs, r); at >= 0 {
			letters[i] = pairs[at^1]
		}
	}
	return string(letters)
}
