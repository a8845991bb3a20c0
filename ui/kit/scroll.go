package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// revealMargin is what is seen around a widget that got the keyboard.
const revealMargin = 12

// Reveal scrolls as far as it takes to see an object of a scroller whole.
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

// ScrollTo scrolls to a height, and not beyond the ends.
func ScrollTo(scroll *container.Scroll, y float32) {
	most := scroll.Content.Size().Height - scroll.Size().Height
	scroll.ScrollToOffset(fyne.NewPos(0, max(0, min(y, most))))
}

// ScrollLayout is the layout of a scroller whose content has words that wrap.
type ScrollLayout struct{}

func (ScrollLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	scroll := objects[0].(*container.Scroll)
	scroll.Resize(size)
	Relayout(scroll)
}

func (ScrollLayout) MinSize(objects []fyne.CanvasObject) fyne.Size { return objects[0].MinSize() }

// Relayout gives what is in a scroller its width before it asks for its height.
func Relayout(scroll *container.Scroll) {
	width := scroll.Size().Width
	if width <= 0 {
		return
	}
	content := scroll.Content
	for range 2 { // what wraps within what wraps
		content.Resize(fyne.NewSize(width, content.MinSize().Height))
		content.Refresh()
	}
	content.Resize(fyne.NewSize(width, content.MinSize().Height))
	scroll.Refresh()
}
