package lists

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"countersign/core/i18n"
	"countersign/core/request"
)

// Record is a row of a list, by fields. A field without a column, or with a blank cell, is empty.
type Record struct {
	Line      int
	ID        string
	Link      string
	Title     string
	Reference string
	Due       string // a date in the form 2006-01-02
	Gateway   string

	Ambiguous bool   // day and month of Due could be meant the other way round
	DueText   string // Due as the list has it
}

// maxWhole is the largest number up to which a spreadsheet tells all whole numbers apart: 2^53.
const maxWhole = 1 << 53

// record returns the row by fields. The error is a [*RowFault], about the first field that cannot be used; the
// record has the texts all the same.
func (l *List) record(r row) (Record, error) {
	found := Record{Line: r.line}
	var fault error
	blame := func(i int, reason request.Sentence) {
		if fault == nil {
			fault = &RowFault{Line: r.line, Column: i + 1, Name: label(l.heading(i)), Reason: reason}
		}
	}
	if at := len(l.info.Columns); l.info.Format == CSV && len(r.cells) > at {
		blame(at, request.Sentencef("row_longer", "there is more in this row than in the headings: put quotes around what has the separator in it"))
	}
	for i, c := range r.cells[:min(len(r.cells), len(l.info.Columns))] {
		field := l.info.Columns[i].Field
		text := strings.TrimSpace(c.text)
		if inner, ok := strings.CutPrefix(text, `="`); ok && strings.HasSuffix(inner, `"`) && l.info.Format == CSV {
			text = strings.TrimSuffix(inner, `"`) // the same, with quotes around the field
		}
		if !utf8.ValidString(text) {
			text = strings.ToValidUTF8(text, "\ufffd")
			blame(i, request.Sentencef("row_not_utf8", "this is not UTF-8: save the list as CSV in UTF-8, or choose its encoding"))
		}
		if field != Unread && (c.kind == errorCell || isError(text)) {
			blame(i, request.Sentencef("cell_error", "%s is a spreadsheet error: correct the formula, and export the list again", label(text)))
		}
		switch field {
		case ID:
			found.ID = text
			if reason, spoiled := spoiledID(c, text); spoiled {
				blame(i, reason)
			}
		case Link:
			found.Link = text
		case Title:
			found.Title = text
		case Reference:
			found.Reference = text
		case Gateway:
			found.Gateway = text
		case Due:
			var ok bool
			found.DueText = text
			if found.Due, found.Ambiguous, ok = l.parseDue(c, text); !ok {
				blame(i, request.Sentencef("not_a_date", "%q is not a date: enter it like 2026-12-24", label(text)))
			}
		}
	}
	return found, fault
}

func (l *List) heading(i int) string {
	if i < len(l.info.Columns) {
		return l.info.Columns[i].Heading
	}
	return ""
}

// label returns a text of the list as it is shown in a sentence: short, on one line, with characters that
// cannot be seen as their numbers.
func label(text string) string {
	const longest = 60
	text = request.ShowHidden(strings.Join(strings.Fields(strings.ToValidUTF8(text, "\ufffd")), " "))
	if utf8.RuneCountInString(text) > longest {
		text = string([]rune(text)[:longest-1]) + "…"
	}
	return text
}

// labels returns several texts as [label] returns one, with commas between them.
func labels(texts []string) string {
	shown := make([]string, len(texts))
	for i, text := range texts {
		shown[i] = label(text)
	}
	return strings.Join(shown, ", ")
}

// parseDue returns the date in a cell like 2006-01-02, and "" for a blank one. ambiguous reports whether its
// day and month could be meant the other way round. ok is false if there is something else in the cell.
func (l *List) parseDue(c cell, text string) (due string, ambiguous, ok bool) {
	switch {
	case c.kind == dateCell:
		return text, false, true
	case isBlank(text), zeroDate().MatchString(text):
		return "", false, true
	}
	day, ambiguous, ok := parseDate(text, l.language, l.info.MonthFirst)
	if !ok {
		return "", false, false
	}
	return day.Format(time.DateOnly), ambiguous, true
}

// spoiledID reports whether an id is one that a spreadsheet has changed, so that nobody knows any more which
// request it was. The reason says what to do.
func spoiledID(c cell, text string) (reason request.Sentence, spoiled bool) {
	switch {
	case c.kind == dateCell:
		return request.Sentencef("id_date", "the spreadsheet has made a date of this id: format the column as text, enter the id again, and export the list again"), true
	case c.kind == textCell && isDigits(text):
		return request.Sentence{}, false
	case c.kind == numberCell && math.Abs(c.number) > maxWhole:
		return request.Sentencef("id_rounded", "%s is so large that the spreadsheet has rounded it: format the column as text, enter the id again, and export the list again", label(text)), true
	case c.kind == numberCell && c.number != math.Trunc(c.number):
		return request.Sentencef("id_fraction", "%s has digits after the point, and an id has none: check the column", label(text)), true
	case request.HasHidden(text):
		return request.Sentencef("id_hidden", "it contains invisible characters (%s): enter the id again without them", label(text)), true
	case scientific().MatchString(text):
		return request.Sentencef("id_scientific", "the spreadsheet has shortened this id to %s: format the column as text or as a number without decimals, and export the list again", label(text)), true
	case grouped().MatchString(text):
		return request.Sentencef("id_grouped", "the spreadsheet has written %s with separators or decimals: format the column as text, and export the list again", label(text)), true
	case strings.HasPrefix(text, "'") || strings.HasPrefix(text, "="):
		return request.Sentencef("id_formula", "%s begins with a character that means something to spreadsheets: write the id alone", label(text)), true
	}
	return request.Sentence{}, false
}

// isDigits reports whether a text has the digits 0 to 9 alone.
func isDigits(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r < '0' || r > '9' })
}

// isError reports whether a text is what spreadsheets write for an error, such as #REF!, #N/A or #¡VALOR!.
func isError(text string) bool {
	return (strings.HasPrefix(text, "#") || strings.HasPrefix(text, "Err:")) && spreadsheetError().MatchString(text)
}

// formatNumber returns a number of a spreadsheet without a format.
func formatNumber(n float64) string {
	if math.Abs(n) < 1e20 {
		return strconv.FormatFloat(n, 'f', -1, 64)
	}
	return strconv.FormatFloat(n, 'g', -1, 64)
}

// isDayFirst reports whether a language is one whose dates never begin with the month.
func isDayFirst(l i18n.Language) bool { return l != i18n.English && l != "" }
