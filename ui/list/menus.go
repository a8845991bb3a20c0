package list

import (
	"context"
	"maps"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"countersign/ui/async"
	"countersign/ui/kit"
)

// ToggleFilters opens the filter bar and focuses it, or closes it.
func (p *Pane) ToggleFilters() {
	bar := p.filterBar
	if bar.Root.Visible() {
		bar.Root.Hide()
		p.Focus()
	} else {
		bar.Root.Show()
		p.loadFilterChoices()
		p.modals.Focus(bar.First())
	}
	p.showFilters()
}

// arrange lays out the pane again after the height of one of its parts has changed.
func (p *Pane) arrange() {
	if p.frame != nil {
		p.frame.Refresh()
	}
}

// loadFilterChoices reads which gateways, people and desks there are to filter by.
func (p *Pane) loadFilterChoices() {
	type choices struct{ gateways, people, desks []string }
	inOffice := p.host.Login() != ""
	async.Call(p.bg, func(ctx context.Context) (c choices, err error) {
		if c.gateways, err = p.desk.GatewaysUsed(ctx); err == nil {
			c.people, err = p.desk.People(ctx)
		}
		if err == nil && inOffice {
			c.desks, err = p.desk.DesksUsed(ctx)
		}
		return c, err
	}, func(c choices, err error) {
		if err != nil {
			p.host.Failed(err)
			return
		}
		p.filterBar.SetChoices(c.gateways, c.people, c.desks)
	})
}

// saveColumns redraws the columns, and has them saved if a person has changed them.
func (p *Pane) saveColumns() {
	p.redrawColumns()
	if maps.Equal(p.savedColumns, p.columns.saved) {
		return
	}
	p.savedColumns = maps.Clone(p.columns.saved)
	p.host.ColumnsChanged(maps.Clone(p.savedColumns))
}

// onSort sorts by a column, if there is such an order. If the new order applies to every view that has no order of its own, it has the order saved.
func (p *Pane) onSort(column StoredName) {
	if p.columns.sortable(column) && p.sortBy(column) {
		p.host.Sorted(p.sort)
	}
}

// showMenuBelow opens a menu below an object.
func (p *Pane) showMenuBelow(under fyne.CanvasObject, items ...*fyne.MenuItem) {
	driver := fyne.CurrentApp().Driver()
	at := driver.AbsolutePositionForObject(under).AddXY(0, under.Size().Height)
	widget.NewPopUpMenu(fyne.NewMenu("", items...), driver.CanvasForObject(under)).ShowAtPosition(at)
}

// SortMenu opens the menu of sort orders.
func (p *Pane) SortMenu() {
	var items []*fyne.MenuItem
	now := p.order()
	for _, c := range p.columns.specs {
		if c.unsorted {
			continue
		}
		item := kit.NewMenuItem(c.heading, func() { p.onSort(c.name) })
		item.Checked = string(c.name) == now.Column
		items = append(items, item)
	}
	reverse := kit.NewMenuItem(p.lang.Say("list.reverse"), func() { p.onSort(StoredName(now.Column)) })
	p.showMenuBelow(p.header, append(items, fyne.NewMenuItemSeparator(), reverse)...)
}

// ColumnMenu opens the menu in which columns are shown and hidden.
func (p *Pane) ColumnMenu() {
	columns := p.columns
	var items []*fyne.MenuItem
	if !columns.hasColumns() {
		why := kit.NewMenuItem(p.lang.Say("list.narrow"), nil)
		why.Disabled = true
		items = append(items, why, fyne.NewMenuItemSeparator())
	}
	for _, c := range columns.specs {
		head := c.heading
		if columns.hasColumns() && !columns.hidden(c.name) && !columns.shows(c.name) {
			head = p.lang.Say("use.no_room", c.heading)
		}
		item := kit.NewMenuItem(head, func() {
			columns.toggle(c.name)
			p.saveColumns()
		})
		item.Checked, item.Disabled = !columns.hidden(c.name), c.name == columnTitle
		items = append(items, item)
	}
	usual := kit.NewMenuItem(p.lang.Say("list.usual_columns"), func() {
		clear(columns.saved)
		columns.arrange(columns.width)
		p.saveColumns()
	})
	p.showMenuBelow(p.columnsButton, append(items, fyne.NewMenuItemSeparator(), usual)...)
}
