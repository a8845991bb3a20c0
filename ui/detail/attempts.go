package detail

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"countersign/core/explain"
	"countersign/core/i18n"
	"countersign/core/request"
	"countersign/ui/kit"
	"countersign/ui/status"
)

// attemptModel is how one attempt went, as text.
type attemptModel struct {
	title   string
	details string // from the gateway, or the reason of whoever withdrew it
	badge   kit.Badge
}

// attemptsOf returns a line for each attempt; nil when there was only one.
func attemptsOf(lang i18n.Language, r request.Request, events []request.Event) []attemptModel {
	if r.Attempt < 2 {
		return nil
	}
	var attempts []attemptModel
	a, when := attemptModel{}, time.Time{}
	for _, e := range events {
		switch e.Kind {
		case request.KindAnswered:
			if e.Answer.Status.Ended() {
				a.badge, when = status.Of(lang, request.Request{Status: e.Answer.Status}), e.At
				a.details = kit.Joined(e.Answer.Code, explain.Reason(lang, e.Answer.Message, e.Answer.Cause))
			}
		case request.KindWithdrawn:
			a.badge, when = status.Of(lang, request.Request{Status: request.Withdrawn}), e.At
			a.details = kit.Sentence(explain.Reason(lang, e.Reason, e.Cause))
		case request.KindReopened:
			a.title = lang.Say("detail.attempt_ended", lang.Number(len(attempts)+1), a.badge.Label, lang.Moment(when))
			attempts = append(attempts, a)
			a = attemptModel{}
		}
	}
	now := status.Of(lang, r)
	return append(attempts, attemptModel{title: lang.Say("detail.attempt_now", lang.Number(r.Attempt), now.Label), badge: now})
}

// newAttempts draws attempts as a list.
func newAttempts(attempts []attemptModel) fyne.CanvasObject {
	stack := container.New(kit.Column(8))
	for _, a := range attempts {
		said := kit.NewText(theme.SizeNameCaptionText, kit.ColorMuted)
		said.MaxLines = 3
		said.Set(a.details)
		stack.Add(container.New(kit.Row{Gap: 8},
			container.New(kit.Padding(0, 2), kit.NewIcon(a.badge.Icon, a.badge.Color, 15)),
			container.New(kit.Column(1), kit.NewText(theme.SizeNameText, theme.ColorNameForeground).Set(a.title), said),
		))
	}
	return stack
}
