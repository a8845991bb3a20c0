package pdf

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// update is an incremental update (ISO 32000-1, 7.5.6): what one program appended to a file at one time. The embedded lexer
// reads its bytes. It is consistent when every byte of it belongs to one of these: objects at the offsets in the
// cross-reference table, the table itself, whose entries are those that the parser found, and the end. No other program can
// then find different objects in it.
type update struct {
	lexer
	start    int64     // its offset in the file
	before   *document // the file up to the start of the update
	document *document // the file up to the end of the update

	xrefStream      *types.XRefStreamDict // nil without one
	xrefStreamStart int64                 // its offset
	hybrid          *int64                // the offset of xrefStream that the trailer of a hybrid-reference file names; nil in other files
}

// compare returns the changes that the update makes, and whether all of it is understood. If not, the changes are those that
// the parser sees; another reader may see others.
func (u *update) compare() (understood bool, changes []Change) {
	understood, err := u.isConsistent()
	if err != nil {
		return false, nil
	}
	changes, err = compareRevisions(u.before, u.document)
	return understood && err == nil, changes
}

var objectHeader = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\b[0-9]{1,10}[\x00\t\n\f\r ]+[0-9]{1,5}[\x00\t\n\f\r ]+obj\b`)
})

// isConsistent is the method consistent with the panics of the parser turned into errors.
func (u *update) isConsistent() (ok bool, err error) {
	defer recoverDamaged(&err)
	return u.consistent(), nil
}

// consistent reports whether the update is consistent, as the comment of its type describes it. It can be called once, since
// it reads the bytes to the end. The methods below read parts of them, and return false where the update is not consistent.
func (u *update) consistent() bool {
	if first := objectHeader().FindIndex(u.data); first != nil && isIdle(u.data[:first[0]]) {
		u.pos = first[0] // there was padding behind the end of the revision before
	}
	objects := map[int64]bool{} // by number
	for {
		u.space()
		offset := u.start + int64(u.pos)
		if number, ok := u.header(); ok {
			if objects[number] || !u.readObject(number, offset) {
				return false
			}
			objects[number] = true
			continue
		}
		return u.readEnd(offset)
	}
}

// readObject reads an indirect object after its header. offset is that of the header.
func (u *update) readObject(number, offset int64) bool {
	u.space()
	begin := u.pos
	if !u.value(0) {
		return false
	}
	entry, ok := u.document.Find(int(number))
	listed := ok && entry != nil && !entry.Free
	if listed && (entry.ObjectStream != nil || entry.Offset == nil || !u.leadsTo(*entry.Offset, offset)) {
		return false
	}
	if table := crossReferences(u.data[begin:u.pos]); table != nil && u.xrefStream == nil {
		// It may list itself or not. iText and OpenPDF list it as free.
		u.xrefStreamStart = offset
		return u.readXRefStream(table)
	}
	if !listed {
		return false
	}
	written := u.data[begin:u.pos]
	key, ok := u.keyOf(int(number), entry)
	if !ok || key != nil && u.document.AES4Strings && !key.stringsArePadded(written) {
		return false
	}
	if u.keyword("stream") && !u.readStream(entry.Object, written, key) {
		return false
	}
	return u.keyword("endobj")
}

// keyOf returns the key of an object, or nil when nothing in it is encrypted. It returns false when it is not known.
func (u *update) keyOf(number int, entry *model.XRefTableEntry) (key objectKey, ok bool) {
	d := u.document
	if d.Encrypt == nil || number == d.Encrypt.ObjectNumber.Value() {
		return nil, true
	}
	if entry.Generation == nil {
		return nil, false
	}
	return d.objectKey(number, *entry.Generation), true
}

// crossReferences returns the dictionary of a cross-reference stream (ISO 32000-1, 7.5.8), or nil for any other value.
func crossReferences(value []byte) types.Dict {
	if !bytes.Contains(value, []byte("XRef")) {
		return nil
	}
	table := parseDict(value)
	if table == nil || table.Type() == nil || *table.Type() != "XRef" {
		return nil
	}
	return table
}

// parseDict returns the dictionary that is written in b; nil for anything else.
func parseDict(b []byte) types.Dict {
	text := string(b)
	o, err := model.ParseObject(&text)
	if err != nil {
		return nil
	}
	d, _ := o.(types.Dict)
	return d
}

// readXRefStream reads the stream of a cross-reference stream after its dictionary, and keeps it in xrefStream.
func (u *update) readXRefStream(table types.Dict) bool {
	if !u.keyword("stream") {
		return false
	}
	length := table.Int64Entry("Length")
	line := bytes.TrimPrefix(u.data[u.pos:], []byte("\r"))
	if length == nil || *length < 0 || !bytes.HasPrefix(line, []byte("\n")) || *length >= int64(len(line)) {
		return false
	}
	stream := types.NewStreamDict(table, 0, length, nil, nil)
	stream.Raw = line[1 : 1+*length]
	u.pos = len(u.data) - len(line) + 1 + int(*length)
	filter, parameters := single(table["Filter"]), single(table["DecodeParms"])
	if filter != nil {
		decode, ok := parameters.(types.Dict)
		if filter != types.Name("FlateDecode") || parameters != nil && !ok {
			return false
		}
		stream.FilterPipeline = []types.PDFFilter{{Name: "FlateDecode", DecodeParms: decode}}
	}
	if stream.DecodeWithLimit(maxDecoded) != nil {
		return false
	}
	var err error
	if u.xrefStream, err = model.ParseXRefStreamDictWithLimits(&stream, u.document.Configuration.Limits); err != nil {
		return false
	}
	return u.keyword("endstream") && u.keyword("endobj")
}

// single returns the element of an array of one, and any other object as it is.
func single(o types.Object) types.Object {
	if a, ok := o.(types.Array); ok && len(a) == 1 {
		return a[0]
	}
	return o
}

// readStream reads a stream after the keyword "stream". o is the stream as the parser found it, dictionary what is written before the
// keyword, and key what it is encrypted with. It returns false unless the data begins and ends where both say, and, in an object stream, decodes to
// well-formed objects.
func (u *update) readStream(o types.Object, dictionary []byte, key objectKey) bool {
	stream, ok := streamOf(o)
	if !ok || stream.StreamLength == nil {
		return false
	}
	length := *stream.StreamLength
	if u.document.Encrypt != nil { // the parser has the length of what it decrypted
		written, ok := u.document.resolve(parseDict(dictionary)["Length"]).(types.Integer)
		if !ok {
			return false
		}
		length = int64(written)
	}
	begin := stream.StreamOffset - u.start
	if line := strings.TrimLeft(string(u.data[u.pos:min(len(u.data), u.pos+2)]), "\r\n"); begin < int64(u.pos) || begin > int64(u.pos+2-len(line)) {
		return false
	}
	end := begin + length
	if length < 0 || end > int64(len(u.data)) {
		return false
	}
	u.pos = int(end)
	if length != *stream.StreamLength && !key.isPadded(u.data[begin:end]) {
		return false
	}
	if packed, ok := o.(types.ObjectStreamDict); ok && !validObjectStream(&packed) {
		return false
	}
	return u.keyword("endstream")
}

// streamOf returns the stream that o is, in any of the types that the parser has for streams. It returns false for anything
// else.
func streamOf(o types.Object) (types.StreamDict, bool) {
	switch o := o.(type) {
	case types.StreamDict:
		return o, true
	case types.ObjectStreamDict:
		return o.StreamDict, true
	case types.XRefStreamDict:
		return o.StreamDict, true
	}
	return types.StreamDict{}, false
}

// validObjectStream reports whether an object stream (ISO 32000-1, 7.5.7) decodes to well-formed objects and nothing else.
func validObjectStream(packed *types.ObjectStreamDict) bool {
	if isCrypt := func(f types.PDFFilter) bool { return f.Name == "Crypt" }; slices.ContainsFunc(packed.FilterPipeline, isCrypt) {
		return false // the parser decrypts nothing then, and other readers may (ISO 32000-1, 7.4.10)
	}
	if packed.DecodeWithLimit(maxDecoded) != nil || packed.FirstObjOffset < 0 || packed.FirstObjOffset > len(packed.Content) {
		return false
	}
	l := lexer{data: packed.Content, pos: packed.FirstObjOffset}
	for l.space(); l.pos < len(l.data); l.space() {
		if !l.value(0) {
			return false
		}
	}
	return true
}

// readEnd reads what follows the objects: a cross-reference table, unless the update has a cross-reference stream alone, and
// the end. offset is where the lexer stands.
func (u *update) readEnd(offset int64) bool {
	hasTable := u.keyword("xref")
	if hasTable && !u.readXRefTable() {
		return false
	}
	if !u.keyword("startxref") {
		return false
	}
	start, ok := u.number()
	if !ok || !strings.HasPrefix(strings.TrimLeft(string(u.data[u.pos:]), whitespace), endMarker) {
		return false
	}
	u.space()
	if u.pos != len(u.data) {
		return false
	}
	if !hasTable {
		return u.xrefStream != nil && u.leadsTo(start, u.xrefStreamStart) && u.rowsMatch(*u.xrefStream)
	}
	if !u.leadsTo(start, offset) || (u.hybrid == nil) != (u.xrefStream == nil) {
		return false
	}
	// Some programs read only the first table of a hybrid-reference file (ISO 32000-1, 7.5.8.4), so the parser must have
	// found what either of them lists.
	return u.hybrid == nil || u.leadsTo(*u.hybrid, u.xrefStreamStart) && u.rowsMatch(*u.xrefStream)
}

// leadsTo reports whether named, an offset in the cross-references, leads to what stands at offset: it is the same, or that
// of white space directly before, which every reader skips.
func (u *update) leadsTo(named, offset int64) bool {
	return named >= u.start && named <= offset && len(bytes.Trim(u.data[named-u.start:offset-u.start], whitespace)) == 0
}

// readXRefTable reads a cross-reference table (ISO 32000-1, 7.5.4) after the keyword "xref", and its trailer. Each entry must
// match what the parser found.
func (u *update) readXRefTable() bool {
	for {
		first, ok := u.number()
		if !ok {
			break
		}
		count, ok := u.number()
		if !ok || count > maxObjects {
			return false
		}
		for number := first; number < first+count; number++ {
			offset, ok1 := u.number()
			_, ok2 := u.number()
			used := u.keyword("n")
			if !ok1 || !ok2 || !used && !u.keyword("f") || !u.entryMatches(int(number), used, offset) {
				return false
			}
		}
	}
	if !u.keyword("trailer") {
		return false
	}
	u.space()
	begin := u.pos
	if !u.value(0) {
		return false
	}
	dict := parseDict(u.data[begin:u.pos])
	if dict == nil {
		return false
	}
	u.hybrid = dict.Int64Entry("XRefStm")
	return u.hybrid != nil || dict["XRefStm"] == nil
}

// entryMatches reports whether the parser found the object with a number at that offset, or, if used is false, found no such
// object.
func (u *update) entryMatches(number int, used bool, offset int64) bool {
	entry, ok := u.document.Find(number)
	switch {
	case !used:
		return !ok || entry == nil || entry.Free
	case !ok || entry == nil || entry.Free || entry.ObjectStream != nil || entry.Offset == nil:
		return false
	}
	return *entry.Offset == offset
}

// rowsMatch reports whether the rows of a cross-reference stream (ISO 32000-1, 7.5.8) match what the parser found.
func (u *update) rowsMatch(stream types.XRefStreamDict) bool {
	width := stream.W[0] + stream.W[1] + stream.W[2]
	if width <= 0 || len(stream.Content) != width*len(stream.Objects) || slices.Min(stream.W[:]) < 0 {
		return false
	}
	if _, hybrid := stream.Find("XRefStm"); hybrid {
		return false
	}
	for i, number := range stream.Objects {
		row := stream.Content[i*width : (i+1)*width]
		kind, second := int64(1), bigEndian(row[stream.W[0]:stream.W[0]+stream.W[1]])
		if stream.W[0] > 0 {
			kind = bigEndian(row[:stream.W[0]])
		}
		switch kind {
		case 0, 1:
			if !u.entryMatches(number, kind == 1, second) {
				return false
			}
		case 2:
			entry, ok := u.document.Find(number)
			third := bigEndian(row[stream.W[0]+stream.W[1]:])
			if !ok || entry == nil || entry.ObjectStream == nil || int64(*entry.ObjectStream) != second || int64(*entry.ObjectStreamInd) != third {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// bigEndian returns the unsigned number in b.
func bigEndian(b []byte) (n int64) {
	for _, c := range b {
		n = n<<8 | int64(c)
	}
	return n
}
