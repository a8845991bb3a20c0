package gateway_test

import (
	"bytes"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countersign/core/gateway"
)

// A file of certificates may have up to 1 MiB. A larger one is refused even when its certificates are good.
func TestCertificateFilesAreLimited(t *testing.T) {
	const limit = 1 << 20
	s := httptest.NewTLSServer(http.NotFoundHandler())
	defer s.Close()
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	path := filepath.Join(t.TempDir(), "anchors.pem")
	for size, want := range map[int]string{limit: "", limit + 1: "more than 1 MB"} {
		padded := append(bytes.Clone(certificate), bytes.Repeat([]byte("\n"), size-len(certificate))...)
		if err := os.WriteFile(path, padded, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := gateway.NewClient(gateway.Profile{Name: "ours", CAFile: path}, gateway.Proxies{})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%d bytes: got %v, want %q", size, err, want)
		}
	}
}
