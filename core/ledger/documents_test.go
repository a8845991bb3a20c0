package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

func digestOf(content string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:])
}

func TestADocumentIsKeptUnderItsDigest(t *testing.T) {
	for name, content := range map[string]string{"empty": "", "short": "%PDF-1.7", "long": strings.Repeat("%PDF", 100_000)} {
		t.Run(name, func(t *testing.T) {
			l := mustNew(t)
			for range 2 { // the second time it exists
				digest, size, err := l.PutDocument(t.Context(), iotest.HalfReader(strings.NewReader(content)), int64(len(content)))
				if err != nil {
					t.Fatal(err)
				}
				if digest != digestOf(content) || size != int64(len(content)) {
					t.Errorf("digest %s, %d bytes", digest, size)
				}
			}
			f, err := l.OpenDocument(t.Context(), digestOf(content))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			got, err := io.ReadAll(f)
			if err != nil || string(got) != content {
				t.Errorf("%d bytes, %v", len(got), err)
			}
			info, err := f.Stat()
			if err != nil || info.Mode() != 0o600 {
				t.Errorf("mode %v, %v", info.Mode(), err)
			}
			if f.Name() != l.DocumentPath(digestOf(content)) {
				t.Errorf("stored as %s", f.Name())
			}
			mustHaveDocuments(t, l, digestOf(content)+".pdf")
		})
	}
}

func TestADocumentThatCannotBeKeptLeavesNothing(t *testing.T) {
	torn := errors.New("torn")
	canceled, cancel := context.WithCancel(t.Context())
	tests := []struct {
		name string
		ctx  context.Context
		r    io.Reader
		want error
	}{
		{"it is one byte too large", t.Context(), strings.NewReader("12345678901"), ErrTooLarge},
		{"it never ends", t.Context(), endless{}, ErrTooLarge},
		{"it cannot be read", t.Context(), iotest.ErrReader(torn), torn},
		{"it breaks off", t.Context(), io.MultiReader(strings.NewReader("1234"), iotest.ErrReader(torn)), torn},
		{"it is canceled halfway", canceled, io.MultiReader(strings.NewReader("1234"), readerFunc(func([]byte) (int, error) { cancel(); return 0, nil })), context.Canceled},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := mustNew(t)
			digest, size, err := l.PutDocument(test.ctx, test.r, 10)
			if !errors.Is(err, test.want) || digest != "" || size != 0 {
				t.Errorf("%q, %d, %v", digest, size, err)
			}
			mustHaveDocuments(t, l)
		})
	}
}

func TestTheFolderOfDocumentsIsForItsOwnerAlone(t *testing.T) {
	l := mustNew(t)
	if _, _, err := l.PutDocument(t.Context(), strings.NewReader("x"), 1); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(l.dir, documentsDir))
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestAFileInThePlaceOfTheFolderIsAnErrorThatSaysSo(t *testing.T) {
	l := mustNew(t)
	if err := os.WriteFile(filepath.Join(l.dir, documentsDir), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err := l.PutDocument(t.Context(), strings.NewReader("x"), 1)
	if err == nil || !strings.Contains(err.Error(), "is a file where a folder should be") {
		t.Errorf("error: %v", err)
	}
}

func TestADigestIsNeverAPath(t *testing.T) {
	l := mustNew(t)
	for _, digest := range []string{"", "..", "../../../etc/passwd", strings.Repeat("A", 64), strings.Repeat("a", 63), strings.Repeat("a", 65), strings.Repeat("a", 64) + "\n", digestOf("x")[:60] + "/../"} {
		if got, want := l.DocumentPath(digest), filepath.Join(l.dir, documentsDir, "unknown.pdf"); got != want {
			t.Errorf("%q leads to %s", digest, got)
		}
		if _, err := l.OpenDocument(t.Context(), digest); !errors.Is(err, ErrNotFound) {
			t.Errorf("%q: %v", digest, err)
		}
	}
	if _, err := l.OpenDocument(t.Context(), digestOf("never stored")); !errors.Is(err, ErrNotFound) {
		t.Errorf("an unknown document: %v", err)
	}
}

func mustHaveDocuments(t *testing.T, l *Ledger, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(l.dir, documentsDir))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if diff := cmp.Diff(want, got, emptyIsNil); diff != "" {
		t.Errorf("documents (-want +got):\n%s", diff)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
