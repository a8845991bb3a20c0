package evidence

import (
	"encoding/csv"
	"io"
	"strings"
	"unicode"

	"countersign/core/i18n"
	"countersign/core/request"
)

// csvTable writes CSV as in RFC 4180. It is in UTF-8 and begins with a byte order mark, without which spreadsheets read
// another encoding.
type csvTable struct {
	out   *csv.Writer
	lang  i18n.Language
	cells []string // of the current row; reused
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

// normalizeLineEnds replaces line ends by \n, and invalid UTF-8 by U+FFFD. encoding/csv would drop a lone carriage return.
func normalizeLineEnds(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(strings.ToValidUTF8(text, "\ufffd"), "\r\n", "\n"), "\r", "\n")
}

// formulaEscape, at the beginning of a cell, makes a spreadsheet read the cell as text.
const formulaEscape = "'"

// escapeFormulas returns the text of a cell, escaped wherever a spreadsheet could read a formula. A spreadsheet that is set
// to another separator than the comma also splits cells at that one and at line ends, so each piece is escaped like a cell.
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

// isFormula reports whether a spreadsheet may read text as a formula: whether its first character is an operator that begins
// one, also in a full-width form, after characters that are invisible or that spreadsheets skip.
func isFormula(text string) bool {
	for _, r := range text {
		switch {
		case strings.ContainsRune("=+-@＝＋－＠﹦﹢﹣﹫−", r):
			return true
		case strings.ContainsRune(otherSeparators, r):
			return r == '\t' || r == '\r' // these begin a formula in old spreadsheets
		case unicode.IsSpace(r), unicode.IsControl(r), unicode.Is(unicode.Cf, r), strings.ContainsRune("'\"`´‘’“”«»", r):
			continue
		}
		return false
	}
	return false
}
