package queuebar

import (
	"testing"

	"fyne.io/fyne/v2"

	"countersign/core/i18n"
	"countersign/core/request"
	"countersign/ui/uitest"
)

// TestWidgets compares how the bar is laid out and colored with testdata/markup.
func TestWidgets(t *testing.T) { uitest.CheckWidgets(t, goldenWidgets) }

func goldenWidgets() map[string]fyne.CanvasObject {
	all := map[string]fyne.CanvasObject{}
	for name, m := range map[string]Model{
		"waiting":  {shown: true, visit: true, current: "a", currentTitle: "Lease of office premises", count: "Queue: 3 of 40 done", state: "Waiting for the signer:"},
		"paused":   {shown: true, paused: true, count: "Queue: 3 of 40 done", state: "Paused: 37 left"},
		"finished": NewSum(i18n.English, map[request.Status]int{request.Signed: 9, request.Rejected: 1, request.Signing: 2}),
	} {
		b := NewBar(i18n.English, func(*fyne.KeyEvent) {}, nil, nil, func() {})
		b.Set(m)
		all["queue-"+name] = uitest.Wide(1100, b.Root)
	}
	return all
}
