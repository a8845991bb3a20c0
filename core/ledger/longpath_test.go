package ledger

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Windows allows 260 characters in a path unless a program asks for more, which the functions of package os do.
func TestALedgerMayHaveALongPath(t *testing.T) {
	folder := t.TempDir()
	for len(folder) < 300 {
		folder = filepath.Join(folder, strings.Repeat("long ", 7)+"x")
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	l, err := Open(t.Context(), folder, Options{})
	if err != nil {
		t.Fatal(err)
	}
	digest, _, err := l.PutDocument(t.Context(), strings.NewReader("document"), 100)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.CheckDocument(t.Context(), digest); err != nil {
		t.Error(err)
	}
	if err := l.Rebuild(t.Context()); err != nil {
		t.Error(err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}
