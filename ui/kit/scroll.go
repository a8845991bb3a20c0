package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// revealMargin is the space that stays visible above and below a revealed object.
const revealMargin = 12

// Reveal scrolls scroll so that the whole of o, an object inside it, is visible, and no further than that needs.
func Reveal(scroll *container.Scroll, o fyne.CanvasObject) {
	d := fyne.CurrentApp().Driver()
	top := d.AbsolutePositionForObject(o).Y - d.AbsolutePositionForObject(scroll.Content).Y
	bottom := top + o.Size().Height
	switch height := scroll.Size().Height; {
	case top-revealMargin < scroll.Offset.Y:
		ScrollTo(scroll, top-revealMargin)
	case bottom+revealMargin > scroll.Offset.Y+height:
		ScrollTo(scroll, bottom+revealMargin-height)
	}
}

// ScrollTo scrolls to the offset y, limited to the ends of the content.
func ScrollTo(scroll *container.Scroll, y float32) {
	most := scroll.Content.Size().Height - scroll.Size().Height
	scroll.ScrollToOffset(fyne.NewPos(0, max(0, min(y, most))))
}

// ScrollLayout is the layout of a container with one vertical [container.Scroll], whose content has text that wraps.
type ScrollLayout struct{}

func (ScrollLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	scroll := objects[0].(*container.Scroll)
	scroll.Resize(size)
	Relayout(scroll)
}

func (ScrollLayout) MinSize(objects []fyne.CanvasObject) fyne.Size { return objects[0].MinSize() }

// Relayout sets the width of a scroller's content to its own, then the content's height to what it needs at that width.
// Call it after text in the content has changed. It draws no widget again: each has done that when it changed. Before the first layout it does
// nothing.
func Relayout(scroll *container.Scroll) {
	width := scroll.Size().Width
	if width <= 0 {
		return
	}
	content := scroll.Content
	for range 2 { // text that wraps may be nested in a layout that wraps
		content.Resize(fyne.NewSize(width, content.MinSize().Height))
		layOut(content)
	}
	content.Resize(fyne.NewSize(width, content.MinSize().Height))
	ScrollTo(scroll, scroll.Offset.Y) // the content may be lower than before
	scroll.Base.Refresh()             // of the bars alone: that of the scroller would draw all of the content again
}

// layOut lays out a container and the containers in it, as far as they are visible, also where their sizes stay the same.
func layOut(o fyne.CanvasObject) {
	c, ok := o.(*fyne.Container)
	if !ok || !c.Visible() {
		return
	}
	if c.Layout != nil {
		c.Layout.Layout(c.Objects, c.Size())
	}
	for _, child := range c.Objects {
		layOut(child)
	}
}
