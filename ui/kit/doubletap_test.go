package kit

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
)

func TestADoubleClickPressesOneButton(t *testing.T) {
	test.NewTempApp(t)
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	tapClock = func() time.Time { return now }
	t.Cleanup(func() { tapClock = time.Now })
	pressed := ""
	button := func(label string) *Button {
		return NewButton(label, "", widget.MediumImportance, nil, func() { pressed += label + " " })
	}
	add, stop := button("Add"), button("Stop")
	tap := func(b *Button, after time.Duration, x float32) {
		now = now.Add(after)
		b.Tapped(&fyne.PointEvent{AbsolutePosition: fyne.NewPos(x, 100)})
	}
	tap(add, 0, 100)
	tap(stop, 200*time.Millisecond, 101) // which has taken the place of the other
	if pressed != "Add " {
		t.Errorf("a double click presses %s", pressed)
	}
	tap(stop, time.Second, 101)
	tap(add, 100*time.Millisecond, 200) // elsewhere
	tap(add, 100*time.Millisecond, 200) // the same button, as often as it is pressed
	if pressed != "Add Stop Add Add " {
		t.Errorf("clicks press %s", pressed)
	}
	add.OnTapped = func() { pressed = "Resume" }
	add.SetLabel("Resume", "", widget.MediumImportance)
	tap(add, 100*time.Millisecond, 200)
	if pressed == "Resume" {
		t.Error("a double click presses what the first click turned the button into")
	}
}
