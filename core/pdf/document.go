package pdf

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// document is a file that the parser has read, and the raw file beside it.
type document struct {
	*model.Context
	raw    io.ReaderAt
	size   int64
	budget *budget
}

// open parses a file. An encrypted file that opens without a password is opened; the caller looks at its Encrypt entry.
func open(r io.ReaderAt, size int64) (*document, error) {
	return openUntil(time.Now().Add(maxParsing), r, size)
}

func openUntil(until time.Time, r io.ReaderAt, size int64) (d *document, err error) {
	if err := checkHeader(r, size); err != nil {
		return nil, err
	}
	defer recoverDamaged(&err)
	d = &document{raw: r, size: size, budget: newBudget(until)}
	d.Context, err = pdfcpu.ReadWithContext(budgetContext{context.Background(), d.budget}, io.NewSectionReader(r, 0, size), configuration(size))
	switch {
	case errors.Is(err, pdfcpu.ErrWrongPassword):
		return nil, fmt.Errorf("%w and needs a password to be read", ErrEncrypted)
	case err != nil:
		return nil, wrapDamaged(err)
	case d.Context == nil || d.XRefTable == nil:
		return nil, ErrDamaged
	}
	return d, nil
}

func init() {
	// The parser would otherwise keep a configuration, fonts and certificates in the home of the user, and read them
	// from there. Said once, before anything runs, because it is a variable of the parser's package.
	model.ConfigPath = "disable"
}

func configuration(size int64) *model.Configuration {
	c := model.NewDefaultConfiguration()
	c.Offline = true
	c.ValidationMode = model.ValidationRelaxed
	c.Optimize = false
	c.Limits.MaxStreamBytes = size // made ready before it is read, whatever the file claims
	c.Limits.MaxDecodeBytes = maxDecoded
	c.Limits.MaxObjectCount = maxObjects
	c.Limits.MaxXRefEntries = maxObjects
	c.Limits.MaxRecursionDepth = maxNesting
	return c
}

// resolve follows a reference; what cannot be followed is nothing. Objects inside of object streams are unpacked when they
// are asked for, so the memory is looked at here too.
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
		return nil // a reference to a reference is not allowed, and may go round in a ring
	}
	return o
}

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

// catalog is the root of the document; nil when it cannot be read.
func (d *document) catalog() types.Dict {
	if d.Root == nil {
		return nil
	}
	return d.dict(*d.Root)
}

// decodeStream gives the content of a stream that unpacks to so many bytes at most; nil when it does not.
func (d *document) decodeStream(o types.Object, most int64) []byte {
	stream, ok := d.resolve(o).(types.StreamDict)
	if !ok || stream.DecodeWithLimit(most) != nil || int64(len(stream.Content)) > most {
		return nil
	}
	return stream.Content
}

// offset is where the object that is referred to begins in the file; negative when it has no place of its own.
func (d *document) offset(ref types.IndirectRef) int64 {
	entry, ok := d.Find(ref.ObjectNumber.Value())
	if !ok || entry == nil || entry.Offset == nil {
		return -1
	}
	return *entry.Offset
}
