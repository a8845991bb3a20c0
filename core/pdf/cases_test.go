package pdf_test

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"countersign/core/pdf"
	"countersign/core/pdf/pdftest"
)

// Each file is of a kind that much-used signing software writes. See testdata/README.md.
func TestFilesOfOtherPrograms(t *testing.T) {
	for name, want := range map[string]pdf.Signature{
		"01-negative-serial":          {Field: "Signature1", Signer: "Signer negativeserial"},
		"02-large-public-exponent":    {Field: "Signature1", Signer: "Signer bigexponent"},
		"03-brainpool":                {Field: "Signature1", Signer: "Signer brainpool"},
		"04-type-twice":               {Field: "Signature1", Signer: "Signer plain"},
		"05-two-fields-one-signature": {Field: "Signature1", Signer: "Signer plain", Fields: []string{"Signature1", "Signature1b"}},
		"06-widget-apart":             {Field: "Signature1", Signer: "Signer plain"},
	} {
		t.Run(name, func(t *testing.T) {
			file := caseFile(t, name)
			report := examine(t, file)
			if len(report.Signatures) != 1 || len(report.UnsignedFields) > 0 || report.OrphanedByteRanges > 0 {
				t.Fatalf("got %+v", report)
			}
			got := report.Signatures[0]
			accepted(t, got)
			if got.Field != want.Field || got.Signer != want.Signer || !slices.Equal(got.Fields, want.Fields) || got.Weak != "" || got.Trusted {
				t.Errorf("got %+v", got)
			}
			changed := bytes.Replace(file, []byte("900 a month"), []byte("901 a month"), 1)
			if again := only(t, changed); again.State != pdf.Broken || again.Signer != want.Signer {
				t.Errorf("after a change: %s, signed by %q", again.State, again.Signer)
			}
		})
	}
}

func TestUsageRightsAreNoLostSignature(t *testing.T) {
	report := examine(t, caseFile(t, "30-usage-rights"))
	if len(report.Signatures) > 0 || report.OrphanedByteRanges > 0 {
		t.Errorf("got %+v", report)
	}
}

func TestAWidgetIsNoFieldOfItsOwn(t *testing.T) {
	file := pdftest.Plain(t, "Lease")
	file = pdftest.Update(t, file, pdftest.Find(t, file, "/Catalog").Replace(t, "/Pages", "/AcroForm << /Fields [40 0 R] >> /Pages"),
		pdftest.Object{Number: 40, Body: "<< /FT /Sig /T (top) /Kids [41 0 R 42 0 R] >>"},
		pdftest.Object{Number: 41, Body: "<< /Type /Annot /Subtype /Widget /Parent 40 0 R /Rect [0 0 0 0] >>"},
		pdftest.Object{Number: 42, Body: "<< /Type /Annot /Subtype /Widget /Parent 40 0 R /Rect [0 0 9 9] >>"})
	if got := examine(t, file); !slices.Equal(got.UnsignedFields, []string{"top"}) {
		t.Errorf("unsigned fields %q, want one", got.UnsignedFields)
	}
	if names, err := pdf.SignatureFields(bytes.NewReader(file), int64(len(file))); err != nil || !slices.Equal(names, []string{"top"}) {
		t.Errorf("got %q, %v", names, err)
	}
}

func TestFieldsAreNamedWhetherSignedOrNot(t *testing.T) {
	plain := pdftest.Plain(t, "Lease")
	signed := pdftest.Sign(t, plain, "Ana")
	for _, c := range []struct {
		file []byte
		want int
	}{{plain, 0}, {signed, 1}, {pdftest.Sign(t, signed, "Bob"), 2}} {
		if names, err := pdf.SignatureFields(bytes.NewReader(c.file), int64(len(c.file))); err != nil || len(names) != c.want {
			t.Errorf("got %q, %v, want %d", names, err, c.want)
		}
	}
	if _, err := pdf.SignatureFields(strings.NewReader("no PDF"), 6); !errors.Is(err, pdf.ErrNotPDF) {
		t.Errorf("got %v", err)
	}
}

func caseFile(t *testing.T, name string) []byte {
	t.Helper()
	file, err := os.ReadFile("testdata/cases/" + name + ".pdf")
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// Acrobat's self-made identities, and a root in wide use, have negative serial numbers.
func TestANegativeSerialNumberCanBeTrusted(t *testing.T) {
	file := caseFile(t, "01-negative-serial")
	anchors := pdftest.AnchorsOf(only(t, file).Certificates[0].Standard)
	report, err := pdf.Examine(bytes.NewReader(file), int64(len(file)), pdf.Options{Anchors: anchors})
	if err != nil || !report.Signatures[0].Trusted {
		t.Errorf("got %+v, %v", report.Signatures, err)
	}
}
