package ui

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/desk"
	"countersign/core/request"
	"countersign/core/words"
)

// pathEntry takes the path of a file. Enter takes it, Escape gives up.
type pathEntry struct {
	widget.Entry
	onEnter  func()
	onEscape func()
}

// TypedKey is called by the toolkit.
func (e *pathEntry) TypedKey(key *fyne.KeyEvent) {
	switch key.Name {
	case fyne.KeyReturn, fyne.KeyEnter:
		e.onEnter()
	case fyne.KeyEscape:
		e.onEscape()
	default:
		e.Entry.TypedKey(key)
	}
}

// onAdd asks for a file that is to be signed.
func (w *Window) onAdd() {
	w.askFile(w.lang.Say("add.title"), w.lang.Say("add.hint"), w.lang.Say("add.yes"), func(path string) { w.addFiles([]string{path}) })
}

// askFile asks for a file, by its path or in the file dialog, and does something with it.
func (w *Window) askFile(title, hint, yes string, do func(path string)) {
	path := &pathEntry{onEscape: w.closeModal}
	path.ExtendBaseWidget(path)
	path.PlaceHolder = w.lang.Say("add.path")
	path.onEnter = func() {
		if typed := strings.Trim(strings.TrimSpace(path.Text), `"`); typed != "" {
			w.closeModal()
			do(typed)
		}
	}
	browse := newButton(w.lang.Say("add.browse"), iconFile, widget.MediumImportance, w.onKey, func() {
		w.closeModal()
		w.browse(do)
	})
	add := newButton(yes, iconPlus, widget.HighImportance, w.onKey, path.onEnter)
	cancel := newButton(w.lang.Say("add.cancel"), "", widget.MediumImportance, w.onKey, w.closeModal)
	below := newText(theme.SizeNameText, colorMuted).set(hint)
	w.openModal(title, container.New(column{gap: 8}, path, below), path, browse, cancel, add)
}

// browse opens the toolkit's file dialog.
func (w *Window) browse(do func(path string)) {
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
	d.SetFilter(storage.NewExtensionFileFilter([]string{".pdf", ".PDF"}))
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
	case len(paths) == 0 || w.modal != nil:
	case len(paths) == 1 && m.id == w.selected && m.allows(actAttach) && w.jobs[m.id] == nil && within(w.detail, at):
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

// outcome is what became of files that were to be added.
type outcome struct {
	last  request.ID
	added int
	bad   []string // the reasons, in words
}

// addFiles puts each file on the desk as a request of its own. Good ones go on, bad ones
// are told with their reasons, and the last one added is chosen.
func (w *Window) addFiles(paths []string) {
	if len(paths) > 1 {
		w.notices.tell(w.lang.Count("add.adding", len(paths)))
	}
	ask(w.bg, w.bg.ctx, func(ctx context.Context) (outcome, error) {
		var o outcome
		for _, path := range paths {
			r, err := w.desk.Add(ctx, desk.New{Files: []desk.File{desk.PathFile(path)}})
			if ctx.Err() != nil {
				return o, ctx.Err()
			}
			if err != nil {
				o.bad = append(o.bad, sentence(err.Error()))
				continue
			}
			o.last, o.added = r.ID, o.added+1
		}
		return o, nil
	}, w.onAdded)
}

func (w *Window) onAdded(o outcome, err error) {
	if err != nil {
		w.notices.fail(sentence(err.Error()))
		return
	}
	switch {
	case len(o.bad) > 0:
		w.notices.fail(notAdded(w.lang, o.added, o.bad))
	default:
		w.notices.tell(w.lang.Count("add.added", o.added))
	}
	if o.last == "" {
		return
	}
	if w.list.search.Text != "" || !w.viewHolds(request.Pending) {
		w.list.search.Text = ""
		w.list.search.Refresh()
		w.setView(0, false)
	}
	w.choose(o.last)
	w.list.focus()
}

// maxReasons bounds how many bad files are told one by one.
const maxReasons = 5

// notAdded tells why files were not added.
func notAdded(lang words.Language, added int, reasons []string) string {
	lines := []string{}
	switch {
	case added == 0 && len(reasons) == 1:
		return reasons[0]
	case added == 0:
		lines = append(lines, lang.Count("add.none", len(reasons)))
	default:
		lines = append(lines, lang.Count("add.some", added+len(reasons), lang.Number(added)))
	}
	shown := min(len(reasons), maxReasons)
	lines = append(lines, reasons[:shown]...)
	if rest := len(reasons) - shown; rest > 0 {
		lines = append(lines, lang.Count("add.more", rest))
	}
	return strings.Join(lines, "\n")
}
