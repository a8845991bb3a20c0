package ui

import (
	"fyne.io/fyne/v2"

	"countersign/ui/help"
	"countersign/ui/kit"
	"countersign/ui/list"
	"countersign/ui/menus"
	"countersign/ui/status"
)

// reviewKeys open the report screen and the list of outcomes to review.
var reviewKeys = []fyne.KeyName{fyne.Key8, fyne.Key9}

// viewKeys open the built-in views, in their order.
var viewKeys = []fyne.KeyName{fyne.Key1, fyne.Key2, fyne.Key3, fyne.Key4, fyne.Key0, fyne.Key5, fyne.Key6, fyne.Key7, fyne.KeyH}

// newMenu builds the main menu. Its shortcuts work wherever the keyboard focus is, also those of gray items: these say why they
// do nothing.
func (w *Window) newMenu() *menus.Bar {
	bar := menus.NewBar(w.lang)
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
	does := func(a status.Action) *fyne.MenuItem {
		return bar.When(func() bool { return w.offers(a) }, item(a.Label(w.lang), a.Keys(), func() { w.doOrAll(a) }))
	}
	line := fyne.NewMenuItemSeparator
	queued := func() bool { return w.chrome.queue.Runs() }
	dense := item(w.lang.Say("list.dense"), kit.CtrlShift(fyne.KeyH), w.onDense)
	dense.Checked = w.list.Dense()
	var shown []*fyne.MenuItem
	for i, v := range list.Views(w.lang) {
		shown = append(shown, item(v.Name, kit.Ctrl(viewKeys[i]), func() { w.onView(i) }))
	}
	w.arrangement.practice = item(w.lang.Say("menu.practice"), kit.CtrlShift(fyne.KeyW), w.list.TogglePractice)
	shown = append(shown, line(), w.arrangement.practice, line(),
		item(w.lang.Say("menu.search"), kit.Ctrl(fyne.KeyF), w.onFind),
		item(w.lang.Say("list.filters"), kit.CtrlShift(fyne.KeyF), w.onFilters),
		item(w.lang.Say("list.sort_by"), kit.Ctrl(fyne.KeyT), w.onSortMenu),
		item(w.lang.Say("list.columns"), kit.CtrlShift(fyne.KeyT), w.onColumnMenu),
		dense,
		line(),
		bar.When(w.viewSavable, item(w.lang.Say("list.save_view"), kit.Ctrl(fyne.KeyS), w.onSaveView)),
		bar.When(w.ownViewShown, item(w.lang.Say("list.rename_view"), kit.KeyAlone(fyne.KeyF2), func() { w.onEditView(true) })),
		bar.When(w.ownViewShown, item(w.lang.Say("list.delete_view"), kit.Ctrl(fyne.KeyF2), func() { w.onEditView(false) })),
	)
	requests := []*fyne.MenuItem{bar.When(w.offersNext, always(w.lang.Say("menu.next"), kit.Ctrl(fyne.KeyReturn), w.onNext))}
	for i, section := range status.Sections() {
		if i > 0 {
			requests = append(requests, line())
		}
		for _, a := range section {
			switch a {
			case status.Sign, status.SendBack: // are the next step, and in the menu of reviews
			case status.Accept:
				requests = append(requests,
					bar.When(func() bool { return !w.reviewing() }, always(w.lang.Say("list.select_all"), &fyne.ShortcutSelectAll{}, w.onSelectAll)),
					bar.When(func() bool { return w.offersMany(status.Sign) }, item(w.lang.Say("list.sign_all"), status.Sign.ManyKeys(), func() { w.forSelected(status.Sign) })),
					bar.When(func() bool { return len(w.list.Selected()) > 0 }, item(w.lang.Say("list.clear"), kit.KeyAlone(fyne.KeyEscape), w.list.ClearSelection)),
				)
			case status.Edit:
				requests = append(requests, does(a), bar.When(func() bool { return w.jobs.decided != nil }, always(w.lang.Say("undo.undo"), &fyne.ShortcutUndo{}, w.onUndo)))
			case status.Unarchive:
				requests = append(requests, does(a), item(w.lang.Say("archive.menu"), kit.CtrlShift(fyne.KeyJ), w.askArchive))
			default:
				requests = append(requests, does(a))
			}
		}
	}
	quit := item(w.lang.Say("tray.quit"), kit.Ctrl(fyne.KeyQ), w.onQuit)
	quit.IsQuit = true // else the toolkit adds a quit item that does not ask
	bar.Build(
		fyne.NewMenu(
			w.lang.Say("menu.file"), item(w.lang.Say("act.add"), kit.Ctrl(fyne.KeyO), w.onAdd), item(w.lang.Say("files.form"), kit.Ctrl(fyne.KeyN), w.composer.Open), always(w.lang.Say("sheet.paste"), &fyne.ShortcutPaste{}, w.onPaste),
			item(w.lang.Say("act.repeat"), kit.CtrlShift(fyne.KeyR), w.composer.RepeatLast), line(),
			item(w.lang.Say("import.menu"), kit.CtrlShift(fyne.KeyM), w.onImport), item(status.Export.Label(w.lang), status.Export.Keys(), w.onExport), item(status.SaveSigned.Label(w.lang), status.SaveSigned.Keys(), w.onSaveSigned), line(),
			item(w.lang.Say("prefs.menu"), kit.Ctrl(fyne.KeyComma), w.prefs.Settings), line(), quit,
		),
		fyne.NewMenu(w.lang.Say("menu.request"), requests...),
		fyne.NewMenu(w.lang.Say("menu.view"), shown...),
		fyne.NewMenu(
			w.lang.Say("review.title"),
			item(w.lang.Say("review.numbers"), kit.Ctrl(reviewKeys[0]), w.onReview),
			item(w.lang.Say("review.to_review"), kit.Ctrl(reviewKeys[1]), w.listUnreviewed),
			line(),
			does(status.Accept),
			does(status.SendBack),
			bar.When(func() bool { return !w.reviewing() }, item(w.lang.Say("review.next"), kit.Ctrl(fyne.KeyG), w.onNextRow)),
		),
		fyne.NewMenu(
			w.lang.Say("queue.menu"),
			bar.When(queued, item(w.lang.Say("queue.toggle"), kit.Ctrl(fyne.KeyP), func() { w.changeQueue(w.chrome.queue.Toggle()) })),
			bar.When(w.chrome.queue.CanSkip, item(w.lang.Say("queue.skip"), kit.Ctrl(fyne.KeyK), w.chrome.queue.Skip)),
			bar.When(w.chrome.queue.CanShow, item(w.lang.Say("queue.show"), kit.Ctrl(fyne.KeyJ), w.chrome.queue.Show)),
			line(),
			bar.When(queued, item(w.lang.Say("queue.clear"), kit.CtrlShift(fyne.KeyK), w.chrome.queue.Clear)),
		),
		fyne.NewMenu(
			w.lang.Say("menu.help"), item(w.lang.Say("help.title"), kit.KeyAlone(fyne.KeyF1), w.onHelp),
			item(w.lang.Say("prefs.diagnose"), kit.Ctrl(fyne.KeyF5), w.prefs.Diagnose),
			item(w.lang.Say("support.menu"), kit.CtrlShift(fyne.KeyF5), w.prefs.CollectForSupport),
			item(w.lang.Say("pdf.menu"), kit.CtrlShift(fyne.KeyI), w.prefs.CheckPDF),
			line(),
			item(w.lang.Say("guide.title"), kit.Ctrl(fyne.KeyF1), func() { help.ShowGuide(w.lang, w.modals) }),
			item(w.lang.Say("about.title"), kit.CtrlShift(fyne.KeyF1), help.About{Lang: w.lang, Modals: w.modals, Pass: w.onKey, Copy: w.app.Clipboard().SetContent}.Show),
			line(),
			item(w.lang.Say("seal.menu"), kit.Ctrl(fyne.KeyD), w.prefs.Seal),
			item(w.lang.Say("seal.audit_menu"), kit.CtrlShift(fyne.KeyD), w.prefs.Audit),
		),
	)
	return bar
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
	if !w.system.files.IsOpen() && w.composer.IsShown() {
		w.composer.Sign()
		return
	}
	w.unlessModal(func() {
		seen := w.chosen.id
		w.list.WhenListed(w.unlessModal(func() {
			if w.chosen.id == seen { // else the list has another request now, which nobody has seen yet
				w.next()
			}
		}))
	})()
}

// addShortcuts registers the keys that are not in the menu.
func (w *Window) addShortcuts() {
	c := w.window.Canvas()
	c.AddShortcut(kit.Ctrl(fyne.KeyEnter), func(fyne.Shortcut) { w.onNext() })
	c.SetOnTypedKey(w.onKey)
	c.SetOnTypedRune(w.modals.TypedRune)
}

// onKey handles the keys that the focused widget does not use.
func (w *Window) onKey(key *fyne.KeyEvent) {
	if w.system.files.TypedKey(key) || w.modals.TypedKey(key) || !w.modals.NoOverlay() {
		return
	}
	if kit.OpensMenu(key, kit.ShiftHeld()) && !w.reviewing() && !w.chrome.panes.CoversLeft() {
		w.list.OpenMenu()
		return
	}
	switch name := kit.LetterOf(key); name {
	case fyne.KeyF1:
		w.onHelp()
	case fyne.KeyF2:
		w.onEditView(true)
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
	default:
		if a := status.ByKey(name); a != status.None {
			w.doOrAll(a)
		}
	}
}

// onEscape goes one step back: it dismisses the notice, leads back to the list, clears the selection, ends the search, or leads back
// to the report.
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
	case len(w.list.Selected()) > 0: // only these are given up
	case w.list.EndSearch():
	case w.list.ShowsDrillDown():
		w.chrome.drillDown.leave()
		return
	}
	w.list.ClearSelection()
	w.focusList()
}

func (w *Window) onFind() {
	w.showList()
	w.chrome.panes.Close()
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
