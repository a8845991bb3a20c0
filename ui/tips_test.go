package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"countersign/core/i18n"
	"countersign/ui/detail"
	"countersign/ui/kit"
	"countersign/ui/uitest"
)

func TestEveryButtonWithoutWordsSaysWhatItDoes(t *testing.T) {
	for _, lang := range i18n.Languages() {
		f := newOffice(t, officeOptions{seed: threeRows(), lang: lang})
		f.window.onFilters()
		f.window.list.markAll()
		f.settle()
		f.window.notices.tell("Told")
		hints := map[string]bool{}
		for _, b := range uitest.Find[*kit.Button](f.window.window.Canvas().Content()) {
			if b.Text != "" || b.Icon == nil || b == f.window.queue.out {
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
	c, funnel := f.window.window.Canvas(), f.window.filterBar.toggle
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
	c.Focus(f.window.columns)
	shown("Columns (Ctrl+Shift+T)")
	f.key(fyne.KeyReturn)
	if tip() != "" {
		t.Errorf("the tip lies over the menu: %q", tip())
	}
	f.key(fyne.KeyEscape)
}

func TestWhatIsCutOffOrBriefInARowIsExplained(t *testing.T) {
	changes := threeRows()
	changes[2].Events[0].Added.Title = strings.Repeat("A long title ", 12)
	changes[2].Events[0].Added.Due = "2026-11-01"
	f := newOffice(t, officeOptions{seed: changes, size: fyne.NewSize(1900, 800)})
	f.ctrl(fyne.Key7)
	f.settle()
	said := map[string]bool{}
	f.eachRow(func(r *rowRenderer) {
		r.row.explain = func(_ fyne.CanvasObject, words string, _ fyne.Position, _ float32) { said[words] = true }
		for _, cell := range r.row.table.cells {
			r.row.MouseIn(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(cell.x+2, 10)}})
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
	f.window.askEdit(detail.NewModel(i18n.English, r, nil, false, false))
	f.wait("the field for a day", func() bool { return len(uitest.Find[*kit.Button](f.window.window.Canvas().Overlays().Top())) > 2 })
	for _, b := range uitest.Find[*kit.Button](f.window.window.Canvas().Overlays().Top()) {
		if b.Text == "" {
			b.MouseIn(&desktop.MouseEvent{})
			f.saying("Choose a day")
			b.MouseOut()
		}
	}
}
