package ui

import (
	"context"
	"maps"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/desk"
	"countersign/ui/async"
	"countersign/ui/kit"
	"countersign/ui/status"
)

// buildList gives the list what stands around its rows.
func (w *Window) buildList() {
	w.filterBar = newFilterBar(w.lang, w.onKey, w.modals.Explain, w.opts.Now, w.onFilters, w.onSaveView, w.onFiltered)
	w.filterBar.onShape = w.arrangeList
	w.list.onNoFilters = func() {
		w.filterBar.none()
		w.list.focus()
	}
	w.bar = newActionBar(w.lang, w.onKey, w.modals.Explain, w.doMarked, w.list.unmark, func() {
		if w.bulk != nil {
			w.bulk.stop()
		}
	})
	w.columns = kit.NewIconButton(w.lang, w.lang.Say("win.columns"), w.lang.Say("win.columns_keys"), kit.IconColumns, w.onKey, w.modals.Explain, w.onColumnMenu)
	w.list.header.onArrange = func() {
		w.list.onArrange()
		w.keepColumns()
	}
	export := kit.NewIconButton(w.lang, w.lang.Say("take.export_help"), w.lang.Say("take.export_keys"), kit.IconTake, w.onKey, w.modals.Explain, w.onExport)
	w.list.build(container.NewHBox(w.filterBar.toggle, export), w.filterBar.root, w.columns, w.bar.root)
}

// doMarked does what a button of the bar says.
func (w *Window) doMarked(a status.Action) {
	if a == status.Export {
		w.onExport()
		return
	}
	w.forMarked(a)
}

// readArrangement reads how the window is arranged, and goes on.
func (w *Window) readArrangement(then func()) {
	type answer struct {
		settings desk.Settings
		patience desk.Patience
	}
	async.Call(w.bg, func(ctx context.Context) (answer, error) {
		s, err := w.desk.Settings(ctx)
		return answer{s, w.desk.Patience(ctx)}, err
	}, func(a answer, err error) {
		if err != nil {
			w.notices.fail(kit.Sentence(err.Error()))
		}
		w.list.patience = a.patience
		w.arrange(a.settings)
		then()
	})
}

func (w *Window) arrange(s desk.Settings) {
	l := w.list
	maps.Copy(l.table.chosen, s.Columns)
	w.kept = maps.Clone(l.table.chosen)
	if s.Sort.Column != "" {
		l.sort = s.Sort
	}
	l.table.arrange(l.table.width)
	l.onArrange()
	w.panes.setWidth(float32(s.Split))
	w.review.SetPeriod(s.Period)
	l.header.sort = l.order()
	l.pages.query = l.query()
	w.setSaved(s.Views)
}

// setSaved lists the saved views behind those there always are.
func (w *Window) setSaved(saved []desk.SavedView) {
	w.views = views(w.lang)
	for _, s := range saved {
		w.views = append(w.views, savedViewOf(w.lang, s))
	}
	w.side.nav.setViews(w.views)
	w.counts.Refresh()
	w.filtered.Refresh()
}

// onKept is called when the arrangement was written, or could not be.
func (w *Window) onKept(err error) {
	if err != nil {
		w.notices.fail(w.lang.Say("list.not_kept", kit.Sentence(err.Error())))
	}
}

// keepColumns has the columns kept, if they are others than before.
func (w *Window) keepColumns() {
	if maps.Equal(w.kept, w.list.table.chosen) {
		return
	}
	w.kept = maps.Clone(w.list.table.chosen)
	columns := maps.Clone(w.kept)
	w.keeper.keep(func(s *desk.Settings) { s.Columns = columns })
}

// onSort sorts by a column.
func (w *Window) onSort(column keptName) {
	if w.list.sortBy(column) {
		sort := w.list.sort
		w.keeper.keep(func(s *desk.Settings) { s.Sort = sort })
	}
}

// menuAt shows a menu under an object, and gives it the keyboard.
func (w *Window) menuAt(under fyne.CanvasObject, items ...*fyne.MenuItem) {
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(under)
	w.menuIn(at.AddXY(0, under.Size().Height), items...)
}

func (w *Window) menuIn(at fyne.Position, items ...*fyne.MenuItem) {
	widget.NewPopUpMenu(fyne.NewMenu("", items...), w.window.Canvas()).ShowAtPosition(at)
}

// onSortMenu offers all orders.
func (w *Window) onSortMenu() {
	w.showList()
	var items []*fyne.MenuItem
	now := w.list.order()
	for _, c := range w.list.table.kinds {
		item := fyne.NewMenuItem(c.head, func() { w.onSort(c.name) })
		item.Checked = string(c.name) == now.Column
		items = append(items, item)
	}
	reverse := fyne.NewMenuItem(w.lang.Say("list.reverse"), func() { w.onSort(keptName(now.Column)) })
	w.menuAt(w.list.header, append(items, fyne.NewMenuItemSeparator(), reverse)...)
}

// onColumnMenu offers the columns.
func (w *Window) onColumnMenu() {
	w.showList()
	t := w.list.table
	var items []*fyne.MenuItem
	if !t.inColumns() {
		why := fyne.NewMenuItem(w.lang.Say("list.narrow"), nil)
		why.Disabled = true
		items = append(items, why, fyne.NewMenuItemSeparator())
	}
	for _, c := range t.kinds {
		head := c.head
		if t.inColumns() && !t.hidden(c.name) && !t.shows(c.name) {
			head = w.lang.Say("use.no_room", c.head)
		}
		item := fyne.NewMenuItem(head, func() {
			t.toggle(c.name)
			w.list.header.onArrange()
		})
		item.Checked, item.Disabled = !t.hidden(c.name), c.name == columnTitle
		items = append(items, item)
	}
	usual := fyne.NewMenuItem(w.lang.Say("list.usual_columns"), func() {
		clear(t.chosen)
		t.arrange(t.width)
		w.list.header.onArrange()
	})
	w.menuAt(w.columns, append(items, fyne.NewMenuItemSeparator(), usual)...)
}

// onFiltered narrows the list down.
func (w *Window) onFiltered(f filters) { w.list.setFilters(f) }

// onSelectAll selects all of the words where words are typed, also in a question that is open, or else every row.
func (w *Window) onSelectAll() {
	if typing, ok := w.window.Canvas().Focused().(fyne.Shortcutable); ok {
		typing.TypedShortcut(&fyne.ShortcutSelectAll{})
		return
	}
	if !w.reviewing() {
		w.unlessAsked(w.list.markAll)()
	}
}

// doOrAll does an action with all that is selected, or with the chosen request.
func (w *Window) doOrAll(a status.Action) {
	if !w.forMarked(a) {
		w.do(a)
	}
}

// maxViewName bounds the name of a saved view.
const maxViewName = 60

// onSaveView names the search, the filters and the order that are there now.
func (w *Window) onSaveView() {
	if w.reviewing() || w.list.view.aside {
		w.notices.tell(w.lang.Say("review.not_savable"))
		return
	}
	now := w.list.view
	now.saved, now.search, now.filters, now.sort = true, strings.TrimSpace(w.list.search.Text), w.list.filters, w.list.order()
	w.askViewName(w.lang.Say("list.save_title"), now.search, func(name string) {
		now.name = name
		w.changeSaved(func(saved []desk.SavedView) []desk.SavedView { return append(saved, now.save()) }, func() {
			w.setView(len(w.views)-1, false)
		})
	})
}

func (w *Window) askViewName(title, text string, do func(name string)) {
	hint := kit.NewText(theme.SizeNameText, kit.ColorMuted).Set(w.lang.Say("list.save_text"))
	w.modals.AskLine(title, hint, text, w.lang.Say("list.view_name"), w.lang.Say("list.save_yes"), false, func(name string) {
		name = strings.Join(strings.Fields(name), " ")
		if letters := []rune(name); len(letters) > maxViewName {
			name = string(letters[:maxViewName])
		}
		switch {
		case name == "":
		case slices.ContainsFunc(w.views, func(v view) bool { return v.name == name }):
			w.notices.fail(w.lang.Say("list.same_name", name))
		default:
			do(name)
		}
	})
}

// onViewMenu offers what can be done with a saved view.
func (w *Window) onViewMenu(i int, at fyne.Position) {
	w.onView(i)
	w.menuIn(at,
		fyne.NewMenuItem(w.lang.Say("list.rename_view"), func() { w.onEditView(true) }),
		fyne.NewMenuItem(w.lang.Say("list.delete_view"), func() { w.onEditView(false) }),
	)
}

// onEditView renames the saved view that is shown, or deletes it.
func (w *Window) onEditView(rename bool) {
	v := w.views[w.view]
	switch {
	case !v.saved || w.reviewing() || w.list.view.aside:
		w.notices.tell(w.lang.Say("list.not_saved"))
	case rename:
		w.askViewName(w.lang.Say("list.rename_title"), v.name, func(name string) {
			w.changeSaved(func(saved []desk.SavedView) []desk.SavedView {
				for i := range saved {
					if saved[i].Name == v.name {
						saved[i].Name = name
					}
				}
				return saved
			}, func() {
				w.list.view.name = name
			})
		})
	default:
		w.modals.Confirm(w.lang.Say("list.delete_title"), w.lang.Say("list.delete_text", v.name), w.lang.Say("list.delete_yes"), func() {
			w.changeSaved(func(saved []desk.SavedView) []desk.SavedView {
				return slices.DeleteFunc(saved, func(s desk.SavedView) bool { return s.Name == v.name })
			}, func() { w.setView(0, true) })
		})
	}
}

// changeSaved changes the saved views, keeps them, and shows what is kept.
func (w *Window) changeSaved(change func([]desk.SavedView) []desk.SavedView, then func()) {
	async.Call(w.bg, func(ctx context.Context) (desk.Settings, error) {
		return w.desk.ChangeSettings(ctx, func(s *desk.Settings) { s.Views = change(s.Views) })
	}, func(s desk.Settings, err error) {
		if err != nil {
			w.notices.fail(w.lang.Say("list.not_kept", kit.Sentence(err.Error())))
			return
		}
		w.setSaved(s.Views)
		then()
		w.list.focus()
	})
}
