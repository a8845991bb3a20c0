// Package list is the middle of the window: search, filters, and the rows of the requests with their columns and the
// selection. Rows are read when somebody looks at them, and forgotten when nobody does.
package list

import (
	"context"
	"maps"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/i18n"
	"countersign/core/ledger"
	"countersign/core/request"
	"countersign/core/settings"
	"countersign/ui/async"
	"countersign/ui/kit"
	"countersign/ui/status"
)

// Pane is the middle of the window: search, rows, and how many there are.
type Pane struct {
	lang         i18n.Language
	desk         Desk
	host         Host
	modals       *kit.Modals
	bg           *async.Worker
	rows         *rowCache
	columns      *columnLayout
	view         View
	filters      filters
	sort         settings.Sort     // of the views that have no order of their own
	patience     settings.Patience // after which a browser that is out is no answer
	clock        kit.Clock
	pass         kit.KeyHandler
	savedColumns map[string]settings.Column // the columns as they were kept last
	progress     string                     // of a job with what is selected; empty without one

	chosen          request.ID
	chosenIndex     int  // where the chosen row is, or was last seen
	pendingIndex    int  // a place to be chosen once its row is here; -1 for none
	selectFirst     bool // choose the first row when the rows arrive
	focused         bool
	total           int // requests of the whole desk, for the footer
	selection       *selection
	latestSelection async.Latest
	drawnRowPitch   float32 // of the rows as they were last arranged

	search        *kit.SearchEntry
	filterBar     *filterBar
	bar           *selectionBar
	columnsButton *kit.Button // opens the menu of the columns
	header        *header
	list          *kit.RecordList
	footer        *kit.Text
	empty         *kit.EmptyState
	body          *fyne.Container // the list or the empty state
	frame         *fyne.Container
	root          fyne.CanvasObject
}

// Desk is what the list needs of the desk. Its methods are called on background goroutines.
type Desk interface {
	Query(ctx context.Context, q ledger.Query) (ledger.QueryPage, error)
	IDs(ctx context.Context, q ledger.Query, limit int) ([]request.ID, error)
	People(ctx context.Context) ([]string, error)
	GatewaysUsed(ctx context.Context) ([]string, error)
}

// Host is what the list needs of the window it is in.
type Host interface {
	// Practice reports whether a gateway is for practice.
	Practice(gateway string) bool
	// Chosen is called when another request was chosen; no id stands for none. Entered is called when its row was opened
	// with the keyboard.
	Chosen(id request.ID)
	Entered()
	// DoSelected does an action with all that is selected, StopJob stops the one under way.
	DoSelected(a status.Action)
	StopJob()
	// Export writes the list, or what is selected of it, to a file. SaveView keeps the search, the filters and the order.
	Export()
	SaveView()
	// Sorted and ColumnsChanged have the order and the columns kept.
	Sorted(s settings.Sort)
	ColumnsChanged(columns map[string]settings.Column)
	// Failed says that rows could not be read.
	Failed(err error)
}

// New makes the list of a desk. It asks for nothing before its first query. Pass hears the keys that no part of
// it has a use for.
func New(lang i18n.Language, d Desk, bg *async.Worker, clock kit.Clock, modals *kit.Modals, pass kit.KeyHandler, host Host) *Pane {
	p := &Pane{
		lang: lang, desk: d, bg: bg, clock: clock, modals: modals, pass: pass, host: host, view: Views(lang)[0], selectFirst: true, pendingIndex: -1,
		columns: newColumnLayout(lang), sort: defaultSort, patience: settings.Patience{Usual: settings.Default().Patience}, selection: newSelection(),
	}
	p.rows = newRowCache(d, bg, func(r request.Request) rowModel {
		return newRowModel(lang, r, p.host.Practice(r.Gateway), p.clock(), p.patience)
	})
	p.rows.onError = host.Failed
	p.rows.query = p.Query()
	p.rows.visible, p.rows.onChange = p.visibleRows, p.onRows

	p.search = kit.NewSearchEntry(lang, pass)
	p.search.OnChanged = p.onSearch
	p.search.OnDown = p.enterList

	p.header = newHeader(lang, p.columns, pass)
	p.header.onArrange, p.header.onSort, p.header.onMenu = p.saveColumns, p.onSort, p.SortMenu

	p.list = kit.NewRecordList()
	p.list.Length = p.rows.length
	p.list.CreateItem = p.newRow
	p.list.UpdateItem = p.drawRow
	p.list.OnKey, p.list.OnFocus = p.onListKey, p.onFocus

	p.footer = kit.NewText(theme.SizeNameCaptionText, kit.ColorMuted)
	p.footer.MaxLines = 1
	p.empty = kit.NewEmptyState(70)
	p.empty.Below.Add(kit.NewButton(lang.Say("list.no_filters"), kit.IconClose, widget.MediumImportance, pass, p.clearFiltersAndFocus))
	p.body = container.NewStack(p.list, p.empty.Root)
	p.empty.Root.Hide()
	p.build()
	return p
}

// build puts the pane together: what stands at the right of the search field, below it, at the end of the header, and
// above the footer.
func (p *Pane) build() {
	p.filterBar = newFilterBar(p.lang, p.pass, p.modals.Explain, p.clock, p.ToggleFilters, p.host.SaveView, p.setFilters)
	p.filterBar.onResize = p.arrange
	p.bar = newSelectionBar(p.lang, p.pass, p.modals.Explain, p.host.DoSelected, p.clearSelected, p.host.StopJob)
	p.columnsButton = kit.NewIconButton(p.lang, p.lang.Say("win.columns"), p.lang.Say("win.columns_keys"), kit.IconColumns, p.pass, p.modals.Explain, p.ColumnMenu)
	export := kit.NewIconButton(p.lang, p.lang.Say("take.export_help"), p.lang.Say("take.export_keys"), kit.IconTake, p.pass, p.modals.Explain, p.host.Export)
	beforeList, filterRow, columns, actions := container.NewHBox(p.filterBar.toggle, export), p.filterBar.root, p.columnsButton, p.bar.root
	p.frame = container.New(kit.VStack(3),
		container.New(kit.Padding(10, 10), container.NewBorder(nil, nil, nil, beforeList, p.search)),
		filterRow,
		container.New(kit.Padding(6, 0), container.NewStack(p.header, container.NewHBox(layout.NewSpacer(), columns))),
		container.New(kit.Padding(6, 0), p.body),
		actions,
		container.New(kit.Padding(20, 8), p.footer),
	)
	p.root = container.NewStack(kit.NewBackground(kit.ColorSurface), p.frame)
}

// Content returns what is drawn.
func (p *Pane) Content() fyne.CanvasObject { return p.root }

// clearFiltersAndFocus takes all filters off.
func (p *Pane) clearFiltersAndFocus() {
	p.filterBar.clearAll()
	p.Focus()
}

// Restore arranges the columns and the order as they were kept. It asks for nothing.
func (p *Pane) Restore(columns map[string]settings.Column, sort settings.Sort) {
	maps.Copy(p.columns.saved, columns)
	p.savedColumns = maps.Clone(p.columns.saved)
	if sort.Column != "" {
		p.sort = sort
	}
	p.columns.arrange(p.columns.width)
	p.redrawColumns()
	p.header.sort = p.order()
	p.rows.query = p.Query()
}

// Listed returns the view that is listed, with the search, the filters and the order of now.
func (p *Pane) Listed() View {
	now := p.view
	now.Search, now.filters, now.sort = strings.TrimSpace(p.search.Text), p.filters, p.order()
	return now
}

// ShowsDrillDown reports whether what is listed is no view of the sidebar.
func (p *Pane) ShowsDrillDown() bool { return p.view.DrillDown }

// ListsReviews reports whether the outcomes to review are listed.
func (p *Pane) ListsReviews() bool { return p.view.Decision == request.Undecided }

// ShowsAll reports whether every request of a status is listed, where a view of the sidebar is.
func (p *Pane) ShowsAll(v View, s request.Status) bool {
	return !p.view.DrillDown && v.IncludesAll(s) && p.filters.matchAll()
}

// Rename gives the view that is listed another name.
func (p *Pane) Rename(name string) { p.view.Name = name }

// SearchText returns what is SearchText for. clearSearch empties the field, and asks for nothing; focusSearch gives it the
// keyboard.
func (p *Pane) SearchText() string { return p.search.Text }

// ClearSearch empties the search field. It asks for nothing.
func (p *Pane) ClearSearch() {
	p.search.Text = ""
	p.search.Refresh()
}

// FocusSearch gives the keyboard to the search field, with its words selected.
func (p *Pane) FocusSearch() {
	p.modals.Focus(p.search)
	p.search.TypedShortcut(&fyne.ShortcutSelectAll{})
}

// Refresh reads again what is shown, because the ledger changed.
func (p *Pane) Refresh() { p.rows.refresh() }

// Patience returns how long a browser may be out before that counts as no answer.
func (p *Pane) Patience() settings.Patience { return p.patience }

// Selected returns the Selected requests, in the order of the list or in which they were Selected.
func (p *Pane) Selected() []request.ID { return p.selection.ids }

// SelectAll selects every row, up to what can be selected.
func (p *Pane) SelectAll() { p.selectRows() }

// ClearSelection selects nothing.
func (p *Pane) ClearSelection() { p.clearSelected() }

// ShowProgress says in the place of the actions how far a job with the selected requests is; nothing where there is none.
func (p *Pane) ShowProgress(words string) {
	p.progress = words
	p.showBar()
}

// showBar shows what is selected, and what can be done with it.
func (p *Pane) showBar() {
	was := p.bar.root.Visible()
	p.bar.show(p.selection, p.progress)
	if was != p.bar.root.Visible() || was {
		p.arrange()
	}
}

// order is how the rows are sorted now.
func (p *Pane) order() settings.Sort {
	if p.view.sort.Column != "" {
		return p.view.sort
	}
	return p.sort
}

// Query is what the rows answer.
func (p *Pane) Query() ledger.Query {
	now := p.clock()
	q := p.filters.apply(p.view.query(now, p.patience), now)
	if p.search != nil {
		q.Search = p.search.Text
	}
	q = withSort(q, p.columns.specs, p.order())
	if q.Order == ledger.ByChanged && p.view.hasEndedBounds() { // a review is a change, too
		q.Order = ledger.ByEnded
	}
	return q
}

// SetView shows another list. With choose, its first row is chosen once it is here.
func (p *Pane) SetView(v View, choose bool) {
	if v.Saved || p.view.Saved || v.DrillDown || p.view.DrillDown {
		p.filters = v.filters
		p.search.Text = v.Search
		p.search.Refresh()
	}
	p.view, p.selectFirst = v, choose
	p.clearSelected()
	p.sendQuery()
	p.filterBar.set(p.filters)
}

// ClearFilters takes away what narrows the next view down.
func (p *Pane) ClearFilters() {
	p.filters, p.search.Text = filters{}, ""
	p.search.Refresh()
}

func (p *Pane) onSearch(string) {
	p.selectFirst = false
	p.clearSelected()
	p.sendQuery()
}

// setFilters narrows the list down.
func (p *Pane) setFilters(f filters) {
	if p.filters != f {
		p.filters, p.selectFirst = f, false
		p.clearSelected()
		p.sendQuery()
	}
}

// sortBy sorts by a column; by the same column again, the other way round. It tells
// whether that is the list's order from now on, or that of this view alone.
func (p *Pane) sortBy(column StoredName) (lasting bool) {
	s := settings.Sort{Column: string(column), Descending: column == columnChanged}
	if now := p.order(); now.Column == s.Column {
		s.Descending = !now.Descending
	}
	if lasting = p.view.sort.Column == ""; lasting {
		p.sort = s
	} else {
		p.view.sort = s
	}
	p.selection.anchor = -1
	p.selectFirst = false
	p.sendQuery()
	return lasting
}

func (p *Pane) sendQuery() {
	p.header.sort = p.order()
	p.header.Refresh()
	p.rows.setQuery(p.Query())
}

// Requery reads the rows anew where the time alone decides what is among them.
func (p *Pane) Requery() {
	if q := p.Query(); !q.LeftBefore.Equal(p.rows.query.LeftBefore) || q.DueBy != p.rows.query.DueBy || !q.From.Equal(p.rows.query.From) {
		p.rows.query = q
		p.rows.refresh()
	}
}

// SetPatience has the rows asked and drawn anew.
func (p *Pane) SetPatience(patience settings.Patience) {
	p.patience = patience
	p.rows.query = p.Query()
	p.rows.refresh()
}

// Choose makes a request the chosen one, wherever it is.
func (p *Pane) Choose(id request.ID) {
	p.chosen, p.selectFirst = id, false
	if at, ok := p.rows.find(id); ok {
		p.chosenIndex = at
	}
	p.list.Refresh()
}

// onRows draws what arrived.
func (p *Pane) onRows(fresh bool) {
	if at, ok := p.rows.find(p.chosen); ok {
		p.chosenIndex = at
	} else if fresh {
		p.chosenIndex = -1
	}
	if fresh {
		p.pendingIndex = -1
		p.list.ScrollToOffset(0)
		p.chooseFirst()
	}
	if m, ok := p.rows.at(p.pendingIndex); ok {
		p.chooseRow(p.pendingIndex, m)
	}
	p.showFooter()
	if p.rows.length() == 0 {
		showEmpty(p.empty, p.lang, p.view, p.search.Text, !p.filters.matchAll(), p.total == 0)
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
func (p *Pane) chooseFirst() {
	if !p.selectFirst {
		return
	}
	p.selectFirst = false
	if _, ok := p.rows.find(p.chosen); ok {
		return
	}
	if m, ok := p.rows.at(0); ok {
		p.chooseRow(0, m)
	} else if p.rows.length() == 0 && p.chosen != "" {
		p.chosen = ""
		p.host.Chosen("")
	}
}

// SetTotal shows in the footer how many requests the whole desk has.
func (p *Pane) SetTotal(all int) {
	if p.total != all {
		p.total = all
		p.showFooter()
	}
}

func (p *Pane) showFooter() {
	all := p.lang.Number(p.total)
	if p.rows.more {
		p.footer.Set(p.lang.Say("window.footer_more", p.lang.Number(p.rows.atLeast), all))
		return
	}
	p.footer.Set(p.lang.Say("window.footer", p.lang.Number(p.rows.length()), all))
}

// RefreshAges puts the ages into words anew.
func (p *Pane) RefreshAges() {
	now := p.clock()
	p.rows.update(func(m rowModel) rowModel {
		return m.atTime(p.lang, now)
	})
	p.list.Refresh()
}

// rowPitch is the distance from one row to the next.
func (p *Pane) rowPitch() float32 {
	return p.columns.height() + p.list.Theme().Size(theme.SizeNamePadding)
}

// visibleRows tells which rows can be seen, from the scroll bar alone.
func (p *Pane) visibleRows() (first, last int) {
	offset := p.list.GetScrollOffset()
	return int(offset / p.rowPitch()), int((offset + p.list.Size().Height) / p.rowPitch())
}

// redrawColumns draws the rows in other columns. Rows of another height keep the topmost one.
func (p *Pane) redrawColumns() {
	if pitch := p.rowPitch(); p.drawnRowPitch != pitch {
		top := p.list.GetScrollOffset() / max(p.drawnRowPitch, 1)
		p.drawnRowPitch = pitch
		p.list.Refresh()
		p.list.ScrollToOffset(top * pitch)
	}
	p.header.Refresh()
	p.list.Refresh()
}

func (p *Pane) newRow() fyne.CanvasObject {
	r := newRow(p.lang, p.columns)
	r.onTapped, r.explain = p.onTapped, p.modals.Explain
	return r
}

func (p *Pane) drawRow(i widget.ListItemID, o fyne.CanvasObject) {
	m, _ := p.rows.at(i)
	r := o.(*row)
	r.index = i
	r.set(rowState{model: m, chosen: m.id != "" && m.id == p.chosen, focused: p.focused, selected: p.selection.contains[m.id]})
}
