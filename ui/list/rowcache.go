package list

import (
	"context"

	"countersign/core/ledger"
	"countersign/core/request"
	"countersign/ui/async"
)

const (
	pageRows = 100 // rows that are read at once
	maxPages = 6   // pages that are kept
)

// rowCache are the rows around what is visible of one question's answer. They are read
// when somebody looks at them, and forgotten when nobody does. All of it happens on the
// UI goroutine, but for the reading itself.
type rowCache struct {
	desk     Desk
	bg       *async.Worker
	newModel func(request.Request) rowModel
	visible  func() (first, last int) // rows that can be seen
	onChange func(fresh bool)         // there is something to draw; fresh: for a new question
	onError  func(error)

	query    ledger.Query
	awaiting bool // the rows are still those of the question before
	latest   async.Latest
	reading  bool
	again    bool               // the ledger changed while reading
	pages    map[int][]rowModel // by page number
	stale    map[int]bool       // shown, and to be read again
	cursors  map[int]ledger.Cursor
	total    int  // rows of the answer, as far as is known
	more     bool // there are more than total says
	atLeast  int  // rows that there are for sure, where there are more
}

func newRowCache(desk Desk, bg *async.Worker, model func(request.Request) rowModel) *rowCache {
	return &rowCache{
		desk: desk, bg: bg, newModel: model, awaiting: true,
		pages: map[int][]rowModel{}, stale: map[int]bool{}, cursors: map[int]ledger.Cursor{},
	}
}

// setQuery puts a new question. The rows of the one before stay until it is answered.
func (p *rowCache) setQuery(q ledger.Query) {
	p.latest.Drop()
	p.query, p.awaiting, p.reading, p.again = q, true, false, false
	p.load()
}

// refresh reads again what is shown, because the ledger changed. A reading that is under
// way may have begun before the change, so another follows it.
func (p *rowCache) refresh() {
	if p.reading {
		p.again = true
		return
	}
	first, last := p.visiblePages()
	clear(p.cursors) // places have moved
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

// length is how many rows there are, as far as is known.
func (p *rowCache) length() int { return p.total }

// at gives a row, and asks for it when it is not here.
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

// cached gives a row that is cached, and asks for nothing.
func (p *rowCache) cached(i int) (rowModel, bool) {
	rows := p.pages[i/pageRows]
	if i < 0 || i%pageRows >= len(rows) {
		return rowModel{}, false
	}
	return rows[i%pageRows], true
}

// find gives the place of a request among the rows that are here.
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

// update changes the rows that are here.
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

// missingPages gives the visible pages that have to be read, if any.
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

// load reads what is visible and not here. One reading is under way at a time; when it
// is done, it looks again, so that dragging the bar over a million rows reads what is
// seen on the way and nothing else.
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

// nearestCursor finds the closest known place before a page, so that little has to be skipped.
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
		// Counting would mean reading them all: there is at least another page.
		p.total, p.more, p.atLeast = max(p.total, end+pageRows), true, max(p.atLeast, end)
	default:
		p.total, p.more = end, false
	}
	p.evict(first)
}

// evict drops the pages that are farthest from one, down to what may be kept.
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
