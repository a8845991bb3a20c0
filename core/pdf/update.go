package pdf

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// revisionEnd is how each version of a file ends.
var revisionEnd = regexp.MustCompile(`startxref[\x00\t\n\f\r ]+([0-9]{1,10})[\x00\t\n\f\r ]+%%EOF`)

// An update is the part of a file that one program added in one go. It is understood only when all of it is accounted for:
// a row of objects, each where the table of the file says that it is, the table itself, which says what the parser has
// understood, and the end. Then no other program can see other objects in it.
type update struct {
	lexer
	start    int64     // where it begins in the file
	document *document // the file up to its end

	// xrefStream is a table that is a stream and does not list itself, as some programs write it, and where it begins.
	xrefStream      *types.XRefStreamDict
	xrefStreamStart int64
}

// consistent tells whether all of the update is understood.
func (u *update) consistent() bool {
	objects := map[int64]int64{} // where each object begins, by its number
	for {
		u.space()
		at := u.start + int64(u.pos)
		if number, ok := u.header(); ok {
			if _, twice := objects[number]; twice || !u.readObject(number, at) {
				return false
			}
			objects[number] = at
			continue
		}
		return u.readEnd(objects, at)
	}
}

// readObject reads the rest of an readObject behind its header.
func (u *update) readObject(number, at int64) bool {
	entry, ok := u.document.Find(int(number))
	if !ok || entry == nil {
		return u.xrefStream == nil && u.readXRefStream(at)
	}
	if entry.Free || entry.ObjectStream != nil || entry.Offset == nil || *entry.Offset != at {
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

// readXRefStream reads an object that no table names: it can only be the table itself.
func (u *update) readXRefStream(at int64) bool {
	u.space()
	from := u.pos
	if !u.value(0) {
		return false
	}
	text := string(u.data[from:u.pos])
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
		settings, _ := table["DecodeParms"].(types.Dict)
		if settings == nil && table["DecodeParms"] != nil {
			return false
		}
		stream.FilterPipeline = []types.PDFFilter{{Name: "FlateDecode", DecodeParms: settings}}
	}
	if stream.DecodeWithLimit(maxDecoded) != nil {
		return false
	}
	if u.xrefStream, err = model.ParseXRefStreamDictWithLimits(&stream, u.document.Configuration.Limits); err != nil {
		return false
	}
	u.xrefStreamStart = at
	return u.keyword("endstream") && u.keyword("endobj")
}

// readStream goes over the data of a readStream, as long as the parser says that it is, to its end.
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

// validObjectStream tells whether the objects inside of a stream are objects, one after the other.
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

// readEnd reads the table, where it is not an object itself, and the end of the update.
func (u *update) readEnd(objects map[int64]int64, at int64) bool {
	table := at
	plain := u.keyword("xref")
	if plain && !u.readXRefTable() {
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
	case plain:
		return u.xrefStream == nil && u.pointsTo(start, table)
	case u.xrefStream != nil:
		return u.pointsTo(start, u.xrefStreamStart) && u.rowsMatch(*u.xrefStream)
	}
	for number, place := range objects {
		if u.pointsTo(start, place) {
			return u.xrefStreamMatches(int(number))
		}
	}
	return false
}

// pointsTo tells whether a place is that of the table, or one before it with nothing but white space between.
func (u *update) pointsTo(start, table int64) bool {
	return start >= u.start && start <= table && len(bytes.Trim(u.data[start-u.start:table-u.start], whitespace)) == 0
}

// readXRefTable compares a readXRefTable with what the parser understood, and goes over the trailer behind it.
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
	from := u.pos
	// A second table beside the first is read by some programs and not by others.
	return u.value(0) && !strings.Contains(string(u.data[from:u.pos]), "XRefStm")
}

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

func (u *update) xrefStreamMatches(number int) bool {
	entry, ok := u.document.Find(number)
	if !ok || entry == nil {
		return false
	}
	stream, ok := entry.Object.(types.XRefStreamDict)
	return ok && u.rowsMatch(stream)
}

// rowsMatch compares a table that is a stream with what the parser understood.
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

func bigEndian(b []byte) (n int64) {
	for _, c := range b {
		n = n<<8 | int64(c)
	}
	return n
}
