package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// Callout is words with an icon on a coloured ground: something to be noticed.
type Callout struct {
	icon  *canvas.Image
	head  *Text // what it is about; hidden when there is nothing to say but the words
	words *Text
	back  *Background
	inner *fyne.Container
	Root  *fyne.Container
}

// NewCallout makes one; what is given beside stands at its right.
func NewCallout(m Badge, beside ...fyne.CanvasObject) *Callout {
	c := &Callout{
		icon:  NewIcon(m.Icon, m.Color, 18),
		head:  NewBoldText(theme.SizeNameText, m.Color).Set(""),
		words: NewText(theme.SizeNameText, m.Color),
		back:  NewBackground(m.Back),
	}
	c.back.Radius = 8
	c.inner = container.New(calloutLayout(true), append([]fyne.CanvasObject{c.icon, container.New(Column(2), c.head, c.words)}, beside...)...)
	c.Root = container.NewStack(c.back, container.New(Padding(12, 10), c.inner))
	return c
}

func calloutLayout(center bool) fyne.Layout { return Row{Gap: 10, Center: center} }

// Words returns the words.
func (c *Callout) Words() string { return c.words.Value() }

// SetHead says what the words are about.
func (c *Callout) SetHead(head string) {
	c.head.Set(head)
	c.inner.Layout = calloutLayout(head == "")
}

// Set shows other words, and hides the callout when there are none.
func (c *Callout) Set(words string) {
	c.words.Set(words)
	if words == "" {
		c.Root.Hide()
		return
	}
	c.Root.Show()
}

// SetBadge changes how the callout looks.
func (c *Callout) SetBadge(m Badge) {
	SetIcon(c.icon, m.Icon, m.Color)
	c.head.SetColor(m.Color)
	c.words.SetColor(m.Color)
	c.back.set(m.Back)
}
