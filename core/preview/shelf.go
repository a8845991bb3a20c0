package preview

import (
	"container/list"
	"sync"
)

// shelfSize is how many bytes of pictures are kept.
const shelfSize = 32 << 20

// key names a page: a file that was changed has another key.
type key struct {
	path    string
	size    int64
	changed int64 // in nanoseconds
	width   int
}

// shelf keeps the pages that were asked for last, up to a number of bytes.
type shelf struct {
	mu    sync.Mutex
	limit int
	used  int
	order *list.List // of *kept, the latest in front
	pages map[key]*list.Element
}

type kept struct {
	key  key
	page Page
}

// bytes is what the picture takes: four for each pixel.
func (k *kept) bytes() int {
	size := k.page.Image.Bounds().Size()
	return 4 * size.X * size.Y
}

func newShelf(limit int) *shelf {
	return &shelf{limit: limit, order: list.New(), pages: map[key]*list.Element{}}
}

func (s *shelf) get(k key) (Page, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.pages[k]
	if !ok {
		return Page{}, false
	}
	s.order.MoveToFront(e)
	return e.Value.(*kept).page, true
}

// put adds a page that is not on the shelf.
func (s *shelf) put(k key, page Page) {
	s.mu.Lock()
	defer s.mu.Unlock()
	added := &kept{k, page}
	s.pages[k] = s.order.PushFront(added)
	s.used += added.bytes()
	for s.used > s.limit {
		last := s.order.Remove(s.order.Back()).(*kept)
		delete(s.pages, last.key)
		s.used -= last.bytes()
	}
}
