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

	tableLine = 26 // the height of a line
	tableGap  = 20 // between columns
	tableBar  = 12 // the height of a bar
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
	heads  []string
	lines  []NumberRow
	Names  int  // how many columns have words; those behind them have numbers
	Bars   bool // there is a column of bars behind the first one
	onLine func(int)
	pass   KeyHandler
	reveal func(fyne.CanvasObject)

	at, over int // the chosen line, and the one under the mouse; -1 for none
	focused  bool
	shown    fyne.Widget // what stands in the window
}

// NewNumberTable returns a table without lines. The first column has words, the others numbers.
func NewNumberTable(heads ...string) *NumberTable {
	f := &NumberTable{heads: heads, Names: 1, over: -1}
	f.shown = f
	f.ExtendBaseWidget(f)
	return f
}

// OpenNumberTable are figures whose lines can be opened. They can have the keyboard, which the others
// cannot.
type OpenNumberTable struct{ *NumberTable }

// NewOpenNumberTable returns a table without lines, of which each can be opened: onLine is called with its number. Reveal
// scrolls to the table when it gets the keyboard.
func NewOpenNumberTable(pass KeyHandler, reveal func(fyne.CanvasObject), onLine func(int), heads ...string) *OpenNumberTable {
	f := &NumberTable{heads: heads, Names: 1, over: -1, pass: pass, reveal: reveal, onLine: onLine}
	o := &OpenNumberTable{f}
	f.shown = o
	f.ExtendBaseWidget(o)
	return o
}

// Set shows other lines.
func (f *NumberTable) Set(lines []NumberRow) {
	f.lines = lines
	f.at = min(f.at, max(len(lines)-1, 0))
	f.over = -1
	f.Refresh()
}

// FocusGained is called by the toolkit.
func (f *OpenNumberTable) FocusGained() { f.focused = true; f.Refresh(); f.reveal(f) }

// FocusLost is called by the toolkit.
func (f *OpenNumberTable) FocusLost() { f.focused = false; f.Refresh() }

// TypedRune is called by the toolkit.
func (f *OpenNumberTable) TypedRune(rune) {}

// TypedKey is called by the toolkit.
func (f *OpenNumberTable) TypedKey(key *fyne.KeyEvent) {
	switch key.Name {
	case fyne.KeyDown:
		f.goTo(f.at + 1)
	case fyne.KeyUp:
		f.goTo(f.at - 1)
	case fyne.KeyHome:
		f.goTo(0)
	case fyne.KeyEnd:
		f.goTo(len(f.lines) - 1)
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		if f.at < len(f.lines) {
			f.onLine(f.at)
		}
	default:
		f.pass(key)
	}
}

func (f *OpenNumberTable) goTo(at int) {
	f.at = max(min(at, len(f.lines)-1), 0)
	f.Refresh()
}

// Tapped is called by the toolkit.
func (f *OpenNumberTable) Tapped(e *fyne.PointEvent) {
	if i := f.lineAt(e.Position); i >= 0 {
		f.at = i
		f.onLine(i)
	}
}

// Cursor is called by the toolkit.
func (f *OpenNumberTable) Cursor() desktop.Cursor {
	if f.over >= 0 {
		return desktop.PointerCursor
	}
	return desktop.DefaultCursor
}

// MouseIn is called by the toolkit.
func (f *OpenNumberTable) MouseIn(e *desktop.MouseEvent) { f.MouseMoved(e) }

// MouseMoved is called by the toolkit.
func (f *OpenNumberTable) MouseMoved(e *desktop.MouseEvent) {
	if i := f.lineAt(e.Position); i != f.over {
		f.over = i
		f.Refresh()
	}
}

// MouseOut is called by the toolkit.
func (f *OpenNumberTable) MouseOut() { f.over = -1; f.Refresh() }

func (f *NumberTable) lineAt(at fyne.Position) int {
	i := int(at.Y/tableLine) - 1
	if i < 0 || i >= len(f.lines) {
		return -1
	}
	return i
}

// CreateRenderer is called by the toolkit.
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
	return fyne.NewSize(160, tableLine*float32(len(r.table.lines)+1))
}

func (r *numberTableRenderer) Refresh() {
	r.draw()
	canvas.Refresh(r.table.shown)
}

func (r *numberTableRenderer) draw() {
	f, width := r.table, r.table.Size().Width
	r.objects = r.objects[:0]
	// Numbers have the room they need; names and bars share what is left.
	begins, ends, right := make([]float32, len(f.heads)), make([]float32, len(f.heads)), width
	for i := len(f.heads) - 1; i > 0; i-- {
		needs := r.measure(f.heads[i], theme.SizeNameCaptionText)
		for _, line := range f.lines {
			needs = max(needs, r.measure(line.Cells[i], theme.SizeNameText))
		}
		begins[i], ends[i] = right-needs, right
		right -= needs + tableGap
	}
	name, barAt, barWidth := right, float32(0), float32(0)
	if f.Bars {
		barAt = r.measure(f.heads[0], theme.SizeNameCaptionText)
		for _, line := range f.lines {
			barAt = max(barAt, r.measure(line.Cells[0], theme.SizeNameText))
		}
		name = min(barAt, right*0.45)
		barAt = name + tableGap
		barWidth = max(right-barAt, 0)
	}
	most := 1
	for _, line := range f.lines {
		most = max(most, line.Filled+line.Hollow)
	}
	r.line(0, f.heads, begins, ends, name, theme.SizeNameCaptionText, ColorMuted)
	for i, line := range f.lines {
		y := tableLine * float32(i+1)
		r.plane(theme.ColorNameSeparator, fyne.NewPos(0, y), fyne.NewSize(width, 1))
		if f.onLine != nil && (i == f.over || f.focused && i == f.at) {
			back := r.plane(ColorRowChosen, fyne.NewPos(-6, y+1), fyne.NewSize(width+12, tableLine-1))
			if f.focused && i == f.at {
				back.StrokeColor, back.StrokeWidth = ColorOf(f.shown, theme.ColorNamePrimary), ButtonRing
			}
			back.CornerRadius = 4
		}
		r.line(y, line.Cells, begins, ends, name, theme.SizeNameText, theme.ColorNameForeground)
		if f.Bars {
			top := y + (tableLine-tableBar)/2
			filled := barWidth * float32(line.Filled) / float32(most)
			hollow := barWidth * float32(line.Hollow) / float32(most)
			if line.Filled > 0 {
				r.plane(ColorGood, fyne.NewPos(barAt, top), fyne.NewSize(max(filled, 1), tableBar))
			}
			if line.Hollow > 0 {
				outline := r.plane(ColorBadPill, fyne.NewPos(barAt+filled, top), fyne.NewSize(max(hollow, 2), tableBar))
				outline.StrokeColor, outline.StrokeWidth = ColorOf(f.shown, ColorBad), HollowStroke
			}
		}
	}
}

// line writes the cells of a line.
func (r *numberTableRenderer) line(y float32, cells []string, begins, ends []float32, name float32, size fyne.ThemeSizeName, color fyne.ThemeColorName) {
	for i, cell := range cells {
		if i == 0 {
			cell = FitText(cell, name, r.table.Theme().Size(size), fyne.TextStyle{})
		}
		t := canvas.NewText(cell, ColorOf(r.table.shown, color))
		t.TextSize = r.table.Theme().Size(size)
		needs := t.MinSize()
		x := begins[i]
		if i >= r.table.Names {
			x = ends[i] - needs.Width
		}
		t.Resize(needs)
		t.Move(fyne.NewPos(x, y+(tableLine-needs.Height)/2))
		r.objects = append(r.objects, t)
	}
}

func (r *numberTableRenderer) measure(words string, size fyne.ThemeSizeName) float32 {
	return fyne.MeasureText(words, r.table.Theme().Size(size), fyne.TextStyle{}).Width
}

func (r *numberTableRenderer) plane(color fyne.ThemeColorName, at fyne.Position, size fyne.Size) *canvas.Rectangle {
	plane := canvas.NewRectangle(ColorOf(r.table.shown, color))
	plane.Move(at)
	plane.Resize(size)
	r.objects = append(r.objects, plane)
	return plane
}
