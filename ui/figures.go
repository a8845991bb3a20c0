package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

const (
	figureLine = 26 // the height of a line
	figureGap  = 20 // between columns
	figureBar  = 12 // the height of a bar
)

// figure is a line of [figures].
type figure struct {
	cells []string
	bar   tally // of lines that have one, behind the name
}

// figures is a small table: names with numbers. With onLine it is one stop for the keyboard: the
// arrow keys choose a line, and Enter opens it.
type figures struct {
	widget.BaseWidget
	heads  []string
	lines  []figure
	names  int  // how many columns have words; those behind them have numbers
	bars   bool // there is a column of bars behind the first one
	onLine func(int)
	pass   passKey
	reveal func(fyne.CanvasObject)

	at, over int // the chosen line, and the one under the mouse; -1 for none
	focused  bool
	shown    fyne.Widget // what stands in the window
}

func newFigures(heads ...string) *figures {
	f := &figures{heads: heads, names: 1, over: -1}
	f.shown = f
	f.ExtendBaseWidget(f)
	return f
}

// openFigures are figures whose lines can be opened. They can have the keyboard, which the others
// cannot.
type openFigures struct{ *figures }

func newOpenFigures(pass passKey, reveal func(fyne.CanvasObject), onLine func(int), heads ...string) *openFigures {
	f := &figures{heads: heads, names: 1, over: -1, pass: pass, reveal: reveal, onLine: onLine}
	o := &openFigures{f}
	f.shown = o
	f.ExtendBaseWidget(o)
	return o
}

// set shows other lines.
func (f *figures) set(lines []figure) {
	f.lines = lines
	f.at = min(f.at, max(len(lines)-1, 0))
	f.over = -1
	f.Refresh()
}

// FocusGained is called by the toolkit.
func (f *openFigures) FocusGained() { f.focused = true; f.Refresh(); f.reveal(f) }

// FocusLost is called by the toolkit.
func (f *openFigures) FocusLost() { f.focused = false; f.Refresh() }

// TypedRune is called by the toolkit.
func (f *openFigures) TypedRune(rune) {}

// TypedKey is called by the toolkit.
func (f *openFigures) TypedKey(key *fyne.KeyEvent) {
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

func (f *openFigures) goTo(at int) {
	f.at = max(min(at, len(f.lines)-1), 0)
	f.Refresh()
}

// Tapped is called by the toolkit.
func (f *openFigures) Tapped(e *fyne.PointEvent) {
	if i := f.lineAt(e.Position); i >= 0 {
		f.at = i
		f.onLine(i)
	}
}

// Cursor is called by the toolkit.
func (f *openFigures) Cursor() desktop.Cursor {
	if f.over >= 0 {
		return desktop.PointerCursor
	}
	return desktop.DefaultCursor
}

// MouseIn is called by the toolkit.
func (f *openFigures) MouseIn(e *desktop.MouseEvent) { f.MouseMoved(e) }

// MouseMoved is called by the toolkit.
func (f *openFigures) MouseMoved(e *desktop.MouseEvent) {
	if i := f.lineAt(e.Position); i != f.over {
		f.over = i
		f.Refresh()
	}
}

// MouseOut is called by the toolkit.
func (f *openFigures) MouseOut() { f.over = -1; f.Refresh() }

func (f *figures) lineAt(at fyne.Position) int {
	i := int(at.Y/figureLine) - 1
	if i < 0 || i >= len(f.lines) {
		return -1
	}
	return i
}

// CreateRenderer is called by the toolkit.
func (f *figures) CreateRenderer() fyne.WidgetRenderer {
	r := &figuresRenderer{figures: f}
	r.draw()
	return r
}

type figuresRenderer struct {
	figures *figures
	objects []fyne.CanvasObject
}

func (r *figuresRenderer) Destroy()                     {}
func (r *figuresRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *figuresRenderer) Layout(fyne.Size)             { r.draw() }

func (r *figuresRenderer) MinSize() fyne.Size {
	return fyne.NewSize(160, figureLine*float32(len(r.figures.lines)+1))
}

func (r *figuresRenderer) Refresh() {
	r.draw()
	canvas.Refresh(r.figures.shown)
}

func (r *figuresRenderer) draw() {
	f, width := r.figures, r.figures.Size().Width
	r.objects = r.objects[:0]
	// Numbers have the room they need; names and bars share what is left.
	begins, ends, right := make([]float32, len(f.heads)), make([]float32, len(f.heads)), width
	for i := len(f.heads) - 1; i > 0; i-- {
		needs := r.measure(f.heads[i], theme.SizeNameCaptionText)
		for _, line := range f.lines {
			needs = max(needs, r.measure(line.cells[i], theme.SizeNameText))
		}
		begins[i], ends[i] = right-needs, right
		right -= needs + figureGap
	}
	name, barAt, barWidth := right, float32(0), float32(0)
	if f.bars {
		barAt = r.measure(f.heads[0], theme.SizeNameCaptionText)
		for _, line := range f.lines {
			barAt = max(barAt, r.measure(line.cells[0], theme.SizeNameText))
		}
		name = min(barAt, right*0.45)
		barAt = name + figureGap
		barWidth = max(right-barAt, 0)
	}
	most := 1
	for _, line := range f.lines {
		most = max(most, line.bar.total())
	}
	r.line(0, f.heads, begins, ends, name, theme.SizeNameCaptionText, colorMuted)
	for i, line := range f.lines {
		y := figureLine * float32(i+1)
		r.plane(theme.ColorNameSeparator, fyne.NewPos(0, y), fyne.NewSize(width, 1))
		if f.onLine != nil && (i == f.over || f.focused && i == f.at) {
			back := r.plane(colorRowChosen, fyne.NewPos(-6, y+1), fyne.NewSize(width+12, figureLine-1))
			if f.focused && i == f.at {
				back.StrokeColor, back.StrokeWidth = colorOf(f.shown, theme.ColorNamePrimary), buttonRing
			}
			back.CornerRadius = 4
		}
		r.line(y, line.cells, begins, ends, name, theme.SizeNameText, theme.ColorNameForeground)
		if f.bars {
			top := y + (figureLine-figureBar)/2
			signed := barWidth * float32(line.bar.signed) / float32(most)
			not := barWidth * float32(line.bar.notSigned) / float32(most)
			if line.bar.signed > 0 {
				r.plane(colorGood, fyne.NewPos(barAt, top), fyne.NewSize(max(signed, 1), figureBar))
			}
			if line.bar.notSigned > 0 {
				hollow := r.plane(colorBadPill, fyne.NewPos(barAt+signed, top), fyne.NewSize(max(not, 2), figureBar))
				hollow.StrokeColor, hollow.StrokeWidth = colorOf(f.shown, colorBad), hollowStroke
			}
		}
	}
}

// line writes the cells of a line.
func (r *figuresRenderer) line(y float32, cells []string, begins, ends []float32, name float32, size fyne.ThemeSizeName, color fyne.ThemeColorName) {
	for i, cell := range cells {
		if i == 0 {
			cell = ellipsize(cell, name, func(s string) float32 { return r.measure(s, size) })
		}
		t := canvas.NewText(cell, colorOf(r.figures.shown, color))
		t.TextSize = r.figures.Theme().Size(size)
		needs := t.MinSize()
		x := begins[i]
		if i >= r.figures.names {
			x = ends[i] - needs.Width
		}
		t.Resize(needs)
		t.Move(fyne.NewPos(x, y+(figureLine-needs.Height)/2))
		r.objects = append(r.objects, t)
	}
}

func (r *figuresRenderer) measure(words string, size fyne.ThemeSizeName) float32 {
	return fyne.MeasureText(words, r.figures.Theme().Size(size), fyne.TextStyle{}).Width
}

func (r *figuresRenderer) plane(color fyne.ThemeColorName, at fyne.Position, size fyne.Size) *canvas.Rectangle {
	plane := canvas.NewRectangle(colorOf(r.figures.shown, color))
	plane.Move(at)
	plane.Resize(size)
	r.objects = append(r.objects, plane)
	return plane
}

// tile is a number that leads to the list behind it.
type tile struct {
	widget.BaseWidget
	icon             icon
	number, name     string
	pass             passKey
	do               func()
	reveal           func(fyne.CanvasObject)
	focused, hovered bool
}

const (
	tileHeight = 78
	tileSide   = 14
	tileNumber = 26
)

func newTile(i icon, name string, pass passKey, reveal func(fyne.CanvasObject), do func()) *tile {
	t := &tile{icon: i, name: name, number: "–", pass: pass, reveal: reveal, do: do}
	t.ExtendBaseWidget(t)
	return t
}

func (t *tile) set(number string) {
	if t.number != number {
		t.number = number
		t.Refresh()
	}
}

// Tapped is called by the toolkit.
func (t *tile) Tapped(*fyne.PointEvent) { t.do() }

// Cursor is called by the toolkit.
func (t *tile) Cursor() desktop.Cursor { return desktop.PointerCursor }

// MouseIn is called by the toolkit.
func (t *tile) MouseIn(*desktop.MouseEvent) { t.hovered = true; t.Refresh() }

// MouseMoved is called by the toolkit.
func (t *tile) MouseMoved(*desktop.MouseEvent) {}

// MouseOut is called by the toolkit.
func (t *tile) MouseOut() { t.hovered = false; t.Refresh() }

// FocusGained is called by the toolkit.
func (t *tile) FocusGained() { t.focused = true; t.Refresh(); t.reveal(t) }

// FocusLost is called by the toolkit.
func (t *tile) FocusLost() { t.focused = false; t.Refresh() }

// TypedRune is called by the toolkit.
func (t *tile) TypedRune(rune) {}

// TypedKey is called by the toolkit.
func (t *tile) TypedKey(key *fyne.KeyEvent) {
	switch key.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		t.do()
	default:
		t.pass(key)
	}
}

// CreateRenderer is called by the toolkit.
func (t *tile) CreateRenderer() fyne.WidgetRenderer {
	r := &tileRenderer{
		tile: t, ground: canvas.NewRectangle(nil), icon: newIcon(t.icon, colorMuted, 18),
		number: canvas.NewText("", nil), name: canvas.NewText("", nil),
	}
	r.objects = []fyne.CanvasObject{r.ground, r.icon, r.number, r.name}
	r.show()
	return r
}

type tileRenderer struct {
	tile         *tile
	ground       *canvas.Rectangle
	icon         *canvas.Image
	number, name *canvas.Text
	objects      []fyne.CanvasObject
}

func (r *tileRenderer) Destroy()                     {}
func (r *tileRenderer) Objects() []fyne.CanvasObject { return r.objects }

func (r *tileRenderer) MinSize() fyne.Size {
	th := r.tile.Theme()
	name := fyne.MeasureText(r.tile.name, th.Size(theme.SizeNameText), fyne.TextStyle{}).Width
	number := fyne.MeasureText(r.tile.number, tileNumber, fyne.TextStyle{Bold: true}).Width + 26
	return fyne.NewSize(2*tileSide+max(name, number), tileHeight)
}

func (r *tileRenderer) Layout(size fyne.Size) {
	r.ground.Resize(size)
	number, name := r.number.MinSize(), r.name.MinSize()
	r.number.Resize(number)
	r.number.Move(fyne.NewPos(tileSide, 8))
	r.name.Resize(name)
	r.name.Move(fyne.NewPos(tileSide, size.Height-name.Height-10))
	r.icon.Resize(fyne.NewSquareSize(18))
	r.icon.Move(fyne.NewPos(size.Width-tileSide-18, 14))
}

func (r *tileRenderer) Refresh() {
	r.show()
	r.Layout(r.tile.Size())
	canvas.Refresh(r.tile)
}

func (r *tileRenderer) show() {
	t, th := r.tile, r.tile.Theme()
	r.ground.FillColor, r.ground.StrokeColor, r.ground.StrokeWidth = colorOf(t, theme.ColorNameBackground), colorOf(t, theme.ColorNameInputBorder), 1
	if t.hovered {
		r.ground.FillColor = colorOf(t, colorRowChosen)
	}
	if t.focused {
		r.ground.StrokeColor, r.ground.StrokeWidth = colorOf(t, theme.ColorNamePrimary), buttonRing
	}
	r.ground.CornerRadius = 8
	setIcon(r.icon, t.icon, colorMuted)
	r.number.Text, r.number.TextSize, r.number.TextStyle.Bold, r.number.Color = t.number, tileNumber, true, colorOf(t, theme.ColorNameForeground)
	r.name.Text, r.name.TextSize, r.name.Color = t.name, th.Size(theme.SizeNameText), colorOf(t, theme.ColorNameForeground)
}

// tiled sets four tiles side by side in the same width, or two by two where they have no room for
// their names. Like [column] it has to be given its width first.
type tiled struct {
	gap   float32
	width *float32 // what it was last given
}

func newTiled(gap float32) tiled { return tiled{gap: gap, width: new(float32)} }

// least is the size that the largest of the tiles needs.
func (t tiled) least(objects []fyne.CanvasObject) fyne.Size {
	size := fyne.Size{}
	for _, o := range objects {
		size = size.Max(o.MinSize())
	}
	return size
}

func (t tiled) perLine(objects []fyne.CanvasObject, width float32) int {
	n := len(objects)
	if n > 2 && width > 0 && t.least(objects).Width*float32(n)+t.gap*float32(n-1) > width {
		n = (n + 1) / 2
	}
	return n
}

func (t tiled) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	*t.width = size.Width
	n, height := t.perLine(objects, size.Width), t.least(objects).Height
	width := (size.Width - t.gap*float32(n-1)) / float32(n)
	for i, o := range objects {
		o.Resize(fyne.NewSize(width, height))
		o.Move(fyne.NewPos(float32(i%n)*(width+t.gap), float32(i/n)*(height+t.gap)))
	}
}

func (t tiled) MinSize(objects []fyne.CanvasObject) fyne.Size {
	least, n := t.least(objects), t.perLine(objects, *t.width)
	lines := float32((len(objects) + n - 1) / n)
	few := float32((len(objects) + 1) / 2)
	return fyne.NewSize(least.Width*few+t.gap*(few-1), least.Height*lines+t.gap*(lines-1))
}
