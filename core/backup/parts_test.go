package backup

import (
	"bytes"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"countersign/core/gateway"
)

// An archive from somebody else must not decide in silence whom the home trusts, where it sends
// documents and secrets, and where it copies signed files.
func TestAnothersAnchorsGatewaysAndOutputFolderStayOut(t *testing.T) {
	d := newDesk(t)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Evil Root"}}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	var anchor bytes.Buffer
	if err := pem.Encode(&anchor, &pem.Block{Type: "CERTIFICATE", Bytes: raw}); err != nil {
		t.Fatal(err)
	}
	d.write("trust/evil.pem", anchor.String())
	d.write("trust/der.cer", string(raw))
	d.write("gateways.toml", "[gateways.office]\nkind = \"trident\"\nurl = \"https://evil.example\"\n[gateways.try]\nkind = \"trident\"\npractice = true\n")
	d.write("settings.toml", "theme = \"dark\"\noutput_folder = \"/srv/evil\"\n")
	out, _ := d.backup(Options{})
	restored := func(opts Options) (Summary, map[string]string) {
		to := filepath.Join(t.TempDir(), "to")
		s, err := Restore(t.Context(), out, to, opts)
		if err != nil {
			t.Fatal(err)
		}
		return s, filesIn(t, to)
	}

	s, files := restored(Options{})
	if len(s.Taken) != 0 || len(s.LeftOut) != 5 { // with the anchor of the sample home
		t.Errorf("taken %v, left out %v", s.Taken, s.LeftOut)
	}
	if files["gateways.toml"] != gateway.InitialConfig || files["trust/evil.pem"] != "" || strings.Contains(files["settings.toml"], "evil") || !strings.Contains(files["settings.toml"], "dark") {
		t.Errorf("files: %q", files)
	}
	text := ""
	for _, p := range s.LeftOut {
		text += p.Kind + " " + p.Name + " " + p.Detail + "\n"
	}
	for _, want := range []string{"anchor CN=Evil Root ", "gateway office https://evil.example\n", "folder /srv/evil"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in %q", want, text)
		}
	}

	s, files = restored(Options{WithTrust: true, WithGateways: true})
	if len(s.Taken) != 5 || len(s.LeftOut) != 0 {
		t.Errorf("taken %v, left out %v", s.Taken, s.LeftOut)
	}
	for _, name := range []string{"gateways.toml", "trust/evil.pem", "settings.toml"} {
		if want, err := os.ReadFile(filepath.Join(d.dir.Path(), name)); err != nil || files[name] != string(want) {
			t.Errorf("%s: %q, %v", name, files[name], err)
		}
	}
	s, files = restored(Options{WithTrust: true})
	if len(s.Taken) != 3 || len(s.LeftOut) != 2 || files["trust/evil.pem"] == "" || files["gateways.toml"] != gateway.InitialConfig {
		t.Errorf("with the anchors alone: taken %v, left out %v", s.Taken, s.LeftOut)
	}
}

func TestWhatAKilledRestoreLeftIsRemovedADayLater(t *testing.T) {
	d := newDesk(t)
	out, _ := d.backup(Options{})
	around := t.TempDir()
	for name, age := range map[string]time.Duration{".to-restoring-12": 25 * time.Hour, ".to-restoring-13": time.Hour, ".to-restoring-mine": 25 * time.Hour, ".other-restoring-1": 25 * time.Hour} {
		path := filepath.Join(around, name)
		if err := errors.Join(os.MkdirAll(filepath.Join(path, "documents"), 0o700), os.Chtimes(path, now().Add(-age), now().Add(-age))); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Restore(t.Context(), out, filepath.Join(around, "to"), Options{Now: now}); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(around)
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, e := range entries {
		left = append(left, e.Name())
	}
	if got := strings.Join(left, " "); got != ".other-restoring-1 .to-restoring-13 .to-restoring-mine to" {
		t.Errorf("left: %s", got)
	}
}
