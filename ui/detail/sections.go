package detail

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"countersign/ui/kit"
	"countersign/ui/status"
)

// buildSections returns the sections below the buttons: first what a clerk looks at, then what an auditor does. What the gateway
// answered comes first if the request was not signed, since it says why.
func (d *Pane) buildSections(m Model) []fyne.CanvasObject {
	var sections, answer []fyne.CanvasObject
	d.docs = nil
	if m.Code != "" || m.Message != "" {
		answer = append(answer, kit.NewSection(d.lang.Say("section.gateway"), d.newQuote(m.Code, m.Message)))
	}
	if !m.signed {
		sections, answer = answer, nil
	}
	if len(m.docs) > 0 {
		stack := container.New(kit.Column(16))
		var buttons []status.Action
		if len(m.docs) == 1 {
			buttons = []status.Action{m.NextStep, status.SaveCopy}
		}
		for _, doc := range m.docs {
			v := d.newDocument(doc, buttons)
			d.docs = append(d.docs, v)
			stack.Add(v.root)
		}
		sections = append(sections, kit.NewSection(d.lang.Count("section.documents", len(m.docs)), stack))
	}
	facts := container.New(kit.Column(4))
	if len(m.facts) > 0 {
		facts.Add(newLines(m.facts))
	}
	facts.Add(container.NewHBox(d.newLink(status.Edit, func() { d.host.Do(status.Edit) })))
	sections = append(sections, kit.NewSection(d.lang.Say("section.facts"), facts))
	if m.reviewed != "" {
		sections = append(sections, d.reviewSection(m))
	}
	sections = append(sections, answer...)
	if len(m.attempts) > 0 {
		sections = append(sections, kit.NewSection(d.lang.Say("section.attempts"), newAttempts(m.attempts)))
	}
	return append(sections, kit.NewSection(d.lang.Say("section.timeline"), newTimeline(d.lang, m.events, m.earlier)))
}

func newLines(lines []string) fyne.CanvasObject {
	stack := container.New(kit.Column(3))
	for _, line := range lines {
		stack.Add(kit.NewText(theme.SizeNameText, theme.ColorNameForeground).Set(line))
	}
	return stack
}

// newQuote shows the gateway's status code and message unchanged.
func (d *Pane) newQuote(code, message string) fyne.CanvasObject {
	said := kit.NewText(theme.SizeNameText, theme.ColorNameForeground)
	said.Style.Monospace = true
	said.Set(code)
	explained := kit.NewText(theme.SizeNameText, theme.ColorNameForeground).Set(message)
	back := kit.NewBackground(kit.ColorOverBack)
	back.Radius = 8
	copyLink := d.newLink(status.CopySaid, func() { d.host.Do(status.CopySaid) })
	return container.New(kit.Column(4),
		container.NewStack(back, container.New(kit.Padding(12, 10), container.New(kit.Column(4), said, explained))),
		container.NewHBox(copyLink),
	)
}
