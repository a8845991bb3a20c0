package proof

import (
	"context"
	"errors"
	"fmt"
	"os"

	"countersign/core/home"
	"countersign/core/ledger"
	"countersign/core/pdf"
	"countersign/core/request"
	"countersign/core/trust"
)

// ErrMissing is returned when a document that the register names is no longer in the document
// store.
var ErrMissing = errors.New("its kept copy is missing: restore the home from a backup")

// Documents opens documents of the document store by their SHA-256 in hexadecimal. OpenDocument
// fails with [ledger.ErrNotFound] when there is none.
type Documents interface {
	OpenDocument(digest string) (*os.File, error)
}

// Open opens the document with a digest. It fails with [ErrMissing] when there is none. The caller
// has to close the file.
func Open(documents Documents, digest string) (*os.File, error) {
	f, err := documents.OpenDocument(digest)
	if errors.Is(err, ledger.ErrNotFound) {
		return nil, ErrMissing
	}
	return f, err
}

// Checker checks the signatures in files, trusting the anchors of a home and of the system.
type Checker struct {
	dir       home.Dir
	documents Documents
}

// NewChecker returns a checker for the files of a home.
func NewChecker(dir home.Dir, documents Documents) *Checker {
	return &Checker{dir: dir, documents: documents}
}

// Verify calls the function [Verify] with the anchors of the home and of the system. What could not
// be used in the home's trust folder is reported in [Verified.AnchorProblems], and is no error.
func (c *Checker) Verify(ctx context.Context, path string) (Verified, error) {
	anchors := trust.Read(c.dir)
	v, err := Verify(ctx, path, anchors.Pool())
	for _, problem := range anchors.Problems {
		v.AnchorProblems = append(v.AnchorProblems, request.SentenceOf(problem))
	}
	return v, err
}

// SignaturesOf examines the document with a digest and returns its signatures. It fails with
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
	report, err := pdf.Examine(contextReaderAt{ctx, f}, info.Size(), pdf.Options{Anchors: trust.Read(c.dir).Pool()})
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("its signatures cannot be read: %w", err)
	}
	return signaturesOf(report.Signatures), nil
}
