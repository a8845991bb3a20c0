package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// FixedWidth gives its object a width whatever it wants; its height follows.
type FixedWidth float32

func (f FixedWidth) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	objects[0].Resize(fyne.NewSize(float32(f), size.Height))
}

func (f FixedWidth) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(float32(f), objects[0].MinSize().Height)
}

// CappedHeight gives something the height that the sheet has for it.
type CappedHeight struct {
	Height float32
	Limit  func() float32 // the room there is; may be nil
}

func (t *CappedHeight) Layout(objects []fyne.CanvasObject, size fyne.Size) { objects[0].Resize(size) }

func (t *CappedHeight) MinSize(objects []fyne.CanvasObject) fyne.Size {
	height := t.Height
	if t.Limit != nil {
		height = min(height, t.Limit())
	}
	return fyne.NewSize(objects[0].MinSize().Width, height)
}

// NewGap is nothing, of a height.
func NewGap(height float32) fyne.CanvasObject {
	gap := canvas.NewRectangle(color.Transparent)
	gap.SetMinSize(fyne.NewSize(1, height))
	return gap
}

// SetHidden hides or shows an object, if it is not so already.
func SetHidden(o fyne.CanvasObject, hidden bool) {
	switch {
	case hidden && o.Visible():
		o.Hide()
	case !hidden && !o.Visible():
		o.Show()
	}
}
