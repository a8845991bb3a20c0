package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"countersign/core/files"
	"countersign/core/request"
)

// ErrTooLarge says that a document is larger than the bound it was read with.
var ErrTooLarge = errors.New("the file is too large")

const documentsDir = "documents"

var digestForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

// PutDocument keeps what r gives, up to limit bytes, under its SHA-256 and returns
// both. The file is on disk under its final name, whole, or not there at all, whatever
// happens on the way. It fails with [ErrTooLarge] past the limit.
func (l *Ledger) PutDocument(ctx context.Context, r io.Reader, limit int64) (digest string, size int64, err error) {
	dir := filepath.Join(l.dir, documentsDir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", 0, l.explain(err)
	}
	temporary, err := os.CreateTemp(dir, "incoming-*") // made 0600
	if err != nil {
		return "", 0, l.explain(err)
	}
	defer func() {
		temporary.Close()           // a second Close after a good one is harmless
		os.Remove(temporary.Name()) // gone already when all went well
	}()
	hash := sha256.New()
	size, err = io.Copy(io.MultiWriter(temporary, hash), io.LimitReader(files.Reader(ctx, r), limit+1))
	if err != nil {
		return "", 0, fmt.Errorf("store document: %w", err)
	}
	if size > limit {
		return "", 0, ErrTooLarge
	}
	digest = hex.EncodeToString(hash.Sum(nil))
	if err := errors.Join(temporary.Sync(), temporary.Close()); err != nil {
		return "", 0, fmt.Errorf("store document: %w", err)
	}
	if err := os.Rename(temporary.Name(), l.DocumentPath(digest)); err != nil {
		return "", 0, fmt.Errorf("store document: %w", err)
	}
	return digest, size, files.SyncDir(dir)
}

// DocumentPath is where the document with that digest is, or would be.
// Others may read the file; nobody changes it.
func (l *Ledger) DocumentPath(digest string) string {
	if !digestForm.MatchString(digest) {
		digest = "unknown" // never let a digest from a damaged record become a path
	}
	return filepath.Join(l.dir, documentsDir, digest+".pdf")
}

// errNotAFile says that something else is where a document ought to be.
var errNotAFile = errors.New("the document is no file")

// OpenDocument opens a kept document for reading. It looks first what is there: to open a pipe
// would take as long as nobody writes to it.
func (l *Ledger) OpenDocument(digest string) (*os.File, error) {
	path := l.DocumentPath(digest)
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("document %.12s: %w: put it back from a backup", digest, errNotAFile)
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("document %.12s: %w", digest, ErrNotFound)
	}
	return f, err
}

// documentsOf are the digests of the documents that came with an event.
func documentsOf(e request.Event) (digests []string) {
	if e.Added != nil {
		for _, d := range e.Added.Documents {
			digests = append(digests, d.SHA256)
		}
	}
	if e.Stored != nil {
		digests = append(digests, e.Stored.SHA256)
	}
	return digests
}
