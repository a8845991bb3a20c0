package desk

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"countersign/core/home"
	"countersign/core/ledger"
	"countersign/core/pdf"
)

// Anchors are the certificates that signatures are trusted by: the system's, and those in
// PEM files in the home's trust folder.
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
		pem, err := readAnchors(path)
		if err != nil {
			return nil, fmt.Errorf("read the trust folder: %w", err)
		}
		if !anchors.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s has no certificate in PEM form: mend it or take it away", path)
		}
	}
	return anchors, nil
}

const maxAnchors = 1 << 20 // bytes of a file of certificates

func readAnchors(path string) ([]byte, error) {
	source, size, err := PathFile(path).Open()
	if err != nil {
		return nil, explainFile(label(path), err)
	}
	defer source.Close()
	if size > maxAnchors {
		return nil, fmt.Errorf("%s has more than %d MB: take it away, or split it", label(path), maxAnchors>>20)
	}
	return io.ReadAll(io.NewSectionReader(source, 0, size))
}

// Verify gives the signatures of any PDF file. A file that cannot be read as a PDF is
// an error.
func Verify(path string, anchors *x509.CertPool) ([]pdf.Signature, error) {
	source, size, err := PathFile(path).Open()
	if err != nil {
		return nil, explainFile(label(path), err)
	}
	defer source.Close()
	signatures, err := pdf.Signatures(source, size, anchors)
	if err != nil {
		return nil, explainFile(label(path), err)
	}
	return signatures, nil
}

// errKeptMissing says that a document of the register is not in the home any more.
var errKeptMissing = errors.New("its kept copy is missing: restore the home from a backup")

// SignaturesOf gives the signatures that a kept document carries, in the order in which they
// were made, each as it is found today.
func (d *Desk) SignaturesOf(ctx context.Context, digest string) ([]Carried, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f, err := d.ledger.OpenDocument(digest)
	if errors.Is(err, ledger.ErrNotFound) {
		return nil, errKeptMissing
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	signatures, err := pdf.Signatures(f, info.Size(), nil)
	if err != nil {
		return nil, fmt.Errorf("its signatures cannot be read: %w", err)
	}
	return made(signatures), nil
}
