package ui

import (
	"context"
	"errors"
	"path/filepath"

	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/desk"
	"countersign/core/input"
)

// attach hands in the signed file of a request. One that nobody has signed, and that continues
// nothing, was most likely meant to be signed.
func (w *Window) attach(m detailModel, path string) {
	w.startOr(m.id, w.lang.Say("doing.attach"), func(ctx context.Context) error {
		_, err := w.desk.Attach(ctx, m.id, input.Path(path))
		return err
	}, func(err error) bool {
		if !errors.Is(err, desk.ErrUnsigned) || w.window.Canvas().Overlays().Top() != nil {
			return false
		}
		w.offerToAdd(m.title, path)
		return true
	})
}

// offerToAdd asks whether a file that is not the signed form of a request is to be a new one.
func (w *Window) offerToAdd(title, path string) {
	question := newText(theme.SizeNameText, theme.ColorNameForeground)
	question.set(w.lang.Say("request.not_signed_text", filepath.Base(path), title))
	add := newButton(w.lang.Say("request.not_signed_yes"), iconPlus, widget.HighImportance, w.onKey, func() {
		w.closeModal()
		w.addFiles([]string{path})
	})
	leave := newButton(w.lang.Say("request.not_signed_no"), "", widget.MediumImportance, w.onKey, w.closeModal)
	w.openModal(w.lang.Say("request.not_signed_title"), question, add, leave, add)
}
