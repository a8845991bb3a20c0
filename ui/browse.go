package ui

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"

	"countersign/core/explain"
	"countersign/ui/kit"
)

// File name extensions that a file dialog lists, in upper or lower case.
var (
	pdfExtensions  = []string{".pdf", ".PDF"}
	listExtensions = []string{".csv", ".CSV", ".tsv", ".TSV", ".xlsx", ".XLSX"}
)

// browse opens a file dialog that lists files with the given extensions, and calls the function do with the path that
// was chosen. It does not call do when the dialog is dismissed.
func (w *Window) browse(do func(path string), extensions ...[]string) {
	d := dialog.NewFileOpen(func(file fyne.URIReadCloser, err error) {
		w.system.fileDialog = nil
		switch {
		case err != nil:
			w.notices.fail(kit.Sentence(explain.Error(w.lang, err)))
		case file != nil:
			path := file.URI().Path()
			if err := file.Close(); err != nil {
				w.opts.Log.Warn("could not close a chosen file", "error", err)
			}
			do(path)
		}
	}, w.window)
	d.SetFilter(storage.NewExtensionFileFilter(slices.Concat(extensions...)))
	w.showFileDialog(d, w.lang.Say("win.open_file"))
}

// browseFolder opens a folder dialog, and calls the function do with the path that was chosen. It does not call do
// when the dialog is dismissed.
func (w *Window) browseFolder(do func(folder string)) {
	d := dialog.NewFolderOpen(func(folder fyne.ListableURI, err error) {
		w.system.fileDialog = nil
		switch {
		case err != nil:
			w.notices.fail(kit.Sentence(explain.Error(w.lang, err)))
		case folder != nil:
			do(folder.Path())
		}
	}, w.window)
	w.showFileDialog(d, w.lang.Say("win.open_folder"))
}

// showFileDialog shows a file dialog in the window's language. Escape dismisses it, see [Window.onKey].
func (w *Window) showFileDialog(d *dialog.FileDialog, title string) {
	d.SetTitleText(title)
	d.SetConfirmText(w.lang.Say("win.open"))
	d.SetDismissText(w.lang.Say("add.cancel"))
	w.system.fileDialog = d
	d.Show()
	d.Resize(fyne.NewSize(760, 520)) // it has no size before it is shown
}
