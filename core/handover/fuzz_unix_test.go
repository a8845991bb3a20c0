//go:build unix

package handover

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countersign/core/home"
)

// FuzzReadAddress: whatever the file with the socket's path is, a path that is used ends as this program makes it, in a folder
// for the owner alone.
func FuzzReadAddress(f *testing.F) {
	private := filepath.Join(f.TempDir(), folderPrefix+"x")
	if err := os.Mkdir(private, 0o700); err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{filepath.Join(private, socketName), filepath.Join(private, "..", "..", socketName), socketName, "/" + socketName, "", "\x00", strings.Repeat("/a", 200)} {
		f.Add(seed)
	}
	dir, err := home.Open(f.TempDir())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, note string) {
		if err := os.WriteFile(filepath.Join(dir.Path(), addressFile), []byte(note), 0o600); err != nil {
			t.Fatal(err)
		}
		path, err := readAddress(dir)
		if err != nil {
			return
		}
		folder := filepath.Dir(path)
		info, err := os.Lstat(folder)
		if err != nil || !filepath.IsAbs(path) || filepath.Base(path) != socketName || !strings.HasPrefix(filepath.Base(folder), folderPrefix) || info.Mode().Perm() != 0o700 {
			t.Errorf("%q is used: %v", path, err)
		}
	})
}
