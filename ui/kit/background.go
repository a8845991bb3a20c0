package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// Background is a filled rectangle in a color of the theme. Set Radius for rounded corners before it is first drawn.
type Background struct {
	widget.BaseWidget
	color  fyne.ThemeColorName
	Radius float32
}

// NewBackground returns a background with square corners.
func NewBackground(color fyne.ThemeColorName) *Background {
	g := &Background{color: color}
	g.ExtendBaseWidget(g)
	return g
}

// setColor changes the color and redraws, unless the color is the same.
func (g *Background) setColor(color fyne.ThemeColorName) {
	if g.color != color {
		g.color = color
		g.Refresh()
	}
}

func (g *Background) CreateRenderer() fyne.WidgetRenderer {
	plane := canvas.NewRectangle(ColorOf(g, g.color))
	plane.CornerRadius = g.Radius
	return &backgroundRenderer{WidgetRenderer: widget.NewSimpleRenderer(plane), background: g, rect: plane}
}

type backgroundRenderer struct {
	fyne.WidgetRenderer
	background *Background
	rect       *canvas.Rectangle
}

func (r *backgroundRenderer) MinSize() fyne.Size { return fyne.NewSize(1, 1) }

func (r *backgroundRenderer) Refresh() {
	r.rect.FillColor = ColorOf(r.background, r.background.color)
	r.rect.Refresh()
}
