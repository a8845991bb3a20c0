package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/request"
	"countersign/ui/kit"
	"countersign/ui/status"
)

// askFile asks for a file, by its path or in the file dialog, and does something with it.
func (w *Window) askFile(title, hint, yes string, do func(path string)) {
	path := w.modals.NewLine(w.lang.Say("add.path"), "")
	path.OnEnter = func() {
		if typed := strings.Trim(strings.TrimSpace(path.Text), `"`); typed != "" {
			w.modals.Close()
			do(typed)
		}
	}
	browse := kit.NewButton(w.lang.Say("add.browse"), kit.IconFile, widget.MediumImportance, w.onKey, func() {
		w.modals.Close()
		w.browse(do, pdfEndings)
	})
	add := kit.NewButton(yes, kit.IconPlus, widget.HighImportance, w.onKey, path.OnEnter)
	cancel := kit.NewButton(w.lang.Say("add.cancel"), "", widget.MediumImportance, w.onKey, w.modals.Close)
	below := kit.NewText(theme.SizeNameText, kit.ColorMuted).Set(hint)
	w.modals.Open(title, container.New(kit.Column(8), path, below), path, browse, cancel, add)
}

// onDropped takes files that were dropped anywhere on the window. One that falls on a request
// that lacks its signed file is meant to be that.
func (w *Window) onDropped(at fyne.Position, dropped []fyne.URI) {
	var paths []string
	for _, u := range dropped {
		if u.Scheme() == "file" {
			paths = append(paths, u.Path())
		}
	}
	m := w.detail.Shown()
	switch {
	case len(paths) > 0 && w.prefs.TakeFiles(paths):
	case len(paths) == 0 || w.modals.IsOpen() && !w.composer.IsShown():
	case !w.modals.IsOpen() && len(paths) == 1 && m.Id == w.chosen.id && m.Allows(status.Attach) && w.jobs.byRequest[m.Id] == nil && within(w.detail, at):
		w.attach(m, paths[0])
	default:
		w.composer.AddFiles(paths)
	}
}

// within tells whether a place on the canvas is on an object.
func within(o fyne.CanvasObject, at fyne.Position) bool {
	place := at.Subtract(fyne.CurrentApp().Driver().AbsolutePositionForObject(o))
	return place.X >= 0 && place.Y >= 0 && place.X < o.Size().Width && place.Y < o.Size().Height
}

// onNew shows what was added, and begins to sign it. The request that is signed at once says so itself.
func (w *Window) onNew(ids []request.ID, told []string, sign, more bool) {
	alone := sign && len(ids) == 1
	if alone {
		w.sign(ids[0], w.lang.Say("doing.sign"))
	}
	switch {
	case more:
	case len(ids) > 0 && !alone:
		w.notices.tell(strings.Join(append([]string{w.lang.Count("add.added", len(ids))}, told...), " "))
	case len(told) > 0:
		w.notices.tell(strings.Join(told, " "))
	}
	if len(ids) == 0 {
		return
	}
	last := ids[len(ids)-1]
	w.showRequest(last, request.Pending)
	if sign && !alone {
		w.signAll(ids)
	}
}

// showRequest chooses a request from elsewhere than the list, and a view that holds it.
func (w *Window) showRequest(id request.ID, status request.Status) {
	if w.list.SearchText() != "" || !w.viewHolds(status) {
		w.list.ClearSearch()
		for i, v := range w.arrangement.views {
			if v.IncludesAll(status) {
				w.setView(i, false)
				break
			}
		}
	}
	w.choose(id)
	w.list.Focus()
}
