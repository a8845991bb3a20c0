package ledger

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOthersReadTheLedgerAndADocumentThatIsReadIsStoredAgain(t *testing.T) {
	dir, err := os.MkdirTemp("", "ledger")
	if err != nil {
		t.Fatal(err)
	}
	l, err := Open(t.Context(), dir, Options{Exclusive: true}) // the file stays open
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if content, err := os.ReadFile(filepath.Join(dir, FileName)); err != nil || len(content) == 0 {
		t.Errorf("the ledger cannot be read while it is open: %d bytes, %v", len(content), err)
	}
	digest, _, err := l.PutDocument(t.Context(), strings.NewReader("document"), 100)
	if err != nil {
		t.Fatal(err)
	}
	f, err := l.OpenDocument(t.Context(), digest)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if again, _, err := l.PutDocument(t.Context(), strings.NewReader("document"), 100); err != nil || again != digest {
		t.Errorf("stored again: %s, %v", again, err)
	}
}
