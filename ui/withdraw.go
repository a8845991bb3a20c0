package ui

import (
	"context"

	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/explain"
	"countersign/core/input"
	"countersign/core/request"
	"countersign/ui/archiving"
	"countersign/ui/detail"
	"countersign/ui/kit"
)

// askWithdraw asks for the reason, and withdraws a request once that is confirmed.
func (w *Window) askWithdraw(m detail.Model) {
	reason, wrong := w.modals.NewLine(w.lang.Say("request.withdraw_reason"), ""), w.modals.NewProblem()
	reason.OnEnter = func() {
		if wrong.Shows(w.problemOf(input.Reason)(reason.Text)) {
			return
		}
		w.modals.Close()
		w.startUndoable(m.ID, w.lang.Say("doing.withdraw"), w.lang.Say("undo.withdrawn", m.Title), request.Event{Kind: request.KindWithdrawn, Reason: reason.Text}, func(ctx context.Context) error {
			_, err := w.desk.Withdraw(ctx, m.ID, reason.Text)
			return err
		})
	}
	text := kit.NewText(theme.SizeNameText, theme.ColorNameForeground).Set(w.lang.Say("withdraw.text", m.Title))
	yes := kit.NewButton(w.lang.Say("withdraw.yes"), "", widget.DangerImportance, w.onKey, reason.OnEnter)
	no := kit.NewButton(w.lang.Say("withdraw.no"), "", widget.MediumImportance, w.onKey, w.modals.Dismiss)
	w.modals.Open(w.lang.Say("withdraw.title"), container.New(kit.Column(10), text, reason, wrong.Text), reason, no, yes)
}

// archive puts a request away, unless the person takes that back.
func (w *Window) archive(m detail.Model) {
	w.startUndoable(m.ID, w.lang.Say("doing.archive"), w.lang.Say("undo.archived", m.Title), request.Event{Kind: request.KindArchived}, func(ctx context.Context) error {
		_, err := w.desk.Archive(ctx, m.ID, "")
		return err
	})
}

// unarchive removes a request from the archive.
func (w *Window) unarchive(m detail.Model) {
	w.start(m.ID, w.lang.Say("doing.unarchive"), func(ctx context.Context) error {
		_, err := w.desk.Unarchive(ctx, m.ID)
		return err
	})
}

// askArchive asks up to which day requests ended that are to be put away, and puts them away.
func (w *Window) askArchive() {
	if w.canStartBulk() {
		archiving.Ask(w.lang, w.desk, w.bg, w.modals, w.opts.Now, w.onKey, w.list.Scope().Practice(), w.startArchive)
	}
}

// problemOf returns a function that returns why a text cannot be used as one of that kind, as a sentence, and "" if it can.
func (w *Window) problemOf(kind input.Typed) func(text string) string {
	return func(text string) string {
		if _, err := kind.Clean(text); err != nil {
			return kit.Sentence(explain.Error(w.lang, err))
		}
		return ""
	}
}

// askSignAnew asks whether to begin another visit for a request whose present visit would not be heard when the browser
// returns, and begins it. It asks because what the signer did in the present visit may be lost.
func (w *Window) askSignAnew(m detail.Model) {
	sign := func() {
		w.modals.Close()
		w.signWith(w.desk.SignAnew, m.ID, w.lang.Say("doing.sign"))
	}
	question := w.lang.Say("anew.text", m.Title)
	if m.Elsewhere != "" {
		question = w.lang.Say("office.anew_text", m.Title, request.ShowHidden(m.Elsewhere))
	}
	text := kit.NewText(theme.SizeNameText, theme.ColorNameForeground).Set(question)
	yes := kit.NewButton(w.lang.Say("act.sign_anew"), "", widget.HighImportance, w.onKey, sign)
	no := kit.NewButton(w.lang.Say("withdraw.no"), "", widget.MediumImportance, w.onKey, w.modals.Dismiss)
	w.modals.Open(w.lang.Say("anew.title"), container.New(kit.Column(10), text), yes, no, yes)
}
