package placement

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/ui/kit"
)

// board shows a page with the box of the signature, which is moved and resized by mouse and by keys.
type board struct {
	widget.BaseWidget
	page  Page
	box   Area
	label string
	size  fyne.Size // of the picture

	pass      kit.KeyHandler // called with the keys that the board does not handle
	onChanged func()         // called after a person changed the box

	locked         bool // nothing can be changed now
	focused, shift bool
	hovered        grip
	dragged        *drag // nil unless the mouse drags something
}

// drag is what the mouse drags: a part of the box, or from a point of the page the corner of a new box.
type drag struct {
	grip       grip
	startX     float64
	startY     float64
	boxAtStart Area
}

const (
	reach      = 7 // from which distance the mouse gets hold of an edge
	handleSize = 8
	boxStroke  = 1.5
	labelInset = 9  // beside the handles
	coarseStep = 10 // points that Shift with an arrow moves or resizes by
)

func newBoard(label string, pass kit.KeyHandler, onChanged func()) *board {
	b := &board{label: label, pass: pass, onChanged: onChanged}
	b.ExtendBaseWidget(b)
	return b
}

// show shows a page with a box.
func (b *board) show(page Page, box Area) {
	b.page, b.box, b.dragged = page, box, nil
	b.Refresh()
}

// setSize sets the size in which the page is shown.
func (b *board) setSize(size fyne.Size) {
	if b.size != size {
		b.size = size
		b.Refresh()
	}
}

// setBox changes the box as a person wishes, and reports the change.
func (b *board) setBox(box Area) {
	if b.box != box {
		b.box = box
		b.Refresh()
		b.onChanged()
	}
}

// canChange reports whether the box can be changed now.
func (b *board) canChange() bool { return !b.locked && b.page.isUsable() }

// scale returns the size of a point on the picture.
func (b *board) scale() float64 {
	width, _ := b.page.Size()
	if width <= 0 || b.size.Width <= 0 {
		return 1
	}
	return float64(b.size.Width) / width
}

// pointAt returns a position on the picture in the unit of the page.
func (b *board) pointAt(at fyne.Position) (x, y float64) {
	return float64(at.X) / b.scale(), float64(at.Y) / b.scale()
}

// onPicture returns where an area is on the picture.
func (b *board) onPicture(a Area) (fyne.Position, fyne.Size) {
	s := b.scale()
	return fyne.NewPos(float32(a.Left*s), float32(a.Top*s)), fyne.NewSize(float32(a.Width*s), float32(a.Height*s))
}

func (b *board) MouseDown(e *desktop.MouseEvent) {
	kit.Focus(b)
	if e.Button == desktop.MouseButtonPrimary && b.canChange() {
		b.grab(e.Position)
	}
}

func (b *board) MouseUp(*desktop.MouseEvent) {}

// grab begins to drag what is at a position.
func (b *board) grab(at fyne.Position) {
	x, y := b.pointAt(at)
	b.dragged = &drag{grip: b.box.gripAt(x, y, reach/b.scale()), startX: x, startY: y, boxAtStart: b.box}
}

func (b *board) Dragged(e *fyne.DragEvent) {
	if !b.canChange() {
		return
	}
	if b.dragged == nil {
		b.grab(e.Position.Subtract(e.Dragged))
	}
	d := b.dragged
	x, y := b.pointAt(e.Position)
	width, height := b.page.Size()
	if d.grip == nothing {
		b.setBox(between(d.startX, d.startY, x, y, width, height))
		return
	}
	b.setBox(d.boxAtStart.pulled(d.grip, x-d.startX, y-d.startY, width, height))
}

func (b *board) DragEnd() { b.dragged = nil }

func (b *board) MouseIn(e *desktop.MouseEvent) { b.hover(e.Position) }

func (b *board) MouseMoved(e *desktop.MouseEvent) { b.hover(e.Position) }

func (b *board) MouseOut() {}

func (b *board) hover(at fyne.Position) {
	x, y := b.pointAt(at)
	b.hovered = b.box.gripAt(x, y, reach/b.scale())
}

// Cursor shows what a drag would do.
func (b *board) Cursor() desktop.Cursor {
	switch b.hovered {
	case leftEdge, rightEdge:
		return desktop.HResizeCursor
	case topEdge, bottomEdge:
		return desktop.VResizeCursor
	case leftEdge | topEdge, rightEdge | bottomEdge:
		return desktop.NWSEResizeCursor
	case rightEdge | topEdge, leftEdge | bottomEdge:
		return desktop.NESWResizeCursor
	case wholeArea:
		return desktop.PointerCursor
	}
	return desktop.CrosshairCursor
}

func (b *board) FocusGained() {
	b.focused = true
	b.Refresh()
}

func (b *board) FocusLost() {
	b.focused, b.shift = false, false
	b.Refresh()
}

func (b *board) TypedRune(r rune) {
	kit.DropLetter()
	switch r {
	case '+':
		b.pass(&fyne.KeyEvent{Name: fyne.KeyPlus})
	case '-':
		b.pass(&fyne.KeyEvent{Name: fyne.KeyMinus})
	}
}

func (b *board) KeyDown(key *fyne.KeyEvent) {
	if key.Name == desktop.KeyShiftLeft || key.Name == desktop.KeyShiftRight {
		b.shift = true
	}
}

func (b *board) KeyUp(key *fyne.KeyEvent) {
	if key.Name == desktop.KeyShiftLeft || key.Name == desktop.KeyShiftRight {
		b.shift = false
	}
}

// TypedKey moves the box with the arrow keys.
func (b *board) TypedKey(key *fyne.KeyEvent) {
	switch key.Name {
	case fyne.KeyPlus, fyne.KeyEqual, fyne.KeyMinus: // TypedRune handles what they type
		return
	}
	if !b.step(wholeArea, key.Name, b.shift) {
		b.pass(key)
	}
}

// TypedShortcut resizes the box with Ctrl and the arrow keys.
func (b *board) TypedShortcut(shortcut fyne.Shortcut) {
	s, ok := shortcut.(*desktop.CustomShortcut)
	if ok && s.Modifier&^fyne.KeyModifierShift == fyne.KeyModifierShortcutDefault {
		b.step(rightEdge|bottomEdge, s.KeyName, s.Modifier&fyne.KeyModifierShift != 0)
	}
}

// step pulls a grip by one point, or by ten if coarse is true, in the direction of an arrow key. It reports whether the key
// is an arrow key.
func (b *board) step(g grip, key fyne.KeyName, coarse bool) bool {
	by := float64(1)
	if coarse {
		by = coarseStep
	}
	dx, dy := float64(0), float64(0)
	switch key {
	case fyne.KeyLeft:
		dx = -by
	case fyne.KeyRight:
		dx = by
	case fyne.KeyUp:
		dy = -by
	case fyne.KeyDown:
		dy = by
	default:
		return false
	}
	if b.canChange() {
		width, height := b.page.Size()
		b.setBox(b.box.pulled(g, dx, dy, width, height))
	}
	return true
}

func (b *board) CreateRenderer() fyne.WidgetRenderer {
	r := &boardRenderer{
		board: b, picture: &canvas.Image{FillMode: canvas.ImageFillStretch}, frame: canvas.NewRectangle(color.Transparent),
		box: canvas.NewRectangle(nil), label: canvas.NewText("", nil),
	}
	r.frame.StrokeWidth, r.box.StrokeWidth = 1, boxStroke
	r.label.TextStyle.Bold = true
	for range len(handles) {
		r.handles = append(r.handles, canvas.NewRectangle(nil))
	}
	r.show()
	return r
}

type boardRenderer struct {
	board      *board
	picture    *canvas.Image
	frame, box *canvas.Rectangle
	label      *canvas.Text
	fields     []*canvas.Rectangle
	handles    []*canvas.Rectangle
}

// handles are the grips that are drawn as small squares.
var handles = []grip{
	leftEdge | topEdge, topEdge, rightEdge | topEdge, rightEdge,
	rightEdge | bottomEdge, bottomEdge, leftEdge | bottomEdge, leftEdge,
}

func (r *boardRenderer) Destroy() {}

func (r *boardRenderer) MinSize() fyne.Size { return r.board.size }

func (r *boardRenderer) Objects() []fyne.CanvasObject {
	objects := []fyne.CanvasObject{r.picture}
	for _, field := range r.fields {
		objects = append(objects, field)
	}
	objects = append(objects, r.box, r.label)
	for _, handle := range r.handles {
		objects = append(objects, handle)
	}
	return append(objects, r.frame)
}

func (r *boardRenderer) Layout(fyne.Size) {
	b := r.board
	r.picture.Resize(b.size)
	r.frame.Resize(b.size)
	for i, field := range r.fields {
		at, size := b.onPicture(b.page.Seen(b.page.Fields[i]))
		field.Move(at)
		field.Resize(size)
	}
	at, size := b.onPicture(b.box)
	r.box.Move(at)
	r.box.Resize(size)
	r.layoutLabel(at, size)
	for i, handle := range r.handles {
		x, y := at.X+size.Width/2, at.Y+size.Height/2
		if handles[i]&leftEdge != 0 {
			x = at.X
		} else if handles[i]&rightEdge != 0 {
			x = at.X + size.Width
		}
		if handles[i]&topEdge != 0 {
			y = at.Y
		} else if handles[i]&bottomEdge != 0 {
			y = at.Y + size.Height
		}
		handle.Resize(fyne.NewSquareSize(handleSize))
		handle.Move(fyne.NewPos(x-handleSize/2, y-handleSize/2))
	}
}

// layoutLabel puts the label into the box, in letters as large as fit.
func (r *boardRenderer) layoutLabel(at fyne.Position, size fyne.Size) {
	r.label.TextSize = min(r.board.Theme().Size(theme.SizeNameText), 0.6*size.Height)
	r.label.Text = kit.FitText(r.board.label, size.Width-2*labelInset, r.label.TextSize, r.label.TextStyle)
	own := r.label.MinSize()
	r.label.Resize(own)
	r.label.Move(at.AddXY(labelInset, (size.Height-own.Height)/2))
}

func (r *boardRenderer) Refresh() {
	r.show()
	r.Layout(r.board.size)
	canvas.Refresh(r.board)
}

// show sets the colors and what is visible. Paper is white in the dark look, too, so what lies on it has the light colors.
func (r *boardRenderer) show() {
	b := r.board
	onPaper := func(name fyne.ThemeColorName) color.Color {
		return kit.Theme(kit.LightLook).Color(name, theme.VariantLight)
	}
	primary := onPaper(theme.ColorNamePrimary)
	r.box.FillColor, r.box.StrokeColor, r.label.Color = translucent(onPaper(theme.ColorNameSelection)), primary, primary
	for _, handle := range r.handles {
		handle.FillColor, handle.StrokeColor, handle.StrokeWidth = color.White, primary, 1
		handle.Hidden = !b.page.isUsable()
	}
	r.box.Hidden, r.label.Hidden = !b.page.isUsable(), !b.page.isUsable()
	r.frame.StrokeColor, r.frame.StrokeWidth = kit.ColorOf(b, theme.ColorNameInputBorder), 1
	if b.focused {
		r.frame.StrokeColor, r.frame.StrokeWidth = kit.ColorOf(b, theme.ColorNamePrimary), kit.ButtonRing
	}
	r.fields = r.fields[:0]
	for range b.page.Fields {
		field := canvas.NewRectangle(translucent(onPaper(kit.ColorOverBack)))
		field.StrokeColor, field.StrokeWidth = onPaper(kit.ColorOver), 1
		r.fields = append(r.fields, field)
	}
	if r.picture.Image != b.page.Image {
		r.picture.Image = b.page.Image
		r.picture.Refresh()
	}
}

// translucent returns a color through which the page can be read.
func translucent(c color.Color) color.Color {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	n.A = 0xb0
	return n
}
