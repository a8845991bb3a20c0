package ui

import (
	"testing"

	"fyne.io/fyne/v2"

	"countersign/ui/kit"
	"countersign/ui/uitest"
)

// wholeRows returns how many rows of the list are drawn from top to bottom.
func (f *office) wholeRows() (n int) {
	f.t.Helper()
	c := f.window.window.Canvas()
	end := fyne.CurrentApp().Driver().AbsolutePositionForObject(f.list()).Y + f.list().Size().Height
	for _, row := range uitest.Rows(f.list()) {
		top := fyne.CurrentApp().Driver().AbsolutePositionForObject(row).Y
		if uitest.InSight(c, row) && top+row.Size().Height <= end {
			n++
		}
	}
	return n
}

func TestDenseRowsShowMore(t *testing.T) {
	const menuBar = 38 // which is not drawn in tests
	for name, width := range map[string]float32{"two lines": 1100, "columns": 1640} {
		t.Run(name, func(t *testing.T) {
			f := newOffice(t, officeOptions{seed: many(300), size: fyne.NewSize(width, 900-menuBar)})
			f.ctrl(fyne.Key7)
			f.settle()
			for range 40 {
				f.key(fyne.KeyDown)
			}
			f.settle()
			chosen, roomy := f.window.chosen.id, f.wholeRows()
			f.ctrlShift(fyne.KeyH)
			f.settle()
			if n := f.wholeRows(); n < 25 || n <= roomy {
				t.Errorf("%d dense rows are drawn, and %d roomy ones", n, roomy)
			}
			if f.window.chosen.id != chosen {
				t.Error("another request is chosen")
			}
			checked := func() bool {
				for _, item := range f.window.window.MainMenu().Items[2].Items {
					if item.Checked {
						return true
					}
				}
				return false
			}
			f.wait("the choice to be stored", func() bool {
				s, err := f.desk.Settings(t.Context())
				return err == nil && s.Dense
			})
			if !checked() {
				t.Error("the menu does not say so")
			}
			f.ctrlShift(fyne.KeyH)
			f.settle()
			if n := f.wholeRows(); n != roomy || checked() {
				t.Errorf("then %d rows are drawn", n)
			}
		})
	}
}

func TestTheDensityIsChosenInTheSettings(t *testing.T) {
	f := newOffice(t, officeOptions{seed: many(100)})
	f.ctrl(fyne.Key7)
	f.settle()
	roomy := f.wholeRows()
	f.openSection(2)
	uitest.Find[*kit.Select](f.sheet())[2].SetSelected("Dense")
	f.settle()
	f.key(fyne.KeyEscape)
	if f.wholeRows() <= roomy {
		t.Error("the rows are not dense")
	}
	if s, err := f.desk.Settings(t.Context()); err != nil || !s.Dense {
		t.Errorf("stored is %v, %v", s.Dense, err)
	}
}
