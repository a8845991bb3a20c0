package evidence

import (
	"encoding/csv"
	"io"
	"strings"
	"unicode"

	"countersign/core/i18n"
	"countersign/core/request"
)

// csvTable writes RFC 4180 in UTF-8, with the mark at the beginning by which spreadsheets
// know that accents are not two characters.
type csvTable struct {
	out   *csv.Writer
	lang  i18n.Language
	cells []string
}

const byteOrderMark = "\ufeff"

func newCSV(out io.Writer, lang i18n.Language) (*csvTable, error) {
	if _, err := io.WriteString(out, byteOrderMark); err != nil {
		return nil, err
	}
	t := &csvTable{out: csv.NewWriter(out), lang: lang}
	t.out.UseCRLF = true
	return t, t.out.Write(headings(lang))
}

func (t *csvTable) Add(r request.Request) error {
	t.cells = t.cells[:0]
	for _, c := range columns {
		t.cells = append(t.cells, escapeFormulas(normalizeLineEnds(plainText(c.value(r, t.lang), t.lang))))
	}
	return t.out.Write(t.cells)
}

func (t *csvTable) Close() error {
	t.out.Flush()
	return t.out.Error()
}

// normalizeLineEnds gives text one kind of line ends, as the writer does; a lone carriage return would be lost.
func normalizeLineEnds(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(strings.ToValidUTF8(text, "\ufffd"), "\r\n", "\n"), "\r", "\n")
}

// formulaEscape makes a text of what a spreadsheet would take for a formula.
const formulaEscape = "'"

// escapeFormulas keeps a cell from being taken for a formula. A spreadsheet that is set to another
// separator than the comma cuts a cell at its own, and at each line end; so what follows one is
// guarded like a cell.
func escapeFormulas(cell string) string {
	var b strings.Builder
	for len(cell) > 0 {
		piece := cell
		if i := strings.IndexAny(cell, otherSeparators); i >= 0 {
			piece = cell[:i+1]
		}
		if isFormula(piece) {
			b.WriteString(formulaEscape)
		}
		b.WriteString(piece)
		cell = cell[len(piece):]
	}
	return b.String()
}

const otherSeparators = ";\t\n\r|"

// isFormula tells whether a spreadsheet may take text for a formula: it begins with one of the
// signs that do so, in any of the widths they are written in, behind whatever is skipped or not seen.
func isFormula(text string) bool {
	for _, r := range text {
		switch {
		case strings.ContainsRune("=+-@＝＋－＠﹦﹢﹣﹫−", r):
			return true
		case strings.ContainsRune(otherSeparators, r):
			return r == '\t' || r == '\r' // that begin a formula in old spreadsheets
		case unicode.IsSpace(r), unicode.IsControl(r), unicode.Is(unicode.Cf, r), strings.ContainsRune("'\"`´‘’“”«»", r):
			continue
		}
		return false
	}
	return false
}
