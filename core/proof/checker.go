package proof

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"countersign/core/home"
	"countersign/core/input"
	"countersign/core/ledger"
	"countersign/core/pdf"
)

// Anchors returns the certificates by which signers are trusted: the system's, and those in PEM
// files in the home's trust folder.
func Anchors(dir home.Dir) (*x509.CertPool, error) {
	anchors, err := x509.SystemCertPool()
	if err != nil {
		anchors = x509.NewCertPool()
	}
	files, err := filepath.Glob(filepath.Join(dir.Trust(), "*.pem"))
	if err != nil {
		return nil, fmt.Errorf("read the trust folder: %w", err)
	}
	for _, path := range files {
		pem, err := readPEM(path)
		if err != nil {
			return nil, fmt.Errorf("read the trust folder: %w", err)
		}
		if !anchors.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s has no certificate in PEM form: replace it or take it away", path)
		}
	}
	return anchors, nil
}

const maxPEM = 1 << 20 // bytes of one file

func readPEM(path string) ([]byte, error) {
	source, size, err := input.Path(path).Open()
	if err != nil {
		return nil, input.Explain(input.Label(path), err)
	}
	defer source.Close()
	if size > maxPEM {
		return nil, fmt.Errorf("%s has more than %d MB: take it away, or split it", input.Label(path), maxPEM>>20)
	}
	return io.ReadAll(io.NewSectionReader(source, 0, size))
}

// ErrMissing is returned when a document that the register names is not in the home any more.
var ErrMissing = errors.New("its kept copy is missing: restore the home from a backup")

// Documents opens kept documents by their digests. It fails with [ledger.ErrNotFound] when there
// is none.
type Documents interface {
	OpenDocument(digest string) (*os.File, error)
}

// Open opens a kept document. It fails with [ErrMissing] when there is none.
func Open(documents Documents, digest string) (*os.File, error) {
	f, err := documents.OpenDocument(digest)
	if errors.Is(err, ledger.ErrNotFound) {
		return nil, ErrMissing
	}
	return f, err
}

// Checker looks at files with the trust anchors of a home.
type Checker struct {
	dir       home.Dir
	documents Documents
}

// NewChecker returns a checker for the files of a home.
func NewChecker(dir home.Dir, documents Documents) *Checker {
	return &Checker{dir: dir, documents: documents}
}

// Verify is the function [Verify] with the anchors of the home. When these cannot be read, nobody is
// trusted and [Verified.Anchors] says why.
func (c *Checker) Verify(ctx context.Context, path string) (Verified, error) {
	anchors, problem := Anchors(c.dir)
	v, err := Verify(ctx, path, anchors)
	if err == nil && problem != nil {
		v.Anchors = problem.Error()
	}
	return v, err
}

// SignaturesOf returns the signatures of a kept document as they are found now. It fails with
// [ErrMissing] when the document is not there.
func (c *Checker) SignaturesOf(ctx context.Context, digest string) ([]Signature, error) {
	f, err := Open(c.documents, digest)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	// An error is ignored: then nobody is trusted, and Verify says so where a file is checked.
	anchors, _ := Anchors(c.dir)
	report, err := pdf.Examine(contextReaderAt{ctx, f}, info.Size(), pdf.Options{Anchors: anchors})
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("its signatures cannot be read: %w", err)
	}
	return signaturesOf(report.Signatures), nil
}
