package gateway_test

import (
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign/core/gateway"
)

const sharedConfig = `version = 2
[gateways.far]
kind = "trident"
title = "City hall"
url = "https://sign.example.org"
callback_port = 4711
timeout = "45s"
patience = "20m"
encrypted = true
client_id = "desk-7"
batch_limit = 3
rectangle = [10, 20.5, 100, 40]
labels = [["digitalid", "server"], ["qualified"]]
[gateways.far.default_signer]
name = "Ana"
`

// told returns what another desk reads of a gateway that is shared.
func told(t *testing.T, p gateway.Profile) gateway.Shared {
	t.Helper()
	shared, err := gateway.Share(p)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(shared)
	if err != nil {
		t.Fatal(err)
	}
	var read gateway.Shared
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	return read
}

// TestASharedGatewayHasTheSettingsOfItsTable compares a profile of gateways.toml with what another desk reads of it.
func TestASharedGatewayHasTheSettingsOfItsTable(t *testing.T) {
	profiles, err := gateway.ParseProfiles(sharedConfig)
	if err != nil {
		t.Fatal(err)
	}
	want := profiles.List[0]
	got, err := told(t, want).Profile()
	if want.Office = true; err != nil || cmp.Diff(want, got) != "" {
		t.Errorf("%v\n%s", err, cmp.Diff(want, got))
	}
}

func TestASharedGatewayIsTrustedByItsCertificates(t *testing.T) {
	s := httptest.NewTLSServer(http.NotFoundHandler())
	defer s.Close()
	file := filepath.Join(t.TempDir(), "issuers.pem")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw, Headers: map[string]string{"Note": "private"}})
	for name, content := range map[string][]byte{"PEM": append([]byte("a note\n"), certificate...), "DER": s.Certificate().Raw} {
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		shared := told(t, gateway.Profile{Name: "far", Kind: "trident", URL: s.URL, CAFile: file})
		if strings.Contains(shared.CA, "note") || strings.Contains(shared.CA, "private") {
			t.Errorf("%s: shared: %s", name, shared.CA)
		}
		p, err := shared.Profile()
		if err != nil {
			t.Fatal(err)
		}
		client, err := gateway.NewClient(p, gateway.Proxies{})
		if err != nil {
			t.Fatal(err)
		}
		answer, err := client.Get(s.URL)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		answer.Body.Close()
		client.CloseIdleConnections()
	}
}

// TestWhatNamesAFileIsNoSharedGateway is about events that somebody else has made.
func TestWhatNamesAFileIsNoSharedGateway(t *testing.T) {
	for _, settings := range []string{
		`{"kind":"trident","url":"https://x.example","ca_file":"/etc/passwd"}`, `{"kind":"trident","url":"https://x.example","client_key":"/home/x/key.pem"}`,
		`{"kind":"trident","practice":true}`, `{"url":"https://x.example"}`, `{"kind":"trident","url":"file:///etc/passwd"}`, `[]`, ``, `{"kind":`,
	} {
		if p, err := (gateway.Shared{Name: "far", Settings: json.RawMessage(settings)}).Profile(); err == nil {
			t.Errorf("%s: %+v", settings, p)
		}
	}
	for _, name := range []string{"", "far@front", "sandbox", "../far"} {
		if p, err := (gateway.Shared{Name: name, Settings: json.RawMessage(`{"kind":"trident","url":"https://x.example"}`)}).Profile(); err == nil {
			t.Errorf("%q: %+v", name, p)
		}
	}
}
