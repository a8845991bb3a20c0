package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

const (
	shieldBorder = 1
	shieldRadius = 9
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
	plane := NewBackground(ColorMuted)
	plane.Radius = shieldRadius
	return widget.NewSimpleRenderer(container.New(Padding(-shieldBorder, -shieldBorder), plane))
}
