package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"countersign/core/pdf/pdftest"
	"countersign/core/settings"
	"countersign/core/workspace"
	"countersign/ui/kit"
	"countersign/ui/uitest"
)

func TestNothingTypedIsLostUnasked(t *testing.T) {
	for name, form := range map[string]struct {
		open  func(f *office)
		leave func(f *office)
	}{
		"a new request":           {func(f *office) { f.ctrl(fyne.KeyO) }, func(f *office) { f.key(fyne.KeyEscape) }},
		"a new request, canceled": {func(f *office) { f.ctrl(fyne.KeyO) }, func(f *office) { f.press("Cancel") }},
		"the settings":            {openSigning, func(f *office) { f.key(fyne.KeyEscape) }},
		"the settings, closed":    {openSigning, func(f *office) { f.press("Close") }},
		"another section":         {openSigning, func(f *office) { f.press("Appearance and language") }},
		"help":                    {openSigning, func(f *office) { f.key(fyne.KeyF1) }},
		"a title":                 {func(f *office) { f.ctrl(fyne.KeyE) }, func(f *office) { f.key(fyne.KeyEscape) }},
		"a reason":                {func(f *office) { f.key(fyne.KeyDelete) }, func(f *office) { f.key(fyne.KeyEscape) }},
		"the end of the program":  {func(f *office) { f.ctrl(fyne.KeyE) }, func(f *office) { f.window.onClose() }},
	} {
		t.Run(name, func(t *testing.T) {
			f := newOffice(t, officeOptions{})
			f.show("Lease")
			f.window.list.Focus()
			form.open(f)
			f.settle()
			field, ok := f.window.window.Canvas().Focused().(*kit.Field)
			if !ok {
				t.Fatalf("%T has the keyboard", f.window.window.Canvas().Focused())
			}
			before := field.Text
			form.leave(f)
			f.settle()
			if f.button("Keep editing") != nil {
				t.Fatal("it asks before anything is typed")
			}
			if name == "the end of the program" {
				return
			}
			f.window.modals.Close()
			form.open(f)
			f.settle()
			field = f.window.window.Canvas().Focused().(*kit.Field)
			f.typeInto("12")
			form.leave(f)
			f.saying("Discard what you entered?")
			f.key(fyne.KeyEscape)
			if field.Text == before || !f.window.modals.HasInput() && !f.window.composer.HasInput() {
				t.Errorf("%q is left of it", field.Text)
			}
			form.leave(f)
			f.saying("Discard what you entered?")
			f.press("Discard")
			f.settle()
			if f.window.modals.HasInput() || f.window.composer.HasInput() || f.button("Discard") != nil {
				t.Error("it is still there")
			}
		})
	}
}

// openSigning opens the settings of signings, with the keyboard in the first field.
func openSigning(f *office) {
	f.ctrl(fyne.KeyComma)
	f.settle()
	f.press("Signing")
	f.settle()
	f.window.modals.Focus(uitest.Find[*kit.Field](f.window.window.Canvas().Overlays().Top())[0])
}

func TestFilesOfANewRequestAreNotLostUnasked(t *testing.T) {
	f := newOffice(t, officeOptions{})
	f.drop(write(t, "Lease.pdf", pdftest.Plain(t, "Lease")))
	f.saying("Lease.pdf")
	f.settle()
	f.key(fyne.KeyEscape)
	f.saying("Discard what you entered?")
	f.press("Keep editing")
	f.saying("Lease.pdf")
	f.window.onClose()
	f.saying("Discard what you entered?")
	f.press("Discard")
	f.wait("the end", func() bool { return f.window.system.closed })
}

func TestWhatIsSavedIsNotAskedFor(t *testing.T) {
	f := newOffice(t, officeOptions{})
	openSigning(f)
	f.window.onSelectAll()
	f.typeInto("1")
	f.press("Save")
	f.settle()
	f.saying("Saved.")
	f.key(fyne.KeyEscape)
	if f.window.modals.IsOpen() {
		t.Error("it asks about what is saved")
	}
}

func TestWhatIsTypedWhileAPageIsReadGoesIntoItsFirstField(t *testing.T) {
	f := newOffice(t, officeOptions{profiles: "[gateways.town]\nkind = \"fake\"\nurl = \"https://town.example.org\"\n"})
	f.ctrl(fyne.KeyComma)
	f.settle()
	read := make(chan struct{})
	f.desk.beforeForm = func() { <-read }
	f.press("Edit…")
	f.typeRunes("12")
	close(read)
	f.settle()
	field, ok := f.window.window.Canvas().Focused().(*kit.Field)
	if !ok || !strings.Contains(field.Text, "12") {
		t.Errorf("%T has the keyboard, with %q", f.window.window.Canvas().Focused(), field.Text)
	}
}

func TestASectionIsNotShownBeforeTheSettingsAreRead(t *testing.T) {
	f := newOffice(t, officeOptions{prepare: func(d *workspace.Workspace) {
		if _, err := d.ChangeSettings(t.Context(), func(s *settings.Settings) { s.CallbackPort = 4321 }); err != nil {
			t.Error(err)
		}
	}})
	read := make(chan struct{})
	f.desk.beforeForm = func() { <-read }
	f.ctrl(fyne.KeyComma)
	f.press("Signing")
	if fields := uitest.Find[*kit.Field](f.window.window.Canvas().Overlays().Top()); len(fields) > 0 {
		t.Fatalf("a field says %q before anything is read", fields[0].Text)
	}
	close(read)
	f.wait("the section", func() bool { return len(uitest.Find[*kit.Field](f.window.window.Canvas().Overlays().Top())) > 1 })
	if port := uitest.Find[*kit.Field](f.window.window.Canvas().Overlays().Top())[1].Text; port != "4321" {
		t.Errorf("the port is %q", port)
	}
}

// typeRunes types letters, as the toolkit's driver does, whatever has the keyboard.
func (f *office) typeRunes(text string) {
	for _, r := range text {
		f.keyEvent(&fyne.KeyEvent{}, r)
	}
}
