package uitest

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"

	"countersign/ui/kit"
)

// EachObject calls the function do with the object o and with all visible objects inside it, each before what is inside
// it. It skips the inside of an object for which do returns false. If o is nil or hidden, it does nothing.
func EachObject(o fyne.CanvasObject, do func(fyne.CanvasObject) bool) {
	if o == nil || !o.Visible() || !do(o) {
		return
	}
	switch o := o.(type) {
	case *fyne.Container:
		for _, child := range o.Objects {
			EachObject(child, do)
		}
	case fyne.Widget:
		for _, child := range test.WidgetRenderer(o).Objects() {
			EachObject(child, do)
		}
	}
}

// Find returns all visible objects of type T in o, o itself included.
func Find[T fyne.CanvasObject](o fyne.CanvasObject) []T {
	var found []T
	EachObject(o, func(o fyne.CanvasObject) bool {
		if is, ok := o.(T); ok {
			found = append(found, is)
		}
		return true
	})
	return found
}

// Drawn returns the lines of text that are drawn in an object.
func Drawn(o fyne.CanvasObject) []string {
	var lines []string
	for _, t := range Find[*canvas.Text](o) {
		if t.Text != "" {
			lines = append(lines, t.Text)
		}
	}
	return lines
}

// Texts returns all readable text in an object. A wrapped text is one string, a button is in [brackets], a link in
// <brackets>, and a list row has " | " between its parts. If the function own is not nil and returns true for an object,
// the text that own returned stands for the object and everything inside it.
func Texts(o fyne.CanvasObject, own func(fyne.CanvasObject) (text string, ok bool)) []string {
	var all []string
	EachObject(o, func(o fyne.CanvasObject) bool {
		if own != nil {
			if text, ok := own(o); ok {
				all = append(all, text)
				return false
			}
		}
		switch o := o.(type) {
		case *kit.Text:
			all = append(all, o.Value())
		case *kit.Button:
			all = append(all, "["+o.Text+"]")
		case *kit.Link:
			all = append(all, "<"+strings.Join(Drawn(o), " ")+">")
		case *kit.ReadOnlyEntry:
			all = append(all, o.Text)
		case *canvas.Text:
			all = append(all, o.Text)
		case *kit.RecordList:
			for _, row := range Rows(o) {
				all = append(all, strings.Join(Drawn(row), " | "))
			}
		default:
			return true
		}
		return false
	})
	return all
}

// Rows returns the visible rows of a list from top to bottom. A row is an object that can be tapped and has text.
func Rows(list *kit.RecordList) []fyne.CanvasObject {
	var rows []fyne.CanvasObject
	for _, o := range test.WidgetRenderer(list).Objects() {
		for _, row := range Find[fyne.CanvasObject](o) {
			if _, is := row.(fyne.Tappable); is && len(Drawn(row)) > 0 {
				rows = append(rows, row)
			}
		}
	}
	d := fyne.CurrentApp().Driver()
	top := func(o fyne.CanvasObject) float32 { return d.AbsolutePositionForObject(o).Y }
	slices.SortStableFunc(rows, func(a, b fyne.CanvasObject) int { return int(top(a) - top(b)) })
	// The toolkit wraps each row in an object that can be tapped, too; the wrappers are removed.
	return slices.DeleteFunc(rows, func(o fyne.CanvasObject) bool {
		return slices.ContainsFunc(Find[fyne.CanvasObject](o), func(inner fyne.CanvasObject) bool {
			return inner != o && slices.Contains(rows, inner)
		})
	})
}

// FindButton returns the button with a label, from the topmost overlay of a canvas down to its content; nil if there is
// none.
func FindButton(c fyne.Canvas, label string) *kit.Button {
	layers := append([]fyne.CanvasObject{c.Content()}, c.Overlays().List()...)
	for _, layer := range slices.Backward(layers) {
		for _, b := range slices.Backward(Find[*kit.Button](layer)) {
			if b.Text == label {
				return b
			}
		}
	}
	return nil
}

// FindLink returns the link with a label in an object; nil if there is none.
func FindLink(o fyne.CanvasObject, label string) *kit.Link {
	for _, l := range Find[*kit.Link](o) {
		if slices.Equal(Drawn(l), []string{label}) {
			return l
		}
	}
	return nil
}

var taps int

// Tap taps a button or a link at a place where no other tap was: two at one place within half a second would be a double click, also
// those of two tests.
func Tap(o fyne.Tappable) {
	taps++
	test.TapAt(o, fyne.NewPos(float32(20*taps), 1))
}
