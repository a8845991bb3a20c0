package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"countersign/core/desk"
	"countersign/core/i18n"
	"countersign/core/request"
	"countersign/ui/kit"
)

func TestARowIsRedrawnForAnotherModelOnly(t *testing.T) {
	a := test.NewTempApp(t)
	a.Settings().SetTheme(kit.Theme(kit.LightLook))
	m := newRowModel(i18n.English, request.Request{ID: "1", Title: "A title that is much too long for its row", Status: request.Pending, Gateway: "office", UpdatedAt: noon}, true, noon, desk.Patience{})
	r := newRow(i18n.English, newTable(i18n.English))
	r.Resize(fyne.NewSize(300, rowHeight))
	r.set(rowLook{model: m})
	renderer := test.WidgetRenderer(r).(*rowRenderer)
	if renderer.title.Text == m.title || renderer.title.MinSize().Width > 200 {
		t.Errorf("the title is not shortened: %q", renderer.title.Text)
	}
	renderer.title.Text = "touched"
	r.set(rowLook{model: m})
	if renderer.title.Text != "touched" {
		t.Error("the same model was drawn again")
	}
	r.set(rowLook{model: m, chosen: true, focused: true})
	if renderer.title.Text == "touched" || !renderer.ground.Visible() || !renderer.ring.Visible() {
		t.Error("a chosen row does not look chosen")
	}
}
