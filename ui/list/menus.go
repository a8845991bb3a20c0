package list

import (
	"context"
	"maps"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"countersign/ui/async"
)

// ToggleFilters shows the filters, or hides them.
func (p *Pane) ToggleFilters() {
	bar := p.filterBar
	if bar.root.Visible() {
		bar.root.Hide()
		p.Focus()
	} else {
		bar.root.Show()
		p.offerFilters()
		p.modals.Focus(bar.gateway)
	}
	p.arrange()
}

// arrange lays the list out again after the height of something around it changed.
func (p *Pane) arrange() {
	if p.frame != nil {
		p.frame.Refresh()
	}
}

// offerFilters reads what there is to filter by.
func (p *Pane) offerFilters() {
	type offer struct{ gateways, people []string }
	async.Call(p.bg, func(ctx context.Context) (o offer, err error) {
		if o.gateways, err = p.desk.GatewaysUsed(ctx); err == nil {
			o.people, err = p.desk.People(ctx)
		}
		return o, err
	}, func(o offer, err error) {
		if err != nil {
			p.host.Failed(err)
			return
		}
		p.filterBar.offer(o.gateways, o.people)
	})
}

// onArranged draws the columns as they are now, and has them kept, if they are others than before.
func (p *Pane) onArranged() {
	p.onArrange()
	if maps.Equal(p.kept, p.table.chosen) {
		return
	}
	p.kept = maps.Clone(p.table.chosen)
	p.host.ColumnsChanged(maps.Clone(p.kept))
}

// onSort sorts by a column.
func (p *Pane) onSort(column StoredName) {
	if p.sortBy(column) {
		p.host.Sorted(p.sort)
	}
}

// menuAt shows a menu under an object, and gives it the keyboard.
func (p *Pane) menuAt(under fyne.CanvasObject, items ...*fyne.MenuItem) {
	driver := fyne.CurrentApp().Driver()
	at := driver.AbsolutePositionForObject(under).AddXY(0, under.Size().Height)
	widget.NewPopUpMenu(fyne.NewMenu("", items...), driver.CanvasForObject(under)).ShowAtPosition(at)
}

// SortMenu offers all orders.
func (p *Pane) SortMenu() {
	var items []*fyne.MenuItem
	now := p.order()
	for _, c := range p.table.kinds {
		item := fyne.NewMenuItem(c.head, func() { p.onSort(c.name) })
		item.Checked = string(c.name) == now.Column
		items = append(items, item)
	}
	reverse := fyne.NewMenuItem(p.lang.Say("list.reverse"), func() { p.onSort(StoredName(now.Column)) })
	p.menuAt(p.header, append(items, fyne.NewMenuItemSeparator(), reverse)...)
}

// ColumnMenu offers the columns.
func (p *Pane) ColumnMenu() {
	t := p.table
	var items []*fyne.MenuItem
	if !t.inColumns() {
		why := fyne.NewMenuItem(p.lang.Say("list.narrow"), nil)
		why.Disabled = true
		items = append(items, why, fyne.NewMenuItemSeparator())
	}
	for _, c := range t.kinds {
		head := c.head
		if t.inColumns() && !t.hidden(c.name) && !t.shows(c.name) {
			head = p.lang.Say("use.no_room", c.head)
		}
		item := fyne.NewMenuItem(head, func() {
			t.toggle(c.name)
			p.onArranged()
		})
		item.Checked, item.Disabled = !t.hidden(c.name), c.name == columnTitle
		items = append(items, item)
	}
	usual := fyne.NewMenuItem(p.lang.Say("list.usual_columns"), func() {
		clear(t.chosen)
		t.arrange(t.width)
		p.onArranged()
	})
	p.menuAt(p.columns, append(items, fyne.NewMenuItemSeparator(), usual)...)
}
