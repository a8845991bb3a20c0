package ui

import (
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/explain"
	"countersign/core/input"
	"countersign/ui/async"
	"countersign/ui/kit"
)

// saveDialog describes a dialog that asks where to save a file.
type saveDialog struct {
	title, about, yes string
	kinds             []fileKind // chosen by the extension of the name; the first when no extension matches
	icon              kit.Icon   // of the button yes
	save              func(path string)
}

// fileKind is a file format to choose from. The extension begins with a dot.
type fileKind struct{ extension, name string }

// withExtension returns a path with the extension of the first kind, if it has the extension of none.
func (p saveDialog) withExtension(path string) string {
	if p.kindOf(path) < 0 {
		return path + p.kinds[0].extension
	}
	return path
}

// kindOf returns the index of the kind that a path has the extension of; -1 if there is none.
func (p saveDialog) kindOf(path string) int {
	for i, k := range p.kinds {
		if hasExtension(path, k.extension) {
			return i
		}
	}
	return -1
}

// askPath opens the dialog with a suggested path, and calls p.save with the path that was entered, completed with an
// extension. Unless problem is empty, it is shown in place of the hint. askPath does nothing while a modal or a menu is
// open.
func (w *Window) askPath(p saveDialog, path, problem string) {
	if !w.modals.NoOverlay() {
		return
	}
	folder := filepath.Dir(path)
	line := w.modals.NewLine("", showPath(path))
	line.OnEnter = func() {
		typed := input.ReadPaths(line.Text)
		if len(typed) == 0 {
			return
		}
		path := typed[0]
		if filepath.Dir(path) == showPath(folder) { // the line cannot show a name that is not UTF-8
			path = filepath.Join(folder, filepath.Base(path))
		}
		w.modals.Close()
		p.save(p.withExtension(path))
	}
	about := kit.NewText(theme.SizeNameCaptionText, kit.ColorMuted).Set(p.about)
	if problem != "" {
		about.Set(problem).SetColor(theme.ColorNameError)
	}
	content := container.New(kit.Column(8), line, about)
	if len(p.kinds) > 1 {
		content.Objects = []fyne.CanvasObject{w.newKinds(p, line), line, about}
	}
	other := kit.NewButton(w.lang.Say("request.save_folder"), kit.IconFolder, widget.MediumImportance, w.onKey, func() {
		w.modals.Close()
		w.browseFolder(func(folder string) { w.askPath(p, filepath.Join(folder, filepath.Base(line.Text)), "") })
	})
	cancel := kit.NewButton(w.lang.Say("add.cancel"), "", widget.MediumImportance, w.onKey, w.modals.Dismiss)
	yes := kit.NewButton(p.yes, p.icon, widget.HighImportance, w.onKey, line.OnEnter)
	w.modals.Open(p.title, content, line, other, cancel, yes)
}

// showPath returns a path as a line of text can show it.
func showPath(path string) string { return strings.ToValidUTF8(path, "\uFFFD") }

// newKinds returns the choice of file formats. Choosing one replaces the extension of the path, and typing an
// extension chooses its format.
func (w *Window) newKinds(p saveDialog, line *kit.Field) *kit.Select {
	kinds := kit.NewSelect(w.onKey, func(i int) {
		if was := p.kindOf(line.Text); was != i && line.Text != "" {
			path := line.Text
			if was >= 0 {
				path = path[:len(path)-len(p.kinds[was].extension)]
			}
			line.SetText(path + p.kinds[i].extension)
		}
	})
	for _, k := range p.kinds {
		kinds.Options = append(kinds.Options, k.name)
	}
	line.OnChanged = func(path string) {
		if i := p.kindOf(path); i >= 0 && i != kinds.SelectedIndex() {
			kinds.SetSelectedIndex(i)
		}
	}
	line.OnChanged(line.Text)
	return kinds
}

// reportSaved shows message, which says that a file was saved, and offers to show the file in its folder. It also
// remembers that folder for the next suggestion of a path.
func (w *Window) reportSaved(message, path string) {
	w.system.saveFolder = filepath.Dir(path)
	w.notices.inform(message)
	w.notices.offer(w.lang.Say("request.folder"), kit.IconFolder, func() {
		async.Do(w.bg, w.folderOpener(path), func(err error) {
			if err != nil {
				w.notices.fail(w.lang.Say("request.no_folder", explain.Error(w.lang, err)))
			}
		})
	})
}
