// Package input is where things from outside enter: the files that a person names, the paths
// that a person pastes, and texts that are to be shown. It opens files without being held up by
// pipes and devices, and words what is wrong with them for the person who named them. It keeps
// nothing.
package input

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"unicode/utf8"

	"countersign/core/files"
	"countersign/core/gateway"
	"countersign/core/pdf"
	"countersign/core/request"
)

// Source is the content of an open file.
type Source interface {
	io.ReaderAt
	io.Closer
}

// File is a file that a person hands over.
type File struct {
	Name string // a label, never used as a path
	// Open returns the content and its size in bytes. The caller closes the source.
	Open func() (s Source, size int64, err error)
}

// ErrChanged is returned when a file became shorter while it was read.
var ErrChanged = request.Errorf("file_shorter", "it became shorter while it was read")

// Path returns a [File] for the file at a path on disk. Its Name is the name of the file without
// the folders, and its Open fails at once for folders, pipes and devices.
func Path(path string) File {
	return File{Name: filepath.Base(path), Open: func() (Source, int64, error) {
		f, size, err := files.OpenRegular(path)
		if err != nil {
			return nil, 0, err // and no Source that is a nil file
		}
		return f, size, nil
	}}
}

// OpenList opens the list at a path for an import. It fails at once for folders, pipes and
// devices. The errors are those of [Explain]. The caller closes the list.
func OpenList(path string) (io.ReadCloser, error) {
	source, size, err := Path(path).Open()
	if errors.Is(err, files.ErrFolder) {
		err = files.ErrNotRegular
	}
	if err != nil {
		return nil, Explain(Label(path), err)
	}
	return struct {
		io.Reader
		io.Closer
	}{io.NewSectionReader(source, 0, size), source}, nil
}

// Memory returns a [File] whose content is in memory.
func Memory(name string, content []byte) File {
	return File{Name: name, Open: func() (Source, int64, error) {
		return struct {
			*bytes.Reader
			io.Closer
		}{bytes.NewReader(content), io.NopCloser(nil)}, int64(len(content)), nil
	}}
}

// Explain returns an error that tells people what is wrong with a file, and what to do about it.
// name is the label of the file, and err is what went wrong when it was opened, read or checked.
func Explain(name string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return request.Errorf("file_missing", "there is no file %s: check the name", name)
	case errors.Is(err, fs.ErrPermission):
		return request.Errorf("file_forbidden", "%s cannot be read: ask its owner for permission", name)
	case errors.Is(err, files.ErrNotRegular):
		return request.Errorf("file_pipe", "%s cannot be read as a file: name a file on disk, not a pipe or a device", name)
	case errors.Is(err, files.ErrFolder):
		return request.Errorf("file_folder", "%s is a folder: name the PDF files in it", name)
	case errors.Is(err, pdf.ErrEmpty):
		return request.Errorf("file_empty", "%s is empty: save it again, or ask for it again", name)
	case errors.Is(err, pdf.ErrNotPDF):
		return request.Errorf("file_not_pdf", "%s is not a PDF: save or print it as a PDF first", name)
	case errors.Is(err, pdf.ErrEncrypted):
		return request.Errorf("file_encrypted", "%s needs a password to open, so it cannot be signed: save a copy without a password", name)
	case errors.Is(err, pdf.ErrProtected):
		return request.Errorf("file_protected", "%s can be opened by anyone, but its author locked it against changes, so no signature can be added: print it as a PDF, and add that file", name)
	case errors.Is(err, ErrChanged):
		return request.Errorf("file_unfinished", "%s cannot be used: %w: wait until the program that writes it is done, and add it again", name, err)
	case errors.Is(err, pdf.ErrDamaged):
		return request.Errorf("file_damaged", "%s cannot be used: %w: open it in a PDF reader and save it again", name, err)
	}
	return request.Errorf("file_unusable", "%s cannot be used: %w", name, err)
}

const maxLabel = 200 // characters

// Label returns text from outside as a short line that can be shown anywhere: without control
// characters, and cut to 200 characters. Titles, references and file names are kept in this
// form.
func Label(text string) string {
	text = gateway.Sanitize(text)
	if utf8.RuneCountInString(text) > maxLabel {
		return string([]rune(text)[:maxLabel-1]) + "…"
	}
	return text
}
