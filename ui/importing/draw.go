package importing

import (
	"slices"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"countersign/core/desk"
	"countersign/core/explain"
	"countersign/core/i18n"
	"countersign/core/lists"
	"countersign/ui/kit"
)

func percent(n int64) string { return strconv.FormatInt(n, 10) + "\u00a0%" }

// draw updates what changes while the page is shown.
func (p *page) draw() {
	if p.bg.Closed() {
		return
	}
	lang, info := p.lang, p.look.Info
	p.how.Set(howText(lang, info))
	p.unread.Set("")
	if names := info.Unread(); len(names) > 0 && p.result == nil {
		p.unread.Set(lang.Say("import.unread", strings.Join(names, ", ")))
	}
	if p.table != nil {
		p.table.set(p.look.Rows, p.outcomes)
	}
	counts := p.counts
	if p.result != nil {
		counts = p.result
	}
	p.drawCounts(counts)
	p.drawButtons()
	for _, box := range []*fyne.Container{p.choices, p.tableBox} {
		kit.SetHidden(box, len(box.Objects) == 0 || p.busy || p.result != nil)
	}
	p.sheet.ArrangeAll()
	p.sheet.Arrange()
}

// howText returns how the list is written.
func howText(lang i18n.Language, info lists.Info) string {
	switch info.Format {
	case lists.CSV:
		return lang.Say("import.csv", lang.Number(info.HeaderLine))
	case lists.XLSX:
		return lang.Say("import.xlsx", lang.Number(info.HeaderLine))
	}
	return lang.Say("import.reading")
}

// drawCounts shows what would come of the list, or what came of it, with the rows that are left out.
func (p *page) drawCounts(counts *desk.Imported) {
	lang := p.lang
	p.faults.Objects = nil
	p.summary.Set("")
	p.dates.Set("")
	if p.progress != "" {
		p.summary.SetBadge(kit.InfoBadge)
		p.summary.Set(p.progress)
		return
	}
	if counts == nil {
		return
	}
	look, text := kit.InfoBadge, summaryText(lang, *counts)
	switch {
	case counts.LeftOut > 0:
		look = kit.WarningBadge
	case p.result != nil && p.problem.Text() == "":
		look = kit.OKBadge
	}
	if p.result == nil {
		text = lang.Say("import.would", text)
	} else {
		text = lang.Say("import.did", text)
	}
	p.summary.SetBadge(look)
	p.summary.Set(text)
	if counts.Ambiguous > 0 && p.result == nil {
		text := lang.Count("import.day_first", counts.Ambiguous)
		if counts.Info.MonthFirst {
			text = lang.Count("import.month_first", counts.Ambiguous)
		}
		p.dates.Set(text)
	}
	for _, fault := range counts.Faults[:min(len(counts.Faults), shownFaults)] {
		p.faults.Add(kit.NewText(theme.SizeNameCaptionText, theme.ColorNameForeground).Set(kit.Sentence(explain.Error(lang, fault))))
	}
	if more := counts.LeftOut - shownFaults; more > 0 {
		p.faults.Add(kit.NewText(theme.SizeNameCaptionText, kit.ColorMuted).Set(lang.Count("import.more_faults", more)))
	}
}

// summaryText returns the counts of an import.
func summaryText(lang i18n.Language, i desk.Imported) string {
	said := lang.Count("import.added", i.Added)
	for _, part := range []struct {
		n    int
		text string
	}{
		{i.Filled, lang.Count("import.filled", i.Filled)}, {i.Known, lang.Count("sheet.known", i.Known)}, {i.LeftOut, lang.Count("sheet.faults", i.LeftOut)},
	} {
		if part.n > 0 {
			said = kit.Joined(said, part.text)
		}
	}
	return said
}

func (p *page) drawButtons() {
	lang := p.lang
	label := lang.Say("sheet.import")
	switch {
	case p.result != nil && len(p.waiting) > 0:
		label = lang.Say("import.next")
	case p.result != nil:
		label = lang.Say("help.close")
	case p.counts != nil:
		label = lang.Count("import.do", p.counts.Added+p.counts.Filled)
	}
	p.start.SetLabel(label, "", p.start.Importance)
	kit.SetHidden(p.start, p.busy)
	kit.SetHidden(p.stop, !p.busy)
	kit.SetHidden(p.cancel, p.busy || p.result != nil)
	nothing := p.counts != nil && p.counts.Added+p.counts.Filled == 0
	unread := p.look.Info.Format == "" || p.problem.Text() != ""
	if p.result == nil && (nothing || unread) {
		p.start.Disable()
	} else {
		p.start.Enable()
	}
	for _, c := range p.selects() {
		if p.busy {
			c.Disable()
		} else {
			c.Enable()
		}
	}
}

// selects returns the selects of the page.
func (p *page) selects() []*kit.Select {
	var all []*kit.Select
	for _, labeled := range p.choices.Objects {
		for _, o := range labeled.(*fyne.Container).Objects {
			if c, ok := o.(*kit.Select); ok {
				all = append(all, c)
			}
		}
	}
	if p.table != nil {
		all = append(all, p.table.selects...)
	}
	return all
}

// drawChoices shows which sheet or encoding is read, and the gateway of rows that name none.
func (p *page) drawChoices() {
	lang, info := p.lang, p.look.Info
	had := p.modals.Focused()
	p.choices.Objects = nil
	add := func(name string, options []string, now int, chosen func(int)) {
		c := p.sheet.NewSelect(options, now, chosen)
		p.choices.Add(kit.NewLabeled(name, c))
	}
	if len(info.Sheets) > 1 {
		add(lang.Say("import.sheet"), info.Sheets, slices.Index(info.Sheets, info.Sheet), func(i int) {
			p.choose(lists.Options{Language: lang, Sheet: info.Sheets[i]})
		})
	}
	if info.Format == lists.CSV {
		encodings := lists.Encodings()
		add(lang.Say("import.encoding"), encodings, slices.Index(encodings, info.Encoding), func(i int) {
			p.choose(lists.Options{Language: lang, Encoding: encodings[i]})
		})
	}
	if len(p.gateways) > 0 && info.Format != "" {
		names := []string{lang.Say("import.usual_gateway")}
		now := 0
		for _, o := range p.gateways {
			if o.Name == p.options.Gateway {
				now = len(names)
			}
			name := o.Shown()
			if o.Practice {
				name = lang.Say("sheet.practice", name)
			}
			names = append(names, name)
		}
		add(lang.Say("import.gateway"), names, now, func(i int) {
			p.options.Gateway = ""
			if i > 0 {
				p.options.Gateway = p.gateways[i-1].Name
			}
			p.readList()
		})
	}
	p.keepFocus(had)
}

// keepFocus moves the focus to the select that stands where the focused one was before the choices were made anew.
func (p *page) keepFocus(had fyne.Focusable) {
	old, ok := had.(*kit.Select)
	if !ok || fyne.CurrentApp().Driver().CanvasForObject(old) != nil && p.modals.Focused() == had && p.has(old) {
		return
	}
	for _, c := range p.selects() {
		if slices.Equal(c.Options, old.Options) {
			p.sheet.Focus(c)
			return
		}
	}
}

func (p *page) has(c *kit.Select) bool { return slices.Contains(p.selects(), c) }

// choose reads the list anew with other options. What its columns are read as is guessed again.
func (p *page) choose(o lists.Options) {
	p.options.List, p.changed = o, false
	p.readList()
}

// drawTable shows the first rows. Its selects stay while the headings stay.
func (p *page) drawTable() {
	columns := p.look.Info.Columns
	if p.table == nil || !p.table.fits(columns) {
		p.table = newTable(p.lang, p.sheet, columns, p.onField)
		p.tableBox.Objects = []fyne.CanvasObject{p.table.root}
	}
	p.table.setFields(columns)
	if len(columns) == 0 {
		p.tableBox.Objects = nil
	}
}

// onField reads a column as another field. A field is one column's only.
func (p *page) onField(column int, field lists.Field) {
	var fields []lists.Field
	for i, c := range p.look.Info.Columns {
		switch {
		case i == column:
			fields = append(fields, field)
		case c.Field == field:
			fields = append(fields, lists.Unread)
		default:
			fields = append(fields, c.Field)
		}
	}
	p.options.List.Columns, p.changed = fields, true
	p.readList()
}
