package ui

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	"github.com/google/go-cmp/cmp"

	"countersign/core/desk"
	"countersign/core/i18n"
	"countersign/core/ledger"
	"countersign/core/request"
	"countersign/ui/kit"
	"countersign/ui/status"
	"countersign/ui/uitest"
)

func TestTheNumbersOfAPeriodLeadToWhatTheyCount(t *testing.T) {
	f := newOffice(t, officeOptions{seed: append(officeDay(), outcomes(60)...)})
	for _, tile := range []struct {
		kind reviewTile
		name string
	}{
		{attentionTile, "Needs attention"}, {dueTile, "Due soon"}, {waitingTile, "Waiting"}, {signedTile, "Signed · From 1 Nov 2026 to 30 Nov 2026"},
	} {
		f.window.list.search.SetText("zebra")
		f.window.list.setFilters(filters{gateway: "nowhere"})
		f.ctrl(fyne.Key8)
		f.counted()
		f.settle()
		shown := f.window.review.tiles[tile.kind]
		f.window.window.Canvas().Focus(shown)
		f.key(fyne.KeyReturn)
		f.settle()
		if f.window.reviewing() || f.window.list.view.name != tile.name {
			t.Fatalf("it leads to %q", f.window.list.view.name)
		}
		if got := fmt.Sprint(f.window.list.pages.length()); got != shown.number || got == "0" {
			t.Errorf("%s: %s are counted, and %s listed", tile.name, shown.number, got)
		}
	}
}

func TestOutcomesAreReviewedByKey(t *testing.T) {
	f := newOffice(t, officeOptions{seed: officeDay()})
	f.ctrl(fyne.Key9)
	f.settle()
	f.saying("Outcomes to review", "Review 8", "Nobody has reviewed this outcome.")
	rows := f.rows()
	first := f.window.selected
	f.key(fyne.KeyA)
	f.wait("the next one", func() bool { return f.window.list.pages.length() == 7 && f.window.selected != first })
	f.settle()
	if r := f.get(first); r.Decision() != request.Accepted || r.Review.By != "mara" {
		t.Errorf("review: %+v", r.Review)
	}
	second := f.window.selected
	if title := f.get(second).Title; title != rows[1] {
		t.Errorf("behind %q comes %q, not %q", rows[0], title, rows[1])
	}
	f.key(fyne.KeyN)
	f.settle()
	third := f.window.selected
	if title := f.get(third).Title; title != rows[2] {
		t.Errorf("next is %q, not %q", title, rows[2])
	}
	f.key(fyne.KeyR)
	f.saying("Return the outcome")
	f.key(fyne.KeyReturn) // without a note nothing is returned
	f.saying("Return the outcome")
	f.typeInto("Ask again")
	f.key(fyne.KeyReturn)
	f.wait("the note", func() bool { r := f.get(third); return r.Review != nil && r.Review.Note == "Ask again" })
	f.settle()
	f.saying("Review 6")
	f.window.showRequest(third, f.get(third).Status)
	f.saying("Returned: mara", "Reviewed: returned", "Ask again")
	f.settle()
	f.ctrl(fyne.KeyI) // another decision about the same
	f.saying("Accepted: mara", "Reviewed: accepted")
}

func TestTheLastOutcomeLeavesAnEmptyList(t *testing.T) {
	f := newOffice(t, officeOptions{seed: threeRows()})
	f.ctrl(fyne.Key9)
	f.settle()
	if f.window.aside.accept.Disabled() {
		t.Error("nothing can be decided about an outcome that is seen")
	}
	f.press("Accept")
	f.saying("Nothing to review", "Every outcome has been reviewed.")
	f.key(fyne.KeyEscape)
	f.counted()
	f.saying("[Nothing to review]")
	f.key(fyne.KeyEscape)
	f.settle()
	if f.window.reviewing() || f.window.list.view.aside && f.window.list.view.decision == "" {
		t.Error("Escape does not lead back to the list")
	}
}

func TestNobodyReviewsOrSignsWhatIsNotSeen(t *testing.T) {
	f := newOffice(t, officeOptions{seed: officeDay()})
	f.ctrl(fyne.Key6)
	f.settle()
	chosen := f.window.selected
	f.key(fyne.KeyA) // a list that is no review
	f.ctrl(fyne.Key8)
	f.counted()
	f.ctrl(fyne.KeyI)
	f.ctrl(fyne.KeyReturn)
	f.window.onSelectAll()
	f.settle()
	if r := f.get(chosen); r.Review != nil || f.marked() > 0 {
		t.Errorf("review: %+v, %d selected", r.Review, f.marked())
	}
	f.ctrl(fyne.KeyF) // the list comes with what is asked of it
	if f.window.reviewing() || !f.window.panes.Visible() {
		t.Error("searching does not show the list")
	}
}

func TestAllThatIsSelectedIsReviewed(t *testing.T) {
	f := newOffice(t, officeOptions{seed: officeDay()})
	f.ctrl(fyne.Key7)
	f.settle()
	f.window.onSelectAll()
	f.wait("the selection", func() bool { return f.marked() == 11 })
	f.press("Accept")
	f.saying("8 outcomes accepted. 3")
	f.settle()
	f.window.onSelectAll()
	f.wait("the selection", func() bool { return f.marked() == 11 })
	f.ctrl(fyne.KeyU)
	f.saying("these 11 outcomes")
	f.typeInto("Sort them out")
	f.key(fyne.KeyReturn)
	f.saying("8 outcomes returned. 3")
	f.settle()
	returned, _, err := f.desk.Count(t.Context(), ledger.Query{Decision: request.SentBack}, 100)
	if err != nil || returned != 8 {
		t.Errorf("%d returned, %v", returned, err)
	}
}

// Whoever chooses another period waits for that one alone.
func TestNumbersThatComeLateAreDropped(t *testing.T) {
	held, let := make(chan context.Context), make(chan struct{})
	f := newOffice(t, officeOptions{seed: outcomes(30), wrap: func(d *watchedDesk) {
		d.deaf = true
		d.atStats = func(ctx context.Context, _ desk.Period) {
			held <- ctx
			<-let
		}
	}})
	f.ctrl(fyne.Key8)
	ctx := <-held
	f.saying("Counting…")
	f.press("This year")
	<-ctx.Done() // it is told to stop, and answers all the same
	let <- struct{}{}
	second := false
	go func() { <-held; f.queue.Dispatch(func() { second = true }) }()
	f.wait("the next question", func() bool { return second })
	if f.window.review.known {
		t.Error("the late numbers are shown")
	}
	let <- struct{}{}
	f.counted()
	s := f.window.review
	if from, _ := yearStretch.bounds(noon); !s.of.From.Equal(from) || s.shown.Signed == 0 {
		t.Errorf("shown are the numbers from %v", s.of.From)
	}
}

func TestTheNumbersFollowTheLedger(t *testing.T) {
	f := newOffice(t, officeOptions{})
	f.window.review.pause = 0
	f.ctrl(fyne.Key8)
	f.counted()
	f.saying("Nothing ended in this period.", "Nothing waits for a signature.")
	r := f.add("Lease")
	f.wait("what waits", func() bool { return f.window.review.shown.Waiting == 1 })
	f.wait("its line", func() bool { return len(uitest.Drawn(f.window.review.oldest)) == 6 })
	f.window.window.Canvas().Focus(f.window.review.oldest)
	f.key(fyne.KeyReturn)
	f.wait("the request", func() bool { return f.window.detail.model.id == r.ID })
	if f.window.reviewing() {
		t.Error("the numbers are in the way")
	}
	f.settle()
	f.window.review.refresh()
	if !f.queue.Idle() {
		t.Error("it counts for nobody")
	}
}

func TestAPeriodOfOnesOwn(t *testing.T) {
	f := newOffice(t, officeOptions{seed: officeDay()})
	f.ctrl(fyne.Key8)
	f.counted()
	ask := func(from, to string) {
		f.press("From … to …")
		c := f.window.window.Canvas()
		c.Focused().(*kit.Field).SetText(from)
		c.FocusNext() // to the menu of days
		c.FocusNext()
		c.Focused().(*kit.Field).SetText(to)
		f.key(fyne.KeyReturn)
	}
	ask("nonsense", "")
	f.saying(f.window.lang.Say("win.no_day"))
	f.key(fyne.KeyEscape)
	ask("2026-11-02", "2026-11-01")
	f.saying(f.window.lang.Say("win.wrong_days"))
	f.key(fyne.KeyEscape)
	ask("2026-11-19", "2026-11-20")
	f.counted()
	f.saying("From 19 Nov 2026 to 20 Nov 2026")
	if n := len(f.window.review.chart.bars); n != 2 {
		t.Errorf("%d bars", n)
	}
	ask("", "2026-11-20")
	f.counted()
	f.saying("Up to 20 Nov 2026")
	ask("", "")
	f.counted()
	f.saying("Everything there is")
}

func TestTilesWithoutRoomForTheirNamesStandTwoByTwo(t *testing.T) {
	var tiles []fyne.CanvasObject
	for range 4 {
		r := canvas.NewRectangle(nil)
		r.SetMinSize(fyne.NewSize(100, 50))
		tiles = append(tiles, r)
	}
	for width, want := range map[float32]fyne.Position{460: fyne.NewPos(352.5, 0), 400: fyne.NewPos(205, 60)} {
		box := container.New(newTiled(10), tiles...)
		box.Resize(fyne.NewSize(width, 200))
		if got := tiles[3].Position(); got != want {
			t.Errorf("in %.0f the last stands at %v, not %v", width, got, want)
		}
		if got := box.MinSize(); got.Width != 210 || got.Height != want.Y+50 {
			t.Errorf("in %.0f they want %v", width, got)
		}
	}
}

func TestNothingIsDecidedWhereNothingIsToBeReviewed(t *testing.T) {
	f := newOffice(t, officeOptions{})
	f.ctrl(fyne.Key9)
	f.settle()
	f.saying("Outcomes to review")
	for _, b := range f.window.aside.decide {
		if !b.Disabled() {
			t.Errorf("%q can be pressed", b.Text)
		}
	}
}

func TestThePeriodThatWasChosenIsKept(t *testing.T) {
	f := newOffice(t, officeOptions{seed: officeDay(), prepare: func(d *desk.Desk) {
		if _, err := d.ChangeSettings(t.Context(), func(s *desk.Settings) { s.Period = "quarter" }); err != nil {
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
	if got := stretchOf("fortnight"); got != monthStretch {
		t.Errorf("a period that there is not leads to %d", got)
	}
}

func TestABarTellsItsNumbers(t *testing.T) {
	f := newOffice(t, officeOptions{seed: officeDay()})
	f.ctrl(fyne.Key8)
	f.counted()
	c := f.window.review.chart
	f.window.window.Canvas().Focus(c)
	said := c.says()
	if c.bars[c.at].total() == 0 || !strings.Contains(f.says(), said) {
		t.Errorf("the last bar with anything in it is said to be %q", said)
	}
	f.key(fyne.KeyHome)
	f.saying("1 Nov 2026: 0 signed, 0 not signed")
	f.key(fyne.KeyLeft)
	f.key(fyne.KeyRight)
	f.saying("2 Nov 2026:")
	left, step := c.steps(c.Size().Width)
	test.MoveMouse(f.window.window.Canvas(), fyne.CurrentApp().Driver().AbsolutePositionForObject(c).AddXY(left+step*4.5, 50))
	f.saying("5 Nov 2026:")
	f.window.review.unfold()
	f.saying("30 Nov 2026")
}

func TestEveryPartOfTheNumbersIsReachedByTab(t *testing.T) {
	f := newOffice(t, officeOptions{seed: officeDay()})
	f.ctrl(fyne.Key8)
	f.counted()
	s, c := f.window.review, f.window.window.Canvas()
	reached := map[fyne.Focusable]bool{}
	for range 25 {
		reached[c.Focused()] = true
		c.FocusNext()
	}
	parts := map[string]fyne.Focusable{
		"the outcomes to review": s.start, "a period": s.choices[ownStretch], "the chart": s.chart, "its table": s.asTable, "what waits the longest": s.oldest, "the views": f.window.side.nav,
	}
	for kind, tile := range s.tiles {
		parts[fmt.Sprint("number ", kind)] = tile
	}
	for name, part := range parts {
		if !reached[part] {
			t.Errorf("Tab does not lead to %s", name)
		}
	}
	for o := range reached {
		if w, ok := o.(fyne.CanvasObject); ok && !w.Visible() {
			t.Errorf("Tab leads to a %T that cannot be seen", o)
		}
	}
	if reached[f.window.list.list] || reached[f.window.detail.primary] {
		t.Error("Tab leads to what is behind the numbers")
	}
}

func TestScalesEndAtNumbersThatAreEasilyRead(t *testing.T) {
	for highest, want := range map[int]int{0: 1, 1: 1, 2: 2, 7: 8, 11: 12, 26: 30, 107: 120, 1_000_001: 1_200_000} {
		c := &chart{bars: []tally{{signed: highest}}}
		if got := c.most(); got != want {
			t.Errorf("of %d: %d, not %d", highest, got, want)
		}
	}
}

func TestStretchesBeginAndEndWithTheirDays(t *testing.T) {
	for _, test := range []struct {
		of             stretch
		now, from, end string
	}{
		{weekStretch, "2026-11-22", "2026-11-16", "2026-11-23"}, // a Sunday
		{weekStretch, "2026-11-23", "2026-11-23", "2026-11-30"}, // a Monday
		{weekStretch, "2027-01-01", "2026-12-28", "2027-01-04"},
		{monthStretch, "2026-12-31", "2026-12-01", "2027-01-01"},
		{quarterStretch, "2026-03-31", "2026-01-01", "2026-04-01"},
		{quarterStretch, "2026-12-01", "2026-10-01", "2027-01-01"},
		{yearStretch, "2028-02-29", "2028-01-01", "2029-01-01"},
		{wholeStretch, "2028-02-29", "0001-01-01", "0001-01-01"},
	} {
		now, err := time.Parse(time.DateOnly, test.now)
		if err != nil {
			t.Fatal(err)
		}
		from, to := test.of.bounds(now.Add(15 * time.Hour))
		if got := [2]string{from.Format(time.DateOnly), to.Format(time.DateOnly)}; got != [2]string{test.from, test.end} {
			t.Errorf("%d on %s is %v", test.of, test.now, got)
		}
	}
}

func TestDaysAreAddedUpInBars(t *testing.T) {
	day := func(date string) time.Time {
		if date == "" {
			return time.Time{}
		}
		at, err := time.ParseInLocation(time.DateOnly, date, time.Local)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	days := []desk.Day{{Date: "2026-01-05", Signed: 1, NotSigned: 2}, {Date: "2026-01-11", Signed: 3}, {Date: "2026-01-12", Signed: 5}, {Date: "2026-03-01", NotSigned: 7}}
	tests := []struct {
		name     string
		from, to string
		days     []desk.Day
		unit     unit
		bars     int
		some     map[string][2]int
	}{
		{"a month", "2026-01-01", "2026-02-01", days[:3], dayUnit, 31, map[string][2]int{"5 Jan 2026": {1, 2}, "11 Jan 2026": {3, 0}, "6 Jan 2026": {0, 0}}},
		{"a quarter", "2026-01-01", "2026-04-01", days, weekUnit, 14, map[string][2]int{"Week from 5 Jan 2026": {4, 2}, "Week from 12 Jan 2026": {5, 0}, "Week from 29 Dec 2025": {0, 0}}},
		{"a year", "2026-01-01", "2027-01-01", days, monthUnit, 12, map[string][2]int{"Jan 2026": {9, 2}, "Mar 2026": {0, 7}}},
		{"all", "", "", days, monthUnit, 11, map[string][2]int{"Jan 2026": {9, 2}, "Nov 2026": {0, 0}}},
		{"nothing at all", "", "", nil, dayUnit, 7, map[string][2]int{"21 Nov 2026": {0, 0}}},
		{"a clock that was wrong", "", "", append([]desk.Day{{Date: "1601-01-01", Signed: 1}}, days...), yearUnit, mostBars, map[string][2]int{"1967": {1, 0}, "2026": {9, 9}}},
		{"a clock that will be wrong", "", "", append(slices.Clone(days), desk.Day{Date: "2028-05-01", Signed: 4}), monthUnit, 29, map[string][2]int{"May 2028": {4, 0}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bars, of := talliesOf(i18n.English, test.days, day(test.from), day(test.to), noon)
			if len(bars) != test.bars || of != test.unit {
				t.Errorf("%d bars, each for %d", len(bars), of)
			}
			sum, want, got := 0, 0, map[string][2]int{}
			for _, b := range bars {
				sum += b.total()
				if _, ok := test.some[b.name]; ok {
					got[b.name] = [2]int{b.signed, b.notSigned}
				}
			}
			for _, d := range test.days {
				want += d.Signed + d.NotSigned
			}
			if diff := cmp.Diff(test.some, got); diff != "" || sum != want {
				t.Errorf("%d in all, of %d (-want +got):\n%s", sum, want, diff)
			}
		})
	}
}

func TestTheReviewFitsInEveryLanguage(t *testing.T) {
	for _, lang := range i18n.Languages() {
		t.Run(string(lang), func(t *testing.T) {
			f := newOffice(t, officeOptions{seed: append(officeDay(), outcomes(120)...), lang: lang})
			f.ctrl(fyne.Key8)
			f.counted()
			f.fits("the numbers")
			f.window.review.unfold()
			for of := weekStretch; of < ownStretch; of++ {
				f.window.review.choose(of)
				f.counted()
				f.fits(of.name(lang))
			}
			f.window.askStretch()
			f.fits("a period of one's own")
			f.window.modals.Close()
			f.ctrl(fyne.Key9)
			f.settle()
			f.fits("outcomes to review")
			f.window.askSendBack(f.window.detail.model)
			f.fits("returning")
			f.window.modals.Close()
			f.window.onSelectAll()
			f.wait("the selection", func() bool { return f.window.bar.root.Visible() })
			f.fits("a selection")
			f.ctrl(fyne.KeyU)
			f.fits("returning many")
			f.window.modals.Close()
			f.window.bulk = &bulkJob{action: status.Accept, done: 4_999, total: maxMarked}
			f.window.showMarks()
			f.fits("many")
			f.window.bulk = nil
		})
	}
}
