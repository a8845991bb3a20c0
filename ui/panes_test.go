package ui

import (
	"slices"
	"testing"

	"fyne.io/fyne/v2"

	"countersign/core/i18n"
	"countersign/core/settings"
	"countersign/core/workspace"
	"countersign/ui/uitest"
)

func TestTheDividerIsMovedAndStored(t *testing.T) {
	f := newOffice(t, officeOptions{seed: threeRows()})
	p, c := f.window.chrome.panes, f.window.window.Canvas()
	usual := p.left.Size().Width
	p.divider.Dragged(&fyne.DragEvent{Dragged: fyne.NewDelta(60, 3)})
	if got := p.left.Size().Width; got != usual+60 {
		t.Errorf("the mouse moves it from %.0f to %.0f", usual, got)
	}
	// By key, within the minimum sizes of both sides.
	c.Focus(p.divider)
	f.key(fyne.KeyLeft)
	if got := p.left.Size().Width; got != usual+60-dividerStep {
		t.Errorf("a key moves it to %.0f", got)
	}
	for range 100 {
		f.key(fyne.KeyRight)
	}
	if got := p.right.Size().Width; got < p.right.MinSize().Width {
		t.Errorf("the request has %.0f", got)
	}
	f.key(fyne.KeyLeft)
	want := p.left.Size().Width
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
	p := f.window.chrome.panes
	if got := p.left.Size().Width; got != 431 {
		t.Errorf("the list has %.0f", got)
	}
	f.window.window.Canvas().Focus(p.divider)
	f.key(fyne.KeyHome)
	usual := p.left.Size().Width
	p.divider.Dragged(&fyne.DragEvent{Dragged: fyne.NewDelta(50, 0)})
	p.divider.DoubleTapped(nil)
	if got := p.left.Size().Width; got != usual || usual == 431 {
		t.Errorf("put back, the list has %.0f, and %.0f", usual, got)
	}
	f.window.end()
	f.window.Wait()
	if s, err := f.desk.Settings(t.Context()); err != nil || s.Split != 0 {
		t.Errorf("kept is %.0f, %v", s.Split, err)
	}
	// In a narrower window, both sides keep their minimum size.
	p.setWidth(2000)
	if p.right.Size().Width < p.right.MinSize().Width {
		t.Errorf("the request has %.0f", p.right.Size().Width)
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
