package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// Callout is words with an icon on a coloured ground: something to be noticed.
type Callout struct {
	icon       *canvas.Image
	heading    *Text // what it is about; hidden when there is nothing to say but the words
	text       *Text
	background *Background
	inner      *fyne.Container
	Root       *fyne.Container
}

// NewCallout makes one; what is given beside stands at its right.
func NewCallout(m Badge, beside ...fyne.CanvasObject) *Callout {
	c := &Callout{
		icon:       NewIcon(m.Icon, m.Color, 18),
		heading:    NewBoldText(theme.SizeNameText, m.Color).Set(""),
		text:       NewText(theme.SizeNameText, m.Color),
		background: NewBackground(m.Back),
	}
	c.background.Radius = 8
	c.inner = container.New(calloutLayout(true), append([]fyne.CanvasObject{c.icon, container.New(Column(2), c.heading, c.text)}, beside...)...)
	c.Root = container.NewStack(c.background, container.New(Padding(12, 10), c.inner))
	return c
}

func calloutLayout(center bool) fyne.Layout { return Row{Gap: 10, Center: center} }

// Text returns the words.
func (c *Callout) Text() string { return c.text.Value() }

// SetHeading says what the words are about.
func (c *Callout) SetHeading(head string) {
	c.heading.Set(head)
	c.inner.Layout = calloutLayout(head == "")
}

// Set shows other words, and hides the callout when there are none.
func (c *Callout) Set(words string) {
	c.text.Set(words)
	if words == "" {
		c.Root.Hide()
		return
	}
	c.Root.Show()
}

// SetBadge changes how the callout looks.
func (c *Callout) SetBadge(m Badge) {
	SetIcon(c.icon, m.Icon, m.Color)
	c.heading.SetColor(m.Color)
	c.text.SetColor(m.Color)
	c.background.setColor(m.Back)
}
