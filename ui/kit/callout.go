package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// Callout is a message with an icon on a colored background, with an optional heading. Put Root into a layout.
type Callout struct {
	icon       *canvas.Image
	heading    *Text // hidden while it is empty
	text       *Text
	background *Background
	inner      *fyne.Container
	Root       *fyne.Container
}

// NewCallout returns a callout without a message. The objects of trailing stand at its right.
func NewCallout(m Badge, trailing ...fyne.CanvasObject) *Callout {
	c := &Callout{
		icon:       NewIcon(m.Icon, m.Color, 18),
		heading:    NewBoldText(theme.SizeNameText, m.Color).Set(""),
		text:       NewText(theme.SizeNameText, m.Color),
		background: NewBackground(m.Back),
	}
	c.background.Radius = 8
	c.inner = container.New(calloutLayout(true), append([]fyne.CanvasObject{c.icon, container.New(Column(2), c.heading, c.text)}, trailing...)...)
	c.Root = container.NewStack(c.background, container.New(Padding(12, 10), c.inner))
	return c
}

func calloutLayout(center bool) fyne.Layout { return Row{Gap: 10, Center: center} }

// Text returns the message; empty while the callout is hidden.
func (c *Callout) Text() string { return c.text.Value() }

// SetHeading shows a heading above the message; an empty one is hidden.
func (c *Callout) SetHeading(heading string) {
	c.heading.Set(heading)
	c.inner.Layout = calloutLayout(heading == "")
}

// Set changes the message. An empty one hides the callout.
func (c *Callout) Set(message string) {
	c.text.Set(message)
	if message == "" {
		c.Root.Hide()
		return
	}
	c.Root.Show()
}

// SetBadge changes the icon and the colors. The badge's label is not shown.
func (c *Callout) SetBadge(m Badge) {
	SetIcon(c.icon, m.Icon, m.Color)
	c.heading.SetColor(m.Color)
	c.text.SetColor(m.Color)
	c.background.setColor(m.Back)
}
