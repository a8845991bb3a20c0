package lists

import (
	"encoding/xml"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

const maxCell = 64 << 10 // bytes of the text of a cell; Excel allows 32767 characters

// sheetRows reads the rows of a sheet (ECMA-376, part 1, section 18.3).
type sheetRows struct {
	book  *workbook
	part  *stepReader
	total int64
	xml   *xml.Decoder

	line   int // of the present row
	rows   int
	cells  []cell
	column int // column of the next cell, from 0
}

func (w *workbook) openSheet(s sheetPart) (rowReader, error) {
	part := w.parts[s.path]
	content, err := newStepReader(part)
	if err != nil {
		return nil, err
	}
	d := xml.NewDecoder(content)
	d.Strict = false
	return &sheetRows{book: w, part: content, total: int64(min(part.UncompressedSize64, maxUnpacked)), xml: d}, nil // #nosec G115 -- at most maxUnpacked
}

func (r *sheetRows) read() (done, total int64) { return r.part.read, max(r.total, r.part.read) }

// close repeats no error of next, which is all that Close of a part returns.
func (r *sheetRows) close() { _ = r.part.Close() }

// next implements [rowReader].
func (r *sheetRows) next() (row, error) {
	for {
		token, err := r.xml.RawToken()
		if err != nil { // also at the end of the part: a list that was cut off must not pass as a whole one
			return row{}, explainXML(err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if t.Name.Local != "row" {
				continue
			}
			if err := r.readRow(t); err != nil {
				return row{}, err
			}
			r.part.next()
			if r.rows++; r.rows > maxSheetRows {
				return row{}, errUnpacked
			}
			if found := (row{r.line, r.cells}); !found.isBlank() {
				return found, nil
			}
		case xml.EndElement:
			if t.Name.Local == "sheetData" {
				return row{}, io.EOF
			}
		}
	}
}

// readRow reads the cells of a row into r.cells.
func (r *sheetRows) readRow(start xml.StartElement) error {
	r.cells, r.column = r.cells[:0], 0
	r.line++
	if n, err := strconv.Atoi(attr(start, "r")); err == nil && n > 0 && n <= maxSheetRows {
		r.line = n
	}
	for {
		token, err := r.xml.RawToken()
		if err != nil {
			return explainXML(err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if t.Name.Local == "c" {
				if err := r.readCell(t); err != nil {
					return err
				}
			}
		case xml.EndElement:
			if t.Name.Local == "row" {
				return nil
			}
		}
	}
}

// readCell reads a cell and puts it into its column.
func (r *sheetRows) readCell(start xml.StartElement) error {
	value, inline, err := r.readContent()
	if err != nil {
		return err
	}
	if at, ok := columnOf(attr(start, "r")); ok {
		r.column = at
	}
	if r.column >= maxColumns {
		return nil
	}
	for len(r.cells) <= r.column {
		r.cells = append(r.cells, cell{})
	}
	style, _ := strconv.Atoi(attr(start, "s"))
	r.cells[r.column], err = r.makeCell(attr(start, "t"), value, inline, style)
	r.column++
	return err
}

// readContent reads to the end of a cell, and returns its value and its inline text.
func (r *sheetRows) readContent() (value, inline string, err error) {
	var v, text strings.Builder
	var into *strings.Builder
	phonetic := false
	for {
		token, err := r.xml.RawToken()
		if err != nil {
			return "", "", explainXML(err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "v":
				into = &v
			case "t":
				if !phonetic {
					into = &text
				}
			case "rPh":
				phonetic = true
			}
		case xml.CharData:
			if into != nil && into.Len()+len(t) <= maxCell {
				into.Write(t)
			}
		case xml.EndElement:
			into = nil
			switch t.Name.Local {
			case "rPh":
				phonetic = false
			case "c":
				return v.String(), text.String(), nil
			}
		}
	}
}

// makeCell returns a cell of one of the types of ECMA-376, part 1, section 18.18.11.
func (r *sheetRows) makeCell(kind, value, inline string, style int) (cell, error) {
	switch kind {
	case "s":
		at, err := strconv.Atoi(strings.TrimSpace(value))
		if err != nil {
			return cell{}, errWorkbook
		}
		text, err := r.book.texts.at(at)
		return cell{text: text}, err
	case "inlineStr":
		return cell{text: unescape(inline)}, nil
	case "str":
		return cell{text: unescape(value)}, nil
	case "b":
		return cell{text: map[string]string{"1": "TRUE", "0": "FALSE"}[strings.TrimSpace(value)]}, nil
	case "e":
		return cell{text: value, kind: errorCell}, nil
	case "d":
		if day, err := time.Parse(time.DateOnly, value[:min(len(value), len(time.DateOnly))]); err == nil {
			return cell{text: day.Format(time.DateOnly), kind: dateCell}, nil
		}
		return cell{text: value}, nil
	}
	value = strings.TrimSpace(value)
	n, err := strconv.ParseFloat(value, 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		return cell{text: value}, nil
	}
	if style >= 0 && style < len(r.book.isDate) && r.book.isDate[style] {
		if day, ok := dayOf(n, r.book.date1904); ok {
			return cell{text: day.Format(time.DateOnly), kind: dateCell, number: n}, nil
		}
	}
	return cell{text: formatNumber(n), kind: numberCell, number: n}, nil
}

// dayOf returns the date that a spreadsheet stores as a number of days. ok is false when it is none.
func dayOf(n float64, since1904 bool) (day time.Time, ok bool) {
	const last = 2958465 // December 31, 9999
	if n < 1 || n >= last+1 {
		return time.Time{}, false
	}
	days := int(math.Floor(n + 1e-6))
	switch {
	case since1904:
		return time.Date(1904, 1, 1+days, 0, 0, 0, 0, time.UTC), true
	case days < 61: // Excel has a February 29 in 1900
		days++
	}
	return time.Date(1899, 12, 30+days, 0, 0, 0, 0, time.UTC), true
}

// attr returns the value of an attribute, or "".
func attr(start xml.StartElement, name string) string {
	for _, a := range start.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

// columnOf returns the index of the column in a reference such as C5.
func columnOf(reference string) (int, bool) {
	n := 0
	for i := range len(reference) {
		c := reference[i] &^ 0x20
		if c < 'A' || c > 'Z' {
			return n - 1, i > 0
		}
		if n = n*26 + int(c-'A') + 1; n > 1<<20 {
			return n, true
		}
	}
	return n - 1, n > 0
}

var escaped = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`_x[0-9A-Fa-f]{4}_`) })

// unescape returns a text with its characters that XML cannot have, which are written as _x000D_ (ECMA-376, part 1,
// section 22.9.2.19).
func unescape(text string) string {
	if !strings.Contains(text, "_x") {
		return text
	}
	return escaped().ReplaceAllStringFunc(text, func(code string) string {
		n, err := strconv.ParseUint(code[2:6], 16, 16)
		if r := rune(n); err == nil && utf8.ValidRune(r) {
			return string(r)
		}
		return code
	})
}
