package pdf

import (
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

const maxFields = 100_000 // form fields that are looked at in one file

// signatureDict is a signature as the parser sees it: nothing of it has been compared with the raw file yet.
type signatureDict struct {
	field       string
	subFilter   string
	contents    []byte
	byteRange   []int64
	claimedTime time.Time // the /M entry
	permission  Permission
	objectStart int64 // where the object that holds it begins in the file; negative when it has no such place
	objectEnd   int64 // where the next object of the file begins
}

// findSignatures walks the form fields of a file and returns the value of every signature field that has one, and the names of
// those that have none.
func findSignatures(d *document) (claims []signatureDict, waiting []string, err error) {
	defer recoverDamaged(&err)
	catalog := d.catalog()
	if catalog == nil {
		return nil, nil, fmt.Errorf("%w: it has no root", ErrDamaged)
	}
	form := d.resolve(catalog["AcroForm"])
	if form == nil {
		return nil, nil, nil
	}
	if _, ok := form.(types.Dict); !ok {
		return nil, nil, fmt.Errorf("%w: its form cannot be read", ErrDamaged)
	}
	fields := d.resolve(form.(types.Dict)["Fields"])
	if _, ok := fields.(types.Array); fields != nil && !ok {
		return nil, nil, fmt.Errorf("%w: the fields of its form cannot be read", ErrDamaged)
	}
	w := fieldWalk{document: d, seen: map[int]bool{}, offsets: objectOffsets(d.Context)}
	for _, f := range d.array(fields) {
		w.visit(f, fieldContext{objectStart: -1}, 0)
	}
	return w.signed, w.unsigned, nil
}

// fieldWalk goes through a tree of form fields. Every object is visited once and the depth is bounded, so a tree that
// bites its own tail ends.
type fieldWalk struct {
	*document
	seen     map[int]bool
	count    int
	offsets  []int64
	signed   []signatureDict
	unsigned []string // the names of fields without a signature
}

// fieldContext is what a field has from the fields above it.
type fieldContext struct {
	kind        string
	name        string
	objectStart int64
}

func (w *fieldWalk) visit(o types.Object, up fieldContext, depth int) {
	w.count++
	if depth > maxNesting || w.count > maxFields {
		return
	}
	if ref, ok := o.(types.IndirectRef); ok {
		if w.seen[ref.ObjectNumber.Value()] {
			return
		}
		w.seen[ref.ObjectNumber.Value()] = true
		up.objectStart = w.offset(ref)
	}
	field, ok := w.resolve(o).(types.Dict)
	if !ok {
		return
	}
	if kind, ok := w.resolve(field["FT"]).(types.Name); ok {
		up.kind = kind.Value()
	}
	up.name = w.fullName(field, up.name)
	if up.kind == "Sig" {
		w.addSignature(field["V"], up)
	}
	kids, ok := w.resolve(field["Kids"]).(types.Array)
	if !ok {
		return
	}
	for _, kid := range kids {
		w.visit(kid, up, depth+1)
	}
}

func (w *fieldWalk) fullName(field types.Dict, parent string) string {
	name, err := w.DereferenceText(field["T"])
	switch {
	case err != nil || name == "":
		return parent
	case parent == "":
		return name
	}
	return parent + "." + name
}

// addSignature keeps the value of a signature field. A field that waits for its signature has none.
func (w *fieldWalk) addSignature(value types.Object, field fieldContext) {
	at := field.objectStart
	if ref, ok := value.(types.IndirectRef); ok {
		at = w.offset(ref)
	}
	dict, ok := w.resolve(value).(types.Dict)
	if !ok {
		w.unsigned = append(w.unsigned, field.name)
		return
	}
	c := signatureDict{field: field.name, objectStart: at, objectEnd: w.endOfObject(at), permission: w.permission(dict)}
	if name, ok := w.resolve(dict["SubFilter"]).(types.Name); ok {
		c.subFilter = name.Value()
	}
	if contents, ok := w.resolve(dict["Contents"]).(types.HexLiteral); ok {
		c.contents, _ = hex.DecodeString(contents.Value())
	}
	if numbers, ok := w.resolve(dict["ByteRange"]).(types.Array); ok && len(numbers) <= 2*maxNesting {
		for _, n := range numbers {
			i, ok := w.resolve(n).(types.Integer)
			if !ok {
				c.byteRange = nil
				break
			}
			c.byteRange = append(c.byteRange, int64(i.Value()))
		}
	}
	if text, err := w.DereferenceText(dict["M"]); err == nil {
		if at, ok := types.DateTime(text, true); ok {
			c.claimedTime = at
		}
	}
	w.signed = append(w.signed, c)
}

func (w *fieldWalk) endOfObject(at int64) int64 {
	i, found := slices.BinarySearch(w.offsets, at)
	for found && i < len(w.offsets) && w.offsets[i] == at {
		i++
	}
	if i == len(w.offsets) {
		return w.size
	}
	return w.offsets[i]
}

func objectOffsets(ctx *model.Context) []int64 {
	var all []int64
	for _, entry := range ctx.Table {
		if entry != nil && !entry.Free && entry.Offset != nil {
			all = append(all, *entry.Offset)
		}
	}
	slices.Sort(all)
	return all
}
