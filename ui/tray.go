package ui

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/i18n"
	"countersign/ui/kit"
	"countersign/ui/list"
)

// tray is the menu in the system's tray. It shows how many requests each view holds.
type tray struct {
	set    func(*fyne.Menu) // nil: no tray
	labels []string         // of the current menu
}

// update replaces the menu if its counts have changed, which the function number returns.
func (t *tray) update(lang i18n.Language, number func(view int) string, show func(), onView func(int), onQuit func()) {
	if t.set == nil {
		return
	}
	items := []*fyne.MenuItem{fyne.NewMenuItem(lang.Say("tray.show"), show), fyne.NewMenuItemSeparator()}
	var labels []string
	for i, v := range list.Views(lang) {
		if !v.CountedByStatus() { // not known from the counts by status
			continue
		}
		label := lang.Say("tray.view", v.Name, number(i))
		labels = append(labels, label)
		items = append(items, fyne.NewMenuItem(label, func() { show(); onView(i) }))
	}
	if slices.Equal(labels, t.labels) {
		return
	}
	t.labels = labels
	quit := fyne.NewMenuItem(lang.Say("tray.quit"), onQuit)
	quit.IsQuit = true // else the toolkit adds a quit item that does not ask
	t.set(fyne.NewMenu(programName, append(items, fyne.NewMenuItemSeparator(), quit)...))
}

// onClose handles the close button of the window: it hides the window if there is a tray, and quits otherwise.
func (w *Window) onClose() {
	if w.system.tray.set != nil {
		w.window.Hide()
		return
	}
	w.onQuit()
}

// onQuit ends the program. If something was entered and not saved, it asks first. While visits are open in the browser it asks, too,
// because their outcome is only learned at the next start.
func (w *Window) onQuit() {
	if w.modals.HasInput() || w.composer.HasInput() {
		w.raise()
		w.modals.AskDiscard(w.quit)
		return
	}
	w.quit()
}

// quit is [Window.onQuit] when nothing that was entered is lost.
func (w *Window) quit() {
	if w.counts.out == 0 {
		w.Close()
		return
	}
	w.raise()
	w.modals.Close()
	text := kit.NewText(theme.SizeNameText, theme.ColorNameForeground).Set(w.lang.Count("tray.out", w.counts.out))
	quit := kit.NewButton(w.lang.Say("tray.quit"), "", widget.MediumImportance, w.onKey, w.Close)
	stay := kit.NewButton(w.lang.Say("tray.stay"), "", widget.MediumImportance, w.onKey, w.modals.Close)
	w.modals.Open(w.lang.Say("tray.quit_title"), text, stay, stay, quit)
}
