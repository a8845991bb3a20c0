//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"countersign/assets"
)

// Old ZIP files and shares with other characters have such names. The file is opened by the bytes of its name, and shown with a
// replacement.
func TestAFileIsFoundByTheBytesOfItsName(t *testing.T) {
	if runtime.GOOS == "darwin" {
		t.Skip("macOS has names in UTF-8 only")
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "disabled:") // secrets are in the home's own file
	folder := filepath.Join(t.TempDir(), "carpeta \xe1\xe9")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	named := func(name string, content []byte) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	pdf := named("contrato_a\xf1o.pdf", assets.Samples()[0].Bytes)
	long := named(strings.Repeat("x", 251)+".pdf", assets.Samples()[0].Bytes)
	list := named("lista_\xf1.csv", []byte("id,title\n12,Lease\n"))
	command := func(want int, args ...string) string {
		t.Helper()
		var out, errs bytes.Buffer
		args = append([]string{"--home", filepath.Join(folder, "home \xf1"), "--json"}, args...)
		if code := run(t.Context(), args, strings.NewReader(""), &out, &errs); code != want {
			t.Fatalf("%q ends with %d: %s", args, code, errs.String())
		}
		return out.String()
	}
	var added struct {
		ID        string
		Title     string
		Documents []struct{ Name string }
	}
	if err := json.Unmarshal([]byte(command(exitDone, "add", pdf)), &added); err != nil {
		t.Fatal(err)
	}
	if added.Title != "contrato_a\ufffdo.pdf" || added.Documents[0].Name != added.Title {
		t.Errorf("it is shown as %+v", added)
	}
	command(exitDone, "add", "--together", pdf, pdf)
	command(exitDone, "import", list, "--gateway", "sandbox-portasigma")
	command(exitOtherwise, "verify", pdf) // it has no signature
	for out, args := range map[string][]string{
		"copia_\xf1.pdf":    {"save", added.ID, "--original"},
		"tabla_\xf1.csv":    {"export"},
		"prueba_\xf1.zip":   {"evidence", added.ID},
		"copia_\xf1.backup": {"backup"},
	} {
		path := filepath.Join(folder, out)
		command(exitDone, append(args, path)...)
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
	if err := json.Unmarshal([]byte(command(exitDone, "add", long)), &added); err != nil {
		t.Fatal(err)
	}
	if added.Title != filepath.Base(long) {
		t.Errorf("a name of 255 bytes is shown as %q", added.Title)
	}
}
