package program

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// spy puts a program in the place of the system's openers that writes down how it was called.
func spy(t *testing.T) (calls func() string) {
	t.Helper()
	dir := t.TempDir()
	log := filepath.Join(dir, "calls")
	for _, name := range openers {
		script := "#!/bin/sh\nprintf '%s|' \"$@\" >>" + log + "\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir+string(filepath.ListSeparator)+os.Getenv("PATH"))
	return func() string {
		b, _ := os.ReadFile(log)
		return string(b)
	}
}

// An address in a ledger may come from a hostile backup. The system's opener would start programs for some of these.
func TestOnlyWebAddressesAreOpened(t *testing.T) {
	calls := spy(t)
	for _, address := range []string{
		"", "/bin/sh", "--help", "-h", "file:///bin/sh", "file:/etc/passwd", "ms-settings:", "ms-msdt:/id", "javascript:alert(1)", "data:text/html,x", "mailto:ana@example.org",
		"ftp://example.org/", "http://example.org/", "http://127.0.0.1.example.org/", "https:", "https:///path", "https:example.org", "https://ana@example.org/", " https://example.org/", "https://example.org/\x00",
		"https://example.org/\n--help", "\thttps://example.org/", "smb://example.org/share", `\\example.org\share`, "vbscript:x", "http://localhost@example.org/", "https://example.org/\u202e",
	} {
		if err := OpenURL(address); err == nil {
			t.Errorf("%q was opened", address)
		}
	}
	if called := calls(); called != "" {
		t.Fatalf("the system was asked to open %s", called)
	}
	for _, address := range []string{"https://sign.example.org/visit/1?a=b#c", "http://127.0.0.1:8080/x", "http://localhost:1/", "http://[::1]:8080/"} {
		if err := OpenURL(address); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
	if got := strings.Count(calls(), "|"); got != 4 {
		t.Errorf("the system was asked to open %s", calls())
	}
}

func TestOnlyFilesAreOpened(t *testing.T) {
	calls := spy(t)
	dir := t.TempDir()
	t.Chdir(dir)
	file := filepath.Join(dir, "a.pdf")
	for _, path := range []string{file, filepath.Join(dir, "--help")} {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{"", "a.pdf", "--help", dir, filepath.Join(dir, "missing.pdf"), "https://example.org/", os.DevNull} {
		if OpenFile(path) == nil || ShowInFolder(path) == nil {
			t.Errorf("%q was opened", path)
		}
	}
	if called := calls(); called != "" {
		t.Fatalf("the system was asked to open %s", called)
	}
	if err := OpenFile(file); err != nil || calls() != "file://"+file+"|" {
		t.Errorf("%v; the system was asked to open %s", err, calls())
	}
}
