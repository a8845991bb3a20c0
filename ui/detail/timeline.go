package detail

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"countersign/core/evidence"
	"countersign/core/explain"
	"countersign/core/i18n"
	"countersign/core/request"
	"countersign/core/settings"
	"countersign/ui/kit"
	"countersign/ui/status"
)

// eventModel is one event of the timeline, as text.
type eventModel struct {
	what   string
	detail string
	when   string
	color  fyne.ThemeColorName // of its dot; the text says the same
}

// eventModels returns the newest maxEvents events, newest first, and the number of older ones. An event of another desk than here has its
// desk.
func eventModels(lang i18n.Language, names settings.Names, events []request.Event, here string) (models []eventModel, earlier int) {
	for i := len(events) - 1; i >= 0; i-- {
		if len(models) == maxEvents {
			return models, i + 1
		}
		m := newEventModel(lang, names, events[i])
		if desk := events[i].Desk; events[i].Brought != nil {
			m.when = kit.Joined(m.when, lang.Say("office.brought", request.ShowHidden(desk)))
		} else if desk != here && desk != "" {
			m.when = kit.Joined(m.when, lang.Say("office.at_desk", request.ShowHidden(desk)))
		}
		models = append(models, m)
	}
	return models, 0
}

// newEventModel returns the texts of an event.
func newEventModel(lang i18n.Language, names settings.Names, e request.Event) eventModel {
	m := eventModel{when: lang.Moment(e.At), color: kit.ColorMuted}
	if by := e.DoneBy(); by != "" {
		m.when = kit.Joined(m.when, names.Person(by))
	}
	m.detail = kit.Sentence(explain.Reason(lang, e.Reason, e.Cause))
	switch e.Kind {
	case request.KindAdded:
		m.what = lang.Say("event.added")
		if e.Added != nil && len(e.Added.Documents) > 1 {
			m.detail = lang.Count("event.documents", len(e.Added.Documents))
		}
	case request.KindLaunched:
		m.what, m.color = lang.Say("event.launched"), theme.ColorNamePrimary
		if e.Visit != nil {
			var notes []string
			if n := len(e.Visit.Requests); n > 1 {
				notes = append(notes, kit.Sentence(lang.Count("event.together", n-1)))
			}
			for _, note := range e.Visit.NoteSentences() {
				notes = append(notes, kit.Sentence(explain.Reason(lang, note.Text, note.Cause)))
			}
			m.detail = strings.Join(notes, "\n")
		}
	case request.KindLaunchFailed:
		m.what, m.color = lang.Say("event.launch_failed"), kit.ColorBad
	case request.KindOpened:
		m.what, m.color = lang.Say("event.opened"), theme.ColorNamePrimary
		if e.IsAddressShown() {
			m.what, m.detail = lang.Say("request.event_shown"), ""
		}
	case request.KindOpenFailed:
		m.what, m.color = lang.Say("event.open_failed"), kit.ColorBad
	case request.KindReturned:
		m.what, m.color = lang.Say("event.returned"), theme.ColorNamePrimary
		if e.Return != nil {
			if e.Return.Code != "" {
				m.detail = lang.Say("event.browser_says", e.Return.Code)
			}
			if how := explain.Deviation(lang, e.Return.Deviation); how != "" {
				m.detail = strings.TrimPrefix(m.detail+"\n"+how, "\n")
			}
			if e.Return.Rejection != "" {
				m.what, m.color, m.detail = lang.Say("event.not_believed"), kit.ColorBad, kit.Sentence(explain.Reason(lang, e.Return.Rejection, e.Return.Cause))
			}
		}
	case request.KindAnswered:
		m.answered(lang, e.Answer)
	case request.KindStored:
		m.stored(lang, e.Stored)
	case request.KindTrouble:
		m.what, m.color = lang.Say("event.trouble"), kit.ColorWarn
	case request.KindDiscarded:
		m.what = lang.Say("event.discarded")
	case request.KindWithdrawn:
		m.what, m.color = lang.Say("event.withdrawn"), kit.ColorOver
	case request.KindReopened:
		m.what, m.color = lang.Say("event.reopened"), theme.ColorNamePrimary
	case request.KindEdited:
		m.what = lang.Say("request.event_edited")
		if e.Edited != nil {
			m.detail = kit.Joined(kit.Joined(e.Edited.Title, e.Edited.Reference), dueText(lang, e.Edited.Due))
		}
	case request.KindDetailsChanged:
		m.what, m.detail = lang.Say("request.event_details"), strings.Join(explain.DetailsChange(lang, named(names, e.Details)), "\n")
	case request.KindReviewed:
		m.what, m.color = lang.Say("review.event_returned"), kit.ColorWarn
		if e.Reviewed != nil {
			if e.Reviewed.Decision == request.Accepted {
				m.what, m.color = lang.Say("review.event_accepted"), kit.ColorGood
			}
			m.detail = e.Reviewed.Note
		}
	case request.KindArchived:
		m.what = lang.Say("event.archived")
	case request.KindUnarchived:
		m.what, m.color = lang.Say("event.unarchived"), theme.ColorNamePrimary
	case request.KindReplaced:
		m.what, m.color = lang.Say("event.replaced"), theme.ColorNamePrimary
	case request.KindReturnLost:
		m.what, m.color = lang.Say("event.return_lost"), kit.ColorWarn
	case request.KindReturnHeard:
		m.what = lang.Say("event.return_heard")
	case request.KindVouched:
		m.what, m.color = lang.Say("event.vouched"), kit.ColorWarn
		if e.Vouched != nil {
			m.detail = e.Vouched.Note
		}
	case request.KindFileDamaged, request.KindFileRestored:
		m.what, m.detail = explain.FileCheck(lang, e.FileCheck)
		m.detail, m.color = kit.Sentence(m.detail), kit.ColorBad
		if e.Kind == request.KindFileRestored {
			m.color = kit.ColorGood
		}
	default:
		m.what = string(e.Kind)
	}
	return m
}

func (m *eventModel) answered(lang i18n.Language, a *request.Answer) {
	if a == nil {
		m.what = lang.Say("event.answered")
		return
	}
	outcome := status.Of(lang, request.Request{Status: a.Status})
	m.color = outcome.Color
	m.what = explain.Answer(lang, outcome.Label, a.Evidence)
	if a.Status == request.Signing {
		m.what, m.color = lang.Say("event.unknown_code"), kit.ColorWarn
	}
	m.detail = kit.Joined(a.Code, explain.Reason(lang, a.Message, a.Cause))
}

func (m *eventModel) stored(lang i18n.Language, s *request.Stored) {
	m.what, m.color = lang.Say("event.stored"), kit.ColorGood
	if s == nil {
		return
	}
	m.detail = lang.Say("event.stored_proves")
	if len(s.Changes) > 0 {
		m.color, m.detail = kit.ColorWarn, lang.Say("changed.file", evidence.DescribeChanges(s.Changes, lang))
	}
	if s.Unchecked {
		m.what, m.color, m.detail = lang.Say("event.stored_unchecked"), kit.ColorWarn, kit.Sentence(explain.Reason(lang, s.Problem, s.Cause))
	} else if !s.Proves {
		m.what, m.color, m.detail = lang.Say("event.stored_bad"), kit.ColorBad, kit.Sentence(explain.Reason(lang, s.Problem, s.Cause))
	}
}

// newTimeline draws events one below the other, joined by a line.
func newTimeline(lang i18n.Language, events []eventModel, earlier int) fyne.CanvasObject {
	stack := container.New(kit.Column(0))
	for i, e := range events {
		what := kit.NewBoldText(theme.SizeNameText, theme.ColorNameForeground).Set(e.what)
		detail := kit.NewText(theme.SizeNameText, theme.ColorNameForeground).Set(e.detail)
		when := kit.NewText(theme.SizeNameCaptionText, kit.ColorMuted).Set(e.when)
		said := container.New(kit.Column(1), what, detail, when, kit.NewGap(12))
		stack.Add(container.New(kit.Row{Gap: 12, Stretch: true}, newTimelineDot(e.color, i == 0, i == len(events)-1 && earlier == 0), said))
	}
	if earlier > 0 {
		stack.Add(kit.NewText(theme.SizeNameCaptionText, kit.ColorMuted).Set(lang.Count("event.earlier", earlier)))
	}
	return stack
}

// named returns a change with the names of gateways as people see them.
func named(names settings.Names, c *request.DetailsChange) *request.DetailsChange {
	if c == nil {
		return nil
	}
	shown := *c
	shown.From.Gateway, shown.To.Gateway = names.Gateway(c.From.Gateway), names.Gateway(c.To.Gateway)
	return &shown
}
