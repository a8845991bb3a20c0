package uitest

import (
	"fmt"
	"image/color"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
)

// EnoughContrast is the contrast that WCAG 2.1, success criterion 1.4.3, requires of text in normal size.
const EnoughContrast = 4.5

// EnoughContrastOfShapes is the contrast that WCAG 2.1, success criterion 1.4.11, requires of what shows where a control is.
const EnoughContrastOfShapes = 3

// FaintTexts draws a canvas, and returns the texts of its topmost overlay, or else of its content, whose contrast to what is drawn
// behind them is too low, with that contrast.
func FaintTexts(c fyne.Canvas) []string {
	layer := c.Overlays().Top()
	if layer == nil {
		layer = c.Content()
	}
	all := textsIn(layer, c.Size())
	inks := make([]color.Color, len(all))
	for i, t := range all {
		inks[i], t.text.Color = t.text.Color, color.Transparent
	}
	picture := c.Capture()
	for i, t := range all {
		t.text.Color = inks[i]
	}
	scale := float32(picture.Bounds().Dx()) / c.Size().Width
	var faint []string
	for i, t := range all {
		ground := picture.At(int(t.middle.X*scale), int(t.middle.Y*scale))
		if got := Contrast(Laid(inks[i], ground), ground); got < EnoughContrast {
			faint = append(faint, fmt.Sprintf("%q: %.2f", t.text.Text, got))
		}
	}
	return faint
}

// drawnText is a text with the position of its middle on the canvas.
type drawnText struct {
	text   *canvas.Text
	middle fyne.Position
}

// textsIn returns the texts in an object at a position, of which the middle is in sight.
func textsIn(o fyne.CanvasObject, size fyne.Size) []drawnText {
	var all []drawnText
	eachWithSight(o, fyne.Position{}, sight{to: fyne.NewPos(size.Width, size.Height)}, func(o fyne.CanvasObject, at fyne.Position, seen sight) {
		t, ok := o.(*canvas.Text)
		if !ok || t.Text == "" {
			return
		}
		middle := at.AddXY(t.MinSize().Width/2, t.Size().Height/2)
		if t.Alignment == fyne.TextAlignCenter {
			middle.X = at.X + t.Size().Width/2
		}
		if seen.has(middle) {
			all = append(all, drawnText{t, middle})
		}
	})
	return all
}

// InSight reports whether the middle of an object is drawn on a canvas, and not scrolled out of sight.
func InSight(c fyne.Canvas, target fyne.CanvasObject) bool {
	found := false
	for _, layer := range append([]fyne.CanvasObject{c.Content()}, c.Overlays().List()...) {
		eachWithSight(layer, fyne.Position{}, sight{to: fyne.NewPos(c.Size().Width, c.Size().Height)}, func(o fyne.CanvasObject, at fyne.Position, seen sight) {
			found = found || o == target && seen.has(at.AddXY(o.Size().Width/2, o.Size().Height/2))
		})
	}
	return found
}

// sight is the rectangle of a canvas in which an object can be seen, between two corners.
type sight struct{ from, to fyne.Position }

func (s sight) has(at fyne.Position) bool {
	return at.X > s.from.X && at.Y > s.from.Y && at.X < s.to.X && at.Y < s.to.Y
}

// eachWithSight calls the function do with an object and all visible objects inside it, with their positions and with what of the
// canvas the scrollers around them leave.
func eachWithSight(o fyne.CanvasObject, at fyne.Position, seen sight, do func(o fyne.CanvasObject, at fyne.Position, seen sight)) {
	if o == nil || !o.Visible() {
		return
	}
	at = at.Add(o.Position())
	do(o, at, seen)
	var inside []fyne.CanvasObject
	switch o := o.(type) {
	case *container.Scroll:
		end := at.AddXY(o.Size().Width, o.Size().Height)
		seen = sight{fyne.NewPos(max(seen.from.X, at.X), max(seen.from.Y, at.Y)), fyne.NewPos(min(seen.to.X, end.X), min(seen.to.Y, end.Y))}
		inside = test.WidgetRenderer(o).Objects()
	case *fyne.Container:
		inside = o.Objects
	case fyne.Widget:
		inside = test.WidgetRenderer(o).Objects()
	}
	for _, child := range inside {
		eachWithSight(child, at, seen, do)
	}
}

// Laid returns the color that is seen where one color is drawn over another.
func Laid(over, under color.Color) color.Color {
	o, u := color.NRGBAModel.Convert(over).(color.NRGBA), color.NRGBAModel.Convert(under).(color.NRGBA)
	mix := func(a, b uint8) uint8 { return uint8((int(a)*int(o.A) + int(b)*(255-int(o.A))) / 255) } // #nosec G115 -- between a and b
	return color.NRGBA{mix(o.R, u.R), mix(o.G, u.G), mix(o.B, u.B), 255}
}

// Contrast returns the contrast ratio of two opaque colors as WCAG 2.1 defines it.
func Contrast(a, b color.Color) float64 {
	x, y := luminance(a), luminance(b)
	return (math.Max(x, y) + 0.05) / (math.Min(x, y) + 0.05)
}

func luminance(c color.Color) float64 {
	r, g, b, _ := c.RGBA()
	linear := func(v uint32) float64 {
		s := float64(v) / 0xffff
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(r) + 0.7152*linear(g) + 0.0722*linear(b)
}
