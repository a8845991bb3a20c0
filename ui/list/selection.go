package list

import (
	"context"
	"slices"

	"countersign/core/request"
	"countersign/ui/async"
)

// maxSelected is the largest number of requests that can be selected at once.
const maxSelected = 10_000

// selection is the set of the selected requests, which the actions of the selection bar apply to. The ids are in the order
// of the list or in the order in which the requests were selected.
type selection struct {
	ids       []request.ID // replaced by each change, never changed in place: jobs go on reading what they were given
	contains  map[request.ID]bool
	truncated bool // a person selected more rows than maxSelected, and these are the first
	anchor    int  // index of the row where a range begins; -1 for none
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
		m.ids = slices.DeleteFunc(slices.Clone(m.ids), func(other request.ID) bool { return other == id })
		delete(m.contains, id)
	case len(m.ids) < maxSelected:
		m.ids = append(slices.Clip(m.ids), id)
		m.contains[id] = true
	}
}

// clearSelected deselects everything, and drops a selection that is still being read.
func (p *Pane) clearSelected() {
	p.latestSelection.Drop()
	p.selection.anchor = -1
	if len(p.selection.ids) > 0 {
		p.selection.set(nil)
		p.showSelected()
	}
}

// showSelected redraws the rows and the selection bar after the selection has changed.
func (p *Pane) showSelected() {
	p.countSelected()
	p.showFooter()
	p.list.Refresh()
}

// toggleSelected adds a row to the selection, or removes it. A row that is not in memory is ignored.
func (p *Pane) toggleSelected(index int) {
	m, ok := p.rows.at(index)
	if !ok {
		return
	}
	p.latestSelection.Drop()
	p.selection.truncated, p.selection.anchor = false, index
	p.selection.toggle(m.id)
	p.showSelected()
}

// selectTo selects the rows from the anchor to an index. If there is no anchor, the chosen row becomes the anchor, or the
// first row if no row is chosen.
func (p *Pane) selectTo(index int) {
	if p.selection.anchor < 0 {
		p.selection.anchor = max(p.chosenIndex, 0)
	}
	from, to := min(p.selection.anchor, index), max(p.selection.anchor, index)
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

// selectRows selects every row, up to maxSelected, also where their number is not known yet.
func (p *Pane) selectRows() {
	p.selection.anchor = 0
	count := p.rows.length()
	if p.rows.more || p.rows.awaiting {
		count = maxSelected + 1
	}
	p.selectRange(0, count)
}

// selectRange selects count rows from an index on, up to maxSelected. It reads their ids in the background, because the
// rows need not be in memory. An error leaves the selection as it is.
func (p *Pane) selectRange(from, count int) {
	q := p.rows.query
	q.Skip, q.After = from, ""
	async.CallLatest(p.bg, &p.latestSelection, func(ctx context.Context) ([]request.ID, error) {
		return p.desk.IDs(ctx, q, min(count, maxSelected+1)) // the last one shows that there are more than can be selected
	}, func(ids []request.ID, err error) {
		if err != nil {
			p.rows.onError(err)
			return
		}
		p.selection.set(ids[:min(len(ids), maxSelected)])
		p.selection.truncated = len(ids) > maxSelected
		p.showSelected()
	})
}

// KeepListed removes from the selection what has left the list. The ids of the list are read in the background; the selection
// stays as it is if the list has more than maxSelected rows, or if a person changes it meanwhile.
func (p *Pane) KeepListed() {
	before, q := p.selection.ids, p.rows.query
	if len(before) == 0 || p.rows.more || p.rows.length() > maxSelected {
		return
	}
	async.Call(p.bg, func(ctx context.Context) (map[request.ID]bool, error) {
		ids, err := p.desk.IDs(ctx, q, maxSelected)
		listed := map[request.ID]bool{}
		for _, id := range ids {
			listed[id] = true
		}
		return listed, err
	}, func(listed map[request.ID]bool, err error) {
		kept := slices.DeleteFunc(slices.Clone(before), func(id request.ID) bool { return !listed[id] })
		if err == nil && len(kept) < len(before) && slices.Equal(p.selection.ids, before) {
			p.selection.set(kept)
			p.showSelected()
		}
	})
}
