package ui

import (
	"image/color"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"countersign/core/request"
)

// eventModel is one event of the timeline, in words.
type eventModel struct {
	what   string
	detail string
	when   string
	color  fyne.ThemeColorName // of its dot; the words say the same
}

// eventModels puts a history into words, newest first, and counts what is left out.
func eventModels(events []request.Event) (models []eventModel, earlier int) {
	for i := len(events) - 1; i >= 0; i-- {
		if len(models) == maxEvents {
			return models, i + 1
		}
		models = append(models, newEventModel(events[i]))
	}
	return models, 0
}

func newEventModel(e request.Event) eventModel {
	m := eventModel{when: moment(e.At), color: colorMuted}
	if e.By != "" {
		m.when = joined(m.when, e.By)
	}
	m.detail = sentence(e.Reason)
	switch e.Kind {
	case request.KindAdded:
		m.what = wordEventAdded
		if e.Added != nil && len(e.Added.Documents) > 1 {
			m.detail = wordDocuments(len(e.Added.Documents))
		}
	case request.KindLaunched:
		m.what, m.color = wordEventLaunched, theme.ColorNamePrimary
		if e.Visit != nil {
			m.detail = sentence(strings.Join(e.Visit.Notes, " "))
			if n := len(e.Visit.Requests); n > 1 {
				m.detail = joined(wordVisitOf(n), m.detail)
			}
		}
	case request.KindLaunchFailed:
		m.what, m.color = wordEventLaunchFailed, colorBad
	case request.KindOpened:
		m.what, m.color = wordEventOpened, theme.ColorNamePrimary
	case request.KindOpenFailed:
		m.what, m.color = wordEventOpenFailed, colorBad
	case request.KindReturned:
		m.what, m.color = wordEventReturned, theme.ColorNamePrimary
		if e.Return != nil {
			if e.Return.Word != "" {
				m.detail = wordBrowserSays(e.Return.Word)
			}
			if e.Return.Refuse != "" {
				m.what, m.color, m.detail = wordEventNotBelieved, colorBad, sentence(e.Return.Refuse)
			}
		}
	case request.KindAnswered:
		m.answered(e.Answer)
	case request.KindStored:
		m.stored(e.Stored)
	case request.KindTrouble:
		m.what, m.color = wordEventTrouble, colorWarn
	case request.KindDiscarded:
		m.what = wordEventDiscarded
	case request.KindWithdrawn:
		m.what, m.color = wordEventWithdrawn, colorOver
	case request.KindReopened:
		m.what, m.color = wordEventReopened, theme.ColorNamePrimary
	default:
		m.what = string(e.Kind)
	}
	return m
}

func (m *eventModel) answered(a *request.Answer) {
	if a == nil {
		m.what = wordEventAnswered
		return
	}
	outcome := statusMark(request.Request{Status: a.Status})
	m.color = outcome.color
	m.what = wordEventOutcome(outcome.word, a.Evidence)
	if a.Status == request.Signing {
		m.what, m.color = wordEventUnknownWord, colorWarn
	}
	m.detail = joined(a.Word, a.Message)
}

func (m *eventModel) stored(s *request.Stored) {
	m.what, m.color = wordEventStored, colorGood
	if s == nil {
		return
	}
	m.detail = wordStoredProves
	if !s.Proves {
		m.what, m.color, m.detail = wordEventStoredBad, colorBad, sentence(s.Problem)
	}
}

// newTimeline draws events under one another along a line.
func newTimeline(events []eventModel, earlier int) fyne.CanvasObject {
	stack := container.New(column{})
	for i, e := range events {
		what := newBoldText(theme.SizeNameText, theme.ColorNameForeground).set(e.what)
		detail := newText(theme.SizeNameText, theme.ColorNameForeground).set(e.detail)
		when := newText(theme.SizeNameCaptionText, colorMuted).set(e.when)
		words := container.New(column{gap: 1}, what, detail, when, newGap(12))
		stack.Add(container.New(beside{gap: 12, stretch: true}, newKnot(e.color, i == 0, i == len(events)-1 && earlier == 0), words))
	}
	if earlier > 0 {
		stack.Add(newText(theme.SizeNameCaptionText, colorMuted).set(wordEarlier(earlier)))
	}
	return stack
}

// newGap is nothing, of a height.
func newGap(height float32) fyne.CanvasObject {
	gap := canvas.NewRectangle(color.Transparent)
	gap.SetMinSize(fyne.NewSize(1, height))
	return gap
}
