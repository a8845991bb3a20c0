package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/ledger"
	"countersign/core/request"
	"countersign/core/words"
)

// recordList is the toolkit's list with the selection of a mail program: the arrow keys
// choose a row, and which row is chosen is known by its request, not by its place.
type recordList struct {
	widget.List
	onKey   func(*fyne.KeyEvent)
	onFocus func(has bool)
}

func newRecordList() *recordList {
	l := &recordList{}
	l.HideSeparators = true
	l.ExtendBaseWidget(l)
	return l
}

// FocusGained is called by the toolkit. The toolkit's own mark of the row with the
// keyboard goes by place, so it is left out.
func (l *recordList) FocusGained() { l.onFocus(true) }

// FocusLost is called by the toolkit.
func (l *recordList) FocusLost() { l.onFocus(false) }

// TypedKey is called by the toolkit.
func (l *recordList) TypedKey(key *fyne.KeyEvent) { l.onKey(key) }

// listPane is the middle of the window: search, rows, and how many there are.
type listPane struct {
	lang     words.Language
	pages    *pages
	view     view
	practice func(gateway string) bool
	clock    clock
	onChosen func(request.ID)
	onEnter  func()
	pass     passKey

	chosen  request.ID
	place   int  // where the chosen row is, or was last seen
	wanted  int  // a place to be chosen once its row is here; -1 for none
	first   bool // choose the first row when the rows arrive
	focused bool
	all     int // requests of the whole desk, for the footer

	search *searchEntry
	list   *recordList
	footer *text
	empty  *emptyState
	shown  *fyne.Container // the list or the empty state
	root   fyne.CanvasObject
}

func newListPane(lang words.Language, desk Desk, bg *background, practice func(string) bool, clock clock, pass passKey) *listPane {
	p := &listPane{lang: lang, practice: practice, clock: clock, pass: pass, view: views(lang)[0], first: true, wanted: -1}
	p.pages = newPages(desk, bg, func(r request.Request) rowModel { return newRowModel(lang, r, p.practice(r.Gateway), p.clock()) })
	p.pages.query = ledger.Query{Statuses: p.view.statuses}
	p.pages.visible, p.pages.changed = p.visibleRows, p.onRows

	p.search = newSearchEntry(lang, pass)
	p.search.OnChanged = p.onSearch
	p.search.onDown = p.enterList

	p.list = newRecordList()
	p.list.Length = p.pages.length
	p.list.CreateItem = func() fyne.CanvasObject { return newRow(lang) }
	p.list.UpdateItem = p.drawRow
	p.list.OnSelected = p.onPicked
	p.list.onKey, p.list.onFocus = p.onKey, p.onFocus

	p.footer = newText(theme.SizeNameCaptionText, colorMuted)
	p.footer.maxLines = 1
	p.empty = newEmptyState(70)
	p.shown = container.NewStack(p.list, p.empty.root)
	p.empty.root.Hide()
	p.root = container.NewStack(
		newGround(colorSurface),
		container.NewBorder(
			container.New(inset{10, 10}, p.search),
			container.New(inset{20, 8}, p.footer),
			nil, nil,
			container.New(inset{6, 0}, p.shown),
		),
	)
	return p
}

// setView shows another list. With choose, its first row is chosen once it is here.
func (p *listPane) setView(v view, choose bool) {
	p.view, p.first = v, choose
	p.ask()
}

func (p *listPane) onSearch(string) {
	p.first = false
	p.ask()
}

func (p *listPane) ask() {
	p.pages.ask(ledger.Query{Statuses: p.view.statuses, Search: p.search.Text})
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
		p.empty.show(p.lang, p.view, p.search.Text, p.all == 0)
		p.list.Hide()
		p.empty.root.Show()
	} else {
		p.empty.root.Hide()
		p.list.Show()
	}
	p.list.Refresh()
}

// chooseFirst chooses the first row of a view that was just opened, unless the request
// that was chosen before is in it.
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
	}
}

func (p *listPane) setAll(all int) {
	if p.all != all {
		p.all = all
		p.showFooter()
	}
}

func (p *listPane) showFooter() {
	listed, all := p.lang.Number(p.pages.length()), p.lang.Number(p.all)
	if p.pages.more {
		p.footer.set(p.lang.Say("window.footer_more", listed, all))
		return
	}
	p.footer.set(p.lang.Say("window.footer", listed, all))
}

// onMinute puts the ages into words anew.
func (p *listPane) onMinute() {
	now := p.clock()
	p.pages.reword(func(m rowModel) rowModel {
		m.age = p.lang.Age(now, m.updatedAt)
		return m
	})
	p.list.Refresh()
}

// visibleRows tells which rows can be seen, from the scroll bar alone.
func (p *listPane) visibleRows() (first, last int) {
	pitch := rowHeight + p.list.Theme().Size(theme.SizeNamePadding)
	offset := p.list.GetScrollOffset()
	return int(offset / pitch), int((offset + p.list.Size().Height) / pitch)
}

func (p *listPane) drawRow(i widget.ListItemID, o fyne.CanvasObject) {
	m, _ := p.pages.at(i)
	o.(*row).set(m, m.id != "" && m.id == p.chosen, p.focused)
}

// onPicked is the toolkit's word that a row was pressed.
func (p *listPane) onPicked(i widget.ListItemID) {
	p.list.UnselectAll() // the row itself shows that it is chosen
	if m, ok := p.pages.at(i); ok {
		p.pick(i, m)
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
func (p *listPane) focus() { focusOn(p.list) }

func (p *listPane) onKey(key *fyne.KeyEvent) {
	page := max(int(p.list.Size().Height/(rowHeight+p.list.Theme().Size(theme.SizeNamePadding)))-1, 1)
	switch key.Name {
	case fyne.KeyDown:
		p.move(p.next(+1))
	case fyne.KeyUp:
		p.move(p.next(-1))
	case fyne.KeyPageDown:
		p.move(p.place + page)
	case fyne.KeyPageUp:
		p.move(p.place - page)
	case fyne.KeyHome:
		p.move(0)
	case fyne.KeyEnd:
		p.move(p.pages.length() - 1)
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		p.onEnter()
	default:
		p.pass(key)
	}
}

// next is the place to go to from the chosen row. When that row has left the list, the
// one that moved up into its place is next.
func (p *listPane) next(step int) int {
	if m, ok := p.pages.at(p.place); ok && m.id != p.chosen && step > 0 {
		return p.place
	}
	return p.place + step
}

// move chooses the row at a place. One that is not here yet is chosen when it is.
func (p *listPane) move(to int) {
	to = min(max(to, 0), p.pages.length()-1)
	if to < 0 {
		return
	}
	p.place, p.wanted = to, to
	p.list.ScrollTo(to)
	if m, ok := p.pages.at(to); ok {
		p.pick(to, m)
	}
}

// emptyState says what to do first where there is nothing to list.
type emptyState struct {
	icon        *canvas.Image
	title, text *text
	root        *fyne.Container
}

// newEmptyState makes one that begins at a height.
func newEmptyState(top float32) *emptyState {
	e := &emptyState{
		icon:  newIcon(iconDrop, colorMuted, 40),
		title: newBoldText(theme.SizeNameSubHeadingText, theme.ColorNameForeground),
		text:  newText(theme.SizeNameText, colorMuted),
	}
	e.root = container.New(inset{26, top}, container.New(column{gap: 10}, container.New(inset{-5, 0}, container.NewHBox(e.icon)), e.title, e.text))
	return e
}

func (e *emptyState) show(lang words.Language, v view, search string, nothingAtAll bool) {
	switch {
	case search != "":
		setIcon(e.icon, iconSearch, colorMuted)
		e.title.set(lang.Say("empty.found", search))
		e.text.set(lang.Say("empty.found_text"))
	case nothingAtAll:
		setIcon(e.icon, iconDrop, theme.ColorNamePrimary)
		e.title.set(lang.Say("empty.all"))
		e.text.set(lang.Say("empty.all_text"))
	default:
		setIcon(e.icon, v.icon, colorMuted)
		e.title.set(v.emptyTitle)
		e.text.set(v.emptyText)
	}
}
