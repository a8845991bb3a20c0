package ui

import (
	"context"
	"errors"
	"strings"

	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/desk"
	"countersign/core/explain"
	"countersign/core/input"
	"countersign/ui/detail"
	"countersign/ui/kit"
)

// attach hands in the file at path as the signed file of a request. If the file carries no signature at all, attach asks
// whether to add the file as a new request instead; if the file cannot be checked, it asks whether the person vouches
// for it. Other errors, and all errors while a modal or a menu is open, are shown as a notice.
func (w *Window) attach(m detail.Model, path string) {
	w.startOr(m.ID, w.lang.Say("doing.attach"), func(ctx context.Context) error {
		_, err := w.desk.Attach(ctx, m.ID, input.Path(path), "")
		return err
	}, func(err error) bool {
		switch {
		case !w.modals.NoOverlay():
			return false
		case errors.Is(err, desk.ErrUnsigned):
			w.offerToAdd(m.Title, path)
			return true
		case errors.Is(err, desk.ErrUnchecked):
			w.offerToVouch(m, kit.Sentence(explain.Error(w.lang, err)), func(ctx context.Context, note string) error {
				_, err := w.desk.Attach(ctx, m.ID, input.Path(path), note)
				return err
			})
			return true
		}
		return false
	})
}

// askVouch asks how the person knows that the stored files of a request, which could not be checked, are the signed ones.
func (w *Window) askVouch(m detail.Model) {
	w.offerToVouch(m, "", func(ctx context.Context, note string) error {
		_, err := w.desk.Vouch(ctx, m.ID, note)
		return err
	})
}

// offerToVouch asks for a note, and runs the function do with the note as the job of the request. problem is why the file
// could not be checked; it may be empty.
func (w *Window) offerToVouch(m detail.Model, problem string, do func(ctx context.Context, note string) error) {
	note, wrong := w.modals.NewLine(w.lang.Say("vouch.note"), ""), w.modals.NewProblem()
	why := kit.NewCallout(kit.WarningBadge)
	why.Set(problem)
	text := kit.NewText(theme.SizeNameText, theme.ColorNameForeground).Set(w.lang.Say("vouch.text", m.Title))
	yes := kit.NewButton(w.lang.Say("vouch.yes"), kit.IconFlag, widget.HighImportance, w.onKey, nil)
	note.OnEnter = func() {
		said := strings.TrimSpace(note.Text)
		if said == "" || wrong.Shows(w.problemOf(input.Note)(said)) {
			return
		}
		w.modals.Close()
		w.start(m.ID, w.lang.Say("doing.vouch"), func(ctx context.Context) error { return do(ctx, said) })
	}
	yes.OnTapped = note.OnEnter
	no := kit.NewButton(w.lang.Say("vouch.no"), "", widget.MediumImportance, w.onKey, w.modals.Dismiss)
	w.modals.Open(w.lang.Say("vouch.title"), container.New(kit.Column(10), why.Root, text, note, wrong.Text), note, no, yes)
}

// offerToAdd asks whether to add a file as a new request, because it is not the signed file of the request with
// this title.
func (w *Window) offerToAdd(title, path string) {
	question := kit.NewText(theme.SizeNameText, theme.ColorNameForeground)
	question.Set(w.lang.Say("request.not_signed_text", input.Name(path), title))
	add := kit.NewButton(w.lang.Say("request.not_signed_yes"), kit.IconPlus, widget.HighImportance, w.onKey, func() {
		w.modals.Close()
		w.composer.AddFiles([]string{path})
	})
	leave := kit.NewButton(w.lang.Say("request.not_signed_no"), "", widget.MediumImportance, w.onKey, w.modals.Dismiss)
	w.modals.Open(w.lang.Say("request.not_signed_title"), question, add, leave, add)
}
