package report

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/ui/kit"
)

const (
	hollowStroke = 1.5 // stroke width of the hollow part of a bar

	tableRowHeight = 26
	tableColumnGap = 20 // between columns
	tableBarHeight = 12
)

// numberRow is a row of a [NumberTable].
type numberRow struct {
	Cells          []string
	Filled, Hollow int // the two parts of its bar, if the table has bars
}

// NumberTable is a small read-only table of names and numbers, with optional bars.
type NumberTable struct {
	widget.BaseWidget
	headings []string
	rows     []numberRow
	Names    int  // the number of columns of text, left-aligned; the others are numbers, right-aligned
	Bars     bool // whether there is a column of bars after the first column
	onOpen   func(int)
	pass     kit.KeyHandler
	reveal   func(fyne.CanvasObject)

	focusedRow, hoveredRow int // hoveredRow is -1 for none
	focused                bool
	self                   fyne.Widget // the widget that embeds this one, or this one
}

// newNumberTable returns a table without rows. Its first column is text and the others are numbers, until Names is
// changed.
func newNumberTable(headings ...string) *NumberTable {
	f := &NumberTable{headings: headings, Names: 1, hoveredRow: -1}
	f.self = f
	f.ExtendBaseWidget(f)
	return f
}

// OpenNumberTable is a [NumberTable] whose rows can be opened. Unlike a NumberTable it can be focused: the arrow keys
// choose a row, and Enter or a tap opens it.
type OpenNumberTable struct{ *NumberTable }

// newOpenNumberTable returns a table without rows. The function onOpen is called with the index of the row that is
// opened. The function reveal is called when the table is focused, and should scroll the table into view. The function
// pass is called with the keys that the table does not handle.
func newOpenNumberTable(pass kit.KeyHandler, reveal func(fyne.CanvasObject), onOpen func(int), headings ...string) *OpenNumberTable {
	f := &NumberTable{headings: headings, Names: 1, hoveredRow: -1, pass: pass, reveal: reveal, onOpen: onOpen}
	o := &OpenNumberTable{f}
	f.self = o
	f.ExtendBaseWidget(o)
	return o
}

// Set replaces the rows.
func (f *NumberTable) Set(rows []numberRow) {
	f.rows = rows
	f.focusedRow = min(f.focusedRow, max(len(rows)-1, 0))
	f.hoveredRow = -1
	f.Refresh()
}

func (f *OpenNumberTable) FocusGained() { f.focused = true; f.Refresh(); f.reveal(f) }

func (f *OpenNumberTable) FocusLost() { f.focused = false; f.Refresh() }

func (f *OpenNumberTable) TypedRune(rune) { kit.DropLetter() }

func (f *OpenNumberTable) TypedKey(key *fyne.KeyEvent) {
	switch key.Name {
	case fyne.KeyDown:
		f.moveTo(f.focusedRow + 1)
	case fyne.KeyUp:
		f.moveTo(f.focusedRow - 1)
	case fyne.KeyHome:
		f.moveTo(0)
	case fyne.KeyEnd:
		f.moveTo(len(f.rows) - 1)
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		if f.focusedRow < len(f.rows) {
			kit.UseKey(func() { f.onOpen(f.focusedRow) })
		}
	default:
		f.pass(key)
	}
}

func (f *OpenNumberTable) moveTo(at int) {
	f.focusedRow = max(min(at, len(f.rows)-1), 0)
	f.Refresh()
}

func (f *OpenNumberTable) Tapped(e *fyne.PointEvent) {
	if i := f.rowAt(e.Position); i >= 0 {
		f.focusedRow = i
		f.onOpen(i)
	}
}

func (f *OpenNumberTable) Cursor() desktop.Cursor {
	if f.hoveredRow >= 0 {
		return desktop.PointerCursor
	}
	return desktop.DefaultCursor
}

func (f *OpenNumberTable) MouseIn(e *desktop.MouseEvent) { f.MouseMoved(e) }

func (f *OpenNumberTable) MouseMoved(e *desktop.MouseEvent) {
	if i := f.rowAt(e.Position); i != f.hoveredRow {
		f.hoveredRow = i
		f.Refresh()
	}
}

func (f *OpenNumberTable) MouseOut() { f.hoveredRow = -1; f.Refresh() }

// rowAt returns the index of the row at a position; -1 for none.
func (f *NumberTable) rowAt(at fyne.Position) int {
	i := int(at.Y/tableRowHeight) - 1
	if i < 0 || i >= len(f.rows) {
		return -1
	}
	return i
}

func (f *NumberTable) CreateRenderer() fyne.WidgetRenderer {
	r := &numberTableRenderer{table: f}
	r.draw()
	return r
}

type numberTableRenderer struct {
	table   *NumberTable
	objects []fyne.CanvasObject
}

func (r *numberTableRenderer) Destroy()                     {}
func (r *numberTableRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *numberTableRenderer) Layout(fyne.Size)             { r.draw() }

func (r *numberTableRenderer) MinSize() fyne.Size {
	return fyne.NewSize(160, tableRowHeight*float32(len(r.table.rows)+1))
}

func (r *numberTableRenderer) Refresh() {
	r.draw()
	canvas.Refresh(r.table.self)
}

func (r *numberTableRenderer) draw() {
	f, width := r.table, r.table.Size().Width
	r.objects = r.objects[:0]
	// The number columns get the width they need; the first column and the bars share the rest.
	begins, ends, right := make([]float32, len(f.headings)), make([]float32, len(f.headings)), width
	for i := len(f.headings) - 1; i > 0; i-- {
		needs := r.measure(f.headings[i], theme.SizeNameCaptionText)
		for _, line := range f.rows {
			needs = max(needs, r.measure(line.Cells[i], theme.SizeNameText))
		}
		begins[i], ends[i] = right-needs, right
		right -= needs + tableColumnGap
	}
	nameWidth, barAt, barWidth := right, float32(0), float32(0)
	if f.Bars {
		barAt = r.measure(f.headings[0], theme.SizeNameCaptionText)
		for _, line := range f.rows {
			barAt = max(barAt, r.measure(line.Cells[0], theme.SizeNameText))
		}
		nameWidth = min(barAt, right*0.45)
		barAt = nameWidth + tableColumnGap
		barWidth = max(right-barAt, 0)
	}
	most := 1
	for _, line := range f.rows {
		most = max(most, line.Filled+line.Hollow)
	}
	r.drawRow(0, f.headings, begins, ends, nameWidth, theme.SizeNameCaptionText, kit.ColorMuted)
	for i, line := range f.rows {
		y := tableRowHeight * float32(i+1)
		r.drawRect(theme.ColorNameSeparator, fyne.NewPos(0, y), fyne.NewSize(width, 1))
		if f.onOpen != nil && (i == f.hoveredRow || f.focused && i == f.focusedRow) {
			back := r.drawRect(kit.ColorRowChosen, fyne.NewPos(-6, y+1), fyne.NewSize(width+12, tableRowHeight-1))
			if f.focused && i == f.focusedRow {
				back.StrokeColor, back.StrokeWidth = kit.ColorOf(f.self, theme.ColorNamePrimary), kit.ButtonRing
			}
			back.CornerRadius = 4
		}
		r.drawRow(y, line.Cells, begins, ends, nameWidth, theme.SizeNameText, theme.ColorNameForeground)
		if f.Bars {
			top := y + (tableRowHeight-tableBarHeight)/2
			filled := barWidth * float32(line.Filled) / float32(most)
			hollow := barWidth * float32(line.Hollow) / float32(most)
			if line.Filled > 0 {
				r.drawRect(kit.ColorGood, fyne.NewPos(barAt, top), fyne.NewSize(max(filled, 1), tableBarHeight))
			}
			if line.Hollow > 0 {
				outline := r.drawRect(kit.ColorBadBack, fyne.NewPos(barAt+filled, top), fyne.NewSize(max(hollow, 2), tableBarHeight))
				outline.StrokeColor, outline.StrokeWidth = kit.ColorOf(f.self, kit.ColorBad), hollowStroke
			}
		}
	}
}

// drawRow draws the cells of a row at height y. Number cells end at ends; text cells begin at begins, and the first is
// cut to nameWidth.
func (r *numberTableRenderer) drawRow(y float32, cells []string, begins, ends []float32, nameWidth float32, size fyne.ThemeSizeName, color fyne.ThemeColorName) {
	for i, cell := range cells {
		if i == 0 {
			cell = kit.FitText(cell, nameWidth, r.table.Theme().Size(size), fyne.TextStyle{})
		}
		t := canvas.NewText(cell, kit.ColorOf(r.table.self, color))
		t.TextSize = r.table.Theme().Size(size)
		needs := t.MinSize()
		x := begins[i]
		if i >= r.table.Names {
			x = ends[i] - needs.Width
		}
		t.Resize(needs)
		t.Move(fyne.NewPos(x, y+(tableRowHeight-needs.Height)/2))
		r.objects = append(r.objects, t)
	}
}

func (r *numberTableRenderer) measure(text string, size fyne.ThemeSizeName) float32 {
	return fyne.MeasureText(text, r.table.Theme().Size(size), fyne.TextStyle{}).Width
}

func (r *numberTableRenderer) drawRect(color fyne.ThemeColorName, at fyne.Position, size fyne.Size) *canvas.Rectangle {
	rect := canvas.NewRectangle(kit.ColorOf(r.table.self, color))
	rect.Move(at)
	rect.Resize(size)
	r.objects = append(r.objects, rect)
	return rect
}
