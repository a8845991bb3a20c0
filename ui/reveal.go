package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// revealed is what is seen around a widget that got the keyboard.
const revealed = 12

// reveal scrolls as far as it takes to see an object of a scroller whole.
func reveal(scroll *container.Scroll, o fyne.CanvasObject) {
	d := fyne.CurrentApp().Driver()
	top := d.AbsolutePositionForObject(o).Y - d.AbsolutePositionForObject(scroll.Content).Y
	bottom := top + o.Size().Height
	switch height := scroll.Size().Height; {
	case top-revealed < scroll.Offset.Y:
		scrollTo(scroll, top-revealed)
	case bottom+revealed > scroll.Offset.Y+height:
		scrollTo(scroll, bottom+revealed-height)
	}
}

// scrollTo scrolls to a height, and not beyond the ends.
func scrollTo(scroll *container.Scroll, y float32) {
	most := scroll.Content.Size().Height - scroll.Size().Height
	scroll.ScrollToOffset(fyne.NewPos(0, max(0, min(y, most))))
}
