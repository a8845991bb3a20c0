package pdf_test

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"countersign/core/pdf"
	"countersign/core/pdf/pdftest"
)

// builder writes a PDF with a cross-reference table from its offsets, right or wrong.
type builder struct {
	bytes.Buffer
	offsets map[int]int
	highest int
}

func newBuilder() *builder {
	b := &builder{offsets: map[int]int{}}
	b.WriteString("%PDF-1.7\n")
	return b
}

func (b *builder) object(number int, body string) {
	b.offsets[number] = b.Len()
	b.highest = max(b.highest, number)
	fmt.Fprintf(b, "%d 0 obj\n%s\nendobj\n", number, body)
}

// skeleton writes a document of one page and a form. Object 4, its array of fields, is still to be written.
func (b *builder) skeleton() {
	b.object(1, "<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields 4 0 R >> >>")
	b.object(2, "<< /Type /Pages /Kids [3 0 R] /Count 1 >>")
	b.object(3, "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>")
}

// finish writes the cross-reference table and the trailer, and returns the file.
func (b *builder) finish(trailer string) []byte {
	at := b.Len()
	fmt.Fprintf(b, "xref\n0 1\n0000000000 65535 f \n")
	for number := 1; number <= b.highest; number++ {
		if offset, ok := b.offsets[number]; ok {
			fmt.Fprintf(b, "%d 1\n%010d 00000 n \n", number, offset)
		}
	}
	fmt.Fprintf(b, "trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n", b.highest+1, trailer, at)
	return b.Bytes()
}

func deflate(data []byte) string {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	w.Write(data)
	w.Close()
	return b.String()
}

// hostile are files that need excessive time or memory when they are read without limits.
var hostile = map[string]func() []byte{
	"arrays in arrays": func() []byte {
		b := newBuilder()
		b.skeleton()
		b.object(4, strings.Repeat("[", 200_000)+strings.Repeat("]", 200_000))
		return b.finish("")
	},
	"dictionaries in dictionaries": func() []byte {
		b := newBuilder()
		b.skeleton()
		b.object(4, strings.Repeat("<</A ", 100_000)+strings.Repeat(">>", 100_000))
		return b.finish("")
	},
	"a field within a field within a field": func() []byte {
		b := newBuilder()
		b.skeleton()
		b.object(4, "[5 0 R]")
		for n := 5; n < 10_000; n++ {
			b.object(n, fmt.Sprintf("<< /FT /Sig /T (a) /Kids [%d 0 R] >>", n+1))
		}
		return b.finish("")
	},
	"a reference to a reference in a ring": func() []byte {
		b := newBuilder()
		b.skeleton()
		b.object(4, "5 0 R")
		b.object(5, "4 0 R")
		return b.finish("")
	},
	"pages in a ring": func() []byte {
		b := newBuilder()
		b.object(1, "<< /Type /Catalog /Pages 2 0 R >>")
		b.object(2, "<< /Type /Pages /Kids [2 0 R 2 0 R 2 0 R] /Count 3 >>")
		return b.finish("")
	},
	"a table that leads to itself": func() []byte {
		b := newBuilder()
		b.skeleton()
		return b.finish(fmt.Sprintf("/Prev %d", b.Len()))
	},
	"a table of a thousand million entries": func() []byte {
		b := newBuilder()
		b.skeleton()
		return bytes.Replace(b.finish(""), []byte("xref\n0 1\n"), []byte("xref\n0 999999999\n"), 1)
	},
	"a table in a stream that promises a thousand million entries": func() []byte {
		b := newBuilder()
		b.skeleton()
		at := b.Len()
		data := deflate(make([]byte, 1<<20))
		fmt.Fprintf(b, "9 0 obj\n<< /Type /XRef /Size 999999999 /W [1 2 1] /Index [0 999999999] /Root 1 0 R /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream\nendobj\n", len(data), data)
		fmt.Fprintf(b, "startxref\n%d\n%%%%EOF\n", at)
		return b.Bytes()
	},
	"one stream under twenty thousand numbers": func() []byte {
		b := newBuilder()
		b.skeleton()
		b.object(5, fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", 1<<20, strings.Repeat("x", 1<<20)))
		for n := 6; n < 20_000; n++ {
			b.offsets[n] = b.offsets[5]
		}
		b.highest = 20_000
		return b.finish("")
	},
	"streams that claim to be as long as the file": func() []byte {
		b := newBuilder()
		b.skeleton()
		for n := 5; n < 20_000; n++ {
			b.object(n, "<< /Length 900000 >>\nstream\nx")
		}
		return b.finish("")
	},
	"object streams that unpack to three megabytes each": func() []byte {
		b := newBuilder()
		b.skeleton()
		data := deflate(append([]byte("50 0 "), bytes.Repeat([]byte(" "), 3<<20)...))
		const streams = 400
		for n := 5; n < 5+streams; n++ {
			b.object(n, fmt.Sprintf("<< /Type /ObjStm /N 1 /First 5 /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream", len(data), data))
		}
		table := newXRefStream()
		for n, offset := range b.offsets {
			table.at(n, 1, offset, 0)
		}
		for n := range streams {
			table.at(10_000+n, 2, 5+n, 0)
		}
		fields := "["
		for n := range streams {
			fields += fmt.Sprintf("%d 0 R ", 10_000+n)
		}
		table.at(4, 1, b.Len(), 0)
		b.object(4, fields+"]")
		return table.finish(b)
	},
	"a table that unpacks to fifty megabytes": func() []byte {
		b := newBuilder()
		b.skeleton()
		at := b.Len()
		data := deflate(make([]byte, 50<<20))
		fmt.Fprintf(b, "9 0 obj\n<< /Type /XRef /Size 10 /W [1 2 1] /Root 1 0 R /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream\nendobj\n", len(data), data)
		fmt.Fprintf(b, "startxref\n%d\n%%%%EOF\n", at)
		return b.Bytes()
	},
	"a thousand versions": func() []byte {
		b := newBuilder()
		b.skeleton()
		b.object(4, "[]")
		file := b.finish("")
		for range 1000 {
			prev := bytes.LastIndex(file, []byte("xref\n0 1")) // of the first revision
			at := len(file)
			file = fmt.Appendf(file, "xref\n0 0\ntrailer\n<< /Size 9 /Root 1 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n", prev, at)
		}
		return file
	},
	"nodes of the page tree that all have each other": func() []byte {
		b := newBuilder()
		const nodes = 6000
		b.object(1, "<< /Type /Catalog /Pages 2 0 R /ByteRange 0 >>")
		b.object(2, "<< /Type /Pages /Kids 3 0 R /Count 1 >>")
		b.object(3, references(4, nodes))
		for n := range nodes {
			b.object(4+n, "<< /Kids 3 0 R >>")
		}
		return b.finish("")
	},
	"pages with the same hundred thousand annotations": func() []byte {
		b := newBuilder()
		const pages = 10_000
		b.object(1, "<< /Type /Catalog /Pages 2 0 R /ByteRange 0 >>")
		b.object(2, "<< /Type /Pages /Kids 3 0 R /Count 1 >>")
		b.object(3, references(6, pages))
		b.object(4, "["+strings.Repeat("5 0 R ", 100_000)+"]")
		b.object(5, "<< /Subtype /Widget /Parent 5 0 R >>")
		for n := range pages {
			b.object(6+n, "<< /Type /Page /Annots 4 0 R >>")
		}
		return b.finish("")
	},
	"a hundred thousand openings of an object and no end": func() []byte {
		return append(bytes.Repeat([]byte("1 0 obj << "), 100_000), "startxref\n0\n%%EOF\n"...)
	},
	"a header and fifty thousand ends": func() []byte {
		return append([]byte("%PDF-1.7\n"), bytes.Repeat([]byte("startxref\n9\n%%EOF\n"), 50_000)...)
	},
}

// references returns an array of references to so many objects from the first on.
func references(first, count int) string {
	var b strings.Builder
	for n := range count {
		fmt.Fprintf(&b, "%d 0 R ", first+n)
	}
	return "[" + b.String() + "]"
}

// xrefStream writes a cross-reference stream.
type xrefStream struct {
	rows map[int][3]int
	most int
}

func newXRefStream() *xrefStream { return &xrefStream{rows: map[int][3]int{}} }

func (t *xrefStream) at(number, kind, second, third int) {
	t.rows[number] = [3]int{kind, second, third}
	t.most = max(t.most, number)
}

func (t *xrefStream) finish(b *builder) []byte {
	at := b.Len()
	t.at(t.most+1, 1, at, 0)
	var rows []byte
	for n := range t.most + 1 {
		r := t.rows[n]
		rows = append(rows, byte(r[0]), byte(r[1]>>24), byte(r[1]>>16), byte(r[1]>>8), byte(r[1]), byte(r[2]))
	}
	fmt.Fprintf(b, "%d 0 obj\n<< /Type /XRef /Size %d /W [1 4 1] /Root 1 0 R /Length %d >>\nstream\n%s\nendstream\nendobj\n", t.most, t.most+1, len(rows), rows)
	fmt.Fprintf(b, "startxref\n%d\n%%%%EOF\n", at)
	return b.Bytes()
}

func TestHostileFilesStayWithinLimits(t *testing.T) {
	const most = 64 << 20
	// Memory is measured only between steps, and garbage is collected later.
	const slack = 256 << 20
	refused := map[string]string{
		"one stream under twenty thousand numbers":            "more memory than any document should",
		"object streams that unpack to three megabytes each":  "more memory than any document should",
		"a table of a thousand million entries":               "its parts do not fit together",
		"a hundred thousand openings of an object and no end": "not a PDF",
	}
	for name, make := range hostile {
		t.Run(name, func(t *testing.T) {
			file := make()
			runtime.GC()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			report, err := pdf.Examine(bytes.NewReader(file), int64(len(file)), pdf.WithLimits(pdf.Options{}, most, 0))
			runtime.ReadMemStats(&after)
			if after.HeapSys > before.HeapSys+most+slack {
				t.Errorf("it took %d MB", (after.HeapSys-before.HeapSys)>>20)
			}
			if want := refused[name]; want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
				t.Errorf("got %v, want %q", err, want)
			}
			if err != nil && !known(err) {
				t.Errorf("the error wraps none of the exported ones: %v", err)
			}
			for _, s := range report.Signatures {
				if s.Intact() {
					t.Errorf("an intact signature: %+v", s)
				}
			}
			if _, err := pdf.CheckWithMemory(bytes.NewReader(file), int64(len(file)), most); err != nil && !known(err) {
				t.Errorf("Check: the error wraps none of the exported ones: %v", err)
			}
		})
	}
}

// An update may add form fields that all have each other, since anybody can sign the file before it.
func TestFieldsThatShareTheirKidsAreWalkedOnce(t *testing.T) {
	const fields, most = 4000, 256 << 20
	w := newFixture(t)
	objects := []pdftest.Object{pdftest.Find(t, w.signed, "/Catalog").Replace(t, " 0 R] >>", " 0 R 100 0 R] >>"), {Number: 100, Body: "<< /T (A) /Kids 101 0 R >>"}, {Number: 101, Body: references(102, fields)}}
	for n := range fields {
		objects = append(objects, pdftest.Object{Number: 102 + n, Body: "<< /T (B) /Kids 101 0 R >>"})
	}
	file := pdftest.Update(t, w.signed, objects...)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got := summary(examine(t, file), nil)
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > most || !strings.HasPrefix(got, "intact, then form fields") {
		t.Errorf("%s, in %d MB", got, took>>20)
	}
}

func TestReadingStopsAtTheTimeLimit(t *testing.T) {
	file := newFixture(t).plain
	if _, err := pdf.Examine(bytes.NewReader(file), int64(len(file)), pdf.WithLimits(pdf.Options{}, 0, -time.Second)); err == nil || !strings.Contains(err.Error(), "more time than any document should") {
		t.Errorf("got %v", err)
	}
}
