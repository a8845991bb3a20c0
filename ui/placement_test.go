package ui

import (
	"context"
	"image"
	"os"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
	"github.com/google/go-cmp/cmp"

	"countersign/core/desk"
	"countersign/core/i18n"
	"countersign/core/input"
	"countersign/core/pdf/pdftest"
	"countersign/core/request"
	"countersign/ui/kit"
	"countersign/ui/placement"
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
	uitest.Tap(uitest.FindLink(f.sheet(), place))
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
	uitest.Tap(uitest.FindLink(f.sheet(), place)) // an error unfolds it again
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
	uitest.Tap(fold)
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
	uitest.Tap(fold)
	uitest.Tap(fold)
	if scroll.Content.MinSize().Height > scroll.Size().Height+1 {
		t.Errorf("%.0f of the sheet is shown in %.0f", scroll.Content.MinSize().Height, scroll.Size().Height)
	}
	f.press("Cancel")
}

// drawing returns a gateway's form with files, and the sheet on which the position of their signatures is drawn. Each file has three
// pages of A4.
func (f *office) drawing(files ...string) {
	f.t.Helper()
	f.gateway.set(func(g *fakeGateway) { g.can.CustomAppearance, g.can.MaxDocuments = true, 3 })
	if len(files) > 0 {
		f.drop(files...)
	}
	f.read()
	f.chooseLink(f.window.lang.Say("placement.draw"))
	f.settle()
	f.saying("Use this position", "of 3")
}

// chooseLink chooses a link of the form with the keyboard.
func (f *office) chooseLink(label string) {
	f.t.Helper()
	f.window.window.Canvas().Focus(uitest.FindLink(f.sheet(), label))
	f.key(fyne.KeyReturn)
}

// paper draws empty pages of A4.
func paper(_ context.Context, path string, number, width int) (placement.Page, error) {
	if _, err := os.Stat(path); err != nil {
		return placement.Page{}, err
	}
	if number == 0 {
		number = 3
	}
	return placement.Page{
		Image: image.NewRGBA(image.Rect(0, 0, width, width*842/595)), Number: number, Pages: 3, Box: request.Rectangle{Width: 595, Height: 842},
	}, nil
}

func TestThePositionOfASignatureIsDrawnOnThePage(t *testing.T) {
	f := newOffice(t, officeOptions{preview: paper})
	f.drawing(write(t, "Lease.pdf", pdftest.Plain(t, "Lease")))
	c := f.window.window.Canvas()
	f.key(fyne.KeyPageUp)
	f.settle()
	f.key(fyne.KeyUp)
	f.key(fyne.KeyReturn)
	f.saying("New request", "Page 2, 71 × 21 mm")
	if add := f.button("Add"); c.Focused() != fyne.Focusable(add) {
		t.Error("the next step does not get the keyboard")
	}
	f.chooseLink(f.window.lang.Say("placement.draw"))
	f.settle()
	f.key(fyne.KeyEscape)
	f.saying("New request", "Page 2, 71 × 21 mm")
	if draw := uitest.FindLink(f.sheet(), f.window.lang.Say("placement.draw")); c.Focused() != fyne.Focusable(draw) {
		t.Error("the link that opened the sheet does not get the keyboard back")
	}
	f.press("Add")
	f.closed()
	want := &request.SignatureOptions{Page: "2", Rectangle: &request.Rectangle{X: 359, Y: 37, Width: 200, Height: 60}}
	if diff := cmp.Diff(want, f.all()["Lease"].Signature); diff != "" {
		t.Error(diff)
	}
	// The next page of that size begins with that box.
	f.drawing(write(t, "Annex.pdf", pdftest.Plain(t, "Annex")))
	f.key(fyne.KeyReturn)
	f.saying("Page 2, 71 × 21 mm")
	f.chooseLink(f.window.lang.Say("placement.remove"))
	if strings.Contains(f.says(), "mm") {
		t.Error("a position that was removed is shown")
	}
	f.press("Add")
	f.closed()
	if s := f.all()["Annex"].Signature; s != nil {
		t.Errorf("a position that was removed is sent: %+v", s)
	}
}

func TestMeasuresHaveTheDecimalCommaOfTheLanguage(t *testing.T) {
	f := newOffice(t, officeOptions{lang: i18n.French, preview: paper})
	f.gateway.set(func(g *fakeGateway) { g.can.CustomAppearance = true })
	f.drop(write(t, "Lease.pdf", pdftest.Plain(t, "Lease")))
	f.read()
	f.chooseLink(f.window.lang.Say("placement.draw"))
	f.settle()
	f.saying("126,6", "70,6")
	f.key(fyne.KeyReturn)
	f.settle()
	if left := f.field("win.left"); left != nil {
		t.Error("the measures are not folded away")
	}
	f.chooseLink(f.window.lang.Say("win.place"))
	if left := f.field("win.left").Text; left != "126,65" {
		t.Errorf("in the form: %s", left)
	}
	f.field("win.left").SetText("127,00")
	f.press(f.window.lang.Count("sheet.add", 1))
	f.closed()
	if r := f.all()["Lease"].Signature.Rectangle; r.X != 360 {
		t.Errorf("stored: %+v", r)
	}
}

func TestEachRequestOfAFormHasItsOwnPosition(t *testing.T) {
	f := newOffice(t, officeOptions{preview: paper})
	f.drawing(folder(t, "A.pdf", "B.pdf", "C.pdf"))
	uitest.Find[*kit.Check](f.sheet())[0].SetChecked(false)
	documents := uitest.Find[*kit.Select](f.sheet())[0]
	documents.SetSelectedIndex(1)
	f.settle()
	f.key(fyne.KeyHome)
	f.settle()
	f.key(fyne.KeyReturn)
	f.saying("New request", "3 documents with positions of their own")
	f.press("Add 3")
	f.closed()
	rectangle := &request.Rectangle{X: 359, Y: 36, Width: 200, Height: 60}
	for title, page := range map[string]string{"A": "last", "B": "1", "C": "last"} {
		if diff := cmp.Diff(&request.SignatureOptions{Page: page, Rectangle: rectangle}, f.all()[title].Signature); diff != "" {
			t.Errorf("%s: %s", title, diff)
		}
	}
}

// One request with several documents has a position for each, and so has the request that replaces it.
func TestEachDocumentOfARequestHasItsOwnPosition(t *testing.T) {
	f := newOffice(t, officeOptions{preview: paper})
	f.drawing(folder(t, "A.pdf", "B.pdf"))
	uitest.Find[*kit.Check](f.sheet())[0].SetChecked(false)
	uitest.Find[*kit.Select](f.sheet())[0].SetSelectedIndex(1)
	f.settle()
	f.key(fyne.KeyHome)
	f.settle()
	f.key(fyne.KeyReturn)
	f.saying("New request")
	uitest.Find[*kit.Check](f.sheet())[0].SetChecked(true)
	f.press("Add")
	f.closed()
	rectangle := &request.Rectangle{X: 359, Y: 36, Width: 200, Height: 60}
	want := []request.SignaturePosition{{Page: "last", Rectangle: rectangle}, {Page: "1", Rectangle: rectangle}}
	var first request.Request
	for _, first = range f.all() {
		if diff := cmp.Diff(want, first.Positions); diff != "" || first.Signature != nil || first.SignatureOf(1).Page != "1" {
			t.Errorf("%s, and %+v", diff, first.Signature)
		}
	}
	if _, err := f.desk.Withdraw(t.Context(), first.ID, ""); err != nil {
		t.Fatal(err)
	}
	f.window.composer.Replace(first.ID, first.Title)
	f.read()
	f.saying("2 documents with positions of their own")
	f.press("Add")
	f.closed()
	for _, r := range f.all() {
		if diff := cmp.Diff(want, r.Positions); diff != "" {
			t.Errorf("%s: %s", r.ID, diff)
		}
	}
	// A gateway that decides about its signatures gets no positions.
	f.gateway.set(func(g *fakeGateway) { g.can.CustomAppearance = false })
	f.window.composer.Replace(first.ID, first.Title)
	f.read()
	f.field("sheet.name").SetText("Third")
	f.press("Add")
	f.closed()
	if third, ok := f.all()["Third"]; !ok || third.Positions != nil {
		t.Errorf("added %+v", third)
	}
}

func TestFilesThatComeWhileAPositionIsDrawnJoinTheForm(t *testing.T) {
	f := newOffice(t, officeOptions{preview: paper})
	f.drawing(write(t, "Lease.pdf", pdftest.Plain(t, "Lease")))
	f.window.composer.AddFiles([]string{write(t, "Annex.pdf", pdftest.Plain(t, "Annex"))}) // as another start hands them over
	f.read()
	f.saying("New request", "Lease.pdf", "Annex.pdf")
	if n := len(f.window.window.Canvas().Overlays().List()); n != 1 {
		t.Errorf("%d modals lie over one another", n)
	}
}

// What was placed before is shown where it was, also for the document of a request that is replaced.
func TestTheSheetBeginsWithThePositionOfTheForm(t *testing.T) {
	f := newOffice(t, officeOptions{preview: paper})
	f.gateway.set(func(g *fakeGateway) { g.can.CustomAppearance = true })
	rectangle := &request.Rectangle{X: -72, Y: 100, Width: 72, Height: 36}
	before, err := f.desk.Workspace.Add(t.Context(), desk.New{
		Title: "Lease", Files: []input.File{input.Memory("Lease.pdf", pdftest.Plain(t, "Lease"))}, Signature: &request.SignatureOptions{Page: "2", Rectangle: rectangle},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.desk.Withdraw(t.Context(), before.ID, ""); err != nil {
		t.Fatal(err)
	}
	f.window.composer.Replace(before.ID, "Lease")
	f.drawing()
	f.saying("The box is not wholly on this page.", "-25.4", "35.3")
	f.key(fyne.KeyReturn)
	f.saying("New request")
	f.press("Add")
	f.closed()
	for _, r := range f.all() {
		if diff := cmp.Diff(&request.SignatureOptions{Page: "2", Rectangle: rectangle}, r.Signature); diff != "" {
			t.Errorf("%s: %s", r.ID, diff)
		}
	}
}
