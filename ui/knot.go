package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/ui/kit"
)

// knot is a dot on the line of a timeline.
type knot struct {
	widget.BaseWidget
	color       fyne.ThemeColorName
	first, last bool // where the line begins or ends
}

func newKnot(color fyne.ThemeColorName, first, last bool) *knot {
	k := &knot{color: color, first: first, last: last}
	k.ExtendBaseWidget(k)
	return k
}

const (
	knotSize = 9
	knotTop  = 6
)

// CreateRenderer is called by the toolkit.
func (k *knot) CreateRenderer() fyne.WidgetRenderer {
	r := &knotRenderer{knot: k, line: canvas.NewRectangle(nil), dot: canvas.NewCircle(nil)}
	r.objects = []fyne.CanvasObject{r.line, r.dot}
	r.show()
	return r
}

type knotRenderer struct {
	knot    *knot
	line    *canvas.Rectangle
	dot     *canvas.Circle
	objects []fyne.CanvasObject
}

func (r *knotRenderer) Destroy()                     {}
func (r *knotRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *knotRenderer) MinSize() fyne.Size           { return fyne.NewSize(knotSize, knotSize+knotTop) }

func (r *knotRenderer) Layout(size fyne.Size) {
	r.dot.Resize(fyne.NewSquareSize(knotSize))
	r.dot.Move(fyne.NewPos(0, knotTop))
	top, bottom := float32(0), size.Height
	if r.knot.first {
		top = knotTop
	}
	if r.knot.last {
		bottom = knotTop
	}
	r.line.Move(fyne.NewPos(knotSize/2, top))
	r.line.Resize(fyne.NewSize(1, max(bottom-top, 0)))
}

func (r *knotRenderer) Refresh() {
	r.show()
	canvas.Refresh(r.knot)
}

func (r *knotRenderer) show() {
	r.line.FillColor = kit.ColorOf(r.knot, theme.ColorNameInputBorder)
	r.dot.FillColor = kit.ColorOf(r.knot, r.knot.color)
}
