package pdf

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

const (
	edgeSize    = 1024     // bytes at the beginning of a file in which the header is looked for
	maxTrailing = 24 << 10 // bytes after the end marker, besides white space, that other readers accept
	headerStart = "%PDF-"
	endMarker   = "%%EOF"
)

// document is a file as the parser read it, together with its raw bytes. The parser is the library pdfcpu, everywhere in
// this package.
type document struct {
	*model.Context
	raw    io.ReaderAt
	size   int64
	budget *budget
	// directEncryption is set when the trailer has the encryption dictionary itself and not a reference to it.
	directEncryption bool
}

// open parses the first size bytes of r as they are. [openTolerant] accepts more. An encrypted file that opens without a
// password is no error: the caller checks the Encrypt entry.
func open(r io.ReaderAt, size int64, b *budget) (*document, error) {
	if err := checkHeader(r, size); err != nil {
		return nil, err
	}
	return parse(&view{file: r, size: size}, b)
}

// parse has the parser read a view of a file. The error wraps ErrDamaged, ErrEncrypted or an error of the view; no text of
// the parser is in it.
func parse(v *view, b *budget) (d *document, err error) {
	defer recoverDamaged(&err)
	source := &failureRecorder{ReaderAt: &blockReader{view: v}}
	ctx, err := pdfcpu.ReadWithContext(newBudgetContext(b), io.NewSectionReader(source, 0, v.length()), configuration(v.length()))
	switch {
	case source.failure != nil:
		return nil, readError(source.failure)
	case err != nil:
		return nil, parserError(err)
	case ctx == nil || ctx.XRefTable == nil:
		return nil, ErrDamaged
	}
	for _, entry := range ctx.Table {
		if entry != nil && entry.Offset != nil {
			*entry.Offset += v.start
		}
	}
	return &document{Context: ctx, raw: v.file, size: v.size, budget: b}, nil
}

// failureRecorder keeps the first error of a reader that is not the end of the file. The parser may replace such an error by
// one of its own, or go on without what it could not read.
type failureRecorder struct {
	io.ReaderAt
	failure error
}

func (r *failureRecorder) ReadAt(p []byte, off int64) (int, error) {
	n, err := r.ReaderAt.ReadAt(p, off)
	if err != nil && !errors.Is(err, io.EOF) && r.failure == nil {
		r.failure = err
	}
	return n, err
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

// checkHeader returns ErrEmpty, ErrTooLarge or ErrNotPDF for a file that is empty, too large or without a header, an error
// of r, or nil.
func checkHeader(r io.ReaderAt, size int64) error {
	switch {
	case size <= 0:
		return ErrEmpty
	case size > MaxSize:
		return ErrTooLarge
	}
	start, err := findHeader(r, size)
	if err == nil && start < 0 {
		err = ErrNotPDF
	}
	return err
}

// findHeader returns the offset of the header, or -1 when it is not near the beginning.
func findHeader(r io.ReaderAt, size int64) (int64, error) {
	head, err := readRange(r, 0, min(size, edgeSize))
	return int64(bytes.Index(head, []byte(headerStart))), err
}

// readRange returns the bytes from start up to end. The caller limits how many these are.
func readRange(r io.ReaderAt, start, end int64) ([]byte, error) {
	b := make([]byte, end-start)
	if n, err := r.ReadAt(b, start); n < len(b) {
		return nil, readError(err)
	}
	return b, nil
}

// readError returns an error that wraps errRead and err. If err is nil or the end of the file, it wraps
// [io.ErrUnexpectedEOF] instead.
func readError(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("%w: %w", errRead, err)
}

// parserError returns what an error of the parser means for the file, as an error that wraps ErrDamaged or ErrEncrypted.
// The parser's own words are about its insides, so they are left out.
func parserError(err error) error {
	for _, exceeded := range []error{errTooMuchMemory, errTooMuchTime} {
		if errors.Is(err, exceeded) {
			return fmt.Errorf("%w: %w", ErrDamaged, exceeded)
		}
	}
	switch {
	case errors.Is(err, pdfcpu.ErrWrongPassword):
		return ErrEncrypted
	case errors.Is(err, pdfcpu.ErrUnsupportedEncryptionFeature):
		return errUnknownEncryption
	}
	return errUnreadable
}

// recoverDamaged sets err after a panic, as parserError does. Every function that calls the parser defers it.
func recoverDamaged(err *error) {
	switch p := recover().(type) {
	case nil:
	case error:
		*err = parserError(p)
	default:
		*err = errUnreadable
	}
}

// countPages returns how many pages the document says that it has; none is an error that wraps ErrDamaged.
func (d *document) countPages() (pages int, err error) {
	defer recoverDamaged(&err)
	switch n := d.resolve(d.dict(d.catalog()["Pages"])["Count"]).(type) {
	case types.Integer:
		pages = n.Value()
	case types.Float:
		pages = int(n.Value())
	}
	if pages < 1 {
		return 0, errNoPages
	}
	return pages, nil
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

// eachPage calls visit for every page in the page tree that is an indirect object, once for each, with its annotations. An array
// that several nodes or pages refer to counts for the first of them: otherwise a small file may have a million times a million.
func (d *document) eachPage(visit func(number int, annotations types.Array)) {
	waiting := []types.Object{d.catalog()["Pages"]}
	seen := map[int]bool{}
	again := func(o types.Object) bool {
		ref, ok := o.(types.IndirectRef)
		if !ok || !seen[ref.ObjectNumber.Value()] {
			seen[ref.ObjectNumber.Value()] = ok
			return false
		}
		return true
	}
	for len(waiting) > 0 {
		o := waiting[len(waiting)-1]
		waiting = waiting[:len(waiting)-1]
		ref, ok := o.(types.IndirectRef)
		if !ok || again(ref) {
			continue
		}
		node := d.dict(ref)
		if kids, inner := d.resolve(node["Kids"]).(types.Array); inner {
			if !again(node["Kids"]) {
				waiting = append(waiting, kids...)
			}
			continue
		}
		var annotations types.Array
		if !again(node["Annots"]) {
			annotations = d.array(node["Annots"])
		}
		visit(ref.ObjectNumber.Value(), annotations)
	}
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
