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
	subFilterSHA1      = "adbe.pkcs7.sha1"    // ISO 32000-1, 12.8.3.3: the content of the message is the SHA-1 of the covered bytes
	subFilterPKCS1     = "adbe.x509.rsa_sha1" // ISO 32000-1, 12.8.3.2: an RSA value, and its certificates in /Cert
)

// signatureDict is a signature dictionary as the parser read it (ISO 32000-1, 12.8.1), together with its form field.
// Nothing of it has been compared with the raw file.
type signatureDict struct {
	field       string // the fully qualified name
	subFilter   string
	contents    []byte // with the zeros it is padded with
	byteRange   []int64
	certs       [][]byte  // the /Cert entry
	otherFields []string  // names of the other fields that have the same value
	claimedTime time.Time // the /M entry
	zoneUnknown bool      // it states no time zone, and was read as UTC
	permission  Permission
	objectStart int64 // offset of the indirect object that holds the dictionary; negative when there is none
	objectEnd   int64 // offset of the next indirect object, or the end of the file
	valueStart  int64 // offset of the indirect object that is the value of /Contents; zero when the dictionary holds it
	valueEnd    int64 // as objectEnd
}

// findSignatures walks the form fields of a document. It returns the value of every signature field that has one, and the
// names of those that have none. With onPages, it also looks for signed fields that are only on a page.
func findSignatures(d *document, onPages bool) (signed []signatureDict, unsigned []string, err error) {
	defer recoverDamaged(&err)
	catalog := d.catalog()
	if catalog == nil {
		return nil, nil, errNoCatalog
	}
	form := d.resolve(catalog["AcroForm"])
	if _, ok := form.(types.Dict); form != nil && !ok {
		return nil, nil, errBadForm
	}
	fields := d.resolve(d.dict(form)["Fields"])
	if _, ok := fields.(types.Array); fields != nil && !ok {
		return nil, nil, errBadFields
	}
	w := fieldWalk{document: d, seen: map[int]bool{}, values: map[int]int{}, offsets: objectOffsets(d.Context)}
	for _, f := range d.array(fields) {
		w.visit(f, fieldContext{objectStart: -1}, 0)
	}
	unsigned = w.unsigned
	if onPages {
		w.visitPages()
	}
	return w.signed, unsigned, nil
}

// findAllSignatures is findSignatures with the number of byte ranges that belong to none of them. When there are any, it looks on
// the pages: some programs put a signature field there and leave it out of the form, and readers show it.
func findAllSignatures(d *document) (signed []signatureDict, unsigned []string, orphaned int, err error) {
	if signed, unsigned, err = findSignatures(d, false); err != nil {
		return nil, nil, 0, err
	}
	if orphaned, err = countOrphaned(d, signed); err != nil || orphaned == 0 {
		return signed, unsigned, 0, err
	}
	if signed, unsigned, err = findSignatures(d, true); err != nil {
		return nil, nil, 0, err
	}
	orphaned, err = countOrphaned(d, signed)
	return signed, unsigned, orphaned, err
}

// fieldWalk walks a tree of form fields. It ends even for a tree with cycles, because every indirect object is visited
// once and the depth is limited.
type fieldWalk struct {
	*document
	seen     map[int]bool // object numbers
	count    int          // fields visited
	offsets  []int64      // of all indirect objects, ascending
	signed   []signatureDict
	values   map[int]int // indexes of signed, by the object number of the dictionary
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
	if field["T"] == nil && depth > 0 {
		w.visitWidget(field, inherited, depth)
		return
	}
	inherited.name = w.fullName(field, inherited.name)
	before := len(w.signed)
	if inherited.kind == "Sig" && field["V"] != nil {
		w.addSignature(field["V"], inherited)
	}
	isParent := w.visitKids(field, inherited, depth)
	if inherited.kind == "Sig" && !isParent && len(w.signed) == before && !w.isSigned(inherited.name) {
		w.unsigned = append(w.unsigned, inherited.name)
	}
}

// visitPages visits the signature fields that pages have a widget of.
func (w *fieldWalk) visitPages() {
	seen := map[types.Object]bool{}
	w.eachPage(func(_ int, annotations types.Array) {
		for _, o := range annotations {
			ref, ok := o.(types.IndirectRef)
			if ok && seen[ref] {
				continue
			}
			seen[ref] = true
			if w.isSignatureWidget(w.dict(o)) {
				w.visit(w.topField(o), fieldContext{objectStart: -1}, 0)
			}
		}
	})
}

// isSignatureWidget reports whether an annotation is the widget of a signature field.
func (d *document) isSignatureWidget(annotation types.Dict) bool {
	return d.name(annotation["Subtype"]) == "Widget" && d.inheritedName(annotation, "FT") == "Sig"
}

// topField returns the field above all others that a field belongs to.
func (d *document) topField(field types.Object) types.Object {
	for range maxNesting {
		parent, ok := d.dict(field)["Parent"].(types.IndirectRef)
		if !ok {
			break
		}
		field = parent
	}
	return field
}

// visitWidget visits a kid without a name: a widget of the field above it (ISO 32000-1, 12.7.3.1). Some programs leave the
// value there.
func (w *fieldWalk) visitWidget(widget types.Dict, field fieldContext, depth int) {
	if field.kind == "Sig" && widget["V"] != nil {
		w.addSignature(widget["V"], field)
	}
	w.visitKids(widget, field, depth)
}

// visitKids visits the kids of a field. It reports whether any of them is a field, and not only a widget of this one.
func (w *fieldWalk) visitKids(field types.Dict, inherited fieldContext, depth int) (isParent bool) {
	kids, _ := w.resolve(field["Kids"]).(types.Array)
	for _, kid := range kids {
		if dict := w.dict(kid); dict != nil && dict["T"] != nil {
			isParent = true
		}
		w.visit(kid, inherited, depth+1)
	}
	return isParent
}

// isSigned reports whether a field of that name has a signature.
func (w *fieldWalk) isSigned(name string) bool {
	return slices.ContainsFunc(w.signed, func(s signatureDict) bool { return s.field == name || slices.Contains(s.otherFields, name) })
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

// addSignature adds the value of a signature field. A value that another field has already gets one more field name.
func (w *fieldWalk) addSignature(value types.Object, field fieldContext) {
	start := field.objectStart
	ref, indirect := value.(types.IndirectRef)
	if indirect {
		start = w.offset(ref)
	}
	dict, ok := w.resolve(value).(types.Dict)
	if !ok {
		return
	}
	if i, again := w.values[ref.ObjectNumber.Value()]; indirect && again {
		if s := &w.signed[i]; s.field != field.name && !slices.Contains(s.otherFields, field.name) {
			s.otherFields = append(s.otherFields, field.name)
		}
		return
	}
	if indirect {
		w.values[ref.ObjectNumber.Value()] = len(w.signed)
	}
	w.signed = append(w.signed, w.signatureDict(dict, field.name, start, indirect))
}

// signatureDict reads a signature dictionary. start is the offset of the object that it is in, or, if indirect is set, that it is.
func (w *fieldWalk) signatureDict(dict types.Dict, field string, start int64, indirect bool) signatureDict {
	s := signatureDict{field: field, objectStart: start, objectEnd: w.endOfObject(start), permission: w.permission(dict)}
	s.subFilter = w.name(dict["SubFilter"])
	if ref, ok := dict["Contents"].(types.IndirectRef); ok {
		s.valueStart = w.offset(ref)
		s.valueEnd = w.endOfObject(s.valueStart)
	}
	if contents, ok := w.resolve(dict["Contents"]).(types.HexLiteral); ok {
		s.contents, _ = hex.DecodeString(contents.Value())
	}
	if w.encrypted() && indirect {
		if written, ok := w.writtenContents(s); ok {
			s.contents = written
		}
	}
	if numbers, ok := w.resolve(dict["ByteRange"]).(types.Array); ok && len(numbers) <= 2*maxNesting {
		s.byteRange = w.integers(numbers)
	}
	s.certs = w.byteStrings(dict["Cert"])
	if text, err := w.DereferenceText(dict["M"]); err == nil {
		s.claimedTime, s.zoneUnknown = parseDate(text)
	}
	return s
}

// writtenContents returns the value of /Contents as it is written in the file, for a dictionary that is an indirect object. It is never
// encrypted (ISO 32000-1, 7.6.1), but the parser decrypts it when the dictionary does not state its type.
func (w *fieldWalk) writtenContents(s signatureDict) ([]byte, bool) {
	start, end := s.objectStart, s.objectEnd
	if s.valueStart != 0 {
		start, end = s.valueStart, s.valueEnd
	}
	const longest = 3 * maxContents // with the digits in hexadecimal, and other entries
	if start < 0 {
		return nil, false
	}
	object, err := readRange(w.raw, start, min(end, start+longest))
	if err != nil {
		return nil, false
	}
	l := lexer{data: object, tolerant: true}
	if _, ok := l.header(); !ok {
		return nil, false
	}
	if l.space(); s.valueStart == 0 && !l.enter("Contents") {
		return nil, false
	}
	from := l.pos
	if !l.value(1) {
		return nil, false
	}
	return hexString(l.data[from:l.pos])
}

// byteStrings returns the byte string that o is or refers to, or those in an array; at most maxCertificates.
func (w *fieldWalk) byteStrings(o types.Object) (all [][]byte) {
	list, ok := w.resolve(o).(types.Array)
	if !ok {
		list = types.Array{o}
	}
	for _, o := range list[:min(len(list), maxCertificates)] {
		switch text := w.resolve(o).(type) {
		case types.HexLiteral:
			if b, err := text.Bytes(); err == nil {
				all = append(all, b)
			}
		case types.StringLiteral:
			if b, err := types.Unescape(text.Value()); err == nil {
				all = append(all, b)
			}
		}
	}
	return all
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
