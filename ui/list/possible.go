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
	outdated  map[request.ID]bool            // selected requests that have changed since the last reading began
	reader    *async.Refresher               // reads what is not known
	byAction  map[status.Action]int          // of the actions that can be applied to several
	whenKnown func()                         // nil for none
}

// counted reports whether it is known what can be done with each selected request.
func (p *Pane) counted() bool { return len(p.counts.possible) == len(p.selection.contains) }

// CountFor returns on how many of the selected requests an action is carried out. It returns -1 while that is not known yet.
func (p *Pane) CountFor(a status.Action) int {
	if !p.counted() {
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
	if p.counted() {
		do()
		return
	}
	p.counts.whenKnown = do
}

// countSelected finds out what can be done with the selected requests, after the selection has changed. Requests whose rows
// are not in memory are read in the background.
func (p *Pane) countSelected() {
	p.counts.whenKnown = nil
	maps.DeleteFunc(p.counts.possible, func(id request.ID, _ status.Possible) bool { return !p.selection.contains[id] })
	p.countRows()
	p.recount()
}

// countRows adopts what the rows in memory know of the selected requests, unless they are to be read again. It reports whether that is
// news.
func (p *Pane) countRows() (news bool) {
	for n, rows := range p.rows.pages {
		if p.rows.again || p.rows.stale[n] {
			continue
		}
		for _, m := range rows {
			if known, ok := p.counts.possible[m.id]; p.selection.contains[m.id] && (!ok || known != m.possible) {
				p.counts.possible[m.id], news = m.possible, true
			}
		}
	}
	return news
}

// readPossible reads, in the background, what can be done with those of the selected requests of which it is not known, and calls the
// function done at the end. A request that cannot be read counts as one with which nothing can be done.
func (p *Pane) readPossible(done func()) {
	c := &p.counts
	clear(c.outdated)
	ids := slices.DeleteFunc(slices.Clone(p.selection.ids), func(id request.ID) bool { _, known := c.possible[id]; return known })
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
	}, func(found map[request.ID]status.Possible, _ error) {
		for id, possible := range found {
			if _, known := c.possible[id]; !known && p.selection.contains[id] && !c.outdated[id] {
				c.possible[id] = possible
			}
		}
		p.recount()
		done()
	})
}

// recount counts for all actions anew, or has read what is not known.
func (p *Pane) recount() {
	c := &p.counts
	if !p.counted() {
		c.reader.Refresh()
	} else {
		for _, a := range slices.Concat(status.ManySections()...) {
			c.byAction[a] = 0
			for _, possible := range c.possible {
				if possible.Includes(a) {
					c.byAction[a]++
				}
			}
		}
		if do := c.whenKnown; do != nil {
			c.whenKnown = nil
			defer do()
		}
	}
	p.showBar()
	p.host.SelectionChanged()
}

// Changed has the list show what changed in the ledger: the requests with these ids, or any request if all is true.
func (p *Pane) Changed(ids map[request.ID]bool, all bool) {
	p.Refresh()
	changed := maps.Keys(ids)
	if all {
		changed = slices.Values(p.selection.ids)
	}
	for id := range changed {
		if p.selection.contains[id] {
			delete(p.counts.possible, id)
			p.counts.outdated[id] = true
		}
	}
	if !p.counted() {
		p.counts.reader.Refresh()
	}
}
