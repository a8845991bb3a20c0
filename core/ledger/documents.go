package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"countersign/core/files"
	"countersign/core/request"
)

// ErrTooLarge is returned by [Ledger.PutDocument] for a document that has more bytes than the
// caller allows.
var ErrTooLarge = request.Errorf("document_too_large", "the file is too large")

const documentsDir = "documents"

// isDigest reports whether text is a SHA-256 in hex, as the names of documents are.
func isDigest(text string) bool {
	return len(text) == hex.EncodedLen(sha256.Size) && strings.Trim(text, "0123456789abcdef") == ""
}

// PutDocument stores the bytes of r under their SHA-256. It returns this digest in hex, and
// the number of bytes. It fails with [ErrTooLarge] if there are more than limit bytes. The
// file appears under its final name whole and synced to disk, or not at all. To store the
// same bytes again is no error.
func (l *Ledger) PutDocument(ctx context.Context, r io.Reader, limit int64) (digest string, size int64, err error) {
	return l.putDocument(ctx, r, limit, "")
}

// putDocument is PutDocument. Unless want is empty, it stores no document with another digest, and fails with ErrAltered.
func (l *Ledger) putDocument(ctx context.Context, r io.Reader, limit int64, want string) (digest string, size int64, err error) {
	dir := filepath.Join(l.dir, documentsDir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", 0, l.explain(err)
	}
	temporary, err := os.CreateTemp(dir, "incoming-*") // made 0600
	if err != nil {
		return "", 0, l.explain(err)
	}
	defer func() {
		_ = temporary.Close()           // harmless after the Close below
		_ = os.Remove(temporary.Name()) // fails, harmlessly, after the Rename below
	}()
	hash := sha256.New()
	size, err = io.Copy(io.MultiWriter(temporary, hash), io.LimitReader(files.ContextReader(ctx, r), limit+1))
	if err != nil {
		return "", 0, l.explainFull(fmt.Errorf("store document: %w", err))
	}
	if size > limit {
		return "", 0, ErrTooLarge
	}
	if digest = hex.EncodeToString(hash.Sum(nil)); want != "" && digest != want {
		return "", 0, ErrAltered
	}
	if err := errors.Join(temporary.Sync(), temporary.Close()); err != nil {
		return "", 0, l.explainFull(fmt.Errorf("store document: %w", err))
	}
	if l.isStored(ctx, digest) { // on Windows, a file that somebody reads cannot be replaced
		return digest, size, nil
	}
	if err := files.Rename(temporary.Name(), l.DocumentPath(digest)); err != nil {
		return "", 0, l.explainFull(fmt.Errorf("store document: %w", err))
	}
	return digest, size, files.SyncDir(dir)
}

// isStored reports whether a document is here as it was stored.
func (l *Ledger) isStored(ctx context.Context, digest string) bool {
	f, _, err := l.openDocument(ctx, digest, make([]byte, 64<<10))
	if err != nil {
		return false
	}
	return f.Close() == nil
}

// DocumentPath returns the path of the document with that SHA-256 in hex, whether or not the
// file exists. Callers must not change the file.
func (l *Ledger) DocumentPath(digest string) string {
	if !isDigest(digest) {
		digest = "unknown" // a damaged record must not lead to a file elsewhere
	}
	return filepath.Join(l.dir, documentsDir, digest+".pdf")
}

// documentsOf returns the digests of the documents that came with an event.
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
