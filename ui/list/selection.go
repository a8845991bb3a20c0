package list

import (
	"context"
	"slices"

	"countersign/core/request"
	"countersign/ui/async"
)

// maxSelected bounds how many requests are selected at once.
const maxSelected = 10_000

// selection are the requests that were selected to do something with all of them. They are known by
// their ids, in the order of the list or in which they were selected.
type selection struct {
	ids    []request.ID
	has    map[request.ID]bool
	first  bool // they are the first of more rows than can be selected
	anchor int  // the place that a range begins at; -1 for none
}

func newSelection() *selection { return &selection{has: map[request.ID]bool{}, anchor: -1} }

func (m *selection) set(ids []request.ID) {
	m.ids, m.first = slices.Clone(ids), false
	clear(m.has)
	for _, id := range ids {
		m.has[id] = true
	}
}

func (m *selection) toggle(id request.ID) {
	switch {
	case m.has[id]:
		m.ids = slices.DeleteFunc(m.ids, func(other request.ID) bool { return other == id })
		delete(m.has, id)
	case len(m.ids) < maxSelected:
		m.ids = append(m.ids, id)
		m.has[id] = true
	}
}

// clearSelected selects nothing any more.
func (p *Pane) clearSelected() {
	p.selecting.Drop()
	p.selection.anchor = -1
	if len(p.selection.ids) > 0 {
		p.selection.set(nil)
		p.showSelected()
	}
}

// showSelected draws what is selected, and what can be done with it.
func (p *Pane) showSelected() {
	p.showBar()
	p.list.Refresh()
}

// toggleSelected selects a row, or takes it out of the selection.
func (p *Pane) toggleSelected(place int) {
	m, ok := p.pages.at(place)
	if !ok {
		return
	}
	p.selecting.Drop()
	p.selection.first, p.selection.anchor = false, place
	p.selection.toggle(m.id)
	p.showSelected()
}

// selectTo selects the rows from the anchor to a place.
func (p *Pane) selectTo(place int) {
	if p.selection.anchor < 0 {
		p.selection.anchor = max(p.place, 0)
	}
	from, to := min(p.selection.anchor, place), max(p.selection.anchor, place)
	var ids []request.ID
	for i := from; i <= to; i++ {
		m, ok := p.pages.here(i)
		if !ok {
			p.selectRange(from, to-from+1)
			return
		}
		ids = append(ids, m.id)
	}
	p.selecting.Drop()
	p.selection.set(ids)
	p.showSelected()
}

// selectRows selects every row, up to what can be.
func (p *Pane) selectRows() {
	p.selection.anchor = 0
	p.selectRange(0, p.pages.length())
}

// selectRange selects rows that are not all here: their ids alone are read.
func (p *Pane) selectRange(from, count int) {
	q := p.pages.query
	q.Skip, q.After = from, ""
	many := count > maxSelected || p.pages.more
	async.CallLatest(p.bg, &p.selecting, func(ctx context.Context) ([]request.ID, error) {
		return p.desk.IDs(ctx, q, min(count, maxSelected))
	}, func(ids []request.ID, err error) {
		if err != nil {
			p.pages.failed(err)
			return
		}
		p.selection.set(ids)
		p.selection.first = many
		p.showSelected()
	})
}
