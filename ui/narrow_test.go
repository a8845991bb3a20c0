package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"countersign/core/i18n"
	"countersign/core/settings"
	"countersign/core/workspace"
	"countersign/ui/kit"
	"countersign/ui/uitest"
)

// small is the window of a screen of 1366 × 768 pixels that is enlarged to 200 %, with its bars taken off.
var small = fyne.NewSize(683, 340)

func TestTheWindowFitsASmallScreenInEveryLanguage(t *testing.T) {
	for _, lang := range i18n.Languages() {
		t.Run(string(lang), func(t *testing.T) {
			f := newOffice(t, officeOptions{seed: append(officeDay(), outcomes(40)...), size: small, lang: lang})
			c := f.window.window.Canvas()
			const narrowest = 640 // 1280 pixels at 200 %
			fits := func(scene string) {
				t.Helper()
				if least := c.Content().MinSize(); least.Width > narrowest || least.Height > small.Height {
					t.Errorf("%s needs %v", scene, least)
				}
				for _, o := range c.Overlays().List() {
					if least := o.MinSize(); least.Width > small.Width || least.Height > small.Height {
						t.Errorf("%s, open over the window, needs %v", scene, least)
					}
				}
				f.fits(scene)
			}
			fits("the list")
			f.ctrl(fyne.Key6)
			f.settle()
			f.window.openChosen()
			fits("the request")
			f.ctrl(fyne.Key9)
			f.settle()
			fits("outcomes to review")
			f.window.onSelectAll()
			f.wait("the selection", func() bool { return f.selecting() })
			fits("a selection")
			f.ctrl(fyne.Key8)
			f.counted()
			fits("the numbers")
			f.ctrl(fyne.KeyComma)
			f.settle()
			fits("the settings")
			f.window.modals.Close()
			f.ctrl(fyne.KeyO)
			f.settle()
			fits("a new request")
			f.window.modals.Close()
			f.key(fyne.KeyF1)
			fits("the shortcuts")
		})
	}
}

func TestOneAtATimeInANarrowWindow(t *testing.T) {
	f := newOffice(t, officeOptions{seed: officeDay(), size: small})
	f.ctrl(fyne.Key7)
	f.settle()
	if f.window.detail.Visible() || f.list() == nil {
		t.Fatal("the request covers the list unasked")
	}
	row := uitest.Rows(f.list())[1]
	test.Tap(row.(fyne.Tappable))
	f.settle()
	title := f.get(f.window.chosen.id).Title
	f.saying(title, "Back to the list")
	if f.list() != nil || !f.window.detail.Visible() {
		t.Error("a tap does not show the request")
	}
	f.key(fyne.KeyDown)
	f.settle()
	if next := f.get(f.window.chosen.id).Title; next == title || f.window.detail.Shown().Title != next {
		t.Errorf("Down leads from %q to %q", title, next)
	}
	f.key(fyne.KeyEscape)
	if f.list() == nil || f.window.window.Canvas().Focused() != fyne.Focusable(f.list()) {
		t.Error("Escape does not lead back to the list")
	}
	f.key(fyne.KeyReturn)
	if f.list() != nil {
		t.Error("Enter does not show the request")
	}
	f.press("Back to the list")
	if f.list() == nil {
		t.Error("the button does not lead back")
	}
	f.window.window.Resize(fyne.NewSize(1100, 720))
	if f.list() == nil || !f.window.detail.Visible() {
		t.Error("in a wide window, one of them is missing")
	}
}

func TestTheSidebarExplainsItsIconsInANarrowWindow(t *testing.T) {
	f := newOffice(t, officeOptions{seed: officeDay(), size: small})
	items := f.window.chrome.sidebar.nav.items
	if width := f.window.chrome.sidebar.root.Size().Width; width > 70 {
		t.Errorf("the sidebar is %.0f wide", width)
	}
	items[2].MouseIn(nil)
	f.saying(items[2].view.Name)
	items[2].MouseOut()
	f.window.window.Canvas().Focus(f.window.chrome.sidebar.settings)
	f.saying("Settings")
	f.window.window.Resize(fyne.NewSize(1100, 720))
	if b := f.button("Add PDF…"); b == nil || uitest.Find[*kit.Text](f.window.chrome.sidebar.root)[0].Value() != programName {
		t.Error("its texts do not come back")
	}
}

func TestTheWindowKeepsItsSize(t *testing.T) {
	f := newOffice(t, officeOptions{options: func(o *Options) { o.Size = settings.Window{Width: 900, Height: 640} }})
	if size := f.window.window.Canvas().Size(); size != fyne.NewSize(900, 640) {
		t.Errorf("it opens in %v", size)
	}
	f.window.window.Resize(fyne.NewSize(1000, 700))
	f.wait("the size to be stored", func() bool {
		s, err := f.desk.Settings(t.Context())
		return err == nil && s.Window == settings.Window{Width: 1000, Height: 700}
	})
	for _, wrong := range []settings.Window{{}, {Width: 1, Height: 1}, {Width: 1e9, Height: 700}, {Width: 900}} {
		if got := restoredSize(wrong); got != fyne.NewSize(1100, 720) {
			t.Errorf("%v becomes %v", wrong, got)
		}
	}
}

func TestAWindowThatWasNotResizedStoresNoSize(t *testing.T) {
	f := newOffice(t, officeOptions{prepare: func(*workspace.Workspace) {}})
	f.ctrl(fyne.Key8)
	f.counted()
	if s, err := f.desk.Settings(t.Context()); err != nil || s.Window != (settings.Window{}) {
		t.Errorf("%v is stored, %v", s.Window, err)
	}
}
