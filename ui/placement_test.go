package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
	"github.com/google/go-cmp/cmp"

	"countersign/core/pdf/pdftest"
	"countersign/core/request"
	"countersign/ui/kit"
	"countersign/ui/uitest"
)

func TestTheFormSetsThePlacementOfASignature(t *testing.T) {
	f := newOffice(t, officeOptions{})
	f.drop(write(t, "Lease.pdf", pdftest.Plain(t, "Lease")))
	f.read()
	if uitest.FindLink(f.sheet(), f.window.lang.Say("win.place")) != nil {
		t.Error("a gateway that decides itself is asked for a place")
	}
	f.escape()
	f.gateway.set(func(g *fakeGateway) { g.can.CustomAppearance = true })
	f.drop(write(t, "Lease.pdf", pdftest.Plain(t, "Lease")))
	f.read()
	c := f.window.window.Canvas()
	place := f.window.lang.Say("win.place")
	if f.field("win.page") != nil {
		t.Error("the place is not folded away")
	}
	test.Tap(uitest.FindLink(f.sheet(), place))
	f.saying("In millimeters.")
	page := f.field("win.page")
	page.SetText("third")
	f.key(fyne.KeyReturn)
	f.saying("Enter a page number")
	if c.Focused() != fyne.Focusable(page) {
		t.Error("the page that is wrong does not get the keyboard")
	}
	page.SetText(" LAST ")
	f.field("win.left").SetText("25.4")
	f.field("win.bottom").SetText("0")
	f.field("win.width").SetText("50,8")
	test.Tap(uitest.FindLink(f.sheet(), place)) // an error unfolds it again
	c.Focus(f.field("sheet.reference"))
	f.key(fyne.KeyReturn)
	f.saying("four measurements in millimeters")
	if height := f.field("win.height"); height == nil || c.Focused() != fyne.Focusable(height) {
		t.Fatal("the size that lacks does not get the keyboard")
	}
	f.field("win.height").SetText("10")
	f.field("win.field_name").SetText("Tenant")
	f.field("sheet.reason").SetText("Approval")
	f.key(fyne.KeyReturn)
	f.closed()
	want := &request.SignatureOptions{Reason: "Approval", Field: "Tenant", Page: "last", Rectangle: &request.Rectangle{X: 72, Y: 0, Width: 144, Height: 28.35}}
	if diff := cmp.Diff(want, f.all()["Lease"].Signature); diff != "" {
		t.Error(diff)
	}
}

// The form shows all its parts, in a window of the minimum height.
func TestTheFormScrollsInALowWindow(t *testing.T) {
	f := newOffice(t, officeOptions{size: fyne.NewSize(1000, 480)})
	f.gateway.set(func(g *fakeGateway) { g.can.CustomAppearance, g.can.NeedsSigner = true, true })
	f.drop(folder(t, "A.pdf", "B.pdf", "C.pdf", "D.pdf"))
	f.read()
	c := f.window.window.Canvas()
	fold := uitest.FindLink(f.sheet(), f.window.lang.Say("win.place"))
	test.Tap(fold)
	scroll, add := uitest.Find[*container.Scroll](f.sheet())[0], f.button("Add 4")
	d := fyne.CurrentApp().Driver()
	seen := func(o fyne.CanvasObject) bool {
		top, under := d.AbsolutePositionForObject(o).Y, d.AbsolutePositionForObject(scroll).Y
		return top >= under-1 && top+o.Size().Height <= under+scroll.Size().Height+1
	}
	content := uitest.Find[*widget.PopUp](c.Overlays().Top())[0].Content
	if end := d.AbsolutePositionForObject(content).Y + content.Size().Height; c.Size().Height > 481 || end > c.Size().Height {
		t.Fatalf("the sheet ends at %.0f of %.0f", end, c.Size().Height)
	}
	if end := d.AbsolutePositionForObject(add).Y + add.Size().Height; end > c.Size().Height {
		t.Errorf("the buttons end at %.0f", end)
	}
	for name, o := range map[string]interface {
		fyne.CanvasObject
		fyne.Focusable
	}{
		"path": f.pathField(), "reason": f.field("sheet.reason"), "signer's number": f.field("sheet.signer_number"), "height": f.field("win.height"),
		"together": uitest.Find[*kit.Check](f.sheet())[0], "due": f.field("sheet.due"),
	} {
		c.Focus(o)
		if !seen(o) {
			t.Errorf("%s has the keyboard, and is not seen", name)
		}
	}
	// The buttons stay visible when the window becomes lower.
	f.window.window.Resize(fyne.NewSize(1000, 420))
	f.window.modals.Arrange()
	if end := d.AbsolutePositionForObject(add).Y + add.Size().Height; end > c.Size().Height {
		t.Errorf("in a window of %.0f the buttons end at %.0f", c.Size().Height, end)
	}
	// In a window of the default size nothing scrolls.
	f.window.window.Resize(fyne.NewSize(1100, 900))
	test.Tap(fold)
	test.Tap(fold)
	if scroll.Content.MinSize().Height > scroll.Size().Height+1 {
		t.Errorf("%.0f of the sheet is shown in %.0f", scroll.Content.MinSize().Height, scroll.Size().Height)
	}
	f.press("Cancel")
}
