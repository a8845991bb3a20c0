package files

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestOnlyRegularFilesAreRead(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	if err := os.WriteFile(path, []byte("12345"), 0o600); err != nil {
		t.Fatal(err)
	}
	for limit, want := range map[int64]error{4: ErrTooLarge, 5: nil, 6: nil} {
		content, err := ReadRegular(path, limit)
		if !errors.Is(err, want) || (want == nil) != (string(content) == "12345") {
			t.Errorf("limit %d: %q, %v", limit, content, err)
		}
	}
	for path, want := range map[string]error{dir: ErrFolder, os.DevNull: ErrNotRegular, filepath.Join(dir, "none"): fs.ErrNotExist} {
		if _, _, err := OpenRegular(path); !errors.Is(err, want) {
			t.Errorf("%s: %v", path, err)
		}
		if err := CheckKind(path); !errors.Is(err, want) && !(want == fs.ErrNotExist && err == nil) {
			t.Errorf("the kind of %s: %v", path, err)
		}
	}
	f, size, err := OpenRegular(path)
	if err != nil || size != 5 {
		t.Fatal(size, err)
	}
	if err := errors.Join(f.Close(), CheckKind(path)); err != nil {
		t.Error(err)
	}
}
