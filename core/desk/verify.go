package desk

import (
	"crypto/x509"
	"fmt"
	"io"
	"path/filepath"

	"countersign/core/home"
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
