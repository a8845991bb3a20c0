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

// askFile asks for a PDF file, typed as a path or chosen in the file dialog, and calls the function do with its path. If
// the person cancels, it does not call do.
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
		w.browse(do, pdfExtensions)
	})
	add := kit.NewButton(yes, kit.IconPlus, widget.HighImportance, w.onKey, path.OnEnter)
	cancel := kit.NewButton(w.lang.Say("add.cancel"), "", widget.MediumImportance, w.onKey, w.modals.Dismiss)
	below := kit.NewText(theme.SizeNameText, kit.ColorMuted).Set(hint)
	w.modals.Open(title, container.New(kit.Column(8), path, below), path, browse, cancel, add)
}

// onDropped handles files dropped on the window. A single file dropped on a request that lacks its signed file is
// attached to that request; all others go to the composer. While the page that checks PDF files, or the list of
// anchors, is open, it gets them; while another modal is open, they are ignored.
func (w *Window) onDropped(at fyne.Position, dropped []fyne.URI) {
	var paths []string
	for _, u := range dropped {
		if u.Scheme() == "file" {
			paths = append(paths, u.Path())
		}
	}
	m := w.detail.Shown()
	switch {
	case len(paths) > 0 && (w.prefs.CheckFiles(paths) || w.prefs.TrustFiles(paths)):
	case len(paths) == 0 || w.modals.IsOpen() && !w.composer.IsShown():
	case !w.modals.IsOpen() && len(paths) == 1 && m.ID == w.chosen.id && m.Allows(status.Attach) && w.jobs.of(m.ID) == nil && contains(w.detail, at):
		w.attach(m, paths[0])
	default:
		w.composer.AddFiles(paths)
	}
}

// contains reports whether a position on the canvas lies inside an object.
func contains(o fyne.CanvasObject, at fyne.Position) bool {
	local := at.Subtract(fyne.CurrentApp().Driver().AbsolutePositionForObject(o))
	return local.X >= 0 && local.Y >= 0 && local.X < o.Size().Width && local.Y < o.Size().Height
}

// onImport asks for a list of requests, and shows it so that it can be imported.
func (w *Window) onImport() {
	w.browse(func(path string) { w.composer.AddFiles([]string{path}) }, listExtensions)
}

// onAdded shows the last of ids, the requests that were added. If sign is true, it has all of them signed: a single
// request at once, with its progress instead of a notice, and several through the queue. If more is true, the composer
// still has entries, or lists follow, and no notice is shown.
func (w *Window) onAdded(ids []request.ID, sign, more bool) {
	alone := sign && len(ids) == 1
	if alone {
		w.sign(ids[0], w.lang.Say("doing.sign"))
	}
	switch {
	case more:
	case len(ids) > 0 && !alone:
		w.notices.inform(w.lang.Count("add.added", len(ids)))
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

// showRequest chooses a request in the list and focuses the list. If there is a text in the search field, or if the
// current view does not list all requests of that status, it first clears the search and switches to the first view
// that does.
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
	w.focusList()
}
