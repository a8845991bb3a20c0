package ui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"countersign/core/ledger"
	"countersign/core/request"
	"countersign/ui/kit"
	"countersign/ui/report"
	"countersign/ui/uitest"
)

// judged returns requests with outcomes and reviews: signed and accepted by bea, rejected and returned by jordi,
// signed and not reviewed, pending, and two that could not be started.
func judged() []ledger.Change {
	at := time.Date(2026, 11, 10, 9, 0, 0, 0, time.Local)
	review := func(h *history, by string, d request.Decision) *history {
		return h.event(time.Minute, request.Event{Kind: request.KindReviewed, By: by, Reviewed: &request.Reviewed{Decision: d, Note: "See the second page."}})
	}
	one := func(number int, title string) *history {
		return newHistory(number, title, "", "office", at.AddDate(0, 0, number), 10)
	}
	ended := func(number int, title string, s request.Status) *history {
		return one(number, title).launched(time.Minute).answered(time.Minute, s, request.ByGateway, "said", "")
	}
	failed := request.Event{Kind: request.KindLaunchFailed, Reason: "the gateway does not know this client"}
	notOpened := one(6, "Browser missing").launched(time.Minute)
	notOpened.event(time.Minute, request.Event{Kind: request.KindOpenFailed, Reason: "no browser is installed"})
	return []ledger.Change{
		review(ended(1, "Accepted lease", request.Signed), "bea", request.Accepted).change,
		review(ended(2, "Returned offer", request.Rejected), "jordi", request.SentBack).change,
		ended(3, "Unseen lease", request.Signed).change,
		one(4, "Waiting").change,
		one(5, "Unknown client").event(time.Minute, failed).change,
		notOpened.change,
	}
}

func TestStatusAndReviewAreFilters(t *testing.T) {
	f := newOffice(t, officeOptions{seed: judged()})
	f.ctrl(fyne.Key7)
	f.ctrlShift(fyne.KeyF)
	f.settle()
	listed := func(want ...string) {
		t.Helper()
		f.settle()
		if got := f.rows(); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	status := f.filter(4)
	f.window.window.Canvas().Focus(status)
	f.key(fyne.KeyReturn)
	f.pick("Signed")
	listed("Unseen lease", "Accepted lease")
	f.pick("Rejected") // the menu is open again
	listed("Unseen lease", "Returned offer", "Accepted lease")
	f.pick("Signed")
	listed("Returned offer")
	f.pick("Signed")
	f.escape()
	if status.Selected != "Signed, Rejected" {
		t.Errorf("the filter says %q", status.Selected)
	}
	f.filter(5).SetSelected("Not reviewed")
	listed("Unseen lease")
	f.escape() // closes the bar

	// What is filtered is said while the bar is closed, and each filter can be removed.
	f.saying("Status: Signed, Rejected", "Not reviewed")
	f.ctrl(fyne.Key1) // none of these statuses is in the view
	f.saying("No requests match the filters", "Status: Signed, Rejected")
	f.ctrl(fyne.Key7)
	f.settle()
	f.follow("Not reviewed")
	listed("Unseen lease", "Returned offer", "Accepted lease")
	f.window.onSaveView()
	f.typeInto("Ended well or not")
	f.key(fyne.KeyReturn)
	f.wait("the saved view", func() bool { return f.count("Ended well or not") == "3" })
	f.ctrl(fyne.Key7)
	if f.settle(); len(f.rows()) != 6 {
		t.Errorf("all: %q", f.rows())
	}
	f.window.setView(len(f.window.arrangement.views)-1, false)
	listed("Unseen lease", "Returned offer", "Accepted lease")
	f.follow("Status: Signed, Rejected")
	if f.settle(); len(f.rows()) != 6 {
		t.Errorf("without filters: %q", f.rows())
	}
}

func TestTheFootCountsWithinTheView(t *testing.T) {
	f := newOffice(t, officeOptions{seed: judged()})
	foot := func(want string) {
		t.Helper()
		f.wait(want, func() bool { return slices.Contains(strings.Split(f.says(), "\n"), want) })
	}
	f.ctrl(fyne.Key7)
	foot("6 in this view")
	f.search().SetText("lease")
	foot("2 of 6 in this view")
	f.window.list.SelectAll()
	foot("2 of 2 selected · 2 of 6 in this view")
	f.search().SetText("")
	f.ctrl(fyne.Key6)
	foot("2 in this view")
	f.add("Another") // which is in another view
	f.search().SetText("unseen")
	foot("1 of 2 in this view")
	f.search().SetText("")
	f.ctrl(fyne.Key0) // counted by more than the status
	f.search().SetText("nothing")
	foot("0 of 1 in this view")
	f.window.onTile(report.SignedTile)
	f.search().SetText("lease")
	foot("2 found")
}

func TestAFilterThatContradictsTheViewFindsNothing(t *testing.T) {
	f := newOffice(t, officeOptions{seed: judged()})
	f.ctrl(fyne.Key7)
	f.ctrlShift(fyne.KeyF)
	f.filter(5).SetSelected("Accepted in review")
	f.settle()
	f.ctrl(fyne.Key0) // what was returned
	f.saying("No requests match the filters")
	f.ctrl(fyne.Key9) // what was not reviewed; it has no filters
	f.settle()
	if got := f.rows(); !slices.Equal(got, []string{"Unseen lease"}) {
		t.Errorf("to review: %q", got)
	}
	f.filter(5).SetSelected("Accepted in review")
	f.saying("No requests match the filters")
}

func TestALaunchThatFailedShowsInTheRow(t *testing.T) {
	f := newOffice(t, officeOptions{seed: judged()})
	f.ctrl(fyne.Key7)
	f.ctrlShift(fyne.KeyF)
	f.filter(3).SetSelected("Could not be started")
	f.settle()
	if got := f.rows(); !slices.Equal(got, []string{"Browser missing", "Unknown client"}) {
		t.Fatalf("got %q", got)
	}
	for i, row := range uitest.Rows(f.list()) {
		if drawn := uitest.Drawn(row); !slices.Contains(drawn, "Start failed") {
			t.Errorf("row %d shows %q", i, drawn)
		}
	}
	row := uitest.Rows(f.list())[1]
	badge := uitest.Find[*kit.BadgeWidget](row)[0]
	row.(desktop.Hoverable).MouseIn(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: badge.Position().AddXY(2, 2)}})
	f.saying("The gateway does not know this client.")
}

func TestWhoAddedAndWhoReviewedAreColumns(t *testing.T) {
	f := newOffice(t, officeOptions{seed: judged(), size: fyne.NewSize(2400, 900)})
	f.ctrl(fyne.Key7)
	for _, column := range []string{"Added", "Added by", "Reviewed by"} {
		if slices.Contains(uitest.Drawn(f.window.list.Content()), column) {
			t.Errorf("%s is shown although nobody asked for it", column)
		}
		f.ctrlShift(fyne.KeyT)
		f.pick(column)
	}
	f.settle()
	f.saying("Added", "Added by", "Reviewed by", "11 Nov", "mara", "bea", "jordi")
	f.sort("Reviewed by")
	f.settle()
	if got := f.rows()[:2]; !slices.Equal(got, []string{"Accepted lease", "Returned offer"}) {
		t.Errorf("by the reviewer: %q", got)
	}
	f.sort("Added")
	f.settle()
	if got := f.rows()[0]; got != "Browser missing" {
		t.Errorf("the request that was added last is %q", got)
	}
}
