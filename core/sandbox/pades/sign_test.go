package pades

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/digitorus/pkcs7"
)

var signingTime = time.Date(2026, 5, 4, 9, 30, 0, 0, time.UTC)

// newSigner returns a signer named "Sample Signer", and the authority that issued its certificate.
func newSigner(t *testing.T) (*Authority, *Signer) {
	t.Helper()
	data, err := NewAuthority(signingTime)
	if err != nil {
		t.Fatal(err)
	}
	a, err := ParseAuthority(data)
	if err != nil {
		t.Fatal(err)
	}
	s, err := a.Issue(Subject{Name: "Sample Signer", Country: "ES", Number: "00000000T"}, signingTime)
	if err != nil {
		t.Fatal(err)
	}
	return a, s
}

// handMade returns a PDF of the given objects, which are numbered from 1. The first is the catalog. The cross-references are a table,
// or, if stream is true, a stream that is the object behind the last one.
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
	fmt.Fprintf(&b, "startxref\n%d\n%%%%EOF", start) // without a line break, so that the update must begin with one
	return b.Bytes()
}

const (
	plainCatalog = "<</Type/Catalog/Pages 2 0 R>>"
	onePage      = "<</Type/Pages/Kids[3 0 R]/Count 1>>"
	plainPage    = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]>>"
)

func TestSignaturesFitTheFileTheyAreAddedTo(t *testing.T) {
	t.Parallel()
	textField := "<</Type/Annot/Subtype/Widget/FT/Tx/T(Amount)/V(12 \\(net\\))/Rect[10 10 90 30]/F 4>>"
	for name, file := range map[string][]byte{
		"table":              handMade(false, plainCatalog, onePage, plainPage),
		"stream":             handMade(true, plainCatalog, onePage, plainPage),
		"form in an object":  handMade(false, "<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R>>", onePage, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Annots[4 0 R]>>", textField, "<</Fields[4 0 R]/DA(/Helv 0 Tf)>>"),
		"form in catalog":    handMade(true, "<</Type/Catalog/Lang(es-ES)/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>", onePage, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Annots 5 0 R>>", textField, "[4 0 R]"),
		"fields in an array": handMade(false, "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields 5 0 R>>>>", onePage, plainPage, textField, "[4 0 R]"),
	} {
		t.Run(name, func(t *testing.T) {
			_, signer := newSigner(t)
			before, err := parse(file)
			if err != nil {
				t.Fatal(err)
			}
			data := file
			for n := range 3 {
				s := Signature{Time: signingTime, Reason: "Año (nuevo)"}
				if n == 1 {
					s.Box = &Box{X: 10, Y: 100, Width: 120, Height: 40, Lines: []string{"Firmado: Peña (1)"}}
				}
				signed, err := signer.Sign(data, s)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.HasPrefix(signed, data) {
					t.Fatal("the bytes before the signature changed")
				}
				data = signed
			}
			after, err := parse(data)
			if err != nil {
				t.Fatal(err)
			}
			for field := range before.fields {
				if !after.fields[field] {
					t.Errorf("the field %q is missing", field)
				}
			}
			if len(after.fields) != len(before.fields)+3 {
				t.Errorf("fields %v", after.fields)
			}
			if before.stream != after.stream {
				t.Error("the kind of the cross-references changed")
			}
			popplerFindsValid(t, data, 3)
		})
	}
}

// popplerFindsValid fails unless pdfsig, which shares no code with this package, finds that many valid signatures and that exactly
// one of them covers the whole file.
func popplerFindsValid(t *testing.T, data []byte, signatures int) {
	t.Helper()
	if runtime.GOOS == "windows" {
		return // it is asked on other systems
	}
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
	t.Parallel()
	a, signer := newSigner(t)
	signed, err := signer.Sign(handMade(false, plainCatalog, onePage, plainPage), Signature{Time: signingTime})
	if err != nil {
		t.Fatal(err)
	}
	f, err := parse(signed)
	if err != nil {
		t.Fatal(err)
	}
	dictionary := f.signatures[0]
	if got := f.get(dictionary, "SubFilter").name(); got != "ETSI.CAdES.detached" {
		t.Errorf("subfilter %q", got)
	}
	if got := Signatures(signed); len(got) != 1 || got[0].Signer != "Sample Signer" || !got[0].Time.Equal(signingTime) {
		t.Errorf("signatures found: %v", got)
	}
	if got := f.get(dictionary, "M").text(); got != "D:20260504093000+00'00'" {
		t.Errorf("time %q", got)
	}
	p7, err := pkcs7.Parse(f.get(dictionary, "Contents").bytes())
	if err != nil {
		t.Fatal(err)
	}
	r := f.items(dictionary, "ByteRange")
	from, _ := r[1].integer()
	to, _ := r[2].integer()
	length, _ := r[3].integer()
	p7.Content = append(bytes.Clone(signed[:from]), signed[to:to+length]...)
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
		t.Error("a changed document still verifies")
	}
}

func TestFilesThatMustNotBeSigned(t *testing.T) {
	t.Parallel()
	_, signer := newSigner(t)
	loop := "<</Kids[4 0 R 4 0 R]/T(x)>>"
	certified := "<</FT/Sig/T(c)/V<</Type/Sig/Reference[<</TransformMethod/DocMDP/TransformParams<</P 1>>>>]>>>>"
	fieldX := handMade(false, "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>", onePage, plainPage, "<</FT/Tx/T(x)>>")
	for name, c := range map[string]struct {
		file   []byte
		wanted Signature
		want   error
	}{
		"empty":                      {nil, Signature{}, errNotPDF},
		"header alone":               {[]byte("%PDF-1.7"), Signature{}, errNotPDF},
		"no pages":                   {handMade(false, "<</Type/Catalog>>"), Signature{}, errNotPDF},
		"wrong start":                {bytes.Replace(handMade(false, plainCatalog, onePage, plainPage), []byte("startxref\n"), []byte("startxref\n9"), 1), Signature{}, errNotPDF},
		"fields in a loop":           {handMade(false, "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>", onePage, plainPage, loop), Signature{}, errNotPDF},
		"certified against changing": {handMade(false, "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>", onePage, plainPage, certified), Signature{}, errCertified},
		"field name in use":          {fieldX, Signature{Field: "x"}, errFieldInUse},
		"page behind the last":       {fieldX, Signature{Box: &Box{Page: 2, Width: 100, Height: 50}}, errNoSuchPage},
	} {
		t.Run(name, func(t *testing.T) {
			if signed, err := signer.Sign(c.file, c.wanted); !errors.Is(err, c.want) || signed != nil {
				t.Errorf("error %v, want %v", err, c.want)
			}
		})
	}
}

func TestCheckContinuationRefusesOtherFiles(t *testing.T) {
	t.Parallel()
	_, signer := newSigner(t)
	original := handMade(false, plainCatalog, onePage, plainPage)
	before, err := parse(original)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(original, Signature{Time: signingTime})
	if err != nil {
		t.Fatal(err)
	}
	changed := bytes.Replace(signed, []byte("%PDF-1.7"), []byte("%PDF-1.6"), 1)
	for name, file := range map[string][]byte{"changed": changed, "unsigned": append(bytes.Clone(original), '\n'), "the same": original} {
		if checkContinuation(original, file, before) == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func FuzzParsePDF(f *testing.F) {
	f.Add(handMade(false, plainCatalog, onePage, plainPage))
	f.Add(handMade(true, plainCatalog, onePage, plainPage))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := parse(data)
		if (file == nil) == (err == nil) {
			t.Error("want a document or an error, not both or neither")
		}
		Signatures(data)
	})
}

func TestSignaturesThatSayLittle(t *testing.T) {
	t.Parallel()
	file := handMade(false, "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R 5 0 R]>>>>", onePage, plainPage,
		"<</FT/Sig/T(a)/V<</Type/Sig/Name(Somebody)/M(yesterday)>>>>", "<</FT/Sig/T(b)/V<</Type/Sig>>>>")
	want := []Found{{Signer: "Somebody"}, {}}
	if got := Signatures(file); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := Signatures([]byte("%PDF-1.7")); got != nil {
		t.Errorf("a damaged file has the signatures %v", got)
	}
}

func TestEverythingSaysThatItIsForPractice(t *testing.T) {
	t.Parallel()
	a, signer := newSigner(t)
	for _, c := range []*x509.Certificate{a.Certificate(), signer.certificate} {
		if !slices.Contains(c.Subject.Organization, noLegalValue) {
			t.Errorf("the certificate of %q does not", c.Subject.CommonName)
		}
	}
	original := handMade(false, plainCatalog, onePage, plainPage)
	box := &Box{Width: 200, Height: 50, Lines: []string{"Approved"}}
	signed, err := signer.Sign(original, Signature{Time: signingTime, Box: box})
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"Approved", noLegalValue} {
		if !bytes.Contains(signed[len(original):], fmt.Appendf(nil, "<%x> Tj", line)) {
			t.Errorf("the visible signature does not show %q", line)
		}
	}
	if len(box.Lines) != 1 {
		t.Errorf("the caller's lines became %q", box.Lines)
	}
}

func TestParseAuthorityRefusesWhatIsNone(t *testing.T) {
	t.Parallel()
	good, err := NewAuthority(signingTime)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(good, []byte("-----BEGIN PRIVATE KEY"))
	certificate, key := good[:at], good[at:]
	for name, data := range map[string][]byte{
		"nothing": nil, "a certificate alone": certificate, "a key alone": key, "the wrong order": slices.Concat(key, certificate),
		"a broken key": slices.Concat(certificate, []byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")),
	} {
		if a, err := ParseAuthority(data); err == nil || a != nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
