package ui

import (
	"context"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/desk"
	"countersign/core/request"
)

// saveCopy asks where a copy of a signed document is to be, with a name that is free.
func (w *Window) saveCopy(id request.ID, document int, digest string) {
	ask(w.bg, w.bg.ctx, func(ctx context.Context) (string, error) {
		return w.desk.SuggestCopy(ctx, id, document, w.copyFolder)
	}, func(path string, err error) {
		if err != nil {
			w.notices.fail(sentence(err.Error()))
			return
		}
		w.askCopy(digest, path, "")
	})
}

// askCopy asks for the path of a copy; problem tells why the one before was not taken.
func (w *Window) askCopy(digest, path, problem string) {
	if w.window.Canvas().Overlays().Top() != nil {
		return
	}
	line := w.newLine("", path)
	line.onEnter = func() {
		if typed := desk.ReadPaths(line.Text); len(typed) > 0 {
			w.closeModal()
			w.putCopy(digest, asPDF(typed[0]))
		}
	}
	hint := newText(theme.SizeNameCaptionText, colorMuted).set(w.lang.Say("request.save_hint"))
	if problem != "" {
		hint.set(problem).setColor(theme.ColorNameError)
	}
	folder := newButton(w.lang.Say("request.save_folder"), iconFolder, widget.MediumImportance, w.onKey, func() {
		w.closeModal()
		w.browseFolder(func(folder string) { w.askCopy(digest, filepath.Join(folder, filepath.Base(line.Text)), "") })
	})
	cancel := newButton(w.lang.Say("add.cancel"), "", widget.MediumImportance, w.onKey, w.closeModal)
	yes := newButton(w.lang.Say("request.save_yes"), iconDrop, widget.HighImportance, w.onKey, line.onEnter)
	w.openModal(w.lang.Say("request.save_title"), container.New(column{gap: 8}, line, hint), line, folder, cancel, yes)
}

// putCopy saves a copy, and asks again where it could not be.
func (w *Window) putCopy(digest, path string) {
	ask(w.bg, w.bg.ctx, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, w.desk.SaveCopy(ctx, digest, path)
	}, func(_ struct{}, err error) {
		if err != nil {
			w.askCopy(digest, path, sentence(err.Error()))
			return
		}
		w.copyFolder = filepath.Dir(path)
		w.notices.tell(w.lang.Say("request.saved", path))
	})
}

// asPDF gives a name the ending that it lacks.
func asPDF(path string) string {
	if strings.EqualFold(filepath.Ext(path), ".pdf") {
		return path
	}
	return path + ".pdf"
}
