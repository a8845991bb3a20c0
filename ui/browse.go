package ui

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"

	"countersign/ui/kit"
)

// Endings of the files that a dialog lists.
var (
	pdfEndings = []string{".pdf", ".PDF"}
	csvEndings = []string{".csv", ".CSV"}
)

// browse opens the toolkit's file dialog for files with some endings.
func (w *Window) browse(do func(path string), endings ...[]string) {
	d := dialog.NewFileOpen(func(file fyne.URIReadCloser, err error) {
		w.outside.browser = nil
		switch {
		case err != nil:
			w.notices.fail(kit.Sentence(err.Error()))
		case file != nil:
			path := file.URI().Path()
			if err := file.Close(); err != nil {
				w.opts.Log.Warn("could not close a chosen file", "error", err)
			}
			do(path)
		}
	}, w.window)
	d.SetFilter(storage.NewExtensionFileFilter(slices.Concat(endings...)))
	w.showBrowser(d, w.lang.Say("win.open_file"))
}

// browseFolder opens the toolkit's dialog for folders.
func (w *Window) browseFolder(do func(folder string)) {
	d := dialog.NewFolderOpen(func(folder fyne.ListableURI, err error) {
		w.outside.browser = nil
		switch {
		case err != nil:
			w.notices.fail(kit.Sentence(err.Error()))
		case folder != nil:
			do(folder.Path())
		}
	}, w.window)
	w.showBrowser(d, w.lang.Say("win.open_folder"))
}

// showBrowser shows a dialog for files in the window's language, and has Escape close it.
func (w *Window) showBrowser(d *dialog.FileDialog, title string) {
	d.SetTitleText(title)
	d.SetConfirmText(w.lang.Say("win.open"))
	d.SetDismissText(w.lang.Say("add.cancel"))
	w.outside.browser = d
	d.Show()
	d.Resize(fyne.NewSize(760, 520)) // it has no size before it is shown
}
