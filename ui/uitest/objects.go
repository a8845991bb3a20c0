package uitest

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"

	"countersign/ui/kit"
)

// EachObject calls do with an object and everything that is drawn of it, from the top to the bottom. It does not look
// into an object of which do returns false. What is hidden is left out.
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

// Find returns the objects of a type that are drawn in an object, or are that object.
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

// Drawn returns the words that are drawn in an object, line by line.
func Drawn(o fyne.CanvasObject) []string {
	var lines []string
	for _, t := range Find[*canvas.Text](o) {
		if t.Text != "" {
			lines = append(lines, t.Text)
		}
	}
	return lines
}

// Texts returns what can be read in an object: words that wrap as one, a button in [brackets], a link in <brackets>, and
// the row of a list with " | " between what is drawn in it. The function own may put other words in the place of an
// object; it may be nil.
func Texts(o fyne.CanvasObject, own func(fyne.CanvasObject) (words string, is bool)) []string {
	var all []string
	EachObject(o, func(o fyne.CanvasObject) bool {
		if own != nil {
			if words, is := own(o); is {
				all = append(all, words)
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

// Rows returns the rows of a list that are drawn, from the top. A row is what can be tapped and has words.
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
	// The toolkit wraps each row into another that can be tapped, too.
	return slices.DeleteFunc(rows, func(o fyne.CanvasObject) bool {
		return slices.ContainsFunc(Find[fyne.CanvasObject](o), func(inner fyne.CanvasObject) bool {
			return inner != o && slices.Contains(rows, inner)
		})
	})
}

// FindButton returns the button that says something, from what lies on top of a canvas to its content; nil when there is
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

// FindLink returns the link that says something; nil when there is none.
func FindLink(o fyne.CanvasObject, words string) *kit.Link {
	for _, l := range Find[*kit.Link](o) {
		if slices.Equal(Drawn(l), []string{words}) {
			return l
		}
	}
	return nil
}
