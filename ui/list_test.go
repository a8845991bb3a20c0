package ui

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"countersign/core/ledger"
	"countersign/ui/uitest"
)

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestAnEmptyDeskSaysWhatToDoFirst(t *testing.T) {
	f := newOffice(t, officeOptions{})
	f.saying("Drop a PDF here to begin", "How signing works", "0 in this view")
	f.add("Lease")
	f.saying("Lease | office | To sign", "1 in this view")
	f.ctrl(fyne.Key6)
	f.saying("Nothing has been signed yet")
}

func TestCountsFollowTheLedger(t *testing.T) {
	f := newOffice(t, officeOptions{seed: officeDay()})
	counts := func(want ...string) func() bool {
		return func() bool {
			return slices.Equal(want, []string{
				f.count("To sign"), f.count("In the browser"), f.count("Needs attention"), f.count("Signed"), f.count("All"),
			})
		}
	}
	f.wait("the counts of the seed", counts("1", "2", "5", "2", "11"))
	r := f.add("Another")
	f.wait("the new request to be counted", counts("2", "2", "5", "2", "12"))
	if _, err := f.desk.Withdraw(t.Context(), r.ID, ""); err != nil {
		t.Fatal(err)
	}
	f.wait("the withdrawn one to be counted in All alone", counts("1", "2", "5", "2", "12"))
}

func TestSearchFindsAsYouType(t *testing.T) {
	f := newOffice(t, officeOptions{seed: officeDay()})
	f.ctrl(fyne.Key7)
	f.settle()
	f.ctrl(fyne.KeyF)
	if f.window.window.Canvas().Focused() != fyne.Focusable(f.search()) {
		t.Fatal("Ctrl+F does not lead to the search field")
	}
	f.window.window.Canvas().Focus(f.search())
	f.typeInto("annual")
	f.wait("what was looked for", func() bool { return slices.Equal(f.rows(), []string{"Annual accounts"}) })
	f.saying("1 of 11 in this view")
	f.key(fyne.KeyReturn)
	f.wait("the first row to be shown", func() bool { return f.window.detail.Shown().Title == "Annual accounts" })
	if f.window.window.Canvas().Focused() != fyne.Focusable(f.list()) {
		t.Error("Enter does not lead to the list")
	}
	f.ctrl(fyne.KeyF)
	f.window.window.Canvas().Focus(f.search())
	f.typeInto("zebra")
	f.saying("Nothing matches", "Press Escape")
	f.escape()
	f.saying("11 in this view")
}

func TestTheChosenRequestStaysChosen(t *testing.T) {
	f := newOffice(t, officeOptions{})
	f.add("Zero")
	f.add("One")
	two := f.add("Two")
	f.add("Three")
	f.saying("Three | office")
	f.settle()
	f.window.choose(two.ID)
	f.settle()
	f.add("Four")
	f.saying("Four | office")
	f.settle()
	if f.window.chosen.id != two.ID {
		t.Errorf("chosen is %q", f.window.chosen.id)
	}
	// It is no longer in the view, but still shown.
	if _, err := f.desk.Withdraw(t.Context(), two.ID, ""); err != nil {
		t.Fatal(err)
	}
	f.saying("[Reopen]")
	f.settle()
	if slices.Contains(f.rows(), "Two") {
		t.Error("it is still listed")
	}
	// The next row is the one that moved up.
	want := "One" // below it
	f.window.list.Focus()
	f.key(fyne.KeyDown)
	f.wait("the next row", func() bool { return f.window.detail.Shown().Title == want })
}

func TestRowsAreChosenByTap(t *testing.T) {
	f := newOffice(t, officeOptions{seed: threeRows()})
	f.ctrl(fyne.Key7)
	f.saying("3 in this view")
	f.settle()
	second := fyne.CurrentApp().Driver().AbsolutePositionForObject(uitest.Rows(f.list())[1])
	test.TapCanvas(f.window.window.Canvas(), second.AddXY(200, 20))
	f.wait("the second row", func() bool { return f.window.detail.Shown().Title == f.rows()[1] })
}

func TestAPracticeGatewayIsMarked(t *testing.T) {
	f := newOffice(t, officeOptions{seed: threeRows()})
	f.saying("Holiday request")
	f.wait("the practice label", func() bool {
		return strings.Contains(f.says(), "| practice |") && slices.Contains(uitest.Drawn(f.window.detail), "practice")
	})
	f.ctrl(fyne.Key2)
	f.wait("no label on the other", func() bool { return f.window.detail.Shown().Title == "Supplier agreement" })
	if slices.Contains(uitest.Drawn(f.window.detail), "practice") {
		t.Error("a real gateway is said to be for practice")
	}
}

func TestThirtyThousandRowsAreReadByThePage(t *testing.T) {
	f := newOffice(t, officeOptions{seed: many(30_000)})
	f.saying("30,000 in this view")
	f.settle()
	if queries, rows := f.desk.read(); queries > 4 || rows > 400 {
		t.Errorf("opening read %d rows in %d queries", rows, queries)
	}
	_, before := f.desk.read()
	f.key(fyne.KeyEnd)
	f.wait("the last row", func() bool { return f.window.detail.Shown().Title == "Contract 00000" })
	f.settle()
	f.list().ScrollToOffset(15_000 * 56)
	f.wait("the rows in the middle", func() bool { return strings.Contains(f.says(), "Contract 14999") })
	f.settle()
	if _, rows := f.desk.read(); rows-before > 600 {
		t.Errorf("two jumps read %d rows", rows-before)
	}
	// Selecting all of them reads no rows.
	_, before = f.desk.read()
	f.window.onSelectAll()
	f.saying("Only the first 10,000 are selected")
	if _, after := f.desk.read(); after != before {
		t.Errorf("selecting read %d rows", after-before)
	}
	if f.marked() != 10_000 {
		t.Errorf("%d are selected", f.marked())
	}
}

func TestAMissedNoticeMakesTheWindowReadAgain(t *testing.T) {
	notices := make(chan ledger.Notice)
	f := newOffice(t, officeOptions{wrap: func(d *watchedDesk) { d.notices = notices }})
	r := f.add("Unheard")
	f.queue.Drain()
	if strings.Contains(f.says(), "Unheard") {
		t.Fatal("the window polls")
	}
	notices <- ledger.Notice{Missed: true}
	f.saying("Unheard | office", "1 in this view")
	f.window.choose(r.ID)
	f.saying("[Sign in browser]")
	f.settle()
	if _, err := f.desk.Withdraw(t.Context(), r.ID, ""); err != nil {
		t.Fatal(err)
	}
	notices <- ledger.Notice{Missed: true}
	f.saying("[Reopen]")
}

func TestABusyLedgerIsReadAtMostOnceAFrame(t *testing.T) {
	notices := make(chan ledger.Notice)
	f := newOffice(t, officeOptions{seed: threeRows(), wrap: func(d *watchedDesk) { d.notices = notices }})
	f.settle()
	before, _ := f.desk.read()
	began := time.Now()
	for range 2000 {
		notices <- ledger.Notice{Events: []ledger.RequestEvent{{ID: "01900000-0000-7000-8000-000000000001"}}}
		f.queue.Drain()
	}
	f.settle()
	after, _ := f.desk.read()
	if most := int(time.Since(began)/redrawInterval) + 3; after-before > most {
		t.Errorf("%d readings where at most %d frames were drawn", after-before, most)
	}
}

func TestReadErrorsAreShown(t *testing.T) {
	f := newOffice(t, officeOptions{seed: threeRows()})
	f.desk.mu.Lock()
	f.desk.failView = errors.New("another program is using the ledger")
	f.desk.mu.Unlock()
	f.ctrl(fyne.Key6)
	f.saying("Another program is using the ledger.")
	f.settle()
	f.desk.mu.Lock()
	f.desk.failView = nil
	f.desk.mu.Unlock()
	f.ctrl(fyne.Key1)
	f.saying("Holiday request | HR-2026-207")
}

func TestAFailureToFollowTheLedgerIsShown(t *testing.T) {
	f := newOffice(t, officeOptions{seed: threeRows(), wrap: func(d *watchedDesk) { d.failWatch = errors.New("no watch here") }})
	f.saying("Changes are not shown immediately: No watch here.", "Holiday request")
}
