package pdf

import (
	"bytes"
	"slices"
	"strings"

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
	document *document // the file up to the end of the update

	// xrefStream is a cross-reference stream without an entry for itself, as some programs write it, and its offset.
	xrefStream      *types.XRefStreamDict
	xrefStreamStart int64
}

// consistent reports whether the update is, as described at its type. It can be called once.
func (u *update) consistent() bool {
	objects := map[int64]int64{} // offsets by object number
	for {
		u.space()
		offset := u.start + int64(u.pos)
		if number, ok := u.header(); ok {
			if _, duplicate := objects[number]; duplicate || !u.readObject(number, offset) {
				return false
			}
			objects[number] = offset
			continue
		}
		return u.readEnd(objects, offset)
	}
}

// readObject reads an indirect object after its header. offset is that of the header.
func (u *update) readObject(number, offset int64) bool {
	entry, ok := u.document.Find(int(number))
	if !ok || entry == nil {
		return u.xrefStream == nil && u.readXRefStream(offset)
	}
	if entry.Free || entry.ObjectStream != nil || entry.Offset == nil || *entry.Offset != offset {
		return false
	}
	if !u.value(0) {
		return false
	}
	if u.keyword("stream") && !u.readStream(entry.Object) {
		return false
	}
	return u.keyword("endobj")
}

// readXRefStream reads an object without a cross-reference entry after its header. It is false unless that is a
// cross-reference stream, which is then kept in xrefStream.
func (u *update) readXRefStream(offset int64) bool {
	u.space()
	begin := u.pos
	if !u.value(0) {
		return false
	}
	text := string(u.data[begin:u.pos])
	o, err := model.ParseObject(&text)
	table, ok := o.(types.Dict)
	if err != nil || !ok || table.Type() == nil || *table.Type() != "XRef" || !u.keyword("stream") {
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
	if filter := table["Filter"]; filter != nil {
		if filter != types.Name("FlateDecode") {
			return false
		}
		parameters, _ := table["DecodeParms"].(types.Dict)
		if parameters == nil && table["DecodeParms"] != nil {
			return false
		}
		stream.FilterPipeline = []types.PDFFilter{{Name: "FlateDecode", DecodeParms: parameters}}
	}
	if stream.DecodeWithLimit(maxDecoded) != nil {
		return false
	}
	if u.xrefStream, err = model.ParseXRefStreamDictWithLimits(&stream, u.document.Configuration.Limits); err != nil {
		return false
	}
	u.xrefStreamStart = offset
	return u.keyword("endstream") && u.keyword("endobj")
}

// readStream reads a stream after the keyword "stream". Its data must begin and end where the parser says.
func (u *update) readStream(o types.Object) bool {
	stream, ok := streamOf(o)
	if !ok || stream.StreamLength == nil {
		return false
	}
	begin := stream.StreamOffset - u.start
	if line := strings.TrimLeft(string(u.data[u.pos:min(len(u.data), u.pos+2)]), "\r\n"); begin < int64(u.pos) || begin > int64(u.pos+2-len(line)) {
		return false
	}
	end := begin + *stream.StreamLength
	if *stream.StreamLength < 0 || end > int64(len(u.data)) {
		return false
	}
	u.pos = int(end)
	if packed, ok := o.(types.ObjectStreamDict); ok && !validObjectStream(&packed) {
		return false
	}
	return u.keyword("endstream")
}

// streamOf returns the stream that is in one of the types the parser has for it.
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

// readEnd reads what follows the objects: a cross-reference table, unless the update has a cross-reference stream, and the
// end. objects are the offsets of the objects by number, and offset is where the lexer stands.
func (u *update) readEnd(objects map[int64]int64, offset int64) bool {
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
	switch {
	case hasTable:
		return u.xrefStream == nil && u.pointsTo(start, offset)
	case u.xrefStream != nil:
		return u.pointsTo(start, u.xrefStreamStart) && u.rowsMatch(*u.xrefStream)
	}
	for number, at := range objects {
		if u.pointsTo(start, at) {
			return u.xrefStreamMatches(int(number))
		}
	}
	return false
}

// pointsTo reports whether the number after "startxref" is the offset of the table, or of white space directly before it.
func (u *update) pointsTo(startXRef, table int64) bool {
	return startXRef >= u.start && startXRef <= table && len(bytes.Trim(u.data[startXRef-u.start:table-u.start], whitespace)) == 0
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
	begin := u.pos
	// Only some programs read the second table of a hybrid-reference file (ISO 32000-1, 7.5.8.4).
	return u.value(0) && !strings.Contains(string(u.data[begin:u.pos]), "XRefStm")
}

// entryMatches reports whether the parser found an object at that offset, or a free entry if it is not used.
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

// xrefStreamMatches reports whether that object is a cross-reference stream whose rows match.
func (u *update) xrefStreamMatches(number int) bool {
	entry, ok := u.document.Find(number)
	if !ok || entry == nil {
		return false
	}
	stream, ok := entry.Object.(types.XRefStreamDict)
	return ok && u.rowsMatch(stream)
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
