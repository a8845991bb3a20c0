package prefs

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
	typed := kit.NewField(nothing)
	typed.Text = "town hall"
	failed := newFormLine("Name", "Required", "Lowercase letters, digits, - and _", typed)
	failed.fail("\"town hall\": use up to 63 lowercase letters, digits, - and _")
	chosen := kit.NewSelect(nothing, func(int) {})
	chosen.Options, chosen.Selected = []string{"shown", "skipped"}, "skipped"
	ticked := kit.NewCheck(nothing, nil)
	ticked.Text, ticked.Checked = "keep", true
	all["form-field-wrong"] = uitest.Wide(560, failed.root)
	all["form-field-choice"] = uitest.Wide(560, newFormLine("Agreement", "", "", chosen).root)
	all["form-field-tick"] = uitest.Wide(560, newFormLine("Documents", "", "Otherwise they are deleted at the gateway.", ticked).root)

	return all
}
