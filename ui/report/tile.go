package report

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/ui/kit"
)

// tile is a button that shows a number with a name and an icon.
type tile struct {
	widget.BaseWidget
	icon             kit.Icon
	number, name     string
	pass             kit.KeyHandler
	onTapped         func()
	reveal           func(fyne.CanvasObject)
	focused, hovered bool
}

const (
	tileHeight     = 78
	tilePadding    = 14
	tileNumberSize = 26
)

func newTile(i kit.Icon, name string, pass kit.KeyHandler, reveal func(fyne.CanvasObject), onTapped func()) *tile {
	t := &tile{icon: i, name: name, number: "–", pass: pass, reveal: reveal, onTapped: onTapped}
	t.ExtendBaseWidget(t)
	return t
}

func (t *tile) set(number string) {
	if t.number != number {
		t.number = number
		t.Refresh()
	}
}

func (t *tile) Tapped(*fyne.PointEvent) { t.onTapped() }

func (t *tile) Cursor() desktop.Cursor { return desktop.PointerCursor }

func (t *tile) MouseIn(*desktop.MouseEvent) { t.hovered = true; t.Refresh() }

func (t *tile) MouseMoved(*desktop.MouseEvent) {}

func (t *tile) MouseOut() { t.hovered = false; t.Refresh() }

func (t *tile) FocusGained() { t.focused = true; t.Refresh(); t.reveal(t) }

func (t *tile) FocusLost() { t.focused = false; t.Refresh() }

func (t *tile) TypedRune(rune) { kit.DropLetter() }

func (t *tile) TypedKey(key *fyne.KeyEvent) {
	switch key.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		kit.UseKey(t.onTapped)
	default:
		t.pass(key)
	}
}

func (t *tile) CreateRenderer() fyne.WidgetRenderer {
	r := &tileRenderer{
		tile: t, background: canvas.NewRectangle(nil), icon: kit.NewIcon(t.icon, kit.ColorMuted, 18),
		number: canvas.NewText("", nil), name: canvas.NewText("", nil),
	}
	r.objects = []fyne.CanvasObject{r.background, r.icon, r.number, r.name}
	r.show()
	return r
}

type tileRenderer struct {
	tile         *tile
	background   *canvas.Rectangle
	icon         *canvas.Image
	number, name *canvas.Text
	objects      []fyne.CanvasObject
}

func (r *tileRenderer) Destroy()                     {}
func (r *tileRenderer) Objects() []fyne.CanvasObject { return r.objects }

func (r *tileRenderer) MinSize() fyne.Size {
	th := r.tile.Theme()
	name := fyne.MeasureText(r.tile.name, th.Size(theme.SizeNameText), fyne.TextStyle{}).Width
	number := fyne.MeasureText(r.tile.number, tileNumberSize, fyne.TextStyle{Bold: true}).Width + 26
	return fyne.NewSize(2*tilePadding+max(name, number), tileHeight)
}

func (r *tileRenderer) Layout(size fyne.Size) {
	r.background.Resize(size)
	number, name := r.number.MinSize(), r.name.MinSize()
	r.number.Resize(number)
	r.number.Move(fyne.NewPos(tilePadding, 8))
	r.name.Resize(name)
	r.name.Move(fyne.NewPos(tilePadding, size.Height-name.Height-10))
	r.icon.Resize(fyne.NewSquareSize(18))
	r.icon.Move(fyne.NewPos(size.Width-tilePadding-18, 14))
}

func (r *tileRenderer) Refresh() {
	r.show()
	r.Layout(r.tile.Size())
	canvas.Refresh(r.tile)
}

func (r *tileRenderer) show() {
	t, th := r.tile, r.tile.Theme()
	r.background.FillColor, r.background.StrokeColor, r.background.StrokeWidth = kit.ColorOf(t, theme.ColorNameBackground), kit.ColorOf(t, theme.ColorNameInputBorder), 1
	if t.hovered {
		r.background.FillColor = kit.ColorOf(t, kit.ColorRowChosen)
	}
	if t.focused {
		r.background.StrokeColor, r.background.StrokeWidth = kit.ColorOf(t, theme.ColorNamePrimary), kit.ButtonRing
	}
	r.background.CornerRadius = 8
	kit.SetIcon(r.icon, t.icon, kit.ColorMuted)
	r.number.Text, r.number.TextSize, r.number.TextStyle.Bold, r.number.Color = t.number, tileNumberSize, true, kit.ColorOf(t, theme.ColorNameForeground)
	r.name.Text, r.name.TextSize, r.name.Color = t.name, th.Size(theme.SizeNameText), kit.ColorOf(t, theme.ColorNameForeground)
}

// tileLayout puts tiles of equal width side by side on one line, or on two lines if their names do not fit on one. The
// minimum height is right after the first layout only, because it depends on the width.
type tileLayout struct {
	gap   float32
	width *float32 // of the last layout
}

func newTileLayout(gap float32) tileLayout { return tileLayout{gap: gap, width: new(float32)} }

// largestMinSize returns the size in which every tile fits.
func (t tileLayout) largestMinSize(objects []fyne.CanvasObject) fyne.Size {
	size := fyne.Size{}
	for _, o := range objects {
		size = size.Max(o.MinSize())
	}
	return size
}

func (t tileLayout) tilesPerLine(objects []fyne.CanvasObject, width float32) int {
	n := len(objects)
	if n > 2 && width > 0 && t.largestMinSize(objects).Width*float32(n)+t.gap*float32(n-1) > width {
		n = (n + 1) / 2
	}
	return n
}

func (t tileLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	*t.width = size.Width
	n, height := t.tilesPerLine(objects, size.Width), t.largestMinSize(objects).Height
	width := (size.Width - t.gap*float32(n-1)) / float32(n)
	for i, o := range objects {
		o.Resize(fyne.NewSize(width, height))
		o.Move(fyne.NewPos(float32(i%n)*(width+t.gap), float32(i/n)*(height+t.gap)))
	}
}

func (t tileLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	minSize, n := t.largestMinSize(objects), t.tilesPerLine(objects, *t.width)
	lines := float32((len(objects) + n - 1) / n)
	inHalf := float32((len(objects) + 1) / 2)
	return fyne.NewSize(minSize.Width*inHalf+t.gap*(inHalf-1), minSize.Height*lines+t.gap*(lines-1))
}
