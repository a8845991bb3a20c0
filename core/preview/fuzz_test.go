package preview

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"countersign/core/pdf/pdftest"
)

// maxFuzzed is the size in bytes up to which files are rendered fast enough to fuzz.
const maxFuzzed = 64 << 10

func FuzzPage(f *testing.F) {
	plain := pdftest.Plain(f, "Plain")
	f.Add(plain)
	f.Add(plain[:len(plain)/2])
	f.Add(bytes.ReplaceAll(plain, []byte("/Length"), []byte("/Lungth")))
	f.Add(bytes.ReplaceAll(plain, []byte("obj"), []byte("obi")))
	f.Add(pdftest.Encrypted(f))
	f.Add(onePage("0 0 nul -1", "/Annots [3 0 R]", "q Q Q BT (", stream("/Subtype /Image", "")))
	f.Add([]byte("%PDF-1.4\n%%EOF\n"))
	f.Add(onePage("0 0 200 100", "/CropBox [1e38 -1e38 nul 5] /Rotate 271 /UserUnit 1e9 /Annots [5 0 R 5 0 R 3 0 R]", "", "<< /Subtype /Widget /FT /Sig /Parent 5 0 R /Rect [1e39 2 3] >>"))
	r := renderer(f, 300*time.Millisecond)
	path := filepath.Join(f.TempDir(), "document.pdf")
	f.Fuzz(func(t *testing.T, file []byte) {
		if len(file) > maxFuzzed {
			return
		}
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		const width = 60
		page, err := r.Page(t.Context(), path, 0, width)
		if err != nil {
			if !known(err) {
				t.Errorf("no reason that callers know: %v", err)
			}
			return
		}
		if size := page.Image.Bounds().Size(); page.Pages < 1 || page.Number != page.Pages || len(page.SignatureFields) > maxAnnotations || size.X < 1 || size.X > width || size.Y < 1 || size.Y > 2*width {
			t.Errorf("%d pages, the last is %v", page.Pages, size)
		}
	})
}

func known(err error) bool {
	for _, reason := range []error{ErrEncrypted, ErrDamaged, ErrTooSlow, ErrPage, ErrNotDrawn} {
		if errors.Is(err, reason) {
			return true
		}
	}
	return false
}
