// Package input is where things from outside enter: the files that a person names, the paths
// that a person pastes, and texts that are to be shown. It opens files without being held up by
// pipes and devices, and words what is wrong with them for the person who named them. It keeps
// nothing.
package input

import (
	"bytes"
	"cmp"
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
	// DiskPath is where the file is, for a picture of it; empty for one that is on no disk. The content is read by Open.
	DiskPath string
}

// ErrChanged is returned when a file became shorter while it was read.
var ErrChanged = request.Errorf("file_shorter", "it became shorter while it was read")

// Path returns a [File] for the file at a path on disk. The path is used byte by byte, since the name of a file
// need not be UTF-8. Name is that of [Name], and Open fails at once for folders, pipes and devices.
func Path(path string) File {
	return File{Name: Name(path), DiskPath: path, Open: func() (Source, int64, error) {
		f, size, err := files.OpenRegular(path)
		if err != nil {
			return nil, 0, err // and no Source that is a nil file
		}
		return f, size, nil
	}}
}

// ExplainList is [Explain] for a list that is to be imported: a folder is no list either.
func ExplainList(name string, err error) error {
	if errors.Is(err, files.ErrFolder) {
		err = files.ErrNotRegular
	}
	return Explain(name, err)
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

// Name returns the name of the file at a path, without the folders, as a label: bytes that are not UTF-8 are replaced,
// and a name without any visible character is "document".
func Name(path string) string { return cmp.Or(Label(filepath.Base(path)), "document") }

// PathLabel returns a path as a label. Of a path that is too long for one, its end is kept, where the name of the file is.
func PathLabel(path string) string {
	path = gateway.OneLine(path)
	if letters := []rune(path); len(letters) > maxLabel {
		return "…" + string(letters[len(letters)-maxLabel+1:])
	}
	return path
}

// maxLabel is as long as the longest names of files are on any usual system, in characters.
const maxLabel = 255

// Label returns text from outside as a short line that can be shown anywhere: in UTF-8, without control
// characters, and cut to 255 characters. The names of files are kept in this form. For what people type, there is
// [Typed].
func Label(text string) string { return Shorten(gateway.OneLine(text), maxLabel) }

// Shorten returns a text with at most the given number of characters; an ellipsis stands for what is left out.
func Shorten(text string, most int) string {
	if utf8.RuneCountInString(text) > most {
		return string([]rune(text)[:most-1]) + "…"
	}
	return text
}
