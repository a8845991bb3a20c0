package files

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"
)

// openWithToolkit asks for one file with the toolkit's dialog.
func (c *Chooser) openWithToolkit(q Question, do func(paths []string)) {
	d := dialog.NewFileOpen(func(file fyne.URIReadCloser, err error) {
		c.toolkit = nil
		switch {
		case err != nil:
			c.fail(err)
		case file != nil:
			path := file.URI().Path()
			_ = file.Close() // nothing was read from it
			do([]string{path})
		}
	}, c.window)
	if listed := slices.Concat(q.Extensions...); len(listed) > 0 {
		for _, extension := range listed {
			listed = append(listed, strings.ToUpper(extension))
		}
		d.SetFilter(storage.NewExtensionFileFilter(listed))
	}
	title := q.Title
	if title == "" {
		title = c.lang.Say("win.open_file")
	}
	c.showToolkit(d, title)
}

// folderWithToolkit asks for a folder with the toolkit's dialog.
func (c *Chooser) folderWithToolkit(do func(folder string)) {
	d := dialog.NewFolderOpen(func(folder fyne.ListableURI, err error) {
		c.toolkit = nil
		switch {
		case err != nil:
			c.fail(err)
		case folder != nil:
			do(folder.Path())
		}
	}, c.window)
	c.showToolkit(d, c.lang.Say("win.open_folder"))
}

// showToolkit shows a dialog of the toolkit in the window's language.
func (c *Chooser) showToolkit(d *dialog.FileDialog, title string) {
	d.SetTitleText(title)
	d.SetConfirmText(c.lang.Say("win.open"))
	d.SetDismissText(c.lang.Say("add.cancel"))
	c.toolkit = d
	d.Show()
	d.Resize(fyne.NewSize(760, 520)) // it has no size before it is shown
}
