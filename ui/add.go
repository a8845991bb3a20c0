package ui

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// askFile asks for a file, by its path or in the file dialog, and does something with it.
func (w *Window) askFile(title, hint, yes string, do func(path string)) {
	path := w.newLine(w.lang.Say("add.path"), "")
	path.onEnter = func() {
		if typed := strings.Trim(strings.TrimSpace(path.Text), `"`); typed != "" {
			w.closeModal()
			do(typed)
		}
	}
	browse := newButton(w.lang.Say("add.browse"), iconFile, widget.MediumImportance, w.onKey, func() {
		w.closeModal()
		w.browse(do, pdfEndings)
	})
	add := newButton(yes, iconPlus, widget.HighImportance, w.onKey, path.onEnter)
	cancel := newButton(w.lang.Say("add.cancel"), "", widget.MediumImportance, w.onKey, w.closeModal)
	below := newText(theme.SizeNameText, colorMuted).set(hint)
	w.openModal(title, container.New(column{gap: 8}, path, below), path, browse, cancel, add)
}

// Endings of the files that a dialog lists.
var (
	pdfEndings = []string{".pdf", ".PDF"}
	csvEndings = []string{".csv", ".CSV"}
)

// browse opens the toolkit's file dialog for files with some endings.
func (w *Window) browse(do func(path string), endings ...[]string) {
	d := dialog.NewFileOpen(func(file fyne.URIReadCloser, err error) {
		switch {
		case err != nil:
			w.notices.fail(sentence(err.Error()))
		case file != nil:
			path := file.URI().Path()
			if err := file.Close(); err != nil {
				w.opts.Log.Warn("could not close a chosen file", "error", err)
			}
			do(path)
		}
	}, w.window)
	d.SetFilter(storage.NewExtensionFileFilter(slices.Concat(endings...)))
	d.Show()
	d.Resize(fyne.NewSize(760, 520)) // it has no size before it is shown
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
	m := w.detail.model
	switch {
	case len(paths) == 0 || w.modal != nil && !w.draftShown():
	case w.modal == nil && len(paths) == 1 && m.id == w.selected && m.allows(actAttach) && w.jobs[m.id] == nil && within(w.detail, at):
		w.attach(m, paths[0])
	default:
		w.addFiles(paths)
	}
}

// within tells whether a place on the canvas is on an object.
func within(o fyne.CanvasObject, at fyne.Position) bool {
	place := at.Subtract(fyne.CurrentApp().Driver().AbsolutePositionForObject(o))
	return place.X >= 0 && place.Y >= 0 && place.X < o.Size().Width && place.Y < o.Size().Height
}
