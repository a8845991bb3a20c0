package preview

import (
	"container/list"
	"sync"
)

// cacheSize is the largest number of bytes of pixels that a [Renderer] keeps in memory.
const cacheSize = 32 << 20

// key identifies a rendered page. A modified file has another key.
type key struct {
	path    string
	size    int64
	changed int64 // modification time in Unix nanoseconds
	number  int   // of the page, from 1; 0 for the last one
	width   int
}

// lruCache keeps the rendered pages that were used last, with at most limit bytes of pixels. It
// is safe for concurrent use.
type lruCache struct {
	mu      sync.Mutex
	limit   int
	used    int
	order   *list.List // of *entry, the most recently used first
	entries map[key]*list.Element
}

type entry struct {
	key  key
	page Page
}

// size returns the number of bytes of the image: four for each pixel.
func (k *entry) size() int {
	size := k.page.Image.Bounds().Size()
	return 4 * size.X * size.Y
}

func newLRUCache(limit int) *lruCache {
	return &lruCache{limit: limit, order: list.New(), entries: map[key]*list.Element{}}
}

func (c *lruCache) get(k key) (Page, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[k]
	if !ok {
		return Page{}, false
	}
	c.order.MoveToFront(e)
	return e.Value.(*entry).page, true
}

// clear removes all pages.
func (c *lruCache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.used = 0
	c.order.Init()
	clear(c.entries)
}

// put adds a page, whose key must not be in the cache. Then it removes the pages that were used
// least recently, until the limit is kept. A page that is larger than the limit is removed at
// once, with all others.
func (c *lruCache) put(k key, page Page) {
	c.mu.Lock()
	defer c.mu.Unlock()
	added := &entry{k, page}
	c.entries[k] = c.order.PushFront(added)
	c.used += added.size()
	for c.used > c.limit {
		last := c.order.Remove(c.order.Back()).(*entry)
		delete(c.entries, last.key)
		c.used -= last.size()
	}
}
