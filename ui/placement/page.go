// Package placement is the sheet on which a person draws where a signature goes: a page of the document, large enough to
// read, with a box on it. It knows neither the desk nor how a page is drawn, and it stores nothing.
// Methods of widgets and renderers that only the toolkit calls have no comment.
package placement

import (
	"context"
	"image"
	"math"
	"strconv"

	"countersign/core/request"
)

// Page is a picture of a page, and where it lies in the coordinates of its document.
type Page struct {
	Image  image.Image // never modified
	Number int         // from 1
	Pages  int         // the number of pages of the document
	// Box is the part of the page that Image shows. Its coordinates are those of the page (ISO 32000-1, 8.3.2.3): y grows
	// upwards, and the unit is a point on nearly every page.
	Box      request.Rectangle
	Rotation int                 // by how many degrees Image is turned clockwise against Box: 0, 90, 180 or 270
	Fields   []request.Rectangle // the signature fields of the page, signed or not, in the coordinates of Box
}

// DrawFunc draws a page of the file at a path, at most width pixels wide. Pages count from 1, and 0 is the last page. It is
// called on a background goroutine, and must return when ctx is canceled. Errors are shown as they are.
type DrawFunc func(ctx context.Context, path string, number, width int) (Page, error)

// Position is where a signature goes on its document.
type Position struct {
	Page      string            // a number from 1, or [LastPage]
	Rectangle request.Rectangle // in the coordinates of the page
}

// LastPage is the stored name of the last page of a document.
const LastPage StoredName = "last"

// StoredName is a name that is stored with a request. It is never translated.
type StoredName string

// number returns the page of the position in a document with that many pages; 0 if there is no such page.
func (p Position) number(pages int) int {
	if p.Page == string(LastPage) {
		return pages
	}
	if n, err := strconv.Atoi(p.Page); err == nil && n >= 1 && n <= pages {
		return n
	}
	return 0
}

// isUsable reports whether the page can be drawn on: it is a picture, and its size is known and not absurd.
func (p Page) isUsable() bool {
	const largest = 1_000_000
	return p.Image != nil && p.Box.Width > 0 && p.Box.Height > 0 && p.Box.Width <= largest && p.Box.Height <= largest && p.Rotation%90 == 0
}

// isTurned reports whether the picture lies across the page.
func (p Page) isTurned() bool { return p.Rotation%180 != 0 }

// Size returns the width and the height of the page as it is seen, in its own unit.
func (p Page) Size() (width, height float64) {
	if p.isTurned() {
		return p.Box.Height, p.Box.Width
	}
	return p.Box.Width, p.Box.Height
}

// Seen returns where a rectangle of the page is on the picture.
func (p Page) Seen(r request.Rectangle) Area {
	left, bottom := r.X-p.Box.X, r.Y-p.Box.Y
	right, top := p.Box.Width-left-r.Width, p.Box.Height-bottom-r.Height // to the other edges of the box
	switch p.Rotation {
	case 90:
		return Area{Left: bottom, Top: left, Width: r.Height, Height: r.Width}
	case 180:
		return Area{Left: right, Top: bottom, Width: r.Width, Height: r.Height}
	case 270:
		return Area{Left: top, Top: right, Width: r.Height, Height: r.Width}
	}
	return Area{Left: left, Top: top, Width: r.Width, Height: r.Height}
}

// Rectangle is the opposite of [Page.Seen]. It rounds to a hundredth.
func (p Page) Rectangle(a Area) request.Rectangle {
	width, height := p.Size()
	right, bottom := width-a.Left-a.Width, height-a.Top-a.Height // to the other edges of the picture
	r := request.Rectangle{X: a.Left, Y: bottom, Width: a.Width, Height: a.Height}
	switch p.Rotation {
	case 90:
		r = request.Rectangle{X: a.Top, Y: a.Left, Width: a.Height, Height: a.Width}
	case 180:
		r = request.Rectangle{X: right, Y: a.Top, Width: a.Width, Height: a.Height}
	case 270:
		r = request.Rectangle{X: bottom, Y: right, Width: a.Height, Height: a.Width}
	}
	return request.Rectangle{
		X: hundredth(r.X + p.Box.X), Y: hundredth(r.Y + p.Box.Y), Width: hundredth(r.Width), Height: hundredth(r.Height),
	}
}

func hundredth(x float64) float64 { return math.Round(x*100) / 100 }
