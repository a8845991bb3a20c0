package ledger

import (
	"bufio"
	"context"
	"errors"
	"os"

	"countersign/core/files"
)

// copyPages copies the file of a ledger without its launches, page by page. It copies the pages in use alone, and of these only what is in
// use, because what was deleted is still in others. It fails with errStructure if the pages do not fit together.
func copyPages(ctx context.Context, path string, to *os.File) error {
	from, size, err := files.OpenRegular(path)
	if err != nil {
		return err
	}
	defer from.Close()
	metas, err := readMetas(from, size)
	if err != nil || len(metas) == 0 {
		return errors.Join(errStructure, err)
	}
	m := newest(metas)
	s, err := newStructure(from, size, m)
	if err != nil {
		return err
	}
	const begin = 3 // pages: two heads and a list of free pages
	pages, out := uint64(begin), bufio.NewWriterSize(to, 1<<20)
	_, _ = out.Write(make([]byte, begin*m.pageSize)) // Flush returns the error
	s.used, s.without = make([]bool, s.pages), bucketLaunches
	s.copied = func(content []byte) (id uint64, err error) {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		id = pages
		pages += uint64(len(content)) / uint64(m.pageSize) // #nosec G115 -- a size
		order.PutUint64(content, id)
		_, err = out.Write(content)
		return id, err
	}
	root, err := s.tree(m.root, keyBounds{}, 0)
	if err != nil {
		return err
	}
	if err := errors.Join(ctx.Err(), out.Flush()); err != nil {
		return err
	}
	_, err = to.WriteAt(beginOfFile(meta{m.pageSize, root, begin - 1, pages, 0}), 0)
	return err
}

// empty makes the copy of a bucket an empty one. value is that of its element.
func (s *structure) empty(value []byte) error {
	page := value[bucketSize:] // of a small bucket
	if order.Uint64(value) != 0 {
		page = make([]byte, s.pageSize)
	}
	clear(page)
	order.PutUint16(page[8:], leafPage)
	if order.Uint64(value) == 0 {
		return nil
	}
	root, err := s.copied(page)
	order.PutUint64(value, root)
	return err
}

// beginOfFile returns the first pages of a file in which no page is free: two heads, of which the second one is the newer, and the list of free pages.
func beginOfFile(m meta) []byte {
	b := make([]byte, (m.freelist+1)*uint64(m.pageSize)) // #nosec G115 -- a size
	for i := range uint64(2) {
		page := b[int64(i)*m.pageSize:] // #nosec G115 -- a small number
		order.PutUint64(page, i)
		order.PutUint16(page[8:], metaPage)
		raw := page[pageHeader : pageHeader+metaSize]
		order.PutUint32(raw, metaMagic)
		order.PutUint32(raw[4:], metaVersion)
		order.PutUint32(raw[8:], uint32(m.pageSize)) // #nosec G115 -- at most 64 KiB
		order.PutUint64(raw[16:], m.root)
		order.PutUint64(raw[32:], m.freelist)
		order.PutUint64(raw[40:], m.pages)
		order.PutUint64(raw[48:], m.transaction+i)
		order.PutUint64(raw[56:], sumOf(raw))
	}
	page := b[int64(m.freelist)*m.pageSize:] // #nosec G115 -- a small number
	order.PutUint64(page, m.freelist)
	order.PutUint16(page[8:], freelistPage)
	return b
}
