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
	r := ContextReader(ctx, strings.NewReader("begun and broken off"))
	if _, err := io.ReadFull(r, make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	stop()
	if rest, err := io.ReadAll(r); !errors.Is(err, context.Canceled) || len(rest) > 0 {
		t.Errorf("after the end it returns %q, %v", rest, err)
	}
}

// ways are RenameNew, and renameNew, which it calls where the file system has no links.
var ways = map[string]func(temporary, final string) error{"with links": RenameNew, "without links": renameNew}

func TestANameIsGivenOnce(t *testing.T) {
	for way, name := range ways {
		final := filepath.Join(t.TempDir(), "final")
		for _, text := range []string{"first", "second"} {
			temporary := final + text
			if err := os.WriteFile(temporary, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := name(temporary, final); (text == "second") != errors.Is(err, fs.ErrExist) || (text == "first") != (err == nil) {
				t.Errorf("%s: the %s name: %v", way, text, err)
			}
		}
		if text, err := os.ReadFile(final); string(text) != "first" || err != nil {
			t.Errorf("%s: the file is %q, %v", way, text, err)
		}
	}
}

func TestAFailedRenameLeavesNothing(t *testing.T) {
	for way, name := range ways {
		final := filepath.Join(t.TempDir(), "final")
		if err := name(final+"-none", final); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: error %v", way, err)
		}
		if _, err := os.Lstat(final); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: a file has the name: %v", way, err)
		}
	}
}

func TestAMissingFolderCannotBeSynced(t *testing.T) {
	if err := SyncDir(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v", err)
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
		if cause := WithoutPath(err); cause == nil || strings.Contains(cause.Error(), "Lease") || !errors.Is(cause, fs.ErrNotExist) {
			t.Errorf("%s: %v", what, cause)
		}
	}
	if WithoutPath(nil) != nil || WithoutPath(io.EOF) != io.EOF {
		t.Error("an error without a path was changed")
	}
}
