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
)

// checksumName is the file with the checksum of all other files in the cache.
const checksumName = "sum"

// cacheFolder is the name of the folder that [Open] uses in its cacheDir. Everything in it may be deleted.
const cacheFolder = "pdfium"

// checkCache creates the folder if necessary and returns the files in it. The WebAssembly runtime executes them as machine code
// and verifies only a part of them, so a folder that does not match its checksum is emptied.
func checkCache(dir string) (files []string, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := os.Chmod(dir, 0o700); err != nil { // #nosec G302 -- a folder, for the owner alone
		return nil, err
	}
	files, sum, err := readCache(dir)
	if err == nil {
		var stored []byte
		if stored, err = os.ReadFile(filepath.Join(dir, checksumName)); err == nil && bytes.Equal(stored, sum) { // #nosec G304 -- a file in the folder of the cache
			return files, nil
		}
	}
	return nil, emptyCache(dir)
}

// updateChecksum is called after PDFium was loaded, with the files from checkCache. When loading has added files, the earlier
// ones are of another version or another machine: they are removed, and the checksum is written anew.
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

// readCache returns the files of the cache in order, and a SHA-256 over their names, sizes and contents.
func readCache(dir string) (files []string, sum []byte, err error) {
	hash := sha256.New()
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path == filepath.Join(dir, checksumName) {
			return err
		}
		f, err := os.Open(path) // #nosec G122 G304 -- the folder is for the owner alone
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		info, err := f.Stat()
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		files = append(files, path)
		_, _ = fmt.Fprintf(hash, "%q %d ", name, info.Size())
		_, err = io.Copy(hash, f)
		return err
	})
	return files, hash.Sum(nil), err
}
