package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"countersign/core/i18n"
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
	does := func(a action, shortcut fyne.Shortcut) *fyne.MenuItem {
		return item(a.face(w.lang).label, shortcut, func() { w.do(a) })
	}
	var shown []*fyne.MenuItem
	for i, v := range views(w.lang) {
		shown = append(shown, item(v.name, ctrl(viewKeys[i]), func() { w.onView(i) }))
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
			w.lang.Say("menu.file"), item(w.lang.Say("act.add"), ctrl(fyne.KeyO), w.onAdd), always(w.lang.Say("sheet.paste"), &fyne.ShortcutPaste{}, w.onPaste), fyne.NewMenuItemSeparator(),
			item(actExport.face(w.lang).label, withShift(fyne.KeyX), w.onExport), fyne.NewMenuItemSeparator(),
			item(w.lang.Say("prefs.menu"), ctrl(fyne.KeyComma), w.onSettings), fyne.NewMenuItemSeparator(), quit,
		),
		fyne.NewMenu(
			w.lang.Say("menu.request"),
			always(w.lang.Say("menu.next"), ctrl(fyne.KeyReturn), w.onNext),
			does(actBrowseAgain, ctrl(fyne.KeyB)),
			item(actCheck.face(w.lang).label, plain(fyne.KeyF5), func() { w.doOrAll(actCheck) }),
			does(actReopen, ctrl(fyne.KeyR)),
			fyne.NewMenuItemSeparator(),
			does(actOpenSigned, withShift(fyne.KeyP)),
			does(actOpenOriginal, withShift(fyne.KeyO)),
			does(actShowFolder, withShift(fyne.KeyL)),
			does(actSaveCopy, withShift(fyne.KeyS)),
			does(actEvidence, withShift(fyne.KeyE)),
			does(actAttach, withShift(fyne.KeyA)),
			fyne.NewMenuItemSeparator(),
			does(actCopyAddress, ctrl(fyne.KeyL)),
			does(actCopySaid, withShift(fyne.KeyC)),
			fyne.NewMenuItemSeparator(),
			does(actEdit, ctrl(fyne.KeyE)),
			fyne.NewMenuItemSeparator(),
			always(w.lang.Say("list.select_all"), &fyne.ShortcutSelectAll{}, w.onSelectAll),
			item(w.lang.Say("list.sign_all"), withShift(fyne.KeyReturn), func() { w.forMarked(actSign) }),
			item(w.lang.Say("list.clear"), plain(fyne.KeyEscape), w.list.unmark),
			fyne.NewMenuItemSeparator(),
			item(actWithdraw.face(w.lang).label, plain(fyne.KeyDelete), func() { w.doOrAll(actWithdraw) }),
		),
		fyne.NewMenu(w.lang.Say("menu.view"), shown...),
		fyne.NewMenu(
			w.lang.Say("review.title"),
			item(w.lang.Say("review.numbers"), ctrl(reviewKeys[0]), w.onReview),
			item(w.lang.Say("review.to_review"), ctrl(reviewKeys[1]), w.onToReview),
			fyne.NewMenuItemSeparator(),
			item(actAccept.face(w.lang).label, ctrl(fyne.KeyI), func() { w.doOrAll(actAccept) }),
			item(actSendBack.face(w.lang).label, ctrl(fyne.KeyU), func() { w.doOrAll(actSendBack) }),
			item(w.lang.Say("review.next"), ctrl(fyne.KeyG), w.onNextRow),
		),
		fyne.NewMenu(
			w.lang.Say("queue.menu"),
			item(w.lang.Say("queue.toggle"), ctrl(fyne.KeyP), func() { w.changeQueue(w.queue.toggle()) }),
			item(w.lang.Say("queue.skip"), ctrl(fyne.KeyK), w.queue.skip.OnTapped),
			item(w.lang.Say("queue.show"), ctrl(fyne.KeyJ), w.queue.show),
			fyne.NewMenuItemSeparator(),
			item(w.lang.Say("queue.clear"), withShift(fyne.KeyK), w.queue.clear.OnTapped),
		),
		fyne.NewMenu(
			w.lang.Say("menu.help"), item(w.lang.Say("help.title"), plain(fyne.KeyF1), w.onHelp),
			item(w.lang.Say("prefs.diagnose"), ctrl(fyne.KeyF5), w.onDiagnose),
			item(w.lang.Say("pdf.menu"), withShift(fyne.KeyI), w.onCheckPDF),
			fyne.NewMenuItemSeparator(),
			item(w.lang.Say("seal.menu"), ctrl(fyne.KeyD), w.onSeal),
			item(w.lang.Say("seal.audit_menu"), withShift(fyne.KeyD), w.onAudit),
		),
	)
}

// unlessAsked leaves a thing undone while a question is open over the window.
func (w *Window) unlessAsked(do func()) func() {
	return func() {
		if w.window.Canvas().Overlays().Top() == nil {
			do()
		}
	}
}

// onNext does what comes next: with the sheet, when it is open, or else with the chosen request.
func (w *Window) onNext() {
	if w.browser == nil && w.draftShown() {
		w.draft.press(true)
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
	if w.browser != nil {
		if key.Name == fyne.KeyEscape {
			w.browser.Dismiss()
		}
		return
	}
	if w.modal != nil {
		switch {
		case w.draftShown():
			w.draft.onKey(key)
		case key.Name != fyne.KeyEscape:
		case w.modal.escape != nil:
			w.modal.escape()
		default:
			w.closeModal()
		}
		return
	}
	if w.window.Canvas().Overlays().Top() != nil {
		return
	}
	switch key.Name {
	case fyne.KeyF1:
		w.onHelp()
	case fyne.KeyF2:
		w.onEditView(true)
	case fyne.KeyF5:
		w.doOrAll(actCheck)
	case fyne.KeyDelete:
		w.doOrAll(actWithdraw)
	case fyne.KeyEscape:
		w.onEscape()
	case fyne.KeyA, fyne.KeyR, fyne.KeyN:
		w.onReviewKey(key.Name)
	case fyne.KeyUp, fyne.KeyDown, fyne.KeyPageUp, fyne.KeyPageDown, fyne.KeyHome, fyne.KeyEnd:
		if w.reviewing() {
			w.review.onKey(key, func(*fyne.KeyEvent) {})
			return
		}
		w.list.focus()
		w.list.onKey(key)
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
	case w.list.view.aside && len(w.list.marks.ids) == 0:
		w.onReview()
		return
	}
	w.list.unmark()
	w.list.focus()
}

func (w *Window) onFind() {
	w.showList()
	w.window.Canvas().Focus(w.list.search)
	w.list.search.TypedShortcut(&fyne.ShortcutSelectAll{})
}

// shortcut is one line of the list of shortcuts.
type shortcut struct{ keys, does string }

// shortcuts are all of them, for F1.
func shortcuts(lang i18n.Language) []shortcut {
	return []shortcut{
		{lang.Say("help.next_keys"), lang.Say("help.next")},
		{lang.Say("help.add_keys"), lang.Say("help.add")},
		{lang.Say("sheet.paste_keys"), lang.Say("sheet.paste_help")},
		{lang.Say("sheet.keys"), lang.Say("sheet.help")},
		{lang.Say("sheet.sign_keys"), lang.Say("sheet.sign_help")},
		{lang.Say("help.search_keys"), lang.Say("help.search")},
		{lang.Say("help.view_keys"), lang.Say("help.view")},
		{lang.Say("help.choose_keys"), lang.Say("help.choose")},
		{lang.Say("list.mark_keys"), lang.Say("list.mark")},
		{lang.Say("list.all_keys"), lang.Say("list.select_all")},
		{lang.Say("list.sign_all_keys"), lang.Say("list.sign_all_help")},
		{lang.Say("list.filter_keys"), lang.Say("list.filters_help")},
		{lang.Say("list.sort_keys"), lang.Say("list.sort_help")},
		{lang.Say("list.header_keys"), lang.Say("list.header_help")},
		{lang.Say("win.split_keys"), lang.Say("win.split")},
		{lang.Say("list.save_keys"), lang.Say("list.save_help")},
		{lang.Say("win.delete_keys"), lang.Say("win.delete_view")},
		{lang.Say("help.enter_keys"), lang.Say("help.enter")},
		{lang.Say("help.check_keys"), lang.Say("help.check")},
		{lang.Say("request.browse_keys"), lang.Say("request.browse")},
		{lang.Say("request.look_keys"), lang.Say("request.look")},
		{lang.Say("request.file_keys"), lang.Say("request.file")},
		{lang.Say("take.export_keys"), lang.Say("take.export_help")},
		{lang.Say("take.pack_keys"), lang.Say("take.pack_help")},
		{lang.Say("request.said_keys"), lang.Say("request.said")},
		{lang.Say("request.edit_keys"), lang.Say("request.edit_help")},
		{lang.Say("help.reopen_keys"), lang.Say("help.reopen")},
		{lang.Say("help.withdraw_keys"), lang.Say("help.withdraw")},
		{lang.Say("review.keys"), lang.Say("review.keys_help")},
		{lang.Say("review.decide_keys"), lang.Say("review.decide_help")},
		{lang.Say("queue.keys"), lang.Say("queue.help")},
		{lang.Say("win.clear_keys"), lang.Say("win.clear_queue")},
		{lang.Say("prefs.settings_keys"), lang.Say("prefs.settings_does")},
		{lang.Say("prefs.diagnose_keys"), lang.Say("prefs.diagnose")},
		{lang.Say("seal.keys"), lang.Say("seal.help")},
		{lang.Say("pdf.keys"), lang.Say("pdf.help")},
		{lang.Say("help.escape_keys"), lang.Say("help.escape")},
		{lang.Say("help.quit_keys"), lang.Say("help.quit")},
		{lang.Say("help.tab_keys"), lang.Say("help.tab")},
		{lang.Say("help.help_keys"), lang.Say("help.help")},
	}
}
