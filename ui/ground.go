package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// ground is a plane of one of the theme's colours.
type ground struct {
	widget.BaseWidget
	color  fyne.ThemeColorName
	radius float32
}

func newGround(color fyne.ThemeColorName) *ground {
	g := &ground{color: color}
	g.ExtendBaseWidget(g)
	return g
}

// set changes the colour, if it is another one.
func (g *ground) set(color fyne.ThemeColorName) {
	if g.color != color {
		g.color = color
		g.Refresh()
	}
}

// CreateRenderer is called by the toolkit.
func (g *ground) CreateRenderer() fyne.WidgetRenderer {
	plane := canvas.NewRectangle(colorOf(g, g.color))
	plane.CornerRadius = g.radius
	return &groundRenderer{WidgetRenderer: widget.NewSimpleRenderer(plane), ground: g, plane: plane}
}

type groundRenderer struct {
	fyne.WidgetRenderer
	ground *ground
	plane  *canvas.Rectangle
}

func (r *groundRenderer) MinSize() fyne.Size { return fyne.NewSize(1, 1) }

func (r *groundRenderer) Refresh() {
	r.plane.FillColor = colorOf(r.ground, r.ground.color)
	r.plane.Refresh()
}
