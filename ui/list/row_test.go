package list

import (
	"slices"
	"testing"

	"fyne.io/fyne/v2"

	"countersign/core/i18n"
	"countersign/core/request"
	"countersign/core/settings"
	"countersign/ui/kit"
	"countersign/ui/uitest"
)

// A row that had columns shows the same as a new one when there is no room for them any more.
func TestNothingOfTheColumnsIsLeftInANarrowRow(t *testing.T) {
	uitest.App(t).Settings().SetTheme(kit.Theme(kit.LightLook))
	for _, dense := range []bool{false, true} {
		texts := func(widths ...float32) []string {
			columns := newColumnLayout(i18n.English, false)
			columns.dense = dense
			for _, name := range []StoredName{columnAdded, columnAddedBy, columnReviewedBy} {
				columns.toggle(name)
			}
			r := newRow(i18n.English, columns)
			for _, width := range widths {
				columns.arrange(width)
				r.Resize(fyne.NewSize(width, columns.height()))
				r.set(rowState{model: newRowModel(i18n.English, settings.Names{}, request.Request{
					ID: "1", Title: "Lease", Gateway: "office", Reference: "L-1", AddedBy: "mara", CreatedAt: noon, UpdatedAt: noon,
					Status: request.Signed, Outcome: &request.Outcome{At: noon}, Review: &request.Review{By: "ines", Decision: request.Accepted},
				}, noon, settings.Patience{})})
			}
			return uitest.Texts(r, nil)
		}
		if got, want := texts(1600, 500), texts(500); !slices.Equal(got, want) {
			t.Errorf("dense %t: after the columns a row shows %q, and a new one %q", dense, got, want)
		}
	}
}
