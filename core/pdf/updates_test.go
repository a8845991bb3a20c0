package pdf_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countersign/core/pdf"
	"countersign/core/pdf/pdftest"
)

// Updates as programs in wide use write them. Each file of testdata/cases is named after what it shows.
func TestUpdatesOfOtherProgramsAreUnderstood(t *testing.T) {
	const dss = "intact, then validation data"
	for name, want := range map[string]string{
		"11-dss-added-xref-stream-lists-itself-free":        dss,
		"12-dss-added-hybrid-xrefstm":                       dss,
		"13-dss-added-offset-names-line-end-before":         dss,
		"14-dss-added-pdfbox-default-form-entries":          dss,
		"15-dss-added-lang-as-hex-string":                   dss,
		"16-dss-added-itext-mark":                           dss,
		"17-tagged-second-signature":                        "intact, then another signature; intact, whole",
		"18-25-updates-after":                               dss,
		"20-form-with-type":                                 "intact, whole; since it was sent: another signature",
		"21-number-written-otherwise":                       "intact, whole; since it was sent: another signature",
		"22-first-signature-xref-stream-lists-itself-free":  "intact, whole; since it was sent: another signature",
		"23-not-understood-before-the-signature-fine-after": dss + "; since it was sent: validation data and another signature",
	} {
		t.Run(name, func(t *testing.T) {
			file := mustReadCase(t, name+".pdf")
			o := pdf.Options{}
			if strings.HasPrefix(name, "2") {
				o.SinceOffset = int64(len(mustReadCase(t, name+".sent.pdf")))
			}
			report, err := pdf.Examine(bytes.NewReader(file), int64(len(file)), o)
			got := summary(report, err)
			if o.SinceOffset > 0 {
				got += "; since it was sent: " + changes(report.AppendedSince.Changes)
			}
			if got != strings.ReplaceAll(want, "validation data and another signature", "another signature and validation data") {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func mustReadCase(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "cases", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A version that cannot be compared is named with its place, and says nothing about the versions after it.
func TestEachVersionIsJudgedByItself(t *testing.T) {
	w := newFixture(t)
	file := appendText(w.signed, "90 0 obj\n(nobody lists this)\nendobj\n")
	file = pdftest.Update(t, file, pdftest.Find(t, w.signed, "/Catalog"))
	again := w.sign(file, pdftest.SignatureField{SubFilter: cades, Field: "Bob"}, w.rita)
	after := w.catalog(again, "/DSS << >>")
	report := examine(t, after)
	first, second := report.Signatures[0], report.Signatures[1]
	if first.Appended.Compared() || first.Appended.NotComparedAt != int64(len(w.signed)) || first.Appended.MayAlterContent() {
		t.Errorf("the first signature: %+v, and its file has %d bytes", first.Appended, len(w.signed))
	}
	if got := changes(second.Appended.Changes); got != "validation data" || second.Appended.NotComparedAt != 0 {
		t.Errorf("the second signature: %s", got)
	}
}

// Bytes behind the end of a file that every reader ignores change nothing.
func TestPaddingBehindTheEndIsIgnored(t *testing.T) {
	w := newFixture(t)
	for padding, want := range map[string]string{
		"\x1a":                       "intact, then nothing",
		strings.Repeat("\x00", 2000): "intact, then nothing",
		"--boundary--\r\n":           "intact, then nothing",
		strings.Repeat("x", 1200):    "intact, then something that could not be compared",
		"4 0 obj (Least) endobj":     "intact, then something that could not be compared",
		"trailer << /Root 1 0 R >>":  "intact, then something that could not be compared",
		"startxref\n0\n":             "intact, then something that could not be compared",
	} {
		file := append(bytes.Clone(w.signed), padding...)
		report, err := pdf.Examine(bytes.NewReader(file), int64(len(file)), pdf.Options{})
		if got := summary(report, err); got != want {
			t.Errorf("%.30q: got %q, want %q", padding, got, want)
		}
	}
	padded := append(bytes.Clone(w.signed), "\x1a--boundary--\r\n"...)
	updated := w.catalog(padded, "/DSS << >>")
	if got := summary(examine(t, updated), nil); got != "intact, then validation data" {
		t.Errorf("an update behind padding: %q", got)
	}
}

// hybrid appends an update whose trailer names a second table, in a cross-reference stream. rows are its entries by object
// number, as kind, offset and generation; the objects follow the stream.
func (w *fixture) hybrid(file []byte, listed []pdftest.Object, rows func(at map[int]int) string, index string, hidden ...pdftest.Object) []byte {
	w.Helper()
	out := bytes.Clone(file)
	at := map[int]int{}
	for _, o := range append(hidden, listed...) {
		at[o.Number] = len(out)
		out = fmt.Appendf(out, "%d 0 obj\n%s\nendobj\n", o.Number, o.Body)
	}
	second := len(out)
	out = fmt.Appendf(out, "60 0 obj\n%s\nendobj\n", pdftest.Stream("/Type /XRef /Size 61 /Index ["+index+"] /W [1 4 1] /Root 7 0 R", rows(at)))
	table := len(out)
	out = append(out, "xref\n"...)
	for _, o := range listed {
		out = fmt.Appendf(out, "%d 1\n%010d 00000 n \n", o.Number, at[o.Number])
	}
	root := pdftest.Find(w, file, "/Catalog").Number
	return fmt.Appendf(out, "trailer\n<< /Size 61 /Root %d 0 R /Prev %d /XRefStm %d >>\nstartxref\n%d\n%%%%EOF\n", root, lastStartXRef(w, file), second, table)
}

func row(offset int) string {
	return string([]byte{1, byte(offset >> 24), byte(offset >> 16), byte(offset >> 8), byte(offset), 0})
}

// updateAttacks are what must not pass for an update of a program in wide use.
func updateAttacks() []attack {
	return []attack{
		{
			name: "the second table of a hybrid update lists another text of the page",
			file: func(w *fixture) []byte {
				return w.hybrid(w.signed, []pdftest.Object{{Number: 50, Body: "(nothing)"}}, func(at map[int]int) string { return row(at[4]) }, "4 1",
					pdftest.Object{Number: 4, Body: overlay})
			},
			want: "intact, then something else",
		},
		{
			name: "the two tables of a hybrid update list different texts of the page",
			file: func(w *fixture) []byte {
				text := pdftest.Find(w, w.signed, "(Lease)")
				return w.hybrid(w.signed, []pdftest.Object{text}, func(at map[int]int) string { return row(at[51]) }, fmt.Sprint(text.Number, " 1"),
					pdftest.Object{Number: 51, Body: overlay})
			},
			want: "intact, then something that could not be compared",
		},
		{
			name: "a hybrid update that names a second table outside it",
			file: func(w *fixture) []byte {
				return pdftest.UpdateWith(w, w.catalog(w.signed, "/DSS << >>"), fmt.Sprintf("/XRefStm %d", lastStartXRef(w, w.signed)), pdftest.Find(w, w.signed, "/Type /Page\n"))
			},
			want: "intact, then something else and validation data",
		},
		{
			name: "a table that names the second digit of an object's number",
			file: func(w *fixture) []byte {
				file := pdftest.Update(w, w.signed, pdftest.Object{Number: 54, Body: overlay})
				entry := fmt.Sprintf("54 1\n%010d", bytes.LastIndex(file, []byte("54 0 obj")))
				moved := fmt.Sprintf("4 1 \n%010d", bytes.LastIndex(file, []byte("54 0 obj"))+1)
				return replaceLast(w, file, entry, moved)
			},
			want: "intact, then something else",
		},
		{
			name: "the form gets a default font where a field has no appearance",
			file: func(w *fixture) []byte {
				return w.change(w.signedForm, "/Catalog", "/AcroForm << ", "/AcroForm << /DR << /Font << /Helv 5 0 R >> >> ")
			},
			want: "intact, then form fields",
		},
		{
			name: "a font of the form is replaced",
			file: func(w *fixture) []byte {
				form := w.change(w.signed, "/Catalog", "/AcroForm << ", "/AcroForm << /DR << /Font << /Helv 5 0 R >> >> ")
				return w.change(form, "/Catalog", "/Helv 5 0 R", "/Helv 3 0 R")
			},
			want: "intact, then form fields",
		},
		{
			name: "the form gets another font beside those that it has",
			file: func(w *fixture) []byte {
				form := w.change(w.signed, "/Catalog", "/AcroForm << ", "/AcroForm << /DR << /Font << /Helv 5 0 R >> >> ")
				return w.change(form, "/Catalog", "/Helv 5 0 R", "/Helv 5 0 R /ZaDb 5 0 R")
			},
			want: "intact, then nothing",
		},
		{
			name: "the output intent is replaced",
			file: func(w *fixture) []byte {
				before := w.catalog(w.plain, "/OutputIntents [<< /S /GTS_PDFA1 /Info (sRGB) >>]")
				return w.change(w.sign(before, ritaSlot, w.rita), "/Catalog", "(sRGB)", "(SWOP)")
			},
			want: "intact, then something else",
		},
		{
			name: "an output intent is added",
			file: func(w *fixture) []byte {
				return w.catalog(w.signed, "/OutputIntents [<< /S /GTS_PDFA1 /Info (sRGB) >>]")
			},
			want: "intact, then properties of the file",
		},
		{
			name: "the text of the page is packed otherwise",
			file: func(w *fixture) []byte {
				text := pdftest.Find(w, w.signed, "(Lease)")
				_, data, _ := strings.Cut(text.Body, "stream\n")
				data, _, _ = strings.Cut(data, "\nendstream")
				text.Body = pdftest.Stream("/Filter /FlateDecode", string(deflate([]byte(data))))
				return pdftest.Update(w, w.signed, text)
			},
			want: "intact, then nothing",
		},
		{
			name: "a packed text of the page is another one",
			file: func(w *fixture) []byte {
				text := pdftest.Find(w, w.signed, "(Lease)")
				_, data, _ := strings.Cut(text.Body, "stream\n")
				data, _, _ = strings.Cut(data, "\nendstream")
				text.Body = pdftest.Stream("/Filter /FlateDecode", string(deflate([]byte(strings.Replace(data, "Lease", "Least", 1)))))
				return pdftest.Update(w, w.signed, text)
			},
			want: "intact, then something else",
		},
		{
			name: "the mark of iText is something else",
			file: func(w *fixture) []byte { return w.page(w.signed, "/Contents", "/ITXT << /A 1 >> /Contents") },
			want: "intact, then something else",
		},
		{
			name: "an element of the structure tree gets another text for screen readers",
			file: func(w *fixture) []byte {
				return w.change(w.sign(w.tagged(), ritaSlot, w.rita), "/S /Document", "/S /Document", "/S /Document /ActualText (Least)")
			},
			want: "intact, then something else",
		},
		{
			name: "the structure tree gets an element that has content of the page",
			file: func(w *fixture) []byte {
				signed := w.sign(w.tagged(), ritaSlot, w.rita)
				tree := pdftest.Find(w, signed, "/S /Document").Replace(w, "/K []", "/K [80 0 R]")
				return pdftest.Update(w, signed, tree, pdftest.Object{Number: 80, Body: "<< /Type /StructElem /S /P /P 71 0 R /Pg 3 0 R /K 0 >>"})
			},
			want: "intact, then something else",
		},
		{
			name: "the structure tree gets an element whose text is another one than its signature",
			file: func(w *fixture) []byte {
				signed := w.sign(w.tagged(), ritaSlot, w.rita)
				widget := pdftest.Find(w, signed, "/T (Rita)").Number
				tree := pdftest.Find(w, signed, "/S /Document").Replace(w, "/K []", "/K [80 0 R]")
				return pdftest.Update(w, signed, tree, pdftest.Object{Number: 80, Body: fmt.Sprintf("<< /Type /StructElem /S /Form /P 71 0 R /ActualText (paid) /K << /Type /OBJR /Obj %d 0 R >> >>", widget)})
			},
			want: "intact, then something else",
		},
	}
}

// tagged returns plain with a structure tree of one element.
func (w *fixture) tagged() []byte {
	w.Helper()
	return w.catalog(w.plain, "/MarkInfo << /Marked true >> /StructTreeRoot 70 0 R",
		pdftest.Object{Number: 70, Body: "<< /Type /StructTreeRoot /K 71 0 R /ParentTree << /Nums [] >> /ParentTreeNextKey 0 >>"},
		pdftest.Object{Number: 71, Body: "<< /Type /StructElem /S /Document /P 70 0 R /K [] >>"})
}

// Some readers draw an appearance with a font of the form where it lacks its own.
func TestFontsOfTheFormThatAnAppearanceLacks(t *testing.T) {
	w := newFixture(t)
	font := pdftest.Object{Number: 84, Body: "<< /Type /Font /Subtype /Type1 /BaseFont /Courier >>"}
	for name, c := range map[string]struct{ resources, inner, want string }{
		"its own font":                 {"/Font << /Helv 84 0 R >>", "", "intact, then nothing"},
		"no font":                      {"", "", "intact, then form fields"},
		"another font":                 {"/Font << /Other 84 0 R >>", "", "intact, then form fields"},
		"no font in a part of it":      {"/Font << /Helv 84 0 R >> /XObject << /P 83 0 R >>", "/Resources << >>", "intact, then form fields"},
		"the font around a part of it": {"/Font << /Helv 84 0 R >> /XObject << /P 83 0 R >>", "", "intact, then nothing"},
	} {
		drawn := "BT /Helv 12 Tf (900) Tj ET"
		base := w.catalog(w.plain, "/AcroForm << /Fields [81 0 R] >>", font,
			pdftest.Object{Number: 81, Body: "<< /FT /Tx /Type /Annot /Subtype /Widget /Rect [0 0 90 20] /T (Rent) /V (900) /AP << /N 82 0 R >> >>"},
			pdftest.Object{Number: 82, Body: pdftest.Stream("/Type /XObject /Subtype /Form /BBox [0 0 90 20] /Resources << "+c.resources+" >>", drawn)},
			pdftest.Object{Number: 83, Body: pdftest.Stream("/Type /XObject /Subtype /Form /BBox [0 0 90 20] "+c.inner, drawn)})
		signed := w.sign(base, ritaSlot, w.rita)
		form := pdftest.Find(t, signed, "/Catalog").Replace(t, "/AcroForm << ", "/AcroForm << /DR << /Font << /Helv 95 0 R >> >> ")
		file := pdftest.Update(t, signed, form, pdftest.Object{Number: 95, Body: "<< /Type /Font /Subtype /Type1 /BaseFont /ZapfDingbats >>"})
		if got := summary(examine(t, file), nil); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

// The parser unpacks each of these to the same text, but another reader may not.
func TestPackedStreamsThatReadersUnpackDifferentlyAreNotTheSame(t *testing.T) {
	w := newFixture(t)
	text := pdftest.Find(t, w.signed, "(Lease)")
	_, data, _ := strings.Cut(text.Body, "stream\n")
	data, _, _ = strings.Cut(data, "\nendstream")
	packed := string(deflate([]byte(data)))
	var rows []byte
	for _, c := range []byte(data) {
		rows = append(rows, 0, c)
	}
	const same, unknown = "intact, then nothing", "intact, then something that could not be compared"
	for name, c := range map[string]struct{ entries, data, want string }{
		"packed":                   {"/Filter /FlateDecode", packed, same},
		"packed, in an array":      {"/Filter [/FlateDecode]", packed, same},
		"a predictor":              {"/Filter /FlateDecode /DecodeParms << /Predictor 12 /Columns 1 >>", string(deflate(rows)), unknown},
		"two filters":              {"/Filter [/ASCIIHexDecode /FlateDecode]", fmt.Sprintf("%x>", packed), unknown},
		"digits":                   {"/Filter /ASCIIHexDecode", fmt.Sprintf("%x>", data), unknown},
		"another stream behind it": {"/Filter /FlateDecode", packed + string(deflate([]byte("0 0 9 9 re f"))), unknown},
		"its end is missing":       {"/Filter /FlateDecode", packed[:len(packed)-4], unknown},
		"its sum is wrong":         {"/Filter /FlateDecode", packed[:len(packed)-1] + "!", "intact, then something else"},
		"another text":             {"/Filter /ASCIIHexDecode", fmt.Sprintf("%x>", strings.Replace(data, "Lease", "Least", 1)), "intact, then something else"},
	} {
		changed := pdftest.Object{Number: text.Number, Body: pdftest.Stream(c.entries, c.data)}
		if got := summary(examine(t, pdftest.Update(t, w.signed, changed)), nil); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestEqualValuesAreWrittenInDifferentWays(t *testing.T) {
	w := newFixture(t)
	base := w.catalog(w.plain, `/PieceInfo << /A (caf\351 (x)) /B 1.50 /C /Name /D true >>`)
	signed := w.sign(base, ritaSlot, w.rita)
	for written, want := range map[string]string{
		`/PieceInfo << /A <636166E920287829> /B 1.5 /C /#4eame /D true >>`:       "intact, then nothing",
		`/PieceInfo << /A (caf\351 \(x\)) /B +1.500 /C /Name /D true >>`:         "intact, then nothing",
		`/PieceInfo << /D true /C /Name /B 1.5 /A (ca\` + "\n" + `f\351 (x)) >>`: "intact, then nothing",
		`/PieceInfo << /A (caf\351 (x)\0) /B 1.5 /C /Name /D true >>`:            "intact, then something else",
		`/PieceInfo << /A (caf\35 (x)) /B 1.5 /C /Name /D true >>`:               "intact, then something else",
		`/PieceInfo << /A (cafe (x)) /B 1.5 /C /Name /D true >>`:                 "intact, then something else",
		`/PieceInfo << /A (caf\351 (x)) /B 1.51 /C /Name /D true >>`:             "intact, then something else",
		`/PieceInfo << /A (caf\351 (x)) /B 1.5 /C (Name) /D true >>`:             "intact, then something else",
		`/PieceInfo << /A (caf\351 (x)) /B 1.5 /C /name /D true >>`:              "intact, then something else",
		`/PieceInfo << /A /caf\351 /B 1.5 /C /Name /D true >>`:                   "intact, then something else",
	} {
		file := w.change(signed, "/Catalog", `/PieceInfo << /A (caf\351 (x)) /B 1.50 /C /Name /D true >>`, written)
		if got := summary(examine(t, file), nil); got != want {
			t.Errorf("%s: got %q, want %q", written, got, want)
		}
	}
}

// MuPDF writes the numbers of a page with single precision.
func TestBoxesThatWereRounded(t *testing.T) {
	w := newFixture(t)
	const box = "/CropBox [0 0 595.303937007874 841.889763779528] /X [0.303937007874]"
	signed := w.sign(w.page(w.plain, "/Contents", box+" /Contents"), ritaSlot, w.rita)
	for written, want := range map[string]string{
		"/CropBox [0 0 595.30398 841.8898] /X [0.303937007874]":           "intact, then nothing",
		"/CropBox [0.0 0 595.30394 842.0] /X [0.303937007874]":            "intact, then something else",
		"/CropBox [0 0 595.305 841.8898] /X [0.303937007874]":             "intact, then something else",
		"/CropBox [0 0.00001 595.30398 841.8898] /X [0.303937007874]":     "intact, then something else",
		"/CropBox [0 0 595.30398 841.8898 0] /X [0.303937007874]":         "intact, then something else",
		"/CropBox [0 0 595.303937007874 841.889763779528] /X [0.3039370]": "intact, then something else", // a color may depend on it
	} {
		if got := summary(examine(t, w.page(signed, box, written)), nil); got != want {
			t.Errorf("%s: got %q, want %q", written, got, want)
		}
	}
}

// Otherwise many updates could move the edge of a page, each by no more than rounding does.
func TestBoxesAreNotMovedLittleByLittle(t *testing.T) {
	w := newFixture(t)
	box := "/CropBox [0 0 595.3067 841.88]"
	file := w.sign(w.page(w.plain, "/Contents", box+" /Contents"), ritaSlot, w.rita)
	for _, next := range []string{"/CropBox [0 0 595.30675 841.88]", "/CropBox [0 0 595.3068 841.88]", "/CropBox [0 0 595.30685 841.88]"} {
		file, box = w.page(file, box, next), next
	}
	if got := summary(examine(t, file), nil); got != "intact, then something else" {
		t.Errorf("got %q", got)
	}
}

// The parser takes these for numbers; other readers read zero, or the digits before the letter.
func TestWordsAreNoNumbers(t *testing.T) {
	w := newFixture(t)
	const entries = "/CropBox [0 0 600 800] /Rotate 90"
	signed := w.sign(w.page(w.plain, "/Contents", entries+" /Contents"), ritaSlot, w.rita)
	for written, want := range map[string]string{
		"/CropBox [0 0 +600. 800.0] /Rotate 90":     "intact, then nothing",
		"/CropBox [0 0 6e2 800] /Rotate 90":         "intact, then something that could not be compared",
		"/CropBox [0 0 600 800] /Rotate 9e1":        "intact, then something that could not be compared",
		"/CropBox [0 0 0x258p0 800] /Rotate 90":     "intact, then something that could not be compared",
		"/CropBox [0 0 NaN 800] /Rotate 90":         "intact, then something else",
		"/CropBox [0 0 Inf 800] /Rotate 90":         "intact, then something else",
		"/CropBox [-infinity 0 600 800] /Rotate 90": "intact, then something else",
	} {
		if got := summary(examine(t, w.page(signed, entries, written)), nil); got != want {
			t.Errorf("%s: got %q, want %q", written, got, want)
		}
	}
}

func TestRoundingThatShows(t *testing.T) {
	w := newFixture(t)
	for before, after := range map[string]string{
		"/CropBox [1000000000 1000000000 1000000600 1000000800]": "/CropBox [1000000100 1000000100 1000000700 1000000900]",
		"/UserUnit 100000 /CropBox [9 9 9.006 9.008]":            "/UserUnit 100000 /CropBox [9.000001 9 9.006 9.008]",
	} {
		signed := w.sign(w.page(w.plain, "/Contents", before+" /Contents"), ritaSlot, w.rita)
		if got := summary(examine(t, w.page(signed, before, after)), nil); got != "intact, then something else" {
			t.Errorf("%s: got %q", after, got)
		}
	}
}

// A certifying signature needs an entry in the catalog. Usage rights are no signature, and stand for none.
func TestPermissionsThatWereAdded(t *testing.T) {
	w := newFixture(t)
	paul := pdftest.SignatureField{SubFilter: cades, Field: "Paul"}
	rights := pdftest.Object{Number: 97, Body: "<< /ByteRange [0 9 99 9] /Reference [<< /TransformMethod /UR3 >>] >>"}
	for entry, want := range map[string]string{
		fmt.Sprintf("/DocMDP %d 0 R", w.value(w.signed).Number):             "intact, then another signature; intact, whole",
		fmt.Sprintf("/DocMDP %d 0 R /UR3 97 0 R", w.value(w.signed).Number): "intact, then something else and another signature; intact, whole",
		"/UR3 97 0 R":    "intact, then something else and another signature; intact, whole",
		"/DocMDP 97 0 R": "intact, then something else and another signature; intact, whole; something hidden",
	} {
		more := []pdftest.Object{rights}
		if !strings.Contains(entry, "97") {
			more = nil
		}
		file := w.sign(w.catalog(w.signed, "/Perms << "+entry+" >>", more...), paul, w.rita)
		report, err := pdf.Examine(bytes.NewReader(file), int64(len(file)), pdf.Options{})
		if got := summary(report, err); got != want {
			t.Errorf("%s: got %q, want %q", entry, got, want)
		}
	}
}
