package evidence

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"countersign/core/i18n"
	"countersign/core/request"
)

var (
	added    = time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	launched = time.Date(2026, 5, 4, 11, 1, 2, 0, time.FixedZone("", 2*60*60))
	ended    = time.Date(2026, 5, 4, 9, 5, 0, 0, time.UTC)
)

// lease returns a request with a value for every column.
func lease() request.Request {
	return request.Request{
		ID: "0190-a", Title: `=HYPERLINK("https://evil.example")`, Reference: "32-EE-245", Gateway: "one", Status: request.Signed,
		Outcome: &request.Outcome{Code: "finished", Message: "done,\n\"really\"", Evidence: request.ByDocument, At: ended},
		Attempt: 2, RemoteID: "p7", Due: "2026-12-24", AddedBy: "ana",
		Signers:    []request.Signer{{Name: "Núria Puig", Email: "nuria@example.org"}, {Name: "B"}},
		LaunchedAt: &launched, CreatedAt: added, UpdatedAt: ended,
		Documents: []request.Document{
			{Original: request.Original{Name: "Lease.pdf", SHA256: "aa"}, Signed: &request.SignedFile{SHA256: "cc"}},
			{Original: request.Original{Name: "Annex.pdf", SHA256: "bb"}},
		},
		Review:   &request.Review{Decision: request.Accepted, Note: "-1", By: "bo", At: ended},
		Practice: true, Archived: &request.Archived{By: "bo", At: ended},
	}
}

// add adds the row of a request.
func add(t Table, r *request.Request) error {
	row, err := t.AppendRow(nil, r)
	if err != nil {
		return err
	}
	return t.AddRow(row)
}

// mustWrite writes a table of requests.
func mustWrite(t testing.TB, f Format, lang i18n.Language, requests ...request.Request) []byte {
	t.Helper()
	var out bytes.Buffer
	table, err := NewTable(&out, f, lang)
	if err != nil {
		t.Fatal(err)
	}
	for i := range requests {
		if err := add(table, &requests[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := table.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// mustRead reads a CSV file with encoding/csv.
func mustRead(t testing.TB, file []byte) [][]string {
	t.Helper()
	text, marked := strings.CutPrefix(string(file), byteOrderMark)
	if !marked {
		t.Fatal("it does not begin with the byte order mark")
	}
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestCSVHasEveryColumn(t *testing.T) {
	want := map[string]string{
		"id": "0190-a", "title": `'=HYPERLINK("https://evil.example")`, "reference": "32-EE-245", "gateway": "one", "status": "signed",
		"word": "finished", "message": "done,\n\"really\"", "evidence": "document", "confirmed": "true", "attempt": "2", "remote_id": "p7",
		"signers": "Núria Puig <nuria@example.org>; B", "due": "2026-12-24", "created_at": "2026-05-04T09:00:00Z",
		"launched_at": "2026-05-04T09:01:02Z", "outcome_at": "2026-05-04T09:05:00Z", "updated_at": "2026-05-04T09:05:00Z",
		"documents": "2", "document_names": "Lease.pdf; Annex.pdf", "document_sha256": "aa; bb", "signed_sha256": "cc; none",
		"review": "accepted", "review_by": "bo", "review_at": "2026-05-04T09:05:00Z", "review_note": "'-1", "added_by": "ana", "practice": "true", "archived": "true",
	}
	rows := mustRead(t, mustWrite(t, CSV, "", lease(), request.Request{ID: "0190-b", Status: request.Pending}))
	got, empty := map[string]string{}, map[string]string{}
	for i, name := range rows[0] {
		got[name] = rows[1][i]
		if rows[2][i] != "" {
			empty[name] = rows[2][i]
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"id": "0190-b", "status": "pending", "attempt": "0", "documents": "0", "created_at": "0001-01-01T00:00:00Z", "updated_at": "0001-01-01T00:00:00Z", "practice": "false", "archived": "false"}, empty); diff != "" {
		t.Errorf("of a request with nothing (-want +got):\n%s", diff)
	}
}

func TestTablesAreTranslated(t *testing.T) {
	rows := mustRead(t, mustWrite(t, CSV, i18n.Catalan, lease()))
	for _, text := range []string{"Títol", "Passarel·la", "Signada", "sí", "Acceptada"} {
		if !strings.Contains(strings.Join(append(rows[0], rows[1]...), "|"), text) {
			t.Errorf("%s is missing: %q", text, rows)
		}
	}
	for _, lang := range i18n.Languages() {
		for i, head := range headings(lang) {
			if strings.HasPrefix(head, "export.") || head == "" {
				t.Errorf("%s: column %s is called %q", lang, columns[i].name, head)
			}
		}
	}
}

func TestTablesSayWhichFilesAreDamaged(t *testing.T) {
	r := lease()
	r.Documents[0].Damage = request.Missing
	if got := string(mustWrite(t, CSV, i18n.English, r)); !strings.Contains(got, "Signed (File damaged)") {
		t.Errorf("for people:\n%s", got)
	}
	if got := string(mustWrite(t, CSV, "", r)); !strings.Contains(got, ",signed,") || strings.Contains(got, "damaged") {
		t.Errorf("for scripts:\n%s", got)
	}
	r.Documents[0].Signed.Damage = request.Altered
	if got := string(mustWrite(t, JSON, "", r)); !strings.Contains(got, `"damage":"missing"`) || !strings.Contains(got, `"damage":"altered"`) {
		t.Errorf("as JSON:\n%s", got)
	}
}

func TestCSVLineEnds(t *testing.T) {
	file := string(mustWrite(t, CSV, "", lease()))
	if strings.Count(file, "\r\n") != 3 || strings.Count(strings.ReplaceAll(file, "\r\n", ""), "\n") != 0 {
		t.Errorf("line ends of %q", file)
	}
}

func TestNoCellIsAFormula(t *testing.T) {
	for _, text := range []string{
		"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\u00a0=1", "\"=1", "'=1", "''=1", "“=1", "＝1", "＋1", "－1", "＠x", "−1",
		"\ufeff=1", "\u200b=1", "\u202e=1", "\x00=1", "\t", "\r", "=1;=2",
	} {
		cell := escapeFormulas(text)
		for piece := range strings.SplitSeq(strings.TrimLeft(cell, "\n"), ";") {
			if !strings.HasPrefix(piece, formulaEscape) {
				t.Errorf("%q becomes %q", text, cell)
			}
		}
	}
	for _, text := range []string{"", "Lease", "a=1", "1-2", "2026-12-24", "a, -b", "'hello'", "\"x\"", "a; b", "one\ntwo"} {
		if cell := escapeFormulas(text); cell != text {
			t.Errorf("%q is no formula and becomes %q", text, cell)
		}
	}
}

// unescapeFormulas is the inverse of escapeFormulas.
func unescapeFormulas(cell string) string {
	var b strings.Builder
	for len(cell) > 0 {
		piece := cell
		if i := strings.IndexAny(cell, otherSeparators); i >= 0 {
			piece = cell[:i+1]
		}
		if text, marked := strings.CutPrefix(piece, formulaEscape); marked && isFormula(text) {
			b.WriteString(text)
		} else {
			b.WriteString(piece)
		}
		cell = cell[len(piece):]
	}
	return b.String()
}

func FuzzCSV(f *testing.F) {
	for _, text := range []string{"Lease", "", "Lea\"se", "a,b", "Núria", "n\xff", "a|-1", `\.`, "\u00a0a", "=1+1", "a;=1", "a; b|c", "a; =1", "a;  b", "a;", "a; \u00a0=1", "'=1", "x\r\n=cmd|' /C calc'!A0", "\"\"=1", "\ufeff@", "\xff\xfe", "a,\"b", "\r", " \t-1;;\n+2"} {
		f.Add(text, text)
	}
	f.Fuzz(func(t *testing.T, title, message string) {
		r := lease()
		r.Title, r.Outcome.Message = title, message
		file := mustWrite(t, CSV, "", r)
		rows := mustRead(t, file)
		if len(rows) != 2 || len(rows[1]) != len(columns) {
			t.Fatalf("%d rows, %d cells", len(rows), len(rows[1]))
		}
		if got := unescapeFormulas(rows[1][1]); got != normalizeLineEnds(title) {
			t.Errorf("the title %q is %q", title, got)
		}
		if got := unescapeFormulas(rows[1][6]); got != normalizeLineEnds(message) {
			t.Errorf("the message %q is %q", message, got)
		}
		var again strings.Builder
		out := csv.NewWriter(&again)
		out.UseCRLF = true
		if err := out.WriteAll(rows); err != nil || byteOrderMark+again.String() != string(file) {
			t.Errorf("encoding/csv writes %q instead of %q, %v", again.String(), file, err)
		}
		// Spreadsheets may be set to another separator, and are lax about quotes.
		for _, other := range []rune{',', ';', '\t', '|'} {
			reader := csv.NewReader(bytes.NewReader(file))
			reader.Comma, reader.LazyQuotes, reader.FieldsPerRecord = other, true, -1
			for {
				cells, err := reader.Read()
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				for i, cell := range cells {
					if first := strings.TrimLeft(cell, " \"\u00a0"); strings.HasPrefix(first, "=") || strings.HasPrefix(first, "+") || strings.HasPrefix(first, "-") || strings.HasPrefix(first, "@") {
						t.Errorf("separated by %q, cell %d is %q", other, i, cell)
					}
				}
			}
		}
	})
}

// mustOpen opens a workbook with another program's reader.
func mustOpen(t testing.TB, file []byte) *excelize.File {
	t.Helper()
	book, err := excelize.OpenReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { book.Close() })
	return book
}

func TestWorkbookTypesFiltersAndFrozenHeading(t *testing.T) {
	book := mustOpen(t, mustWrite(t, XLSX, i18n.English, lease()))
	sheet := book.GetSheetName(0)
	if sheet != "Requests" {
		t.Errorf("the sheet is called %q", sheet)
	}
	panes, err := book.GetPanes(sheet)
	if err != nil || !panes.Freeze || panes.YSplit != 1 || panes.TopLeftCell != "A2" {
		t.Errorf("the heading is not frozen: %+v, %v", panes, err)
	}
	last := cellName(len(columns)-1, 2)
	if names := book.GetDefinedName(); len(names) != 1 || names[0].Name != "_xlnm._FilterDatabase" || strings.ReplaceAll(names[0].RefersTo, "$", "") != "'Requests'!A1:"+last {
		t.Errorf("filters: %+v", names)
	}
	type cell struct {
		Kind  excelize.CellType
		Value string
		Shown string
	}
	got := map[string]cell{}
	for i, c := range columns {
		at := cellName(i, 2)
		kind, err := book.GetCellType(sheet, at)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := book.GetCellValue(sheet, at, excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatal(err)
		}
		shown, err := book.GetCellValue(sheet, at)
		if err != nil {
			t.Fatal(err)
		}
		if formula, err := book.GetCellFormula(sheet, at); formula != "" || err != nil {
			t.Errorf("%s is a formula: %s, %v", c.name, formula, err)
		}
		switch c.name {
		case "title", "attempt", "confirmed", "due", "launched_at", "message", "documents":
			got[c.name] = cell{kind, raw, shown}
		}
		if width, err := book.GetColWidth(sheet, columnName(i)); err != nil || width != float64(c.width) {
			t.Errorf("%s is %v wide, %v", c.name, width, err)
		}
	}
	want := map[string]cell{
		"title":       {excelize.CellTypeInlineString, lease().Title, lease().Title},
		"message":     {excelize.CellTypeInlineString, lease().Outcome.Message, lease().Outcome.Message},
		"attempt":     {excelize.CellTypeUnset, "2", "2"}, // a cell without a type is a number
		"documents":   {excelize.CellTypeUnset, "2", "2"},
		"confirmed":   {excelize.CellTypeBool, "1", "TRUE"},
		"due":         {excelize.CellTypeUnset, "46380", "2026-12-24"},
		"launched_at": {excelize.CellTypeUnset, "46146.37571759", "2026-05-04 09:01:02"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if head, err := book.GetCellValue(sheet, "N1"); err != nil || head != "Added (UTC)" {
		t.Errorf("the moments are headed %q, %v", head, err)
	}
}

func TestWorkbookContinuesOnTheNextSheet(t *testing.T) {
	var out bytes.Buffer
	table, err := newXLSX(&out, "")
	if err != nil {
		t.Fatal(err)
	}
	table.maxRows = 3
	for i := range 5 {
		if err := add(table, &request.Request{ID: request.ID(fmt.Sprint(i))}); err != nil {
			t.Fatal(err)
		}
	}
	if err := table.Close(); err != nil {
		t.Fatal(err)
	}
	book := mustOpen(t, out.Bytes())
	var ids []string
	for _, sheet := range book.GetSheetList() {
		rows, err := book.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			ids = append(ids, row[0])
		}
	}
	if got := strings.Join(ids, " "); got != "id 0 1 id 2 3 id 4" {
		t.Errorf("rows: %s", got)
	}
	if sheets := book.GetSheetList(); !cmp.Equal(sheets, []string{"Requests", "Requests 2", "Requests 3"}) {
		t.Errorf("sheets: %q", sheets)
	}
}

func FuzzWorkbook(f *testing.F) {
	for _, text := range []string{"Lease", "=1+1", "<a>&\"'", "_x000D_", "_x005F_", "a\x00b", "\ufffe", "\xff", " x ", "l1\r\nl2", strings.Repeat("𝒳", 20_000), strings.Repeat("a", 32_767), strings.Repeat("_x000D_", 5000)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, title string) {
		r := lease()
		r.Title = title
		got, err := mustOpen(t, mustWrite(t, XLSX, "", r)).GetCellValue("Requests", "B2", excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatal(err)
		}
		want := strings.Map(func(r rune) rune {
			if r < ' ' && r != '\t' && r != '\n' || r == '\ufffe' || r == '\uffff' {
				return '\ufffd'
			}
			return r
		}, normalizeLineEnds(title))
		if cut, short := strings.CutSuffix(got, "…"); short && got != want {
			got, want = cut, want[:min(len(cut), len(want))]
		}
		if got != want {
			t.Errorf("%.50q is %.50q", want, got)
		}
	})
}

func TestJSONIsOneArrayWithoutPaths(t *testing.T) {
	for n := range 3 {
		requests := []request.Request{lease(), lease()}[:n]
		var got []map[string]any
		file := mustWrite(t, JSON, i18n.French, requests...)
		if err := json.Unmarshal(file, &got); err != nil || len(got) != n || got == nil {
			t.Fatalf("%d requests: %s: %v", n, file, err)
		}
		if n > 0 && (got[0]["status"] != "signed" || got[0]["review"].(map[string]any)["decision"] != "accepted") {
			t.Errorf("it is %v", got[0])
		}
		if bytes.Contains(file, []byte(`"path"`)) {
			t.Errorf("it names a path: %s", file)
		}
	}
}

func TestTablesUseConstantMemory(t *testing.T) {
	for _, f := range []Format{CSV, XLSX, JSON} {
		few, many := heapUsedBy(t, f, 1_000), heapUsedBy(t, f, 10_000)
		if many > few+few/2+1<<20 {
			t.Errorf("%s: %d bytes for few rows, %d for ten times as many", f, few, many)
		}
	}
}

// heapUsedBy returns how many bytes of heap a table holds after n rows.
func heapUsedBy(t *testing.T, f Format, n int) uint64 {
	t.Helper()
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	table, err := NewTable(io.Discard, f, "")
	if err != nil {
		t.Fatal(err)
	}
	for range n {
		r := lease()
		if err := add(table, &r); err != nil {
			t.Fatal(err)
		}
	}
	after := heap()
	if err := table.Close(); err != nil {
		t.Fatal(err)
	}
	return max(after, before) - before
}

func TestFormatOf(t *testing.T) {
	for path, want := range map[string]Format{"a.csv": CSV, "/b/c.XLSX": XLSX, "x.y.json": JSON, "a": "", "a.txt": "", "csv": ""} {
		got, err := FormatOf(path)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%s is %q, %v", path, got, err)
		}
	}
}

// fullDisk is a writer that fails after so many bytes.
type fullDisk int

func (f *fullDisk) Write(p []byte) (int, error) {
	if *f -= fullDisk(len(p)); *f < 0 {
		return 0, io.ErrShortWrite
	}
	return len(p), nil
}

func TestWriteErrorsAreReturned(t *testing.T) {
	for _, f := range []Format{CSV, XLSX, JSON} {
		for _, space := range []fullDisk{0, 100, 2000} {
			table, err := NewTable(&space, f, "")
			for range 500 {
				if r := lease(); err == nil {
					err = add(table, &r)
				}
			}
			if err == nil {
				err = table.Close()
			}
			if err == nil {
				t.Errorf("%s: no error", f)
			}
		}
	}
}

func TestARecordSaysWhatIsHidden(t *testing.T) {
	r := lease()
	r.Title = "Lea\u200bse"
	text, err := json.Marshal(RecordOf(r, nil))
	if err != nil {
		t.Fatal(err)
	}
	const want = `"hidden":[{"text":"the title contains invisible characters: Lea\u003cU+200B\u003ese","code":"hidden_title","args":["Lea\u003cU+200B\u003ese"]}]`
	if !strings.Contains(string(text), want) {
		t.Errorf("%s is not in %s", want, text)
	}
	if text, _ = json.Marshal(RecordOf(lease(), nil)); strings.Contains(string(text), "hidden") {
		t.Errorf("something is hidden in %s", text)
	}
}
