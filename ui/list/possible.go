package list

import (
	"context"
	"maps"
	"slices"

	"countersign/core/request"
	"countersign/ui/async"
	"countersign/ui/status"
)

// counts are the numbers of selected requests on which actions are carried out.
type counts struct {
	possible  map[request.ID]status.Possible // of selected requests, as far as it is known
	unread    map[request.ID]bool            // selected requests to be read
	reader    *async.Refresher               // reads them
	byAction  map[status.Action]int          // of the actions that can be applied to several
	whenKnown func()                         // nil for none
}

// known reports whether the numbers are right.
func (c *counts) known() bool { return len(c.unread) == 0 }

// CountFor returns on how many of the selected requests an action is carried out. It returns -1 while that is not known yet.
func (p *Pane) CountFor(a status.Action) int {
	if !p.counts.known() {
		return -1
	}
	return p.counts.byAction[a]
}

// Fitting returns the selected requests on which an action is carried out, in the order of [Pane.Selected]. See
// [Pane.WhenCounted].
func (p *Pane) Fitting(a status.Action) []request.ID {
	var fit []request.ID
	for _, id := range p.selection.ids {
		if p.counts.possible[id].Includes(a) {
			fit = append(fit, id)
		}
	}
	return fit
}

// WhenCounted calls the function do once it is known what can be done with each selected request: at once, or after it was
// read. It is not called if the selection changes before, or if WhenCounted is called again.
func (p *Pane) WhenCounted(do func()) {
	if p.counts.known() {
		do()
		return
	}
	p.counts.whenKnown = do
}

// countSelected finds out what can be done with the selected requests, after the selection has changed. Requests whose rows
// are not in memory are read in the background.
func (p *Pane) countSelected() {
	c := &p.counts
	c.whenKnown = nil
	for id := range c.possible {
		if !p.selection.contains[id] {
			delete(c.possible, id)
		}
	}
	p.countRows()
	clear(c.unread)
	for _, id := range p.selection.ids {
		if _, known := c.possible[id]; !known {
			c.unread[id] = true
		}
	}
	p.recount()
}

// countRows adopts what the rows in memory know of the selected requests, and reports whether that is news.
func (p *Pane) countRows() (news bool) {
	for _, rows := range p.rows.pages {
		for _, m := range rows {
			if p.selection.contains[m.id] && p.counts.possible[m.id] != m.possible {
				p.counts.possible[m.id], news = m.possible, true
			}
		}
	}
	return news
}

// readPossible reads what can be done with the unread requests, in the background, and calls the function done at the end. A
// request that cannot be read counts as one with which nothing can be done.
func (p *Pane) readPossible(done func()) {
	ids := slices.Collect(maps.Keys(p.counts.unread))
	async.Call(p.bg, func(ctx context.Context) (map[request.ID]status.Possible, error) {
		found := map[request.ID]status.Possible{}
		for _, id := range ids {
			r, err := p.desk.Get(ctx, id)
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			found[id] = status.Possible{}
			if err == nil {
				found[id] = status.PossibleFor(r)
			}
		}
		return found, nil
	}, func(found map[request.ID]status.Possible, err error) {
		for id, possible := range found {
			if p.counts.unread[id] {
				p.counts.possible[id] = possible
				delete(p.counts.unread, id)
			}
		}
		p.recount()
		done()
	})
}

// recount counts for all actions anew, as far as the numbers are known, and has the others read.
func (p *Pane) recount() {
	actions := slices.Concat(status.ManySections()...)
	counted := make([]int, len(actions))
	for _, id := range p.selection.ids {
		possible := p.counts.possible[id]
		for i, a := range actions {
			if possible.Includes(a) {
				counted[i]++
			}
		}
	}
	for i, a := range actions {
		p.counts.byAction[a] = counted[i]
	}
	if !p.counts.known() {
		p.counts.reader.Refresh()
	} else if do := p.counts.whenKnown; do != nil {
		p.counts.whenKnown = nil
		defer do()
	}
	p.showBar()
	p.host.SelectionChanged()
}

// Changed has the list show what changed in the ledger: the requests with these ids, or any request if all is true.
func (p *Pane) Changed(ids map[request.ID]bool, all bool) {
	p.Refresh()
	inMemory := map[request.ID]bool{} // their rows are read again
	for _, rows := range p.rows.pages {
		for _, m := range rows {
			inMemory[m.id] = true
		}
	}
	for _, id := range p.selection.ids {
		if (all || ids[id]) && !inMemory[id] {
			p.counts.unread[id] = true
		}
	}
	if !p.counts.known() {
		p.counts.reader.Refresh()
	}
}
