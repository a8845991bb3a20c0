package ui

import (
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"

	"countersign/core/pdf/pdftest"
	"countersign/ui/uitest"
)

// windowScenes are states of the shell.
func windowScenes(t *testing.T) map[string]scene {
	place := func(f *office) {
		f.gateway.set(func(g *fakeGateway) { g.can.CustomAppearance, g.can.NeedsSigner = true, true })
		f.drop(write(t, "Lease of office premises.pdf", pdftest.Plain(t, "Lease")), write(t, "Annex A.pdf", pdftest.Plain(t, "Annex")))
		f.read()
		uitest.Tap(uitest.FindLink(f.sheet(), f.window.lang.Say("win.place")))
		f.field("sheet.due").SetText("24 dec")
		f.window.window.Canvas().Focus(f.field("win.left"))
	}
	draw := func(f *office) {
		f.gateway.set(func(g *fakeGateway) { g.can.CustomAppearance, g.can.NeedsSigner = true, true })
		f.drop(filepath.Join("..", "assets", "samples", "Lease.pdf"), filepath.Join("..", "assets", "samples", "Holiday-request.pdf"))
		f.read()
		f.field("sheet.signer_name").SetText("Mara Vidal Serra")
		f.chooseLink(f.window.lang.Say("placement.draw"))
		f.settle()
	}
	return map[string]scene{
		"draw-position":     {play: draw},
		"draw-position-low": {size: fyne.NewSize(640, 340), play: draw},
		"draw-position-used": {play: func(f *office) {
			draw(f)
			f.key(fyne.KeyReturn)
			f.settle()
		}},
		"filters-named": {seed: judged(), play: func(f *office) {
			f.ctrl(fyne.Key7)
			f.ctrlShift(fyne.KeyF)
			f.settle()
			f.window.window.Canvas().Focus(f.filter(4))
			f.key(fyne.KeyReturn)
			f.pick(f.window.lang.Say("status.signed"))
			f.pick(f.window.lang.Say("status.to_sign"))
			f.escape()
			f.filter(1).SetSelected("mara")
			f.escape()
			f.settle()
		}},
		"filter-days": {seed: officeDay(), play: func(f *office) {
			f.ctrl(fyne.Key7)
			f.ctrlShift(fyne.KeyF)
			f.filter(2).SetSelectedIndex(5)
			f.settle()
			f.typeInto("1/11")
			f.window.window.Canvas().Focus(f.days()[1])
			f.typeInto("20/11/2")
		}},
		"tip": {seed: officeDay(), play: func(f *office) {
			f.iconButton(2).MouseIn(&desktop.MouseEvent{})
			f.saying(f.window.lang.Say("win.columns_keys"))
		}},
		"tip-evidence": {seed: officeDay(), size: fyne.NewSize(1640, 860), play: func(f *office) {
			f.ctrl(fyne.Key6)
			f.settle()
			row := uitest.Rows(f.list())[1]
			for _, t := range uitest.Find[*canvas.Text](row) {
				if t.Text == f.window.lang.Say("evidence.document") {
					row.(desktop.Hoverable).MouseIn(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: t.Position().AddXY(2, 2)}})
				}
			}
			f.saying(f.window.lang.Say("known.document"))
		}},
		"sheet-place": {play: place},
		"sheet-low":   {size: fyne.NewSize(1000, 480), play: place},
		"edit-day": {seed: officeDay(), play: func(f *office) {
			f.ctrl(fyne.KeyE)
			f.window.window.Canvas().FocusNext()
			f.window.window.Canvas().FocusNext()
			f.typeInto("24 dec")
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
