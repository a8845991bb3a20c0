package detail

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/ui/kit"
)

// timelineDot is a dot on the line of a timeline.
type timelineDot struct {
	widget.BaseWidget
	color       fyne.ThemeColorName
	first, last bool // where the line begins or ends
}

func newTimelineDot(color fyne.ThemeColorName, first, last bool) *timelineDot {
	k := &timelineDot{color: color, first: first, last: last}
	k.ExtendBaseWidget(k)
	return k
}

const (
	dotSize = 9
	dotTop  = 6
)

// CreateRenderer is called by the toolkit.
func (k *timelineDot) CreateRenderer() fyne.WidgetRenderer {
	r := &timelineDotRenderer{knot: k, line: canvas.NewRectangle(nil), dot: canvas.NewCircle(nil)}
	r.objects = []fyne.CanvasObject{r.line, r.dot}
	r.show()
	return r
}

type timelineDotRenderer struct {
	knot    *timelineDot
	line    *canvas.Rectangle
	dot     *canvas.Circle
	objects []fyne.CanvasObject
}

func (r *timelineDotRenderer) Destroy()                     {}
func (r *timelineDotRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *timelineDotRenderer) MinSize() fyne.Size           { return fyne.NewSize(dotSize, dotSize+dotTop) }

func (r *timelineDotRenderer) Layout(size fyne.Size) {
	r.dot.Resize(fyne.NewSquareSize(dotSize))
	r.dot.Move(fyne.NewPos(0, dotTop))
	top, bottom := float32(0), size.Height
	if r.knot.first {
		top = dotTop
	}
	if r.knot.last {
		bottom = dotTop
	}
	r.line.Move(fyne.NewPos(dotSize/2, top))
	r.line.Resize(fyne.NewSize(1, max(bottom-top, 0)))
}

func (r *timelineDotRenderer) Refresh() {
	r.show()
	canvas.Refresh(r.knot)
}

func (r *timelineDotRenderer) show() {
	r.line.FillColor = kit.ColorOf(r.knot, theme.ColorNameInputBorder)
	r.dot.FillColor = kit.ColorOf(r.knot, r.knot.color)
}
