package detail

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"countersign/core/i18n"
	"countersign/core/request"
	"countersign/core/settings"
	"countersign/ui/kit"
	"countersign/ui/status"
)

// reviewSection shows the review of the outcome, with links to decide and to save the evidence.
func (d *Pane) reviewSection(m Model) fyne.CanvasObject {
	said := kit.NewText(theme.SizeNameText, theme.ColorNameForeground).Set(m.reviewed)
	note := kit.NewText(theme.SizeNameText, kit.ColorMuted).Set(m.reviewNote)
	links := container.New(kit.NewFlowGaps(18, 2))
	for _, a := range []status.Action{status.Accept, status.SendBack, status.SaveEvidence} {
		if m.Allows(a) && !m.Pending {
			links.Add(d.newLink(a, func() { d.host.Do(a) }))
		}
	}
	return kit.NewSection(d.lang.Say("review.section"), container.New(kit.Column(4), said, note, links))
}

// reviewText returns the review of an outcome as a sentence; empty while there is no outcome.
func reviewText(lang i18n.Language, names settings.Names, r request.Request) string {
	v := r.Review
	switch {
	case !r.Status.Ended():
		return ""
	case v == nil:
		return lang.Say("review.undecided")
	case v.Decision == request.Accepted:
		return lang.Say("review.accepted_by", kit.Joined(names.Person(v.By), lang.Moment(v.At)))
	}
	return lang.Say("review.returned_by", kit.Joined(names.Person(v.By), lang.Moment(v.At)))
}
