package list

import (
	"context"

	"countersign/core/ledger"
	"countersign/core/request"
	"countersign/ui/async"
)

const (
	pageRows = 100 // rows of a page
	maxPages = 6   // most pages in memory
)

// rowCache holds the rows around the visible ones of the answer to a query. It reads pages of rows when they become
// visible and evicts those that are farthest away. All methods must be called on the drawing goroutine; only the
// reading happens in the background.
type rowCache struct {
	desk     Desk
	bg       *async.Worker
	newModel func(request.Request) rowModel
	visible  func() (first, last int) // indexes of the visible rows
	onChange func(fresh bool)         // called when rows have arrived; fresh: they answer a new query
	onError  func(error)              // called when a reading fails, and with nil when one succeeds after that
	failed   bool                     // the last reading failed

	query    ledger.Query
	awaiting bool // the rows are still those of the previous query
	latest   async.Latest
	reading  bool
	again    bool               // the ledger changed during the reading
	pages    map[int][]rowModel // by page index
	stale    map[int]bool       // pages to read again, which are shown until then
	cursors  map[int]ledger.Cursor
	total    int  // rows of the answer, or an estimate while more is true
	more     bool // the number of rows is not known yet
	atLeast  int  // rows that were read, while more is true
}

func newRowCache(desk Desk, bg *async.Worker, newModel func(request.Request) rowModel) *rowCache {
	return &rowCache{
		desk: desk, bg: bg, newModel: newModel, awaiting: true,
		pages: map[int][]rowModel{}, stale: map[int]bool{}, cursors: map[int]ledger.Cursor{},
	}
}

// setQuery starts to read the answer to another query. The old rows stay until the new ones arrive.
func (p *rowCache) setQuery(q ledger.Query) {
	p.latest.Drop()
	p.query, p.awaiting, p.reading, p.again = q, true, false, false
	p.load()
}

// refresh reads the visible rows again and evicts the others. A reading under way may have begun before the change, so
// it is followed by another.
func (p *rowCache) refresh() {
	if p.reading {
		p.again = true
		return
	}
	first, last := p.visiblePages()
	clear(p.cursors) // rows may have moved, so the cursors are outdated
	for n := range p.pages {
		if n < first || n > last {
			delete(p.pages, n)
		}
	}
	clear(p.stale)
	for n := first; n <= last; n++ {
		p.stale[n] = true
	}
	p.load()
}

// length returns the number of rows, as far as it is known.
func (p *rowCache) length() int { return p.total }

// at returns the row at an index, and true. If the row is not in memory, at starts to read the visible rows and returns
// false. For an index out of range it only returns false.
func (p *rowCache) at(i int) (rowModel, bool) {
	if i < 0 || i >= p.total {
		return rowModel{}, false
	}
	rows, ok := p.pages[i/pageRows]
	if !ok {
		p.load()
		return rowModel{}, false
	}
	if i%pageRows >= len(rows) {
		return rowModel{}, false
	}
	return rows[i%pageRows], true
}

// cached returns the row at an index, and true, if the row is in memory; otherwise it returns false. It never starts a
// reading.
func (p *rowCache) cached(i int) (rowModel, bool) {
	rows := p.pages[i/pageRows]
	if i < 0 || i%pageRows >= len(rows) {
		return rowModel{}, false
	}
	return rows[i%pageRows], true
}

// find returns the index of the row of a request, and true. If that row is not in memory, it returns 0 and false.
func (p *rowCache) find(id request.ID) (int, bool) {
	for n, rows := range p.pages {
		for i, r := range rows {
			if r.id == id {
				return n*pageRows + i, true
			}
		}
	}
	return 0, false
}

// update replaces each row in memory by what the function change returns for it.
func (p *rowCache) update(change func(rowModel) rowModel) {
	for _, rows := range p.pages {
		for i := range rows {
			rows[i] = change(rows[i])
		}
	}
}

func (p *rowCache) visiblePages() (first, last int) {
	if p.awaiting {
		return 0, 0
	}
	from, to := p.visible()
	return max(from, 0) / pageRows, max(min(to, p.total-1), 0) / pageRows
}

// missingPages returns the first run of visible pages that must be read: the index of the first of them, and their number.
// The number is 0 if no visible page must be read.
func (p *rowCache) missingPages() (first, count int) {
	from, to := p.visiblePages()
	for n := from; n <= to; n++ {
		if _, known := p.pages[n]; known && !p.stale[n] && !p.awaiting {
			if count > 0 {
				break
			}
			continue
		}
		if count == 0 {
			first = n
		}
		count++
	}
	return first, count
}

// load reads visible pages that are not in memory. Only one reading is under way at a time; when it ends, load looks
// again. So dragging the scroll bar over a million rows reads only a few pages on the way.
func (p *rowCache) load() {
	if p.reading {
		return
	}
	first, count := p.missingPages()
	if count == 0 {
		return
	}
	p.reading = true
	fresh := p.awaiting
	q := p.query
	q.Limit = count * pageRows
	q.After, q.Skip = p.nearestCursor(first, fresh)
	async.CallLatest(p.bg, &p.latest, func(ctx context.Context) (ledger.QueryPage, error) {
		return p.desk.Query(ctx, q)
	}, func(page ledger.QueryPage, err error) {
		p.reading = false
		if err != nil {
			page, count = ledger.QueryPage{}, 0
		}
		if err != nil || p.failed {
			p.failed = err != nil
			p.onError(err)
		}
		if err == nil || fresh {
			p.store(first, count, fresh, page)
			p.onChange(fresh)
		}
		if p.again {
			p.again = false
			p.refresh()
		} else if err == nil {
			p.load()
		}
	})
}

// nearestCursor returns the closest known cursor at or before a page, and how many rows to skip from there. If fresh is
// true, the query is new: the known cursors belong to the previous query, so it counts from the beginning of the answer.
func (p *rowCache) nearestCursor(page int, fresh bool) (after ledger.Cursor, skip int) {
	start := 0
	if !fresh {
		for n, cursor := range p.cursors {
			if n <= page && n > start {
				start, after = n, cursor
			}
		}
	}
	return after, (page - start) * pageRows
}

// store splits the rows that were read into count pages, of which the first has the index first, and keeps them. If fresh
// is true, they answer a new query, and all pages of the previous query are dropped.
func (p *rowCache) store(first, count int, fresh bool, page ledger.QueryPage) {
	if fresh {
		p.awaiting, p.total, p.atLeast = false, 0, 0
		clear(p.pages)
		clear(p.stale)
		clear(p.cursors)
	}
	for i := range count {
		rows := page.Requests[min(i*pageRows, len(page.Requests)):min((i+1)*pageRows, len(page.Requests))]
		models := make([]rowModel, len(rows))
		for j, r := range rows {
			models[j] = p.newModel(r)
		}
		p.pages[first+i] = models
		delete(p.stale, first+i)
	}
	if page.Next != "" {
		p.cursors[first+count] = page.Next
	}
	end := first*pageRows + len(page.Requests)
	switch {
	case page.Total >= 0:
		p.total, p.more = page.Total, false
	case page.Next != "":
		// The ledger would have to read all rows to count them. There is at least one more page.
		p.total, p.more, p.atLeast = max(p.total, end+pageRows), true, max(p.atLeast, end)
	default:
		p.total, p.more = end, false
	}
	p.evict(first)
}

// evict drops the pages whose indexes are farthest from the index around, until no more than maxPages are left.
func (p *rowCache) evict(around int) {
	for len(p.pages) > maxPages {
		farthest := around
		for n := range p.pages {
			if distance(n, around) > distance(farthest, around) {
				farthest = n
			}
		}
		delete(p.pages, farthest)
		delete(p.stale, farthest)
	}
}

func distance(a, b int) int { return max(a-b, b-a) }
