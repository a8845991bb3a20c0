package program

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"
)

// An https address that does not pass the check would be handed to the program for its scheme, or be run.
func TestNothingButWebAddressesIsGivenToTheShell(t *testing.T) {
	for _, address := range []string{
		`C:\Windows\System32\notepad.exe`, "notepad.exe", "file:///C:/Windows/System32/notepad.exe", `\\server\share\x.exe`, "ms-settings:", "search-ms:query=x", "https:calc.exe", "http://server/x.exe", "mailto:x@example.org",
	} {
		if err := OpenURL(address); err == nil {
			t.Errorf("%q was opened", address)
		}
	}
}

func TestFilesWithLongPathsAreGivenToTheShellByShortOnes(t *testing.T) {
	for _, short := range []string{`C:\a.pdf`, "https://sign.example.org/"} {
		if got := shellPath(short); got != short {
			t.Errorf("%s became %s", short, got)
		}
	}
	root, err := os.MkdirTemp("", "long")
	if err != nil {
		t.Fatal(err)
	}
	path := root
	for len(path) < 300 {
		path = filepath.Join(path, strings.Repeat("long name ", 4)+"x")
	}
	file := filepath.Join(path, "a file.pdf")
	if err := errors.Join(os.MkdirAll(path, 0o700), os.WriteFile(file, []byte("long"), 0o600)); err != nil {
		t.Fatal(err)
	}
	short := shellPath(file)
	if len(utf16.Encode([]rune(short))) > maxShellPath {
		t.Skip("the disk keeps no short names")
	}
	if text, err := os.ReadFile(short); string(text) != "long" {
		t.Errorf("%s: %q, %v", short, text, err)
	}
}
