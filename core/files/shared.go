package files

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// CreateShared creates a new file in dir, for reading and writing, under a temporary name that nobody can
// guess. It differs from [os.CreateTemp] in its permissions: the system's umask decides who else may read
// it. So CreateShared is for files that people save for others, and never for files of a home. The caller
// closes the file, and renames or removes it.
func CreateShared(dir string) (*os.File, error) {
	for {
		f, err := os.OpenFile(filepath.Join(dir, ".countersign-"+rand.Text()), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666) // #nosec G302 G304 -- the umask of whoever saves it decides
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
}
