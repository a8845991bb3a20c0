package ui

import (
	"context"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/explain"
	"countersign/core/input"
	"countersign/core/settings"
	"countersign/ui/async"
	"countersign/ui/kit"
	"countersign/ui/list"
	"countersign/ui/menus"
)

// readArrangement reads the stored arrangement of the window and applies it, and after that calls the function then.
// After an error, which it shows as a notice, it applies the settings that the desk returned with the error.
func (w *Window) readArrangement(then func()) {
	type answer struct {
		settings settings.Settings
		patience settings.Patience
	}
	async.Call(w.bg, func(ctx context.Context) (answer, error) {
		s, err := w.desk.Settings(ctx)
		return answer{s, w.desk.Patience(ctx)}, err
	}, func(a answer, err error) {
		if err != nil {
			w.notices.failAbout(aboutSettings, kit.Sentence(explain.Error(w.lang, err)))
		}
		w.arrange(a.settings) // first, because the list is read in its stored order
		w.list.SetPatience(a.patience)
		then()
	})
}

func (w *Window) arrange(s settings.Settings) {
	w.list.Restore(s.Columns, s.Sort, s.Mine)
	w.showDense(s.Dense)
	w.chrome.panes.SetWidth(float32(s.Split))
	w.report.SetPeriod(s.Period)
	w.arrangement.read = true
	w.setSaved(s.Views)
}

// showDense makes the rows of the list dense or roomy, and shows that in the menu.
func (w *Window) showDense(dense bool) {
	if w.list.Dense() == dense {
		return
	}
	w.list.SetDense(dense)
	w.chrome.menu = w.newMenu() // the toolkit makes room for a check mark only in a new menu
	w.window.SetMainMenu(w.chrome.menu.Menu())
	w.showOffers()
}

// onDense makes dense rows roomy or the reverse, and has that stored.
func (w *Window) onDense() {
	dense := !w.list.Dense()
	w.showDense(dense)
	w.arrangement.writer.write(func(s *settings.Settings) { s.Dense = dense })
}

// setSaved rebuilds the list of views: the built-in views, followed by the saved ones.
func (w *Window) setSaved(saved []settings.SavedView) {
	w.arrangement.views = list.Views(w.lang)
	for _, s := range saved {
		w.arrangement.views = append(w.arrangement.views, list.SavedView(w.lang, s))
	}
	w.chrome.sidebar.nav.setViews(w.arrangement.views)
	w.counts.statuses.Refresh()
	w.counts.filtered.Refresh()
}

// onArrangementWritten shows the error of a settings write. If there is none, an earlier error of the settings is mended.
func (w *Window) onArrangementWritten(err error) {
	if err != nil {
		w.notices.failAbout(aboutSettings, w.lang.Say("list.not_kept", kit.Sentence(explain.Error(w.lang, err))))
		return
	}
	w.notices.settle(aboutSettings)
}

// onSelectAll selects the whole text of the focused text field, or else every row of the list.
func (w *Window) onSelectAll() {
	if typing, ok := w.window.Canvas().Focused().(fyne.Shortcutable); ok {
		typing.TypedShortcut(&fyne.ShortcutSelectAll{})
		return
	}
	if !w.reviewing() {
		w.unlessModal(w.list.SelectAll)()
	}
}

// viewSavable reports whether what the list shows can be saved as a view.
func (w *Window) viewSavable() bool { return !w.reviewing() && !w.list.ShowsDrillDown() }

// ownViewShown reports whether the list shows a view that a person saved.
func (w *Window) ownViewShown() bool {
	return w.viewSavable() && w.arrangement.views[w.arrangement.view].Saved
}

// onSaveView asks for a name and saves the current search, filters and sort order as a view.
func (w *Window) onSaveView() {
	if !w.viewSavable() {
		w.notices.inform(w.lang.Say("review.not_savable"))
		return
	}
	now := w.list.Listed()
	w.askViewName(w.lang.Say("list.save_title"), now.Search, func(name string) {
		now.Name = name
		w.changeSaved(func(saved []settings.SavedView) []settings.SavedView { return append(saved, now.Save()) }, func() {
			w.setView(len(w.arrangement.views)-1, false)
		})
	})
}

func (w *Window) askViewName(title, text string, do func(name string)) {
	hint := kit.NewText(theme.SizeNameText, kit.ColorMuted).Set(w.lang.Say("list.save_text"))
	w.modals.AskLine(title, hint, text, w.lang.Say("list.view_name"), w.lang.Say("list.save_yes"), widget.HighImportance, false, w.problemOf(input.ViewName), func(name string) {
		name = strings.Join(strings.Fields(name), " ")
		switch {
		case name == "":
		case slices.ContainsFunc(w.arrangement.views, func(v list.View) bool { return v.Name == name }):
			w.notices.fail(w.lang.Say("list.same_name", name))
		default:
			do(name)
		}
	})
}

// onViewMenu shows the saved view with the index i in the sidebar, and opens its context menu.
func (w *Window) onViewMenu(i int, at fyne.Position) {
	w.onView(i)
	menus.Show(fyne.NewMenu("",
		kit.NewMenuItem(w.lang.Say("list.rename_view"), func() { w.onEditView(true) }),
		kit.NewMenuItem(w.lang.Say("list.delete_view"), func() { w.onEditView(false) }),
	), w.window.Canvas(), at)
}

// onEditView asks for a new name for the current view if rename is true, and otherwise whether to delete the view. For a
// view that is not a saved one, it only shows a notice.
func (w *Window) onEditView(rename bool) {
	v := w.arrangement.views[w.arrangement.view]
	switch {
	case !w.ownViewShown():
		w.notices.inform(w.lang.Say("list.not_saved"))
	case rename:
		w.askViewName(w.lang.Say("list.rename_title"), v.Name, func(name string) {
			w.changeSaved(func(saved []settings.SavedView) []settings.SavedView {
				for i := range saved {
					if saved[i].Name == v.Name {
						saved[i].Name = name
					}
				}
				return saved
			}, func() {
				w.list.Rename(name)
			})
		})
	default:
		w.modals.Confirm(w.lang.Say("list.delete_title"), w.lang.Say("list.delete_text", v.Name), w.lang.Say("list.delete_yes"), func() {
			w.changeSaved(func(saved []settings.SavedView) []settings.SavedView {
				return slices.DeleteFunc(saved, func(s settings.SavedView) bool { return s.Name == v.Name })
			}, func() { w.setView(0, true) })
		})
	}
}

// changeSaved stores in the settings what the function change returns for the saved views, shows these views in the
// sidebar and calls the function then. After an error it only shows the error. The function change runs on a background
// goroutine.
func (w *Window) changeSaved(change func([]settings.SavedView) []settings.SavedView, then func()) {
	async.Call(w.bg, func(ctx context.Context) (settings.Settings, error) {
		return w.desk.ChangeSettings(ctx, func(s *settings.Settings) { s.Views = change(s.Views) })
	}, func(s settings.Settings, err error) {
		if err != nil {
			w.notices.failAbout(aboutSettings, w.lang.Say("list.not_kept", kit.Sentence(explain.Error(w.lang, err))))
			return
		}
		w.notices.settle(aboutSettings)
		w.setSaved(s.Views)
		then()
		w.focusList()
	})
}

// onFilters brings the list to the front and shows or hides its filters.
func (w *Window) onFilters() {
	w.showList()
	w.chrome.panes.Close()
	w.list.ToggleFilters()
}

// onSortMenu brings the list to the front and opens its menu of sort orders.
func (w *Window) onSortMenu() {
	w.showList()
	w.chrome.panes.Close()
	w.list.SortMenu()
}

// onColumnMenu brings the list to the front and opens its menu of columns.
func (w *Window) onColumnMenu() {
	w.showList()
	w.chrome.panes.Close()
	w.list.ColumnMenu()
}
