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

// checksumName is the file with the checksum of all others.
const checksumName = "sum"

// cacheFolder is the one folder in the caller's that is written to, and emptied.
const cacheFolder = "pdfium"

// checkCache makes the folder ready to be used and lists the files in it. The runtime runs what it finds there as machine
// code, and checks only a part of it: a folder that does not fit its seal is emptied.
func checkCache(dir string) (files []string, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return nil, err
	}
	files, sum, err := readCache(dir)
	if err == nil {
		var seal []byte
		if seal, err = os.ReadFile(filepath.Join(dir, checksumName)); err == nil && bytes.Equal(seal, sum) {
			return files, nil
		}
	}
	return nil, emptyCache(dir)
}

// updateChecksum is called after a start. If the start has added something to the files that were there, then those are of another
// version or another machine, and go.
func updateChecksum(dir string, before []string) error {
	after, sum, err := readCache(dir)
	if err != nil || slices.Equal(before, after) {
		return err
	}
	for _, old := range before {
		if err := os.Remove(old); err != nil {
			return err
		}
		_ = os.Remove(filepath.Dir(old)) // fails while something is in it
	}
	if len(before) > 0 {
		if _, sum, err = readCache(dir); err != nil {
			return err
		}
	}
	// A program that ends in the middle of this leaves a seal that does not fit.
	return os.WriteFile(filepath.Join(dir, checksumName), sum, 0o600)
}

func emptyCache(dir string) error {
	entries, err := os.ReadDir(dir)
	for _, entry := range entries {
		err = errors.Join(err, os.RemoveAll(filepath.Join(dir, entry.Name())))
	}
	return err
}

// readCache lists the files of the cache in order, and hashes their names and what is in them.
func readCache(dir string) (files []string, sum []byte, err error) {
	hash := sha256.New()
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path == filepath.Join(dir, checksumName) {
			return err
		}
		f, err := os.Open(path)
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
