package desk

import (
	"bytes"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countersign/core/pdf/pdftest"
)

// A file in the trust folder may have up to 1 MiB. A larger one is refused even when its certificates are good.
func TestFilesInTheTrustFolderAreLimited(t *testing.T) {
	r := newRig(t)
	r.must(os.MkdirAll(r.dir.Trust(), 0o700))
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pdftest.Authority(t).Raw})
	const limit = 1 << 20
	for size, want := range map[int]string{limit: "", limit + 1: "more than 1 MB"} {
		padded := append(bytes.Clone(certificate), bytes.Repeat([]byte("\n"), size-len(certificate))...)
		r.must(os.WriteFile(filepath.Join(r.dir.Trust(), "anchors.pem"), padded, 0o600))
		_, err := Anchors(r.dir)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%d bytes: got %v, want %q", size, err, want)
		}
	}
}
