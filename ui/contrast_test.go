package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"countersign/ui/kit"
	"countersign/ui/uitest"
)

func TestEveryTextCanBeReadWhereverTheFocusIs(t *testing.T) {
	for name, look := range map[string]kit.Look{"light": kit.LightLook, "dark": kit.DarkLook} {
		t.Run(name, func(t *testing.T) {
			f := newOffice(t, officeOptions{seed: officeDay(), look: look, size: fyne.NewSize(960, 600)})
			readable := func(where string) {
				t.Helper()
				if faint := uitest.FaintTexts(f.window.window.Canvas()); len(faint) > 0 {
					t.Errorf("%s: %s", where, strings.Join(faint, ", "))
				}
			}
			f.ctrl(fyne.Key9)
			f.settle()
			c := f.window.window.Canvas()
			for _, o := range []fyne.Focusable{
				f.window.chrome.sidebar.nav, f.window.chrome.sidebar.settings, uitest.Find[*kit.Button](f.window.chrome.drillDown.root)[1], f.search(), f.list(), f.nextButton(),
			} {
				c.Focus(o)
				readable("focus on " + strings.Join(drawnIn(o), " "))
			}
			f.window.onSelectAll()
			f.wait("the selection", func() bool { return f.selecting() })
			readable("a selection")
			f.ctrl(fyne.Key8)
			f.counted()
			readable("the numbers")
			f.ctrl(fyne.KeyComma)
			f.settle()
			readable("the settings")
			f.window.modals.Close()
			f.ctrl(fyne.KeyO) // with its buttons disabled
			f.settle()
			readable("a new request")
		})
	}
}

func TestEveryMenuCanBeRead(t *testing.T) {
	for name, look := range map[string]kit.Look{"light": kit.LightLook, "dark": kit.DarkLook} {
		t.Run(name, func(t *testing.T) {
			f := newOffice(t, officeOptions{seed: officeDay(), look: look})
			c := f.window.window.Canvas()
			for _, m := range f.window.window.MainMenu().Items {
				m.Items[0].Disabled = true
				popup := widget.NewPopUpMenu(m, c)
				popup.ShowAtPosition(fyne.NewPos(10, 10))
				popup.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDown}) // highlights an item
				if faint := uitest.FaintTexts(c); len(faint) > 0 {
					t.Errorf("%s: %s", m.Label, strings.Join(faint, ", "))
				}
				popup.Hide()
			}
		})
	}
}

func TestTheKeysOfAMenuStandInOneColumn(t *testing.T) {
	f := newOffice(t, officeOptions{lang: "fr"})
	for _, m := range f.window.window.MainMenu().Items {
		var ends []float32
		for _, item := range m.Items {
			if !item.IsSeparator {
				ends = append(ends, fyne.MeasureText(item.Label, 14, fyne.TextStyle{}).Width)
			}
		}
		for _, end := range ends {
			if end < ends[0]-5 || end > ends[0]+5 {
				t.Errorf("%s: the items end at %v", m.Label, ends)
				break
			}
		}
	}
}
