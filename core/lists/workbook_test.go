package lists

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"countersign/core/i18n"
)

// workbookOf returns a workbook that excelize writes, after edit has changed its first sheet.
func workbookOf(t testing.TB, edit func(f *excelize.File, sheet string)) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	edit(f, f.GetSheetName(0))
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// fill writes rows into a sheet, from its first row on.
func fill(t testing.TB, f *excelize.File, sheet string, rows ...[]any) {
	t.Helper()
	for i, row := range rows {
		if err := f.SetSheetRow(sheet, fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
}

// style sets the number format of a cell.
func style(t testing.TB, f *excelize.File, sheet, at string, s excelize.Style) {
	t.Helper()
	id, err := f.NewStyle(&s)
	if err == nil {
		err = f.SetCellStyle(sheet, at, at, id)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestAWorkbookIsRead(t *testing.T) {
	day := time.Date(2026, 12, 24, 0, 0, 0, 0, time.UTC)
	own := `[$-C0A]dddd, d "de" mmmm "de" yyyy;@`
	list := workbookOf(t, func(f *excelize.File, sheet string) {
		fill(t, f, sheet,
			[]any{"Pendientes de firma"},
			[]any{},
			[]any{"Id", "Título", "Referencia", "Vencimiento", "Importe"},
			[]any{2470000000000, "Contrato «Peña»", "0012", day, 1234.5},
			[]any{"27", "Año <&>", 12, 46380.75, "x"},
			[]any{31.0, "A", nil, 46380},
			[]any{nil, nil, nil, nil},
			[]any{32, "B", "R", "24/12/2026", 1, 2, "a note at the side"},
			[]any{33, true, "R", nil},
		)
		style(t, f, sheet, "D5", excelize.Style{NumFmt: 22})
		style(t, f, sheet, "D6", excelize.Style{CustomNumFmt: &own})
	})
	info, got, faults := read(t, list, Options{Language: i18n.Spanish})
	want := []Record{
		{Line: 4, ID: "2470000000000", Title: "Contrato «Peña»", Reference: "0012", Due: "2026-12-24", DueText: "2026-12-24"},
		{Line: 5, ID: "27", Title: "Año <&>", Reference: "12", Due: "2026-12-24", DueText: "2026-12-24"},
		{Line: 6, ID: "31", Title: "A", Due: "2026-12-24", DueText: "2026-12-24"},
		{Line: 8, ID: "32", Title: "B", Reference: "R", Due: "2026-12-24", DueText: "24/12/2026"},
		{Line: 9, ID: "33", Title: "TRUE", Reference: "R"},
	}
	if diff := cmp.Diff(want, got); diff != "" || len(faults) > 0 {
		t.Errorf("%q (-want +got):\n%s", faults, diff)
	}
	if info.Format != XLSX || info.HeaderLine != 3 || info.Sheet != "Sheet1" || strings.Join(info.Unread(), ",") != "Importe" {
		t.Errorf("%+v", info)
	}
}

func TestNumbersAsIDs(t *testing.T) {
	date := "yyyy-mm-dd"
	list := workbookOf(t, func(f *excelize.File, sheet string) {
		fill(t, f, sheet,
			[]any{"id", "title"},
			[]any{9007199254740992, "a"}, // 2^53
			[]any{9007199254740994, "b"},
			[]any{12.5, "c"},
			[]any{45000, "d"},
			[]any{"2,47E+12", "e"},
			[]any{"=1/0", "f"},
		)
		style(t, f, sheet, "A5", excelize.Style{CustomNumFmt: &date})
		if err := f.SetCellFormula(sheet, "A7", "1/0"); err != nil {
			t.Fatal(err)
		}
	})
	list = replacePart(t, list, "xl/worksheets/sheet1.xml", func(text string) string {
		at := strings.Index(text, `<c r="A7"`)
		end := at + strings.Index(text[at:], "</c>")
		return text[:at] + `<c r="A7" t="e"><f>1/0</f><v>#DIV/0!</v>` + text[end:]
	})
	_, got, faults := read(t, list, Options{})
	if len(got) != 1 || got[0].ID != "9007199254740992" {
		t.Errorf("%+v", got)
	}
	for i, says := range []string{"line 3, column 1 (id): 9007199254740994 is so large", "12.5 has digits after the point", "has made a date", "shortened", "#DIV/0! is a spreadsheet error"} {
		if i >= len(faults) || !strings.Contains(faults[i], says) {
			t.Errorf("%q: %q", says, faults)
		}
	}
}

func TestASheetCanBeChosen(t *testing.T) {
	list := workbookOf(t, func(f *excelize.File, sheet string) {
		fill(t, f, sheet, []any{"id"}, []any{1})
		for i, name := range []string{"June", "Ju<ly"} {
			if _, err := f.NewSheet(name); err != nil {
				t.Fatal(err)
			}
			fill(t, f, name, []any{"id"}, []any{i + 2})
		}
		f.SetActiveSheet(1)
		if err := f.SetSheetVisible(sheet, false); err != nil {
			t.Fatal(err)
		}
	})
	for chosen, want := range map[string]string{"": "2", "June": "2", "Ju<ly": "3", "Sheet1": "1"} {
		info, got, _ := read(t, list, Options{Sheet: chosen})
		if len(got) != 1 || got[0].ID != want || strings.Join(info.Sheets, ",") != "Sheet1,June,Ju<ly" {
			t.Errorf("%q: %+v %+v", chosen, info, got)
		}
	}
	if _, err := Open(t.Context(), bytes.NewReader(list), int64(len(list)), Options{Sheet: "May"}); err == nil || !strings.Contains(err.Error(), "has no sheet May: choose one of Sheet1, June, Ju<ly") {
		t.Error(err)
	}
}

// replacePart returns the workbook with another text of one part.
func replacePart(t testing.TB, book []byte, name string, edit func(string) string) []byte {
	t.Helper()
	parts := map[string]string{}
	archive, err := zip.NewReader(bytes.NewReader(book), int64(len(book)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range archive.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		parts[f.Name] = string(text)
	}
	parts[name] = edit(parts[name])
	return pack(t, parts)
}

// pack returns a ZIP file with these parts.
func pack(t testing.TB, parts map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range parts {
		if text == "" {
			continue
		}
		w, err := z.Create(name)
		if err == nil {
			_, err = io.WriteString(w, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// strict returns a workbook by another program than Excel: with prefixes, absolute names of parts, cells without
// references, inline and rich texts, and dates from 1904.
func strict(sheet string) map[string]string {
	return map[string]string{
		"[Content_Types].xml": `<Types/>`,
		"_rels/.rels":         `<Relationships><Relationship Id="a" Type="http://purl.oclc.org/ooxml/officeDocument/relationships/officeDocument" Target="/book/Main.xml"/></Relationships>`,
		"book/main.xml": `<x:workbook xmlns:x="m" xmlns:r="r"><x:workbookPr date1904="1"/><x:sheets><x:sheet name="Chart" sheetId="1" r:id="c"/>
			<x:sheet name="One" sheetId="2" r:id="s"/></x:sheets></x:workbook>`,
		"book/_rels/main.xml.rels": `<Relationships><Relationship Id="c" Type="x/chartsheet" Target="chart.xml"/><Relationship Id="s" Type="x/worksheet" Target="../sheets/one.xml"/>
			<Relationship Id="t" Type="x/sharedStrings" Target="texts.xml"/><Relationship Id="y" Type="x/styles" Target="styles.xml"/></Relationships>`,
		"book/styles.xml": `<styleSheet><numFmts><numFmt numFmtId="14" formatCode="General"/><numFmt numFmtId="170" formatCode="0 \d"/><numFmt numFmtId="171" formatCode="[Red]d.m.yy"/></numFmts>
			<cellXfs><xf numFmtId="0"/><xf numFmtId="171"/><xf numFmtId="170"/><xf numFmtId="14"/></cellXfs></styleSheet>`,
		"book/texts.xml": `<sst><si><t>id</t></si><si><r><t xml:space="preserve">Tit</t></r><r><t>le</t></r><rPh><t>no</t></rPh></si><si><t/></si><si><t>due_x0020_date</t></si></sst>`,
		"sheets/one.xml": sheet,
	}
}

func TestWorkbooksOfOtherPrograms(t *testing.T) {
	list := pack(t, strict(`<x:worksheet xmlns:x="m"><x:dimension ref="A1"/><x:sheetData>
		<x:row><x:c t="s"><x:v>0</x:v></x:c><x:c t="s"><x:v>1</x:v></x:c><x:c t="s"><x:v>3</x:v></x:c></x:row>
		<x:row/>
		<x:row r="5"><x:c r="A5" t="n"><x:v>1.2E1</x:v></x:c><x:c r="B5" t="inlineStr"><x:is><x:t>a_x000D_b</x:t></x:is></x:c><x:c r="C5" s="1"><x:v>44918</x:v></x:c></x:row>
		<x:row><x:c t="str"><x:f>"1"&amp;"3"</x:f><x:v>13</x:v></x:c><x:c s="2"><x:v>7</x:v></x:c><x:c t="d"><x:v>2026-12-24T10:00:00</x:v></x:c></x:row>
		<x:row><x:c s="3"><x:v>14</x:v></x:c><x:c t="s"><x:v>2</x:v></x:c></x:row>
		</x:sheetData><x:row><x:c><x:v>99</x:v></x:c></x:row></x:worksheet>`))
	info, got, faults := read(t, list, Options{})
	want := []Record{
		{Line: 5, ID: "12", Title: "a\rb", Due: "2026-12-24", DueText: "2026-12-24"},
		{Line: 6, ID: "13", Title: "7", Due: "2026-12-24", DueText: "2026-12-24"},
		{Line: 7, ID: "14"},
	}
	if diff := cmp.Diff(want, got); diff != "" || len(faults) > 0 || info.Sheet != "One" {
		t.Errorf("%+v %q (-want +got):\n%s", info, faults, diff)
	}
}

func TestADamagedWorkbookIsNoShorterOne(t *testing.T) {
	head := `<worksheet><sheetData><row><c t="s"><v>0</v></c></row><row><c><v>1</v></c></row>`
	for name, sheet := range map[string]string{
		"cut off":          head,
		"no text":          head + `<row><c t="s"><v>77</v></c></row></sheetData></worksheet>`,
		"a negative text":  head + `<row><c t="s"><v>-1</v></c></row></sheetData></worksheet>`,
		"cut off in a tag": head + `<row><c t="`,
	} {
		list := pack(t, strict(sheet))
		l, err := Open(t.Context(), bytes.NewReader(list), int64(len(list)), Options{})
		for err == nil {
			_, err = l.Next()
		}
		if err == io.EOF || !strings.Contains(err.Error(), "an Excel workbook") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAPartIsUnpackedInSteps(t *testing.T) {
	book := pack(t, map[string]string{"part": strings.Repeat(" ", 2*maxStep+1<<17)})
	archive, err := zip.NewReader(bytes.NewReader(book), int64(len(book)))
	if err != nil {
		t.Fatal(err)
	}
	r, err := newStepReader(archive.File[0])
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if n, err := io.CopyN(io.Discard, r, maxStep-1); err != nil {
		t.Fatalf("after %d bytes: %v", n, err)
	}
	r.next()
	if n, err := io.Copy(io.Discard, r); err == nil || n < maxStep || n > maxStep+64<<10 || !strings.Contains(explainXML(err).Error(), "unpacks to more") {
		t.Errorf("after %d bytes: %v", n, err)
	}
}

func TestNoWorkbooks(t *testing.T) {
	for says, parts := range map[string]map[string]string{
		"OpenDocument":   {"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<a/>"},
		"(.xlsb)":        {"_rels/.rels": `<R><Relationship Id="a" Type="/officeDocument" Target="xl/workbook.bin"/></R>`, "xl/workbook.bin": "x"},
		"an Excel":       {"word/document.xml": "<a/>"},
		"an Excel workb": {"_rels/.rels": `<R><Relationship Id="a" Type="/officeDocument" Target="w.xml"/></R>`, "w.xml": "<workbook/>"},
	} {
		list := pack(t, parts)
		if _, err := Open(t.Context(), bytes.NewReader(list), int64(len(list)), Options{}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
}

func TestManyTextsAreKeptOnDisk(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	var texts strings.Builder
	texts.WriteString("<sst>")
	long := strings.Repeat("é", 1000)
	const many = 1200
	for i := range many {
		fmt.Fprintf(&texts, "<si><t>%d %s</t></si>", i, long[:2*(i*3%1000)])
	}
	texts.WriteString("</sst>")
	book := pack(t, map[string]string{"texts": texts.String()})
	archive, err := zip.NewReader(bytes.NewReader(book), int64(len(book)))
	if err != nil {
		t.Fatal(err)
	}
	all, err := readTexts(archive.File[0], 1000)
	if err != nil {
		t.Fatal(err)
	}
	if all.file == nil || all.memory != nil {
		t.Fatal("they are in memory")
	}
	for i := range many {
		n := i * 7 % many
		if got, err := all.at(n); err != nil || got != fmt.Sprintf("%d %s", n, long[:2*(n*3%1000)]) {
			t.Fatalf("%d: %.20q %v", n, got, err)
		}
	}
	if err := all.close(); err != nil {
		t.Error(err)
	}
}

func TestFormatsOfDates(t *testing.T) {
	for code, want := range map[string]bool{
		"General": false, "0.00": false, "#,##0.00 \"días\"": false, "0 \\d": false, "[Red]0": false, "h:mm": false, "_d0": false, "0;dd": false,
		"dd/mm/yyyy": true, "[$-C0A]d mmm;@": true, "[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy": true, "YYYY": true, "\"el\" d": true,
	} {
		if got := isDateFormat(code); got != want {
			t.Errorf("%q: %v", code, got)
		}
	}
}

func TestDaysOfASpreadsheet(t *testing.T) {
	for n, want := range map[float64]string{1: "1900-01-01", 59: "1900-02-28", 61: "1900-03-01", 46380: "2026-12-24", 46380.9999999: "2026-12-25", 2958465: "9999-12-31"} {
		if day, ok := dayOf(n, false); !ok || day.Format(time.DateOnly) != want {
			t.Errorf("%v: %v %v", n, day, ok)
		}
	}
	for _, n := range []float64{0, -1, 0.5, 2958466, 1e300} {
		if day, ok := dayOf(n, false); ok {
			t.Errorf("%v: %v", n, day)
		}
	}
}
