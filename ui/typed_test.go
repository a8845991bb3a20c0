package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"countersign/core/request"
	"countersign/ui/kit"
)

// What is too long stays in its field, with how long it is, until it is shortened.
func TestWhatIsTooLongStaysInItsField(t *testing.T) {
	f := newOffice(t, officeOptions{seed: threeRows()})
	r := f.show("Lease")
	long := func(n int) string { return strings.Repeat("x", n) }
	refused := func(text, say string) {
		t.Helper()
		field := f.window.window.Canvas().Focused().(*kit.Field)
		field.SetText(text)
		f.key(fyne.KeyReturn)
		f.saying(say)
		if !f.window.modals.IsOpen() || field.Text != text {
			t.Errorf("%s: the text is gone", say)
		}
	}
	f.ctrl(fyne.KeyE)
	refused(long(256), "The title has 256 characters, and at most 255 fit: shorten it.")
	f.escape()
	f.key(fyne.KeyDelete)
	refused(long(256), "The reason has 256 characters, and at most 255 fit: shorten it.")
	f.window.window.Canvas().Focused().(*kit.Field).SetText(long(255))
	f.key(fyne.KeyReturn)
	f.settle()
	if got := f.get(r.ID); got.Status != request.Withdrawn {
		t.Errorf("it is %s", got.Status)
	}
	f.window.askNote("Return", "Why?", func(string) { t.Error("a note that is too long is passed on") })
	refused(long(4001), "The note has 4001 characters, and at most 4000 fit: shorten it.")
	f.escape()
	f.window.askViewName("Save", "", func(string) { t.Error("a name that is too long is passed on") })
	refused(long(61), "The name of the view has 61 characters, and at most 60 fit: shorten it.")
	f.escape()
	f.window.askReason(2, func(string) { t.Error("a reason that is too long is passed on") })
	refused(long(256), "The reason has 256 characters, and at most 255 fit: shorten it.")
	f.window.window.Canvas().Focused().(*kit.Field).SetText("")
	f.window.modals.Close()
	f.window.offerToVouch(f.window.detail.Shown(), "", nil)
	refused(long(4001), "The note has 4001 characters")
}
