package proof

import (
	"context"
	"fmt"
	"os"

	"countersign/core/home"
	"countersign/core/pdf"
	"countersign/core/request"
	"countersign/core/trust"
)

// Documents opens documents of the document store by their SHA-256 in hexadecimal. Its errors are those
// of [countersign/core/ledger.Ledger.OpenDocument].
type Documents interface {
	OpenDocument(ctx context.Context, digest string) (*os.File, error)
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
	v, err := Verify(ctx, path, anchors.Named)
	for _, problem := range anchors.Problems {
		v.AnchorProblems = append(v.AnchorProblems, request.SentenceOf(problem))
	}
	return v, err
}

// SignaturesOf returns the signatures in the stored document with that SHA-256. It fails with the errors
// of [Documents], and if the document cannot be read as a PDF.
func (c *Checker) SignaturesOf(ctx context.Context, digest string) ([]Signature, error) {
	f, err := c.documents.OpenDocument(ctx, digest)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	report, err := pdf.Examine(contextReaderAt{ctx, f}, info.Size(), pdf.Options{Anchors: trust.Read(c.dir).Named})
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("its signatures cannot be read: %w", err)
	}
	return signaturesOf(report.Signatures), nil
}
