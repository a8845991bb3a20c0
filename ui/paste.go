package ui

import (
	"fyne.io/fyne/v2"
)

// onPaste pastes into the focused text field. If none has the focus, it adds the files and signing links on the
// clipboard to the composer.
func (w *Window) onPaste() {
	clipboard := w.app.Clipboard()
	c := w.window.Canvas()
	if entry, ok := c.Focused().(fyne.Shortcutable); ok {
		entry.TypedShortcut(&fyne.ShortcutPaste{Clipboard: clipboard})
		return
	}
	if !w.modals.NoOverlay() && !w.composer.IsShown() {
		return // another modal is open
	}
	if !w.composer.Paste(clipboard.Content()) {
		w.notices.inform(w.lang.Say("sheet.nothing_pasted"))
	}
}
