package files

import (
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/explain"
	"countersign/core/filechooser"
	"countersign/core/input"
	"countersign/ui/kit"
)

// Save describes a question where to save a file.
type Save struct {
	Title, About, Yes string
	Kinds             []Kind   // chosen by the extension of the name; the first when no extension matches
	Icon              kit.Icon // of the button Yes
	Do                func(path string)
}

// Kind is a file format to choose from. The extension begins with a period.
type Kind struct{ Extension, Name string }

// SavedIn returns the folder of the file that was saved last; empty for none.
func (c *Chooser) SavedIn() string { return c.saved }

// Saved remembers the folder of a file that was saved.
func (c *Chooser) Saved(path string) { c.saved = filepath.Dir(path) }

// AskPath asks where to save a file, and calls p.Do with the path that was chosen, completed with an extension. The suggested
// path is that of a file that does not exist. A sheet with a field for the path asks instead of a dialog of the system where
// there is none, and where failed is not nil: it is why nothing could be saved at the path that was chosen before. While a modal,
// a menu or a file dialog is open, AskPath asks nothing, and only shows the error.
func (c *Chooser) AskPath(p Save, path string, failed error) {
	switch open := !c.modals.NoOverlay(); {
	case open && failed != nil:
		c.fail(failed)
		return
	case open:
		return
	case failed != nil:
		c.askSheet(p, path, kit.Sentence(explain.Error(c.lang, failed)))
		return
	}
	d := filechooser.Dialog{Kind: filechooser.SaveFile, Title: p.Title, Accept: p.Yes, Folder: filepath.Dir(path), Name: filepath.Base(path)}
	for _, k := range p.Kinds {
		name := k.Name
		if name == "" {
			name = filterName([]string{k.Extension})
		}
		d.Filters = append(d.Filters, filechooser.Filter{Name: name, Extensions: []string{k.Extension}})
	}
	c.ask(d, func(a filechooser.Answer) { p.Do(p.pathOf(a)) }, func() { c.askSheet(p, path, "") })
}

// pathOf returns the path that was chosen in a dialog of the system. A name without the extension of a kind gets that of the
// kind that was chosen. So does a name that still has the suggested extension, that of the first kind: not every dialog changes
// the extension with the kind.
func (p Save) pathOf(a filechooser.Answer) string {
	path := a.Paths[0]
	if a.Filter <= 0 || a.Filter >= len(p.Kinds) {
		return p.withExtension(path)
	}
	switch p.kindOf(path) {
	case -1:
		return path + p.Kinds[a.Filter].Extension
	case 0:
		return path[:len(path)-len(p.Kinds[0].Extension)] + p.Kinds[a.Filter].Extension
	}
	return path
}

// withExtension returns a path with the extension of the first kind, if it has the extension of none.
func (p Save) withExtension(path string) string {
	if p.kindOf(path) < 0 {
		return path + p.Kinds[0].Extension
	}
	return path
}

// kindOf returns the index of the kind that a path has the extension of; -1 if there is none.
func (p Save) kindOf(path string) int {
	for i, k := range p.Kinds {
		if hasExtension(path, k.Extension) {
			return i
		}
	}
	return -1
}

// hasExtension reports whether a path has an extension, in upper or lower case.
func hasExtension(path, extension string) bool {
	return strings.EqualFold(filepath.Ext(path), extension)
}

// askSheet asks with a field for the path. Unless problem is empty, it is shown in place of the hint.
func (c *Chooser) askSheet(p Save, path, problem string) {
	folder := filepath.Dir(path)
	line := c.modals.NewLine("", showPath(path))
	line.OnEnter = func() {
		typed := input.ReadPaths(line.Text)
		if len(typed) == 0 {
			return
		}
		path := typed[0]
		if filepath.Dir(path) == showPath(folder) { // the line cannot show a name that is not UTF-8
			path = filepath.Join(folder, filepath.Base(path))
		}
		c.modals.Close()
		p.Do(p.withExtension(path))
	}
	about := kit.NewText(theme.SizeNameCaptionText, kit.ColorMuted)
	about.Set(p.About)
	if problem != "" {
		about.Set(problem).SetColor(theme.ColorNameError)
	}
	content := container.New(kit.Column(8), line, about)
	if len(p.Kinds) > 1 {
		content.Objects = []fyne.CanvasObject{c.newKinds(p, line), line, about}
	}
	other := kit.NewButton(c.lang.Say("request.save_folder"), kit.IconFolder, widget.MediumImportance, c.pass, func() {
		c.Folder(func(chosen string) {
			folder = chosen
			line.SetText(showPath(filepath.Join(folder, filepath.Base(line.Text))))
			about.Set(p.About).SetColor(kit.ColorMuted)
			c.modals.Focus(line)
		})
	})
	cancel := kit.NewButton(c.lang.Say("add.cancel"), "", widget.MediumImportance, c.pass, c.modals.Dismiss)
	yes := kit.NewButton(p.Yes, p.Icon, widget.HighImportance, c.pass, line.OnEnter)
	c.modals.Open(p.Title, content, line, other, cancel, yes)
}

// showPath returns a path as a line of text can show it.
func showPath(path string) string { return strings.ToValidUTF8(path, "\uFFFD") }

// newKinds returns the choice of file formats. Choosing one replaces the extension of the path, and typing an
// extension chooses its format.
func (c *Chooser) newKinds(p Save, line *kit.Field) *kit.Select {
	kinds := kit.NewSelect(c.pass, func(i int) {
		if was := p.kindOf(line.Text); was != i && line.Text != "" {
			path := line.Text
			if was >= 0 {
				path = path[:len(path)-len(p.Kinds[was].Extension)]
			}
			line.SetText(path + p.Kinds[i].Extension)
		}
	})
	for _, k := range p.Kinds {
		kinds.Options = append(kinds.Options, k.Name)
	}
	line.OnChanged = func(path string) {
		if i := p.kindOf(path); i >= 0 && i != kinds.SelectedIndex() {
			kinds.SetSelectedIndex(i)
		}
	}
	line.OnChanged(line.Text)
	return kinds
}

// AskPDF asks for a PDF file, and calls the function do with its path. Where the system has no dialog, a sheet with a field for
// the path and a hint asks. If the person cancels, do is not called.
func (c *Chooser) AskPDF(title, hint, yes string, do func(path string)) {
	q := Question{Title: title, Accept: yes, Extensions: [][]string{PDFs}}
	one := func(paths []string) { do(paths[0]) }
	c.OpenOr(q, one, func() {
		path := c.modals.NewLine(c.lang.Say("add.path"), "")
		path.OnEnter = func() {
			if typed := strings.Trim(strings.TrimSpace(path.Text), `"`); typed != "" {
				c.modals.Close()
				do(typed)
			}
		}
		browse := kit.NewButton(c.lang.Say("add.browse"), kit.IconFile, widget.MediumImportance, c.pass, func() {
			c.modals.Close()
			c.openWithToolkit(q, one)
		})
		add := kit.NewButton(yes, kit.IconPlus, widget.HighImportance, c.pass, path.OnEnter)
		cancel := kit.NewButton(c.lang.Say("add.cancel"), "", widget.MediumImportance, c.pass, c.modals.Dismiss)
		below := kit.NewText(theme.SizeNameText, kit.ColorMuted).Set(hint)
		c.modals.Open(title, container.New(kit.Column(8), path, below), path, browse, cancel, add)
	})
}
