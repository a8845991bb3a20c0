package pdf_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"countersign/core/pdf"
	"countersign/core/pdf/pdftest"
)

// Some programs put the field of a signature on the page and do not list it in the form.
func TestSignaturesThatAreOnlyOnAPageAreFound(t *testing.T) {
	w := newFixture(t)
	slot := pdftest.SignatureField{SubFilter: cades, Field: "Paul", Unlisted: true, Page: pdftest.Find(t, w.plain, "/Type /Page\n").Number}
	alone := w.sign(w.plain, slot, w.rita)
	second := w.sign(w.signed, slot, w.rita)
	rita := pdftest.Find(t, w.signed, "/T (Rita)")
	copied := pdftest.Object{Number: 90, Body: rita.Replace(t, "/Rect [0 0 0 0]", "/Rect [50 50 250 80]").Body}
	// Paul signs after a picture was put on the page as the field of a signature that is none.
	picture := func(value string, more ...pdftest.Object) []byte {
		picture := pdftest.Object{Number: 93, Body: fmt.Sprintf("<< /FT /Sig /Type /Annot /Subtype /Widget /T (Ann) /Rect [0 0 600 800] /AP << /N 94 0 R >> /V %s >>", value)}
		file := w.page(w.signed, "/Contents", "/Annots [93 0 R] /Contents", append(more, picture, pdftest.Object{Number: 94, Body: overlay})...)
		return w.sign(file, pdftest.SignatureField{SubFilter: cades, Field: "Paul"}, w.rita)
	}
	// The field in the form has the same value.
	paul := pdftest.Find(t, w.sign(w.signed, pdftest.SignatureField{SubFilter: cades, Field: "Paul"}, w.rita), "/T (Paul)").Number
	another := pdftest.SignatureField{SubFilter: cades, Field: "Paul", More: []pdftest.Object{
		{Number: 93, Body: fmt.Sprintf("<< /FT /Sig /Type /Annot /Subtype /Widget /T (Ann) /Rect [0 0 600 800] /AP << /N 94 0 R >> /V %d 0 R >>", paul-1)},
		{Number: 94, Body: overlay},
		pdftest.Find(t, w.signed, "/Type /Page\n").Replace(t, "/Contents", "/Annots [93 0 R] /Contents"),
	}}
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"a picture with the value of another field": {w.sign(w.signed, another, w.rita), "intact, then something else and annotations and another signature; intact, whole"},
		"a picture with a stream": {
			picture("95 0 R", pdftest.Object{Number: 95, Body: pdftest.Stream("/Type /Sig /ByteRange [0 9 99 9]", "")}),
			"intact, then annotations and another signature; intact, whole; something hidden",
		},
		"the only signature":              {alone, "intact, whole"},
		"then validation data":            {w.catalog(alone, "/DSS << >>"), "intact, then validation data"},
		"then another text":               {w.change(alone, "(Lease)", "(Lease)", "(Least)"), "intact, then something else"},
		"a second one":                    {second, "intact, then another signature; intact, whole"},
		"a second one, then another text": {w.change(second, "(Lease)", "(Lease)", "(Least)"), "intact, then something else and another signature; intact, then something else"},
		"a second one that is broken":     {replace(t, second, "/Producer", "/Produced"), "the document was changed after it was signed; the document was changed after it was signed, whole"},
		"taken off the page again":        {w.page(alone, "/Annots", "/Annoys"), "no signature; something hidden"},
		"the field of an earlier one":     {w.page(w.signed, "/Contents", "/Annots [90 0 R] /Contents", copied), "intact, then something else and annotations"},
		"a copy of an earlier one": {
			w.page(w.signed, "/Contents", "/Annots [90 0 R] /Contents", pdftest.Object{Number: 90, Body: copied.Replace(t, fmt.Sprintf("/V %d 0 R", w.value(w.signed).Number), "/V 91 0 R").Body}, pdftest.Object{Number: 91, Body: w.value(w.signed).Body}),
			"intact, then something else and a picture of a signature and another signature; the signature leaves out a value that is not its own",
		},
		"a picture without a signature": {picture("<< /Type /Sig >>"), "intact, then something else and annotations and another signature; intact, whole"},
		"a picture with an earlier one": {picture(fmt.Sprintf("%d 0 R", w.value(w.signed).Number)), "intact, then something else and annotations and another signature; intact, whole"},
		"a picture with a hidden range": {
			picture("95 0 R", pdftest.Object{Number: 95, Body: "<< /Type /Sig /Byte#52ange [0 9 99 9] /Contents <00> >>"}),
			"intact, then something else and annotations and another signature; intact, whole",
		},
		"a picture with a wrong range": {
			picture("95 0 R", pdftest.Object{Number: 95, Body: "<< /Type /Sig /ByteRange [0 9 99 9] /Contents <00> >>"}),
			"the signature leaves out more or less of the file than itself; intact, then something else and a picture of a signature and another signature; intact, whole",
		},
	} {
		report, err := pdf.Examine(bytes.NewReader(c.file), int64(len(c.file)), pdf.Options{})
		if got := summary(report, err); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

// Otherwise a field with a byte range that is not counted would stand for the signature that was removed.
func TestAnEscapedByteRangeHidesNoOther(t *testing.T) {
	w := newFixture(t)
	field := pdftest.Object{Number: 95, Body: "<< /FT /Sig /T (Ann) /V << /Type /Sig /Byte#52ange [0 9 99 9] /Contents <00> >> >>"}
	file := pdftest.Update(t, w.signed, field, pdftest.Find(t, w.signed, "/Catalog").Replace(t, "/Fields [", "/Fields [95 0 R] /Former ["))
	report, err := pdf.Examine(bytes.NewReader(file), int64(len(file)), pdf.Options{})
	if err != nil || len(report.Signatures) != 1 || report.OrphanedByteRanges != 1 {
		t.Errorf("got %s", summary(report, err))
	}
}

// Otherwise usage rights with a byte range that is not counted would hide a field that is only on a page, which is looked for when there
// is one that belongs to nothing.
func TestUsageRightsHideNoOtherByteRange(t *testing.T) {
	w := newFixture(t)
	const rights = "<< /Type /Sig /Byte#52ange [0 9 99 9] /Contents <00> >>"
	picture := []pdftest.Object{
		{Number: 93, Body: "<< /FT /Sig /Type /Annot /Subtype /Widget /T (Ann) /Rect [0 0 600 800] /AP << /N 94 0 R >> /V 95 0 R >>"},
		{Number: 94, Body: overlay},
		{Number: 95, Body: "<< /Type /Sig /ByteRange [0 9 99 9] /Contents <00> >>"},
	}
	for name, file := range map[string][]byte{
		"in the catalog":     w.catalog(w.signed, "/Perms << /UR3 "+rights+" >>"),
		"in the permissions": w.catalog(w.signed, "/Perms 97 0 R", pdftest.Object{Number: 97, Body: "<< /UR3 " + rights + " >>"}),
		"in an object":       w.catalog(w.signed, "/Perms << /UR3 97 0 R >>", pdftest.Object{Number: 97, Body: rights}),
	} {
		file = w.page(file, "/Contents", "/Annots [93 0 R] /Contents", picture...)
		report, err := pdf.Examine(bytes.NewReader(file), int64(len(file)), pdf.Options{})
		if err != nil || len(report.Signatures) != 2 {
			t.Errorf("%s: got %s", name, summary(report, err))
		}
	}
	packed := &xrefStreamFile{}
	packed.revision(map[int]string{6: "<< /Type /Sig /ByteRange [0 9 99 9] /Contents <00> >>"}, map[int]string{
		1: "<< /Type /Catalog /Pages 2 0 R /Perms << /UR3 5 0 R >> >>", 2: "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		3: "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>", 5: rights,
	}, "")
	report, err := pdf.Examine(bytes.NewReader(packed.file), int64(len(packed.file)), pdf.Options{})
	if err != nil || report.OrphanedByteRanges != 1 {
		t.Errorf("in an object stream: got %s", summary(report, err))
	}
}

// Otherwise a small file could have the program read many times as much.
func TestFieldsOnPagesAreReadToTheirEnd(t *testing.T) {
	w := newFixture(t)
	const count, padding = 200, 1 << 20
	var list string
	var objects []pdftest.Object
	for n := 100; n < 100+count; n++ {
		list += fmt.Sprintf("%d 0 R ", n)
		objects = append(objects, pdftest.Object{Number: n, Body: "<< /FT /Sig /Type /Annot /Subtype /Widget /T (Ann) /V << /ByteRange [0 9 99 9] >> >>"})
	}
	objects = append(objects, pdftest.Object{Number: 100 + count, Body: pdftest.Stream("", strings.Repeat("x", padding))})
	file := &countingReader{Reader: bytes.NewReader(w.page(w.signed, "/Contents", "/Annots ["+list+"] /Contents", objects...))}
	report, err := pdf.Examine(file, file.Size(), pdf.Options{})
	if err != nil || len(report.Signatures) != 1+count {
		t.Errorf("got %s", summary(report, err))
	}
	if file.read > 50*padding {
		t.Errorf("%d bytes of %d were read", file.read, file.Size())
	}
}
