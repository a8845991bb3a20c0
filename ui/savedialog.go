package ui

import (
	"path/filepath"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/input"
	"countersign/ui/async"
	"countersign/ui/kit"
)

// saveDialog is a file that a person gives a place, and what is written there.
type saveDialog struct {
	title, about, yes string
	kinds             []fileKind // of which one is chosen by the ending of the name; the first where none fits
	icon              kit.Icon   // of what is pressed
	put               func(path string)
}

// fileKind is a kind of file.
type fileKind struct{ ending, name string }

// named gives a path an ending that it lacks.
func (p saveDialog) named(path string) string {
	if p.kind(path) < 0 {
		return path + p.kinds[0].ending
	}
	return path
}

// kind tells which kind a path's ending says; -1 for none.
func (p saveDialog) kind(path string) int {
	for i, k := range p.kinds {
		if hasEnding(path, k.ending) {
			return i
		}
	}
	return -1
}

// askPath asks for the path of a file; problem tells why the one before was not taken.
func (w *Window) askPath(p saveDialog, path, problem string) {
	if !w.modals.NoOverlay() {
		return
	}
	line := w.modals.NewLine("", path)
	line.OnEnter = func() {
		if typed := input.ReadPaths(line.Text); len(typed) > 0 {
			w.modals.Close()
			p.put(p.named(typed[0]))
		}
	}
	about := kit.NewText(theme.SizeNameCaptionText, kit.ColorMuted).Set(p.about)
	if problem != "" {
		about.Set(problem).SetColor(theme.ColorNameError)
	}
	content := container.New(kit.Column(8), line, about)
	if len(p.kinds) > 1 {
		content.Objects = []fyne.CanvasObject{w.newKinds(p, line), line, about}
	}
	folder := kit.NewButton(w.lang.Say("request.save_folder"), kit.IconFolder, widget.MediumImportance, w.onKey, func() {
		w.modals.Close()
		w.browseFolder(func(folder string) { w.askPath(p, filepath.Join(folder, filepath.Base(line.Text)), "") })
	})
	cancel := kit.NewButton(w.lang.Say("add.cancel"), "", widget.MediumImportance, w.onKey, w.modals.Close)
	yes := kit.NewButton(p.yes, p.icon, widget.HighImportance, w.onKey, line.OnEnter)
	w.modals.Open(p.title, content, line, folder, cancel, yes)
}

// newKinds lets the kind of file be chosen, which is to change the ending of its name; and shows
// the kind that a typed ending says.
func (w *Window) newKinds(p saveDialog, line *kit.Field) *kit.Select {
	kinds := kit.NewSelect(w.onKey, func(i int) {
		if was := p.kind(line.Text); was != i && line.Text != "" {
			path := line.Text
			if was >= 0 {
				path = path[:len(path)-len(p.kinds[was].ending)]
			}
			line.SetText(path + p.kinds[i].ending)
		}
	})
	for _, k := range p.kinds {
		kinds.Options = append(kinds.Options, k.name)
	}
	line.OnChanged = func(path string) {
		if i := p.kind(path); i >= 0 && i != kinds.SelectedIndex() {
			kinds.SetSelectedIndex(i)
		}
	}
	line.OnChanged(line.Text)
	return kinds
}

// tellSaved says what is where, and offers to show it there.
func (w *Window) tellSaved(said, path string) {
	w.outside.saveFolder = filepath.Dir(path)
	w.notices.offer(said, w.lang.Say("request.folder"), func() {
		async.Do(w.bg, w.showing(path), func(err error) {
			if err != nil {
				w.notices.fail(w.lang.Say("request.no_folder", err.Error()))
			}
		})
	})
}
