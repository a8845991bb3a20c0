package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

const (
	HollowStroke = 1.5 // of the outline of what is not filled

	tableRowHeight = 26 // the height of a line
	tableColumnGap = 20 // between columns
	tableBarHeight = 12 // the height of a bar
)

// NumberRow is a line of [NumberTable].
type NumberRow struct {
	Cells          []string
	Filled, Hollow int // the two parts of its bar, where the table has bars
}

// NumberTable is a small table: names with numbers. With onLine it is one stop for the keyboard: the
// arrow keys choose a line, and Enter opens it.
type NumberTable struct {
	widget.BaseWidget
	headings []string
	rows     []NumberRow
	Names    int  // how many columns have words; those behind them have numbers
	Bars     bool // there is a column of bars behind the first one
	onOpen   func(int)
	pass     KeyHandler
	reveal   func(fyne.CanvasObject)

	focusedRow, hoveredRow int // the chosen line, and the one under the mouse; -1 for none
	focused                bool
	self                   fyne.Widget // what stands in the window
}

// NewNumberTable returns a table without lines. The first column has words, the others numbers.
func NewNumberTable(heads ...string) *NumberTable {
	f := &NumberTable{headings: heads, Names: 1, hoveredRow: -1}
	f.self = f
	f.ExtendBaseWidget(f)
	return f
}

// OpenNumberTable are figures whose lines can be opened. They can have the keyboard, which the others
// cannot.
type OpenNumberTable struct{ *NumberTable }

// NewOpenNumberTable returns a table without lines, of which each can be opened: onLine is called with its number. Reveal
// scrolls to the table when it gets the keyboard.
func NewOpenNumberTable(pass KeyHandler, reveal func(fyne.CanvasObject), onLine func(int), heads ...string) *OpenNumberTable {
	f := &NumberTable{headings: heads, Names: 1, hoveredRow: -1, pass: pass, reveal: reveal, onOpen: onLine}
	o := &OpenNumberTable{f}
	f.self = o
	f.ExtendBaseWidget(o)
	return o
}

// Set shows other lines.
func (f *NumberTable) Set(lines []NumberRow) {
	f.rows = lines
	f.focusedRow = min(f.focusedRow, max(len(lines)-1, 0))
	f.hoveredRow = -1
	f.Refresh()
}

func (f *OpenNumberTable) FocusGained() { f.focused = true; f.Refresh(); f.reveal(f) }

func (f *OpenNumberTable) FocusLost() { f.focused = false; f.Refresh() }

func (f *OpenNumberTable) TypedRune(rune) {}

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
			f.onOpen(f.focusedRow)
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
	// Numbers have the room they need; names and bars share what is left.
	begins, ends, right := make([]float32, len(f.headings)), make([]float32, len(f.headings)), width
	for i := len(f.headings) - 1; i > 0; i-- {
		needs := r.measure(f.headings[i], theme.SizeNameCaptionText)
		for _, line := range f.rows {
			needs = max(needs, r.measure(line.Cells[i], theme.SizeNameText))
		}
		begins[i], ends[i] = right-needs, right
		right -= needs + tableColumnGap
	}
	name, barAt, barWidth := right, float32(0), float32(0)
	if f.Bars {
		barAt = r.measure(f.headings[0], theme.SizeNameCaptionText)
		for _, line := range f.rows {
			barAt = max(barAt, r.measure(line.Cells[0], theme.SizeNameText))
		}
		name = min(barAt, right*0.45)
		barAt = name + tableColumnGap
		barWidth = max(right-barAt, 0)
	}
	most := 1
	for _, line := range f.rows {
		most = max(most, line.Filled+line.Hollow)
	}
	r.drawRow(0, f.headings, begins, ends, name, theme.SizeNameCaptionText, ColorMuted)
	for i, line := range f.rows {
		y := tableRowHeight * float32(i+1)
		r.drawRect(theme.ColorNameSeparator, fyne.NewPos(0, y), fyne.NewSize(width, 1))
		if f.onOpen != nil && (i == f.hoveredRow || f.focused && i == f.focusedRow) {
			back := r.drawRect(ColorRowChosen, fyne.NewPos(-6, y+1), fyne.NewSize(width+12, tableRowHeight-1))
			if f.focused && i == f.focusedRow {
				back.StrokeColor, back.StrokeWidth = ColorOf(f.self, theme.ColorNamePrimary), ButtonRing
			}
			back.CornerRadius = 4
		}
		r.drawRow(y, line.Cells, begins, ends, name, theme.SizeNameText, theme.ColorNameForeground)
		if f.Bars {
			top := y + (tableRowHeight-tableBarHeight)/2
			filled := barWidth * float32(line.Filled) / float32(most)
			hollow := barWidth * float32(line.Hollow) / float32(most)
			if line.Filled > 0 {
				r.drawRect(ColorGood, fyne.NewPos(barAt, top), fyne.NewSize(max(filled, 1), tableBarHeight))
			}
			if line.Hollow > 0 {
				outline := r.drawRect(ColorBadPill, fyne.NewPos(barAt+filled, top), fyne.NewSize(max(hollow, 2), tableBarHeight))
				outline.StrokeColor, outline.StrokeWidth = ColorOf(f.self, ColorBad), HollowStroke
			}
		}
	}
}

// drawRow writes the cells of a drawRow.
func (r *numberTableRenderer) drawRow(y float32, cells []string, begins, ends []float32, name float32, size fyne.ThemeSizeName, color fyne.ThemeColorName) {
	for i, cell := range cells {
		if i == 0 {
			cell = FitText(cell, name, r.table.Theme().Size(size), fyne.TextStyle{})
		}
		t := canvas.NewText(cell, ColorOf(r.table.self, color))
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

func (r *numberTableRenderer) measure(words string, size fyne.ThemeSizeName) float32 {
	return fyne.MeasureText(words, r.table.Theme().Size(size), fyne.TextStyle{}).Width
}

func (r *numberTableRenderer) drawRect(color fyne.ThemeColorName, at fyne.Position, size fyne.Size) *canvas.Rectangle {
	plane := canvas.NewRectangle(ColorOf(r.table.self, color))
	plane.Move(at)
	plane.Resize(size)
	r.objects = append(r.objects, plane)
	return plane
}
