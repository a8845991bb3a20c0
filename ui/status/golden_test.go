package status

import (
	"testing"

	"fyne.io/fyne/v2"

	"countersign/core/i18n"
	"countersign/core/request"
	"countersign/ui/kit"
	"countersign/ui/uitest"
)

// TestWidgets compares how the widgets of this package are laid out and colored with testdata/markup.
func TestWidgets(t *testing.T) { uitest.CheckWidgets(t, goldenWidgets) }

func goldenWidgets() map[string]fyne.CanvasObject {
	lang := i18n.English
	all := map[string]fyne.CanvasObject{}
	for _, s := range request.Statuses() {
		all["badge-"+string(s)] = kit.NewBadgeWidget(Of(lang, request.Request{Status: s}))
	}
	for _, e := range append(request.EvidenceLevels(), "oracle") {
		m := EvidenceBadge(lang, e)
		all["evidence-"+string(e)] = uitest.Wide(200, kit.NewBadgeLine(m, m.Label))
	}

	return all
}
