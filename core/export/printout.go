package export

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"

	"countersign/core/printout"
)

// SavePrintout writes a document as a new PDF file at path, which must be absolute and outside the home. The error is
// [ErrTaken] when there is a file at path.
func (x *Exporter) SavePrintout(_ context.Context, d printout.Document, path string) error {
	return x.write(path, false, func(w io.Writer) error { return printout.Write(w, d) })
}

// PrintoutForViewer writes a document as a read-only PDF file for the system's viewer, from which it can be printed, and returns
// its path. The file has the name, without characters that names of files cannot have. It is removed later, as
// [Exporter.TidyOpened] states.
func (x *Exporter) PrintoutForViewer(ctx context.Context, d printout.Document, name string) (path string, err error) {
	var content bytes.Buffer
	if err := printout.Write(&content, d); err != nil {
		return "", err
	}
	sum := sha256.Sum256(content.Bytes())
	path, err = x.forViewer(ctx, safeName(name), hex.EncodeToString(sum[:]), func(folder string) (string, error) {
		f, err := createPrivate(folder)
		if err != nil {
			return "", err
		}
		_, err = content.WriteTo(f)
		if err = errors.Join(err, f.Close()); err != nil {
			return "", errors.Join(err, os.Remove(f.Name()))
		}
		return f.Name(), nil
	})
	if err != nil {
		return "", notWritten(err)
	}
	return path, nil
}
