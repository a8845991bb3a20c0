package ui

import (
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"countersign/core/i18n"
	"countersign/core/ledger"
	"countersign/core/request"
	"countersign/core/settings"
	"countersign/core/workspace"
	"countersign/ui/list"
	"countersign/ui/uitest"
)

func titled(changes []ledger.Change, due ...string) []ledger.Change {
	for i, d := range due {
		changes[i].Events[0].Added.Due = d
	}
	return changes
}

func TestTheCountFollowsTheTimeAndThePatience(t *testing.T) {
	out := newHistory(9, "Just out", "J-1", "office", noon.Add(-time.Hour), 10).launched(50 * time.Minute)
	var later atomic.Int64
	f := newOffice(t, officeOptions{seed: []ledger.Change{out.change}, options: func(o *Options) {
		o.Now = func() time.Time { return noon.Add(time.Duration(later.Load())) }
	}})
	f.wait("the count", func() bool { return f.count("No answer") == "0" })
	later.Store(int64(10 * time.Minute))
	f.ctrl(fyne.Key3) // long before the next update of ages
	f.wait("the request in the view and in its count", func() bool { return f.count("No answer") == "1" && len(f.rows()) == 1 })
	f.ctrl(fyne.KeyComma)
	f.saying("https://sign.example.org")
	f.press("Signing")
	f.saying("Time limit")
	f.replace(f.tabToEntry("15m"), "1h")
	f.press("Save")
	f.wait("more patience", func() bool { return f.count("No answer") == "0" && len(f.rows()) == 0 })
}

func TestViewsOfTimeShowWhatIsLateAndDue(t *testing.T) {
	// Signed after its due date; in the browser for an hour; pending and due in ten days.
	changes := titled(threeRows(), "2026-11-01", "2026-11-28", "2026-12-01")
	changes[1] = newHistory(2, "Supplier agreement", "SA-2026-031", "office", noon.Add(-2*time.Hour), 96_120).launched(time.Hour).change
	changes[1].Events[0].Added.Due = "2026-11-28"
	fresh := newHistory(9, "Just out", "J-1", "office", noon.Add(-time.Hour), 10).launched(58 * time.Minute)
	late := newHistory(8, "Overdue", "J-2", "office", noon.Add(-time.Hour), 10)
	late.change.Events[0].Added.Due = "2026-11-20"
	f := newOffice(t, officeOptions{seed: append(changes, fresh.change, late.change)})
	f.wait("the counts", func() bool { return f.count("No answer") == "1" && f.count("Due soon") == "2" })
	f.ctrl(fyne.Key3)
	f.settle()
	if got := f.rows(); !slices.Equal(got, []string{"Supplier agreement"}) {
		t.Errorf("no answer: %q", got)
	}
	if _, err := f.desk.ChangeSettings(t.Context(), func(s *settings.Settings) { s.Patience = time.Minute }); err != nil {
		t.Fatal(err)
	}
	f.add("Another") // any change updates the counts
	f.wait("less patience", func() bool { return f.count("No answer") == "2" && len(f.rows()) == 2 })
	f.ctrl(fyne.Key5)
	f.settle()
	if got := f.rows(); !slices.Equal(got, []string{"Overdue", "Supplier agreement"}) {
		t.Errorf("due soon, the first due first: %q", got)
	}
	f.saying("overdue, 20 Nov", "due 28 Nov")
}

func TestAGatewaysOwnPatienceDecidesWhatIsLate(t *testing.T) {
	out := func(number int, title, gateway string, ago time.Duration) ledger.Change {
		c := newHistory(number, title, "", gateway, noon.Add(-ago-time.Minute), 10).launched(time.Minute).change
		c.Events[0].Added.Due = "2026-11-22"
		return c
	}
	f := newOffice(t, officeOptions{
		profiles: "[gateways.notary]\nkind = \"fake\"\nurl = \"https://notary.example.org\"\npatience = \"3h\"\n[gateways.phone]\nkind = \"fake\"\nurl = \"https://phone.example.org\"\npatience = \"1m\"\n",
		seed: []ledger.Change{
			out(1, "Usual, out for long", "office", time.Hour), out(2, "Usual, just out", "office", 5*time.Minute),
			out(3, "Patient, out for an hour", "notary", time.Hour), out(4, "Patient, out for a day", "notary", 24*time.Hour),
			out(5, "Impatient, just out", "phone", 5*time.Minute),
		},
	})
	late := []string{"Impatient, just out", "Usual, out for long", "Patient, out for a day"}
	f.wait("the count", func() bool { return f.count("No answer") == "3" })
	f.ctrl(fyne.Key3)
	f.settle()
	if got := f.rows(); !slices.Equal(got, late) {
		t.Errorf("no answer: %q", got)
	}
	f.ctrl(fyne.Key2)
	f.settle()
	f.saying("Usual, just out | office | In browser", "Patient, out for an hour | notary | In browser", "Usual, out for long | office | No answer", "Impatient, just out | phone | No answer")
	f.window.choose(rowID(f, "Patient, out for an hour"))
	f.settle()
	f.saying("The signer has not come back yet")
	f.window.choose(rowID(f, "Impatient, just out"))
	f.settle()
	f.saying("The browser has not come back within the time limit")
	// After the patience of a gateway was edited, the count, the rows and the request are updated.
	form, err := f.desk.FormOf(t.Context(), "phone")
	if err != nil {
		t.Fatal(err)
	}
	form.Texts[settings.PatienceKey] = "2h"
	if _, err := f.desk.EditForm(t.Context(), form); err != nil {
		t.Fatal(err)
	}
	f.window.onMinute()
	f.wait("the count to follow", func() bool { return f.count("No answer") == "2" })
	f.saying("Impatient, just out | phone | In browser", "The signer has not come back yet")
}

// rowID returns the ID of the request with a title.
func rowID(f *office, title string) request.ID {
	f.t.Helper()
	for _, r := range f.all() {
		if r.Title == title {
			return r.ID
		}
	}
	f.t.Fatalf("there is no request %q", title)
	return ""
}

func TestTheListIsSortedAndTheOrderStored(t *testing.T) {
	f := newOffice(t, officeOptions{seed: threeRows()})
	f.ctrl(fyne.Key7)
	f.settle()
	f.sort("Title")
	f.settle()
	want := []string{"Holiday request", "Lease of office premises", "Supplier agreement"}
	if got := f.rows(); !slices.Equal(got, want) {
		t.Errorf("by title: %q", got)
	}
	f.sort("Title")
	f.settle()
	slices.Reverse(want)
	if got := f.rows(); !slices.Equal(got, want) {
		t.Errorf("by title, again: %q", got)
	}
	f.saying("Sorted by: Title")
	f.sort("Changed")
	f.settle()
	if got := f.rows(); got[0] != "Holiday request" {
		t.Errorf("by change: %q", got)
	}
	f.sort("Changed")
	f.ctrl(fyne.KeyT)
	f.saying("Reverse order")
	f.escape()
	if f.window.window.Canvas().Overlays().Top() != nil {
		t.Error("Escape does not close the menu")
	}
	f.window.end()
	f.window.Wait() // what is not written yet is written now
	s, err := f.desk.Settings(t.Context())
	if err != nil || s.Sort != (settings.Sort{Column: "changed"}) {
		t.Errorf("kept is %+v, %v", s.Sort, err)
	}
}

func TestTheArrangementIsRestored(t *testing.T) {
	f := newOffice(t, officeOptions{seed: threeRows(), size: fyne.NewSize(1900, 800), prepare: func(d *workspace.Workspace) {
		_, err := d.ChangeSettings(t.Context(), func(s *settings.Settings) {
			s.Sort = settings.Sort{Column: "title"}
			s.Columns = map[string]settings.Column{"gateway": {Hidden: true}, "status": {Width: 200}}
			s.Views = []settings.SavedView{{Name: "Leases", Query: map[string]string{"view": "all", "search": "lease"}}}
		})
		if err != nil {
			t.Fatal(err)
		}
	}})
	heads := uitest.Drawn(f.window.list.Content())
	if slices.Contains(heads, "Gateway") || !slices.Contains(heads, "Signer") {
		t.Errorf("the columns are not those that were chosen: %q", heads)
	}
	f.wait("the saved view's count", func() bool { return f.count("Leases") == "1" })
	f.window.onView(len(list.Views(i18n.English))) // the first behind the built-in ones
	f.settle()
	if got := f.rows(); !slices.Equal(got, []string{"Lease of office premises"}) {
		t.Errorf("the saved view: %q", got)
	}
	f.ctrl(fyne.Key7)
	f.settle()
	if got := f.rows(); len(got) != 3 || got[0] != "Holiday request" || f.search().Text != "" {
		t.Errorf("all, behind the saved view: %q", got)
	}
}

func TestViewsAreSavedRenamedAndDeleted(t *testing.T) {
	f := newOffice(t, officeOptions{seed: officeDay()})
	f.ctrl(fyne.Key7)
	f.search().SetText("contract")
	f.ctrlShift(fyne.KeyF)
	f.wait("the choices", func() bool { return len(f.filter(0).Options) == 3 })
	f.filter(0).SetSelected("office")
	f.filter(2).SetSelectedIndex(3)
	f.settle()
	f.ctrl(fyne.KeyS)
	f.typeInto("Contracts")
	f.key(fyne.KeyReturn)
	f.wait("the saved view", func() bool {
		return f.count("Contracts") == "1" && f.window.arrangement.view == len(list.Views(i18n.English))
	})
	f.settle()
	f.window.onEditView(true)
	f.typeInto("Contracts of the office")
	f.key(fyne.KeyReturn)
	f.wait("the other name", func() bool { return f.count("Contracts of the office") == "1" })
	s, err := f.desk.Settings(t.Context())
	if err != nil || len(s.Views) != 1 || s.Views[0].Query["search"] != "contract" || s.Views[0].Query["gateway"] != "office" || s.Views[0].Query["changed"] != "30 days" {
		t.Errorf("kept is %+v, %v", s.Views, err)
	}
	f.window.window.Canvas().Focus(f.window.chrome.sidebar.nav)
	f.key(fyne.KeyDelete)
	f.saying("Delete this view?")
	f.press("Delete")
	f.wait("the view to go", func() bool {
		return len(f.window.arrangement.views) == len(list.Views(i18n.English)) && f.window.arrangement.view == 0
	})
	f.settle()
	f.window.onEditView(true)
	f.saying("This view is built in")
}

func TestFiltersNarrowTheList(t *testing.T) {
	f := newOffice(t, officeOptions{seed: officeDay()})
	f.ctrl(fyne.Key7)
	f.settle()
	f.ctrlShift(fyne.KeyF)
	f.wait("the choices", func() bool {
		return slices.Equal(f.filter(0).Options, []string{"All gateways", "office", "sandbox"})
	})
	f.filter(0).SetSelected("sandbox")
	f.settle()
	f.saying("1 of 11 in this view")
	f.filter(2).SetSelectedIndex(2)
	f.settle()
	f.saying("1 of 11 in this view")
	if got := f.rows(); !slices.Equal(got, []string{"Holiday request"}) {
		t.Errorf("got %q", got)
	}
	f.filter(1).SetSelected("mara")
	f.settle()
	f.saying("1 of 11 in this view")
	f.ctrl(fyne.Key6)
	f.saying("No requests match the filters")
	f.follow(f.window.lang.Say("list.no_filters"))
	f.settle()
	f.saying("2 in this view")
}

func TestTheListIsNarrowedDownToTheTimeBetweenTwoDays(t *testing.T) {
	at := func(number int, title string, when time.Time) ledger.Change {
		return newHistory(number, title, "", "office", when, 10).change
	}
	midnight := time.Date(2026, 11, 1, 0, 0, 0, 0, time.Local)
	f := newOffice(t, officeOptions{seed: []ledger.Change{
		at(1, "In the last moment of October", midnight.Add(-time.Millisecond)), at(2, "In the first of November", midnight),
		at(3, "On the tenth", time.Date(2026, 11, 10, 23, 59, 0, 0, time.Local)), at(4, "On the eleventh", time.Date(2026, 11, 11, 0, 0, 0, 0, time.Local)),
	}})
	c := f.window.window.Canvas()
	f.ctrlShift(fyne.KeyF)
	f.settle()
	f.filter(2).SetSelectedIndex(5)
	f.settle()
	if c.Focused() != fyne.Focusable(f.days()[0]) || len(f.rows()) != 4 {
		t.Fatalf("the first day is not asked for, or %q", f.rows())
	}
	f.typeInto("1/11")
	f.saying("Sun, 1 Nov 2026")
	f.settle()
	if got := f.rows(); !slices.Equal(got, []string{"On the eleventh", "On the tenth", "In the first of November"}) {
		t.Errorf("from the first on: %q", got)
	}
	c.FocusNext() // the menu of days
	c.FocusNext()
	f.typeInto("10/11/20") // an incomplete date, before the first day
	f.saying("The first day is after the last day.")
	f.typeInto("26")
	f.settle()
	if got := f.rows(); !slices.Equal(got, []string{"On the tenth", "In the first of November"}) {
		t.Errorf("to the tenth: %q", got)
	}
	// A saved view stores it.
	f.window.onSaveView()
	f.typeInto("Early November")
	f.key(fyne.KeyReturn)
	f.wait("the saved view", func() bool { return f.count("Early November") == "2" })
	f.settle()
	f.ctrl(fyne.Key7)
	f.settle()
	if len(f.rows()) != 4 || len(f.days()) > 0 {
		t.Errorf("all: %q", f.rows())
	}
	f.window.onView(len(list.Views(i18n.English))) // the first behind the built-in ones
	f.settle()
	if got := f.rows(); len(got) != 2 || len(f.days()) != 2 || f.days()[0].Text != "1 Nov 2026" || f.days()[1].Text != "10 Nov 2026" {
		t.Errorf("the saved view: %q; the window says:\n%s", got, f.says())
	}
	// An invalid date changes nothing.
	c.Focus(f.days()[1])
	f.typeInto(" or so")
	f.settle()
	f.saying("Not a date")
	if len(f.rows()) != 2 {
		t.Errorf("half a day narrows to %q", f.rows())
	}
	// From the menu, by keyboard.
	f.key(fyne.KeyDown)
	f.saying("End of last month")
	f.key(fyne.KeyDown)
	f.key(fyne.KeyDown)
	f.key(fyne.KeyDown)
	f.key(fyne.KeyReturn)
	f.settle()
	if f.days()[1].Text != "31 Oct 2026" {
		t.Errorf("chosen is %q", f.days()[1].Text)
	}
	f.saying("The first day is after the last day.")
	f.escape()
	if f.filtering() {
		t.Error("Escape does not put the filters away")
	}
}

func TestEscapeHidesTheFilters(t *testing.T) {
	f := newOffice(t, officeOptions{seed: threeRows()})
	f.ctrlShift(fyne.KeyF)
	f.wait("the choices", func() bool { return len(f.filter(0).Options) == 3 })
	f.filter(0).SetSelected("sandbox")
	f.settle()
	f.escape()
	if f.filtering() || len(f.rows()) != 1 {
		t.Error("Escape does not put the filters away, or takes them off")
	}
	if f.window.window.Canvas().Focused() != fyne.Focusable(f.list()) {
		t.Error("Escape does not lead back to the list")
	}
	// The filters stay in effect, and can be removed while they are hidden.
	f.ctrl(fyne.Key6)
	f.saying("No requests match the filters")
	f.press(f.window.lang.Say("list.no_filters"))
	f.settle()
	if len(f.rows()) != 1 || f.iconButton(0).Importance != widget.LowImportance {
		t.Errorf("without filters: %q", f.rows())
	}
}

func TestSortingAndFilteringReadAPage(t *testing.T) {
	f := newOffice(t, officeOptions{seed: many(3_000)})
	f.settle()
	for name, change := range map[string]func(){
		"sorting":   func() { f.sort("Title") },
		"reversing": func() { f.sort("Title") },
		"filtering": func() {
			f.ctrlShift(fyne.KeyF)
			f.filter(2).SetSelectedIndex(4)
		},
		"searching": func() { f.search().SetText("contract") },
	} {
		_, before := f.desk.read()
		change()
		f.settle()
		if _, after := f.desk.read(); after-before > 200 {
			t.Errorf("%s read %d rows", name, after-before)
		}
	}
}

func TestOpenEndedCountsAreMarked(t *testing.T) {
	f := newOffice(t, officeOptions{})
	for _, c := range []struct {
		n    int
		more bool
		want string
	}{{3, false, "3"}, {1000, false, "1,000"}, {1000, true, "999+"}, {12, true, "12+"}} {
		if got := f.window.countText(c.n, c.more); got != c.want {
			t.Errorf("%d, %v is %q", c.n, c.more, got)
		}
	}
}

func TestInAnEmptyViewNothingIsChosen(t *testing.T) {
	f := newOffice(t, officeOptions{seed: threeRows()})
	f.ctrl(fyne.Key7)
	f.settle()
	if f.window.chosen.id == "" {
		t.Fatal("nothing was chosen before")
	}
	f.ctrl(fyne.Key4)
	f.settle()
	f.saying("Nothing needs attention", "No request selected")
	if f.window.chosen.id != "" || f.button("Sign in browser") != nil {
		t.Error("a request of another view is still chosen")
	}
	f.key(fyne.KeyDelete)
	if f.window.modals.IsOpen() {
		t.Error("what was chosen before is asked to be withdrawn")
	}
	f.ctrl(fyne.Key7)
	f.settle()
	if f.window.chosen.id == "" {
		t.Error("the first row is not chosen")
	}
}

func TestTheSettingsStandBelowTheViewsThatWereSaved(t *testing.T) {
	f := newOffice(t, officeOptions{seed: threeRows()})
	f.settle()
	f.window.changeSaved(func(saved []settings.SavedView) []settings.SavedView {
		return append(saved, keptView("Contracts", "all", "search", "contract"), keptView("Signed this year", "signed", "changed", "year"))
	}, func() {})
	f.saying("Signed this year")
	items, at := f.window.chrome.sidebar.nav.items, fyne.CurrentApp().Driver().AbsolutePositionForObject
	last := items[len(items)-1]
	if below, top := at(last).Y+last.Size().Height, at(f.window.chrome.sidebar.settings).Y; top < below {
		t.Errorf("the settings begin at %.0f, and the views end at %.0f", top, below)
	}
}
