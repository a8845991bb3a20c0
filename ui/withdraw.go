package ui

import (
	"context"

	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// askWithdraw asks before a request is withdrawn, and why it is.
func (w *Window) askWithdraw(m detailModel) {
	reason := w.newLine(w.lang.Say("request.withdraw_reason"), "")
	reason.onEnter = func() {
		w.closeModal()
		w.start(m.id, w.lang.Say("doing.withdraw"), func(ctx context.Context) error {
			_, err := w.desk.Withdraw(ctx, m.id, reason.Text)
			return err
		})
	}
	text := newText(theme.SizeNameText, theme.ColorNameForeground).set(w.lang.Say("withdraw.text", m.title))
	yes := newButton(w.lang.Say("withdraw.yes"), "", widget.HighImportance, w.onKey, reason.onEnter)
	no := newButton(w.lang.Say("withdraw.no"), "", widget.MediumImportance, w.onKey, w.closeModal)
	w.openModal(w.lang.Say("withdraw.title"), container.New(column{gap: 10}, text, reason), reason, no, yes)
}
