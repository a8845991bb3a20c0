package detail

import (
	"testing"

	"fyne.io/fyne/v2"

	"countersign/core/i18n"
	"countersign/core/request"
	"countersign/ui/kit"
	"countersign/ui/status"
	"countersign/ui/uitest"
)

// TestWidgets compares how the widgets of this package are laid out and colored with testdata/markup.
func TestWidgets(t *testing.T) { uitest.CheckWidgets(t, goldenWidgets) }

func goldenWidgets() map[string]fyne.CanvasObject {
	lang := i18n.English
	all := map[string]fyne.CanvasObject{}
	for name, dot := range map[string]*timelineDot{"first": newTimelineDot(kit.ColorGood, true, false), "between": newTimelineDot(kit.ColorMuted, false, false), "only": newTimelineDot(kit.ColorBad, true, true)} {
		dot.Resize(fyne.NewSize(dotSize, 60))
		all["dot-"+name] = dot
	}

	all["section"] = uitest.Wide(400, kit.NewSection("DETAILS", newLines([]string{"Due 24 Nov 2026", "For: Maria Example"})))
	all["attempts"] = uitest.Wide(400, newAttempts([]attemptModel{
		{"Attempt 1: Failed, 20 Nov 2026, 15:09", "failed · the certificate is suspended", status.Of(lang, request.Request{Status: request.Failed})},
		{"Attempt 2: To sign", "", status.Of(lang, request.Request{Status: request.Pending})},
	}))
	all["timeline"] = uitest.Wide(400, newTimeline(lang, []eventModel{
		{"Signed file received and checked", "It contains what was sent.", "21 Nov 2026, 12:04", kit.ColorGood},
		{"Opened in the browser", "", "21 Nov 2026, 12:00 · mara", kit.ColorMuted},
	}, 3))
	all["page"] = newThumbnail(nil)
	return all
}
