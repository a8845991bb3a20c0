package lists

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// manyRows is the number of rows in the lists that are measured.
const manyRows = 1_000_000

func TestAListIsReadAsAStream(t *testing.T) {
	f, size := writeMany(t, 10_000, writeManyCSV)
	l, err := Open(t.Context(), f, size, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	before := int64(-1)
	for n := range 10_000 {
		if _, err := l.Next(); err != nil {
			t.Fatal(err)
		}
		done, total := l.Progress()
		if done <= before || total != size || done > size*int64(n+1)/10_000+100 {
			t.Fatalf("after %d rows, %d of %d bytes are read", n+1, done, total)
		}
		before = done
	}
}

// TestALongListNeedsLittleMemory reads a list of a million rows if COUNTERSIGN_SOAK is set.
func TestALongListNeedsLittleMemory(t *testing.T) {
	if os.Getenv("COUNTERSIGN_SOAK") == "" {
		t.Skip("it takes minutes: set COUNTERSIGN_SOAK=1 to run it")
	}
	const rows = manyRows
	for name, write := range map[string]func(io.Writer, int) error{"csv": writeManyCSV, "xlsx": writeManyXLSX} {
		f, size := writeMany(t, rows, write)
		runtime.GC()
		var before runtime.MemStats
		runtime.ReadMemStats(&before)
		if peak := readMany(t, f, size, rows); peak > before.HeapInuse+48<<20 {
			t.Errorf("%s: %d MB for a list of %d MB", name, (peak-before.HeapInuse)>>20, size>>20)
		}
	}
}

// writeMany writes a list of that many rows into a file, and returns the file and its size.
func writeMany(t testing.TB, rows int, write func(io.Writer, int) error) (*os.File, int64) {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "list"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	w := bufio.NewWriter(f)
	if err := errors.Join(write(w, rows), w.Flush()); err != nil {
		t.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	return f, info.Size()
}

// BenchmarkMillionRows reads a list of a million rows. Besides the time it reports the largest heap that was seen,
// in MB.
func BenchmarkMillionRows(b *testing.B) {
	for name, write := range map[string]func(io.Writer, int) error{"csv": writeManyCSV, "xlsx": writeManyXLSX} {
		b.Run(name, func(b *testing.B) {
			f, size := writeMany(b, manyRows, write)
			var peak uint64
			for b.Loop() {
				peak = readMany(b, f, size, manyRows)
			}
			b.ReportMetric(float64(peak)/1e6, "MB-heap")
			b.ReportMetric(float64(size)/1e6, "MB-file")
		})
	}
}

// readMany reads a list of that many rows, and returns the largest heap that was seen, in bytes.
func readMany(t testing.TB, f io.ReaderAt, size int64, rows int) (peak uint64) {
	t.Helper()
	l, err := Open(context.Background(), f, size, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var m runtime.MemStats
	for n := 0; ; n++ {
		_, err := l.Next()
		if errors.Is(err, io.EOF) && n == rows {
			return peak
		}
		if err != nil {
			t.Fatalf("after %d rows: %v", n, err)
		}
		if n%10_000 == 0 {
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapInuse)
		}
	}
}

func writeManyCSV(w io.Writer, rows int) error {
	if _, err := io.WriteString(w, "id;title;reference;due\n"); err != nil {
		return err
	}
	for i := range rows {
		if _, err := fmt.Fprintf(w, "%d;Contract of lease number %d;32-EE-%d;24/12/2026\n", i+1, i, i); err != nil {
			return err
		}
	}
	return nil
}

// writeManyXLSX writes a workbook as Excel does: each text is in the table of texts.
func writeManyXLSX(w io.Writer, rows int) error {
	z := zip.NewWriter(w)
	part := func(name string, write func(*bufio.Writer)) error {
		f, err := z.Create(name)
		if err != nil {
			return err
		}
		b := bufio.NewWriter(f)
		write(b)
		return b.Flush()
	}
	text := func(s string) func(*bufio.Writer) { return func(w *bufio.Writer) { _, _ = w.WriteString(s) } }
	return errors.Join(
		part("_rels/.rels", text(`<R><Relationship Id="a" Type="/officeDocument" Target="xl/workbook.xml"/></R>`)),
		part("xl/workbook.xml", text(`<workbook xmlns:r="r"><sheets><sheet name="A" sheetId="1" r:id="s"/></sheets></workbook>`)),
		part("xl/_rels/workbook.xml.rels", text(`<R><Relationship Id="s" Type="/worksheet" Target="sheet.xml"/><Relationship Id="t" Type="/sharedStrings" Target="texts.xml"/>
			<Relationship Id="y" Type="/styles" Target="styles.xml"/></R>`)),
		part("xl/styles.xml", text(`<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>`)),
		part("xl/texts.xml", func(w *bufio.Writer) {
			fmt.Fprint(w, `<sst><si><t>id</t></si><si><t>title</t></si><si><t>reference</t></si><si><t>due</t></si>`)
			for i := range rows {
				fmt.Fprintf(w, `<si><t>Contract of lease number %d</t></si><si><t>32-EE-%d</t></si>`, i, i)
			}
			fmt.Fprint(w, `</sst>`)
		}),
		part("xl/sheet.xml", func(w *bufio.Writer) {
			fmt.Fprint(w, `<worksheet><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>2</v></c><c r="D1" t="s"><v>3</v></c></row>`)
			for i := range rows {
				n := i + 2
				fmt.Fprintf(w, `<row r="%d"><c r="A%d"><v>%d</v></c><c r="B%d" t="s"><v>%d</v></c><c r="C%d" t="s"><v>%d</v></c><c r="D%d" s="1"><v>46380</v></c></row>`, n, n, i+1, n, 2*i+4, n, 2*i+5, n)
			}
			fmt.Fprint(w, `</sheetData></worksheet>`)
		}),
		z.Close())
}

// FuzzList reads bytes as a list, in each of the formats.
func FuzzList(f *testing.F) {
	for _, list := range []string{
		"id,title\n1,a\n", "id;due\n1;24/12/2026\n2;x\n", "\ufeffid\n\"1\n2\n", "id,title\n1,\"a\nb\"\n\"2,\n3,c\n", "\xff\xfei\x00d\x00\n\x001\x00\n\x00",
		"id\r1\r", "sep=;\nid;due\n1;2026-12-24\n", "sep=", "id,id\n", "id\n\x00\n", "T\xedtulo;Id\n\xf1;1\n", "i\x00d\x00\n\x001\x00", "#REF!;id\n;2,47E+12\n",
	} {
		f.Add([]byte(list), false)
	}
	for _, sheet := range []string{
		`<sheetData><row r="1"><c t="s"><v>0</v></c></row><row r="7"><c r="A7" s="1"><v>4e4</v></c><c r="ZZ7" t="e"><v>#N/A</v></c></row></sheetData>`, `<sheetData><row><c t="inlineStr"><is><t>id</t></is></c></row>`,
	} {
		f.Add([]byte(sheet), true)
	}
	f.Fuzz(func(t *testing.T, text []byte, workbook bool) {
		if workbook {
			text = pack(t, strict(string(text)))
		}
		l, err := Open(t.Context(), bytes.NewReader(text), int64(len(text)), Options{})
		if err != nil {
			return
		}
		defer l.Close()
		if l.Info().HeaderLine < 1 || len(l.Info().Columns) > maxColumns {
			t.Errorf("%+v", l.Info())
		}
		for line := 0; ; {
			r, err := l.Next()
			bad, isFault := errors.AsType[*RowFault](err)
			if isFault && bad == l.Problem() {
				return
			}
			if isFault && bad.Line < 1 {
				t.Errorf("a fault without a line: %v", bad)
			}
			if err != nil && !isFault {
				return
			}
			if r.Line <= line && !workbook {
				t.Errorf("line %d after line %d", r.Line, line)
			}
			line = r.Line
		}
	})
}
