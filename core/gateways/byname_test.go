package gateways

import (
	"os"
	"strings"
	"testing"

	"countersign/core/gateway"
)

// A file that is damaged is named, and is not written over.
func TestADamagedFileOfWhatWasEnteredIsKept(t *testing.T) {
	for _, content := range []string{"null", "[", "", `["a"]`, `{"far":`} {
		r := newRig(t)
		path := r.dir.ClientCertificates()
		r.must(os.WriteFile(path, []byte(content), 0o600))
		err := r.keepClientCertificate(t.Context(), gateway.Profile{Name: "far", Kind: "fake", URL: "https://far.example", AsksClientCert: true}, "/cert.pem", "/key.pem")
		if err == nil || !strings.Contains(err.Error(), path+" is damaged: move it away") {
			t.Errorf("%q: %v", content, err)
		}
		if now, err := os.ReadFile(path); err != nil || string(now) != content {
			t.Errorf("%q is %q now, %v", content, now, err)
		}
	}
}
