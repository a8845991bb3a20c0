package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// callout is words with an icon on a coloured ground: something to be noticed.
type callout struct {
	icon  *canvas.Image
	head  *text // what it is about; hidden when there is nothing to say but the words
	words *text
	back  *ground
	inner *fyne.Container
	root  *fyne.Container
}

// newCallout makes one; what is given beside stands at its right.
func newCallout(m mark, beside ...fyne.CanvasObject) *callout {
	c := &callout{
		icon:  newIcon(m.icon, m.color, 18),
		head:  newBoldText(theme.SizeNameText, m.color).set(""),
		words: newText(theme.SizeNameText, m.color),
		back:  newGround(m.back),
	}
	c.back.radius = 8
	c.inner = container.New(calloutLayout(true), append([]fyne.CanvasObject{c.icon, container.New(column{gap: 2}, c.head, c.words)}, beside...)...)
	c.root = container.NewStack(c.back, container.New(inset{12, 10}, c.inner))
	return c
}

func calloutLayout(center bool) fyne.Layout { return beside{gap: 10, center: center} }

// setHead says what the words are about.
func (c *callout) setHead(head string) {
	c.head.set(head)
	c.inner.Layout = calloutLayout(head == "")
}

// set shows other words, and hides the callout when there are none.
func (c *callout) set(words string) {
	c.words.set(words)
	if words == "" {
		c.root.Hide()
		return
	}
	c.root.Show()
}

// mark changes how the callout looks.
func (c *callout) mark(m mark) {
	setIcon(c.icon, m.icon, m.color)
	c.head.setColor(m.color)
	c.words.setColor(m.color)
	c.back.set(m.back)
}

// The looks of callouts.
var (
	markTrouble = mark{icon: iconWarning, color: colorWarn, back: colorWarnPill}
	markFailed  = mark{icon: iconWarning, color: colorBad, back: colorBadPill}
	markWell    = mark{icon: iconCheck, color: colorGood, back: colorGoodPill}
	markTold    = mark{icon: iconInfo, color: colorBusy, back: colorBusyPill}
)
