package ui

import (
	"slices"
	"testing"

	"fyne.io/fyne/v2"

	"countersign/core/i18n"
	"countersign/core/settings"
	"countersign/core/workspace"
	"countersign/ui/panes"
	"countersign/ui/uitest"
)

func TestTheDividerIsMovedAndStored(t *testing.T) {
	f := newOffice(t, officeOptions{seed: threeRows()})
	left, right, divider, c := f.window.list.Content(), f.window.detail, f.divider(), f.window.window.Canvas()
	usual := left.Size().Width
	divider.Dragged(&fyne.DragEvent{Dragged: fyne.NewDelta(60, 3)})
	if got := left.Size().Width; got != usual+60 {
		t.Errorf("the mouse moves it from %.0f to %.0f", usual, got)
	}
	// By key, within the minimum sizes of both sides.
	c.Focus(divider)
	f.key(fyne.KeyLeft)
	if got := left.Size().Width; got != usual+60-panes.DividerStep {
		t.Errorf("a key moves it to %.0f", got)
	}
	for range 100 {
		f.key(fyne.KeyRight)
	}
	if got := right.Size().Width; got < right.MinSize().Width {
		t.Errorf("the request has %.0f", got)
	}
	f.key(fyne.KeyLeft)
	want := left.Size().Width
	f.window.end()
	f.window.Wait() // pending changes are written
	if s, err := f.desk.Settings(t.Context()); err != nil || s.Split != float64(want) {
		t.Errorf("kept is %.0f, not %.0f, %v", s.Split, want, err)
	}
}

func TestTheDividerIsRestored(t *testing.T) {
	f := newOffice(t, officeOptions{seed: threeRows(), prepare: func(d *workspace.Workspace) {
		if _, err := d.ChangeSettings(t.Context(), func(s *settings.Settings) { s.Split = 431 }); err != nil {
			t.Fatal(err)
		}
	}})
	left, right, divider := f.window.list.Content(), f.window.detail, f.divider()
	if got := left.Size().Width; got != 431 {
		t.Errorf("the list has %.0f", got)
	}
	f.window.window.Canvas().Focus(divider)
	f.key(fyne.KeyHome)
	usual := left.Size().Width
	divider.Dragged(&fyne.DragEvent{Dragged: fyne.NewDelta(50, 0)})
	divider.DoubleTapped(nil)
	if got := left.Size().Width; got != usual || usual == 431 {
		t.Errorf("put back, the list has %.0f, and %.0f", usual, got)
	}
	f.window.end()
	f.window.Wait()
	if s, err := f.desk.Settings(t.Context()); err != nil || s.Split != 0 {
		t.Errorf("kept is %.0f, %v", s.Split, err)
	}
	// In a narrower window, both sides keep their minimum size.
	f.window.chrome.panes.SetWidth(2000)
	if right.Size().Width < right.MinSize().Width {
		t.Errorf("the request has %.0f", right.Size().Width)
	}
}

func TestAWindowOf1440ShowsTheReferenceInEveryLanguage(t *testing.T) {
	for _, lang := range i18n.Languages() {
		f := newOffice(t, officeOptions{seed: officeDay(), size: fyne.NewSize(1440, 900), lang: lang})
		f.settle()
		if drawn := uitest.Drawn(f.window.list.Content()); !slices.Contains(drawn, lang.Say("list.reference")) {
			t.Errorf("%s: there is no column for the reference: %q", lang, drawn)
		}
	}
}

func (f *office) divider() *panes.Divider {
	return uitest.Find[*panes.Divider](f.window.chrome.panes)[0]
}
