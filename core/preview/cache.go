package preview

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"countersign/core/files"
)

// checksumName is the file with the checksum of all other files in the cache.
const checksumName = "sum"

// cacheFolder is the name of the folder that [Open] uses in its cacheDir. Everything in it may be deleted.
const cacheFolder = "pdfium"

// checkCache creates the folder if necessary and returns the paths of the files in it. The WebAssembly runtime executes these
// files as machine code and verifies only a part of them. Therefore checkCache empties a folder that does not match its
// checksum, and then returns none.
func checkCache(dir string) (names []string, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := os.Chmod(dir, 0o700); err != nil { // #nosec G302 -- a folder, for the owner alone
		return nil, err
	}
	names, sum, err := readCache(dir)
	if err == nil {
		var stored []byte
		if stored, err = files.ReadRegular(filepath.Join(dir, checksumName), sha256.Size); err == nil && bytes.Equal(stored, sum) {
			return names, nil
		}
	}
	return nil, emptyCache(dir)
}

// updateChecksum is called after PDFium was loaded. before is what checkCache returned before that. When loading has added
// files, the files in before are of another version or another machine: updateChecksum removes them, and writes the checksum
// anew.
func updateChecksum(dir string, before []string) error {
	after, sum, err := readCache(dir)
	if err != nil || slices.Equal(before, after) {
		return err
	}
	for _, old := range before {
		if err := os.Remove(old); err != nil {
			return err
		}
		_ = os.Remove(filepath.Dir(old)) // fails unless the folder is empty
	}
	if len(before) > 0 {
		if _, sum, err = readCache(dir); err != nil {
			return err
		}
	}
	// If the program ends before the write does, the checksum does not match, and the next start empties the cache.
	return os.WriteFile(filepath.Join(dir, checksumName), sum, 0o600)
}

// emptyCache removes everything in the folder.
func emptyCache(dir string) error {
	entries, err := os.ReadDir(dir)
	for _, entry := range entries {
		err = errors.Join(err, os.RemoveAll(filepath.Join(dir, entry.Name())))
	}
	return err
}

// readCache returns the paths of the files of the cache, sorted, and the SHA-256 of their names, sizes and contents.
func readCache(dir string) (names []string, sum []byte, err error) {
	hash := sha256.New()
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path == filepath.Join(dir, checksumName) {
			return err
		}
		f, size, err := files.OpenRegular(path)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		names = append(names, path)
		_, _ = fmt.Fprintf(hash, "%q %d ", name, size)
		_, err = io.Copy(hash, f)
		return err
	})
	return names, hash.Sum(nil), err
}
