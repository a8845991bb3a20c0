package kit

import (
	"fyne.io/fyne/v2"
)

// columnLayout stacks objects over the whole width. It gives each its width before it asks for
// its height, so that wrapped words get the room they need.
type columnLayout struct{ gap float32 }

// Column returns a [columnLayout] with a gap between its objects.
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
		least := o.MinSize()
		size.Width = max(size.Width, least.Width)
		size.Height += least.Height
		shown++
	}
	size.Height += c.gap * float32(max(shown-1, 0))
	return size
}

// Row puts the first object at the left in its own size and gives the second the rest
// of the width; the height is the second's. A third keeps its size at the right.
type Row struct {
	Gap     float32
	Center  bool // the first and third are centered on the height, not at its top
	Stretch bool // the first gets the whole height
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
		least := o.MinSize()
		size.Width += least.Width
		size.Height = max(size.Height, least.Height)
		if i > 0 {
			size.Width += b.Gap
		}
	}
	return size
}

// paddingLayout keeps a margin around its objects.
type paddingLayout struct{ x, y float32 }

// Padding returns a layout that keeps a margin at the left and right, and at the top and bottom, of its objects.
func Padding(x, y float32) fyne.Layout { return paddingLayout{x, y} }

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
	return size.AddWidthHeight(2*i.x, 2*i.y)
}

// flowLayout sets objects side by side in their own size and goes on in the next line when the
// width is used up. Like [columnLayout] it has to be given its width first.
type flowLayout struct {
	gap, lineGap float32  // between neighbours, and between lines
	width        *float32 // what it was last given
}

// NewFlow returns a [flowLayout] with the same gap between neighbors and between lines.
func NewFlow(gap float32) fyne.Layout { return NewFlowGaps(gap, gap) }

// NewFlowGaps returns a [flowLayout] with a gap between neighbors and another between lines.
func NewFlowGaps(gap, lines float32) fyne.Layout {
	return flowLayout{gap: gap, lineGap: lines, width: new(float32)}
}

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

// minSizeLayout gives its objects at minSizeLayout a size.
type minSizeLayout struct{ size fyne.Size }

// MinSize returns a layout that gives its objects no less than a size.
func MinSize(width, height float32) fyne.Layout { return minSizeLayout{fyne.NewSize(width, height)} }

func (l minSizeLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Move(fyne.NewPos(0, 0))
		o.Resize(size)
	}
}

func (l minSizeLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	size := l.size
	for _, o := range objects {
		if o.Visible() {
			size = size.Max(o.MinSize())
		}
	}
	return size
}

// vstackLayout stacks objects over the whole width. One of them takes the height that the others leave.
type vstackLayout struct{ rest int }

// VStack returns a layout that stacks objects over the whole width. The object of that number takes the height that the others leave.
func VStack(rest int) fyne.Layout { return vstackLayout{rest} }

func (t vstackLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
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

func (t vstackLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return columnLayout{}.MinSize(objects)
}

// weightedLayout sets objects side by side and weightedLayout the width out among those that can be seen, each
// by its weight.
type weightedLayout struct {
	gap     float32
	weights []float32
}

// Weighted returns a layout that sets objects side by side, with a gap between them, and shares the width out by weights.
func Weighted(gap float32, weights ...float32) fyne.Layout { return weightedLayout{gap, weights} }

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
			least := o.MinSize()
			size = fyne.NewSize(size.Width+least.Width, max(size.Height, least.Height))
		}
	}
	return size
}
