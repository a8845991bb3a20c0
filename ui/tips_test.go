package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"countersign/core/i18n"
	"countersign/core/settings"
	"countersign/ui/detail"
	"countersign/ui/kit"
	"countersign/ui/uitest"
)

func TestEveryIconButtonHasATip(t *testing.T) {
	for _, lang := range i18n.Languages() {
		f := newOffice(t, officeOptions{seed: threeRows(), lang: lang})
		f.ctrlShift(fyne.KeyF)
		f.window.list.SelectAll()
		f.settle()
		f.window.notices.inform("Told")
		hints := map[string]bool{}
		for _, b := range uitest.Find[*kit.Button](f.window.window.Canvas().Content()) {
			if b.Text != "" || b.Icon == nil {
				continue
			}
			b.MouseIn(&desktop.MouseEvent{})
			hint := ""
			f.wait("the hint of "+b.Icon.Name(), func() bool {
				hint = strings.Join(uitest.Texts(f.window.modals.Layer(), nil), " ")
				return hint != ""
			})
			hints[hint] = true
			b.MouseOut()
		}
		if len(hints) < 5 {
			t.Errorf("%s: %v", lang, hints)
		}
	}
}

func TestATipComesUnderTheMouseAndByKey(t *testing.T) {
	f := newOffice(t, officeOptions{seed: threeRows()})
	c, funnel := f.window.window.Canvas(), f.iconButton(0)
	tip := func() string { return strings.Join(uitest.Texts(f.window.modals.Layer(), nil), " ") }
	shown := func(words string) {
		t.Helper()
		f.wait(words, func() bool { return tip() == words })
	}
	funnel.MouseIn(&desktop.MouseEvent{})
	shown("Filters (Ctrl+Shift+F)")
	funnel.MouseOut()
	if tip() != "" {
		t.Error("the tip stays")
	}
	c.Focus(f.iconButton(2))
	shown("Columns (Ctrl+Shift+T)")
	f.key(fyne.KeyReturn)
	if tip() != "" {
		t.Errorf("the tip lies over the menu: %q", tip())
	}
	f.escape()
}

func TestATipGoesWhenASheetOpensOverIt(t *testing.T) {
	f := newOffice(t, inOffice(newFakeOffice()))
	line := f.window.chrome.sidebar.office
	tip := func() string { return strings.Join(uitest.Texts(f.window.modals.Layer(), nil), " ") }
	line.MouseIn(&desktop.MouseEvent{})
	f.wait("the tip", func() bool { return tip() == "All that the office has is here." })
	line.Tapped(&fyne.PointEvent{})
	f.saying("This home is a desk of an office")
	if tip() != "" {
		t.Errorf("the tip stays under the sheet: %q", tip())
	}
	line.MouseOut()
	f.escape()
}

func TestATipLiesOverAQuestionToo(t *testing.T) {
	f := newOffice(t, officeOptions{})
	r := f.show("Lease")
	f.window.askEdit(detail.NewModel(i18n.English, settings.Names{}, r, nil, false, ""))
	f.wait("the field for a day", func() bool { return len(uitest.Find[*kit.Button](f.window.window.Canvas().Overlays().Top())) > 2 })
	for _, b := range uitest.Find[*kit.Button](f.window.window.Canvas().Overlays().Top()) {
		if b.Text == "" {
			b.MouseIn(&desktop.MouseEvent{})
			f.saying("Choose a day")
			b.MouseOut()
		}
	}
}
