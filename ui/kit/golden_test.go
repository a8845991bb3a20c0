package kit_test

import (
	"testing"

	"fyne.io/fyne/v2"

	"countersign/ui/kit"
	"countersign/ui/uitest"
)

// TestWidgets compares how the widgets of this package are laid out and colored with testdata/markup.
func TestWidgets(t *testing.T) { uitest.CheckWidgets(t, goldenWidgets) }

func goldenWidgets() map[string]fyne.CanvasObject {
	nothing := func(*fyne.KeyEvent) {}
	all := map[string]fyne.CanvasObject{}
	plain := kit.NewCallout(kit.InfoBadge)
	plain.Set("The address is on the clipboard.")
	all["callout"] = uitest.Wide(400, plain.Root)
	headed := kit.NewCallout(kit.WarningBadge)
	headed.SetHead("The gateway does not answer")
	headed.Set("gateway office: sign.example.org does not answer (connection refused): check the network, then try again")
	all["callout-headed"] = uitest.Wide(400, headed.Root)

	all["link"] = kit.NewLink("Open signed PDF", kit.IconProof, nothing, nil)
	all["tag"] = kit.NewTag("practice")
	typed := kit.NewField(nothing)
	typed.Text = "town hall"
	failed := kit.NewFormLine("Name", "needed", "Small letters, digits, - and _", typed)
	failed.Fail("\"town hall\": use up to 63 small letters, digits, - and _")
	chosen := kit.NewSelect(nothing, func(int) {})
	chosen.Options, chosen.Selected = []string{"shown", "skipped"}, "skipped"
	ticked := kit.NewCheck(nothing, nil)
	ticked.Text, ticked.Checked = "keep", true
	all["form-field-wrong"] = uitest.Wide(560, failed.Root)
	all["form-field-choice"] = uitest.Wide(560, kit.NewFormLine("Agreement", "", "", chosen).Root)
	all["form-field-tick"] = uitest.Wide(560, kit.NewFormLine("Documents", "", "Otherwise they are deleted at the gateway.", ticked).Root)

	return all
}
