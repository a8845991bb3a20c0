package ui

import (
	"fmt"
	"slices"
	"testing"

	"fyne.io/fyne/v2"

	"countersign/core/i18n"
	"countersign/core/ledger"
	"countersign/core/request"
	"countersign/core/settings"
	"countersign/core/workspace"
	"countersign/ui/kit"
	"countersign/ui/report"
	"countersign/ui/status"
	"countersign/ui/uitest"
)

func TestTheNumbersOfAPeriodLeadToWhatTheyCount(t *testing.T) {
	f := newOffice(t, officeOptions{seed: append(officeDay(), outcomes(60)...)})
	for _, tile := range []struct {
		kind        report.Tile
		label, name string
	}{
		{report.AttentionTile, "Needs attention", "Needs attention"}, {report.DueTile, "Due soon", "Due soon"}, {report.WaitingTile, "Waiting", "Waiting"}, {report.SignedTile, f.window.lang.Say("review.signed_then"), "Signed · From 1 Nov 2026 to 30 Nov 2026"},
	} {
		f.search().SetText("zebra")
		f.ctrl(fyne.Key8)
		f.counted()
		f.settle()
		words := uitest.Drawn(f.window.report.Content())
		number := words[slices.Index(words, tile.label)-1]
		f.window.onTile(tile.kind)
		f.settle()
		if f.window.reviewing() || f.window.list.Listed().Name != tile.name {
			t.Fatalf("it leads to %q", f.window.list.Listed().Name)
		}
		if got := fmt.Sprint(f.listed()); got != number || got == "0" {
			t.Errorf("%s: %s are counted, and %s listed", tile.name, number, got)
		}
	}
}

func TestOutcomesAreReviewedByKey(t *testing.T) {
	f := newOffice(t, officeOptions{seed: officeDay()})
	f.ctrl(fyne.Key9)
	f.settle()
	f.saying("Outcomes to review", "Review 8", "Not reviewed yet.")
	rows := f.rows()
	first := f.window.chosen.id
	f.key(fyne.KeyA)
	f.wait("the next one", func() bool { return f.listed() == 7 && f.window.chosen.id != first })
	f.settle()
	if r := f.get(first); r.Decision() != request.Accepted || r.Review.By != "mara" {
		t.Errorf("review: %+v", r.Review)
	}
	second := f.window.chosen.id
	if title := f.get(second).Title; title != rows[1] {
		t.Errorf("behind %q comes %q, not %q", rows[0], title, rows[1])
	}
	f.key(fyne.KeyN)
	f.settle()
	third := f.window.chosen.id
	if title := f.get(third).Title; title != rows[2] {
		t.Errorf("next is %q, not %q", title, rows[2])
	}
	f.key(fyne.KeyR)
	f.saying("Return the outcome")
	f.key(fyne.KeyReturn) // without a note nothing is sent back
	f.saying("Return the outcome")
	f.typeInto("Ask again")
	f.key(fyne.KeyReturn)
	f.wait("the note", func() bool { r := f.get(third); return r.Review != nil && r.Review.Note == "Ask again" })
	f.settle()
	f.saying("Review 6")
	f.window.showRequest(third, f.get(third).Status)
	f.saying("Returned: mara", "Reviewed: returned", "Ask again")
	f.settle()
	f.ctrl(fyne.KeyI) // a second decision about the same outcome
	f.saying("Accepted: mara", "Reviewed: accepted")
}

// TestAReturnedOutcomeIsReplaced returns an outcome, finds it in its view, and adds a request in its place by keyboard.
func TestAReturnedOutcomeIsReplaced(t *testing.T) {
	f := newOffice(t, officeOptions{})
	before := f.add("Lease")
	if _, err := f.desk.Withdraw(t.Context(), before.ID, ""); err != nil {
		t.Fatal(err)
	}
	f.ctrl(fyne.Key7)
	f.settle()
	f.ctrl(fyne.KeyU)
	f.typeInto("Wrong landlord")
	f.key(fyne.KeyReturn)
	f.wait("the review", func() bool { return f.get(before.ID).IsToDo() })
	f.ctrl(fyne.Key0)
	f.counted()
	f.settle()
	f.saying("Returned 1", "Lease", "Wrong landlord", "Returned: mara")
	f.ctrlShift(fyne.KeyN)
	f.read()
	f.saying("This request replaces “Lease”, which was returned.", "Copied from the returned request")
	if got := f.field("sheet.name").Text; got != "Lease" {
		t.Errorf("the title is %q", got)
	}
	f.field("sheet.reference").SetText("R-2")
	f.press("Add")
	f.closed()
	f.wait("the new request", func() bool { return f.get(before.ID).ReplacedBy != "" })
	after := f.get(f.get(before.ID).ReplacedBy)
	if after.Replaces != before.ID || after.Title != "Lease" || after.Reference != "R-2" || after.Documents[0].SHA256 != before.Documents[0].SHA256 || after.Status != request.Pending {
		t.Errorf("it is replaced by %+v", after)
	}
	f.wait("an empty view", func() bool { return f.count("Returned") == "0" })
	f.window.showRequest(before.ID, request.Withdrawn)
	f.saying("Replaced by another request")
}

func TestTheLastOutcomeLeavesAnEmptyList(t *testing.T) {
	f := newOffice(t, officeOptions{seed: threeRows()})
	f.ctrl(fyne.Key9)
	f.settle()
	if f.window.chrome.drillDown.accept.Disabled() {
		t.Error("nothing can be decided about an outcome that is seen")
	}
	f.press("Accept")
	f.saying("Nothing to review", "All outcomes have been reviewed.")
	f.key(fyne.KeyEscape)
	f.counted()
	f.saying("[Nothing to review]")
	f.key(fyne.KeyEscape)
	f.settle()
	if f.window.reviewing() || f.window.list.ShowsDrillDown() && !f.window.list.ListsReviews() {
		t.Error("Escape does not lead back to the list")
	}
}

func TestOnlyVisibleRequestsAreReviewedOrSigned(t *testing.T) {
	f := newOffice(t, officeOptions{seed: officeDay()})
	f.ctrl(fyne.Key6)
	f.settle()
	chosen := f.window.chosen.id
	f.key(fyne.KeyA) // not the list of outcomes to review
	f.ctrl(fyne.Key8)
	f.counted()
	f.ctrl(fyne.KeyI)
	f.ctrl(fyne.KeyReturn)
	f.window.onSelectAll()
	f.settle()
	if r := f.get(chosen); r.Review != nil || f.marked() > 0 {
		t.Errorf("review: %+v, %d selected", r.Review, f.marked())
	}
	f.ctrl(fyne.KeyF) // searching leads back to the list
	if f.window.reviewing() || !f.window.chrome.panes.Visible() {
		t.Error("searching does not show the list")
	}
}

func TestSelectedRequestsAreReviewed(t *testing.T) {
	f := newOffice(t, officeOptions{seed: officeDay()})
	f.ctrl(fyne.Key7)
	f.settle()
	f.window.onSelectAll()
	f.wait("the selection", func() bool { return f.marked() == 11 })
	f.press("Accept 8 of 11")
	f.saying("8 outcomes accepted.", "[Accept]")
	f.ctrl(fyne.KeyU)
	f.saying("these 8 outcomes")
	f.typeInto("Sort them out")
	f.key(fyne.KeyReturn)
	f.saying("8 outcomes returned.", "[Accept 8 of 11]")
	f.settle()
	returned, _, err := f.desk.Count(t.Context(), ledger.Query{Decision: request.SentBack}, 100)
	if err != nil || returned != 8 {
		t.Errorf("%d returned, %v", returned, err)
	}
}

func TestTheNumbersFollowTheLedger(t *testing.T) {
	f := newOffice(t, officeOptions{})
	f.ctrl(fyne.Key8)
	f.counted()
	f.saying("No requests ended in this period.", "No requests are waiting to be signed.")
	r := f.add("Lease")
	var oldest *report.OpenNumberTable
	f.wait("its line", func() bool {
		for _, o := range uitest.Find[*report.OpenNumberTable](f.window.report.Content()) {
			oldest = o
		}
		return oldest != nil
	})
	f.window.window.Canvas().Focus(oldest)
	f.key(fyne.KeyReturn)
	f.wait("the request", func() bool { return f.window.detail.Shown().ID == r.ID })
	if f.window.reviewing() {
		t.Error("the numbers are in the way")
	}
}

func TestReviewKeysDoNothingOutsideTheReviewList(t *testing.T) {
	f := newOffice(t, officeOptions{})
	f.ctrl(fyne.Key9)
	f.settle()
	f.saying("Outcomes to review")
	for _, b := range f.window.chrome.drillDown.decisions {
		if !b.Disabled() {
			t.Errorf("%q can be pressed", b.Text)
		}
	}
}

func TestTheChosenPeriodIsStored(t *testing.T) {
	f := newOffice(t, officeOptions{seed: officeDay(), prepare: func(d *workspace.Workspace) {
		if _, err := d.ChangeSettings(t.Context(), func(s *settings.Settings) { s.Period = "quarter" }); err != nil {
			t.Error(err)
		}
	}})
	f.ctrl(fyne.Key8)
	f.counted()
	f.saying("From 1 Oct 2026 to 31 Dec 2026")
	f.press("This year")
	f.wait("the period to be kept", func() bool {
		s, err := f.desk.Settings(t.Context())
		return err == nil && s.Period == "year"
	})
}

func TestTabDoesNotLeadBehindTheNumbers(t *testing.T) {
	f := newOffice(t, officeOptions{seed: officeDay()})
	f.ctrl(fyne.Key8)
	f.counted()
	c := f.window.window.Canvas()
	reached := map[fyne.Focusable]bool{}
	for range 25 {
		reached[c.Focused()] = true
		c.FocusNext()
	}
	for o := range reached {
		if w, ok := o.(fyne.CanvasObject); ok && !w.Visible() {
			t.Errorf("Tab leads to a %T that cannot be seen", o)
		}
	}
	if !reached[f.window.chrome.sidebar.nav] || reached[f.list()] || reached[f.nextButton()] {
		t.Error("Tab leads to what is behind the numbers, or not to the views")
	}
}

// TestTablesOfTheReviewStandSideBySideWhereThereIsRoom compares the heights at which the sections of the waiting requests and of the
// people begin.
func TestTablesOfTheReviewStandSideBySideWhereThereIsRoom(t *testing.T) {
	f := newOffice(t, officeOptions{seed: append(officeDay(), outcomes(40)...), size: fyne.NewSize(1100, 700)})
	f.ctrl(fyne.Key8)
	f.counted()
	heightOf := func(key string) float32 {
		for _, text := range uitest.Find[*kit.Text](f.window.report.Content()) {
			if text.Value() == f.window.lang.Say(key) {
				return fyne.CurrentApp().Driver().AbsolutePositionForObject(text).Y
			}
		}
		t.Fatalf("%s is not shown", key)
		return 0
	}
	for _, width := range []float32{1100, 1920, 1100} {
		f.window.window.Resize(fyne.NewSize(width, 700))
		f.settle()
		if side := heightOf("review.oldest") == heightOf("review.by_person"); side != (width > 1500) {
			t.Errorf("in a window of %.0f they stand side by side: %v", width, side)
		}
		if end := f.window.report.Content().Size().Width; end > width {
			t.Errorf("the screen is %.0f wide", end)
		}
	}
}

func TestTheReviewFitsInEveryLanguage(t *testing.T) {
	for _, lang := range i18n.Languages() {
		t.Run(string(lang), func(t *testing.T) {
			f := newOffice(t, officeOptions{seed: append(officeDay(), outcomes(120)...), lang: lang})
			f.ctrl(fyne.Key8)
			f.counted()
			f.fits("the numbers")
			f.follow(lang.Say("review.as_table"))
			for _, of := range []string{lang.Say("review.week"), lang.Say("review.month"), lang.Say("review.quarter"), lang.Say("review.year"), lang.Say("review.whole")} {
				f.press(of)
				f.counted()
				f.fits(of)
			}
			f.press(lang.Say("review.own"))
			f.fits("a period of one's own")
			f.window.modals.Close()
			f.ctrl(fyne.Key9)
			f.settle()
			f.fits("outcomes to review")
			f.window.askSendBack(f.window.detail.Shown())
			f.fits("returning")
			f.window.modals.Close()
			f.window.onSelectAll()
			f.wait("the selection", func() bool { return f.selecting() })
			f.fits("a selection")
			f.ctrl(fyne.KeyU)
			f.fits("returning many")
			f.window.modals.Close()
			f.window.jobs.bulk = &bulkJob{action: status.Accept, done: 4_999, total: 10_000}
			f.window.showBulk()
			f.fits("many")
			f.window.jobs.bulk = nil
		})
	}
}
