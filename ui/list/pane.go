// Package list is the middle of the window: search, filters, and the list of requests with its columns and its
// selection. Only the rows around the visible ones are held in memory.
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

	"countersign/core/gateways"
	"countersign/core/i18n"
	"countersign/core/ledger"
	"countersign/core/request"
	"countersign/core/settings"
	"countersign/ui/async"
	"countersign/ui/filter"
	"countersign/ui/kit"
	"countersign/ui/status"
)

// Pane is the list of requests with its search field, filters, header, selection bar and footer. All methods must be
// called on the drawing goroutine.
type Pane struct {
	lang         i18n.Language
	desk         Desk
	host         Host
	modals       *kit.Modals
	bg           *async.Worker
	rows         *rowCache
	columns      *columnLayout
	view         View
	filters      filter.Filters
	sort         settings.Sort // for views without a sort order of their own
	scope        Scope
	clock        kit.Clock
	pass         kit.KeyHandler
	savedColumns map[string]settings.Column // as they were saved last
	progress     string                     // of a job on the selection; empty when there is none

	chosen          request.ID
	chosenIndex     int        // index of the chosen row, or the last known one; -1 for none
	pendingIndex    int        // index of a row to choose once it is loaded; -1 for none
	selectFirst     bool       // choose the first row when the answer to the query arrives
	narrowed        bool       // the query has another search or other filters, and its answer has not arrived
	leftOut         request.ID // was chosen until a search or a filter left it out; empty for none
	whenListed      func()     // called when the answer to the query has arrived; nil for none
	focused         bool
	total           int    // requests of the whole desk
	viewCount       string // see SetViewCount
	selection       *selection
	counts          counts
	doubleTap       kit.DoubleTap
	latestSelection async.Latest
	latestPractice  async.Latest
	practiceRead    bool    // whether practice requests are shown has been read
	drawnRowPitch   float32 // rowPitch when the rows were last drawn

	search        *kit.SearchEntry
	filterBar     *filter.Bar
	filterLine    *filter.Line
	bar           *selectionBar
	columnsButton *kit.Button // opens the menu of columns
	header        *header
	list          *kit.RecordList
	footer        *kit.Text
	footerRow     *fyne.Container
	empty         *kit.EmptyState
	body          *fyne.Container // the list or the empty state
	frame         *fyne.Container
	root          fyne.CanvasObject
}

// Desk is what the list needs of the desk. Its methods are called on background goroutines.
type Desk interface {
	Query(ctx context.Context, q ledger.Query) (ledger.QueryPage, error)
	IDs(ctx context.Context, q ledger.Query, limit int) ([]request.ID, error)
	Get(ctx context.Context, id request.ID) (request.Request, error)
	People(ctx context.Context) ([]string, error)
	GatewaysUsed(ctx context.Context) ([]string, error)
	DesksUsed(ctx context.Context) ([]string, error)
	Choices(ctx context.Context) ([]gateways.Choice, error)
	Settings(ctx context.Context) (settings.Settings, error)
	ChangeSettings(ctx context.Context, change func(*settings.Settings)) (settings.Settings, error)
}

// Host is what the list needs of the window around it. Its methods are called on the drawing goroutine.
type Host interface {
	// Names returns the names of gateways as people see them.
	Names() settings.Names
	// Login returns by which login the office's server knows whoever works here. It is empty in a home of its own.
	Login() string
	// MineChosen saves whether the list begins with the requests of whoever works here.
	MineChosen(mine bool)
	// Chosen is called when another request has been chosen; the id is empty when none is. Entered is called when Enter
	// is pressed on the chosen row.
	Chosen(id request.ID)
	Entered()
	// Tapped is called when a row was chosen with the mouse, after Chosen. DoubleTapped is called after the second click of
	// a double click, with what can be done with the chosen request.
	Tapped()
	DoubleTapped(possible status.Possible)
	// Menu opens the menu of the chosen request, with what can be done with it, or that of the selection if it has several
	// requests. The position is one of the canvas.
	Menu(possible status.Possible, at fyne.Position)
	// DoSelected carries out an action on all selected requests. StopJob stops the one under way.
	DoSelected(a status.Action)
	StopJob()
	// SelectionChanged is called after the selection has changed, or what can be done with it.
	SelectionChanged()
	// Export writes the list, or its selection, to a file. SaveView saves the search, the filters and the order as a
	// view.
	Export()
	SaveView()
	// Sorted and ColumnsChanged save the order and the columns.
	Sorted(s settings.Sort)
	ColumnsChanged(columns map[string]settings.Column)
	// PracticeRead is called when the list has read whether practice requests are shown, after Pane.Scope has changed.
	// The parameter changed is true if that is another answer than the one before.
	PracticeRead(changed bool, err error)
	// Failed reports that rows could not be read; a nil error reports that they could be read again.
	Failed(err error)
}

// New returns an empty list. It queries the desk when [Pane.SetView] is first called. The function pass is called with
// the keys that no part of the list handles.
func New(lang i18n.Language, d Desk, bg *async.Worker, clock kit.Clock, modals *kit.Modals, pass kit.KeyHandler, host Host) *Pane {
	p := &Pane{
		lang: lang, desk: d, bg: bg, clock: clock, modals: modals, pass: pass, host: host, view: Views(lang)[0], selectFirst: true, pendingIndex: -1,
		columns: newColumnLayout(lang, host.Login() != ""), sort: defaultSort, scope: Scope{Patience: settings.Patience{Usual: settings.Default().Patience}, Login: host.Login()}, selection: newSelection(),
	}
	p.rows = newRowCache(d, bg, func(r request.Request) rowModel {
		return newRowModel(lang, p.host.Names(), r, p.clock(), p.scope.Patience)
	})
	p.counts = counts{
		possible: map[request.ID]status.Possible{}, outdated: map[request.ID]bool{}, byAction: map[status.Action]int{}, reader: async.NewRefresher(p.readPossible),
	}
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

// build creates the remaining parts and puts all of them together.
func (p *Pane) build() {
	p.filterBar = filter.NewBar(p.lang, p.pass, p.modals.Explain, p.clock, p.ToggleFilters, p.host.SaveView, p.host.Names, p.chooseFilters, p.host.Login(), p.showMenuBelow)
	p.filterBar.OnResize = p.arrange
	p.filterLine = filter.NewLine(p.lang, p.pass, p.host.Names, p.removeFilter)
	p.bar = newSelectionBar(p.lang, p.pass, p.modals.Explain, p.host.DoSelected, p.openSelectionMenu, p.clearSelected, p.host.StopJob)
	p.columnsButton = kit.NewIconButton(p.lang, p.lang.Say("win.columns"), p.lang.Say("win.columns_keys"), kit.IconColumns, p.pass, p.modals.Explain, p.ColumnMenu)
	export := kit.NewIconButton(p.lang, p.lang.Say("export.help"), p.lang.Say("export.keys"), kit.IconExport, p.pass, p.modals.Explain, p.host.Export)
	beforeList, filterRow, columns, actions := container.NewHBox(p.filterBar.Toggle, export), container.New(kit.Column(0), p.filterBar.Root, p.filterLine.Root), p.columnsButton, p.bar.root
	p.footerRow = container.New(kit.Padding(20, 8), p.footer)
	p.frame = container.New(kit.VStack(3),
		container.New(kit.Padding(10, 10), container.NewBorder(nil, nil, nil, beforeList, p.search)),
		filterRow,
		container.New(kit.Padding(6, 0), container.NewStack(p.header, container.NewHBox(layout.NewSpacer(), columns))),
		container.New(kit.Padding(6, 0), p.body),
		actions,
		p.footerRow,
	)
	p.root = container.NewStack(kit.NewBackground(kit.ColorSurface), p.frame)
}

// lowPane is the height below which the selection bar takes the place of the footer.
const lowPane = 400

// Content returns the object to put into the window.
func (p *Pane) Content() fyne.CanvasObject { return p.root }

// clearFiltersAndFocus clears all filters and focuses the list.
func (p *Pane) clearFiltersAndFocus() {
	p.filterBar.ClearAll()
	p.Focus()
}

// Restore applies columns, a sort order and, in an office, whose requests are listed from the settings. It does not query the desk.
func (p *Pane) Restore(columns map[string]settings.Column, sort settings.Sort, mine bool) {
	p.scope.Mine = mine && p.scope.Login != ""
	p.filters = p.filtersOf(p.view)
	p.showFilters()
	maps.Copy(p.columns.saved, columns)
	p.savedColumns = maps.Clone(p.columns.saved)
	if sort.Column != "" {
		p.sort = sort
	}
	p.columns.arrange(p.columns.width)
	p.header.sort = p.order()
	p.redrawColumns()
	p.rows.query = p.Query()
}

// SetDense makes the rows dense, or roomy. The topmost row stays the topmost.
func (p *Pane) SetDense(dense bool) {
	if p.columns.dense != dense {
		p.columns.dense = dense
		p.columns.arrange(p.columns.width)
		p.redrawColumns()
	}
}

// Dense reports whether the rows are dense.
func (p *Pane) Dense() bool { return p.columns.dense }

// Listed returns the current view with the current search, filters and order.
func (p *Pane) Listed() View {
	now := p.view
	now.Search, now.filters, now.sort = strings.TrimSpace(p.search.Text), p.filters, p.order()
	return now
}

// ShowsDrillDown reports whether the current view is a drill-down: one that a number led to and that is not in the
// sidebar.
func (p *Pane) ShowsDrillDown() bool { return p.view.DrillDown }

// ListsReviews reports whether the current view lists the outcomes that wait for a review.
func (p *Pane) ListsReviews() bool { return p.view.Decision == request.Undecided }

// ShowsAll reports whether the pane would list every request of a status with the view v: v includes them all, the pane
// does not show a drill-down, and no filter is set. It does not look at the search.
func (p *Pane) ShowsAll(v View, s request.Status) bool {
	return !p.view.DrillDown && v.IncludesAll(s) && p.filters.MatchAll()
}

// Rename changes the name of the current view.
func (p *Pane) Rename(name string) { p.view.Name = name }

// Refresh reads the visible rows again. See [Pane.Changed].
func (p *Pane) Refresh() { p.rows.refresh() }

// Patience returns how long a browser may be open before that counts as no answer.
func (p *Pane) Patience() settings.Patience { return p.scope.Patience }

// Scope returns what applies to all views.
func (p *Pane) Scope() Scope { return p.scope }

// Selected returns the selected requests, in the order of the list or in the order in which they were selected. The
// caller must not change the slice.
func (p *Pane) Selected() []request.ID { return p.selection.ids }

// SelectAll selects every row, up to maxSelected. The selection is complete once the ids have been read in the
// background.
func (p *Pane) SelectAll() { p.selectRows() }

// ClearSelection deselects everything.
func (p *Pane) ClearSelection() { p.clearSelected() }

// ShowProgress shows the progress of a job on the selection in place of the actions. An empty text shows the actions
// again.
func (p *Pane) ShowProgress(text string) {
	p.progress = text
	p.showBar()
}

// showBar updates the selection bar.
func (p *Pane) showBar() {
	was := p.bar.root.Visible()
	p.bar.show(p.selection, p.CountFor, p.progress)
	kit.SetHidden(p.footerRow, p.bar.root.Visible() && p.root.Size().Height < lowPane)
	if was != p.bar.root.Visible() || was {
		p.arrange()
	}
}

// order returns the sort order of the current view.
func (p *Pane) order() settings.Sort {
	if p.view.sort.Column != "" {
		return p.view.sort
	}
	return p.sort
}

// Query returns the query of the current view with the current search, filters and order.
func (p *Pane) Query() ledger.Query {
	now := p.clock()
	q := p.filters.Apply(p.view.query(now, p.scope), now)
	if p.search != nil {
		q = withSearch(q, p.search.Text)
	}
	q = withSort(q, p.columns.specs, p.order())
	if q.Order == ledger.ByChanged && p.view.hasEndedBounds() { // a later review counts as a change, so the last change is not when it ended
		q.Order = ledger.ByEnded
	}
	return q
}

// SetView lists another view and clears the selection. With choose, its first row is chosen when the rows have arrived,
// unless they include the chosen request. Saved views and drill-downs bring their own search and filters, which are
// cleared when another view follows. Between built-in views the search and the filters stay, except whose requests are listed in one that always
// begins with a person's own.
func (p *Pane) SetView(v View, choose bool) {
	if v.Saved || p.view.Saved || v.DrillDown || p.view.DrillDown {
		p.filters = p.filtersOf(v)
		p.search.Text = v.Search
		p.search.Refresh()
	} else if v.toDo || p.view.toDo {
		p.filters = p.filters.Of(p.whose(v))
	}
	p.view, p.selectFirst, p.narrowed, p.leftOut = v, choose, false, ""
	p.clearSelected()
	p.sendQuery()
	p.showFilters()
}

// filtersOf returns the filters with which a view is first listed.
func (p *Pane) filtersOf(v View) filter.Filters {
	if v.IsMine(p.scope) {
		return filter.Mine(p.scope.Login)
	}
	return v.filters
}

// whose returns the login of the person whose requests a view begins with, or "" if these are everyone's.
func (p *Pane) whose(v View) string {
	if v.IsMine(p.scope) {
		return p.scope.Login
	}
	return ""
}

// isFiltered reports whether the list has filters besides whose requests its view begins with.
func (p *Pane) isFiltered() bool {
	return !p.filters.MatchAll() && p.filters != filter.Mine(p.whose(p.view))
}

// sortBy sorts by a column, or reverses the order if the list is sorted by it already. It returns true if the new order
// applies to every view that has no order of its own, and false if it applies to the current view alone.
func (p *Pane) sortBy(column StoredName) (shared bool) {
	s := settings.Sort{Column: string(column), Descending: latestFirst(column)}
	if now := p.order(); now.Column == s.Column {
		s.Descending = !now.Descending
	}
	if shared = p.view.sort.Column == ""; shared {
		p.sort = s
	} else {
		p.view.sort = s
	}
	p.selection.anchor = -1
	p.selectFirst = false
	p.sendQuery()
	return shared
}

func (p *Pane) sendQuery() {
	p.whenListed = nil
	p.header.sort = p.order()
	p.header.Refresh()
	p.rows.setQuery(p.Query())
}

// Requery reads the rows again if the query depends on the time and its bounds have moved. Call it regularly.
func (p *Pane) Requery() {
	if q := p.Query(); !q.LeftBefore.Equal(p.rows.query.LeftBefore) || q.DueBy != p.rows.query.DueBy || !q.From.Equal(p.rows.query.From) {
		p.rows.query = q
		p.rows.refresh()
	}
}

// SetPatience changes the patience and reads the rows again.
func (p *Pane) SetPatience(patience settings.Patience) {
	p.scope.Patience = patience
	p.rows.query = p.Query()
	p.rows.refresh()
}

// Choose makes a request the chosen one, whether it is in the list or not. It does not call the Chosen of [Host].
func (p *Pane) Choose(id request.ID) {
	p.chosen, p.selectFirst = id, false
	if at, ok := p.rows.find(id); ok {
		p.chosenIndex = at
	}
	p.list.Refresh()
}

// onRows draws rows that have arrived. If fresh is true, they answer a new query; otherwise they are more rows, or newer
// ones, for the present query.
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
		p.dropUnlisted()
	}
	if m, ok := p.rows.at(p.pendingIndex); ok {
		p.chooseRow(p.pendingIndex, m)
	}
	if p.countRows() {
		p.recount()
	}
	p.showFooter()
	if p.rows.length() == 0 {
		p.explainEmpty()
		p.list.Hide()
		p.empty.Root.Show()
	} else {
		p.empty.Root.Hide()
		p.list.Show()
		if p.modals.NoOverlay() && p.modals.Focused() == nil {
			p.Focus()
		}
	}
	p.list.Refresh()
	if do := p.whenListed; do != nil && fresh {
		p.whenListed = nil
		do()
	}
}

// chooseFirst chooses the first row of a view that [Pane.SetView] opened with choose, unless the chosen request is
// among the rows in memory. In an empty view nothing stays chosen, so that no key acts on a request of another view.
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

// SetTotal notes how many requests the whole desk has. An empty list says what that means for it.
func (p *Pane) SetTotal(total int) {
	was := p.total
	p.total = total
	if p.empty.Root.Visible() && (was == 0) != (total == 0) {
		p.explainEmpty()
	}
}

// explainEmpty shows why the list is empty.
func (p *Pane) explainEmpty() {
	showEmpty(p.empty, p.lang, p.view, p.search.Text, p.isFiltered(), p.total == 0)
}

// SetViewCount notes how many requests the current view has without a search and filters of the list, as the sidebar shows it. It is
// empty while that is not known.
func (p *Pane) SetViewCount(count string) {
	if p.viewCount != count {
		p.viewCount = count
		p.showFooter()
	}
}

// showFooter shows how many requests are listed, of how many in the view, and how many are selected.
func (p *Pane) showFooter() {
	listed := p.lang.Number(p.rows.length())
	if p.rows.more {
		listed = p.lang.Say("list.more_than", p.lang.Number(p.rows.atLeast))
	}
	text := p.lang.Say("list.in_view", listed)
	if restricted := p.search.Text != "" || p.isFiltered(); restricted {
		text = p.lang.Say("list.found", listed)
		if sameWhole := p.view.Saved || p.filters.IsMine() == p.view.IsMine(p.scope); sameWhole && p.viewCount != "" && !p.view.DrillDown {
			text = p.lang.Say("list.found_in_view", listed, p.viewCount)
		}
	}
	if n := len(p.selection.ids); n > 0 {
		text = kit.Joined(p.lang.Count("list.selected_of", n, listed), text)
	}
	p.footer.Set(text)
}

// RefreshAges updates what depends on the time alone: ages, and statuses of browsers that have been open too long. It
// does not query the desk.
func (p *Pane) RefreshAges() {
	now := p.clock()
	p.rows.update(func(m rowModel) rowModel {
		return m.atTime(p.lang, now)
	})
	p.list.Refresh()
}

// rowPitch returns the distance from the top of a row to the top of the next.
func (p *Pane) rowPitch() float32 {
	return p.columns.height() + p.list.Theme().Size(theme.SizeNamePadding)
}

// visibleRows returns the indexes of the first and the last visible row, computed from the scroll offset. The last may
// be out of range.
func (p *Pane) visibleRows() (first, last int) {
	offset := p.list.GetScrollOffset()
	return int(offset / p.rowPitch()), int((offset + p.list.Size().Height) / p.rowPitch())
}

// redrawColumns draws header and rows in the current columns. When the height of the rows changes, the topmost row
// stays the topmost.
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
	r.onTapped, r.onMenu, r.explain = p.onTapped, p.onMenu, p.modals.Explain
	return r
}

func (p *Pane) drawRow(i widget.ListItemID, o fyne.CanvasObject) {
	m, _ := p.rows.at(i)
	r := o.(*row)
	r.index = i
	r.set(rowState{model: m, chosen: m.id != "" && m.id == p.chosen, focused: p.focused, selected: p.selection.contains[m.id]})
}
