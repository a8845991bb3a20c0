package pdf_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/iotest"

	"codeberg.org/go-pdf/fpdf"
	"pgregory.net/rapid"

	"countersign/core/pdf"
	"countersign/core/pdf/pdftest"
)

func TestCheck(t *testing.T) {
	plain := pdftest.Plain(t, "Lease")
	signed := pdftest.Sign(t, plain, "Ann Example")
	for name, c := range map[string]struct {
		file []byte
		want error
	}{
		"a plain file":                   {plain, nil},
		"a signed file":                  {signed, nil},
		"a file after an empty line":     {append([]byte("\r\n"), plain...), nil},
		"an empty file":                  {nil, pdf.ErrEmpty},
		"a text":                         {[]byte("Dear Sir or Madam"), pdf.ErrNotPDF},
		"a web page that names PDF late": {append(bytes.Repeat([]byte(" "), 2000), plain...), pdf.ErrNotPDF},
		"a header alone":                 {[]byte("%PDF-1.7\n"), pdf.ErrDamaged},
		"a header and an end":            {[]byte("%PDF-1.7\n%%EOF\n"), pdf.ErrDamaged},
		"a truncated file":               {plain[:len(plain)*2/3], pdf.ErrDamaged},
		"a truncated signed file":        {signed[:len(signed)-40], pdf.ErrDamaged},
		"a file with a password":         {pdftest.Encrypted(t), pdf.ErrEncrypted},
		"a protected file that opens":    {pdftest.EncryptedWith(t, ""), pdf.ErrProtected},
		"a file without pages":           {noPages, pdf.ErrDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			info, err := pdf.Check(bytes.NewReader(c.file), int64(len(c.file)))
			if !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if err == nil && info.Pages != 1 {
				t.Errorf("%d pages, want 1", info.Pages)
			}
		})
	}
}

var noPages = []byte(`%PDF-1.4
1 0 obj
<< /Type /Catalog /Pages 2 0 R >>
endobj
2 0 obj
<< /Type /Pages /Kids [] /Count 0 >>
endobj
xref
0 3
0000000000 65535 f 
0000000009 00000 n 
0000000058 00000 n 
trailer
<< /Size 3 /Root 1 0 R >>
startxref
110
%%EOF
`)

func TestCheckCountsPages(t *testing.T) {
	d := fpdf.New("P", "mm", "A4", "")
	const pages = 7
	for range pages {
		d.AddPage()
	}
	var b bytes.Buffer
	if err := d.Output(&b); err != nil {
		t.Fatal(err)
	}
	info, err := pdf.Check(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil || info.Pages != pages {
		t.Errorf("%d pages, %v; want %d", info.Pages, err, pages)
	}
}

func TestTooLargeFilesAreNotRead(t *testing.T) {
	never := &failingReader{err: errors.New("it was read")}
	if _, err := pdf.Check(never, pdf.MaxSize+1); !errors.Is(err, pdf.ErrTooLarge) {
		t.Errorf("check: got %v", err)
	}
	if _, err := pdf.Signatures(never, pdf.MaxSize+1, nil); !errors.Is(err, pdf.ErrTooLarge) {
		t.Errorf("signatures: got %v", err)
	}
}

func TestSignaturesRefusesOtherFiles(t *testing.T) {
	for name, c := range map[string]struct {
		file []byte
		want error
	}{
		"an empty file":          {nil, pdf.ErrEmpty},
		"a text":                 {[]byte("Dear Sir or Madam"), pdf.ErrNotPDF},
		"a header alone":         {[]byte("%PDF-1.7\n"), pdf.ErrDamaged},
		"a file with a password": {pdftest.Encrypted(t), pdf.ErrEncrypted},
	} {
		got, err := pdf.Signatures(bytes.NewReader(c.file), int64(len(c.file)), nil)
		if !errors.Is(err, c.want) || got != nil {
			t.Errorf("%s: got %v, %v; want %v", name, got, err, c.want)
		}
	}
}

func TestErrorsReadAsSentences(t *testing.T) {
	for _, err := range []error{pdf.ErrEmpty, pdf.ErrNotPDF, pdf.ErrEncrypted, pdf.ErrProtected, pdf.ErrDamaged, pdf.ErrTooLarge} {
		if text := err.Error(); !strings.HasPrefix(text, "the ") || strings.HasSuffix(text, ".") {
			t.Errorf("%q", text)
		}
	}
}

func TestContinues(t *testing.T) {
	long := bytes.Repeat([]byte("0123456789abcdef"), 8192) // two blocks exactly
	for name, c := range map[string]struct {
		earlier, later string
		want           bool
	}{
		"more at the end":            {"abc", "abcd", true},
		"the same":                   {"abc", "abc", false},
		"less":                       {"abc", "ab", false},
		"another":                    {"abc", "abd!", false},
		"nothing before":             {"", "abc", false},
		"nothing at all":             {"", "", false},
		"whole blocks and more":      {string(long), string(long) + "x", true},
		"whole blocks and no more":   {string(long), string(long), false},
		"a difference at the end":    {string(long) + "a", string(long) + "bc", false},
		"blocks, a rest, and more":   {string(long) + "a", string(long) + "ab", true},
		"blocks that end before":     {string(long) + "a", string(long), false},
		"a difference in the middle": {string(long) + "x", strings.Replace(string(long), "f0", "F0", 1) + "xy", false},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := pdf.Continues(strings.NewReader(c.earlier), iotest.HalfReader(strings.NewReader(c.later)))
			if err != nil || got != c.want {
				t.Errorf("got %t, %v; want %t", got, err, c.want)
			}
		})
	}
}

func TestContinuesIsAStrictPrefix(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		earlier := rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(r, "earlier")
		later := append(bytes.Clone(earlier), rapid.SliceOfN(rapid.Byte(), 0, 4).Draw(r, "more")...)
		if len(later) > 0 && rapid.Bool().Draw(r, "change") {
			later[rapid.IntRange(0, len(later)-1).Draw(r, "at")] ^= 1
		}
		want := len(earlier) > 0 && len(later) > len(earlier) && bytes.HasPrefix(later, earlier)
		got, err := pdf.Continues(bytes.NewReader(earlier), iotest.OneByteReader(bytes.NewReader(later)))
		if err != nil || got != want {
			r.Fatalf("got %t, %v; want %t", got, err, want)
		}
	})
}

func TestContinuesNamesTheFileThatCannotBeRead(t *testing.T) {
	broken := errors.New("the disk went away")
	good := func() *strings.Reader { return strings.NewReader("abc") }
	if _, err := pdf.Continues(iotest.ErrReader(broken), good()); !errors.Is(err, broken) || !strings.Contains(err.Error(), "earlier") {
		t.Errorf("got %v", err)
	}
	if _, err := pdf.Continues(good(), iotest.ErrReader(broken)); !errors.Is(err, broken) || !strings.Contains(err.Error(), "later") {
		t.Errorf("got %v", err)
	}
}
