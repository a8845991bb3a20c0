package proof_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"countersign/core/pdf/pdftest"
	"countersign/core/proof"
	"countersign/core/request"
)

func judge(t *testing.T, original, signed []byte) proof.Judgment {
	t.Helper()
	open := func(name string, content []byte) *os.File {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	v, err := proof.Judge(open("original.pdf", original), request.Original{Size: int64(len(original))}, open("signed.pdf", signed), 1)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Some programs that sign drop the bytes around the PDF that was sent. The proof is gone, but nobody changed the document.
func TestBytesAroundADocumentThatSigningDropped(t *testing.T) {
	plain := pdftest.Plain(t, "Lease")
	signed := pdftest.Sign(t, plain, "Ann")
	other := pdftest.Sign(t, pdftest.Plain(t, "Another lease"), "Ann")
	before, behind := []byte("\r\n"), make([]byte, 3000)
	for name, c := range map[string]struct {
		original, signed []byte
		code             string
		unchecked        bool
	}{
		"nothing around it":             {plain, signed, "", false},
		"what was sent":                 {slices.Concat(plain, behind), slices.Concat(plain, behind), "file_unsigned", false},
		"bytes before it are gone":      {slices.Concat(before, plain), signed, "file_trimmed", true},
		"bytes behind it are gone":      {slices.Concat(plain, behind), signed, "file_trimmed", true},
		"both are gone":                 {slices.Concat(before, plain, behind), signed, "file_trimmed", true},
		"without a signature":           {slices.Concat(plain, behind), plain, "file_no_signature", false},
		"with another document":         {slices.Concat(plain, behind), other, "file_other", false},
		"with a letter changed":         {slices.Concat(plain, behind), bytes.Replace(signed, []byte("Lease"), []byte("Least"), 1), "file_other", false},
		"behind the end of the letters": {slices.Concat(plain, behind), slices.Concat(plain, []byte(strings.Repeat("% ", 90))), "file_no_signature", false},
	} {
		if v := judge(t, c.original, c.signed); v.Cause.Code != c.code || v.Unchecked != c.unchecked {
			t.Errorf("%s: %+v", name, v)
		}
	}
}
