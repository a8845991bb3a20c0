package files

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestACopyStopsWithItsContext(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	r := Reader(ctx, strings.NewReader("begun and broken off"))
	if _, err := io.ReadFull(r, make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	stop()
	if rest, err := io.ReadAll(r); !errors.Is(err, context.Canceled) || len(rest) > 0 {
		t.Errorf("after the end it gives %q, %v", rest, err)
	}
}

func TestANameIsGivenOnce(t *testing.T) {
	final := filepath.Join(t.TempDir(), "final")
	for _, text := range []string{"first", "second"} {
		temporary := final + text
		if err := os.WriteFile(temporary, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := Name(temporary, final); (text == "second") != errors.Is(err, fs.ErrExist) || (text == "first") != (err == nil) {
			t.Errorf("the %s name: %v", text, err)
		}
	}
	if text, err := os.ReadFile(final); string(text) != "first" || err != nil {
		t.Errorf("the file is %q, %v", text, err)
	}
}

func TestANameForNothingLeavesNothing(t *testing.T) {
	final := filepath.Join(t.TempDir(), "final")
	if err := Name(final+"-none", final); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it says %v", err)
	}
	if _, err := os.Lstat(final); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("there is something of the name: %v", err)
	}
}

func TestWhatIsNotThereCannotBeMadeDurable(t *testing.T) {
	if err := SyncDir(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it says %v", err)
	}
}

func TestACauseNamesNoFile(t *testing.T) {
	dir := t.TempDir()
	_, opening := os.Open(filepath.Join(dir, "Lease"))
	for what, err := range map[string]error{
		"open":   opening,
		"rename": os.Rename(filepath.Join(dir, "Lease"), filepath.Join(dir, "Lease (signed)")),
		"joined": errors.Join(opening, fs.ErrPermission),
	} {
		if cause := Cause(err); cause == nil || strings.Contains(cause.Error(), "Lease") || !errors.Is(cause, fs.ErrNotExist) {
			t.Errorf("%s: %v", what, cause)
		}
	}
	if Cause(nil) != nil || Cause(io.EOF) != io.EOF {
		t.Error("what is about no file is not kept as it is")
	}
}
