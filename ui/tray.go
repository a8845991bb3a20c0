package ui

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/i18n"
	"countersign/core/request"
	"countersign/ui/kit"
	"countersign/ui/list"
)

// tray is the menu in the system's tray: what waits, view by view.
type tray struct {
	set    func(*fyne.Menu) // none when nil
	labels []string         // that it shows now
}

// count shows the menu anew when it says something else than before.
func (t *tray) count(lang i18n.Language, counts map[request.Status]int, show func(), onView func(int), onQuit func()) {
	if t.set == nil {
		return
	}
	items := []*fyne.MenuItem{fyne.NewMenuItem(lang.Say("tray.show"), show), fyne.NewMenuItemSeparator()}
	var labels []string
	for i, v := range list.Views(lang) {
		if !v.CountedByStatus() { // these the counters do not know
			continue
		}
		label := lang.Say("tray.view", v.Name, lang.Number(v.Total(counts)))
		labels = append(labels, label)
		items = append(items, fyne.NewMenuItem(label, func() { show(); onView(i) }))
	}
	if slices.Equal(labels, t.labels) {
		return
	}
	t.labels = labels
	quit := fyne.NewMenuItem(lang.Say("tray.quit"), onQuit)
	quit.IsQuit = true // else the toolkit adds one that asks nothing
	t.set(fyne.NewMenu(programName, append(items, fyne.NewMenuItemSeparator(), quit)...))
}

// onClose is pressing the window's own close button: with a tray the program goes on there.
func (w *Window) onClose() {
	if w.outside.tray.set != nil {
		w.window.Hide()
		return
	}
	w.onQuit()
}

// onQuit ends the program. While signings are out it asks first, since what becomes
// of them is only learned at the next start.
func (w *Window) onQuit() {
	if w.counts.out == 0 {
		w.Close()
		return
	}
	w.raise()
	w.modals.Close()
	text := kit.NewText(theme.SizeNameText, theme.ColorNameForeground).Set(w.lang.Count("tray.out", w.counts.out))
	quit := kit.NewButton(w.lang.Say("tray.quit"), "", widget.HighImportance, w.onKey, w.Close)
	stay := kit.NewButton(w.lang.Say("tray.stay"), "", widget.MediumImportance, w.onKey, w.modals.Close)
	w.modals.Open(w.lang.Say("tray.quit_title"), text, stay, stay, quit)
}
