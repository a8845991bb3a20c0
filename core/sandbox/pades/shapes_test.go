package pades

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"countersign/core/pdf"
)

// signTwice signs a file, invisibly and then visibly, and fails unless package core/pdf, which shares no code with this one, finds that
// nothing was added but intact signatures.
func signTwice(t *testing.T, file []byte) (signed []byte) {
	t.Helper()
	_, signer := newSigner(t)
	signed = file
	for _, box := range []*Box{nil, {X: 10, Y: 100, Width: 120, Height: 40, Lines: []string{"Sample Signer"}}} {
		before := len(signed)
		data, err := signer.Sign(signed, Signature{Time: signingTime, Box: box})
		if err != nil {
			t.Fatal(err)
		}
		signed = data
		report, err := pdf.Examine(bytes.NewReader(signed), int64(len(signed)), pdf.Options{SinceOffset: int64(before)})
		if err != nil {
			t.Fatal(err)
		}
		last := report.Signatures[len(report.Signatures)-1]
		if !last.Intact() || !last.CoversWholeFile {
			t.Errorf("the new signature: %+v", last)
		}
		for _, change := range report.AppendedSince.Changes {
			if !slices.Contains([]pdf.Change{pdf.SignatureAdded, pdf.AppearanceAdded}, change) {
				t.Errorf("the signature is told as %q", report.AppendedSince.Changes)
			}
		}
	}
	return signed
}

// filesOfManyShapes are documents as programs write them. Each has one page and no signature.
func filesOfManyShapes() map[string][]byte {
	const (
		form   = "<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R>>"
		inForm = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Annots[4 0 R]>>"
		field  = `<</Type/Annot/Subtype/Widget/FT/Tx/T(Amount)/V(12 \(net\))/Rect[10 10 90 30]/F 4/DA(/Helv 0 Tf)>>`
		font   = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
	)
	plain := handMade(false, plainCatalog, onePage, plainPage)
	shapes := map[string][]byte{
		"classic":                plain,
		"stream":                 handMade(true, plainCatalog, onePage, plainPage),
		"something behind":       append(bytes.Clone(plain), "\r\n<!-- sent by a mail server -->\r\n"...),
		"padding behind":         append(bytes.Clone(plain), make([]byte, 500)...),
		"form with a type":       handMade(false, form, onePage, inForm, field, "<</Type/AcroForm/Fields[4 0 R]>>"),
		"resources by reference": handMade(false, form, onePage, inForm, field, "<</Fields[4 0 R]/DR 6 0 R/DA(/Helv 0 Tf 0 g)/NeedAppearances true>>", "<</Font<</Helv 7 0 R>>>>", font),
		"resources in the form":  handMade(false, form, onePage, inForm, field, "<</DR<</Font<</Helv 6 0 R>>>>/DA 7 0 R/Fields 8 0 R/SigFlags 1>>", font, "(/Helv 0 Tf 0 g)", "[4 0 R]"),
		"one array for both":     handMade(false, form, onePage, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Annots 6 0 R>>", field, "<</Fields 6 0 R>>", "[4 0 R]"),
		"no such annotations":    handMade(false, plainCatalog, onePage, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Annots null>>"),
		"link":                   handMade(false, plainCatalog, onePage, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Annots 4 0 R>>", "[5 0 R<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/Border[0 0 0]>>]", "<</Type/Annot/Subtype/Link/Rect[0 0 9 9]>>"),
		"inherited and rotated":  handMade(false, plainCatalog, "<</Type/Pages/Kids[3 0 R]/Count 1/Rotate 90/MediaBox[0 0 300.00 2.0E2]/Resources<</Font<</F1 4 0 R>>>>>>", "<</Type/Page/Parent 2 0 R>>", font),
		"count by reference":     handMade(false, plainCatalog, "<</Type/Pages/Kids 5 0 R/Count 4 0 R>>", plainPage, "1", "[3 0 R]"),
		"other ways of writing": handMade(false, "<</Type /Catalog % with a >> comment\r/Pages 2 0 R /Lang (es\\055ES) /PageLabels<</Nums[0<</P<feff0041>>>]>>\n/Info#72mation /A#20B /Zoom +001.50 /Big 4294967296123 >>",
			onePage, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300. 0200]/Tabs/S%]\n>>"),
		"nothing behind the catalog": handMade(false, "<<\n/Type /Catalog /Pages 2 0 R % last comment\n>>", onePage, plainPage),
		"object numbers with gaps":   bytes.Replace(handMade(false, plainCatalog, onePage, plainPage), []byte("/Size 4"), []byte("/Size 40"), 1),
		"packed":                     packed(false),
		"packed and predicted":       packed(true),
	}
	updated := append(bytes.Clone(plain), "\n4 0 obj\n(x)\nendobj\n"...)
	shapes["updated by a stream"] = updateByStream(updated, bytes.LastIndex(plain, []byte("xref\n0")), len(plain)+1)
	return shapes
}

// updateByStream appends to a file with a table an update whose cross-references, of object 4 at offset, are a stream.
func updateByStream(file []byte, previous, offset int) []byte {
	start := len(file)
	entries := []byte{1, byte(offset >> 8), byte(offset), 0, 1, byte(start >> 8), byte(start), 0}
	return fmt.Appendf(file, "5 0 obj\n<</Type/XRef/Size 6/Index[4 2]/W[1 2 1]/Root 1 0 R/Prev %d/Length 8>>\nstream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n",
		previous, entries, start)
}

// packed returns a file whose catalog, pages and page are in an object stream.
func packed(predicted bool) []byte {
	objects := []string{plainCatalog, onePage, plainPage}
	offsets, body := "", ""
	for i, o := range objects {
		offsets += fmt.Sprintf("%d %d ", i+1, len(body))
		body += o + " "
	}
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	at := b.Len()
	data := deflate([]byte(offsets + body))
	fmt.Fprintf(&b, "4 0 obj\n<</Type/ObjStm/N 3/First %d/Filter[/FlateDecode]/Length %d>>\nstream\r\n%s\nendstream\nendobj\n", len(offsets), len(data), data)
	start := b.Len()
	rows := [][]byte{{0, 0, 0, 0}, {2, 0, 4, 0}, {2, 0, 4, 1}, {2, 0, 4, 2}, {1, byte(at >> 8), byte(at), 0}, {1, byte(start >> 8), byte(start), 0}}
	table, parameters := slices.Concat(rows...), ""
	if predicted {
		table, parameters = nil, "/DecodeParms<</Predictor 12/Columns 4>>"
		above := make([]byte, 4)
		for _, row := range rows {
			table = append(table, 2)
			for i := range row {
				table = append(table, row[i]-above[i])
			}
			above = row
		}
	}
	table = deflate(table)
	fmt.Fprintf(&b, "5 0 obj\n<</Type/XRef/Size 6/W[1 2 1]/Root 1 0 R/ID[<01><01>]/Filter/FlateDecode%s/Length %d>>\nstream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n",
		parameters, len(table), table, start)
	return b.Bytes()
}

func TestFilesOfManyShapesAreSignedWithoutAWarning(t *testing.T) {
	t.Parallel()
	for name, file := range filesOfManyShapes() {
		t.Run(name, func(t *testing.T) {
			popplerFindsValid(t, signTwice(t, file), 2)
		})
	}
}

func TestFilesOfOtherProgramsAreSignedWithoutAWarning(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/sent/*.pdf")
	samples, _ := filepath.Glob("../../../assets/samples/*.pdf")
	if files = append(files, samples...); err != nil || len(files) < 9 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			file, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			signed := signTwice(t, file)
			report, err := pdf.Examine(bytes.NewReader(signed), int64(len(signed)), pdf.Options{})
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range report.Signatures {
				if !s.Intact() || s.Appended.MayAlterContent() || !s.Appended.Compared() {
					t.Errorf("%s: %+v", s.Field, s.Appended)
				}
			}
		})
	}
}

// The entries that do not change stay byte by byte as they were.
func TestWhatIsNotChangedStaysAsItIsWritten(t *testing.T) {
	t.Parallel()
	file := filesOfManyShapes()["other ways of writing"]
	update := string(signTwice(t, file)[len(file):])
	for _, text := range []string{
		"<</Type /Catalog % with a >> comment\r/Pages 2 0 R /Lang (es\\055ES) /PageLabels<</Nums[0<</P<feff0041>>>]>>\n/Info#72mation /A#20B /Zoom +001.50 /Big 4294967296123 ",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300. 0200]/Tabs/S%]\n",
	} {
		if !strings.Contains(update, text) {
			t.Errorf("the update does not have %q:\n%.400s", text, update)
		}
	}
}

// An array that is an object of its own stays one: the page and the form go on naming it.
func TestAnArrayStaysAnObject(t *testing.T) {
	t.Parallel()
	file := filesOfManyShapes()["one array for both"]
	update := string(signTwice(t, file)[len(file):])
	if !strings.Contains(update, "\n6 0 obj\n[4 0 R ") || strings.Contains(update, "/Annots") {
		t.Errorf("the update is:\n%.400s", update)
	}
}

// A hybrid file has its tags in objects that only the stream at /XRefStm lists.
func TestAHybridFileKeepsItsTags(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile("testdata/sent/hybrid-tagged.pdf")
	if err != nil {
		t.Fatal(err)
	}
	_, signer := newSigner(t)
	signed, err := signer.Sign(file, Signature{Time: signingTime})
	if err != nil {
		t.Fatal(err)
	}
	popplerFindsValid(t, signed, 1)
	after, err := parse(signed)
	if err != nil {
		t.Fatal(err)
	}
	tags := after.catalog.member("StructTreeRoot")
	if _, ok := tags.reference(); !ok || !after.resolve(tags).isDictionary() {
		t.Errorf("the tags are %q", tags)
	}
}

// Most programs that put something before the header count offsets from the header; some count from the first byte.
func TestTheHeaderMayStandBehindSomethingElse(t *testing.T) {
	t.Parallel()
	plain := handMade(false, plainCatalog, onePage, plainPage)
	junk := []byte("HTTP/1.1 200 OK\r\n\r\n")
	fromHeader := slices.Concat(junk, plain)
	fromStart := slices.Concat(junk, regexp.MustCompile(`\b\d{10} 00000 n|startxref\n\d+`).ReplaceAllFunc(plain, func(entry []byte) []byte {
		var offset int
		if _, err := fmt.Sscanf(string(entry), "startxref\n%d", &offset); err == nil {
			return fmt.Appendf(nil, "startxref\n%d", offset+len(junk))
		}
		_, _ = fmt.Sscanf(string(entry), "%d", &offset)
		return fmt.Appendf(nil, "%010d 00000 n", offset+len(junk))
	}))
	_, signer := newSigner(t)
	for name, file := range map[string][]byte{"header": fromHeader, "first byte": fromStart} {
		signed, err := signer.Sign(file, Signature{Time: signingTime})
		if err != nil {
			t.Fatal(name, err)
		}
		d, err := parse(signed)
		if err != nil || len(d.signatures) != 1 {
			t.Fatal(name, err)
		}
		popplerFindsValid(t, signed, 1)
	}
	if !IsPDF(fromHeader) || IsPDF(slices.Concat(make([]byte, 1024), plain)) {
		t.Error("the header is looked for in other bytes than the first 1,024")
	}
}

func TestEncryptedFilesAreRefused(t *testing.T) {
	t.Parallel()
	_, signer := newSigner(t)
	plain := handMade(false, plainCatalog, onePage, plainPage, "<</Filter/Standard/V 1/R 2/P -4/O<00>/U<00>>>")
	for _, entry := range []string{"/Encrypt 4 0 R", "/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<00>/U<00>>>"} {
		file := bytes.Replace(plain, []byte("/ID["), []byte(entry+"/ID["), 1)
		if _, err := signer.Sign(file, Signature{Time: signingTime}); !errors.Is(err, errEncrypted) {
			t.Errorf("%s: error %v", entry, err)
		}
	}
}
