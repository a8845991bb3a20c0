package ledger

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"path/filepath"
	"slices"

	"countersign/core/files"
)

// The file format of bbolt, as far as it is needed to see whether the pages of a file fit together, and to copy them. bbolt itself checks little
// when it opens a file, and a write to a damaged one can destroy more: with a damaged list of free pages it writes over pages in use.
// The format is that of https://github.com/etcd-io/bbolt/tree/v1.5.0/internal/common (page.go, meta.go, inode.go, bucket.go).
const (
	pageHeader  = 16 // id(8), flags(2), count(2), overflow(4)
	elementSize = 16 // of a leaf: flags(4), pos(4), key size(4), value size(4); of a branch: pos(4), key size(4), page(8)
	metaSize    = 64 // magic(4), version(4), page size(4), flags(4), root(8), sequence(8), free list(8), pages(8), transaction(8), checksum(8)

	branchPage, leafPage, metaPage, freelistPage = 0x01, 0x02, 0x04, 0x10
	bucketElement                                = 0x01
	bucketSize                                   = 16 // root(8), sequence(8)
	metaMagic, metaVersion                       = 0xED0CDAED, 2
	manyFree                                     = 0xFFFF // the count of a free list whose real count is its first number

	maxPageDepth = 64 // levels of pages in one another; a ledger has five
)

// maxChecked is the size in bytes up to which the structure of a file is checked when it is opened. That takes some milliseconds.
const maxChecked = 64 << 20

var order = binary.NativeEndian

// errStructure is returned when the pages of a file do not fit together.
var errStructure = errors.New("its pages do not fit together")

// structure checks the pages of a bbolt file.
type structure struct {
	file     io.ReaderAt
	pageSize int64
	pages    uint64 // the number of pages of the file
	used     []bool // the pages that were reached; nil if nobody asks
	levels   []level

	bucketsOnly bool // the pages of buckets are not read

	// copied copies a page, once the pages that it refers to were copied, and returns the number of the copy. If it is nil, pages are only checked.
	copied  func(content []byte) (id uint64, err error)
	without []byte // the bucket that is empty in the copy
}

// level is the memory for one page, and the elements in it, while the pages below it are checked.
type level struct {
	content  []byte
	elements []element
}

// checkStructure returns an error that wraps errStructure if the pages of the file do not fit together. half is true if one of the
// two heads of the file, which bbolt calls meta pages, is damaged: bbolt then goes on from the other one, which may lack the last
// write.
func checkStructure(file io.ReaderAt, size int64) (half bool, err error) {
	metas, err := readMetas(file, size)
	if err != nil || len(metas) == 0 {
		return false, errors.Join(errStructure, err)
	}
	m := newest(metas)
	s, err := newStructure(file, size, m)
	if err != nil {
		return false, err
	}
	s.used = make([]bool, s.pages)
	if _, err := s.tree(m.root, keyBounds{}, 0); err != nil {
		return false, err
	}
	return len(metas) == 1, s.freelist(m.freelist)
}

// checkSizes returns an error that wraps errStructure if bbolt must not read the file at all: it allocates memory by the size that the
// entry of a bucket and the list of free pages say they have, and these may be damaged too. checkSizes reads the list of buckets and
// the beginning of the list of free pages, so it takes the same time for a file of any size.
func checkSizes(file io.ReaderAt, size int64) error {
	for {
		metas, err := readMetas(file, size)
		if err != nil || len(metas) == 0 {
			return err // bbolt opens no file without a head
		}
		m := newest(metas)
		s, err := newStructure(file, size, m)
		if err != nil {
			return err
		}
		s.bucketsOnly = true
		_, err = s.tree(m.root, keyBounds{}, 0)
		err = errors.Join(err, s.freelistSize(m.freelist))
		if again, readErr := readMetas(file, size); err == nil || readErr != nil || slices.Equal(again, metas) {
			return err
		} // a tool that does not take the ledger's lock has written meanwhile
	}
}

// newStructure returns a structure of which no page was reached.
func newStructure(file io.ReaderAt, size int64, m meta) (*structure, error) {
	if m.pages > uint64(size/m.pageSize) { // #nosec G115 -- the size of a file, never negative
		return nil, fmt.Errorf("%w: the file is too short", errStructure)
	}
	return &structure{file: file, pageSize: m.pageSize, pages: m.pages, levels: make([]level, maxPageDepth+2)}, nil
}

// meta is one of the two heads of the file, which bbolt calls meta pages. bbolt writes them by turns.
type meta struct {
	pageSize                           int64
	root, freelist, pages, transaction uint64
}

// newest returns the head that bbolt goes on from.
func newest(metas []meta) meta {
	return slices.MaxFunc(metas, func(a, b meta) int { return cmp.Compare(a.transaction, b.transaction) })
}

// readMetas returns the heads whose checksums are right. The second head is at the second page, so it is searched at each size that a
// page can have.
func readMetas(file io.ReaderAt, size int64) (valid []meta, err error) {
	for _, at := range []int64{0, 1 << 10, 2 << 10, 4 << 10, 8 << 10, 16 << 10, 32 << 10, 64 << 10} {
		if at+pageHeader+metaSize > size {
			break
		}
		raw := make([]byte, metaSize)
		if _, err := file.ReadAt(raw, at+pageHeader); err != nil {
			return nil, err
		}
		m := meta{int64(order.Uint32(raw[8:])), order.Uint64(raw[16:]), order.Uint64(raw[32:]), order.Uint64(raw[40:]), order.Uint64(raw[48:])}
		if order.Uint32(raw) == metaMagic && order.Uint64(raw[56:]) == sumOf(raw) && m.pageSize >= 1<<10 && m.pageSize <= 64<<10 && (at == 0 || at == m.pageSize) {
			valid = append(valid, m)
		}
	}
	return valid, nil
}

// sumOf returns the checksum that belongs in a head.
func sumOf(head []byte) uint64 {
	sum := fnv.New64a()
	_, _ = sum.Write(head[:56])
	return sum.Sum64()
}

// page returns a page with the pages that continue it, and marks all of them as used. It fails with errStructure if one of them was
// used before. The bytes are valid until the next page of the same depth is read.
func (s *structure) page(id uint64, depth int) ([]byte, error) {
	if id < 2 || id >= s.pages {
		return nil, fmt.Errorf("%w: there is no page %d", errStructure, id)
	}
	at, l := int64(id)*s.pageSize, &s.levels[depth] // #nosec G115 -- below the number of pages, which fit in the file
	l.content = slices.Grow(l.content[:0], int(s.pageSize))[:s.pageSize]
	if _, err := s.file.ReadAt(l.content, at); err != nil {
		return nil, err
	}
	more := uint64(order.Uint32(l.content[12:]))
	if order.Uint64(l.content) != id || more >= s.pages-id {
		return nil, fmt.Errorf("%w: page %d is another one", errStructure, id)
	}
	for i := id; i <= id+more && s.used != nil; i++ {
		if s.used[i] {
			return nil, fmt.Errorf("%w: page %d is used twice", errStructure, i)
		}
		s.used[i] = true
	}
	if more == 0 {
		return l.content, nil
	}
	content := make([]byte, int64(more+1)*s.pageSize) // #nosec G115 -- as above
	_, err := s.file.ReadAt(content, at)
	return content, err
}

// keyBounds is the range that the keys of a page must be in. For the root of a bucket there are no bounds.
type keyBounds struct {
	from, to []byte // from is the first key that is allowed, and to the first one behind the range; nil for no bound
}

func (k keyBounds) has(key []byte) bool {
	return bytes.Compare(key, k.from) >= 0 && (k.to == nil || bytes.Compare(key, k.to) < 0)
}

// tree checks a page and what is below it. It returns the number of its copy, or its own if pages are only checked.
func (s *structure) tree(id uint64, keys keyBounds, depth int) (uint64, error) {
	if depth > maxPageDepth {
		return 0, fmt.Errorf("%w: page %d is too deep", errStructure, id)
	}
	content, err := s.page(id, depth)
	if err != nil {
		return 0, err
	}
	if err := s.elements(content, id, keys, depth); err != nil || s.copied == nil {
		return id, err
	}
	return s.copied(content)
}

// elements checks the elements of a branch or leaf page, whose keys must ascend, and what is below them. In content, it replaces the numbers
// of the pages below by those of their copies, and clears what belongs to no element.
func (s *structure) elements(content []byte, id uint64, keys keyBounds, depth int) error {
	kind, count := order.Uint16(content[8:]), int(order.Uint16(content[10:]))
	if kind != branchPage && kind != leafPage || pageHeader+count*elementSize > len(content) || kind == branchPage && count == 0 {
		return fmt.Errorf("%w: page %d is damaged", errStructure, id)
	}
	l := &s.levels[depth]
	l.elements = slices.Grow(l.elements[:0], count)[:count]
	all := l.elements
	next := uint64(pageHeader + count*elementSize) // keys and values follow each other without gaps
	for i := range all {
		at := pageHeader + i*elementSize
		e := element{raw: content[at : at+elementSize]}
		pos, keySize, valueSize := order.Uint32(e.raw), order.Uint32(e.raw[4:]), uint32(0)
		if kind == leafPage {
			e.flags, pos, keySize, valueSize = pos, keySize, order.Uint32(e.raw[8:]), order.Uint32(e.raw[12:])
		}
		begin := next
		next += uint64(keySize) + uint64(valueSize)
		if uint64(at)+uint64(pos) != begin || next > uint64(len(content)) || e.flags&^bucketElement != 0 {
			return fmt.Errorf("%w: page %d is damaged", errStructure, id)
		}
		e.key, e.value = content[begin:begin+uint64(keySize)], content[begin+uint64(keySize):next]
		if !keys.has(e.key) || i > 0 && bytes.Compare(all[i-1].key, e.key) >= 0 {
			return fmt.Errorf("%w: the keys of page %d are not in order", errStructure, id)
		}
		all[i] = e
	}
	clear(content[next:])
	for i, e := range all {
		switch {
		case kind == branchPage:
			below := keyBounds{e.key, keys.to}
			if i+1 < count {
				below.to = all[i+1].key
			}
			to, err := s.tree(order.Uint64(e.raw[8:]), below, depth+1)
			if err != nil {
				return err
			}
			order.PutUint64(e.raw[8:], to)
		case e.flags == bucketElement:
			if err := s.bucket(e, id, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// element is an element of a page.
type element struct {
	raw        []byte // its elementSize bytes
	flags      uint32
	key, value []byte // a branch page has no values
}

// bucket checks an element that is a bucket: the pages from the root of the bucket on, or, for a small bucket, the page that is in the value
// itself. id is the page of the element.
func (s *structure) bucket(e element, id uint64, depth int) error {
	if len(e.value) < bucketSize {
		return fmt.Errorf("%w: a bucket of page %d is damaged", errStructure, id)
	}
	root := order.Uint64(e.value)
	switch {
	case s.bucketsOnly:
		return nil
	case root == 0 && (len(e.value) < bucketSize+pageHeader || depth > maxPageDepth):
		return fmt.Errorf("%w: a bucket of page %d is damaged", errStructure, id)
	case s.copied != nil && bytes.Equal(e.key, s.without):
		return s.empty(e.value)
	case root == 0:
		return s.elements(e.value[bucketSize:], id, keyBounds{}, depth)
	}
	to, err := s.tree(root, keyBounds{}, depth)
	order.PutUint64(e.value, to)
	return err
}

// freelist checks that every page is either used or free, and none is both.
func (s *structure) freelist(id uint64) error {
	content, err := s.page(id, 0)
	if err != nil {
		return err
	}
	numbers, count := content[pageHeader:], uint64(order.Uint16(content[10:]))
	if count == manyFree {
		count, numbers = order.Uint64(numbers), numbers[8:]
	}
	if order.Uint16(content[8:]) != freelistPage || count > uint64(len(numbers)/8) {
		return fmt.Errorf("%w: the list of free pages is damaged", errStructure)
	}
	for i := range count {
		free := order.Uint64(numbers[8*i:])
		if free >= s.pages || s.used[free] {
			return fmt.Errorf("%w: page %d is free and used", errStructure, free)
		}
		s.used[free] = true
	}
	if slices.Contains(s.used[2:], false) { // the first two are the heads
		return fmt.Errorf("%w: pages are missing in the list of free pages", errStructure)
	}
	return nil
}

// freelistSize checks that the list of free pages is not longer than its pages.
func (s *structure) freelistSize(id uint64) error {
	begin := make([]byte, pageHeader+8)
	if id < 2 || id >= s.pages {
		return fmt.Errorf("%w: there is no page %d", errStructure, id)
	}
	if _, err := s.file.ReadAt(begin, int64(id)*s.pageSize); err != nil { // #nosec G115 -- below the number of pages, which fit in the file
		return err
	}
	more, count, numbers := uint64(order.Uint32(begin[12:])), uint64(order.Uint16(begin[10:])), begin[pageHeader:]
	if count == manyFree {
		count = order.Uint64(numbers) + 1
	}
	if more >= s.pages-id || count > ((more+1)*uint64(s.pageSize)-pageHeader)/8 { // #nosec G115 -- at most 64 KiB
		return fmt.Errorf("%w: the list of free pages is damaged", errStructure)
	}
	return nil
}

// checkFile checks the structure of the ledger's file unless it has more than limit bytes. If the file is damaged, checkFile returns
// the error of [Ledger.Damage], and from then on the ledger is only read. If only one of the file's heads is damaged, it logs that
// and returns nil.
func (l *Ledger) checkFile(ctx context.Context, limit int64) error {
	release, err := l.lock(ctx, false)
	if err != nil {
		return err
	}
	defer release()
	f, size, err := files.OpenRegular(filepath.Join(l.dir, FileName))
	if err != nil {
		return l.explain(err)
	}
	defer f.Close()
	if size > limit {
		return nil
	}
	half, err := checkStructure(f, size)
	if err != nil {
		return l.damaged(err)
	}
	if half {
		l.opts.Log.Error("one of the two heads of the ledger's file is damaged, and the last change before that may be missing: compare the register with your last seal")
	}
	return nil
}
