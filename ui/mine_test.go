package ui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"countersign/core/ledger"
	"countersign/core/request"
	"countersign/ui/kit"
	"countersign/ui/list"
	"countersign/ui/uitest"
)

// mineSeed returns what officeSeed has, two requests that wait, and three outcomes that a reviewer returned: of bea, of mara, and of bea for mara.
func mineSeed() []ledger.Change {
	one := func(number int, title, by string) *history {
		return newHistory(number, title, "", "office", noon.Add(-time.Hour), 10).atDesk("FRONT", by, 1)
	}
	returned := func(number int, title, by, launcher string) ledger.Change {
		h := one(number, title, by).launched(time.Minute).atDesk("FRONT", launcher, 2).answered(time.Minute, request.Rejected, request.ByGateway, "said", "")
		return h.event(time.Minute, request.Event{Kind: request.KindReviewed, By: "max", Desk: "FIRST FLOOR", Reviewed: &request.Reviewed{Decision: request.SentBack, Note: "Another signer"}}).change
	}
	return append(officeSeed(), one(4, "Offer of bea", "bea").change, one(5, "Offer of mara", "mara").change,
		returned(6, "Returned to bea", "bea", "bea"), returned(7, "Returned to mara", "mara", "bea"), returned(8, "Returned for mara", "bea", "mara"))
}

func TestWhatIsReturnedComesBackToWhoeverItConcerns(t *testing.T) {
	f := newOffice(t, inOffice(newFakeOffice(), mineSeed()...))
	lists := func(footer string, want ...string) {
		t.Helper()
		f.settle()
		got := f.rows()
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		f.saying(footer)
	}
	returned := func() {
		f.window.onView(slices.IndexFunc(f.window.arrangement.views, func(v list.View) bool { return v.Key == list.ViewReturned }))
	}
	f.wait("what is returned to mara to be counted", func() bool { return f.count("Returned") == "2" })
	if got := []string{f.count("To sign"), f.count("In the browser")}; !slices.Equal(got, []string{"2", "3"}) {
		t.Errorf("of everyone, %q are counted", got)
	}
	returned()
	lists("2 in this view", "Returned for mara", "Returned to mara")
	f.saying("My requests")
	f.ctrlShift(fyne.KeyF)
	f.settle()
	whose := uitest.Find[*kit.Select](f.window.list.Content())[6]
	whose.SetSelected("Everyone’s requests")
	lists("3 in this view", "Returned for mara", "Returned to bea", "Returned to mara")
	f.ctrl(fyne.Key1)
	lists("2 in this view", "Offer of bea", "Offer of mara")
	returned()
	lists("2 in this view", "Returned for mara", "Returned to mara")
}

func TestTheSidebarCountsOnesOwnRequests(t *testing.T) {
	tray := &bar{}
	o := inOffice(newFakeOffice(), mineSeed()...)
	here := o.options
	o.options = func(options *Options) {
		here(options)
		options.Tray = tray.set
	}
	f := newOffice(t, o)
	f.ctrl(fyne.Key1)
	f.ctrlShift(fyne.KeyF)
	f.settle()
	counted := func(want ...string) {
		t.Helper()
		f.wait("the counts "+strings.Join(want, ", "), func() bool {
			return slices.Equal([]string{f.count("To sign"), f.count("In the browser"), f.count("Returned"), f.count("All")}, want)
		})
		if title := f.window.window.Title(); !strings.HasSuffix(title, " "+want[0]+" to sign") {
			t.Errorf("the title is %q", title)
		}
		if !strings.Contains(tray.says(), "To sign: "+want[0]+"|") || !strings.Contains(tray.says(), "All: "+want[3]+"|") {
			t.Errorf("the tray says %s", tray.says())
		}
	}
	counted("2", "3", "2", "8")
	whose := uitest.Find[*kit.Select](f.window.list.Content())[6]
	whose.SetSelected("My requests")
	counted("1", "2", "2", "5")
	f.saying("1 in this view")
	newer := newHistory(9, "Another offer", "", "office", noon.Add(-time.Minute), 10).atDesk("BACK", "mara", 1).change
	others := newHistory(10, "Another of bea", "", "office", noon.Add(-time.Minute), 10).atDesk("FRONT", "bea", 1).change
	if _, err := f.desk.Ledger.Append(t.Context(), newer, others); err != nil {
		t.Fatal(err)
	}
	counted("2", "2", "2", "6")
	whose.SetSelected("Everyone’s requests")
	counted("4", "3", "2", "10")
}

// Only browsers at this desk are a reason to wait with the end of the program.
func TestTheEndWaitsForTheBrowsersOfThisDeskAlone(t *testing.T) {
	for name, c := range map[string]struct {
		seed []ledger.Change
		want int
	}{"elsewhere": {officeSeed()[:2], 0}, "here": {officeSeed(), 1}} {
		t.Run(name, func(t *testing.T) {
			f := newOffice(t, inOffice(newFakeOffice(), c.seed...))
			f.wait("the browsers to be counted", func() bool { return f.window.counts.signing == len(c.seed) })
			if f.window.counts.out != c.want {
				t.Errorf("%d are here, not %d", f.window.counts.out, c.want)
			}
		})
	}
}

func TestANotificationIsAboutOnesOwnRequests(t *testing.T) {
	sent := make(chan string, 10)
	o := inOffice(newFakeOffice(), officeSeed()...)
	here := o.options
	o.options = func(options *Options) {
		here(options)
		options.Notify = func(_, text string) { sent <- text }
	}
	f := newOffice(t, o)
	f.window.onForeground()
	f.window.onBackground()
	var changes []ledger.Change
	for _, h := range []*history{
		newHistory(1, "Lease of bea", "", "office", noon.Add(-time.Hour), 10).launched(time.Minute),
		newHistory(2, "Lease of mara", "", "office", noon.Add(-time.Hour), 10).launched(2 * time.Minute),
	} {
		h.answered(time.Minute, request.Rejected, request.ByGateway, "said", "")
		h.event(time.Minute, request.Event{Kind: request.KindReviewed, By: "max", Desk: "FIRST FLOOR", Reviewed: &request.Reviewed{Decision: request.SentBack, Note: "Another signer"}})
		changes = append(changes, ledger.Change{ID: h.change.ID, Version: 3, Events: h.change.Events[3:]})
	}
	if _, err := f.desk.Ledger.Append(t.Context(), changes...); err != nil {
		t.Fatal(err)
	}
	select {
	case got := <-sent:
		if got != "1 request ended: 1 rejected\n1 outcome was returned" {
			t.Errorf("it says %q", got)
		}
	case <-time.After(uitest.Patience):
		t.Fatal("nothing is sent")
	}
}

func TestTheReminderListsOnesOwnRequests(t *testing.T) {
	seed := mineSeed()
	for i := range seed {
		seed[i].Events[0].Added.Due = "2026-11-21"
	}
	f := newOffice(t, inOffice(newFakeOffice(), seed...))
	remindHost{f.window}.ListDue("2026-11-21")
	f.saying("Due today or overdue", "My requests")
	f.settle()
	got := f.rows()
	slices.Sort(got)
	if want := []string{"Lease for mara", "Lease of mara", "Offer of mara"}; !slices.Equal(got, want) {
		t.Errorf("it lists %q, not %q", got, want)
	}
}
