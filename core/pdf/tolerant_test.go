package pdf_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"countersign/core/pdf"
	"countersign/core/pdf/pdftest"
)

// onePage returns the objects of a document with one page.
func onePage() map[int]string {
	return map[int]string{
		1: "<<\n/Type /Catalog /Pages 2 0 R\n>>", // as pdftest finds it
		2: "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		3: "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << >> >>",
		4: pdftest.Stream("", "0 0 9 9 re f"),
	}
}

// assemble returns a file of those objects. The offsets in it count from base bytes before its first byte.
func assemble(objects map[int]string, base int) []byte {
	out := []byte("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	var rows []byte
	for _, number := range slices.Sorted(maps.Keys(objects)) {
		rows = fmt.Appendf(rows, "%d 1\n%010d 00000 n \n", number, base+len(out))
		out = fmt.Appendf(out, "%d 0 obj\n%s\nendobj\n", number, objects[number])
	}
	table := base + len(out)
	return fmt.Appendf(out, "xref\n0 1\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", rows, len(objects)+1, table)
}

// with returns the objects of one page with one of them replaced, and more added.
func with(number int, body string, more ...string) map[int]string {
	objects := onePage()
	objects[number] = body
	for _, body := range more {
		objects[len(objects)+1] = body
	}
	return objects
}

// directlyEncrypted returns an encrypted file with its encryption dictionary in the trailer.
func directlyEncrypted(t *testing.T, password string) []byte {
	t.Helper()
	file := pdftest.EncryptedWith(t, password)
	reference := regexp.MustCompile(`/Encrypt (\d+) 0 R`)
	number := string(reference.FindSubmatch(file)[1])
	_, body, _ := bytes.Cut(file, []byte("\n"+number+" 0 obj\n"))
	body, _, _ = bytes.Cut(body, []byte("\nendobj"))
	at := reference.FindIndex(file)
	return slices.Concat(file[:at[0]], []byte("/Encrypt "), body, file[at[1]:])
}

func TestCheckTakesWhatOtherReadersTake(t *testing.T) {
	plain := assemble(onePage(), 0)
	lead := []byte(strings.Repeat("% sent by a server\n", 40))
	signed := pdftest.Sign(t, pdftest.Plain(t, "Lease"), "Ann Example")
	for name, c := range map[string]struct {
		file []byte
		want error
	}{
		"the number of pages in an object of its own":  {assemble(with(2, "<< /Type /Pages /Kids [3 0 R] /Count 5 0 R >>", "1"), 0), nil},
		"the number of pages with a decimal point":     {assemble(with(2, "<< /Type /Pages /Kids [3 0 R] /Count 1.0 >>"), 0), nil},
		"no number of pages":                           {assemble(with(2, "<< /Type /Pages /Kids [3 0 R] >>"), 0), pdf.ErrDamaged},
		"a filter in an object of its own":             {assemble(with(4, pdftest.Stream("/Filter [ 5 0 R]", "00>"), "/ASCIIHexDecode"), 0), nil},
		"bytes before it that no offset counts":        {slices.Concat(lead, plain), nil},
		"bytes before it that each offset counts":      {slices.Concat(lead, assemble(onePage(), len(lead))), nil},
		"one byte before it that each offset counts":   {slices.Concat([]byte("\n"), assemble(onePage(), 1)), nil},
		"bytes before it that are too many":            {slices.Concat(lead, lead, plain), pdf.ErrNotPDF},
		"padding after it":                             {slices.Concat(plain, make([]byte, 2000)), nil},
		"much padding after it":                        {slices.Concat(plain, bytes.Repeat([]byte(" \r\n"), 70_000)), nil},
		"something else after it":                      {slices.Concat(plain, bytes.Repeat([]byte("<p>sent</p>\n"), 500)), nil},
		"much else after it":                           {slices.Concat(plain, bytes.Repeat([]byte("<p>sent</p>\n"), 5000)), pdf.ErrDamaged},
		"padding alone":                                {slices.Concat([]byte("%PDF-1.7\n"), make([]byte, 200_000)), pdf.ErrDamaged},
		"an update that is cut off near its beginning": {signed[:bytes.Index(signed, []byte("%%EOF"))+80], pdf.ErrDamaged},
		"an update that is cut off near its end":       {signed[:len(signed)-8], pdf.ErrDamaged},
		"an encryption that its trailer has itself":    {directlyEncrypted(t, ""), pdf.ErrProtected},
		"a password that its trailer has itself":       {directlyEncrypted(t, "reader"), pdf.ErrEncrypted},
	} {
		t.Run(name, func(t *testing.T) {
			info, err := pdf.Check(bytes.NewReader(c.file), int64(len(c.file)))
			if !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if (err == nil || errors.Is(err, pdf.ErrProtected)) && info != (pdf.Info{Pages: 1, Protected: err != nil}) {
				t.Errorf("got %+v", info)
			}
		})
	}
}

func TestEncryptionInTheTrailerIsReported(t *testing.T) {
	file := directlyEncrypted(t, "")
	report, err := pdf.Examine(bytes.NewReader(file), int64(len(file)), pdf.Options{})
	if err != nil || !report.Encrypted || report.Pages != 1 {
		t.Errorf("got %+v, %v", report, err)
	}
	file = directlyEncrypted(t, "reader")
	if _, err := pdf.Examine(bytes.NewReader(file), int64(len(file)), pdf.Options{}); !errors.Is(err, pdf.ErrEncrypted) {
		t.Errorf("with a password: %v", err)
	}
}

// A signature in a file that the parser is shown in another form is compared with the file as it is.
func TestSignaturesInTolerantFiles(t *testing.T) {
	lead := strings.Repeat("% sent by a server\n", 40)
	rita := message{by: rsaIdentity(t)}
	slot := pdftest.SignatureField{SubFilter: detached, Field: "Rita"}
	filtered := with(4, pdftest.Stream("/Filter [5 0 R]", "00>"), "/ASCIIHexDecode")
	for name, signed := range map[string][]byte{
		"bytes before it that each offset counts": pdftest.Embed(t, slices.Concat([]byte(lead), assemble(onePage(), len(lead))), slot, rita.make(t)),
		"bytes before it that no offset counts":   signedBehind(t, lead, rita),
		"a filter in an object of its own":        pdftest.Embed(t, assemble(filtered, 0), slot, rita.make(t)),
	} {
		if got := read(t, signed); len(got) != 1 || !got[0].Intact() || !got[0].CoversWholeFile {
			t.Errorf("%s: %+v", name, got)
		}
		for _, at := range []int{20, 200, len(signed) - 10} {
			changed := bytes.Clone(signed)
			changed[at] ^= 1
			got, err := pdf.Signatures(bytes.NewReader(changed), int64(len(changed)), nil)
			if err == nil && len(got) == 1 && got[0].Intact() {
				t.Errorf("%s: byte %d is not covered", name, at)
			}
		}
		page := pdftest.Find(t, signed, "/Type /Page ")
		page.Body = strings.Replace(page.Body, "/Contents 4 0 R", "", 1)
		if a := read(t, pdftest.Update(t, signed, page))[0].Appended; !a.MayAlterContent() && a.Compared() {
			t.Errorf("%s: an update that empties the page shows nothing: %+v", name, a)
		}
	}
}

// signedBehind returns a signed file of one revision. Its signature covers the bytes before its header, which its offsets do
// not count.
func signedBehind(t *testing.T, lead string, by message) []byte {
	t.Helper()
	const space = 4096
	file := append([]byte(lead), assemble(with(1, "<<\n/Type /Catalog /Pages 2 0 R /AcroForm << /Fields [6 0 R] >>\n>>",
		"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /"+detached+" /ByteRange [0 0000000000 0000000000 0000000000] /Contents <"+strings.Repeat("0", 2*space)+"> >>",
		"<< /FT /Sig /Type /Annot /Subtype /Widget /Rect [0 0 0 0] /T (Rita) /V 5 0 R >>",
	), 0)...)
	from := bytes.Index(file, []byte("<0000"))
	to := from + 2*space + 2
	copy(file[bytes.Index(file, []byte("[0 0000")):], fmt.Sprintf("[0 %010d %010d %010d]", from, to, len(file)-to))
	copy(file[from+1:], fmt.Sprintf("%x", by.make(t)(slices.Concat(file[:from], file[to:]))))
	return file
}

// Readers that count offsets from the header find another table and another catalog in this update than those that count them
// from the first byte of the file.
func TestAnUpdateThatReadersCountDifferentlyIsNotHarmless(t *testing.T) {
	lead := strings.Repeat("% sent by a server\n", 30)
	signed := signedBehind(t, lead, message{by: rsaIdentity(t)})
	file := fmt.Appendf(bytes.Clone(signed), "7 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n")
	table := func(base, root int) string {
		out := "xref\n0 8\n0000000000 65535 f \n"
		for number := 1; number <= 7; number++ {
			out += fmt.Sprintf("%010d 00000 n \n", bytes.Index(file, fmt.Appendf(nil, "\n%d 0 obj", number))+1-base)
		}
		return out + fmt.Sprintf("trailer\n<< /Size 8 /Root %d 0 R", root)
	}
	counted := table(0, 7) + " /X ("
	counted += strings.Repeat(" ", len(lead)-len(counted)) + table(len(lead), 1) + " >> ) >>"
	file = fmt.Appendf(file, "%s\nstartxref\n%d\n%%%%EOF\n", counted, len(file))
	for _, s := range read(t, file) {
		if !s.Intact() || !s.Appended.MayAlterContent() && s.Appended.Compared() {
			t.Errorf("got %t, %+v", s.Intact(), s.Appended)
		}
	}
}

// The words of the parser are about its insides.
func TestErrorsAreNotWordedByTheParser(t *testing.T) {
	plain := assemble(onePage(), 0)
	for name, file := range map[string][]byte{
		"no table":        bytes.Replace(plain, []byte("xref\n0 1"), []byte("yref\n0 1"), 1),
		"no catalog":      bytes.Replace(plain, []byte("/Root 1 0 R"), []byte("/Root 9 0 R"), 1),
		"no pages":        assemble(with(1, "<< /Type /Catalog >>"), 0),
		"a broken stream": assemble(with(4, "<< /Length (a) /Filter 3 >>\nstream\n"), 0),
		"half a file":     slices.Concat(plain[:len(plain)/2], []byte("\nstartxref\n9\n%%EOF\n")),
		"rubbish":         []byte("%PDF-1.7\n(((((\nstartxref\n9\n%%EOF\n"),
	} {
		_, err := pdf.Check(bytes.NewReader(file), int64(len(file)))
		_, examineErr := pdf.Examine(bytes.NewReader(file), int64(len(file)), pdf.Options{})
		for _, err := range []error{err, examineErr} {
			if err != nil && !slices.Contains(sentences, err.Error()) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

var sentences = []string{
	"the PDF is damaged or incomplete",
	"the PDF is damaged or incomplete: its end is missing",
	"the PDF is damaged or incomplete: it has no pages",
	"the PDF is damaged or incomplete: it has no document catalog",
	"the PDF is damaged or incomplete: its parts do not fit together",
}

// The parser may go on without what it could not read.
func TestFailuresOfTheDiskAreNotFaultsOfTheFile(t *testing.T) {
	file := pdftest.Plain(t, "Lease")
	for failing := range int64(12) {
		r := &failsOnce{Reader: bytes.NewReader(file), left: failing}
		_, err := pdf.Check(r, int64(len(file)))
		if r.left < 0 && !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("read %d failed, and Check: %v", failing, err)
		}
	}
}

// failsOnce fails at one of its reads.
type failsOnce struct {
	*bytes.Reader
	left int64 // reads that succeed; negative after the failure
}

func (r *failsOnce) ReadAt(p []byte, off int64) (int, error) {
	if r.left--; r.left == -1 {
		return 0, os.ErrDeadlineExceeded
	}
	return r.Reader.ReadAt(p, off)
}

var _ io.ReaderAt = (*failsOnce)(nil)
