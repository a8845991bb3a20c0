package placement

import "math"

// Area is a part of a picture of a page, from its upper left corner, in the unit of the page.
type Area struct{ Left, Top, Width, Height float64 }

// The smallest area that a person can draw, and the area before a person has drawn one, in points.
const (
	minWidth      = 20
	minHeight     = 10
	defaultWidth  = 200
	defaultHeight = 60
	defaultMargin = 36 // from the edges of the page
)

// grip is the part of an area that the mouse has hold of: one edge, two edges that meet, or all of it.
type grip int

// The grips. A corner is the sum of its edges.
const (
	leftEdge grip = 1 << iota
	rightEdge
	topEdge
	bottomEdge
	wholeArea
	nothing grip = 0
)

// defaultArea returns the area before a person has drawn one, at the lower right of a page.
func defaultArea(width, height float64) Area {
	a := Area{Width: min(defaultWidth, width/2), Height: min(defaultHeight, height/4)}
	a.Left, a.Top = width-a.Width-defaultMargin, height-a.Height-defaultMargin
	return a.within(width, height)
}

// within returns the area with at least the smallest size, moved and if necessary made smaller so that it lies on a page.
func (a Area) within(width, height float64) Area {
	a.Width = min(max(a.Width, minWidth), width)
	a.Height = min(max(a.Height, minHeight), height)
	a.Left = min(max(a.Left, 0), width-a.Width)
	a.Top = min(max(a.Top, 0), height-a.Height)
	return a
}

// rounded returns the area with all lengths rounded to a hundredth.
func (a Area) rounded() Area {
	return Area{Left: hundredth(a.Left), Top: hundredth(a.Top), Width: hundredth(a.Width), Height: hundredth(a.Height)}
}

// isWithin reports whether the area lies on a page, but for a hundredth of a point.
func (a Area) isWithin(width, height float64) bool {
	const rounding = 0.01
	return a.Left >= -rounding && a.Top >= -rounding && a.Left+a.Width <= width+rounding && a.Top+a.Height <= height+rounding
}

// overlaps reports whether two areas have a part in common.
func (a Area) overlaps(b Area) bool {
	return a.Left < b.Left+b.Width && b.Left < a.Left+a.Width && a.Top < b.Top+b.Height && b.Top < a.Top+a.Height
}

// gripAt returns what of the area is at a point. An edge is also reached from a distance up to reach.
func (a Area) gripAt(x, y, reach float64) grip {
	right, bottom := a.Left+a.Width, a.Top+a.Height
	if x < a.Left-reach || x > right+reach || y < a.Top-reach || y > bottom+reach {
		return nothing
	}
	var g grip
	inner := func(size float64) float64 { return min(reach, size/4) } // a small area can be moved, too
	switch {
	case x <= a.Left+inner(a.Width):
		g |= leftEdge
	case x >= right-inner(a.Width):
		g |= rightEdge
	}
	switch {
	case y <= a.Top+inner(a.Height):
		g |= topEdge
	case y >= bottom-inner(a.Height):
		g |= bottomEdge
	}
	if g == nothing {
		return wholeArea
	}
	return g
}

// pulled returns the area after the mouse has moved by dx and dy with a grip, on a page of a size.
func (a Area) pulled(g grip, dx, dy, width, height float64) Area {
	if g == wholeArea {
		a.Left, a.Top = a.Left+dx, a.Top+dy
		return a.within(width, height)
	}
	right, bottom := a.Left+a.Width, a.Top+a.Height
	switch {
	case g&leftEdge != 0:
		a.Left = min(max(a.Left+dx, 0), right-minWidth)
		a.Width = right - a.Left
	case g&rightEdge != 0:
		a.Width = min(max(right+dx, a.Left+minWidth), width) - a.Left
	}
	switch {
	case g&topEdge != 0:
		a.Top = min(max(a.Top+dy, 0), bottom-minHeight)
		a.Height = bottom - a.Top
	case g&bottomEdge != 0:
		a.Height = min(max(bottom+dy, a.Top+minHeight), height) - a.Top
	}
	return a.within(width, height)
}

// between returns the area with two points in its corners, cut to a page of a size.
func between(x1, y1, x2, y2, width, height float64) Area {
	onPage := func(x, most float64) float64 { return min(max(x, 0), most) }
	x1, x2 = onPage(x1, width), onPage(x2, width)
	y1, y2 = onPage(y1, height), onPage(y2, height)
	a := Area{Left: min(x1, x2), Top: min(y1, y2), Width: math.Abs(x2 - x1), Height: math.Abs(y2 - y1)}
	return a.within(width, height)
}
