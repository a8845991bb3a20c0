package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"countersign/core/about"
	"countersign/core/i18n"
	"countersign/ui/uitest"
)

func TestTheVersionIsCopiedForSupport(t *testing.T) {
	f := newOffice(t, officeOptions{lang: i18n.French})
	f.chooseItem("À propos de Countersign")
	f.saying(about.Describe(), "Copiez la version")
	f.press("Copier")
	if got := f.app.Clipboard().Content(); got != about.Describe() || !strings.Contains(got, about.Release()) {
		t.Errorf("copied %q", got)
	}
	f.press("Licences…")
	f.saying("Licences des logiciels d’autrui", "Countersign contains software by others.")
	drawn := len(uitest.Drawn(f.window.window.Canvas().Overlays().Top()))
	if drawn > 100 {
		t.Errorf("%d lines are drawn", drawn)
	}
	f.key(fyne.KeyEnd)
	f.wait("the end of the licenses", func() bool {
		return uitest.Find[*widget.List](f.window.window.Canvas().Overlays().Top())[0].GetScrollOffset() > 1000
	})
	f.escape()
	if f.window.modals.IsOpen() {
		t.Error("Escape does not close the licenses")
	}
}

func TestTheGuideIsReadInTheWindow(t *testing.T) {
	f := newOffice(t, officeOptions{lang: i18n.Catalan})
	f.chooseItem("Guia")
	f.saying("La guia és en anglès.", "Put a document on the desk", "Everything by keyboard")
	f.types("file damaged")
	f.wait("the chapters to be searched", func() bool { return !strings.Contains(f.says(), "Sign many") })
	f.saying("What the window says about a request")
	f.key(fyne.KeyDown)
	f.key(fyne.KeyReturn)
	f.saying("a file that is stored here was altered or is missing", "The evidence of an outcome says how it is known:")
	f.escape() // to the contents, with the search
	f.saying("What the window says about a request", "La guia és en anglès.")
	if strings.Contains(f.says(), "Sign many") {
		t.Error("the search is lost on the way back")
	}
	f.press("Tanca")
	if f.window.modals.IsOpen() {
		t.Error("the guide is still open, or asked something")
	}
}
