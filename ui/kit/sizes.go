package kit

import (
	"image/color"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// FixedWidth is a layout that gives its one object a width equal to its value. The height is the object's own.
type FixedWidth float32

func (f FixedWidth) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	objects[0].Resize(fyne.NewSize(float32(f), size.Height))
}

func (f FixedWidth) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(float32(f), objects[0].MinSize().Height)
}

// CappedHeight is a layout that makes its one object Height high, or as high as Limit returns if that is less.
type CappedHeight struct {
	Height float32
	Limit  func() float32 // the largest height; may be nil
}

func (t *CappedHeight) Layout(objects []fyne.CanvasObject, size fyne.Size) { objects[0].Resize(size) }

func (t *CappedHeight) MinSize(objects []fyne.CanvasObject) fyne.Size {
	height := t.Height
	if t.Limit != nil {
		height = min(height, t.Limit())
	}
	return fyne.NewSize(objects[0].MinSize().Width, height)
}

// NewGap returns an invisible object that is height high.
func NewGap(height float32) fyne.CanvasObject {
	gap := canvas.NewRectangle(color.Transparent)
	gap.SetMinSize(fyne.NewSize(1, height))
	return gap
}

// SetHidden hides or shows an object, if its visibility differs.
func SetHidden(o fyne.CanvasObject, hidden bool) {
	switch {
	case hidden && o.Visible():
		o.Hide()
	case !hidden && !o.Visible():
		o.Show()
	}
}

// Clock returns the current time.
type Clock func() time.Time
