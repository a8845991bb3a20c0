package pdf

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

const (
	edgeSize    = 1024 // bytes at either end of a file in which the header and the end marker are looked for
	headerStart = "%PDF-"
	endMarker   = "%%EOF"
)

// document is a file as the parser read it, together with its raw bytes.
type document struct {
	*model.Context
	raw    io.ReaderAt
	size   int64
	budget *budget
}

// open parses the first size bytes of r. An encrypted file that opens without a password is no error: the caller checks
// the Encrypt entry.
func open(r io.ReaderAt, size int64, b *budget) (d *document, err error) {
	if err := checkHeader(r, size); err != nil {
		return nil, err
	}
	defer recoverDamaged(&err)
	d = &document{raw: r, size: size, budget: b}
	d.Context, err = pdfcpu.ReadWithContext(budgetContext{context.Background(), b}, io.NewSectionReader(r, 0, size), configuration(size))
	switch {
	case errors.Is(err, pdfcpu.ErrWrongPassword):
		return nil, errPasswordNeeded
	case err != nil:
		return nil, wrapDamaged(err)
	case d.Context == nil || d.XRefTable == nil:
		return nil, ErrDamaged
	}
	return d, nil
}

func init() {
	// Otherwise the parser keeps a configuration, fonts and certificates in the user's home, and reads them from there.
	// It is a variable of the parser's package, so it is set before anything can run.
	model.ConfigPath = "disable"
}

func configuration(size int64) *model.Configuration {
	c := model.NewDefaultConfiguration()
	c.Offline = true
	c.ValidationMode = model.ValidationRelaxed
	c.Optimize = false
	c.Limits.MaxStreamBytes = size // the parser allocates a stream's claimed length before reading it
	c.Limits.MaxDecodeBytes = maxDecoded
	c.Limits.MaxObjectCount = maxObjects
	c.Limits.MaxXRefEntries = maxObjects
	c.Limits.MaxRecursionDepth = maxNesting
	return c
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

// readRange returns the bytes from start up to end. The caller limits how many these are.
func readRange(r io.ReaderAt, start, end int64) ([]byte, error) {
	b := make([]byte, end-start)
	if n, err := r.ReadAt(b, start); n < len(b) {
		return nil, readError(err)
	}
	return b, nil
}

func readError(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("%w: %w", errRead, err)
}

func wrapDamaged(err error) error { return fmt.Errorf("%w: %w", ErrDamaged, err) }

// recoverDamaged turns a panic into an error that wraps ErrDamaged. Every function that calls the parser defers it.
func recoverDamaged(err *error) {
	switch p := recover(); p {
	case nil:
	case errTooMuchMemory, errTooMuchTime:
		*err = wrapDamaged(p.(error))
	default:
		*err = parserPanic(p)
	}
}

// countPages returns how many pages the document has; none is an error that wraps ErrDamaged.
func (d *document) countPages() (pages int, err error) {
	defer recoverDamaged(&err)
	if err := d.EnsurePageCount(); err != nil {
		return 0, wrapDamaged(err)
	}
	if d.PageCount < 1 {
		return 0, errNoPages
	}
	return d.PageCount, nil
}

// resolve follows a reference and returns the object it points to, or nil when there is none. Objects in object streams
// are unpacked at this moment, so the budget is checked here. It panics when the budget is exceeded.
func (d *document) resolve(o types.Object) types.Object {
	ref, ok := o.(types.IndirectRef)
	if !ok {
		return o
	}
	if entry, ok := d.Find(ref.ObjectNumber.Value()); ok && entry != nil {
		if _, packed := entry.Object.(types.LazyObjectStreamObject); packed {
			d.budget.check()
		}
	}
	o, err := d.Dereference(o)
	if err != nil {
		return nil
	}
	if _, again := o.(types.IndirectRef); again {
		return nil // ISO 32000-1, 7.3.10 allows no reference to a reference; it may also lead in a circle
	}
	return o
}

// dict returns the dictionary, or the dictionary of the stream, that o is or refers to; nil for anything else.
func (d *document) dict(o types.Object) types.Dict {
	switch o := d.resolve(o).(type) {
	case types.Dict:
		return o
	case types.StreamDict:
		return o.Dict
	}
	return nil
}

func (d *document) array(o types.Object) types.Array {
	a, _ := d.resolve(o).(types.Array)
	return a
}

func (d *document) name(o types.Object) string {
	n, _ := d.resolve(o).(types.Name)
	return n.Value()
}

// catalog returns the document catalog (ISO 32000-1, 7.7.2), or nil when it cannot be read.
func (d *document) catalog() types.Dict {
	if d.Root == nil {
		return nil
	}
	return d.dict(*d.Root)
}

// decodeStream returns the decoded content of a stream, or nil when it cannot be decoded or is longer than limit bytes.
func (d *document) decodeStream(o types.Object, limit int64) []byte {
	stream, ok := d.resolve(o).(types.StreamDict)
	if !ok || stream.DecodeWithLimit(limit) != nil || int64(len(stream.Content)) > limit {
		return nil
	}
	return stream.Content
}

// offset returns where in the file the object begins that is referred to. It is negative for an object that is inside an
// object stream or does not exist.
func (d *document) offset(ref types.IndirectRef) int64 {
	entry, ok := d.Find(ref.ObjectNumber.Value())
	if !ok || entry == nil || entry.Offset == nil {
		return -1
	}
	return *entry.Offset
}
