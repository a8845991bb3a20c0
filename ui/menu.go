package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// ctrl is a key together with Ctrl, or Cmd on a Mac.
func ctrl(key fyne.KeyName) *desktop.CustomShortcut {
	return &desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierShortcutDefault}
}

// plain is a key alone. The menu shows it; [Window.onKey] hears it.
func plain(key fyne.KeyName) *desktop.CustomShortcut { return &desktop.CustomShortcut{KeyName: key} }

var viewKeys = []fyne.KeyName{fyne.Key1, fyne.Key2, fyne.Key3, fyne.Key4, fyne.Key5}

// newMenu makes the main menu. A shortcut of the menu works wherever the keyboard is.
func (w *Window) newMenu() *fyne.MainMenu {
	item := func(label string, shortcut fyne.Shortcut, do func()) *fyne.MenuItem {
		m := fyne.NewMenuItem(label, w.unlessAsked(do))
		m.Shortcut = shortcut
		return m
	}
	act := func(a action) func() { return func() { w.do(a) } }
	var shown []*fyne.MenuItem
	for i, v := range views() {
		shown = append(shown, item(v.name, ctrl(viewKeys[i]), func() { w.onView(i) }))
	}
	shown = append(shown, fyne.NewMenuItemSeparator(), item(wordMenuSearch, ctrl(fyne.KeyF), w.onFind))
	quit := item(wordTrayQuit, ctrl(fyne.KeyQ), w.onQuit)
	quit.IsQuit = true // else the toolkit adds one that asks nothing
	return fyne.NewMainMenu(
		fyne.NewMenu(wordMenuFile, item(wordAddPDF, ctrl(fyne.KeyO), w.onAdd), fyne.NewMenuItemSeparator(), quit),
		fyne.NewMenu(
			wordMenuRequest,
			item(wordMenuNext, ctrl(fyne.KeyReturn), w.next),
			item(wordActCheck, plain(fyne.KeyF5), act(actCheck)),
			item(wordActReopen, ctrl(fyne.KeyR), act(actReopen)),
			fyne.NewMenuItemSeparator(),
			item(wordActOpenSigned, nil, act(actOpenSigned)),
			item(wordActOpenOriginal, nil, act(actOpenOriginal)),
			item(wordActAttach, nil, act(actAttach)),
			item(wordActCopyAddress, nil, act(actCopyAddress)),
			fyne.NewMenuItemSeparator(),
			item(wordActWithdraw, plain(fyne.KeyDelete), act(actWithdraw)),
		),
		fyne.NewMenu(wordMenuView, shown...),
		fyne.NewMenu(wordMenuHelp, item(wordHelpTitle, plain(fyne.KeyF1), w.onHelp)),
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

// addShortcuts is for the keys the menu does not know.
func (w *Window) addShortcuts() {
	c := w.window.Canvas()
	c.AddShortcut(ctrl(fyne.KeyEnter), func(fyne.Shortcut) { w.unlessAsked(w.next)() })
	c.SetOnTypedKey(w.onKey)
}

// onKey hears the keys that the widget with the keyboard has no use for.
func (w *Window) onKey(key *fyne.KeyEvent) {
	if w.modal != nil {
		if key.Name == fyne.KeyEscape {
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
	case fyne.KeyF5:
		w.do(actCheck)
	case fyne.KeyDelete:
		w.do(actWithdraw)
	case fyne.KeyEscape:
		w.onEscape()
	case fyne.KeyUp, fyne.KeyDown, fyne.KeyPageUp, fyne.KeyPageDown, fyne.KeyHome, fyne.KeyEnd:
		w.list.focus()
		w.list.onKey(key)
	}
}

// onEscape leads back to the list, and takes a notice away first.
func (w *Window) onEscape() {
	if w.notices.shown() != "" {
		w.notices.clear()
		return
	}
	w.list.focus()
}

func (w *Window) onFind() {
	w.window.Canvas().Focus(w.list.search)
	w.list.search.TypedShortcut(&fyne.ShortcutSelectAll{})
}

// shortcut is one line of the list of shortcuts.
type shortcut struct{ keys, does string }
