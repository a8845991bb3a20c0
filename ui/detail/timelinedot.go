package detail

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/ui/kit"
)

// timelineDot is the dot of an event on the line of the timeline.
type timelineDot struct {
	widget.BaseWidget
	color       fyne.ThemeColorName
	first, last bool // the line begins or ends at this dot
}

func newTimelineDot(color fyne.ThemeColorName, first, last bool) *timelineDot {
	d := &timelineDot{color: color, first: first, last: last}
	d.ExtendBaseWidget(d)
	return d
}

const (
	dotSize = 9
	dotTop  = 6
)

func (d *timelineDot) CreateRenderer() fyne.WidgetRenderer {
	r := &timelineDotRenderer{owner: d, line: canvas.NewRectangle(nil), dot: canvas.NewCircle(nil)}
	r.objects = []fyne.CanvasObject{r.line, r.dot}
	r.show()
	return r
}

type timelineDotRenderer struct {
	owner   *timelineDot
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
	if r.owner.first {
		top = dotTop
	}
	if r.owner.last {
		bottom = dotTop
	}
	r.line.Move(fyne.NewPos(dotSize/2, top))
	r.line.Resize(fyne.NewSize(1, max(bottom-top, 0)))
}

func (r *timelineDotRenderer) Refresh() {
	r.show()
	canvas.Refresh(r.owner)
}

func (r *timelineDotRenderer) show() {
	r.line.FillColor = kit.ColorOf(r.owner, theme.ColorNameInputBorder)
	r.dot.FillColor = kit.ColorOf(r.owner, r.owner.color)
}
