package evidence

import (
	"archive/zip"
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"countersign/core/i18n"
	"countersign/core/request"
)

const (
	// maxSheetRows is the largest number of rows, with the headings, that spreadsheet programs read on one sheet.
	maxSheetRows = 1_048_576
	// maxCellLength is the largest number of UTF-16 code units that a cell may have.
	maxCellLength = 32_767
)

// The indexes of the cell formats in [styles]. Zero is the default format.
const (
	styleText = iota + 1
	styleDate
	styleTime
	styleHeading
)

// xlsxTable writes an Office Open XML workbook row by row. Text is never read as a formula. Times are in UTC, as the headings
// say, because a cell has no time zone.
type xlsxTable struct {
	zip      *zip.Writer
	sheet    *bufio.Writer // the current sheet
	lang     i18n.Language
	row      int   // number of the last row written, from 1
	lastRows []int // the number of the last row of each finished sheet
	maxRows  int   // the most rows of a sheet: maxSheetRows; tests set less
}

func newXLSX(out io.Writer, lang i18n.Language) (*xlsxTable, error) {
	t := &xlsxTable{zip: zip.NewWriter(out), lang: lang, maxRows: maxSheetRows}
	return t, t.beginSheet()
}

// beginSheet begins the next sheet and writes its row of headings.
func (t *xlsxTable) beginSheet() error {
	part, err := t.zip.Create(fmt.Sprintf("xl/worksheets/sheet%d.xml", len(t.lastRows)+1))
	if err != nil {
		return err
	}
	t.sheet, t.row = bufio.NewWriterSize(part, 64<<10), 0
	t.write(xmlHeader, `<worksheet xmlns="`, nsMain, `"><sheetViews><sheetView workbookViewId="0">`,
		`<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/><selection pane="bottomLeft" activeCell="A2" sqref="A2"/>`,
		`</sheetView></sheetViews><cols>`)
	for i, c := range columns {
		n := strconv.Itoa(i + 1)
		t.write(`<col min="`, n, `" max="`, n, `" width="`, strconv.Itoa(c.width), `" customWidth="1"/>`)
	}
	t.write(`</cols><sheetData>`)
	t.row++
	row := appendAll(nil, `<row r="`, rowNumber, `">`)
	for i, head := range headings(t.lang) {
		if isTimeColumn(columns[i]) && t.lang == "" {
			head += "_utc"
		} else if isTimeColumn(columns[i]) {
			head += " (UTC)"
		}
		row = appendTextCell(row, i, styleHeading, head)
	}
	return t.writeRow(appendAll(row, `</row>`))
}

// isTimeColumn reports whether the values of a column are times.
func isTimeColumn(c column) bool {
	return c.value(&request.Request{LaunchedAt: &time.Time{}, Outcome: &request.Outcome{}, Review: &request.Review{}}, "").kind == cellTime
}

// write writes to the current sheet. The bufio.Writer keeps the first error, which AddRow and endSheet return.
func (t *xlsxTable) write(texts ...string) {
	for _, text := range texts {
		_, _ = t.sheet.WriteString(text)
	}
}

// rowNumber stands for the number of the row until that is known. XML has no such byte.
const rowNumber = "\x00"

// AppendRow appends the row with [rowNumber] in place of its number.
func (t *xlsxTable) AppendRow(b []byte, r *request.Request) ([]byte, error) {
	b = appendAll(b, `<row r="`, rowNumber, `">`)
	for i, c := range columns {
		switch v := c.value(r, t.lang); v.kind {
		case cellEmpty:
		case cellText:
			b = appendTextCell(b, i, styleText, v.text)
		case cellDate:
			if day, err := time.Parse(time.DateOnly, v.text); err == nil {
				b = appendTimeCell(b, i, styleDate, day)
			} else {
				b = appendTextCell(b, i, styleText, v.text)
			}
		case cellTime:
			b = appendTimeCell(b, i, styleTime, v.at())
		case cellNumber:
			b = appendXLSXCell(b, i, "", 0, strconv.FormatInt(v.number, 10))
		case cellBool:
			value := "0"
			if v.yes() {
				value = "1"
			}
			b = appendXLSXCell(b, i, "b", 0, value)
		}
	}
	return append(b, `</row>`...), nil
}

// AddRow writes a row on the current sheet, or on the next one if that is full.
func (t *xlsxTable) AddRow(row []byte) error {
	if t.row == t.maxRows {
		if err := t.endSheet(); err != nil {
			return err
		}
		if err := t.beginSheet(); err != nil {
			return err
		}
	}
	t.row++
	return t.writeRow(row)
}

// writeRow writes a row with its number.
func (t *xlsxTable) writeRow(row []byte) error {
	number := strconv.Itoa(t.row)
	for {
		before, after, found := bytes.Cut(row, []byte(rowNumber))
		_, err := t.sheet.Write(before)
		if err != nil || !found {
			return err
		}
		t.write(number)
		row = after
	}
}

func appendAll(b []byte, texts ...string) []byte {
	for _, text := range texts {
		b = append(b, text...)
	}
	return b
}

// appendXLSXCell appends a cell. cellType is the value of its attribute t in Office Open XML, such as b for a boolean;
// it is empty for a number. style is an index in [styles].
func appendXLSXCell(b []byte, col int, cellType string, style int, value string) []byte {
	b = appendAll(b, `<c r="`, columnName(col), rowNumber, `"`)
	if cellType != "" {
		b = appendAll(b, ` t="`, cellType, `"`)
	}
	if style != 0 {
		b = appendAll(b, ` s="`, strconv.Itoa(style), `"`)
	}
	return appendAll(b, `><v>`, value, `</v></c>`)
}

// appendTextCell appends a text cell. For an empty text it appends no cell.
func appendTextCell(b []byte, col, style int, text string) []byte {
	if text == "" {
		return b
	}
	return appendAll(b, `<c r="`, columnName(col), rowNumber, `" t="inlineStr" s="`, strconv.Itoa(style), `"><is><t xml:space="preserve">`, escapeText(text), `</t></is></c>`)
}

// appendTimeCell appends a cell with a time or a date, as the number of days since [epoch]. A time in a year that spreadsheets do not
// support is written as text. For the zero time no cell is appended.
func appendTimeCell(b []byte, col, style int, at time.Time) []byte {
	if at.Year() < 1901 || at.Year() > 9999 {
		if !at.IsZero() {
			b = appendTextCell(b, col, styleText, at.Format(time.RFC3339))
		}
		return b
	}
	days := float64(at.Unix()-epoch) / (24 * 60 * 60)
	return appendXLSXCell(b, col, "", style, strconv.FormatFloat(math.Round(days*1e8)/1e8, 'f', -1, 64)) // milliseconds
}

// epoch is day zero of spreadsheets, in Unix time.
var epoch = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).Unix()

// endSheet ends the current sheet and returns the first error of writing it.
func (t *xlsxTable) endSheet() error {
	t.write(`</sheetData><autoFilter ref="A1:`, cellName(len(columns)-1, t.row), `"/></worksheet>`)
	t.lastRows = append(t.lastRows, t.row)
	return t.sheet.Flush()
}

// Close ends the last sheet and writes the other parts of the workbook: the list of the sheets, their styles and their types.
func (t *xlsxTable) Close() error {
	if err := t.endSheet(); err != nil {
		return err
	}
	var types, sheets, filters, links strings.Builder
	for i, last := range t.lastRows {
		n := i + 1
		name := sheetName(t.lang, n)
		fmt.Fprintf(&types, `<Override PartName="/xl/worksheets/sheet%d.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>`, n)
		fmt.Fprintf(&sheets, `<sheet name="%s" sheetId="%d" r:id="rId%d"/>`, escapeText(name), n, n)
		fmt.Fprintf(&filters, `<definedName name="_xlnm._FilterDatabase" localSheetId="%d" hidden="1">'%s'!$A$1:$%s$%d</definedName>`,
			i, escapeText(name), columnName(len(columns)-1), last)
		fmt.Fprintf(&links, `<Relationship Id="rId%d" Type="%s/worksheet" Target="worksheets/sheet%d.xml"/>`, n, nsRelationships, n)
	}
	fmt.Fprintf(&links, `<Relationship Id="rId%d" Type="%s/styles" Target="styles.xml"/>`, len(t.lastRows)+1, nsRelationships)
	for _, part := range []struct{ name, content string }{
		{"xl/styles.xml", styles},
		{"xl/workbook.xml", `<workbook xmlns="` + nsMain + `" xmlns:r="` + nsRelationships + `"><sheets>` + sheets.String() + `</sheets><definedNames>` + filters.String() + `</definedNames></workbook>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="` + nsPackage + `/relationships">` + links.String() + `</Relationships>`},
		{"_rels/.rels", `<Relationships xmlns="` + nsPackage + `/relationships"><Relationship Id="rId1" Type="` + nsRelationships + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"[Content_Types].xml", `<Types xmlns="` + nsPackage + `/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>` +
			`<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>` +
			`<Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>` + types.String() + `</Types>`},
	} {
		w, err := t.zip.Create(part.name)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(w, xmlHeader+part.content); err != nil {
			return err
		}
	}
	return t.zip.Close()
}

func sheetName(lang i18n.Language, n int) string {
	name := lang.Say("export.sheet")
	if n > 1 {
		name += " " + strconv.Itoa(n)
	}
	return name
}

const (
	xmlHeader       = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	nsMain          = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	nsRelationships = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	nsPackage       = "http://schemas.openxmlformats.org/package/2006"
)

// styles are the cell formats: default, text, date, time, heading. A cell with the format "text" stays text when somebody
// edits it.
const styles = `<styleSheet xmlns="` + nsMain + `">` +
	`<numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\-mm\-dd"/><numFmt numFmtId="165" formatCode="yyyy\-mm\-dd\ hh:mm:ss"/></numFmts>` +
	`<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>` +
	`<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>` +
	`<fill><patternFill patternType="solid"><fgColor rgb="FFE8ECF2"/><bgColor indexed="64"/></patternFill></fill></fills>` +
	`<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>` +
	`<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>` +
	`<cellXfs count="5"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>` +
	`<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" quotePrefix="1"/>` +
	`<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>` +
	`<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>` +
	`<xf numFmtId="49" fontId="1" fillId="2" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1" applyFill="1"/></cellXfs>` +
	`<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`

// cellName returns the name of a cell, like B7. Columns count from 0, rows from 1.
func cellName(col, row int) string { return columnName(col) + strconv.Itoa(row) }

// columnName returns the letters of a column, like AB. Columns count from 0.
func columnName(col int) string {
	name := ""
	for col++; col > 0; col = (col - 1) / 26 {
		name = string(rune('A'+(col-1)%26)) + name
	}
	return name
}

// escapeText returns a text as XML. A text that is too long for a cell is truncated and ends with an ellipsis. Characters that
// XML does not allow are replaced by U+FFFD. A text like _x000D_, which spreadsheets would decode to a character, is escaped.
func escapeText(text string) string {
	text = normalizeLineEnds(text)
	var b strings.Builder
	left := maxCellLength
	for i, r := range text {
		if n := utf16.RuneLen(r); n < 0 || n >= left && i+utf8.RuneLen(r) < len(text) {
			b.WriteString("…")
			break
		} else {
			left -= n
		}
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '"':
			b.WriteString("&quot;")
		case r == '_' && isEscape(text[i:]):
			b.WriteString("_x005F_")
		case r < ' ' && r != '\t' && r != '\n', r == '\ufffe', r == '\uffff':
			b.WriteRune('\ufffd')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// isEscape reports whether text begins like _x000D_: with an underscore, an x, four hexadecimal digits and an underscore.
func isEscape(text string) bool {
	if len(text) < 7 || text[1] != 'x' && text[1] != 'X' || text[6] != '_' {
		return false
	}
	_, err := strconv.ParseUint(text[2:6], 16, 16)
	return err == nil
}
