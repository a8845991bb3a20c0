package ui

import (
	"fyne.io/fyne/v2"
)

// column stacks objects over the whole width. It gives each its width before it asks for
// its height, so that wrapped words get the room they need.
type column struct{ gap float32 }

func (c column) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	y := float32(0)
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		o.Resize(fyne.NewSize(size.Width, o.MinSize().Height))
		height := o.MinSize().Height
		o.Resize(fyne.NewSize(size.Width, height))
		o.Move(fyne.NewPos(0, y))
		y += height + c.gap
	}
}

func (c column) MinSize(objects []fyne.CanvasObject) fyne.Size {
	size, shown := fyne.Size{}, 0
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		least := o.MinSize()
		size.Width = max(size.Width, least.Width)
		size.Height += least.Height
		shown++
	}
	size.Height += c.gap * float32(max(shown-1, 0))
	return size
}

// beside puts the first object at the left in its own size and gives the second the rest
// of the width; the height is the second's. A third keeps its size at the right.
type beside struct {
	gap     float32
	center  bool // the first and third are centered on the height, not at its top
	stretch bool // the first gets the whole height
}

func (b beside) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	left := objects[0].MinSize()
	width := size.Width - left.Width - b.gap
	if !objects[0].Visible() {
		left, width = fyne.Size{}, size.Width
	}
	if len(objects) > 2 && objects[2].Visible() {
		right := objects[2].MinSize()
		width -= right.Width + b.gap
		objects[2].Resize(right)
		objects[2].Move(fyne.NewPos(size.Width-right.Width, b.top(right.Height, size.Height)))
	}
	if b.stretch {
		left.Height = size.Height
	}
	objects[0].Resize(left)
	objects[0].Move(fyne.NewPos(0, b.top(left.Height, size.Height)))
	x := left.Width + b.gap
	if !objects[0].Visible() {
		x = 0
	}
	height := size.Height
	objects[1].Resize(fyne.NewSize(width, height))
	if b.center {
		height = objects[1].MinSize().Height
		objects[1].Resize(fyne.NewSize(width, height))
	}
	objects[1].Move(fyne.NewPos(x, b.top(height, size.Height)))
}

func (b beside) top(height, whole float32) float32 {
	if b.center {
		return (whole - height) / 2
	}
	return 0
}

func (b beside) MinSize(objects []fyne.CanvasObject) fyne.Size {
	size := fyne.Size{}
	for i, o := range objects {
		if !o.Visible() {
			continue
		}
		least := o.MinSize()
		size.Width += least.Width
		size.Height = max(size.Height, least.Height)
		if i > 0 {
			size.Width += b.gap
		}
	}
	return size
}

// inset keeps a margin around its objects.
type inset struct{ x, y float32 }

func (i inset) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Move(fyne.NewPos(i.x, i.y))
		o.Resize(size.SubtractWidthHeight(2*i.x, 2*i.y))
	}
}

func (i inset) MinSize(objects []fyne.CanvasObject) fyne.Size {
	size := fyne.Size{}
	for _, o := range objects {
		if o.Visible() {
			size = size.Max(o.MinSize())
		}
	}
	return size.AddWidthHeight(2*i.x, 2*i.y)
}

// flow sets objects side by side in their own size and goes on in the next line when the
// width is used up. Like [column] it has to be given its width first.
type flow struct {
	gap   float32
	width *float32 // what it was last given
}

func newFlow(gap float32) flow { return flow{gap: gap, width: new(float32)} }

func (f flow) place(objects []fyne.CanvasObject, width float32, put func(fyne.CanvasObject, fyne.Position)) (height float32) {
	x, y, line := float32(0), float32(0), float32(0)
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		size := o.MinSize()
		if x > 0 && x+size.Width > width {
			x, y, line = 0, y+line+f.gap, 0
		}
		put(o, fyne.NewPos(x, y))
		x += size.Width + f.gap
		line = max(line, size.Height)
	}
	return y + line
}

func (f flow) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	*f.width = size.Width
	f.place(objects, size.Width, func(o fyne.CanvasObject, at fyne.Position) {
		o.Resize(o.MinSize())
		o.Move(at)
	})
}

func (f flow) MinSize(objects []fyne.CanvasObject) fyne.Size {
	widest := float32(0)
	for _, o := range objects {
		if o.Visible() {
			widest = max(widest, o.MinSize().Width)
		}
	}
	return fyne.NewSize(widest, f.place(objects, *f.width, func(fyne.CanvasObject, fyne.Position) {}))
}

// least gives its objects at least a size.
type least struct{ size fyne.Size }

func (l least) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Move(fyne.NewPos(0, 0))
		o.Resize(size)
	}
}

func (l least) MinSize(objects []fyne.CanvasObject) fyne.Size {
	size := l.size
	for _, o := range objects {
		if o.Visible() {
			size = size.Max(o.MinSize())
		}
	}
	return size
}

// tower stacks objects over the whole width. One of them takes the height that the others leave.
type tower struct{ rest int }

func (t tower) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	left := size.Height
	for i, o := range objects {
		if i != t.rest && o.Visible() {
			o.Resize(fyne.NewSize(size.Width, o.MinSize().Height)) // wrapped words get their width first
			o.Resize(fyne.NewSize(size.Width, o.MinSize().Height))
			left -= o.Size().Height
		}
	}
	y := float32(0)
	for i, o := range objects {
		if !o.Visible() {
			continue
		}
		if i == t.rest {
			o.Resize(fyne.NewSize(size.Width, left))
		}
		o.Move(fyne.NewPos(0, y))
		y += o.Size().Height
	}
}

func (t tower) MinSize(objects []fyne.CanvasObject) fyne.Size { return column{}.MinSize(objects) }
