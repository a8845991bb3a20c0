package evidence

import (
	"bytes"
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"countersign/core/i18n"
	"countersign/core/request"
)

// csvTable writes CSV as in RFC 4180. It is in UTF-8 and begins with a byte order mark, without which spreadsheets read
// another encoding. It writes the usual cells itself, which takes a fraction of the time, and all others with encoding/csv.
type csvTable struct {
	out     io.Writer
	lang    i18n.Language
	yes, no string
}

const byteOrderMark = "\ufeff"

func newCSV(out io.Writer, lang i18n.Language) (*csvTable, error) {
	t := &csvTable{out: out, lang: lang, yes: boolText(true, lang), no: boolText(false, lang)}
	line, err := appendQuoted([]byte(byteOrderMark), headings(lang)...)
	if err != nil {
		return nil, err
	}
	return t, t.AddRow(append(line, lineEnd...))
}

func (t *csvTable) AppendRow(b []byte, r *request.Request) (_ []byte, err error) {
	for i := range columns {
		if i > 0 {
			b = append(b, ',')
		}
		if b, err = t.appendCell(b, columns[i].value(r, t.lang)); err != nil {
			return nil, err
		}
	}
	return append(b, lineEnd...), nil
}

func (t *csvTable) AddRow(row []byte) error {
	_, err := t.out.Write(row)
	return err
}

func (t *csvTable) Close() error { return nil }

// lineEnd is the end of a line of CSV.
const lineEnd = "\r\n"

func (t *csvTable) appendCell(b []byte, c cell) ([]byte, error) {
	switch c.kind {
	case cellText, cellDate:
		return appendText(b, c.text)
	case cellNumber:
		return strconv.AppendInt(b, c.number, 10), nil
	case cellBool:
		if c.yes() {
			return appendText(b, t.yes)
		}
		return appendText(b, t.no)
	case cellTime:
		return c.at().AppendFormat(b, time.RFC3339), nil
	}
	return b, nil
}

func appendText(b []byte, text string) ([]byte, error) {
	if isPlain(text) {
		return append(b, text...), nil
	}
	return appendQuoted(b, escapeFormulas(normalizeLineEnds(text)))
}

// quoter writes cells with encoding/csv.
type quoter struct {
	text bytes.Buffer
	csv  *csv.Writer
}

// quoters are used again: to make one takes much longer than to use it.
var quoters = sync.Pool{New: func() any {
	q := new(quoter)
	q.csv = csv.NewWriter(&q.text)
	q.csv.UseCRLF = true
	return q
}}

// appendQuoted appends cells as encoding/csv writes them.
func appendQuoted(b []byte, cells ...string) ([]byte, error) {
	q := quoters.Get().(*quoter)
	defer quoters.Put(q)
	q.text.Reset()
	if err := q.csv.Write(cells); err != nil {
		return nil, err
	}
	q.csv.Flush()
	return append(b, q.text.Bytes()[:q.text.Len()-len(lineEnd)]...), q.csv.Error()
}

// boolText returns a word of the language, or true or false if lang is empty.
func boolText(yes bool, lang i18n.Language) string {
	switch {
	case lang == "":
		return strconv.FormatBool(yes)
	case yes:
		return lang.Say("export.yes")
	}
	return lang.Say("export.no")
}

// isPlain reports whether a text is sure to be written as it is: it begins with a letter or a digit of ASCII, as does what follows a
// separator that no cell is quoted for, and it has nothing that is quoted or replaced.
func isPlain(text string) bool {
	if text == "" {
		return true
	}
	from := 0
	for from < len(text) && classes[text[from]] == alphanumeric { // as a digest is, and most of every other text
		from++
	}
	if from == 0 {
		return false
	}
	begins, ascii := false, true // begins is true after a separator and spaces
	for i := from; i < len(text); i++ {
		switch classes[text[i]] {
		case alphanumeric:
			begins = false
		case separates:
			begins = true
		case space:
		case quoted:
			return false
		default:
			if begins {
				return false
			}
			ascii = ascii && text[i] < utf8.RuneSelf
		}
	}
	return ascii || utf8.ValidString(text)
}

// The classes of bytes in [isPlain]; all others are zero.
const (
	alphanumeric = iota + 1
	separates
	space
	quoted
)

var classes = func() (c [256]byte) {
	for _, class := range []struct {
		class byte
		bytes string
	}{
		{alphanumeric, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"},
		{separates, ";|"},
		{space, " "},
		{quoted, ",\"\t\n\r"},
	} {
		for i := range len(class.bytes) {
			c[class.bytes[i]] = class.class
		}
	}
	return c
}()

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
