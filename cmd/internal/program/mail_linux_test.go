package program

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestAFileIsMailedByItsName(t *testing.T) {
	calls := spy(t, 0, xdgEmail)
	file := filepath.Join(t.TempDir(), "Lease, 100% (signed) \xff.pdf")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"", "--help", filepath.Dir(file), filepath.Join(filepath.Dir(file), "missing.pdf")} {
		if Mail(path) == nil {
			t.Errorf("%q was mailed", path)
		}
	}
	if err := Mail(file); err != nil || calls() != "--attach|"+file+"|" {
		t.Errorf("%v; the system was called with %s", err, calls())
	}
}

func TestWithoutAMailProgramNothingIsMailed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.pdf")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	spy(t, xdgNothingFound, xdgEmail)
	if err := Mail(file); !errors.Is(err, ErrNoMail) {
		t.Error(err)
	}
	spy(t, 0)
	if err := Mail(file); !errors.Is(err, ErrNoMail) {
		t.Error(err)
	}
}

func TestAFileIsPrintedFromTheViewer(t *testing.T) {
	calls := spy(t, 0, openers...)
	file := filepath.Join(t.TempDir(), "a.pdf")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if inViewer, err := Print(file); err != nil || !inViewer || calls() != "file://"+file+"|" {
		t.Errorf("%v, %v; the system was called with %s", inViewer, err, calls())
	}
}
