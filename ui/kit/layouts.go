package kit

import (
	"fyne.io/fyne/v2"
)

// columnLayout stacks objects over the whole width. It sets the width of each before it asks for its height, so that
// text that wraps gets the height it needs.
type columnLayout struct{ gap float32 }

// Column returns a layout that stacks objects from the top over the whole width, with a gap between them. Text that
// wraps gets the height it needs.
func Column(gap float32) fyne.Layout { return columnLayout{gap} }

func (c columnLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
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

func (c columnLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	size, shown := fyne.Size{}, 0
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		minSize := o.MinSize()
		size.Width = max(size.Width, minSize.Width)
		size.Height += minSize.Height
		shown++
	}
	size.Height += c.gap * float32(max(shown-1, 0))
	return size
}

// Row is a layout of two or three objects. The first stands at the left and the third at the right, in their minimum
// widths. The second gets the rest of the width.
type Row struct {
	Gap     float32
	Center  bool // centers all of them vertically; otherwise they stand at the top
	Stretch bool // gives the first the whole height
}

func (b Row) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	left := objects[0].MinSize()
	width := size.Width - left.Width - b.Gap
	if !objects[0].Visible() {
		left, width = fyne.Size{}, size.Width
	}
	if len(objects) > 2 && objects[2].Visible() {
		right := objects[2].MinSize()
		width -= right.Width + b.Gap
		objects[2].Resize(right)
		objects[2].Move(fyne.NewPos(size.Width-right.Width, b.top(right.Height, size.Height)))
	}
	if b.Stretch {
		left.Height = size.Height
	}
	objects[0].Resize(left)
	objects[0].Move(fyne.NewPos(0, b.top(left.Height, size.Height)))
	x := left.Width + b.Gap
	if !objects[0].Visible() {
		x = 0
	}
	height := size.Height
	objects[1].Resize(fyne.NewSize(width, height))
	if b.Center {
		height = objects[1].MinSize().Height
		objects[1].Resize(fyne.NewSize(width, height))
	}
	objects[1].Move(fyne.NewPos(x, b.top(height, size.Height)))
}

func (b Row) top(height, whole float32) float32 {
	if b.Center {
		return (whole - height) / 2
	}
	return 0
}

func (b Row) MinSize(objects []fyne.CanvasObject) fyne.Size {
	size := fyne.Size{}
	for i, o := range objects {
		if !o.Visible() {
			continue
		}
		minSize := o.MinSize()
		size.Width += minSize.Width
		size.Height = max(size.Height, minSize.Height)
		if i > 0 {
			size.Width += b.Gap
		}
	}
	return size
}

// paddingLayout keeps a margin of x and y around its objects, which lie on top of each other, and is at least width by height.
type paddingLayout struct{ x, y, width, height float32 }

// Padding returns a layout that keeps a margin of x at the left and right of its objects, and of y above and below
// them.
func Padding(x, y float32) fyne.Layout { return paddingLayout{x, y, 0, 0} }

func (i paddingLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Move(fyne.NewPos(i.x, i.y))
		o.Resize(size.SubtractWidthHeight(2*i.x, 2*i.y))
	}
}

func (i paddingLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	size := fyne.Size{}
	for _, o := range objects {
		if o.Visible() {
			size = size.Max(o.MinSize())
		}
	}
	return size.AddWidthHeight(2*i.x, 2*i.y).Max(fyne.NewSize(i.width, i.height))
}

// flowLayout is the layout of [NewFlow].
type flowLayout struct {
	gap, lineGap float32  // between neighbors, and between lines
	width        *float32 // of the last layout; the minimum height depends on it
}

// NewFlow returns a layout that puts objects side by side in their minimum sizes and continues on the next line where
// the width is used up. The gap is the same between neighbors and between lines. The minimum height is right after the
// first layout only, because it depends on the width.
func NewFlow(gap float32) fyne.Layout { return NewFlowGaps(gap, gap) }

// NewFlowGaps is [NewFlow] with different gaps between neighbors and between lines.
func NewFlowGaps(gap, lineGap float32) fyne.Layout {
	return flowLayout{gap: gap, lineGap: lineGap, width: new(float32)}
}

// arrange calls the function put with each visible object and its position, and returns the height of all lines together.
func (f flowLayout) arrange(objects []fyne.CanvasObject, width float32, put func(fyne.CanvasObject, fyne.Position)) (height float32) {
	x, y, line := float32(0), float32(0), float32(0)
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		size := o.MinSize()
		if x > 0 && x+size.Width > width {
			x, y, line = 0, y+line+f.lineGap, 0
		}
		put(o, fyne.NewPos(x, y))
		x += size.Width + f.gap
		line = max(line, size.Height)
	}
	return y + line
}

func (f flowLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	*f.width = size.Width
	f.arrange(objects, size.Width, func(o fyne.CanvasObject, at fyne.Position) {
		o.Resize(o.MinSize())
		o.Move(at)
	})
}

func (f flowLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	widest := float32(0)
	for _, o := range objects {
		if o.Visible() {
			widest = max(widest, o.MinSize().Width)
		}
	}
	return fyne.NewSize(widest, f.arrange(objects, *f.width, func(fyne.CanvasObject, fyne.Position) {}))
}

// MinSize returns a layout whose minimum size is at least width by height. Its objects fill it.
func MinSize(width, height float32) fyne.Layout { return paddingLayout{0, 0, width, height} }

// vstackLayout is the layout of [VStack].
type vstackLayout struct{ stretched int }

// VStack returns a layout that stacks objects over the whole width. The object with the index stretched gets the height
// that the others leave; the others get their minimum heights.
func VStack(stretched int) fyne.Layout { return vstackLayout{stretched} }

func (t vstackLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	left := size.Height
	for i, o := range objects {
		if i != t.stretched && o.Visible() {
			o.Resize(fyne.NewSize(size.Width, o.MinSize().Height)) // text that wraps needs its width first
			o.Resize(fyne.NewSize(size.Width, o.MinSize().Height))
			left -= o.Size().Height
		}
	}
	y := float32(0)
	for i, o := range objects {
		if !o.Visible() {
			continue
		}
		if i == t.stretched {
			o.Resize(fyne.NewSize(size.Width, left))
		}
		o.Move(fyne.NewPos(0, y))
		y += o.Size().Height
	}
}

func (t vstackLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return columnLayout{}.MinSize(objects)
}

// weightedLayout is the layout of [Weighted].
type weightedLayout struct {
	gap     float32
	weights []float32
}

// Weighted returns a layout that puts objects side by side, with a gap between them. It divides the width among the
// visible objects in proportion to their weights, of which each object needs one.
func Weighted(gap float32, weights ...float32) fyne.Layout { return weightedLayout{gap, weights} }

// shown returns, for the visible objects, the sum of their weights and the sum of the gaps between them.
func (s weightedLayout) shown(objects []fyne.CanvasObject) (weights, gaps float32) {
	gaps = -s.gap
	for i, o := range objects {
		if o.Visible() {
			weights += s.weights[i]
			gaps += s.gap
		}
	}
	return weights, max(gaps, 0)
}

func (s weightedLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	weights, gaps := s.shown(objects)
	x := float32(0)
	for i, o := range objects {
		if !o.Visible() {
			continue
		}
		width := (size.Width - gaps) * s.weights[i] / weights
		o.Move(fyne.NewPos(x, 0))
		o.Resize(fyne.NewSize(width, size.Height))
		x += width + s.gap
	}
}

func (s weightedLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	_, gaps := s.shown(objects)
	size := fyne.NewSize(gaps, 0)
	for _, o := range objects {
		if o.Visible() {
			minSize := o.MinSize()
			size = fyne.NewSize(size.Width+minSize.Width, max(size.Height, minSize.Height))
		}
	}
	return size
}
