package ui

import (
	"context"

	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/ui/detail"
	"countersign/ui/kit"
)

// askWithdraw asks for the reason, and withdraws a request once that is confirmed.
func (w *Window) askWithdraw(m detail.Model) {
	reason := w.modals.NewLine(w.lang.Say("request.withdraw_reason"), "")
	reason.OnEnter = func() {
		w.modals.Close()
		w.startUndoable(m.ID, w.lang.Say("doing.withdraw"), w.lang.Say("undo.withdrawn", m.Title), func(ctx context.Context) error {
			_, err := w.desk.Withdraw(ctx, m.ID, reason.Text)
			return err
		})
	}
	text := kit.NewText(theme.SizeNameText, theme.ColorNameForeground).Set(w.lang.Say("withdraw.text", m.Title))
	yes := kit.NewButton(w.lang.Say("withdraw.yes"), "", widget.HighImportance, w.onKey, reason.OnEnter)
	no := kit.NewButton(w.lang.Say("withdraw.no"), "", widget.MediumImportance, w.onKey, w.modals.Dismiss)
	w.modals.Open(w.lang.Say("withdraw.title"), container.New(kit.Column(10), text, reason), reason, no, yes)
}

// askSignAnew asks whether to begin another visit for a request whose present visit would not be heard when the browser
// returns, and begins it. It asks because what the signer did in the present visit may be lost.
func (w *Window) askSignAnew(m detail.Model) {
	sign := func() {
		w.modals.Close()
		w.signWith(w.desk.SignAnew, m.ID, w.lang.Say("doing.sign"))
	}
	text := kit.NewText(theme.SizeNameText, theme.ColorNameForeground).Set(w.lang.Say("anew.text", m.Title))
	yes := kit.NewButton(w.lang.Say("act.sign_anew"), "", widget.HighImportance, w.onKey, sign)
	no := kit.NewButton(w.lang.Say("withdraw.no"), "", widget.MediumImportance, w.onKey, w.modals.Dismiss)
	w.modals.Open(w.lang.Say("anew.title"), container.New(kit.Column(10), text), yes, no, yes)
}
