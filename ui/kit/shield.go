package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// Shield is a background for what lies over other widgets: it has a border, and keeps the mouse from what is below it.
type Shield struct{ widget.BaseWidget }

// NewShield returns a shield.
func NewShield() *Shield {
	s := &Shield{}
	s.ExtendBaseWidget(s)
	return s
}

func (s *Shield) Tapped(*fyne.PointEvent) {}

func (s *Shield) TappedSecondary(*fyne.PointEvent) {}

func (s *Shield) MouseIn(*desktop.MouseEvent) {}

func (s *Shield) MouseMoved(*desktop.MouseEvent) {}

func (s *Shield) MouseOut() {}

func (s *Shield) CreateRenderer() fyne.WidgetRenderer {
	r := &shieldRenderer{shield: s, plane: canvas.NewRectangle(color.Transparent)}
	r.WidgetRenderer = widget.NewSimpleRenderer(r.plane)
	r.show()
	return r
}

type shieldRenderer struct {
	fyne.WidgetRenderer
	shield *Shield
	plane  *canvas.Rectangle
}

func (r *shieldRenderer) Layout(size fyne.Size) {
	r.plane.Move(fyne.NewSquareOffsetPos(-shieldBorder))
	r.plane.Resize(size.AddWidthHeight(2*shieldBorder, 2*shieldBorder))
}

func (r *shieldRenderer) Refresh() {
	r.show()
	r.plane.Refresh()
}

const (
	shieldBorder = 1
	shieldRadius = 9
)

func (r *shieldRenderer) show() {
	r.plane.FillColor = ColorOf(r.shield, ColorMuted)
	r.plane.CornerRadius = shieldRadius
}
