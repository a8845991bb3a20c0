//go:build unix

package files

import (
	"io/fs"
	"os"
	"syscall"
	"testing"
)

// The umask is of the whole process, so this test runs alone.
func TestTheUmaskDecidesWhoReadsASharedFile(t *testing.T) {
	for mask, want := range map[int]fs.FileMode{0o022: 0o644, 0o027: 0o640, 0o077: 0o600, 0o002: 0o664} {
		old := syscall.Umask(mask)
		f, err := CreateShared(t.TempDir())
		syscall.Umask(old)
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(f.Name()); err != nil || info.Mode() != want {
			t.Errorf("umask %04o: %v, %v", mask, info.Mode(), err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := CreateShared(t.TempDir() + "/none"); !os.IsNotExist(err) {
		t.Errorf("in no folder: %v", err)
	}
}
