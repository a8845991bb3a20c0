package ui

import (
	"errors"
	"slices"
	"testing"

	"fyne.io/fyne/v2/test"

	"countersign/core/i18n"
)

func TestWhyTheDeskCannotBeOpenedIsSaidInAWindow(t *testing.T) {
	a := test.NewTempApp(t)
	w := ShowFailure(a, LightLook, i18n.English, errors.New("another program is using the ledger: close it and try again"))
	var said []string
	collect(w.Content(), &said)
	for _, want := range []string{"The desk cannot be opened", "Another program is holding the ledger: close it and try again."} {
		if !slices.Contains(said, want) {
			t.Errorf("it does not say %q: %v", want, said)
		}
	}
	if w.Canvas().Focused() == nil {
		t.Error("the keyboard is nowhere")
	}
}
