package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// buildSections makes what stands below the buttons.
func (d *detail) buildSections(m detailModel) []fyne.CanvasObject {
	var sections []fyne.CanvasObject
	if m.word != "" || m.message != "" {
		sections = append(sections, newSection(d.lang.Say("section.gateway"), newQuote(m.word, m.message)))
	}
	if len(m.docs) > 0 {
		stack := container.New(column{gap: 12})
		for _, doc := range m.docs {
			stack.Add(d.newDocument(doc, len(m.docs) > 1))
		}
		sections = append(sections, newSection(d.lang.Count("section.documents", len(m.docs)), stack))
	}
	if len(m.facts) > 0 {
		sections = append(sections, newSection(d.lang.Say("section.facts"), newLines(m.facts)))
	}
	if len(m.attempts) > 0 {
		sections = append(sections, newSection(d.lang.Say("section.attempts"), newLines(m.attempts)))
	}
	return append(sections, newSection(d.lang.Say("section.timeline"), newTimeline(d.lang, m.events, m.earlier)))
}

func newSection(name string, content fyne.CanvasObject) fyne.CanvasObject {
	heading := newBoldText(theme.SizeNameCaptionText, colorMuted).set(name)
	return container.New(column{gap: 8}, widget.NewSeparator(), heading, content)
}

func newLines(lines []string) fyne.CanvasObject {
	stack := container.New(column{gap: 3})
	for _, line := range lines {
		stack.Add(newText(theme.SizeNameText, theme.ColorNameForeground).set(line))
	}
	return stack
}

// newQuote shows what the gateway said as it said it.
func newQuote(word, message string) fyne.CanvasObject {
	said := newText(theme.SizeNameText, theme.ColorNameForeground)
	said.style.Monospace = true
	said.set(word)
	explained := newText(theme.SizeNameText, theme.ColorNameForeground).set(message)
	back := newGround(colorOverPill)
	back.radius = 8
	return container.NewStack(back, container.New(inset{12, 10}, container.New(column{gap: 4}, said, explained)))
}

// newDocument shows one file and what is known of its signed counterpart.
func (d *detail) newDocument(doc docModel, several bool) fyne.CanvasObject {
	name := newBoldText(theme.SizeNameText, theme.ColorNameForeground)
	name.maxLines = 2
	name.set(doc.name)
	under := newText(theme.SizeNameCaptionText, colorMuted).set(doc.under)
	state := container.New(beside{gap: 6},
		container.New(inset{0, 2}, newIcon(doc.state.icon, doc.state.color, 13)),
		newText(theme.SizeNameCaptionText, doc.state.color).set(doc.state.word),
	)
	problem := newCallout(markFailed)
	problem.set(doc.problem)
	words := container.New(column{gap: 2}, name, under, state, problem.root)
	if several {
		buttons := container.New(newFlow(8))
		if doc.signed != "" {
			buttons.Add(newButton(actOpenSigned.face(d.lang).label, iconProof, widget.MediumImportance, d.pass, func() { d.open(doc.signed) }))
		}
		buttons.Add(newButton(actOpenOriginal.face(d.lang).label, iconFile, widget.MediumImportance, d.pass, func() { d.open(doc.original) }))
		words.Add(newGap(4))
		words.Add(buttons)
	}
	return container.New(beside{gap: 12}, newIcon(iconFile, colorMuted, 22), words)
}
