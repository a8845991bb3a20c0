package pdf

import (
	"encoding/hex"
	"slices"
	"time"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// The values of /SubFilter, which name the format of a signature (ISO 32000-1, 12.8.3.3, and ETSI EN 319 142-1, 5.2 and
// 5.4.3).
const (
	subFilterPKCS7     = "adbe.pkcs7.detached"
	subFilterCAdES     = "ETSI.CAdES.detached"
	subFilterTimestamp = "ETSI.RFC3161"
)

// signatureDict is a signature dictionary as the parser read it (ISO 32000-1, 12.8.1), together with its form field.
// Nothing of it has been compared with the raw file.
type signatureDict struct {
	field       string // the fully qualified name
	subFilter   string
	contents    []byte // with the zeros it is padded with
	byteRange   []int64
	claimedTime time.Time // the /M entry
	permission  Permission
	objectStart int64 // offset of the indirect object that holds the dictionary; negative when there is none
	objectEnd   int64 // offset of the next indirect object, or the end of the file
}

// findSignatures walks the form fields of a document. It returns the value of every signature field that has one, and the
// names of those that have none.
func findSignatures(d *document) (signed []signatureDict, unsigned []string, err error) {
	defer recoverDamaged(&err)
	catalog := d.catalog()
	if catalog == nil {
		return nil, nil, errNoCatalog
	}
	form := d.resolve(catalog["AcroForm"])
	if form == nil {
		return nil, nil, nil
	}
	if _, ok := form.(types.Dict); !ok {
		return nil, nil, errBadForm
	}
	fields := d.resolve(form.(types.Dict)["Fields"])
	if _, ok := fields.(types.Array); fields != nil && !ok {
		return nil, nil, errBadFields
	}
	w := fieldWalk{document: d, seen: map[int]bool{}, offsets: objectOffsets(d.Context)}
	for _, f := range d.array(fields) {
		w.visit(f, fieldContext{objectStart: -1}, 0)
	}
	return w.signed, w.unsigned, nil
}

// fieldWalk walks a tree of form fields. It ends even for a tree with cycles, because every indirect object is visited
// once and the depth is limited.
type fieldWalk struct {
	*document
	seen     map[int]bool // object numbers
	count    int          // fields visited
	offsets  []int64      // of all indirect objects, ascending
	signed   []signatureDict
	unsigned []string
}

// fieldContext is what a field inherits from its parents.
type fieldContext struct {
	kind        string // the /FT entry
	name        string
	objectStart int64
}

func (w *fieldWalk) visit(o types.Object, inherited fieldContext, depth int) {
	w.count++
	if depth > maxNesting || w.count > maxFields {
		return
	}
	if ref, ok := o.(types.IndirectRef); ok {
		if w.seen[ref.ObjectNumber.Value()] {
			return
		}
		w.seen[ref.ObjectNumber.Value()] = true
		inherited.objectStart = w.offset(ref)
	}
	field, ok := w.resolve(o).(types.Dict)
	if !ok {
		return
	}
	if kind, ok := w.resolve(field["FT"]).(types.Name); ok {
		inherited.kind = kind.Value()
	}
	inherited.name = w.fullName(field, inherited.name)
	if inherited.kind == "Sig" {
		w.addSignature(field["V"], inherited)
	}
	kids, ok := w.resolve(field["Kids"]).(types.Array)
	if !ok {
		return
	}
	for _, kid := range kids {
		w.visit(kid, inherited, depth+1)
	}
}

// fullName returns the fully qualified field name (ISO 32000-1, 12.7.3.2).
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

// addSignature adds the value of a signature field, or the field's name when it has none.
func (w *fieldWalk) addSignature(value types.Object, field fieldContext) {
	start := field.objectStart
	if ref, ok := value.(types.IndirectRef); ok {
		start = w.offset(ref)
	}
	dict, ok := w.resolve(value).(types.Dict)
	if !ok {
		w.unsigned = append(w.unsigned, field.name)
		return
	}
	s := signatureDict{field: field.name, objectStart: start, objectEnd: w.endOfObject(start), permission: w.permission(dict)}
	if name, ok := w.resolve(dict["SubFilter"]).(types.Name); ok {
		s.subFilter = name.Value()
	}
	if contents, ok := w.resolve(dict["Contents"]).(types.HexLiteral); ok {
		s.contents, _ = hex.DecodeString(contents.Value())
	}
	if numbers, ok := w.resolve(dict["ByteRange"]).(types.Array); ok && len(numbers) <= 2*maxNesting {
		s.byteRange = w.integers(numbers)
	}
	if text, err := w.DereferenceText(dict["M"]); err == nil {
		if at, ok := types.DateTime(text, true); ok {
			s.claimedTime = at
		}
	}
	w.signed = append(w.signed, s)
}

// integers returns the numbers of an array, or nil when one of them is no integer.
func (w *fieldWalk) integers(array types.Array) (all []int64) {
	for _, o := range array {
		i, ok := w.resolve(o).(types.Integer)
		if !ok {
			return nil
		}
		all = append(all, int64(i.Value()))
	}
	return all
}

// endOfObject returns the offset of the next indirect object after that at start, or the size of the file.
func (w *fieldWalk) endOfObject(start int64) int64 {
	i, found := slices.BinarySearch(w.offsets, start)
	for found && i < len(w.offsets) && w.offsets[i] == start {
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
