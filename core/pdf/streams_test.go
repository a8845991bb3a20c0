package pdf_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"countersign/core/pdf"
	"countersign/core/pdf/pdftest"
)

// xrefStreamFile is a file with cross-reference streams, as most programs write it today.
type xrefStreamFile struct {
	file     []byte
	tables   []int // offset of the cross-reference stream of each revision
	unlisted bool  // new cross-reference streams have no entry for themselves
	crypt    bool  // new object streams are as they are, and have the filter Crypt
}

// revision appends a revision. plain are its objects by number, packed are those in an object stream, and entries are more
// entries of the cross-reference stream.
func (w *xrefStreamFile) revision(plain, packed map[int]string, entries string) {
	if len(w.file) == 0 {
		w.file = []byte("%PDF-1.7\n")
	}
	var rows []byte
	var index string
	row := func(number, kind, second, third int) {
		index += fmt.Sprintf("%d 1 ", number)
		rows = append(rows, byte(kind), byte(second>>16), byte(second>>8), byte(second), byte(third))
	}
	for _, number := range sortedKeys(plain) {
		row(number, 1, len(w.file), 0)
		w.file = fmt.Appendf(w.file, "%d 0 obj\n%s\nendobj\n", number, plain[number])
	}
	next := 100 + 10*len(w.tables)
	if len(packed) > 0 {
		var heads, bodies string
		for i, number := range sortedKeys(packed) {
			heads += fmt.Sprintf("%d %d ", number, len(bodies))
			bodies += packed[number] + " "
			row(number, 2, next, i)
		}
		filter, data := "/FlateDecode", deflate([]byte(heads+bodies))
		if w.crypt {
			filter, data = "/Crypt", heads+bodies
		}
		row(next, 1, len(w.file), 0)
		w.file = fmt.Appendf(w.file, "%d 0 obj\n<< /Type /ObjStm /N %d /First %d /Filter %s /Length %d >>\nstream\n%s\nendstream\nendobj\n", next, len(packed), len(heads), filter, len(data), data)
	}
	next++
	if !w.unlisted {
		row(next, 1, len(w.file), 0)
	}
	if len(w.tables) > 0 {
		entries += fmt.Sprintf(" /Prev %d", w.tables[len(w.tables)-1])
	}
	w.tables = append(w.tables, len(w.file))
	data := deflate(rows)
	w.file = fmt.Appendf(w.file, "%d 0 obj\n<< /Type /XRef /Size 200 /Index [%s] /W [1 3 1] /Root 1 0 R /Filter /FlateDecode /Length %d %s >>\nstream\r\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n",
		next, index, len(data), entries, data, w.tables[len(w.tables)-1])
}

func sortedKeys(m map[int]string) []int {
	var keys []int
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func TestCrossReferenceStreams(t *testing.T) {
	const catalog = "<< /Type /Catalog /Pages 2 0 R %s >>"
	stream := "<< /Length 9 >>\nstream\n(Lease) Tj\nendstream"
	begin := func() *xrefStreamFile {
		w := &xrefStreamFile{}
		w.revision(map[int]string{4: stream}, map[int]string{
			1: fmt.Sprintf(catalog, ""), 2: "<< /Type /Pages /Kids [3 0 R] /Count 1 >>", 3: "<< /Type /Page /Parent 2 0 R /Contents 4 0 R /MediaBox [0 0 9 9] >>",
		}, "")
		return w
	}
	dss := fmt.Sprintf(catalog, "/DSS << /Certs [] >>")
	for name, c := range map[string]struct {
		plain, packed map[int]string
		entries       string
		unlisted      bool
		spoil         func(file []byte, from int) []byte
		want          []pdf.Change
	}{
		"the same objects again":        {packed: map[int]string{2: "<< /Type /Pages /Kids [3 0 R] /Count 1 >>"}},
		"validation data":               {plain: map[int]string{1: dss}, want: []pdf.Change{pdf.ValidationAdded}},
		"validation data, packed":       {packed: map[int]string{1: dss}, want: []pdf.Change{pdf.ValidationAdded}},
		"another page":                  {packed: map[int]string{3: "<< /Type /Page /Parent 2 0 R /Contents 5 0 R /MediaBox [0 0 9 9] >>"}, want: []pdf.Change{pdf.OtherChange}},
		"another text":                  {plain: map[int]string{4: "<< /Length 9 >>\nstream\n(Least) Tj\nendstream"}, want: []pdf.Change{pdf.OtherChange}},
		"a duplicate key, packed":       {packed: map[int]string{3: "<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Contents 5 0 R /MediaBox [0 0 9 9] >>"}, want: []pdf.Change{pdf.OtherChange}},
		"a second table beside it":      {plain: map[int]string{1: dss}, entries: "/XRefStm 9", want: []pdf.Change{pdf.NotCompared}},
		"something between two objects": {plain: map[int]string{1: dss + "\nendobj\n4 0 obj\n(Least)"}, want: []pdf.Change{pdf.NotCompared}},

		// Cross-reference streams without an entry for themselves.
		"validation data, unlisted table": {plain: map[int]string{1: dss}, unlisted: true, want: []pdf.Change{pdf.ValidationAdded}},
		"packed, unlisted table":          {packed: map[int]string{1: dss}, unlisted: true, want: []pdf.Change{pdf.ValidationAdded}},
		"another text, unlisted table":    {plain: map[int]string{4: "<< /Length 9 >>\nstream\n(Least) Tj\nendstream"}, unlisted: true, want: []pdf.Change{pdf.OtherChange}},
		"an object that no table lists":   {plain: map[int]string{1: dss + "\nendobj\n50 0 obj\n(Least)"}, unlisted: true, want: []pdf.Change{pdf.NotCompared}},
		"two tables that no table lists": {
			plain:    map[int]string{1: dss + "\nendobj\n50 0 obj\n<< /Type /XRef /Size 2 /W [1 1 1] /Length 6 >>\nstream\n\x01\x01\x01\x01\x01\x01\nendstream"},
			unlisted: true, want: []pdf.Change{pdf.NotCompared},
		},
		"startxref to nothing":        {plain: map[int]string{1: dss}, spoil: startElsewhere, want: []pdf.Change{pdf.OtherChange, pdf.ValidationAdded}},
		"startxref to an older table": {plain: map[int]string{1: dss}, spoil: startBefore, want: []pdf.Change{pdf.NotCompared}},
	} {
		t.Run(name, func(t *testing.T) {
			w := begin()
			from := len(w.file)
			w.unlisted = c.unlisted
			w.revision(c.plain, c.packed, c.entries)
			if c.spoil != nil {
				w.file = c.spoil(w.file, w.tables[0])
			}
			report, err := pdf.Examine(bytes.NewReader(w.file), int64(len(w.file)), pdf.Options{SinceOffset: int64(from)})
			if err != nil {
				t.Fatal(err)
			}
			if changes(report.AppendedSince.Changes) != changes(c.want) {
				t.Errorf("got %v, want %v", report.AppendedSince.Changes, c.want)
			}
		})
	}
}

// The cross-reference streams of the other library have no entry for themselves, and its startxref is the offset of the
// line end before them.
func TestSignaturesInUnlistedCrossReferenceStreams(t *testing.T) {
	w := &xrefStreamFile{}
	w.revision(map[int]string{4: "<< /Length 9 >>\nstream\n(Lease) Tj\nendstream"}, map[int]string{
		1: "<< /Type /Catalog /Pages 2 0 R >>", 2: "<< /Type /Pages /Kids [3 0 R] /Count 1 >>", 3: "<< /Type /Page /Parent 2 0 R /Contents 4 0 R /MediaBox [0 0 9 9] >>",
	}, "")
	once := pdftest.Sign(t, w.file, "Ana")
	twice := pdftest.Sign(t, once, "Berta")
	report, err := pdf.Examine(bytes.NewReader(twice), int64(len(twice)), pdf.Options{SinceOffset: int64(len(w.file))})
	if err != nil {
		t.Fatal(err)
	}
	if got := changes(report.AppendedSince.Changes); got != changes([]pdf.Change{pdf.SignatureAdded}) {
		t.Errorf("since it was written: %s", got)
	}
	if len(report.Signatures) != 2 || report.Signatures[0].Appended.MayAlterContent() || !report.Signatures[1].CoversWholeFile {
		t.Errorf("got %+v", report.Signatures)
	}
}

func startElsewhere(file []byte, _ int) []byte {
	at := bytes.LastIndex(file, []byte("startxref"))
	return append(bytes.Clone(file[:at]), "startxref\n12\n%%EOF\n"...)
}

func startBefore(file []byte, table int) []byte {
	at := bytes.LastIndex(file, []byte("startxref"))
	return fmt.Appendf(bytes.Clone(file[:at]), "startxref\n%d\n%%%%EOF\n", table)
}
