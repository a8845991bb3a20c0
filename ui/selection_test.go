package ui

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"countersign/core/ledger"
	"countersign/core/request"
	"countersign/ui/bulk"
	"countersign/ui/status"
	"countersign/ui/uitest"
)

// hold holds Shift down during do.
func (f *office) hold(do func()) {
	f.list().KeyDown(&fyne.KeyEvent{Name: desktop.KeyShiftLeft})
	do()
	f.list().KeyUp(&fyne.KeyEvent{Name: desktop.KeyShiftLeft})
}

// click clicks on a row, and lets the window come to rest.
func (f *office) click(place int, with fyne.KeyModifier) {
	f.t.Helper()
	f.clickAtOnce(place, with)
	f.settle()
}

func (f *office) clickAtOnce(place int, with fyne.KeyModifier) {
	f.t.Helper()
	row := uitest.Rows(f.list())[place]
	row.(desktop.Mouseable).MouseDown(&desktop.MouseEvent{Modifier: with})
	test.Tap(row.(fyne.Tappable))
}

func (f *office) marked() int { return len(f.window.list.Selected()) }

func TestRowsAreSelectedWithTheMouse(t *testing.T) {
	f := newOffice(t, officeOptions{seed: officeDay()})
	f.ctrl(fyne.Key7)
	f.settle()
	f.click(2, 0)
	if f.marked() != 0 || f.selecting() {
		t.Fatal("a chosen row alone is not a selection")
	}
	f.click(4, fyne.KeyModifierShortcutDefault)
	f.saying("2 selected")
	f.click(4, fyne.KeyModifierShortcutDefault)
	f.saying("1 selected")
	f.click(5, fyne.KeyModifierShift)
	f.saying("2 selected")
	f.click(1, fyne.KeyModifierShift)
	f.saying("4 selected")
	f.click(0, 0)
	if f.marked() != 0 || f.selecting() {
		t.Error("a plain press keeps the selection")
	}
}

func TestRowsAreSelectedByKey(t *testing.T) {
	f := newOffice(t, officeOptions{seed: officeDay()})
	f.ctrl(fyne.Key7)
	f.settle()
	f.window.list.Focus()
	f.hold(func() { f.key(fyne.KeyDown); f.key(fyne.KeyDown) })
	f.saying("3 selected")
	f.hold(func() { f.key(fyne.KeyUp) })
	f.saying("2 selected")
	f.key(fyne.KeyDown)
	f.key(fyne.KeyDown)
	f.key(fyne.KeySpace)
	f.saying("3 selected")
	f.hold(func() { f.key(fyne.KeyEnd) })
	f.settle()
	f.escape()
	if f.marked() != 0 {
		t.Error("Escape keeps the selection")
	}
	f.window.onSelectAll()
	f.saying("11 selected")
	f.search().SetText("lease")
	if f.marked() != 0 {
		t.Error("a selection outlives its list")
	}
	// In a text field, the text is selected.
	f.ctrl(fyne.KeyF)
	f.window.onSelectAll()
	if f.settle(); f.marked() != 0 || f.search().SelectedText() != "lease" {
		t.Error("Ctrl+A in the search field does not select its words")
	}
}

// TestAllRowsAreSelectedWhereTheirNumberIsNotKnown selects the rows of a search that the list has read the first of alone.
func TestAllRowsAreSelectedWhereTheirNumberIsNotKnown(t *testing.T) {
	f := newOffice(t, officeOptions{seed: many(800)})
	f.saying("800 in this view")
	f.search().SetText("contract c")
	f.saying("more than")
	f.settle()
	f.window.list.Focus()
	f.window.onSelectAll()
	f.wait("the selection", func() bool { return f.marked() > 0 })
	if f.marked() != 800 || strings.Contains(f.says(), "which is the maximum") {
		t.Errorf("%d are selected: %s", f.marked(), f.says())
	}
}

func TestCtrlASelectsTheTextOfAField(t *testing.T) {
	f := newOffice(t, officeOptions{seed: officeDay()})
	f.ctrl(fyne.KeyO)
	f.typeInto("/no/such/file.pdf")
	f.shortcut(&fyne.ShortcutSelectAll{})
	if selected := f.pathField().SelectedText(); selected != "/no/such/file.pdf" {
		t.Errorf("%q is selected", selected)
	}
	f.window.window.Canvas().Unfocus()
	f.shortcut(&fyne.ShortcutSelectAll{})
	if f.settle(); f.marked() != 0 {
		t.Error("rows behind the sheet are selected")
	}
}

func TestSelectedRequestsAreWithdrawn(t *testing.T) {
	f := newOffice(t, officeOptions{seed: threeRows()})
	f.ctrl(fyne.Key7)
	f.settle()
	f.window.onSelectAll()
	f.saying("3 selected")
	f.key(fyne.KeyDelete)
	f.saying("Withdraw 2 of the 3 selected requests?")
	f.typeInto("end of the year")
	f.key(fyne.KeyReturn)
	f.saying("2 requests were withdrawn.")
	f.settle()
	page, err := f.desk.Query(t.Context(), ledger.Query{Statuses: []request.Status{request.Withdrawn}})
	if err != nil || len(page.Requests) != 2 {
		t.Fatalf("%d are withdrawn, %v", len(page.Requests), err)
	}
	events, err := f.desk.Events(t.Context(), page.Requests[0].ID)
	if err != nil || events[len(events)-1].Reason != "end of the year" {
		t.Errorf("the reason is %+v, %v", events[len(events)-1], err)
	}
	f.saying("3 selected", "[Sign all]", "[Return 3…]")
	if b := uitest.FindButton(f.window.window.Canvas(), "Sign all"); f.marked() != 3 || !b.Disabled() {
		t.Errorf("%d are selected, and the button is disabled: %v", f.marked(), b.Disabled())
	}
	f.key(fyne.KeyDelete)
	f.saying("Only requests without an outcome can be withdrawn.")
}

func TestSelectedRequestsAreChecked(t *testing.T) {
	f := newOffice(t, officeOptions{seed: threeRows()})
	f.ctrl(fyne.Key7)
	f.settle()
	f.window.onSelectAll()
	f.saying("3 selected")
	f.saying("[Check 1 of 3]")
	f.key(fyne.KeyF5)
	f.saying("1 request was checked.")
}

func TestSelectedRequestsAreQueued(t *testing.T) {
	f := newOffice(t, officeOptions{seed: threeRows()})
	f.add("Another")
	f.saying("Another")
	f.ctrl(fyne.Key7)
	f.settle()
	f.window.onSelectAll()
	f.saying("4 selected")
	f.press("Sign 2 of 4")
	// The queue does not run in this test.
	f.saying("1 failure:\nAnother Countersign window")
	f.settle()
	f.runQueue()
	f.window.onSelectAll()
	f.saying("4 selected")
	f.ctrlShift(fyne.KeyReturn)
	f.saying("2 requests are in the queue.")
	if s := f.desk.Queue().State(); s.Total != 2 {
		t.Errorf("the queue is %+v", s)
	}
}

func TestABulkJobIsStopped(t *testing.T) {
	f := newOffice(t, officeOptions{seed: threeRows()})
	f.ctrl(fyne.Key7)
	f.settle()
	f.window.onSelectAll()
	f.saying("3 selected")
	ids := slices.Clone(f.window.list.Selected())
	f.window.startBulk(status.Check, ids, func(ctx context.Context, ids []request.ID, progress func(int)) (r bulk.Result) {
		progress(1)
		<-ctx.Done()
		r.Done = 1
		r.Fail(errors.New("the network is gone"))
		return r
	})
	f.saying("Checking: 1 of 3", "[Stop]")
	if !f.window.forSelected(status.Withdraw) || f.window.modals.IsOpen() {
		t.Error("another job can begin meanwhile")
	}
	f.press("Stop")
	f.saying("Stopped. 1 request was checked. 1 failure:\nThe network is gone.")
	if f.marked() != 3 {
		t.Error("the selection is lost when a job is stopped")
	}
}
