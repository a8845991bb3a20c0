package list

import (
	"fyne.io/fyne/v2"

	"countersign/ui/filter"
)

// SearchText returns the text in the search field.
func (p *Pane) SearchText() string { return p.search.Text }

// ClearSearch empties the search field. It does not query the desk.
func (p *Pane) ClearSearch() {
	p.search.Text = ""
	p.search.Refresh()
}

// FocusSearch focuses the search field and selects its text.
func (p *Pane) FocusSearch() {
	p.modals.Focus(p.search)
	p.search.TypedShortcut(&fyne.ShortcutSelectAll{})
}

// ClearFilters clears the search and the filters before the next [Pane.SetView]. It does not query the desk.
func (p *Pane) ClearFilters() {
	p.filters, p.search.Text = filter.Filters{}, ""
	p.search.Refresh()
}

func (p *Pane) onSearch(string) {
	p.selectFirst, p.narrowed = false, true
	p.clearSelected()
	p.sendQuery()
}

// EndSearch restores the search that the view has by itself, which is none for most views. It returns false if no other one
// was typed.
func (p *Pane) EndSearch() bool {
	if p.search.Text == p.view.Search {
		return false
	}
	p.search.SetText(p.view.Search)
	return true
}

// chooseFilters sets the filters that a person chose. Whether only the person's own requests are listed is kept for all built-in views, unless the view
// begins with them anyway.
func (p *Pane) chooseFilters(f filter.Filters) {
	if mine := f.IsMine(); mine != p.scope.Mine && !p.view.Saved && !p.view.DrillDown && !p.view.toDo {
		p.scope.Mine = mine
		p.host.MineChosen(mine)
	}
	p.setFilters(f)
}

// setFilters changes the filters and queries the desk.
func (p *Pane) setFilters(f filter.Filters) {
	if p.filters != f {
		p.filters, p.selectFirst, p.narrowed = f, false, true
		p.clearSelected()
		p.sendQuery()
		p.showFilters()
	}
}

// showFilters shows the filters in the filter bar, or what is set while the bar is closed.
func (p *Pane) showFilters() {
	p.filterBar.Set(p.filters)
	p.filterLine.Show(p.filters, p.filterBar.Root.Visible())
	p.arrange()
}

// removeFilter sets the filters that are left after one was removed, and focuses the list.
func (p *Pane) removeFilter(left filter.Filters) {
	p.chooseFilters(left)
	p.Focus()
}

// dropUnlisted clears the choice after a search or a filter has left the chosen request out, so that no key acts on what is not
// listed. Of the list, it looks at the rows in memory. Once the search or the filter is taken back, the request is chosen again.
func (p *Pane) dropUnlisted() {
	if !p.narrowed {
		return
	}
	p.narrowed = false
	whole := p.search.Text == p.view.Search && p.filters == p.filtersOf(p.view)
	_, listed := p.rows.find(p.chosen)
	_, again := p.rows.find(p.leftOut)
	switch {
	case p.chosen == "" && p.leftOut != "" && (again || whole):
		p.Choose(p.leftOut)
		p.leftOut = ""
		p.host.Chosen(p.chosen)
	case p.chosen != "" && !listed && !whole:
		p.chosen, p.leftOut = "", p.chosen
		p.host.Chosen("")
	}
}

// WhenListed calls the function do once the list shows the answer to its query: at once, or when the answer arrives. It is not called
// if another query is sent before, or if WhenListed is called again.
func (p *Pane) WhenListed(do func()) {
	if p.rows.awaiting {
		p.whenListed = do
		return
	}
	do()
}
