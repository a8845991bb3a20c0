package list

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"countersign/core/i18n"
	"countersign/core/request"
	"countersign/core/settings"
	"countersign/ui/kit"
	"countersign/ui/uitest"
)

// TestWidgets compares how the widgets of this package are laid out and colored with testdata/markup.
func TestWidgets(t *testing.T) { uitest.CheckWidgets(t, goldenWidgets) }

func goldenWidgets() map[string]fyne.CanvasObject {
	lang := i18n.English
	nothing := func(*fyne.KeyEvent) {}
	all := map[string]fyne.CanvasObject{}
	for name, width := range map[string]float32{"narrow": 404, "wide": 1400} {
		columns := newColumnLayout(lang, false)
		h := newHeader(lang, columns, nothing)
		h.onArrange = func() {}
		h.Resize(fyne.NewSize(width, headerHeight))
		all["header-"+name] = h
		for state, look := range goldenRows() {
			r := newRow(lang, columns)
			r.Resize(fyne.NewSize(width, columns.height()))
			r.set(look)
			all["row-"+state+"-"+name] = r
		}
		dense := newColumnLayout(lang, false)
		dense.dense = true
		dense.arrange(width)
		for state, look := range goldenRows() {
			r := newRow(lang, dense)
			r.Resize(fyne.NewSize(width, dense.height()))
			r.set(look)
			all["row-"+state+"-dense-"+name] = r
		}
	}

	empty := kit.NewEmptyState(40)
	showEmpty(empty, lang, Views(lang)[0], "", false, false)
	all["empty"] = uitest.Wide(400, empty.Root)

	return all
}

// goldenRows returns row states of every kind, by name.
func goldenRows() map[string]rowState {
	open := newRowModel(i18n.English, settings.Names{}, request.Request{
		ID: "1", Title: "Supplier agreement with a title that is longer than the room that there is for it in a narrow list", Reference: "SA-2026-031",
		Gateway: "office", Status: request.Pending, Due: "2026-11-18", Signers: []request.Signer{{Name: "Maria Example"}}, UpdatedAt: noon.Add(-3 * time.Minute),
	}, noon, settings.Patience{})
	ended := newRowModel(i18n.English, settings.Names{}, request.Request{
		ID: "2", Title: "Lease", Gateway: "sandbox", Practice: true, Status: request.Signed, UpdatedAt: noon.AddDate(0, 0, -3),
		Outcome: &request.Outcome{Evidence: request.ByDocument, At: noon.AddDate(0, 0, -3)},
	}, noon, settings.Patience{})
	archived := newRowModel(i18n.English, settings.Names{}, request.Request{
		ID: "3", Title: "Holiday request", Reference: "H-7", Gateway: "office", Status: request.Withdrawn, Archived: &request.Archived{At: noon}, UpdatedAt: noon.AddDate(0, 0, -9),
	}, noon, settings.Patience{})
	return map[string]rowState{"open": {model: open}, "chosen": {model: open, chosen: true, focused: true}, "ended": {model: ended}, "archived": {model: archived}}
}
