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
	plain.Set("The address was copied to the clipboard.")
	all["callout"] = uitest.Wide(400, plain.Root)
	headed := kit.NewCallout(kit.WarningBadge)
	headed.SetHeading("The gateway does not answer")
	headed.Set("gateway office: sign.example.org does not answer (connection refused): check the network, then try again")
	all["callout-headed"] = uitest.Wide(400, headed.Root)

	fixed := kit.NewField(nothing)
	fixed.SetText("https://sign.example.org")
	fixed.Disable()
	all["field-disabled"] = uitest.Wide(400, fixed)

	all["link"] = kit.NewLink("Open signed PDF", kit.IconProof, nothing, nil)
	all["tag"] = kit.NewTag("practice")
	return all
}
