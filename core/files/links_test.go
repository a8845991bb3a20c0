package files

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestBehindLinks(t *testing.T) {
	folder, err := filepath.EvalSymlinks(t.TempDir()) // a system may have its temporary files behind a link
	if err != nil {
		t.Fatal(err)
	}
	real, link, nowhere := filepath.Join(folder, "real"), filepath.Join(folder, "link"), filepath.Join(folder, "nowhere")
	if err := os.MkdirAll(filepath.Join(real, "a"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Symlink(real, link), os.Symlink("gone", nowhere)); err != nil {
		t.Skip(err)
	}
	if to, err := os.Readlink(link); err != nil || to != real {
		t.Skip("the system makes no links")
	}
	for path, want := range map[string]string{
		link: real, real: real, nowhere: nowhere,
		filepath.Join(link, "a", "b", "c"): filepath.Join(real, "a", "b", "c"),
		filepath.Join(folder, "x", "y"):    filepath.Join(folder, "x", "y"),
	} {
		if got := BehindLinks(path); got != want {
			t.Errorf("%s: %s, not %s", path, got, want)
		}
	}
}
