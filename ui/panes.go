package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// panes are two objects side by side with a line between them that can be dragged.
type panes struct {
	widget.BaseWidget
	left, right fyne.CanvasObject
	share       float32 // of the left, when nobody dragged the line
	width       float32 // of the left, since somebody did
	line        *dragLine
}

const (
	leftShare = 0.46
	rightMost = 600 // of the right, when nobody dragged the line
	grip      = 7   // how broad the line is for the mouse
)

func newPanes(left, right fyne.CanvasObject) *panes {
	p := &panes{left: left, right: right, share: leftShare}
	p.line = &dragLine{onDragged: p.drag}
	p.line.ExtendBaseWidget(p.line)
	p.ExtendBaseWidget(p)
	return p
}

func (p *panes) drag(by float32) {
	p.width = p.leftWidth(p.Size().Width) + by
	p.width = p.leftWidth(p.Size().Width)
	p.Refresh()
}

func (p *panes) leftWidth(whole float32) float32 {
	width := p.width
	if width == 0 {
		// What a request is takes no more than so much; the rest is for columns.
		width = float32(int(max(whole*p.share, whole-rightMost)))
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

// dragLine is the line between two panes.
type dragLine struct {
	widget.BaseWidget
	onDragged func(by float32)
}

// Cursor is called by the toolkit.
func (l *dragLine) Cursor() desktop.Cursor { return desktop.HResizeCursor }

// Dragged is called by the toolkit.
func (l *dragLine) Dragged(e *fyne.DragEvent) { l.onDragged(e.Dragged.DX) }

// DragEnd is called by the toolkit.
func (l *dragLine) DragEnd() {}

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
	r.line.Move(fyne.NewPos(grip/2, 0))
	r.line.Resize(fyne.NewSize(1, size.Height))
}

func (r *dragLineRenderer) Refresh() {
	r.line.FillColor = colorOf(r.drag, theme.ColorNameSeparator)
	r.line.Refresh()
}
