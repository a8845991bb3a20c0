package report

import (
	"fyne.io/fyne/v2"

	"countersign/ui/kit"
)

// roomForPair is the width from which on two tables stand side by side. Over all of it, the cells of a row would be far apart.
const roomForPair = 1200

// sectionGap is the room between two sections.
const sectionGap = 18

// pairLayout puts two sections side by side, in the columns of the charts, where there is room for both. Elsewhere it puts one
// below the other. The minimum height is right after the first layout only, because it depends on the width.
type pairLayout struct {
	width *float32 // of the last layout
}

func newPairLayout() pairLayout { return pairLayout{new(float32)} }

// current returns the layout for the width of the last layout.
func (p pairLayout) current(objects []fyne.CanvasObject) fyne.Layout {
	if *p.width >= roomForPair && objects[0].Visible() && objects[1].Visible() {
		return chartColumns()
	}
	return kit.Column(sectionGap)
}

func (p pairLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	*p.width = size.Width
	p.current(objects).Layout(objects, size)
}

func (p pairLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return p.current(objects).MinSize(objects)
}

// chartColumns returns the layout of the chart and the numbers beside it.
func chartColumns() fyne.Layout { return kit.Weighted(32, 11, 9) }
