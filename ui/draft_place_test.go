package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
	"github.com/google/go-cmp/cmp"

	"countersign/core/i18n"
	"countersign/core/pdf/pdftest"
	"countersign/core/request"
	"countersign/ui/kit"
	"countersign/ui/uitest"
)

func TestTheSheetSaysWhereTheSignatureGoes(t *testing.T) {
	f := newOffice(t, officeOptions{})
	f.drop(write(t, "Lease.pdf", pdftest.Plain(t, "Lease")))
	f.read()
	if f.window.draft.place.root.Visible() {
		t.Error("a gateway that decides itself is asked for a place")
	}
	f.key(fyne.KeyEscape)
	f.gateway.set(func(g *fakeGateway) { g.can.PlacesMarks = true })
	f.drop(write(t, "Lease.pdf", pdftest.Plain(t, "Lease")))
	f.read()
	p, c := f.window.draft.place, f.window.window.Canvas()
	if p.fields.Visible() {
		t.Error("the place is not folded away")
	}
	test.Tap(p.fold)
	f.saying("In millimetres.")
	p.page.SetText("third")
	f.key(fyne.KeyReturn)
	f.saying("Give the page as a number")
	if c.Focused() != fyne.Focusable(p.page) {
		t.Error("the page that is wrong does not get the keyboard")
	}
	p.page.SetText(" LAST ")
	p.left.SetText("25.4")
	p.bottom.SetText("0")
	p.width.SetText("50,8")
	test.Tap(p.fold) // folded away, what is wrong is shown all the same
	c.Focus(f.window.draft.reference)
	f.key(fyne.KeyReturn)
	f.saying("four sizes in millimetres")
	if c.Focused() != fyne.Focusable(p.height) || !p.fields.Visible() {
		t.Error("the size that lacks does not get the keyboard")
	}
	p.height.SetText("10")
	p.name.SetText("Tenant")
	f.window.draft.reason.SetText("Approval")
	f.key(fyne.KeyReturn)
	f.closed()
	want := &request.Signature{Reason: "Approval", Field: "Tenant", Page: "last", Rectangle: &request.Rectangle{X: 72, Y: 0, Width: 144, Height: 28.35}}
	if diff := cmp.Diff(want, f.all()["Lease"].Signature); diff != "" {
		t.Error(diff)
	}
}

func TestWhatCannotBeThePlaceOfASignature(t *testing.T) {
	for name, c := range map[string]struct {
		fill  func(p *place)
		wrong func(p *place) *kit.Field
	}{
		"a field with a period": {func(p *place) { p.name.Text = "a.b" }, func(p *place) *kit.Field { return p.name }},
		"page zero":             {func(p *place) { p.page.Text = "0" }, func(p *place) *kit.Field { return p.page }},
		"no width":              {func(p *place) { p.left.Text, p.bottom.Text, p.width.Text, p.height.Text = "1", "1", "0", "1" }, func(p *place) *kit.Field { return p.width }},
		"below the page":        {func(p *place) { p.left.Text, p.bottom.Text, p.width.Text, p.height.Text = "1", "-1", "1", "1" }, func(p *place) *kit.Field { return p.bottom }},
		"no number":             {func(p *place) { p.left.Text, p.bottom.Text, p.width.Text, p.height.Text = "NaN", "1", "1", "1" }, func(p *place) *kit.Field { return p.left }},
		"beyond every page":     {func(p *place) { p.left.Text, p.bottom.Text, p.width.Text, p.height.Text = "1", "1", "1e9", "1" }, func(p *place) *kit.Field { return p.width }},
	} {
		p := newPlace(i18n.French, nil, nil)
		c.fill(p)
		if s, problem, wrong := p.signature(""); s != nil || problem == "" || wrong != c.wrong(p) {
			t.Errorf("%s: %+v, %q", name, s, problem)
		}
	}
	p := newPlace(i18n.French, nil, nil)
	if s, problem, _ := p.signature(""); s != nil || problem != "" {
		t.Errorf("nothing at all is %+v, %q", s, problem)
	}
	p.page.Text = "Dernière"
	if s, _, _ := p.signature(""); s == nil || s.Page != "last" {
		t.Errorf("the last page is %+v", s)
	}
}

// The sheet with all its parts, in the lowest window there is.
func TestTheSheetScrollsInALowWindow(t *testing.T) {
	f := newOffice(t, officeOptions{size: fyne.NewSize(1000, 480)})
	f.gateway.set(func(g *fakeGateway) { g.can.PlacesMarks, g.can.NeedsSigner = true, true })
	f.drop(folder(t, "A.pdf", "B.pdf", "C.pdf", "D.pdf"))
	f.read()
	s, c := f.window.draft, f.window.window.Canvas()
	s.place.unfold(true)
	s.draw()
	d := fyne.CurrentApp().Driver()
	seen := func(o fyne.CanvasObject) bool {
		top, under := d.AbsolutePositionForObject(o).Y, d.AbsolutePositionForObject(s.scroll).Y
		return top >= under-1 && top+o.Size().Height <= under+s.scroll.Size().Height+1
	}
	content := uitest.Find[*widget.PopUp](c.Overlays().Top())[0].Content
	if end := d.AbsolutePositionForObject(content).Y + content.Size().Height; c.Size().Height > 481 || end > c.Size().Height {
		t.Fatalf("the sheet ends at %.0f of %.0f", end, c.Size().Height)
	}
	if end := d.AbsolutePositionForObject(s.add).Y + s.add.Size().Height; end > c.Size().Height {
		t.Errorf("the buttons end at %.0f", end)
	}
	for name, o := range map[string]interface {
		fyne.CanvasObject
		fyne.Focusable
	}{"path": s.path, "reason": s.reason, "signer's number": s.signerID, "height": s.place.height, "together": s.together, "due": s.due.Entry} {
		c.Focus(o)
		if !seen(o) {
			t.Errorf("%s has the keyboard, and is not seen", name)
		}
	}
	// A window that becomes lower meanwhile keeps the buttons in sight.
	f.window.window.Resize(fyne.NewSize(1000, 420))
	s.modal.Fit()
	if end := d.AbsolutePositionForObject(s.add).Y + s.add.Size().Height; end > c.Size().Height {
		t.Errorf("in a window of %.0f the buttons end at %.0f", c.Size().Height, end)
	}
	// In a window of the usual size there is nothing to scroll.
	f.window.window.Resize(fyne.NewSize(1100, 900))
	s.draw()
	if s.scroll.Content.MinSize().Height > s.scroll.Size().Height+1 {
		t.Errorf("%.0f of the sheet is shown in %.0f", s.scroll.Content.MinSize().Height, s.scroll.Size().Height)
	}
	test.Tap(s.cancel)
}
