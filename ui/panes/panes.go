// Package panes shows two objects side by side, or one at a time where there is no room for both.
package panes

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/ui/kit"
)

// Panes shows two objects side by side, with a divider that can be dragged or moved with the arrow keys. Where there is no room for
// both, it shows one at a time: the left one, or the right one below the bar that leads back.
type Panes struct {
	widget.BaseWidget
	left, right fyne.CanvasObject
	bar         fyne.CanvasObject // above the right side while that covers the left one
	narrow      bool              // one at a time
	opened      bool              // the right one, then
	width       float32           // of the left side as a person chose it; zero for the default
	divider     *Divider
	// OnMoved is called when a person moved the divider, with zero for the default width.
	OnMoved func(width float32)
}

// DividerStep is how far an arrow key moves the divider.
const DividerStep = 24

const (
	leftShare    = 0.46 // default share of the left side
	rightShare   = 0.3  // default share of the right side in a wide window, within the next two
	wideRight    = 440  // leaves the list room for its main columns in a window of 1440 units
	maxRight     = 520
	dividerWidth = 7   // the part that can be dragged; the visible line is thinner
	narrowPanes  = 745 // narrower panes are shown one at a time
)

// New returns panes with the objects left and right, and with a bar that leads back from the right one. The function pass is
// called with the keys that the divider does not handle.
func New(left, right, bar fyne.CanvasObject, pass kit.KeyHandler) *Panes {
	p := &Panes{left: left, right: right, bar: bar, OnMoved: func(float32) {}}
	p.divider = &Divider{onMoved: p.move, pass: pass}
	p.divider.ExtendBaseWidget(p.divider)
	p.ExtendBaseWidget(p)
	return p
}

// RoomyWidth returns the width that both sides need beside each other.
func (p *Panes) RoomyWidth() float32 {
	return max(p.left.MinSize().Width+1+p.right.MinSize().Width, narrowPanes)
}

// CoversLeft reports whether the right side is shown in the place of the left one.
func (p *Panes) CoversLeft() bool { return p.narrow && p.opened }

// CoversRight reports whether the left side is shown in the place of the right one.
func (p *Panes) CoversRight() bool { return p.narrow && !p.opened }

// Open shows the right side, and reports whether it takes the place of the left one.
func (p *Panes) Open() bool {
	p.opened = true
	p.Refresh()
	return p.narrow
}

// Close shows the left side, and reports whether the right one was in its place.
func (p *Panes) Close() bool {
	covered := p.CoversLeft()
	p.opened = false
	p.Refresh()
	return covered
}

// SetWidth sets the width of the left side; zero means the default. It does not call OnMoved.
func (p *Panes) SetWidth(width float32) {
	if p.width != width {
		p.width = width
		p.Refresh()
	}
}

// move moves the divider by a distance, within the minimum sizes of both sides, and calls OnMoved. The distance 0 restores
// the default width.
func (p *Panes) move(by float32) {
	width := float32(0)
	if by != 0 {
		p.width = p.leftWidth(p.Size().Width) + by
		width = p.leftWidth(p.Size().Width)
	}
	p.width = width
	p.Refresh()
	p.OnMoved(width)
}

func (p *Panes) leftWidth(total float32) float32 {
	width := p.width
	if width == 0 {
		// In a wide window the list gets the space, since it has columns to show.
		right := min(max(total*rightShare, wideRight), maxRight)
		width = float32(int(max(total*leftShare, total-right)))
	}
	return max(min(width, total-p.right.MinSize().Width-1), p.left.MinSize().Width)
}

func (p *Panes) CreateRenderer() fyne.WidgetRenderer {
	return &panesRenderer{panes: p, objects: []fyne.CanvasObject{p.left, p.right, p.divider, p.bar}}
}

type panesRenderer struct {
	panes   *Panes
	objects []fyne.CanvasObject
}

func (r *panesRenderer) Destroy()                     {}
func (r *panesRenderer) Objects() []fyne.CanvasObject { return r.objects }

func (r *panesRenderer) MinSize() fyne.Size {
	left, right := r.panes.left.MinSize(), r.panes.right.MinSize()
	return fyne.NewSize(max(left.Width, right.Width), max(left.Height, right.Height+r.panes.bar.MinSize().Height))
}

func (r *panesRenderer) Layout(size fyne.Size) {
	p := r.panes
	if size.Width <= 0 { // not laid out yet
		return
	}
	p.narrow = size.Width < p.RoomyWidth()
	if !p.narrow {
		p.opened = false
	}
	kit.SetHidden(p.left, p.CoversLeft())
	kit.SetHidden(p.right, p.narrow && !p.opened)
	kit.SetHidden(p.divider, p.narrow)
	kit.SetHidden(p.bar, !p.CoversLeft())
	if p.narrow {
		top := float32(0)
		if p.opened {
			top = p.bar.MinSize().Height
		}
		p.bar.Resize(fyne.NewSize(size.Width, top))
		p.left.Resize(size)
		p.right.Move(fyne.NewPos(0, top))
		p.right.Resize(fyne.NewSize(size.Width, size.Height-top))
		return
	}
	width := p.leftWidth(size.Width)
	p.left.Resize(fyne.NewSize(width, size.Height))
	p.right.Move(fyne.NewPos(width+1, 0))
	p.right.Resize(fyne.NewSize(size.Width-width-1, size.Height))
	p.divider.Move(fyne.NewPos(width-dividerWidth/2, 0))
	p.divider.Resize(fyne.NewSize(dividerWidth, size.Height))
}

func (r *panesRenderer) Refresh() {
	r.Layout(r.panes.Size())
	canvas.Refresh(r.panes)
}

// Divider is the line between two panes. It can have the keyboard focus: the arrow keys move it, Home restores the
// default width.
type Divider struct {
	widget.BaseWidget
	onMoved func(by float32) // zero restores the default
	pass    kit.KeyHandler
	focused bool
}

func (d *Divider) Cursor() desktop.Cursor { return desktop.HResizeCursor }

func (d *Divider) Dragged(e *fyne.DragEvent) {
	if e.Dragged.DX != 0 {
		d.onMoved(e.Dragged.DX)
	}
}

func (d *Divider) DragEnd() {}

func (d *Divider) DoubleTapped(*fyne.PointEvent) { d.onMoved(0) }

func (d *Divider) FocusGained() { d.focused = true; d.Refresh() }

func (d *Divider) FocusLost() { d.focused = false; d.Refresh() }

func (d *Divider) TypedRune(rune) { kit.DropLetter() }

func (d *Divider) TypedKey(key *fyne.KeyEvent) {
	switch key.Name {
	case fyne.KeyLeft:
		d.onMoved(-DividerStep)
	case fyne.KeyRight:
		d.onMoved(DividerStep)
	case fyne.KeyHome:
		d.onMoved(0)
	default:
		d.pass(key)
	}
}

func (d *Divider) CreateRenderer() fyne.WidgetRenderer {
	line := canvas.NewRectangle(nil)
	r := &dividerRenderer{WidgetRenderer: widget.NewSimpleRenderer(line), drag: d, line: line}
	r.Refresh()
	return r
}

type dividerRenderer struct {
	fyne.WidgetRenderer
	drag *Divider
	line *canvas.Rectangle
}

func (r *dividerRenderer) MinSize() fyne.Size { return fyne.NewSize(dividerWidth, 1) }

func (r *dividerRenderer) Layout(size fyne.Size) {
	width := float32(1)
	if r.drag.focused {
		width = 3
	}
	r.line.Move(fyne.NewPos(float32(dividerWidth/2)-float32(int(width/2)), 0))
	r.line.Resize(fyne.NewSize(width, size.Height))
}

func (r *dividerRenderer) Refresh() {
	r.line.FillColor = kit.ColorOf(r.drag, theme.ColorNameSeparator)
	if r.drag.focused {
		r.line.FillColor = kit.ColorOf(r.drag, theme.ColorNamePrimary)
	}
	r.Layout(r.drag.Size())
	r.line.Refresh()
}
