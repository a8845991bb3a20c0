package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/desk"
	"countersign/core/i18n"
	"countersign/core/ledger"
	"countersign/core/request"
	"countersign/ui/async"
	"countersign/ui/kit"
)

// listPane is the middle of the window: search, rows, and how many there are.
type listPane struct {
	lang     i18n.Language
	desk     Desk
	bg       *async.Worker
	pages    *pages
	table    *table
	view     view
	filters  filters
	sort     desk.Sort     // of the views that have no order of their own
	patience desk.Patience // after which a browser that is out is no answer
	practice func(gateway string) bool
	clock    kit.Clock
	onChosen func(request.ID)
	onEnter  func()
	onMarked func()
	// onNoFilters takes all filters off.
	onNoFilters func()
	explain     kit.Explainer
	pass        kit.KeyHandler

	chosen     request.ID
	place      int  // where the chosen row is, or was last seen
	wanted     int  // a place to be chosen once its row is here; -1 for none
	first      bool // choose the first row when the rows arrive
	focused    bool
	all        int // requests of the whole desk, for the footer
	marks      *marks
	markLane   async.Latest
	drawnPitch float32 // of the rows as they were last arranged

	search *kit.SearchEntry
	header *header
	list   *kit.RecordList
	footer *kit.Text
	empty  *kit.EmptyState
	shown  *fyne.Container // the list or the empty state
	frame  *fyne.Container
	root   fyne.CanvasObject
}

func newListPane(lang i18n.Language, d Desk, bg *async.Worker, practice func(string) bool, clock kit.Clock, pass kit.KeyHandler) *listPane {
	p := &listPane{
		lang: lang, desk: d, bg: bg, practice: practice, clock: clock, pass: pass, view: views(lang)[0], first: true, wanted: -1,
		table: newTable(lang), sort: usualSort, patience: desk.Patience{Usual: desk.DefaultSettings().Patience}, marks: newMarks(), onMarked: func() {},
	}
	p.pages = newPages(d, bg, func(r request.Request) rowModel {
		return newRowModel(lang, r, p.practice(r.Gateway), p.clock(), p.patience)
	})
	p.pages.query = p.query()
	p.pages.visible, p.pages.changed = p.visibleRows, p.onRows

	p.search = kit.NewSearchEntry(lang, pass)
	p.search.OnChanged = p.onSearch
	p.search.OnDown = p.enterList

	p.header = newHeader(lang, p.table, pass)
	p.header.onArrange = p.onArrange

	p.list = kit.NewRecordList()
	p.list.Length = p.pages.length
	p.list.CreateItem = p.newRow
	p.list.UpdateItem = p.drawRow
	p.list.OnKey, p.list.OnFocus = p.onListKey, p.onFocus

	p.footer = kit.NewText(theme.SizeNameCaptionText, kit.ColorMuted)
	p.footer.MaxLines = 1
	p.empty = kit.NewEmptyState(70)
	p.empty.Below.Add(kit.NewButton(lang.Say("list.no_filters"), kit.IconClose, widget.MediumImportance, pass, func() { p.onNoFilters() }))
	p.shown = container.NewStack(p.list, p.empty.Root)
	p.empty.Root.Hide()
	return p
}

// build puts the pane together with what the window gives it: what stands at the right of the
// search field, below it, at the end of the header, and above the footer.
func (p *listPane) build(beforeList, filterRow, columns, actions fyne.CanvasObject) {
	p.frame = container.New(kit.VStack(3),
		container.New(kit.Padding(10, 10), container.NewBorder(nil, nil, nil, beforeList, p.search)),
		filterRow,
		container.New(kit.Padding(6, 0), container.NewStack(p.header, container.NewHBox(layout.NewSpacer(), columns))),
		container.New(kit.Padding(6, 0), p.shown),
		actions,
		container.New(kit.Padding(20, 8), p.footer),
	)
	p.root = container.NewStack(kit.NewBackground(kit.ColorSurface), p.frame)
}

// order is how the rows are sorted now.
func (p *listPane) order() desk.Sort {
	if p.view.sort.Column != "" {
		return p.view.sort
	}
	return p.sort
}

// query is what the rows answer.
func (p *listPane) query() ledger.Query {
	now := p.clock()
	q := p.filters.narrow(p.view.query(now, p.patience), now)
	if p.search != nil {
		q.Search = p.search.Text
	}
	q = sorted(q, p.table.kinds, p.order())
	if q.Order == ledger.ByChanged && p.view.ofTime() { // a review is a change, too
		q.Order = ledger.ByEnded
	}
	return q
}

// setView shows another list. With choose, its first row is chosen once it is here.
func (p *listPane) setView(v view, choose bool) {
	if v.saved || p.view.saved || v.aside || p.view.aside {
		p.filters = v.filters
		p.search.Text = v.search
		p.search.Refresh()
	}
	p.view, p.first = v, choose
	p.unmark()
	p.ask()
}

// clearFilters takes away what narrows the next view down.
func (p *listPane) clearFilters() {
	p.filters, p.search.Text = filters{}, ""
	p.search.Refresh()
}

func (p *listPane) onSearch(string) {
	p.first = false
	p.unmark()
	p.ask()
}

// setFilters narrows the list down.
func (p *listPane) setFilters(f filters) {
	if p.filters != f {
		p.filters, p.first = f, false
		p.unmark()
		p.ask()
	}
}

// sortBy sorts by a column; by the same column again, the other way round. It tells
// whether that is the list's order from now on, or that of this view alone.
func (p *listPane) sortBy(column keptName) (lasting bool) {
	s := desk.Sort{Column: string(column), Descending: column == columnChanged}
	if now := p.order(); now.Column == s.Column {
		s.Descending = !now.Descending
	}
	if lasting = p.view.sort.Column == ""; lasting {
		p.sort = s
	} else {
		p.view.sort = s
	}
	p.marks.anchor = -1
	p.first = false
	p.ask()
	return lasting
}

func (p *listPane) ask() {
	p.header.sort = p.order()
	p.header.Refresh()
	p.pages.ask(p.query())
}

// requery reads the rows anew where the time alone decides what is among them.
func (p *listPane) requery() {
	if q := p.query(); !q.OutSince.Equal(p.pages.query.OutSince) || q.DueBy != p.pages.query.DueBy || !q.From.Equal(p.pages.query.From) {
		p.pages.query = q
		p.pages.refresh()
	}
}

// setPatience has the rows asked and drawn anew.
func (p *listPane) setPatience(patience desk.Patience) {
	p.patience = patience
	p.pages.query = p.query()
	p.pages.refresh()
}

// choose makes a request the chosen one, wherever it is.
func (p *listPane) choose(id request.ID) {
	p.chosen, p.first = id, false
	if at, ok := p.pages.find(id); ok {
		p.place = at
	}
	p.list.Refresh()
}

// onRows draws what arrived.
func (p *listPane) onRows(fresh bool) {
	if at, ok := p.pages.find(p.chosen); ok {
		p.place = at
	} else if fresh {
		p.place = -1
	}
	if fresh {
		p.wanted = -1
		p.list.ScrollToOffset(0)
		p.chooseFirst()
	}
	if m, ok := p.pages.at(p.wanted); ok {
		p.pick(p.wanted, m)
	}
	p.showFooter()
	if p.pages.length() == 0 {
		showEmpty(p.empty, p.lang, p.view, p.search.Text, !p.filters.narrowsNothing(), p.all == 0)
		p.list.Hide()
		p.empty.Root.Show()
	} else {
		p.empty.Root.Hide()
		p.list.Show()
	}
	p.list.Refresh()
}

// chooseFirst chooses the first row of a view that was just opened, unless the request
// that was chosen before is in it. In an empty view nothing is chosen: what is done with the
// keyboard is not done to a request of another view.
func (p *listPane) chooseFirst() {
	if !p.first {
		return
	}
	p.first = false
	if _, ok := p.pages.find(p.chosen); ok {
		return
	}
	if m, ok := p.pages.at(0); ok {
		p.pick(0, m)
	} else if p.pages.length() == 0 && p.chosen != "" {
		p.chosen = ""
		p.onChosen("")
	}
}

func (p *listPane) setAll(all int) {
	if p.all != all {
		p.all = all
		p.showFooter()
	}
}

func (p *listPane) showFooter() {
	all := p.lang.Number(p.all)
	if p.pages.more {
		p.footer.Set(p.lang.Say("window.footer_more", p.lang.Number(p.pages.least), all))
		return
	}
	p.footer.Set(p.lang.Say("window.footer", p.lang.Number(p.pages.length()), all))
}

// onMinute puts the ages into words anew.
func (p *listPane) onMinute() {
	now := p.clock()
	p.pages.reword(func(m rowModel) rowModel {
		return m.at(p.lang, now)
	})
	p.list.Refresh()
}

// pitch is the distance from one row to the next.
func (p *listPane) pitch() float32 {
	return p.table.height() + p.list.Theme().Size(theme.SizeNamePadding)
}

// visibleRows tells which rows can be seen, from the scroll bar alone.
func (p *listPane) visibleRows() (first, last int) {
	offset := p.list.GetScrollOffset()
	return int(offset / p.pitch()), int((offset + p.list.Size().Height) / p.pitch())
}

// onArrange draws the rows in other columns. Rows of another height keep the topmost one.
func (p *listPane) onArrange() {
	if pitch := p.pitch(); p.drawnPitch != pitch {
		top := p.list.GetScrollOffset() / max(p.drawnPitch, 1)
		p.drawnPitch = pitch
		p.list.Refresh()
		p.list.ScrollToOffset(top * pitch)
	}
	p.header.Refresh()
	p.list.Refresh()
}

func (p *listPane) newRow() fyne.CanvasObject {
	r := newRow(p.lang, p.table)
	r.onTapped, r.explain = p.onTapped, p.explain
	return r
}

func (p *listPane) drawRow(i widget.ListItemID, o fyne.CanvasObject) {
	m, _ := p.pages.at(i)
	r := o.(*row)
	r.place = i
	r.set(rowLook{model: m, chosen: m.id != "" && m.id == p.chosen, focused: p.focused, marked: p.marks.has[m.id]})
}

// onTapped is called when a row was pressed: with Shift, all up to it are selected, with Ctrl it
// is selected besides the others.
func (p *listPane) onTapped(place int, with fyne.KeyModifier) {
	p.focus()
	switch {
	case with&fyne.KeyModifierShift != 0:
		p.markTo(place)
	case with&fyne.KeyModifierShortcutDefault != 0:
		if len(p.marks.ids) == 0 && p.place != place {
			if m, ok := p.pages.at(p.place); ok && m.id == p.chosen {
				p.marks.toggle(m.id)
			}
		}
		p.toggleMark(place)
	default:
		p.unmark()
		p.marks.anchor = place
	}
	if m, ok := p.pages.at(place); ok {
		p.pick(place, m)
	}
}

func (p *listPane) pick(i int, m rowModel) {
	p.place, p.wanted = i, -1
	if p.chosen == m.id {
		return
	}
	p.chosen = m.id
	p.list.Refresh()
	p.onChosen(m.id)
}

func (p *listPane) onFocus(has bool) {
	p.focused = has
	p.list.Refresh()
}

// enterList brings the keyboard from the search field to the first row.
func (p *listPane) enterList() {
	if m, ok := p.pages.at(0); ok {
		p.list.ScrollTo(0)
		p.pick(0, m)
		p.focus()
	}
}

// focus gives the list the keyboard.
func (p *listPane) focus() { kit.Focus(p.list) }

// onKey hears a key, wherever it was typed.
func (p *listPane) onKey(key *fyne.KeyEvent) { p.onListKey(key, false) }

func (p *listPane) onListKey(key *fyne.KeyEvent, shift bool) {
	page := max(int(p.list.Size().Height/p.pitch())-1, 1)
	to := p.place
	switch key.Name {
	case fyne.KeyDown:
		to = p.next(+1)
	case fyne.KeyUp:
		to = p.next(-1)
	case fyne.KeyPageDown:
		to += page
	case fyne.KeyPageUp:
		to -= page
	case fyne.KeyHome:
		to = 0
	case fyne.KeyEnd:
		to = p.pages.length() - 1
	case fyne.KeySpace:
		p.toggleMark(p.place)
		return
	case fyne.KeyReturn, fyne.KeyEnter:
		p.onEnter()
		return
	default:
		p.pass(key)
		return
	}
	if to = min(max(to, 0), p.pages.length()-1); to < 0 {
		return
	}
	if shift {
		p.markTo(to)
	} else {
		p.marks.anchor = -1
	}
	p.move(to)
}

// next is the place to go to from the chosen row. When that row has left the list, the
// one that moved up into its place is next.
func (p *listPane) next(step int) int {
	if m, ok := p.pages.at(p.place); ok && m.id != p.chosen && step > 0 {
		return p.place
	}
	return p.place + step
}

// step goes some rows on, or back.
func (p *listPane) step(by int) {
	if to := min(max(p.next(by), 0), p.pages.length()-1); to >= 0 {
		p.marks.anchor = -1
		p.move(to)
	}
}

// skip goes on from a request that is about to leave the list.
func (p *listPane) skip(id request.ID) {
	at, ok := p.pages.find(id)
	switch {
	case !ok:
	case at+1 < p.pages.length():
		p.move(at + 1)
	case at > 0:
		p.move(at - 1)
	}
}

// move chooses the row at a place. One that is not here yet is chosen when it is.
func (p *listPane) move(to int) {
	p.place, p.wanted = to, to
	p.list.ScrollTo(to)
	if m, ok := p.pages.at(to); ok {
		p.pick(to, m)
	}
}
