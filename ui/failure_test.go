package ui

import (
	"errors"
	"slices"
	"testing"

	"fyne.io/fyne/v2/test"

	"countersign/core/i18n"
	"countersign/ui/kit"
	"countersign/ui/uitest"
)

func TestAWindowExplainsWhyTheDeskCannotBeOpened(t *testing.T) {
	a := test.NewTempApp(t)
	w := ShowFailure(a, kit.LightLook, i18n.English, errors.New("another program is using the ledger: close it and try again"))
	said := uitest.Texts(w.Content(), nil)
	for _, want := range []string{"The desk cannot be opened", "Another program is using the ledger: close it and try again."} {
		if !slices.Contains(said, want) {
			t.Errorf("it does not say %q: %v", want, said)
		}
	}
	if w.Canvas().Focused() == nil {
		t.Error("the keyboard is nowhere")
	}
}
