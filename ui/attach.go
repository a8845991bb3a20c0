package ui

import (
	"context"
	"errors"
	"path/filepath"

	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/desk"
	"countersign/core/input"
	"countersign/ui/detail"
	"countersign/ui/kit"
)

// attach hands in the signed file of a request. If the file carries no signature at all, it asks whether it is a
// new request instead.
func (w *Window) attach(m detail.Model, path string) {
	w.startOr(m.ID, w.lang.Say("doing.attach"), func(ctx context.Context) error {
		_, err := w.desk.Attach(ctx, m.ID, input.Path(path))
		return err
	}, func(err error) bool {
		if !errors.Is(err, desk.ErrUnsigned) || !w.modals.NoOverlay() {
			return false
		}
		w.offerToAdd(m.Title, path)
		return true
	})
}

// offerToAdd asks whether to add a file as a new request, because it is not the signed file of the request with
// this title.
func (w *Window) offerToAdd(title, path string) {
	question := kit.NewText(theme.SizeNameText, theme.ColorNameForeground)
	question.Set(w.lang.Say("request.not_signed_text", filepath.Base(path), title))
	add := kit.NewButton(w.lang.Say("request.not_signed_yes"), kit.IconPlus, widget.HighImportance, w.onKey, func() {
		w.modals.Close()
		w.composer.AddFiles([]string{path})
	})
	leave := kit.NewButton(w.lang.Say("request.not_signed_no"), "", widget.MediumImportance, w.onKey, w.modals.Close)
	w.modals.Open(w.lang.Say("request.not_signed_title"), question, add, leave, add)
}
