package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/ui/kit"
)

// panes are two objects side by side with a line between them that can be moved, with the mouse
// and by key.
type panes struct {
	widget.BaseWidget
	left, right fyne.CanvasObject
	width       float32 // of the left as somebody chose it; zero for the usual one
	line        *dragLine
	onMoved     func(width float32) // somebody moved the line; zero for the usual width
}

const (
	leftShare = 0.46 // of the left, when nobody moved the line
	rightMost = 520  // of the right, when nobody moved the line
	grip      = 7    // how broad the line is for the mouse
	lineStep  = 24   // by which a key moves the line
)

func newPanes(left, right fyne.CanvasObject, pass kit.KeyHandler) *panes {
	p := &panes{left: left, right: right, onMoved: func(float32) {}}
	p.line = &dragLine{onMoved: p.move, pass: pass}
	p.line.ExtendBaseWidget(p.line)
	p.ExtendBaseWidget(p)
	return p
}

// setWidth puts the line where it was left; zero for where it usually is.
func (p *panes) setWidth(width float32) {
	if p.width != width {
		p.width = width
		p.Refresh()
	}
}

// move moves the line, and not beyond what both sides need. Moved by nothing, it goes to where it
// usually is.
func (p *panes) move(by float32) {
	width := float32(0)
	if by != 0 {
		p.width = p.leftWidth(p.Size().Width) + by
		width = p.leftWidth(p.Size().Width)
	}
	p.width = width
	p.Refresh()
	p.onMoved(width)
}

func (p *panes) leftWidth(whole float32) float32 {
	width := p.width
	if width == 0 {
		// What a request is takes no more than so much; the rest is for columns.
		width = float32(int(max(whole*leftShare, whole-rightMost)))
	}
	return max(min(width, whole-p.right.MinSize().Width-1), p.left.MinSize().Width)
}

// CreateRenderer is called by the toolkit.
func (p *panes) CreateRenderer() fyne.WidgetRenderer {
	return &panesRenderer{panes: p, objects: []fyne.CanvasObject{p.left, p.right, p.line}}
}

type panesRenderer struct {
	panes   *panes
	objects []fyne.CanvasObject
}

func (r *panesRenderer) Destroy()                     {}
func (r *panesRenderer) Objects() []fyne.CanvasObject { return r.objects }

func (r *panesRenderer) MinSize() fyne.Size {
	left, right := r.panes.left.MinSize(), r.panes.right.MinSize()
	return fyne.NewSize(left.Width+1+right.Width, max(left.Height, right.Height))
}

func (r *panesRenderer) Layout(size fyne.Size) {
	p := r.panes
	width := p.leftWidth(size.Width)
	p.left.Resize(fyne.NewSize(width, size.Height))
	p.right.Move(fyne.NewPos(width+1, 0))
	p.right.Resize(fyne.NewSize(size.Width-width-1, size.Height))
	p.line.Move(fyne.NewPos(width-grip/2, 0))
	p.line.Resize(fyne.NewSize(grip, size.Height))
}

func (r *panesRenderer) Refresh() {
	r.Layout(r.panes.Size())
	canvas.Refresh(r.panes)
}

// dragLine is the line between two panes. It is a stop for the keyboard: the arrow keys move it,
// Home puts it back.
type dragLine struct {
	widget.BaseWidget
	onMoved func(by float32) // by nothing: to where it usually is
	pass    kit.KeyHandler
	focused bool
}

// Cursor is called by the toolkit.
func (l *dragLine) Cursor() desktop.Cursor { return desktop.HResizeCursor }

// Dragged is called by the toolkit.
func (l *dragLine) Dragged(e *fyne.DragEvent) {
	if e.Dragged.DX != 0 {
		l.onMoved(e.Dragged.DX)
	}
}

// DragEnd is called by the toolkit.
func (l *dragLine) DragEnd() {}

// DoubleTapped is called by the toolkit.
func (l *dragLine) DoubleTapped(*fyne.PointEvent) { l.onMoved(0) }

// FocusGained is called by the toolkit.
func (l *dragLine) FocusGained() { l.focused = true; l.Refresh() }

// FocusLost is called by the toolkit.
func (l *dragLine) FocusLost() { l.focused = false; l.Refresh() }

// TypedRune is called by the toolkit.
func (l *dragLine) TypedRune(rune) {}

// TypedKey is called by the toolkit.
func (l *dragLine) TypedKey(key *fyne.KeyEvent) {
	switch key.Name {
	case fyne.KeyLeft:
		l.onMoved(-lineStep)
	case fyne.KeyRight:
		l.onMoved(lineStep)
	case fyne.KeyHome:
		l.onMoved(0)
	default:
		l.pass(key)
	}
}

// CreateRenderer is called by the toolkit.
func (l *dragLine) CreateRenderer() fyne.WidgetRenderer {
	line := canvas.NewRectangle(nil)
	r := &dragLineRenderer{WidgetRenderer: widget.NewSimpleRenderer(line), drag: l, line: line}
	r.Refresh()
	return r
}

type dragLineRenderer struct {
	fyne.WidgetRenderer
	drag *dragLine
	line *canvas.Rectangle
}

func (r *dragLineRenderer) MinSize() fyne.Size { return fyne.NewSize(grip, 1) }

func (r *dragLineRenderer) Layout(size fyne.Size) {
	width := float32(1)
	if r.drag.focused {
		width = 3
	}
	r.line.Move(fyne.NewPos(float32(grip/2)-float32(int(width/2)), 0))
	r.line.Resize(fyne.NewSize(width, size.Height))
}

func (r *dragLineRenderer) Refresh() {
	r.line.FillColor = kit.ColorOf(r.drag, theme.ColorNameSeparator)
	if r.drag.focused {
		r.line.FillColor = kit.ColorOf(r.drag, theme.ColorNamePrimary)
	}
	r.Layout(r.drag.Size())
	r.line.Refresh()
}
