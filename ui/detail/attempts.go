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

// attemptModel is how one attempt went.
type attemptModel struct {
	what string
	said string // by the gateway, or by whoever withdrew it
	mark kit.Badge
}

// attemptsOf tells how each attempt went, when there was more than one.
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
				a.mark, when = status.Of(lang, request.Request{Status: e.Answer.Status}), e.At
				a.said = kit.Joined(e.Answer.Code, explain.Reason(lang, e.Answer.Message, e.Answer.Cause))
			}
		case request.KindWithdrawn:
			a.mark, when = status.Of(lang, request.Request{Status: request.Withdrawn}), e.At
			a.said = kit.Sentence(explain.Reason(lang, e.Reason, e.Cause))
		case request.KindReopened:
			a.what = lang.Say("detail.attempt_ended", lang.Number(len(attempts)+1), a.mark.Word, lang.Moment(when))
			attempts = append(attempts, a)
			a = attemptModel{}
		}
	}
	now := status.Of(lang, r)
	return append(attempts, attemptModel{what: lang.Say("detail.attempt_now", lang.Number(r.Attempt), now.Word), mark: now})
}

// newAttempts lists attempts under one another.
func newAttempts(attempts []attemptModel) fyne.CanvasObject {
	stack := container.New(kit.Column(8))
	for _, a := range attempts {
		said := kit.NewText(theme.SizeNameCaptionText, kit.ColorMuted)
		said.MaxLines = 3
		said.Set(a.said)
		stack.Add(container.New(kit.Row{Gap: 8},
			container.New(kit.Padding(0, 2), kit.NewIcon(a.mark.Icon, a.mark.Color, 15)),
			container.New(kit.Column(1), kit.NewText(theme.SizeNameText, theme.ColorNameForeground).Set(a.what), said),
		))
	}
	return stack
}
