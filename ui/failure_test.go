package ui

import (
	"errors"
	"slices"
	"testing"

	"fyne.io/fyne/v2/test"
)

func TestWhyTheDeskCannotBeOpenedIsSaidInAWindow(t *testing.T) {
	a := test.NewTempApp(t)
	w := ShowFailure(a, LightLook, errors.New("another program is holding the ledger: close it and try again"))
	var words []string
	collect(w.Content(), &words)
	for _, want := range []string{wordNoDesk, "Another program is holding the ledger: close it and try again."} {
		if !slices.Contains(words, want) {
			t.Errorf("it does not say %q: %v", want, words)
		}
	}
	if w.Canvas().Focused() == nil {
		t.Error("the keyboard is nowhere")
	}
}
