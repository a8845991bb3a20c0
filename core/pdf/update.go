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
	from  int64     // where it begins in the file
	after *document // the file up to its end

	// own is a table that is a stream and does not list itself, as some programs write it, and where it begins.
	own   *types.XRefStreamDict
	ownAt int64
}

// accounted tells whether all of the update is understood.
func (u *update) accounted() bool {
	objects := map[int64]int64{} // where each object begins, by its number
	for {
		u.space()
		at := u.from + int64(u.at)
		if number, ok := u.header(); ok {
			if _, twice := objects[number]; twice || !u.object(number, at) {
				return false
			}
			objects[number] = at
			continue
		}
		return u.ending(objects, at)
	}
}

// object reads the rest of an object behind its header.
func (u *update) object(number, at int64) bool {
	entry, ok := u.after.Find(int(number))
	if !ok || entry == nil {
		return u.own == nil && u.ownTable(at)
	}
	if entry.Free || entry.ObjectStream != nil || entry.Offset == nil || *entry.Offset != at {
		return false
	}
	if !u.value(0) {
		return false
	}
	if u.keyword("stream") && !u.stream(entry.Object) {
		return false
	}
	return u.keyword("endobj")
}

// ownTable reads an object that no table names: it can only be the table itself.
func (u *update) ownTable(at int64) bool {
	u.space()
	from := u.at
	if !u.value(0) {
		return false
	}
	text := string(u.b[from:u.at])
	o, err := model.ParseObject(&text)
	table, ok := o.(types.Dict)
	if err != nil || !ok || table.Type() == nil || *table.Type() != "XRef" || !u.keyword("stream") {
		return false
	}
	length := table.Int64Entry("Length")
	line := bytes.TrimPrefix(u.b[u.at:], []byte("\r"))
	if length == nil || *length < 0 || !bytes.HasPrefix(line, []byte("\n")) || *length >= int64(len(line)) {
		return false
	}
	stream := types.NewStreamDict(table, 0, length, nil, nil)
	stream.Raw = line[1 : 1+*length]
	u.at = len(u.b) - len(line) + 1 + int(*length)
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
	if u.own, err = model.ParseXRefStreamDictWithLimits(&stream, u.after.Configuration.Limits); err != nil {
		return false
	}
	u.ownAt = at
	return u.keyword("endstream") && u.keyword("endobj")
}

// stream goes over the data of a stream, as long as the parser says that it is, to its end.
func (u *update) stream(o types.Object) bool {
	stream, ok := streamOf(o)
	if !ok || stream.StreamLength == nil {
		return false
	}
	begin := stream.StreamOffset - u.from
	if line := strings.TrimLeft(string(u.b[u.at:min(len(u.b), u.at+2)]), "\r\n"); begin < int64(u.at) || begin > int64(u.at+2-len(line)) {
		return false
	}
	end := begin + *stream.StreamLength
	if *stream.StreamLength < 0 || end > int64(len(u.b)) {
		return false
	}
	u.at = int(end)
	if packed, ok := o.(types.ObjectStreamDict); ok && !understood(&packed) {
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

// understood tells whether the objects inside of a stream are objects, one after the other.
func understood(packed *types.ObjectStreamDict) bool {
	if packed.DecodeWithLimit(maxDecoded) != nil || packed.FirstObjOffset < 0 || packed.FirstObjOffset > len(packed.Content) {
		return false
	}
	l := lexer{b: packed.Content, at: packed.FirstObjOffset}
	for l.space(); l.at < len(l.b); l.space() {
		if !l.value(0) {
			return false
		}
	}
	return true
}

// ending reads the table, where it is not an object itself, and the end of the update.
func (u *update) ending(objects map[int64]int64, at int64) bool {
	table := at
	plain := u.keyword("xref")
	if plain && !u.table() {
		return false
	}
	if !u.keyword("startxref") {
		return false
	}
	start, ok := u.number()
	if !ok || !strings.HasPrefix(strings.TrimLeft(string(u.b[u.at:]), whitespace), endMarker) {
		return false
	}
	u.space()
	if u.at != len(u.b) {
		return false
	}
	switch {
	case plain:
		return u.own == nil && u.leads(start, table)
	case u.own != nil:
		return u.leads(start, u.ownAt) && u.lists(*u.own)
	}
	for number, place := range objects {
		if u.leads(start, place) {
			return u.tableStream(int(number))
		}
	}
	return false
}

// leads tells whether a place is that of the table, or one before it with nothing but white space between.
func (u *update) leads(start, table int64) bool {
	return start >= u.from && start <= table && len(bytes.Trim(u.b[start-u.from:table-u.from], whitespace)) == 0
}

// table compares a table with what the parser understood, and goes over the trailer behind it.
func (u *update) table() bool {
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
			if !ok1 || !ok2 || !used && !u.keyword("f") || !u.agrees(int(number), used, offset) {
				return false
			}
		}
	}
	if !u.keyword("trailer") {
		return false
	}
	from := u.at
	// A second table beside the first is read by some programs and not by others.
	return u.value(0) && !strings.Contains(string(u.b[from:u.at]), "XRefStm")
}

func (u *update) agrees(number int, used bool, offset int64) bool {
	entry, ok := u.after.Find(number)
	switch {
	case !used:
		return !ok || entry == nil || entry.Free
	case !ok || entry == nil || entry.Free || entry.ObjectStream != nil || entry.Offset == nil:
		return false
	}
	return *entry.Offset == offset
}

func (u *update) tableStream(number int) bool {
	entry, ok := u.after.Find(number)
	if !ok || entry == nil {
		return false
	}
	stream, ok := entry.Object.(types.XRefStreamDict)
	return ok && u.lists(stream)
}

// lists compares a table that is a stream with what the parser understood.
func (u *update) lists(stream types.XRefStreamDict) bool {
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
			if !u.agrees(number, kind == 1, second) {
				return false
			}
		case 2:
			entry, ok := u.after.Find(number)
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
