package ui

import (
	"fyne.io/fyne/v2"

	"countersign/core/i18n"
	"countersign/core/request"
	"countersign/ui/files"
	"countersign/ui/status"
)

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

// onAdd asks for documents and lists, and shows them in the composer. Where the system has no file dialog, or the composer has
// entries already, it shows the composer, which asks for more.
func (w *Window) onAdd() {
	if w.composer.HasInput() {
		w.composer.Open()
		return
	}
	w.system.files.OpenOr(documents(w.lang), w.composer.AddFiles, w.composer.Open)
}

// documents returns the question for files that new requests are made from.
func documents(lang i18n.Language) files.Question {
	return files.Question{Title: lang.Say("files.add"), Several: true, Extensions: [][]string{files.PDFs, files.Lists}}
}

// onImport asks for a list of requests, and shows it so that it can be imported.
func (w *Window) onImport() {
	w.system.files.Open(files.Question{Several: true, Extensions: [][]string{files.Lists}}, w.composer.AddFiles)
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
