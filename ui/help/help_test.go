package help

import (
	"testing"

	"fyne.io/fyne/v2"

	"countersign/ui/kit"
)

func TestTheColumnsOfTheShortcutsAreAlikeInHeight(t *testing.T) {
	groups := []fyne.CanvasObject{kit.NewGap(90), kit.NewGap(10), kit.NewGap(30), kit.NewGap(30)}
	halves := splitColumns(groups, 100)
	if len(halves[0]) != 1 || len(halves[1]) != 3 {
		t.Errorf("%d groups stand beside %d", len(halves[0]), len(halves[1]))
	}
}
