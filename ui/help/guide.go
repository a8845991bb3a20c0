package help

import (
	"sync"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/i18n"
	"countersign/docs"
	"countersign/ui/kit"
)

// guideSections returns the sections of the guide.
var guideSections = sync.OnceValue(func() []section { return parseGuide(docs.Guide()) })

// guide is the sheet with the guide: its contents, and one section at a time.
type guide struct {
	*kit.Sheet
	lang     i18n.Language
	sections []section
	search   *kit.SearchEntry
	found    *fyne.Container // links to the sections that have the text in the search field
}

// ShowGuide opens the guide in modals. It does nothing while another modal is open.
func ShowGuide(lang i18n.Language, modals *kit.Modals) {
	g := &guide{lang: lang, sections: guideSections()}
	if g.Sheet = modals.OpenSheet(nil); g.Sheet != nil {
		g.showContents("")
	}
}

// showContents shows the headings of the sections that have a text.
func (g *guide) showContents(text string) {
	g.search = kit.NewSearchEntry(g.lang, g.Pass)
	g.search.Text = text
	g.search.OnChanged = func(string) { g.find() }
	g.search.OnDown = func() {
		if len(g.found.Objects) > 0 {
			g.Focus(g.found.Objects[0].(fyne.Focusable))
		}
	}
	g.found = container.New(kit.Column(6))
	content := container.New(kit.Column(14), g.search, g.found)
	if g.lang != i18n.English {
		content.Objects = append([]fyne.CanvasObject{kit.NewText(theme.SizeNameText, kit.ColorMuted).Set(g.lang.Say("guide.language"))}, content.Objects...)
	}
	g.ShowPage(g.lang.Say("guide.title"), g.Close, content, g.search, g.NewFootButton(g.lang.Say("help.close"), widget.MediumImportance, g.Close))
	g.find()
}

// find lists the sections that have the text in the search field.
func (g *guide) find() {
	g.found.RemoveAll()
	for i, s := range g.sections {
		if s.matches(g.search.Text) {
			link := kit.NewLink(s.title, kit.IconQuestion, g.Pass, func() { g.showSection(i) })
			link.Reveal = g.Reveal
			g.found.Add(link)
		}
	}
	if len(g.found.Objects) == 0 {
		g.found.Add(kit.NewText(theme.SizeNameText, kit.ColorMuted).Set(g.lang.Say("empty.found", g.search.Text)))
	}
	g.Arrange()
}

// showSection shows a section by its index.
func (g *guide) showSection(i int) {
	content := container.New(kit.Column(10))
	for _, b := range g.sections[i].blocks {
		content.Add(b.draw())
	}
	back := func() { g.showContents(g.search.Text) }
	contents := g.NewFootButton(g.lang.Say("guide.contents"), widget.MediumImportance, back)
	buttons := []fyne.CanvasObject{contents}
	if i+1 < len(g.sections) {
		buttons = append(buttons, g.NewFootButton(g.lang.Say("guide.next"), widget.MediumImportance, func() { g.showSection(i + 1) }))
	}
	g.ShowPage(g.sections[i].title, back, content, contents, append(buttons, g.NewFootButton(g.lang.Say("help.close"), widget.MediumImportance, g.Close))...)
}

// draw returns a block as an object that is as wide as its layout makes it.
func (b block) draw() fyne.CanvasObject {
	text := func(s string) *kit.Text { return kit.NewText(theme.SizeNameText, theme.ColorNameForeground).Set(s) }
	switch b.kind {
	case item:
		return container.New(kit.Row{Gap: 8}, text("•"), text(b.text))
	case tableHead, tableRow:
		shares := make([]float32, len(b.cells))
		row := container.New(nil)
		for i, cell := range b.cells {
			shares[i] = 2
			drawn := text(cell)
			if i == 0 || b.kind == tableHead {
				drawn.Style.Bold = true
			}
			row.Add(drawn)
		}
		shares[0] = 1
		row.Layout = kit.Weighted(16, shares...)
		return container.New(kit.Column(6), row, widget.NewSeparator())
	}
	return text(b.text)
}
