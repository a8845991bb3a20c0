package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"countersign/ui/list"
	"countersign/ui/status"
)

// ctrl is a key together with Ctrl, or Cmd on a Mac.
func ctrl(key fyne.KeyName) *desktop.CustomShortcut {
	return &desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierShortcutDefault}
}

// plain is a key alone. The menu shows it; [Window.onKey] hears it.
func plain(key fyne.KeyName) *desktop.CustomShortcut { return &desktop.CustomShortcut{KeyName: key} }

// reviewKeys are the keys of the screen of numbers, and of the outcomes to review.
var reviewKeys = []fyne.KeyName{fyne.Key8, fyne.Key9}

var viewKeys = []fyne.KeyName{fyne.Key1, fyne.Key2, fyne.Key3, fyne.Key4, fyne.Key5, fyne.Key6, fyne.Key7}

// withShift is a key together with Ctrl and Shift.
func withShift(key fyne.KeyName) *desktop.CustomShortcut {
	return &desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierShortcutDefault | fyne.KeyModifierShift}
}

// newMenu makes the main menu. A shortcut of the menu works wherever the keyboard is.
func (w *Window) newMenu() *fyne.MainMenu {
	item := func(label string, shortcut fyne.Shortcut, do func()) *fyne.MenuItem {
		m := fyne.NewMenuItem(label, w.unlessAsked(do))
		m.Shortcut = shortcut
		return m
	}
	// What stays possible while a question is open, and looks itself at whether one is.
	always := func(label string, shortcut fyne.Shortcut, do func()) *fyne.MenuItem {
		m := item(label, shortcut, do)
		m.Action = do
		return m
	}
	does := func(a status.Action, shortcut fyne.Shortcut) *fyne.MenuItem {
		return item(a.Label(w.lang), shortcut, func() { w.do(a) })
	}
	var shown []*fyne.MenuItem
	for i, v := range list.Views(w.lang) {
		shown = append(shown, item(v.Name, ctrl(viewKeys[i]), func() { w.onView(i) }))
	}
	shown = append(shown, fyne.NewMenuItemSeparator(),
		item(w.lang.Say("menu.search"), ctrl(fyne.KeyF), w.onFind),
		item(w.lang.Say("list.filters"), withShift(fyne.KeyF), w.onFilters),
		item(w.lang.Say("list.sort_by"), ctrl(fyne.KeyT), w.onSortMenu),
		item(w.lang.Say("list.columns"), withShift(fyne.KeyT), w.onColumnMenu),
		fyne.NewMenuItemSeparator(),
		item(w.lang.Say("list.save_view"), ctrl(fyne.KeyS), w.onSaveView),
		item(w.lang.Say("list.rename_view"), plain(fyne.KeyF2), func() { w.onEditView(true) }),
		item(w.lang.Say("list.delete_view"), ctrl(fyne.KeyF2), func() { w.onEditView(false) }),
	)
	quit := item(w.lang.Say("tray.quit"), ctrl(fyne.KeyQ), w.onQuit)
	quit.IsQuit = true // else the toolkit adds one that asks nothing
	return fyne.NewMainMenu(
		fyne.NewMenu(
			w.lang.Say("menu.file"), item(w.lang.Say("act.add"), ctrl(fyne.KeyO), w.composer.Open), always(w.lang.Say("sheet.paste"), &fyne.ShortcutPaste{}, w.onPaste), fyne.NewMenuItemSeparator(),
			item(status.Export.Label(w.lang), withShift(fyne.KeyX), w.onExport), fyne.NewMenuItemSeparator(),
			item(w.lang.Say("prefs.menu"), ctrl(fyne.KeyComma), w.prefs.Settings), fyne.NewMenuItemSeparator(), quit,
		),
		fyne.NewMenu(
			w.lang.Say("menu.request"),
			always(w.lang.Say("menu.next"), ctrl(fyne.KeyReturn), w.onNext),
			does(status.BrowseAgain, ctrl(fyne.KeyB)),
			item(status.Check.Label(w.lang), plain(fyne.KeyF5), func() { w.doOrAll(status.Check) }),
			does(status.Reopen, ctrl(fyne.KeyR)),
			fyne.NewMenuItemSeparator(),
			does(status.OpenSigned, withShift(fyne.KeyP)),
			does(status.OpenOriginal, withShift(fyne.KeyO)),
			does(status.ShowFolder, withShift(fyne.KeyL)),
			does(status.SaveCopy, withShift(fyne.KeyS)),
			does(status.SaveEvidence, withShift(fyne.KeyE)),
			does(status.Attach, withShift(fyne.KeyA)),
			fyne.NewMenuItemSeparator(),
			does(status.CopyAddress, ctrl(fyne.KeyL)),
			does(status.CopySaid, withShift(fyne.KeyC)),
			fyne.NewMenuItemSeparator(),
			does(status.Edit, ctrl(fyne.KeyE)),
			fyne.NewMenuItemSeparator(),
			always(w.lang.Say("list.select_all"), &fyne.ShortcutSelectAll{}, w.onSelectAll),
			item(w.lang.Say("list.sign_all"), withShift(fyne.KeyReturn), func() { w.forSelected(status.Sign) }),
			item(w.lang.Say("list.clear"), plain(fyne.KeyEscape), w.list.ClearSelection),
			fyne.NewMenuItemSeparator(),
			item(status.Withdraw.Label(w.lang), plain(fyne.KeyDelete), func() { w.doOrAll(status.Withdraw) }),
		),
		fyne.NewMenu(w.lang.Say("menu.view"), shown...),
		fyne.NewMenu(
			w.lang.Say("review.title"),
			item(w.lang.Say("review.numbers"), ctrl(reviewKeys[0]), w.onReview),
			item(w.lang.Say("review.to_review"), ctrl(reviewKeys[1]), w.onToReview),
			fyne.NewMenuItemSeparator(),
			item(status.Accept.Label(w.lang), ctrl(fyne.KeyI), func() { w.doOrAll(status.Accept) }),
			item(status.SendBack.Label(w.lang), ctrl(fyne.KeyU), func() { w.doOrAll(status.SendBack) }),
			item(w.lang.Say("review.next"), ctrl(fyne.KeyG), w.onNextRow),
		),
		fyne.NewMenu(
			w.lang.Say("queue.menu"),
			item(w.lang.Say("queue.toggle"), ctrl(fyne.KeyP), func() { w.changeQueue(w.stage.queue.toggle()) }),
			item(w.lang.Say("queue.skip"), ctrl(fyne.KeyK), w.stage.queue.skip.OnTapped),
			item(w.lang.Say("queue.show"), ctrl(fyne.KeyJ), w.stage.queue.show),
			fyne.NewMenuItemSeparator(),
			item(w.lang.Say("queue.clear"), withShift(fyne.KeyK), w.stage.queue.clear.OnTapped),
		),
		fyne.NewMenu(
			w.lang.Say("menu.help"), item(w.lang.Say("help.title"), plain(fyne.KeyF1), w.onHelp),
			item(w.lang.Say("prefs.diagnose"), ctrl(fyne.KeyF5), w.prefs.Diagnose),
			item(w.lang.Say("pdf.menu"), withShift(fyne.KeyI), w.prefs.CheckPDF),
			fyne.NewMenuItemSeparator(),
			item(w.lang.Say("seal.menu"), ctrl(fyne.KeyD), w.prefs.Seal),
			item(w.lang.Say("seal.audit_menu"), withShift(fyne.KeyD), w.prefs.Audit),
		),
	)
}

// unlessAsked leaves a thing undone while a question is open over the window.
func (w *Window) unlessAsked(do func()) func() {
	return func() {
		if w.modals.NoOverlay() {
			do()
		}
	}
}

// onNext does what comes next: with the sheet, when it is open, or else with the chosen request.
func (w *Window) onNext() {
	if w.outside.browser == nil && w.composer.IsShown() {
		w.composer.Sign()
		return
	}
	w.unlessAsked(w.next)()
}

// addShortcuts is for the keys the menu does not know.
func (w *Window) addShortcuts() {
	c := w.window.Canvas()
	c.AddShortcut(ctrl(fyne.KeyEnter), func(fyne.Shortcut) { w.onNext() })
	c.SetOnTypedKey(w.onKey)
}

// onKey hears the keys that the widget with the keyboard has no use for.
func (w *Window) onKey(key *fyne.KeyEvent) {
	if w.outside.browser != nil {
		if key.Name == fyne.KeyEscape {
			w.outside.browser.Dismiss()
		}
		return
	}
	if w.modals.TypedKey(key) || !w.modals.NoOverlay() {
		return
	}
	switch key.Name {
	case fyne.KeyF1:
		w.onHelp()
	case fyne.KeyF2:
		w.onEditView(true)
	case fyne.KeyF5:
		w.doOrAll(status.Check)
	case fyne.KeyDelete:
		w.doOrAll(status.Withdraw)
	case fyne.KeyEscape:
		w.onEscape()
	case fyne.KeyA, fyne.KeyR, fyne.KeyN:
		w.onReviewKey(key.Name)
	case fyne.KeyUp, fyne.KeyDown, fyne.KeyPageUp, fyne.KeyPageDown, fyne.KeyHome, fyne.KeyEnd:
		if w.reviewing() {
			w.report.TypedKey(key)
			return
		}
		w.list.Focus()
		w.list.TypedKey(key)
	}
}

// onEscape leads back to the list, where nothing is selected any more, and takes a notice away first.
func (w *Window) onEscape() {
	if w.notices.shown() != "" {
		w.notices.clear()
		return
	}
	switch {
	case w.reviewing():
		w.showList()
	case w.list.ShowsDrillDown() && len(w.list.Selected()) == 0:
		w.onReview()
		return
	}
	w.list.ClearSelection()
	w.list.Focus()
}

func (w *Window) onFind() {
	w.showList()
	w.list.FocusSearch()
}
