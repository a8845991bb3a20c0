package ui

import (
	"context"
	"slices"

	"countersign/core/request"
	"countersign/ui/async"
)

// maxMarked bounds how many requests are selected at once.
const maxMarked = 10_000

// marks are the requests that were selected to do something with all of them. They are known by
// their ids, in the order of the list or in which they were selected.
type marks struct {
	ids    []request.ID
	has    map[request.ID]bool
	first  bool // they are the first of more rows than can be selected
	anchor int  // the place that a range begins at; -1 for none
}

func newMarks() *marks { return &marks{has: map[request.ID]bool{}, anchor: -1} }

func (m *marks) set(ids []request.ID) {
	m.ids, m.first = slices.Clone(ids), false
	clear(m.has)
	for _, id := range ids {
		m.has[id] = true
	}
}

func (m *marks) toggle(id request.ID) {
	switch {
	case m.has[id]:
		m.ids = slices.DeleteFunc(m.ids, func(other request.ID) bool { return other == id })
		delete(m.has, id)
	case len(m.ids) < maxMarked:
		m.ids = append(m.ids, id)
		m.has[id] = true
	}
}

// unmark selects nothing any more.
func (p *listPane) unmark() {
	p.markLane.Drop()
	p.marks.anchor = -1
	if len(p.marks.ids) > 0 {
		p.marks.set(nil)
		p.showMarks()
	}
}

// showMarks draws what is selected, and what can be done with it.
func (p *listPane) showMarks() {
	p.onMarked()
	p.list.Refresh()
}

// toggleMark selects a row, or takes it out of the selection.
func (p *listPane) toggleMark(place int) {
	m, ok := p.pages.at(place)
	if !ok {
		return
	}
	p.markLane.Drop()
	p.marks.first, p.marks.anchor = false, place
	p.marks.toggle(m.id)
	p.showMarks()
}

// markTo selects the rows from the anchor to a place.
func (p *listPane) markTo(place int) {
	if p.marks.anchor < 0 {
		p.marks.anchor = max(p.place, 0)
	}
	from, to := min(p.marks.anchor, place), max(p.marks.anchor, place)
	var ids []request.ID
	for i := from; i <= to; i++ {
		m, ok := p.pages.here(i)
		if !ok {
			p.markRows(from, to-from+1)
			return
		}
		ids = append(ids, m.id)
	}
	p.markLane.Drop()
	p.marks.set(ids)
	p.showMarks()
}

// markAll selects every row, up to what can be.
func (p *listPane) markAll() {
	p.marks.anchor = 0
	p.markRows(0, p.pages.length())
}

// markRows selects rows that are not all here: their ids alone are read.
func (p *listPane) markRows(from, count int) {
	q := p.pages.query
	q.Skip, q.After = from, ""
	many := count > maxMarked || p.pages.more
	async.CallLatest(p.bg, &p.markLane, func(ctx context.Context) ([]request.ID, error) {
		return p.desk.IDs(ctx, q, min(count, maxMarked))
	}, func(ids []request.ID, err error) {
		if err != nil {
			p.pages.failed(err)
			return
		}
		p.marks.set(ids)
		p.marks.first = many
		p.showMarks()
	})
}
