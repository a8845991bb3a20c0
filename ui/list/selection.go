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
	ids       []request.ID
	contains  map[request.ID]bool
	truncated bool // they are the first of more rows than can be selected
	anchor    int  // the place that a range begins at; -1 for none
}

func newSelection() *selection { return &selection{contains: map[request.ID]bool{}, anchor: -1} }

func (m *selection) set(ids []request.ID) {
	m.ids, m.truncated = slices.Clone(ids), false
	clear(m.contains)
	for _, id := range ids {
		m.contains[id] = true
	}
}

func (m *selection) toggle(id request.ID) {
	switch {
	case m.contains[id]:
		m.ids = slices.DeleteFunc(m.ids, func(other request.ID) bool { return other == id })
		delete(m.contains, id)
	case len(m.ids) < maxSelected:
		m.ids = append(m.ids, id)
		m.contains[id] = true
	}
}

// clearSelected selects nothing any more.
func (p *Pane) clearSelected() {
	p.latestSelection.Drop()
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
	m, ok := p.rows.at(place)
	if !ok {
		return
	}
	p.latestSelection.Drop()
	p.selection.truncated, p.selection.anchor = false, place
	p.selection.toggle(m.id)
	p.showSelected()
}

// selectTo selects the rows from the anchor to a place.
func (p *Pane) selectTo(place int) {
	if p.selection.anchor < 0 {
		p.selection.anchor = max(p.chosenIndex, 0)
	}
	from, to := min(p.selection.anchor, place), max(p.selection.anchor, place)
	var ids []request.ID
	for i := from; i <= to; i++ {
		m, ok := p.rows.cached(i)
		if !ok {
			p.selectRange(from, to-from+1)
			return
		}
		ids = append(ids, m.id)
	}
	p.latestSelection.Drop()
	p.selection.set(ids)
	p.showSelected()
}

// selectRows selects every row, up to what can be.
func (p *Pane) selectRows() {
	p.selection.anchor = 0
	p.selectRange(0, p.rows.length())
}

// selectRange selects rows that are not all here: their ids alone are read.
func (p *Pane) selectRange(from, count int) {
	q := p.rows.query
	q.Skip, q.After = from, ""
	many := count > maxSelected || p.rows.more
	async.CallLatest(p.bg, &p.latestSelection, func(ctx context.Context) ([]request.ID, error) {
		return p.desk.IDs(ctx, q, min(count, maxSelected))
	}, func(ids []request.ID, err error) {
		if err != nil {
			p.rows.onError(err)
			return
		}
		p.selection.set(ids)
		p.selection.truncated = many
		p.showSelected()
	})
}
