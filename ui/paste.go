package ui

import (
	"fyne.io/fyne/v2"
)

// onPaste takes the files or the signing link on the clipboard. Where an entry has the keyboard,
// it gets the text.
func (w *Window) onPaste() {
	clipboard := w.app.Clipboard()
	c := w.window.Canvas()
	if entry, ok := c.Focused().(fyne.Shortcutable); ok {
		entry.TypedShortcut(&fyne.ShortcutPaste{Clipboard: clipboard})
		return
	}
	if !w.modals.NoOverlay() && !w.composer.IsShown() {
		return // another question is open
	}
	if !w.composer.Paste(clipboard.Content()) {
		w.notices.tell(w.lang.Say("sheet.nothing_pasted"))
	}
}
