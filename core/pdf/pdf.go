// Package pdf says what a PDF file can prove by itself: that it is a whole file that can be sent to be signed, which
// signatures it carries, whether each of them still fits the bytes it speaks for, and whether one file continues another.
//
// It must not sign, must not change a file, must not open the network and must not write anywhere: no revocation list is
// fetched and no trust list is asked, so a signature that is intact and trusted here may still have been revoked.
//
// The files come from outside. What a parser says of them is never enough to call a signature intact: the bytes it speaks
// for are compared with the raw file in this package. A file over [MaxSize] is refused, a signature over 4 MiB is not
// read, and the parser has limits for streams, objects, depth, time and memory; a panic of the parser is [ErrDamaged].
package pdf

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"
)

// MaxSize is the size of the largest file that is read, in bytes. The parser holds what it reads in memory.
const MaxSize = 256 << 20

const (
	maxDecoded  = 16 << 20  // decoded bytes of one object stream
	maxObjects  = 2_000_000 // objects a file may announce
	maxNesting  = 64        // of dictionaries and arrays, of form fields, and of what a signature holds
	edgeSize    = 1024      // a header may begin, and an end marker may stand, this far from the end of the file
	headerStart = "%PDF-"
	endMarker   = "%%EOF"
)

var maxParsing = 30 * time.Second // for one file; another time in tests alone

// The reasons why a file cannot be used. They are wrapped: compare with errors.Is.
var (
	ErrEmpty     = errors.New("the file is empty")
	ErrNotPDF    = errors.New("the file is not a PDF")
	ErrEncrypted = errors.New("the PDF is encrypted")
	ErrDamaged   = errors.New("the PDF is damaged or incomplete")
	ErrTooLarge  = fmt.Errorf("the file is larger than %d MiB", MaxSize>>20)
)

// Info is what is told of a file that can be sent.
type Info struct {
	Pages int
}

// Check says whether the file can be sent to be signed: a PDF, whole, with pages, and not encrypted. What keeps it from
// being sent is one of the reasons above.
func Check(r io.ReaderAt, size int64) (Info, error) {
	if err := checkEdges(r, size); err != nil {
		return Info{}, err
	}
	d, err := open(r, size)
	if err != nil {
		return Info{}, err
	}
	if d.Encrypt != nil {
		return Info{}, fmt.Errorf("%w and a gateway could not sign it; save it without protection first", ErrEncrypted)
	}
	pages, err := countPages(d)
	if err != nil {
		return Info{}, err
	}
	return Info{Pages: pages}, nil
}

// checkEdges looks at the two ends of a file. The parser repairs what it can, also a file that was cut off; a file that
// is sent to be signed has to be whole.
func checkEdges(r io.ReaderAt, size int64) error {
	if err := checkHeader(r, size); err != nil {
		return err
	}
	tail, err := readRange(r, max(0, size-edgeSize), size)
	if err != nil {
		return err
	}
	if !bytes.Contains(tail, []byte(endMarker)) {
		return fmt.Errorf("%w: its end is missing", ErrDamaged)
	}
	return nil
}

func checkHeader(r io.ReaderAt, size int64) error {
	switch {
	case size <= 0:
		return ErrEmpty
	case size > MaxSize:
		return ErrTooLarge
	}
	head, err := readRange(r, 0, min(size, edgeSize))
	if err != nil {
		return err
	}
	if !bytes.Contains(head, []byte(headerStart)) {
		return ErrNotPDF
	}
	return nil
}

// readRange returns the bytes from start to end. The caller has bounded how many these are.
func readRange(r io.ReaderAt, start, end int64) ([]byte, error) {
	b := make([]byte, end-start)
	if n, err := r.ReadAt(b, start); n < len(b) {
		return nil, readError(err)
	}
	return b, nil
}

// errRead marks that the file could not be read, which says nothing about the signatures in it.
var errRead = errors.New("could not read the file")

func readError(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("%w: %w", errRead, err)
}

func countPages(d *document) (pages int, err error) {
	defer recoverDamaged(&err)
	if err := d.EnsurePageCount(); err != nil {
		return 0, wrapDamaged(err)
	}
	if d.PageCount < 1 {
		return 0, fmt.Errorf("%w: it has no pages", ErrDamaged)
	}
	return d.PageCount, nil
}

func wrapDamaged(err error) error {
	return fmt.Errorf("%w: %w", ErrDamaged, err)
}

// recoverDamaged is deferred around calls into the parser.
func recoverDamaged(err *error) {
	switch p := recover(); p {
	case nil:
	case errTooMuchMemory, errTooMuchTime:
		*err = wrapDamaged(p.(error))
	default:
		*err = fmt.Errorf("%w: the parser gave up: %v", ErrDamaged, p)
	}
}
