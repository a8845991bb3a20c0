package importing

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"

	"countersign/core/desk"
	"countersign/core/i18n"
	"countersign/core/lists"
	"countersign/core/request"
	"countersign/ui/kit"
)

const (
	shownColumns = 60 // columns in the table
	columnWidth  = 170
	lineWidth    = 110
)

// table shows the first rows of a list. Above each column stands what it is read as.
type table struct {
	lang     i18n.Language
	root     *container.Scroll
	headings []string
	selects  []*kit.Select
	lines    []*kit.Text   // the number of each row and what comes of it
	cells    [][]*kit.Text // by column and row
	updating bool          // the selects are set by the page
}

// newTable returns a table for these columns without rows. The function onField is called when a person chooses what a column is
// read as.
func newTable(lang i18n.Language, sheet *kit.Sheet, columns []lists.Column, onField func(column int, field lists.Field)) *table {
	t := &table{lang: lang, headings: headingsOf(columns)}
	fields, names := fieldOptions(lang)
	readAs := kit.NewText(theme.SizeNameCaptionText, kit.ColorMuted).Set(lang.Say("import.read_as"))
	first := []fyne.CanvasObject{readAs}
	var all []fyne.CanvasObject
	for i, c := range columns[:min(len(columns), shownColumns)] {
		field := sheet.NewSelect(names, 0, func(chosen int) {
			if !t.updating && chosen >= 0 {
				onField(i, fields[chosen])
			}
		})
		field.OnFocus = func(o fyne.CanvasObject) {
			sheet.Reveal(o)
			t.reveal(o)
		}
		t.selects = append(t.selects, field)
		heading := kit.NewBoldText(theme.SizeNameText, theme.ColorNameForeground)
		heading.MaxLines = 1
		column := []fyne.CanvasObject{field, heading.Set(visible(c.Heading))}
		var cells []*kit.Text
		for range previewRows {
			cell := kit.NewText(theme.SizeNameText, theme.ColorNameForeground)
			cell.MaxLines = 1
			cells, column = append(cells, cell), append(column, cell)
		}
		t.cells = append(t.cells, cells)
		all = append(all, container.New(kit.MinSize(columnWidth, 0), container.New(kit.Column(5), column...)))
	}
	line := kit.NewBoldText(theme.SizeNameText, theme.ColorNameForeground).Set(lang.Say("import.line"))
	first = append(first, line)
	for range previewRows {
		text := kit.NewText(theme.SizeNameText, kit.ColorMuted)
		text.MaxLines = 1
		t.lines, first = append(t.lines, text), append(first, text)
	}
	if len(t.selects) > 0 {
		first[0] = container.New(kit.MinSize(0, t.selects[0].MinSize().Height), readAs)
	}
	numbers := container.New(kit.MinSize(lineWidth, 0), container.New(kit.Column(5), first...))
	t.root = container.NewHScroll(container.New(layout.NewCustomPaddedLayout(2, 14, 2, 2), container.New(layout.NewCustomPaddedHBoxLayout(12), append([]fyne.CanvasObject{numbers}, all...)...)))
	return t
}

// visible returns a text that a label shows, also an empty one: an empty label would take no room.
func visible(text string) string {
	if text == "" {
		return "\u00a0"
	}
	return request.ShowHidden(text)
}

func headingsOf(columns []lists.Column) []string {
	var headings []string
	for _, c := range columns {
		headings = append(headings, c.Heading)
	}
	return headings
}

// fits reports whether the table is for columns with these headings.
func (t *table) fits(columns []lists.Column) bool {
	return slices.Equal(t.headings, headingsOf(columns))
}

// fieldOptions returns what a column can be read as, with the names of these fields.
func fieldOptions(lang i18n.Language) (fields []lists.Field, names []string) {
	fields = append([]lists.Field{lists.Unread}, lists.Fields()...)
	for _, f := range fields {
		names = append(names, fieldName(lang, f))
	}
	return fields, names
}

func fieldName(lang i18n.Language, f lists.Field) string {
	switch f {
	case lists.ID:
		return lang.Say("import.field_id")
	case lists.Link:
		return lang.Say("import.field_link")
	case lists.Title:
		return lang.Say("sheet.name")
	case lists.Reference:
		return lang.Say("sheet.reference")
	case lists.Due:
		return lang.Say("sheet.due")
	case lists.Gateway:
		return lang.Say("sheet.gateway")
	}
	return lang.Say("import.field_none")
}

// setFields shows what the columns are read as.
func (t *table) setFields(columns []lists.Column) {
	fields, _ := fieldOptions(t.lang)
	t.updating = true
	for i, c := range t.selects {
		if at := slices.Index(fields, columns[i].Field); at != c.SelectedIndex() {
			c.SetSelectedIndex(at)
		}
	}
	t.updating = false
}

// set shows rows, with what comes of them where that is known.
func (t *table) set(rows []desk.ListRow, outcomes map[int]desk.RowResult) {
	for at := range previewRows {
		if at >= len(rows) {
			t.lines[at].Set("")
			for _, cells := range t.cells {
				cells[at].Set("")
			}
			continue
		}
		row := rows[at]
		outcome, color := outcomes[row.Line].Outcome, kit.ColorMuted
		if row.Fault != nil {
			outcome = desk.RowLeftOut
		}
		if outcome == desk.RowLeftOut {
			color = kit.ColorBad
		}
		t.lines[at].SetColor(color).Set(kit.Joined(t.lang.Number(row.Line), outcomeText(t.lang, outcome)))
		for i, cells := range t.cells {
			text := ""
			if i < len(row.Texts) {
				text = row.Texts[i]
			}
			cells[at].Set(visible(text))
		}
	}
}

func outcomeText(lang i18n.Language, o desk.RowOutcome) string {
	switch o {
	case desk.RowAdded:
		return lang.Say("import.row_added")
	case desk.RowFilled:
		return lang.Say("import.row_filled")
	case desk.RowKnown:
		return lang.Say("import.row_known")
	case desk.RowLeftOut:
		return lang.Say("import.row_left_out")
	}
	return ""
}

// reveal scrolls sideways so that an object of the table is visible.
func (t *table) reveal(o fyne.CanvasObject) {
	d := fyne.CurrentApp().Driver()
	left := d.AbsolutePositionForObject(o).X - d.AbsolutePositionForObject(t.root.Content).X
	right := left + o.Size().Width
	switch {
	case left < t.root.Offset.X:
		t.root.ScrollToOffset(fyne.NewPos(max(0, left-4), 0))
	case right > t.root.Offset.X+t.root.Size().Width:
		t.root.ScrollToOffset(fyne.NewPos(right+4-t.root.Size().Width, 0))
	}
}
