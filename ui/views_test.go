package ui

import (
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"countersign/core/desk"
	"countersign/core/i18n"
	"countersign/core/ledger"
	"countersign/core/request"
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
	f.ctrl(fyne.Key3) // long before the next tick
	f.wait("the request in the view and in its count", func() bool { return f.count("No answer") == "1" && len(f.rows()) == 1 })
	f.ctrl(fyne.KeyComma)
	f.saying("https://sign.example.org")
	f.press("Signing")
	f.saying("Patience")
	f.replace(f.tabToEntry("15m"), "1h")
	f.press("Save")
	f.wait("more patience", func() bool { return f.count("No answer") == "0" && len(f.rows()) == 0 })
}

func TestViewsOfTimeShowWhatIsLateAndDue(t *testing.T) {
	// Signed and long overdue; in the browser for an hour; ready, and due in ten days.
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
	if _, err := f.desk.ChangeSettings(t.Context(), func(s *desk.Settings) { s.Patience = time.Minute }); err != nil {
		t.Fatal(err)
	}
	f.add("Another") // anything new has the views counted
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
	f.saying("In the browser for longer than usual")
	// Somebody edits the patience of a gateway: the count, the rows and the request follow.
	form, err := f.desk.FormOf(t.Context(), "phone")
	if err != nil {
		t.Fatal(err)
	}
	form.Texts[desk.PatienceKey] = "2h"
	if _, err := f.desk.EditForm(t.Context(), form); err != nil {
		t.Fatal(err)
	}
	f.window.onMinute()
	f.wait("the count to follow", func() bool { return f.count("No answer") == "2" })
	f.saying("Impatient, just out | phone | In browser", "The signer has not come back yet")
}

// rowID is the id of a row that is here, by its title.
func rowID(f *office, title string) request.ID {
	f.t.Helper()
	for _, rows := range f.window.list.pages.known {
		for _, m := range rows {
			if m.title == title {
				return m.id
			}
		}
	}
	f.t.Fatalf("there is no row %q", title)
	return ""
}

func TestTheListIsSortedAndTheOrderKept(t *testing.T) {
	f := newOffice(t, officeOptions{seed: threeRows()})
	f.ctrl(fyne.Key7)
	f.settle()
	f.window.onSort(columnTitle)
	f.settle()
	want := []string{"Holiday request", "Lease of office premises", "Supplier agreement"}
	if got := f.rows(); !slices.Equal(got, want) {
		t.Errorf("by title: %q", got)
	}
	f.window.onSort(columnTitle)
	f.settle()
	slices.Reverse(want)
	if got := f.rows(); !slices.Equal(got, want) {
		t.Errorf("by title, again: %q", got)
	}
	f.saying("Sorted by: Title")
	f.window.onSort(columnChanged)
	f.settle()
	if got := f.rows(); got[0] != "Holiday request" {
		t.Errorf("by change: %q", got)
	}
	f.window.onSort(columnChanged)
	f.window.end() // what is not written yet is written now
	s, err := f.desk.Settings(t.Context())
	if err != nil || s.Sort != (desk.Sort{Column: "changed"}) {
		t.Errorf("kept is %+v, %v", s.Sort, err)
	}
}

func TestAnArrangementIsThereAgain(t *testing.T) {
	f := newOffice(t, officeOptions{seed: threeRows(), size: fyne.NewSize(1900, 800), prepare: func(d *desk.Desk) {
		_, err := d.ChangeSettings(t.Context(), func(s *desk.Settings) {
			s.Sort = desk.Sort{Column: "title"}
			s.Columns = map[string]desk.Column{"gateway": {Hidden: true}, "status": {Width: 200}}
			s.Views = []desk.SavedView{{Name: "Leases", Query: map[string]string{"view": "all", "search": "lease"}}}
		})
		if err != nil {
			t.Fatal(err)
		}
	}})
	tab := f.window.list.table
	if tab.shows(columnGateway) || !tab.shows(columnSigner) {
		t.Error("the columns are not those that were chosen")
	}
	for _, c := range tab.cells {
		if c.name == columnStatus && c.width != 200 {
			t.Errorf("the status has %.0f", c.width)
		}
	}
	f.wait("the saved view's count", func() bool { return f.count("Leases") == "1" })
	f.window.onView(7)
	f.settle()
	if got := f.rows(); !slices.Equal(got, []string{"Lease of office premises"}) {
		t.Errorf("the saved view: %q", got)
	}
	f.ctrl(fyne.Key7)
	f.settle()
	if got := f.rows(); len(got) != 3 || got[0] != "Holiday request" || f.window.list.search.Text != "" {
		t.Errorf("all, behind the saved view: %q", got)
	}
}

func TestViewsAreSavedRenamedAndDeleted(t *testing.T) {
	f := newOffice(t, officeOptions{seed: officeDay()})
	f.ctrl(fyne.Key7)
	f.window.list.search.SetText("contract")
	f.window.onFilters()
	f.window.onFiltered(filters{gateway: "office", changed: month})
	f.settle()
	f.ctrl(fyne.KeyS)
	f.typeInto("Contracts")
	f.key(fyne.KeyReturn)
	f.wait("the saved view", func() bool { return f.count("Contracts") == "1" && f.window.view == 7 })
	f.settle()
	f.window.onEditView(true)
	f.typeInto("Contracts of the office")
	f.key(fyne.KeyReturn)
	f.wait("the other name", func() bool { return f.count("Contracts of the office") == "1" })
	s, err := f.desk.Settings(t.Context())
	if err != nil || len(s.Views) != 1 || s.Views[0].Query["search"] != "contract" || s.Views[0].Query["gateway"] != "office" || s.Views[0].Query["changed"] != "30 days" {
		t.Errorf("kept is %+v, %v", s.Views, err)
	}
	f.window.window.Canvas().Focus(f.window.side.nav)
	f.key(fyne.KeyDelete)
	f.saying("Delete this view?")
	f.press("Delete")
	f.wait("the view to go", func() bool { return len(f.window.views) == 7 && f.window.view == 0 })
	f.settle()
	f.window.onEditView(true)
	f.saying("This view always is there")
}

func TestAViewThatSomebodyWroteByHandIsReadAsFarAsItMakesSense(t *testing.T) {
	v := savedViewOf(i18n.English, desk.SavedView{Name: "Mine", Query: map[string]string{
		"view": "nonsense", "changed": "ever", "from": "2026-11-01", "sort": "colour", "search": "x",
	}})
	if v.key != viewAll || v.filters != (filters{}) || v.sort.Column != "" || v.search != "x" || !v.saved {
		t.Errorf("got %+v", v)
	}
	whole := view{key: viewDue, name: "A", search: "b", filters: filters{"office", "mara", twoDays, "2026-11-01", ""}, sort: desk.Sort{Column: "due", Descending: true}}
	back := savedViewOf(i18n.English, whole.save())
	if back.key != whole.key || back.search != whole.search || back.filters != whole.filters || back.sort != whole.sort || !back.dueSoon {
		t.Errorf("%+v comes back as %+v", whole, back)
	}
}

func TestFiltersNarrowTheList(t *testing.T) {
	f := newOffice(t, officeOptions{seed: officeDay()})
	f.ctrl(fyne.Key7)
	f.settle()
	f.window.onFilters()
	f.wait("the choices", func() bool {
		return slices.Equal(f.window.filterBar.gateway.Options, []string{"All gateways", "office", "sandbox"})
	})
	f.window.filterBar.gateway.SetSelected("sandbox")
	f.settle()
	f.saying("2 of 11")
	f.window.filterBar.changed.SetSelectedIndex(2)
	f.settle()
	f.saying("1 of 11")
	if got := f.rows(); !slices.Equal(got, []string{"Holiday request"}) {
		t.Errorf("got %q", got)
	}
	f.window.filterBar.person.SetSelected("mara")
	f.settle()
	f.saying("1 of 11")
	f.ctrl(fyne.Key6)
	f.saying("Nothing passes the filters")
	test.Tap(f.window.filterBar.clear)
	f.settle()
	f.saying("2 of 11")
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
	bar, c := f.window.filterBar, f.window.window.Canvas()
	f.ctrlShift(fyne.KeyF)
	f.settle()
	bar.changed.SetSelectedIndex(slices.Index(periods(), twoDays))
	f.settle()
	if c.Focused() != fyne.Focusable(bar.from.Entry) || len(f.rows()) != 4 {
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
	f.typeInto("10/11/20") // no day yet that narrows to anything sensible: it is before the first
	f.saying("The first day is after the last.")
	f.typeInto("26")
	f.settle()
	if got := f.rows(); !slices.Equal(got, []string{"On the tenth", "In the first of November"}) {
		t.Errorf("to the tenth: %q", got)
	}
	// It is kept with a saved view.
	f.window.onSaveView()
	f.typeInto("Early November")
	f.key(fyne.KeyReturn)
	f.wait("the saved view", func() bool { return f.count("Early November") == "2" })
	f.settle()
	f.ctrl(fyne.Key7)
	f.settle()
	if len(f.rows()) != 4 || bar.days.Visible() {
		t.Errorf("all: %q", f.rows())
	}
	f.window.onView(7)
	f.settle()
	if got := f.rows(); len(got) != 2 || bar.from.Entry.Text != "1 Nov 2026" || bar.to.Entry.Text != "10 Nov 2026" || !bar.days.Visible() {
		t.Errorf("the saved view: %q, %q to %q", got, bar.from.Entry.Text, bar.to.Entry.Text)
	}
	// What is being typed makes no sense, and changes nothing.
	c.Focus(bar.to.Entry)
	f.typeInto(" or so")
	f.settle()
	f.saying("Not a date")
	if len(f.rows()) != 2 {
		t.Errorf("half a day narrows to %q", f.rows())
	}
	// By the menu, with the keys alone.
	f.key(fyne.KeyDown)
	f.saying("End of last month")
	f.key(fyne.KeyDown)
	f.key(fyne.KeyDown)
	f.key(fyne.KeyDown)
	f.key(fyne.KeyReturn)
	f.settle()
	if bar.to.Entry.Text != "31 Oct 2026" {
		t.Errorf("chosen is %q", bar.to.Entry.Text)
	}
	f.saying("The first day is after the last.")
	f.key(fyne.KeyEscape)
	if bar.root.Visible() {
		t.Error("Escape does not put the filters away")
	}
}

func TestEscapePutsTheFiltersAway(t *testing.T) {
	f := newOffice(t, officeOptions{seed: threeRows()})
	f.ctrlShift(fyne.KeyF)
	f.wait("the choices", func() bool { return len(f.window.filterBar.gateway.Options) == 3 })
	f.window.filterBar.gateway.SetSelected("sandbox")
	f.settle()
	f.key(fyne.KeyEscape)
	if f.window.filterBar.root.Visible() || f.window.list.filters.gateway != "sandbox" {
		t.Error("Escape does not put the filters away, or takes them off")
	}
	if f.window.window.Canvas().Focused() != fyne.Focusable(f.window.list.list) {
		t.Error("Escape does not lead back to the list")
	}
	// What they say stays, and can be taken off without them.
	f.ctrl(fyne.Key6)
	f.saying("Nothing passes the filters")
	test.Tap(f.window.filterBar.clear)
	f.settle()
	if f.window.list.filters != (filters{}) || len(f.rows()) != 1 || f.window.filterBar.toggle.Importance != widget.LowImportance {
		t.Errorf("without filters: %q", f.rows())
	}
}

func TestTheEdgeOfAColumnIsDraggedAndKept(t *testing.T) {
	f := newOffice(t, officeOptions{seed: threeRows(), size: fyne.NewSize(1900, 800)})
	h := f.window.list.header
	cells := slices.Clone(h.table.cells)
	edge := cells[1].x + cells[1].width + columnGap/2
	h.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(edge+25, 10)}, Dragged: fyne.NewDelta(25, 0)})
	h.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(edge+35, 10)}, Dragged: fyne.NewDelta(10, 0)})
	h.DragEnd()
	if got := h.table.cells[1].width - cells[1].width; got != 35 {
		t.Errorf("the column became %.0f wider", got)
	}
	h.Tapped(&fyne.PointEvent{Position: fyne.NewPos(h.table.cells[0].x+5, 10)})
	f.settle()
	if got := f.window.list.order().Column; got != "title" {
		t.Errorf("a press on the title sorts by %q", got)
	}
	f.window.end()
	s, err := f.desk.Settings(t.Context())
	if name := string(cells[1].name); err != nil || s.Columns[name].Width != float64(cells[1].width+35) || s.Sort.Column != "title" {
		t.Errorf("kept is %+v, %+v, %v", s.Columns, s.Sort, err)
	}
}

func TestColumnsFollowTheWidth(t *testing.T) {
	tab := newTable(i18n.English)
	names := func() (all []keptName) {
		for _, c := range tab.cells {
			all = append(all, c.name)
		}
		return all
	}
	tab.arrange(columnsFrom - 1)
	if tab.inColumns() || tab.height() != rowHeight {
		t.Error("there are columns where there is no room")
	}
	for width := float32(columnsFrom); width < 1600; width += 7 {
		tab.arrange(width)
		end := tab.cells[len(tab.cells)-1]
		if end.x+end.width > width-tableEnd+1 || tab.cells[0].width < tab.kinds[0].least {
			t.Fatalf("at %.0f the columns end at %.0f, and the title has %.0f", width, end.x+end.width, tab.cells[0].width)
		}
	}
	if len(names()) != 8 || tab.height() != lineHeight {
		t.Errorf("shown are %q", names())
	}
	tab.toggle(columnReference)
	if slices.Contains(names(), columnReference) || tab.height() != rowHeight {
		t.Error("a hidden column is shown")
	}
	// An edge that is moved stays under the mouse.
	before := slices.Clone(tab.cells)
	tab.resize(1, 30)
	if got := tab.cells[2].x - before[2].x; got != 30 || tab.cells[3].x != before[3].x {
		t.Errorf("the edge moved by %.0f", got)
	}
	tab.resize(1, -10_000)
	if tab.cells[1].width != tab.cells[1].least {
		t.Errorf("a column can be as narrow as %.0f", tab.cells[1].width)
	}
}

func TestTheHeaderIsWorkedByKey(t *testing.T) {
	f := newOffice(t, officeOptions{seed: threeRows(), size: fyne.NewSize(1900, 800)})
	f.ctrl(fyne.Key7)
	f.settle()
	f.window.window.Canvas().Focus(f.window.list.header)
	f.key(fyne.KeyRight)
	f.key(fyne.KeyReturn)
	f.settle()
	if got := f.window.list.order().Column; got != "reference" {
		t.Errorf("Enter sorts by %q", got)
	}
	width := f.window.list.table.cells[1].width
	f.window.list.header.TypedRune('+')
	if got := f.window.list.table.cells[1].width; got != width+widenStep {
		t.Errorf("the column is %.0f wide", got)
	}
	f.ctrl(fyne.KeyT)
	f.saying("The other way round")
	f.key(fyne.KeyEscape)
	if f.window.window.Canvas().Overlays().Top() != nil {
		t.Error("Escape does not close the menu")
	}
	f.window.onColumnMenu()
	f.saying("The usual columns")
	f.key(fyne.KeyEscape)
	f.window.list.table.arrange(columnsFrom)
	f.window.onColumnMenu()
	f.saying("Signer (no room now)")
	f.key(fyne.KeyEscape)
}

func TestWhatIsUnchangedIsNotDrawnAgain(t *testing.T) {
	f := newOffice(t, officeOptions{seed: threeRows()})
	f.ctrl(fyne.Key7)
	f.settle()
	touched := 0
	f.eachRow(func(r *rowRenderer) {
		if r.row.model.id != "" {
			r.title.Text, touched = "touched", touched+1
		}
	})
	f.window.list.pages.refresh()
	f.settle()
	f.eachRow(func(r *rowRenderer) {
		if r.title.Text == "touched" {
			touched--
		}
	})
	if touched != 0 {
		t.Errorf("%d unchanged rows were drawn again", touched)
	}
}

func TestSortingAndFilteringReadAPage(t *testing.T) {
	f := newOffice(t, officeOptions{seed: many(3_000)})
	f.settle()
	for name, change := range map[string]func(){
		"sorting":   func() { f.window.onSort(columnTitle) },
		"reversing": func() { f.window.onSort(columnTitle) },
		"filtering": func() { f.window.onFiltered(filters{gateway: "office", changed: year}) },
		"searching": func() { f.window.list.search.SetText("contract") },
	} {
		_, before := f.desk.read()
		change()
		f.settle()
		if _, after := f.desk.read(); after-before > 2*pageRows {
			t.Errorf("%s read %d rows", name, after-before)
		}
	}
}

func TestCountsWithoutAnEndSaySo(t *testing.T) {
	f := newOffice(t, officeOptions{})
	for _, c := range []struct {
		n    int
		more bool
		want string
	}{{3, false, "3"}, {1000, false, "1,000"}, {1000, true, "999+"}, {12, true, "12+"}} {
		if got := f.window.countWord(c.n, c.more); got != c.want {
			t.Errorf("%d, %v is %q", c.n, c.more, got)
		}
	}
}

func TestEvidenceIsExplainedUnderTheMouse(t *testing.T) {
	m := newRowModel(i18n.English, request.Request{ID: "1", Title: "T", Status: request.Signed, Outcome: &request.Outcome{Evidence: request.ByGateway, At: noon}}, false, noon, desk.Patience{})
	tab := newTable(i18n.English)
	r := newRow(i18n.English, tab)
	r.Resize(fyne.NewSize(400, rowHeight))
	r.set(rowLook{model: m})
	if got, _ := r.hintAt(300, 40); !strings.Contains(got, "gateway, which was asked") {
		t.Errorf("in two lines: %q", got)
	}
	tab.arrange(1400)
	r.Resize(fyne.NewSize(1400, lineHeight))
	for _, c := range tab.cells {
		if got, from := r.hintAt(c.x+3, 10); c.name == columnEvidence && (from != c.x || !strings.Contains(got, "gateway, which was asked")) {
			t.Errorf("in columns: %q at %.0f", got, from)
		}
	}
}

func TestInAnEmptyViewNothingIsChosen(t *testing.T) {
	f := newOffice(t, officeOptions{seed: threeRows()})
	f.ctrl(fyne.Key7)
	f.settle()
	if f.window.selected == "" {
		t.Fatal("nothing was chosen before")
	}
	f.ctrl(fyne.Key4)
	f.settle()
	f.saying("Nothing needs attention", "No request is chosen")
	if f.window.selected != "" || f.button("Sign in browser") != nil {
		t.Error("a request of another view is still chosen")
	}
	f.key(fyne.KeyDelete)
	if f.window.modals.IsOpen() {
		t.Error("what was chosen before is asked to be withdrawn")
	}
	f.ctrl(fyne.Key7)
	f.settle()
	if f.window.selected == "" {
		t.Error("the first row is not chosen")
	}
}
