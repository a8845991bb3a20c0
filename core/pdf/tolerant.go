package pdf

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"sync"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// This file is about files that other readers accept and the parser does not. The parser gets such a file in another form, a
// view, in which every byte keeps its offset. Signatures are still compared with the raw file, and revisions are never
// compared in such a form.

// openTolerant is like [open], but also accepts files that other readers accept and the parser does not. Files are opened with
// it; the revisions of a file are opened with open.
func openTolerant(r io.ReaderAt, size int64, b *budget) (*document, error) {
	if err := checkHeader(r, size); err != nil {
		return nil, err
	}
	v, err := viewFromHeader(r, size)
	if err != nil {
		return nil, err
	}
	trailer, offset, err := newestTrailer(v)
	if err != nil {
		return nil, err
	}
	_, direct := trailer["Encrypt"].(types.Dict)
	if direct {
		v.appended = indirectEncryption(trailer, offset, v.size)
	}
	d, err := parse(v, b)
	if err != nil && errors.Is(err, ErrDamaged) && b.exceeded() == nil {
		if err := v.unwrapFilters(); err != nil {
			return nil, err
		}
		d, err = parse(v, b)
	}
	if err != nil {
		return nil, err
	}
	d.raw, d.size, d.directEncryption = r, size, direct
	return d, nil
}

// viewFromHeader returns a view in which offsets count from its first byte. When the header comes later in the file, they count from
// the header or from the first byte of the file, and readers accept both.
func viewFromHeader(r io.ReaderAt, size int64) (*view, error) {
	v := &view{file: r, size: size}
	start, err := findHeader(r, size)
	if err != nil || start <= 0 {
		return v, err
	}
	fromHeader := &view{file: io.NewSectionReader(r, start, size-start), size: size - start, start: start}
	if ok, err := fromHeader.startsXRef(); err != nil || ok {
		return fromHeader, err
	}
	if ok, err := v.startsXRef(); err != nil || !ok {
		return fromHeader, err
	}
	return v, v.moveHeader(start)
}

// encrypted reports whether the document is encrypted (ISO 32000-1, 7.6).
func (d *document) encrypted() bool { return d.Encrypt != nil || d.directEncryption }

// view is a file in the form that the parser gets: some bytes are replaced by others, and some are appended.
type view struct {
	file     io.ReaderAt
	size     int64
	start    int64 // offset of its first byte in the file that was passed in
	patches  []patch
	appended []byte
}

type patch struct {
	offset int64
	bytes  []byte
}

func (v *view) length() int64 { return v.size + int64(len(v.appended)) }

func (v *view) ReadAt(p []byte, off int64) (n int, err error) {
	if off < v.size {
		want := min(int64(len(p)), v.size-off)
		if n, err = v.file.ReadAt(p[:want], off); int64(n) < want {
			return n, err
		}
		for _, c := range v.patches {
			if from := c.offset - off; from >= 0 && from < want {
				copy(p[from:want], c.bytes)
			} else if from < 0 && -from < int64(len(c.bytes)) {
				copy(p[:want], c.bytes[-from:])
			}
		}
	}
	if n < len(p) && off+int64(n) < v.length() {
		n += copy(p[n:], v.appended[off+int64(n)-v.size:])
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// startsXRef reports whether a cross-reference table or an object begins at the offset that the end of the view names as that
// of the last table.
func (v *view) startsXRef() (bool, error) {
	offset, err := v.lastXRef()
	if err != nil || offset < 0 || offset >= v.size {
		return false, err
	}
	b, err := readRange(v.file, offset, min(v.size, offset+maxLead))
	l := lexer{data: b}
	if l.keyword("xref") {
		return true, err
	}
	_, ok := l.header()
	return ok, err
}

// moveHeader patches the view so that the header is at its beginning. Line ends follow, up to where the header at the offset
// start really ends.
func (v *view) moveHeader(start int64) error {
	const length = int64(len("%PDF-1.7"))
	header, err := readRange(v.file, start, min(v.size, start+length))
	if err != nil {
		return err
	}
	v.patches = append(v.patches, patch{0, append(header, bytes.Repeat([]byte("\n"), int(start))...)})
	return nil
}

// wrappedFilter matches a stream's only filter when it is a reference in an array.
var wrappedFilter = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`/Filter[\x00\t\n\f\r ]*(\[)[\x00\t\n\f\r ]*[0-9]{1,10}[\x00\t\n\f\r ]+[0-9]{1,5}[\x00\t\n\f\r ]+R[\x00\t\n\f\r ]*(\])`)
})

// unwrapFilters patches the view: it replaces each array that wrappedFilter matches by the filter in it. Both forms mean the
// same (ISO 32000-1, 7.3.8.2).
func (v *view) unwrapFilters() error {
	const (
		block    = 1 << 20
		longest  = 256 // bytes of a match at the border of two blocks
		maxFound = 100_000
	)
	for start := int64(0); start < v.size; start += block {
		b, err := readRange(v.file, start, min(v.size, start+block+longest))
		if err != nil {
			return err
		}
		if !bytes.Contains(b, []byte("/Filter")) {
			continue
		}
		for _, match := range wrappedFilter().FindAllSubmatchIndex(b, -1) {
			if len(v.patches) == maxFound {
				return nil
			}
			if match[0] < block {
				v.patches = append(v.patches, patch{start + int64(match[2]), []byte(" ")}, patch{start + int64(match[4]), []byte(" ")})
			}
		}
	}
	return nil
}

// lastXRef returns the number after the last "startxref", or -1 when there is none.
func (v *view) lastXRef() (int64, error) {
	tail, _, err := readTail(v.file, v.size)
	if err != nil {
		return -1, err
	}
	const keyword = "startxref"
	l := lexer{data: tail, pos: bytes.LastIndex(tail, []byte(keyword)) + len(keyword)}
	if l.pos < len(keyword) {
		return -1, nil
	}
	if offset, ok := l.number(); ok {
		return offset, nil
	}
	return -1, nil
}

// newestTrailer returns the trailer dictionary that readers begin with (ISO 32000-1, 7.5.5 and 7.5.8.2), and the offset of its
// cross-reference table. It is nil when it cannot be read.
func newestTrailer(v *view) (trailer types.Dict, offset int64, err error) {
	defer recoverDamaged(&err)
	offset, err = v.lastXRef()
	if err != nil || offset < 0 || offset >= v.size {
		return nil, 0, err
	}
	const maxTable = 64 << 20
	for window := int64(64 << 10); ; window *= 16 {
		end := min(v.size, offset+window)
		b, err := readRange(v.file, offset, end)
		if err != nil {
			return nil, 0, err
		}
		if trailer := parseTrailer(b); trailer != nil || end == v.size || window > maxTable {
			return trailer, offset, nil
		}
	}
}

// parseTrailer returns the dictionary of a cross-reference stream, or the trailer after a cross-reference table; nil when it
// is not all there.
func parseTrailer(b []byte) types.Dict {
	l := lexer{data: b}
	if _, stream := l.header(); !stream {
		const keyword = "trailer"
		i := bytes.Index(b, []byte(keyword))
		if !l.keyword("xref") || i < 0 {
			return nil
		}
		l.pos = i + len(keyword)
	}
	const longest = 1 << 20
	l.space()
	from := l.pos
	if !l.value(0) || l.pos-from > longest {
		return nil
	}
	return parseDict(b[from:l.pos])
}

// indirectEncryption returns an update for a view of size bytes that makes the encryption dictionary in its trailer an object
// of its own, which is where the parser looks for it. offset is that of the file's last cross-reference table.
func indirectEncryption(trailer types.Dict, offset, size int64) []byte {
	number := int64(0)
	if n := trailer.Int64Entry("Size"); n != nil {
		number = *n
	}
	if number < 1 || number > maxObjects {
		return nil
	}
	next := omit(trailer, "Type", "Size", "Prev", "XRefStm", "W", "Index", "Length", "Filter", "DecodeParms", "Encrypt")
	next["Size"], next["Prev"] = types.Integer(number+1), types.Integer(offset)
	next["Encrypt"] = *types.NewIndirectRef(int(number), 0)
	object := fmt.Sprintf("\n%d 0 obj\n%s\nendobj\n", number, trailer["Encrypt"].PDFString())
	table := size + int64(len(object))
	return fmt.Appendf(nil, "%sxref\n%d 1\n%010d 00000 n \ntrailer\n%s\nstartxref\n%d\n%s\n", object, number, size+1, next.PDFString(), table, endMarker)
}

// blockReader reads a view in blocks and keeps some of them, because the parser reads a few thousand bytes for each object.
type blockReader struct {
	*view
	blocks [16]block // by the number of the block in the file, modulo 16
}

type block struct {
	bytes  []byte
	offset int64
}

const blockSize = 64 << 10

func (r *blockReader) ReadAt(p []byte, off int64) (n int, err error) {
	if len(p) >= blockSize {
		return r.view.ReadAt(p, off)
	}
	for n < len(p) && off+int64(n) < r.length() {
		at := off + int64(n)
		b := &r.blocks[at/blockSize%int64(len(r.blocks))]
		if err := b.load(r.view, at-at%blockSize); err != nil {
			return n, err
		}
		n += copy(p[n:], b.bytes[at-b.offset:])
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// load reads the block at an offset unless it is there.
func (b *block) load(v *view, offset int64) error {
	if len(b.bytes) > 0 && b.offset == offset {
		return nil
	}
	if b.bytes == nil {
		b.bytes = make([]byte, blockSize)
	}
	b.bytes, b.offset = b.bytes[:min(blockSize, v.length()-offset)], offset
	n, err := v.ReadAt(b.bytes, offset)
	if n == len(b.bytes) {
		return nil
	}
	b.bytes = b.bytes[:0]
	if err == nil || errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF // the file is shorter than it was
	}
	return err
}
