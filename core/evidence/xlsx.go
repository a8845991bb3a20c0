package evidence

import (
	"archive/zip"
	"bufio"
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
	// sheetRows is how many rows a sheet can have, its heading included.
	sheetRows = 1_048_576
	// maxCell is how long a text in a cell can be, in UTF-16 units.
	maxCell = 32_767
)

// The numbers of the styles in [styles].
const (
	styleText = iota + 1
	styleDay
	styleMoment
	styleHead
)

// xlsxTable writes an Office Open XML workbook while it is told the rows. Texts are always
// texts, and moments are in UTC, as the headings say, since a cell knows no time zone.
type xlsxTable struct {
	zip   *zip.Writer
	sheet *bufio.Writer // of the sheet under way
	lang  i18n.Language
	rows  int   // on it, its heading included
	ends  []int // the last row of each sheet
	limit int   // sheetRows, but in tests
}

func newXLSX(out io.Writer, lang i18n.Language) (*xlsxTable, error) {
	t := &xlsxTable{zip: zip.NewWriter(out), lang: lang, limit: sheetRows}
	return t, t.begin()
}

// begin begins the next sheet.
func (t *xlsxTable) begin() error {
	part, err := t.zip.Create(fmt.Sprintf("xl/worksheets/sheet%d.xml", len(t.ends)+1))
	if err != nil {
		return err
	}
	t.sheet, t.rows = bufio.NewWriterSize(part, 64<<10), 0
	t.put(xmlHead, `<worksheet xmlns="`, spaceMain, `"><sheetViews><sheetView workbookViewId="0">`,
		`<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/><selection pane="bottomLeft" activeCell="A2" sqref="A2"/>`,
		`</sheetView></sheetViews><cols>`)
	for i, c := range columns {
		n := strconv.Itoa(i + 1)
		t.put(`<col min="`, n, `" max="`, n, `" width="`, strconv.Itoa(c.width), `" customWidth="1"/>`)
	}
	t.put(`</cols><sheetData>`)
	t.rows++
	t.put(`<row r="1">`)
	for i, head := range heads(t.lang) {
		if isMoment(columns[i]) && t.lang == "" {
			head += "_utc"
		} else if isMoment(columns[i]) {
			head += " (UTC)"
		}
		t.text(i, styleHead, head)
	}
	t.put(`</row>`)
	return nil
}

// isMoment tells whether a column has times of day.
func isMoment(c column) bool {
	_, is := c.value(request.Request{Launched: &time.Time{}, Outcome: &request.Outcome{}, Review: &request.Review{}}, "").(time.Time)
	return is
}

// put writes to the sheet. Its writer remembers the first error, which end gives.
func (t *xlsxTable) put(texts ...string) {
	for _, text := range texts {
		t.sheet.WriteString(text)
	}
}

func (t *xlsxTable) Add(r request.Request) error {
	if t.rows == t.limit {
		if err := t.end(); err != nil {
			return err
		}
		if err := t.begin(); err != nil {
			return err
		}
	}
	t.rows++
	t.put(`<row r="`, strconv.Itoa(t.rows), `">`)
	for i, c := range columns {
		switch v := c.value(r, t.lang).(type) {
		case string:
			t.text(i, styleText, v)
		case date:
			if day, err := time.Parse(time.DateOnly, string(v)); err == nil {
				t.time(i, styleDay, day)
			} else {
				t.text(i, styleText, string(v))
			}
		case time.Time:
			t.time(i, styleMoment, v.UTC())
		case int:
			t.cell(i, "", 0, strconv.Itoa(v))
		case bool:
			value := "0"
			if v {
				value = "1"
			}
			t.cell(i, "b", 0, value)
		}
	}
	_, err := t.sheet.WriteString(`</row>`)
	return err
}

// cell writes a cell of the row under way.
func (t *xlsxTable) cell(col int, kind string, style int, value string) {
	t.put(`<c r="`, place(col, t.rows), `"`)
	if kind != "" {
		t.put(` t="`, kind, `"`)
	}
	if style != 0 {
		t.put(` s="`, strconv.Itoa(style), `"`)
	}
	t.put(`><v>`, value, `</v></c>`)
}

// text writes a text cell; nothing is a cell that is not there.
func (t *xlsxTable) text(col, style int, text string) {
	if text == "" {
		return
	}
	t.put(`<c r="`, place(col, t.rows), `" t="inlineStr" s="`, strconv.Itoa(style), `"><is><t xml:space="preserve">`, cellText(text), `</t></is></c>`)
}

// time writes a moment or a day as a number. What no spreadsheet can count is a text.
func (t *xlsxTable) time(col, style int, at time.Time) {
	if at.Year() < 1901 || at.Year() > 9999 {
		if !at.IsZero() {
			t.text(col, styleText, at.Format(time.RFC3339))
		}
		return
	}
	days := float64(at.Unix()-dayZero) / (24 * 60 * 60)
	t.cell(col, "", style, strconv.FormatFloat(math.Round(days*1e8)/1e8, 'f', -1, 64)) // to a thousandth of a second
}

// dayZero is what spreadsheets count days from.
var dayZero = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).Unix()

// end ends the sheet under way.
func (t *xlsxTable) end() error {
	t.put(`</sheetData><autoFilter ref="A1:`, place(len(columns)-1, t.rows), `"/></worksheet>`)
	t.ends = append(t.ends, t.rows)
	return t.sheet.Flush()
}

// Close writes what names the sheets, which had to wait until their number was known.
func (t *xlsxTable) Close() error {
	if err := t.end(); err != nil {
		return err
	}
	var types, sheets, filters, links strings.Builder
	for i, last := range t.ends {
		n := i + 1
		name := sheetName(t.lang, n)
		fmt.Fprintf(&types, `<Override PartName="/xl/worksheets/sheet%d.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>`, n)
		fmt.Fprintf(&sheets, `<sheet name="%s" sheetId="%d" r:id="rId%d"/>`, cellText(name), n, n)
		fmt.Fprintf(&filters, `<definedName name="_xlnm._FilterDatabase" localSheetId="%d" hidden="1">'%s'!$A$1:$%s$%d</definedName>`,
			i, cellText(name), letters(len(columns)-1), last)
		fmt.Fprintf(&links, `<Relationship Id="rId%d" Type="%s/worksheet" Target="worksheets/sheet%d.xml"/>`, n, spaceLinks, n)
	}
	fmt.Fprintf(&links, `<Relationship Id="rId%d" Type="%s/styles" Target="styles.xml"/>`, len(t.ends)+1, spaceLinks)
	for _, part := range []struct{ name, content string }{
		{"xl/styles.xml", styles},
		{"xl/workbook.xml", `<workbook xmlns="` + spaceMain + `" xmlns:r="` + spaceLinks + `"><sheets>` + sheets.String() + `</sheets><definedNames>` + filters.String() + `</definedNames></workbook>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="` + spacePackage + `/relationships">` + links.String() + `</Relationships>`},
		{"_rels/.rels", `<Relationships xmlns="` + spacePackage + `/relationships"><Relationship Id="rId1" Type="` + spaceLinks + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"[Content_Types].xml", `<Types xmlns="` + spacePackage + `/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>` +
			`<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>` +
			`<Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>` + types.String() + `</Types>`},
	} {
		w, err := t.zip.Create(part.name)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(w, xmlHead+part.content); err != nil {
			return err
		}
	}
	return t.zip.Close()
}

func sheetName(lang i18n.Language, n int) string {
	name := lang.Say("take.sheet")
	if n > 1 {
		name += " " + strconv.Itoa(n)
	}
	return name
}

const (
	xmlHead      = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	spaceMain    = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	spaceLinks   = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	spacePackage = "http://schemas.openxmlformats.org/package/2006"
)

// styles are those of the cells, by their number: plain, text, day, moment, heading. A text stays one when somebody
// edits its cell.
const styles = `<styleSheet xmlns="` + spaceMain + `">` +
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

// place names a cell, like B7.
func place(col, row int) string { return letters(col) + strconv.Itoa(row) }

// letters name a column, from 0.
func letters(col int) string {
	name := ""
	for col++; col > 0; col = (col - 1) / 26 {
		name = string(rune('A'+(col-1)%26)) + name
	}
	return name
}

// cellText writes a text as XML, as long as a cell can hold. What XML has no sign for is
// replaced, and what a spreadsheet would read as the code of a sign is written such that it stays
// what it is.
func cellText(text string) string {
	text = lines(text)
	var b strings.Builder
	left := maxCell
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
		case r == '_' && isCode(text[i:]):
			b.WriteString("_x005F_")
		case r < ' ' && r != '\t' && r != '\n', r == '\ufffe', r == '\uffff':
			b.WriteRune('\ufffd')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// isCode tells whether text begins like _x000D_.
func isCode(text string) bool {
	if len(text) < 7 || text[1] != 'x' && text[1] != 'X' || text[6] != '_' {
		return false
	}
	_, err := strconv.ParseUint(text[2:6], 16, 16)
	return err == nil
}
