package sandbox

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/digitorus/pkcs7"
)

var signingTime = time.Date(2026, 5, 4, 9, 30, 0, 0, time.UTC)

func practiceIdentity(t *testing.T) (*authority, *identity) {
	t.Helper()
	data, err := newAuthority(signingTime)
	if err != nil {
		t.Fatal(err)
	}
	a, err := parseAuthority(data)
	if err != nil {
		t.Fatal(err)
	}
	id, err := a.issue(person(SampleSigner), signingTime)
	if err != nil {
		t.Fatal(err)
	}
	return a, id
}

// handMade builds a PDF of the given objects, numbered from 1, the first of them the catalog. Its
// cross-references are a table, or a stream with one number more.
func handMade(stream bool, objects ...string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	offsets := []int{0}
	for i, o := range objects {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	start, size := b.Len(), len(offsets)
	if !stream {
		fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f\r\n", size)
		for _, o := range offsets[1:] {
			fmt.Fprintf(&b, "%010d 00000 n\r\n", o)
		}
		fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R/ID[<01><01>]>>\n", size)
	} else {
		table := []byte{0, 0, 0, 0}
		for _, o := range append(offsets[1:], start) {
			table = append(table, 1, byte(o>>8), byte(o), 0)
		}
		fmt.Fprintf(&b, "%d 0 obj\n<</Type/XRef/Size %d/W[1 2 1]/Root 1 0 R/Length %d>>\nstream\n%s\nendstream\nendobj\n", size, size+1, len(table), table)
	}
	fmt.Fprintf(&b, "startxref\n%d\n%%%%EOF", start) // no end of line: an update must begin with one
	return b.Bytes()
}

const (
	plainCatalog = "<</Type/Catalog/Pages 2 0 R>>"
	onePage      = "<</Type/Pages/Kids[3 0 R]/Count 1>>"
	plainPage    = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]>>"
)

func TestSignaturesFitTheFileTheyAreAddedTo(t *testing.T) {
	textField := "<</Type/Annot/Subtype/Widget/FT/Tx/T(Amount)/V(12 \\(net\\))/Rect[10 10 90 30]/F 4>>"
	for name, file := range map[string][]byte{
		"table":              handMade(false, plainCatalog, onePage, plainPage),
		"stream":             handMade(true, plainCatalog, onePage, plainPage),
		"form in an object":  handMade(false, "<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R>>", onePage, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Annots[4 0 R]>>", textField, "<</Fields[4 0 R]/DA(/Helv 0 Tf)>>"),
		"form in catalog":    handMade(true, "<</Type/Catalog/Lang(es-ES)/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>", onePage, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Annots 5 0 R>>", textField, "[4 0 R]"),
		"fields in an array": handMade(false, "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields 5 0 R>>>>", onePage, plainPage, textField, "[4 0 R]"),
	} {
		t.Run(name, func(t *testing.T) {
			_, id := practiceIdentity(t)
			before, err := parsePDF(file)
			if err != nil {
				t.Fatal(err)
			}
			data := file
			for n := range 3 {
				s := signature{At: signingTime, Reason: "Año (nuevo)"}
				if n == 1 {
					s.Box = &signatureBox{X: 10, Y: 100, Width: 120, Height: 40, Lines: []string{"Firmado: Peña (1)"}}
				}
				signed, err := signPDF(data, s, id)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.HasPrefix(signed, data) {
					t.Fatal("the bytes before the signature changed")
				}
				data = signed
			}
			after, err := parsePDF(data)
			if err != nil {
				t.Fatal(err)
			}
			for field := range before.fields {
				if !after.fields[field] {
					t.Errorf("the field %q is lost", field)
				}
			}
			if len(after.fields) != len(before.fields)+3 {
				t.Errorf("fields %v", after.fields)
			}
			if before.stream != after.stream {
				t.Error("the cross-references changed their kind")
			}
			popplerFindsValid(t, data, 3)
		})
	}
}

// popplerFindsValid asks poppler, which shares no code with this package.
func popplerFindsValid(t *testing.T, data []byte, signatures int) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "signed.pdf")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	report, err := exec.Command("pdfsig", "-nocert", file).CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		t.Fatal("pdfsig is needed to check signatures: install poppler-utils")
	}
	if n := bytes.Count(report, []byte("Signature is Valid.")); n != signatures || bytes.Count(report, []byte("Total document signed")) != 1 {
		t.Errorf("%d valid signatures, want %d:\n%s", n, signatures, report)
	}
}

func TestTheSignatureIsPAdESBaseline(t *testing.T) {
	a, id := practiceIdentity(t)
	signed, err := signPDF(handMade(false, plainCatalog, onePage, plainPage), signature{At: signingTime}, id)
	if err != nil {
		t.Fatal(err)
	}
	f, err := parsePDF(signed)
	if err != nil {
		t.Fatal(err)
	}
	dictionary := f.signatures[0]
	if got := dictionary.Key("SubFilter").Name(); got != "ETSI.CAdES.detached" {
		t.Errorf("subfilter %q", got)
	}
	if got := dictionary.Key("M").Text(); got != "D:20260504093000+00'00'" {
		t.Errorf("time %q", got)
	}
	p7, err := pkcs7.Parse([]byte(dictionary.Key("Contents").RawString()))
	if err != nil {
		t.Fatal(err)
	}
	r := dictionary.Key("ByteRange")
	from, to := r.Index(1).Int64(), r.Index(2).Int64()
	p7.Content = append(bytes.Clone(signed[:from]), signed[to:to+r.Index(3).Int64()]...)
	roots := x509.NewCertPool()
	roots.AddCert(a.certificate)
	if err := p7.VerifyWithChainAtTime(roots, signingTime); err != nil {
		t.Error(err)
	}
	var reference essSigningCertificateV2
	if err := p7.UnmarshalSignedAttribute(oidSigningCertificateV2, &reference); err != nil {
		t.Error("no signing-certificate-v2:", err)
	}
	var at asn1.RawValue
	if p7.UnmarshalSignedAttribute(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 5}, &at) == nil {
		t.Error("PAdES forbids the signing-time attribute")
	}
	p7.Content[10] ^= 1
	if p7.VerifyWithChainAtTime(roots, signingTime) == nil {
		t.Error("a changed document is still found intact")
	}
}

func TestFilesThatMustNotBeSigned(t *testing.T) {
	_, id := practiceIdentity(t)
	loop := "<</Kids[4 0 R 4 0 R]/T(x)>>"
	certified := "<</FT/Sig/T(c)/V<</Type/Sig/Reference[<</TransformMethod/DocMDP/TransformParams<</P 1>>>>]>>>>"
	for name, c := range map[string]struct {
		file []byte
		want error
	}{
		"empty":                      {nil, errNotPDF},
		"header alone":               {[]byte("%PDF-1.7"), errNotPDF},
		"no pages":                   {handMade(false, "<</Type/Catalog>>"), errNotPDF},
		"wrong start":                {bytes.Replace(handMade(false, plainCatalog, onePage, plainPage), []byte("startxref\n"), []byte("startxref\n9"), 1), errNotPDF},
		"fields in a circle":         {handMade(false, "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>", onePage, plainPage, loop), errNotPDF},
		"certified against changing": {handMade(false, "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>", onePage, plainPage, certified), errCertified},
	} {
		t.Run(name, func(t *testing.T) {
			if signed, err := signPDF(c.file, signature{At: signingTime}, id); !errors.Is(err, c.want) || signed != nil {
				t.Errorf("error %v, want %v", err, c.want)
			}
		})
	}
}

func TestAFileThatIsNoContinuationIsRefused(t *testing.T) {
	_, id := practiceIdentity(t)
	original := handMade(false, plainCatalog, onePage, plainPage)
	before, err := parsePDF(original)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signPDF(original, signature{At: signingTime}, id)
	if err != nil {
		t.Fatal(err)
	}
	changed := bytes.Replace(signed, []byte("%PDF-1.7"), []byte("%PDF-1.6"), 1)
	for name, file := range map[string][]byte{"changed": changed, "unsigned": append(bytes.Clone(original), '\n'), "the same": original} {
		if checkContinuation(original, file, before) == nil {
			t.Errorf("%s: taken for a continuation", name)
		}
	}
}

func FuzzParsePDF(f *testing.F) {
	f.Add(handMade(false, plainCatalog, onePage, plainPage))
	f.Add(handMade(true, plainCatalog, onePage, plainPage))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := parsePDF(data)
		if (file == nil) == (err == nil) {
			t.Error("neither a file nor an error")
		}
		signaturesIn(data)
	})
}

func TestLabelsAreNeverPaths(t *testing.T) {
	for name, want := range map[string]string{
		"contract.pdf": "contract.pdf", `C:\docs\a.pdf`: "a.pdf", "../../etc/passwd": "passwd", "": "document.pdf",
		"..": "document.pdf", "a\r\nb.pdf": "ab.pdf", "/": "document.pdf", strings.Repeat("ñ", 300): strings.Repeat("ñ", 200),
	} {
		if got := label(name); got != want {
			t.Errorf("label(%q) is %q, want %q", name, got, want)
		}
	}
}
