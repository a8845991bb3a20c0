package pades

import (
	"bytes"
	"compress/zlib"
	"io"
	"time"
)

const (
	maxEntries  = 2_000_000        // objects that a file may list
	maxSections = 10_000           // cross-reference sections of a file
	maxInflated = 256 << 20        // bytes, of all cross-reference and object streams together
	maxReading  = 20 * time.Second // for reading one file
)

// file is the bytes of a PDF, with the position of each object in them. The methods panic with errNotPDF where the file is damaged;
// recoverDamaged turns that into an error.
type file struct {
	data    []byte
	base    int   // the offset that the offsets in the file are relative to
	start   int   // the offset of the last cross-reference section, relative to base
	stream  bool  // that section is a stream (ISO 32000-1, 7.5.8), not a table (7.5.4)
	trailer value // of that section

	entries  map[int]entry
	unpacked map[int]map[int]value // the objects in each object stream that has been read
	budget   int                   // how many bytes may still be inflated
	deadline time.Time             // after it no further object is read: a file may refer to the same large object again and again
}

// entry is the position of an object: at offset, or in the object stream with the number stream. When both are 0, the entry is free:
// there is no object.
type entry struct{ offset, stream int }

func (e entry) free() bool { return e == entry{} }

// headerOffset returns where the header of a PDF begins, or -1. Readers look for it in the first 1,024 bytes.
func headerOffset(data []byte) int { return bytes.Index(data[:min(len(data), 1024)], []byte("%PDF-")) }

// readFile reads the cross-reference sections of a file, the last one first. It panics with errNotPDF if it cannot.
func readFile(data []byte) *file {
	f := &file{data: data, base: headerOffset(data), entries: map[int]entry{}, unpacked: map[int]map[int]value{}, budget: maxInflated, deadline: time.Now().Add(maxReading)}
	at := bytes.LastIndex(data, []byte("startxref"))
	if f.base < 0 || at < 0 {
		panic(errNotPDF)
	}
	start, _, ok := skipInteger(data, at+len("startxref"))
	if !ok {
		panic(errNotPDF)
	}
	f.start = start
	if !f.isSection(start) {
		f.base = 0 // with something before the header, most programs count from the header, and some from the first byte
	}
	seen := map[int]bool{}
	for next, more := start, true; more; {
		if seen[next] || len(seen) == maxSections {
			panic(errNotPDF)
		}
		seen[next] = true
		trailer, isStream := f.readSection(next)
		if f.trailer == nil {
			f.trailer, f.stream = trailer, isStream
		}
		next, more = trailer.member("Prev").integer()
		more = more && next > 0
	}
	return f
}

// isSection reports whether a cross-reference section may begin at offset: a table, or an object, which may be a stream.
func (f *file) isSection(offset int) bool {
	if offset > len(f.data)-f.base {
		return false
	}
	if _, ok := skipToken(f.data, f.base+offset, "xref"); ok {
		return true
	}
	_, _, ok := f.skipObjectHeader(offset)
	return ok
}

// readSection adds the entries of one section, unless a later section has them, and returns its trailer. stream reports whether the
// section is a stream.
func (f *file) readSection(offset int) (trailer value, stream bool) {
	if !f.isSection(offset) {
		panic(errNotPDF)
	}
	i, table := skipToken(f.data, f.base+offset, "xref")
	if !table {
		trailer, entries := f.readStreamSection(offset)
		f.addEntries(entries)
		return trailer, true
	}
	entries, i := f.readTable(i)
	trailer, _ = nextValue(f.data, i)
	// A hybrid file lists objects in a stream that are free in its table (ISO 32000-1, 7.5.8.4).
	if hidden, ok := trailer.member("XRefStm").integer(); ok {
		_, more := f.readStreamSection(hidden)
		for number, e := range more {
			if entries[number].free() {
				entries[number] = e
			}
		}
	}
	f.addEntries(entries)
	return trailer, false
}

func (f *file) addEntries(entries map[int]entry) {
	for number, e := range entries {
		if _, known := f.entries[number]; !known {
			f.entries[number] = e
		}
	}
	if len(f.entries) > maxEntries {
		panic(errNotPDF)
	}
}

// readTable reads the table whose entries begin at i, and returns the index behind the keyword trailer.
func (f *file) readTable(i int) (entries map[int]entry, end int) {
	entries = map[int]entry{}
	for {
		if end, ok := skipToken(f.data, i, "trailer"); ok {
			return entries, end
		}
		first, i1, ok1 := skipInteger(f.data, i)
		count, i2, ok2 := skipInteger(f.data, i1)
		i = i2
		if !ok1 || !ok2 || first+count > maxEntries {
			panic(errNotPDF)
		}
		for number := first; number < first+count; number++ {
			offset, i1, ok1 := skipInteger(f.data, i)
			_, i2, ok2 := skipInteger(f.data, i1)
			end, used := skipToken(f.data, i2, "n")
			if !used {
				offset = 0
			}
			_, free := skipToken(f.data, i2, "f")
			if !ok1 || !ok2 || !used && !free {
				panic(errNotPDF)
			}
			entries[number] = entry{offset: offset}
			i = end
		}
	}
}

// readStreamSection reads a cross-reference stream. Its dictionary is its trailer.
func (f *file) readStreamSection(offset int) (trailer value, entries map[int]entry) {
	i, _, ok := f.skipObjectHeader(offset)
	if !ok {
		panic(errNotPDF)
	}
	trailer, i = nextValue(f.data, i)
	data := f.streamData(trailer, i)
	var widths [3]int
	for i, w := range trailer.member("W").items() {
		if n, ok := w.integer(); ok && n <= 8 && i < len(widths) {
			widths[i] = n
		}
	}
	size := widths[0] + widths[1] + widths[2]
	if size == 0 {
		panic(errNotPDF)
	}
	index := trailer.member("Index")
	if index == nil {
		index = value("[0 " + string(trailer.member("Size")) + "]")
	}
	entries = map[int]entry{}
	ranges := index.items()
	for ; len(ranges) >= 2; ranges = ranges[2:] {
		first, ok1 := ranges[0].integer()
		count, ok2 := ranges[1].integer()
		if !ok1 || !ok2 || first+count > maxEntries {
			panic(errNotPDF)
		}
		for number := first; number < first+count && len(data) >= size; number++ {
			entries[number] = streamEntry(data, widths)
			data = data[size:]
		}
	}
	return trailer, entries
}

// streamEntry decodes one entry of a cross-reference stream (ISO 32000-1, table 18).
func streamEntry(data []byte, widths [3]int) entry {
	fields := [3]int{1} // the type is 1 when it is not written
	for i, width := range widths {
		if width > 0 {
			fields[i] = 0
		}
		for range width {
			fields[i] = fields[i]<<8 | int(data[0])
			data = data[1:]
		}
	}
	switch fields[0] {
	case 1:
		return entry{offset: max(0, fields[1])}
	case 2:
		return entry{stream: max(0, fields[1])}
	}
	return entry{}
}

// skipObjectHeader reads the beginning of the object at offset, like "7 0 obj" (ISO 32000-1, 7.3.10), and returns the index behind
// it. ok is false when something else is there.
func (f *file) skipObjectHeader(offset int) (i int, r reference, ok bool) {
	if offset > len(f.data)-f.base {
		return 0, reference{}, false
	}
	r.number, i, ok = skipInteger(f.data, f.base+offset)
	if ok {
		r.generation, i, ok = skipInteger(f.data, i)
	}
	if !ok {
		return 0, reference{}, false
	}
	i = skipSpace(f.data, i)
	return i + len("obj"), r, bytes.HasPrefix(f.data[i:], []byte("obj"))
}

// object returns the indirect object that r names, for a stream its dictionary. It is nil when the file does not have it.
func (f *file) object(r reference) value {
	if time.Now().After(f.deadline) {
		panic(errNotPDF)
	}
	e := f.entries[r.number]
	switch {
	case e.free():
		return nil
	case e.stream > 0:
		return f.unpack(e.stream)[r.number]
	}
	v, _ := f.objectAt(e.offset, r.number)
	return v
}

// objectAt returns the object at offset, which must have the given number, and the index behind it.
func (f *file) objectAt(offset, number int) (v value, end int) {
	i, r, ok := f.skipObjectHeader(offset)
	if !ok || r.number != number {
		panic(errNotPDF)
	}
	if _, empty := skipToken(f.data, i, "endobj"); empty {
		return nil, i
	}
	return nextValue(f.data, i)
}

// resolve returns what v refers to, or v itself when it is not a reference.
func (f *file) resolve(v value) value {
	if r, ok := v.reference(); ok {
		return f.object(r)
	}
	return v
}

// get returns the value at key of the dictionary v, following references.
func (f *file) get(v value, key string) value { return f.resolve(v.member(key)) }

// items returns the items of the array at key of the dictionary v, without following references in it.
func (f *file) items(v value, key string) []value { return f.get(v, key).items() }

// unpack returns the objects in an object stream (ISO 32000-1, 7.5.7).
func (f *file) unpack(number int) map[int]value {
	if objects, ok := f.unpacked[number]; ok {
		return objects
	}
	objects := map[int]value{}
	f.unpacked[number] = objects // before its length is resolved, which might be in this stream
	e := f.entries[number]
	if e.offset == 0 {
		panic(errNotPDF)
	}
	header, i := f.objectAt(e.offset, number)
	data := f.streamData(header, i)
	count, ok1 := f.get(header, "N").integer()
	first, ok2 := f.get(header, "First").integer()
	if !ok1 || !ok2 || first > len(data) {
		panic(errNotPDF)
	}
	i = 0
	for range min(count, maxEntries) {
		number, i1, ok1 := skipInteger(data[:first], i)
		offset, i2, ok2 := skipInteger(data[:first], i1)
		if !ok1 || !ok2 || offset > len(data)-first {
			panic(errNotPDF)
		}
		objects[number], _ = nextValue(data, first+offset)
		i = i2
	}
	return objects
}

// streamData returns the decoded content of the stream with the dictionary header. i is the index behind the dictionary.
func (f *file) streamData(header value, i int) []byte {
	i, ok := skipToken(f.data, i, "stream")
	if !ok {
		panic(errNotPDF)
	}
	if bytes.HasPrefix(f.data[i:], []byte("\r\n")) {
		i++
	}
	data := f.data[min(i+1, len(f.data)):]
	filter := f.get(header, "Filter")
	parameters := f.get(header, "DecodeParms")
	if filter.isArray() {
		list := filter.items()
		if len(list) > 1 {
			panic(errNotPDF)
		}
		filter = nil
		if len(list) == 1 {
			filter = f.resolve(list[0])
		}
		if list := parameters.items(); len(list) == 1 {
			parameters = f.resolve(list[0])
		}
	}
	switch filter.name() {
	case "FlateDecode", "Fl":
		return unpredict(f.inflate(data), f, parameters)
	case "":
		length, ok := f.get(header, "Length").integer()
		if !ok || length > len(data) {
			panic(errNotPDF)
		}
		return data[:length]
	}
	panic(errNotPDF)
}

// inflate decompresses the zlib stream at the beginning of data. For a truncated stream it returns what could be read.
func (f *file) inflate(data []byte) []byte {
	r, err := zlib.NewReader(bytes.NewReader(data))
	if err != nil {
		panic(errNotPDF)
	}
	inflated, _ := io.ReadAll(io.LimitReader(r, int64(f.budget)+1))
	if f.budget -= len(inflated); f.budget < 0 {
		panic(errNotPDF)
	}
	return inflated
}

// unpredict reverses the PNG predictors (ISO 32000-1, 7.4.4.4; PNG specification, 9.2). Data without one is returned as it is. Rows
// of one byte per column are all that cross-reference streams and object streams have.
func unpredict(data []byte, f *file, parameters value) []byte {
	if predictor, ok := f.get(parameters, "Predictor").integer(); !ok || predictor < 10 {
		return data
	}
	columns, ok := f.get(parameters, "Columns").integer()
	if !ok || columns < 1 || columns > 1<<20 {
		columns = 1
	}
	above := make([]byte, columns)
	var out []byte
	for ; len(data) > columns; data = data[columns+1:] {
		row := data[1 : columns+1]
		for i := range row {
			var left, corner byte
			if i > 0 {
				left, corner = row[i-1], above[i-1]
			}
			switch data[0] {
			case 1:
				row[i] += left
			case 2:
				row[i] += above[i]
			case 3:
				row[i] += byte((int(left) + int(above[i])) / 2) // #nosec G115 -- the mean of two bytes is a byte
			case 4:
				row[i] += paeth(left, above[i], corner)
			}
		}
		out = append(out, row...)
		above = row
	}
	return out
}

// paeth returns whichever of the three neighbors is nearest to left + above - corner.
func paeth(left, above, corner byte) byte {
	distance := func(x byte) int {
		d := int(left) + int(above) - int(corner) - int(x)
		return max(d, -d)
	}
	switch nearest := min(distance(left), distance(above), distance(corner)); nearest {
	case distance(left):
		return left
	case distance(above):
		return above
	}
	return corner
}
