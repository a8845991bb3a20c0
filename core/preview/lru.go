package preview

import (
	"container/list"
	"sync"
)

// cacheSize is how many bytes of pictures are kept.
const cacheSize = 32 << 20

// key names a page: a file that was changed has another key.
type key struct {
	path    string
	size    int64
	changed int64 // in nanoseconds
	width   int
}

// lruCache keeps the pages that were asked for last, up to a number of bytes.
type lruCache struct {
	mu      sync.Mutex
	limit   int
	used    int
	order   *list.List // of *kept, the latest in front
	entries map[key]*list.Element
}

type entry struct {
	key  key
	page Page
}

// size is what the picture takes: four for each pixel.
func (k *entry) size() int {
	size := k.page.Image.Bounds().Size()
	return 4 * size.X * size.Y
}

func newLRUCache(limit int) *lruCache {
	return &lruCache{limit: limit, order: list.New(), entries: map[key]*list.Element{}}
}

func (s *lruCache) get(k key) (Page, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.entries[k]
	if !ok {
		return Page{}, false
	}
	s.order.MoveToFront(e)
	return e.Value.(*entry).page, true
}

// put adds a page that is not on the shelf.
func (s *lruCache) put(k key, page Page) {
	s.mu.Lock()
	defer s.mu.Unlock()
	added := &entry{k, page}
	s.entries[k] = s.order.PushFront(added)
	s.used += added.size()
	for s.used > s.limit {
		last := s.order.Remove(s.order.Back()).(*entry)
		delete(s.entries, last.key)
		s.used -= last.size()
	}
}
