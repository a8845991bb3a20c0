package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"countersign/ui/help"
	"countersign/ui/kit"
	"countersign/ui/list"
	"countersign/ui/status"
)

// ctrl returns the shortcut of a key with Ctrl, or Cmd on a Mac.
func ctrl(key fyne.KeyName) *desktop.CustomShortcut {
	return &desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierShortcutDefault}
}

// keyAlone returns the shortcut of a key without modifiers. The menu only displays it; [Window.onKey] handles the
// key.
func keyAlone(key fyne.KeyName) *desktop.CustomShortcut { return &desktop.CustomShortcut{KeyName: key} }

// reviewKeys open the report screen and the list of outcomes to review.
var reviewKeys = []fyne.KeyName{fyne.Key8, fyne.Key9}

// viewKeys open the built-in views, in their order.
var viewKeys = []fyne.KeyName{fyne.Key1, fyne.Key2, fyne.Key3, fyne.Key4, fyne.Key0, fyne.Key5, fyne.Key6, fyne.Key7, fyne.KeyH}

// withShift returns the shortcut of a key with Ctrl (Cmd on a Mac) and Shift.
func withShift(key fyne.KeyName) *desktop.CustomShortcut {
	return &desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierShortcutDefault | fyne.KeyModifierShift}
}

// newMenu builds the main menu. Its shortcuts work wherever the keyboard focus is.
func (w *Window) newMenu() *fyne.MainMenu {
	item := func(label string, shortcut fyne.Shortcut, do func()) *fyne.MenuItem {
		m := fyne.NewMenuItem(label, w.unlessModal(w.byKey(do)))
		m.Shortcut = shortcut
		return m
	}
	// Items that stay active while a modal is open; their handlers check for it.
	always := func(label string, shortcut fyne.Shortcut, do func()) *fyne.MenuItem {
		m := item(label, shortcut, do)
		m.Action = w.byKey(do)
		return m
	}
	does := func(a status.Action, shortcut fyne.Shortcut) *fyne.MenuItem {
		return item(a.Label(w.lang), shortcut, func() { w.do(a) })
	}
	var shown []*fyne.MenuItem
	for i, v := range list.Views(w.lang) {
		shown = append(shown, item(v.Name, ctrl(viewKeys[i]), func() { w.onView(i) }))
	}
	w.arrangement.practice = item(w.lang.Say("menu.practice"), withShift(fyne.KeyG), w.list.TogglePractice)
	shown = append(shown, fyne.NewMenuItemSeparator(), w.arrangement.practice, fyne.NewMenuItemSeparator(),
		item(w.lang.Say("menu.search"), ctrl(fyne.KeyF), w.onFind),
		item(w.lang.Say("list.filters"), withShift(fyne.KeyF), w.onFilters),
		item(w.lang.Say("list.sort_by"), ctrl(fyne.KeyT), w.onSortMenu),
		item(w.lang.Say("list.columns"), withShift(fyne.KeyT), w.onColumnMenu),
		fyne.NewMenuItemSeparator(),
		item(w.lang.Say("list.save_view"), ctrl(fyne.KeyS), w.onSaveView),
		item(w.lang.Say("list.rename_view"), keyAlone(fyne.KeyF2), func() { w.onEditView(true) }),
		item(w.lang.Say("list.delete_view"), ctrl(fyne.KeyF2), func() { w.onEditView(false) }),
	)
	quit := item(w.lang.Say("tray.quit"), ctrl(fyne.KeyQ), w.onQuit)
	quit.IsQuit = true // else the toolkit adds a quit item that does not ask
	menu := fyne.NewMainMenu(
		fyne.NewMenu(
			w.lang.Say("menu.file"), item(w.lang.Say("act.add"), ctrl(fyne.KeyO), w.composer.Open), always(w.lang.Say("sheet.paste"), &fyne.ShortcutPaste{}, w.onPaste), fyne.NewMenuItemSeparator(),
			item(w.lang.Say("import.menu"), withShift(fyne.KeyM), w.onImport), item(status.Export.Label(w.lang), withShift(fyne.KeyX), w.onExport), fyne.NewMenuItemSeparator(),
			item(w.lang.Say("prefs.menu"), ctrl(fyne.KeyComma), w.prefs.Settings), fyne.NewMenuItemSeparator(), quit,
		),
		fyne.NewMenu(
			w.lang.Say("menu.request"),
			always(w.lang.Say("menu.next"), ctrl(fyne.KeyReturn), w.onNext),
			does(status.BrowseAgain, ctrl(fyne.KeyB)),
			does(status.SignAnew, withShift(fyne.KeyB)),
			item(status.Check.Label(w.lang), keyAlone(fyne.KeyF5), func() { w.doOrAll(status.Check) }),
			does(status.Reopen, ctrl(fyne.KeyR)),
			does(status.Replace, withShift(fyne.KeyN)),
			fyne.NewMenuItemSeparator(),
			does(status.OpenSigned, withShift(fyne.KeyP)),
			does(status.OpenOriginal, withShift(fyne.KeyO)),
			does(status.ShowFolder, withShift(fyne.KeyL)),
			does(status.SaveCopy, withShift(fyne.KeyS)),
			does(status.SaveEvidence, withShift(fyne.KeyE)),
			does(status.Attach, withShift(fyne.KeyA)),
			does(status.Vouch, withShift(fyne.KeyV)),
			fyne.NewMenuItemSeparator(),
			does(status.CopyAddress, ctrl(fyne.KeyL)),
			does(status.CopySaid, withShift(fyne.KeyC)),
			fyne.NewMenuItemSeparator(),
			does(status.Edit, ctrl(fyne.KeyE)),
			always(w.lang.Say("undo.undo"), &fyne.ShortcutUndo{}, w.onUndo),
			fyne.NewMenuItemSeparator(),
			always(w.lang.Say("list.select_all"), &fyne.ShortcutSelectAll{}, w.onSelectAll),
			item(w.lang.Say("list.sign_all"), withShift(fyne.KeyReturn), func() { w.forSelected(status.Sign) }),
			item(w.lang.Say("list.clear"), keyAlone(fyne.KeyEscape), w.list.ClearSelection),
			fyne.NewMenuItemSeparator(),
			item(status.Archive.Label(w.lang), withShift(fyne.KeyH), func() { w.doOrAll(status.Archive) }),
			item(status.Unarchive.Label(w.lang), withShift(fyne.KeyU), func() { w.doOrAll(status.Unarchive) }),
			item(w.lang.Say("archive.menu"), withShift(fyne.KeyJ), w.askArchive),
			fyne.NewMenuItemSeparator(),
			item(status.Withdraw.Label(w.lang), keyAlone(fyne.KeyDelete), func() { w.doOrAll(status.Withdraw) }),
		),
		fyne.NewMenu(w.lang.Say("menu.view"), shown...),
		fyne.NewMenu(
			w.lang.Say("review.title"),
			item(w.lang.Say("review.numbers"), ctrl(reviewKeys[0]), w.onReview),
			item(w.lang.Say("review.to_review"), ctrl(reviewKeys[1]), w.listUnreviewed),
			fyne.NewMenuItemSeparator(),
			item(status.Accept.Label(w.lang), ctrl(fyne.KeyI), func() { w.doOrAll(status.Accept) }),
			item(status.SendBack.Label(w.lang), ctrl(fyne.KeyU), func() { w.doOrAll(status.SendBack) }),
			item(w.lang.Say("review.next"), ctrl(fyne.KeyG), w.onNextRow),
		),
		fyne.NewMenu(
			w.lang.Say("queue.menu"),
			item(w.lang.Say("queue.toggle"), ctrl(fyne.KeyP), func() { w.changeQueue(w.chrome.queue.toggle()) }),
			item(w.lang.Say("queue.skip"), ctrl(fyne.KeyK), w.chrome.queue.skip.OnTapped),
			item(w.lang.Say("queue.show"), ctrl(fyne.KeyJ), w.chrome.queue.show),
			fyne.NewMenuItemSeparator(),
			item(w.lang.Say("queue.clear"), withShift(fyne.KeyK), w.chrome.queue.clear.OnTapped),
		),
		fyne.NewMenu(
			w.lang.Say("menu.help"), item(w.lang.Say("help.title"), keyAlone(fyne.KeyF1), w.onHelp),
			item(w.lang.Say("prefs.diagnose"), ctrl(fyne.KeyF5), w.prefs.Diagnose),
			item(w.lang.Say("pdf.menu"), withShift(fyne.KeyI), w.prefs.CheckPDF),
			fyne.NewMenuItemSeparator(),
			item(w.lang.Say("seal.menu"), ctrl(fyne.KeyD), w.prefs.Seal),
			item(w.lang.Say("seal.audit_menu"), withShift(fyne.KeyD), w.prefs.Audit),
		),
	)
	labelKeys(w.lang, menu)
	return menu
}

// byKey returns a function that calls the function do. A field that do focuses does not take the space that may have chosen an
// item of the open menu.
func (w *Window) byKey(do func()) func() {
	return func() {
		kit.UseKey(do)
		w.bg.Show(kit.DropLetter) // after the events of the key
	}
}

// unlessModal returns a function that calls the function do, unless a modal, a menu or a file dialog is open over the
// window.
func (w *Window) unlessModal(do func()) func() {
	return func() {
		if w.modals.NoOverlay() {
			do()
		}
	}
}

// onNext adds and signs what is in the composer, if it is shown, or else performs the next step of the chosen
// request.
func (w *Window) onNext() {
	if w.system.fileDialog == nil && w.composer.IsShown() {
		w.composer.Sign()
		return
	}
	w.unlessModal(w.next)()
}

// addShortcuts registers the keys that are not in the menu.
func (w *Window) addShortcuts() {
	c := w.window.Canvas()
	c.AddShortcut(ctrl(fyne.KeyEnter), func(fyne.Shortcut) { w.onNext() })
	c.SetOnTypedKey(w.onKey)
	c.SetOnTypedRune(w.modals.TypedRune)
}

// onKey handles the keys that the focused widget does not use.
func (w *Window) onKey(key *fyne.KeyEvent) {
	if w.system.fileDialog != nil {
		if key.Name == fyne.KeyEscape {
			w.system.fileDialog.Dismiss()
		}
		return
	}
	if w.modals.TypedKey(key) || !w.modals.NoOverlay() {
		return
	}
	switch name := kit.LetterOf(key); name {
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
		kit.UseKey(func() { w.onReviewKey(name) })
	case fyne.KeyUp, fyne.KeyDown, fyne.KeyPageUp, fyne.KeyPageDown, fyne.KeyHome, fyne.KeyEnd:
		if w.reviewing() {
			w.report.TypedKey(key)
			return
		}
		w.focusList()
		w.list.TypedKey(key)
	}
}

// onEscape dismisses the notice, if there is one. Otherwise it goes back to the list and clears the selection.
func (w *Window) onEscape() {
	if w.notices.text() != "" {
		w.notices.clear()
		return
	}
	switch {
	case !w.reviewing() && w.backToList():
		return
	case w.reviewing():
		w.showList()
	case w.list.ShowsDrillDown() && len(w.list.Selected()) == 0:
		w.onReview()
		return
	}
	w.list.ClearSelection()
	w.focusList()
}

func (w *Window) onFind() {
	w.showList()
	w.chrome.panes.close()
	w.list.FocusSearch()
}

// onHelp shows the list of shortcuts.
func (w *Window) onHelp() { help.Show(w.lang, w.modals, w.onKey) }

// showHelp replaces whatever is open over the window by the list of shortcuts. If something was typed there, it asks first.
func (w *Window) showHelp() {
	w.modals.Leave(func() {
		w.modals.Close()
		w.onHelp()
	})
}
