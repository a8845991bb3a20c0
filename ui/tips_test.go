package ui

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"countersign/core/i18n"
)

// eachButton gives every button of an object, seen or not.
func eachButton(o fyne.CanvasObject, do func(*button)) {
	switch o := o.(type) {
	case *button:
		do(o)
	case *fyne.Container:
		for _, child := range o.Objects {
			eachButton(child, do)
		}
	case fyne.Widget:
		for _, child := range test.WidgetRenderer(o).Objects() {
			eachButton(child, do)
		}
	}
}

func TestEveryButtonWithoutWordsSaysWhatItDoes(t *testing.T) {
	for _, lang := range i18n.Languages() {
		f := newOffice(t, officeOptions{seed: threeRows(), lang: lang})
		f.window.onFilters()
		f.window.list.markAll()
		f.settle()
		f.window.notices.tell("Told")
		var hints []string
		eachButton(f.window.window.Canvas().Content(), func(b *button) {
			if b.Text == "" && b.Visible() && b.hint == "" && b.Icon != nil && b != f.window.queue.out {
				t.Errorf("%s: a button says nothing: %s", lang, b.Icon.Name())
			}
			if b.hint != "" {
				hints = append(hints, b.hint)
			}
		})
		if slices.Sort(hints); len(slices.Compact(hints)) < 5 {
			t.Errorf("%s: %q", lang, hints)
		}
	}
}

// now has the tips of a layer come at once.
func (t *tips) now() { t.wait = func(do func()) func() { do(); return func() {} } }

func TestATipComesUnderTheMouseAndByKey(t *testing.T) {
	f := newOffice(t, officeOptions{seed: threeRows()})
	c, funnel := f.window.window.Canvas(), f.window.filterBar.toggle
	layer := f.window.tips
	held := func() {}
	stopped := 0
	layer.wait = func(do func()) func() { held = do; return func() { stopped++ } }
	tip := func() string {
		if layer.words.Visible() {
			return layer.words.value
		}
		return ""
	}

	funnel.MouseIn(&desktop.MouseEvent{})
	if tip() != "" {
		t.Error("the tip does not wait")
	}
	held()
	if tip() != "Filters (Ctrl+Shift+F)" {
		t.Errorf("the tip says %q", tip())
	}
	// From one button to the next it does not wait again.
	funnel.MouseOut()
	if tip() != "" {
		t.Error("the tip stays")
	}
	funnel.MouseIn(&desktop.MouseEvent{})
	funnel.MouseOut()
	if stopped == 0 {
		t.Error("a tip comes when the mouse has gone on")
	}
	layer.now()
	c.Focus(f.window.columns)
	if tip() != "Columns (Ctrl+Shift+T)" {
		t.Errorf("with the keyboard: %q", tip())
	}
	f.key(fyne.KeyReturn)
	if tip() != "" {
		t.Errorf("the tip lies over the menu: %q", tip())
	}
	f.key(fyne.KeyEscape)

	// A button at the lower edge has its tip above it, and at the right edge none runs out.
	f.window.list.markAll()
	f.settle()
	f.window.bar.clear.MouseIn(&desktop.MouseEvent{})
	ground := test.WidgetRenderer(layer).(*tipsRenderer).ground
	if end := ground.Position().X + ground.Size().Width; tip() != "Clear selection (Escape)" || end > c.Size().Width || ground.Position().Y+ground.Size().Height > c.Size().Height {
		t.Errorf("%q ends at %.0f", tip(), end)
	}
	f.window.bar.clear.MouseOut()
}

func TestWhatIsCutOffOrBriefInARowIsExplained(t *testing.T) {
	changes := threeRows()
	changes[2].Events[0].Added.Title = strings.Repeat("A long title ", 12)
	changes[2].Events[0].Added.Due = "2026-11-01"
	f := newOffice(t, officeOptions{seed: changes, size: fyne.NewSize(1900, 800)})
	layer := f.window.tips
	layer.now()
	f.ctrl(fyne.Key7)
	f.settle()
	said := map[string]bool{}
	f.eachRow(func(r *rowRenderer) {
		for _, cell := range r.row.table.cells {
			r.row.MouseIn(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(cell.x+2, 10)}})
			said[layer.words.value] = true
			r.row.MouseOut()
			if layer.words.Visible() {
				t.Error("the tip stays")
			}
		}
	})
	title := changes[2].Events[0].Added.Title
	if !said[title] || !said["overdue, 18 Nov"] || said["Lease of office premises"] || len(said) < 4 {
		t.Errorf("explained are %v", said)
	}
}

func TestATipLiesOverAQuestionToo(t *testing.T) {
	f := newOffice(t, officeOptions{})
	r := f.show("Lease")
	f.window.askEdit(newDetailModel(i18n.English, r, nil, false, false))
	var day *button
	eachButton(f.window.modal.popup.Content, func(b *button) {
		if b.hint != "" {
			day = b
		}
	})
	layer := f.window.modal.tips
	layer.now()
	day.MouseIn(&desktop.MouseEvent{})
	f.saying("Choose a day")
	day.MouseOut()
}
