package proof

import (
	"bytes"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countersign/core/home"
	"countersign/core/pdf/pdftest"
)

// A file in the trust folder may have up to 1 MiB. A larger one is refused even when its certificates are good.
func TestFilesInTheTrustFolderAreLimited(t *testing.T) {
	dir, err := home.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir.Trust(), 0o700); err != nil {
		t.Fatal(err)
	}
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pdftest.Authority(t).Raw})
	const limit = 1 << 20
	for size, want := range map[int]string{limit: "", limit + 1: "more than 1 MB"} {
		padded := append(bytes.Clone(certificate), bytes.Repeat([]byte("\n"), size-len(certificate))...)
		if err := os.WriteFile(filepath.Join(dir.Trust(), "anchors.pem"), padded, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Anchors(dir)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%d bytes: got %v, want %q", size, err, want)
		}
	}
}
