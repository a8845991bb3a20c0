package kit_test

import (
	"image"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"countersign/ui/kit"
)

// ringRoom is the width of the edge of a widget that a ring with round corners may cover.
const ringRoom = 5

// TestTheFocusIsARing draws each widget with and without the focus: its edge differs, and its inside does not.
func TestTheFocusIsARing(t *testing.T) {
	nothing := func(*fyne.KeyEvent) {}
	widgets := map[string]func() fyne.Focusable{
		"select": func() fyne.Focusable {
			s := kit.NewSelect(nothing, func(int) {})
			s.SetOptions([]string{"TRIDENT"})
			s.SetSelectedIndex(0)
			return s
		},
		"check": func() fyne.Focusable {
			c := kit.NewCheck(nothing, func(bool) {})
			c.SetText("One request for all files")
			return c
		},
	}
	for name, importance := range map[string]widget.Importance{
		"low": widget.LowImportance, "medium": widget.MediumImportance, "high": widget.HighImportance, "danger": widget.DangerImportance,
	} {
		widgets[name+" button"] = func() fyne.Focusable { return kit.NewButton("Save", kit.IconPen, importance, nothing, nil) }
	}
	for name, build := range widgets {
		t.Run(name, func(t *testing.T) {
			test.NewTempApp(t).Settings().SetTheme(kit.Theme(kit.LightLook))
			w := build()
			object := w.(fyne.CanvasObject)
			window := test.NewTempWindow(t, container.New(kit.Padding(10, 10), object))
			without := window.Canvas().Capture()
			window.Canvas().Focus(w)
			with := window.Canvas().Capture()
			at, size := fyne.CurrentApp().Driver().AbsolutePositionForObject(object), object.Size()
			inside := image.Rect(int(at.X), int(at.Y), int(at.X+size.Width), int(at.Y+size.Height)).Inset(ringRoom)
			edge := false
			for y := range with.Bounds().Dy() {
				for x := range with.Bounds().Dx() {
					switch p := image.Pt(x, y); {
					case with.At(x, y) == without.At(x, y):
					case p.In(inside):
						t.Fatalf("the focus changes the inside, at %v", p)
					default:
						edge = true
					}
				}
			}
			if !edge {
				t.Error("the focus is not seen")
			}
		})
	}
}
