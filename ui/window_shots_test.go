package ui

import (
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"countersign/core/pdf/pdftest"
)

// windowScenes are what the window has around its screens.
func windowScenes(t *testing.T) map[string]scene {
	place := func(f *office) {
		f.gateway.set(func(g *fakeGateway) { g.can.PlacesMarks, g.can.NeedsSigner = true, true })
		f.drop(write(t, "Lease of office premises.pdf", pdftest.Plain(t, "Lease")), write(t, "Annex A.pdf", pdftest.Plain(t, "Annex")))
		f.read()
		f.window.draft.place.unfold(true)
		f.window.draft.due.Entry.SetText("24 dec")
		f.window.draft.draw()
		f.window.window.Canvas().Focus(f.window.draft.place.left)
	}
	return map[string]scene{
		"filter-days": {seed: officeDay(), play: func(f *office) {
			f.ctrl(fyne.Key7)
			f.window.onFilters()
			f.window.filterBar.changed.SetSelectedIndex(slices.Index(periods(), twoDays))
			f.settle()
			f.typeInto("1/11")
			f.window.window.Canvas().Focus(f.window.filterBar.to.Entry)
			f.typeInto("20/11/2")
		}},
		"tip": {seed: officeDay(), play: func(f *office) {
			f.window.columns.MouseIn(&desktop.MouseEvent{})
			f.saying("Ctrl+Shift+T")
		}},
		"tip-evidence": {seed: officeDay(), size: fyne.NewSize(1640, 860), play: func(f *office) {
			f.ctrl(fyne.Key6)
			f.settle()
			f.eachRow(func(r *rowRenderer) {
				for _, c := range r.row.table.cells {
					if r.row.place == 1 && c.name == columnEvidence {
						r.row.MouseIn(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(c.x+9, 9)}})
					}
				}
			})
			f.saying(f.window.lang.Say("known.document"))
		}},
		"sheet-place": {play: place},
		"sheet-low":   {size: fyne.NewSize(1000, 480), play: place},
		"edit-day": {seed: officeDay(), play: func(f *office) {
			f.ctrl(fyne.KeyE)
			f.window.window.Canvas().FocusNext()
			f.window.window.Canvas().FocusNext()
			test.Type(f.window.window.Canvas().Focused(), "24 dec")
		}},
		"edit-days": {seed: officeDay(), play: func(f *office) {
			f.ctrl(fyne.KeyE)
			f.window.window.Canvas().FocusNext()
			f.window.window.Canvas().FocusNext()
			f.key(fyne.KeyDown)
		}},
		"no-answer-views": {seed: officeDay(), play: func(f *office) { f.ctrl(fyne.Key3) }},
	}
}
