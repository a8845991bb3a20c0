package report

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

	"countersign/core/i18n"
	"countersign/core/printout"
	"countersign/core/request"
	"countersign/core/settings"
	"countersign/core/stats"
	"countersign/ui/async"
	"countersign/ui/files"
	"countersign/ui/kit"
	"countersign/ui/uitest"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.Local)

func TestTilesWrapOntoTwoLines(t *testing.T) {
	var tiles []fyne.CanvasObject
	for range 4 {
		r := canvas.NewRectangle(nil)
		r.SetMinSize(fyne.NewSize(100, 50))
		tiles = append(tiles, r)
	}
	for width, want := range map[float32]fyne.Position{460: fyne.NewPos(352.5, 0), 400: fyne.NewPos(205, 60)} {
		box := container.New(newTileLayout(10), tiles...)
		box.Resize(fyne.NewSize(width, 200))
		if got := tiles[3].Position(); got != want {
			t.Errorf("in %.0f the last stands at %v, not %v", width, got, want)
		}
		if got := box.MinSize(); got.Width != 210 || got.Height != want.Y+50 {
			t.Errorf("in %.0f they want %v", width, got)
		}
	}
}

func TestScaleEndsAtARoundNumber(t *testing.T) {
	for highest, want := range map[int]int{0: 1, 1: 1, 2: 2, 7: 8, 11: 12, 26: 30, 107: 120, 1_000_001: 1_200_000} {
		c := &chart{bars: []bar{{signed: highest}}}
		if got := c.scaleMax(); got != want {
			t.Errorf("of %d: %d, not %d", highest, got, want)
		}
	}
}

func TestPeriodBounds(t *testing.T) {
	for _, test := range []struct {
		of             period
		now, from, end string
	}{
		{thisWeek, "2026-11-22", "2026-11-16", "2026-11-23"}, // a Sunday
		{thisWeek, "2026-11-23", "2026-11-23", "2026-11-30"}, // a Monday
		{thisWeek, "2027-01-01", "2026-12-28", "2027-01-04"},
		{thisMonth, "2026-12-31", "2026-12-01", "2027-01-01"},
		{thisQuarter, "2026-03-31", "2026-01-01", "2026-04-01"},
		{thisQuarter, "2026-12-01", "2026-10-01", "2027-01-01"},
		{thisYear, "2028-02-29", "2028-01-01", "2029-01-01"},
		{allTime, "2028-02-29", "0001-01-01", "0001-01-01"},
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

func TestDaysAreAddedUpIntoBars(t *testing.T) {
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
	days := []stats.Day{{Date: "2026-01-05", Signed: 1, NotSigned: 2}, {Date: "2026-01-11", Signed: 3}, {Date: "2026-01-12", Signed: 5}, {Date: "2026-03-01", NotSigned: 7}}
	tests := []struct {
		name     string
		from, to string
		days     []stats.Day
		unit     barUnit
		bars     int
		some     map[string][2]int
	}{
		{"a month", "2026-01-01", "2026-02-01", days[:3], dayUnit, 31, map[string][2]int{"5 Jan 2026": {1, 2}, "11 Jan 2026": {3, 0}, "6 Jan 2026": {0, 0}}},
		{"a quarter", "2026-01-01", "2026-04-01", days, weekUnit, 14, map[string][2]int{"Week from 5 Jan 2026": {4, 2}, "Week from 12 Jan 2026": {5, 0}, "Week from 29 Dec 2025": {0, 0}}},
		{"a year", "2026-01-01", "2027-01-01", days, monthUnit, 12, map[string][2]int{"Jan 2026": {9, 2}, "Mar 2026": {0, 7}}},
		{"all", "", "", days, monthUnit, 11, map[string][2]int{"Jan 2026": {9, 2}, "Nov 2026": {0, 0}}},
		{"nothing at all", "", "", nil, dayUnit, 7, map[string][2]int{"21 Nov 2026": {0, 0}}},
		{"a clock that was wrong", "", "", append([]stats.Day{{Date: "1601-01-01", Signed: 1}}, days...), yearUnit, maxBars, map[string][2]int{"1967": {1, 0}, "2026": {9, 9}}},
		{"a clock that will be wrong", "", "", append(slices.Clone(days), stats.Day{Date: "2028-05-01", Signed: 4}), monthUnit, 29, map[string][2]int{"May 2028": {4, 0}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bars, of := barsOf(i18n.English, test.days, day(test.from), day(test.to), noon)
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

// fakeDesk is a [Desk] that is a function.
type fakeDesk func(ctx context.Context, p stats.Period) (stats.Summary, error)

func (d fakeDesk) Stats(ctx context.Context, p stats.Period) (stats.Summary, error) { return d(ctx, p) }

func (fakeDesk) SuggestExport(_ context.Context, name, extension, folder string) (string, error) {
	return folder + name + extension, nil
}
func (fakeDesk) SavePrintout(context.Context, printout.Document, string) error { return nil }
func (fakeDesk) PrintoutForViewer(_ context.Context, _ printout.Document, name string) (string, error) {
	return "/opened/" + name, nil
}

// fakeHost records the calls of the screen.
type fakeHost struct {
	listed []Tile
	shown  []request.ID
	kept   []string
	begun  int
	opened []string
}

func (h *fakeHost) Person() string        { return "Mara Vidal" }
func (h *fakeHost) Files() *files.Chooser { return nil }
func (h *fakeHost) OpenFile(path string)  { h.opened = append(h.opened, path) }
func (h *fakeHost) Saved(string, string)  {}
func (h *fakeHost) Names() settings.Names {
	return settings.Names{Gateways: map[string]string{"office": "City hall"}}
}
func (h *fakeHost) ReviewOutcomes()               { h.begun++ }
func (h *fakeHost) List(t Tile)                   { h.listed = append(h.listed, t) }
func (h *fakeHost) ShowRequest(r request.Request) { h.shown = append(h.shown, r.ID) }
func (h *fakeHost) KeepPeriod(name string)        { h.kept = append(h.kept, name) }

// fixture is the screen alone in a window.
type fixture struct {
	*Screen
	t      *testing.T
	queue  *uitest.Queue
	host   *fakeHost
	canvas fyne.Canvas
}

func newFixture(t *testing.T, d fakeDesk) *fixture {
	t.Helper()
	uitest.App(t).Settings().SetTheme(kit.Theme(kit.LightLook))
	s := &fixture{t: t, queue: uitest.NewQueue(), host: &fakeHost{}}
	bg := async.New(s.queue.Dispatch)
	t.Cleanup(func() { bg.Close(); bg.Wait() })
	w := test.NewTempWindow(t, canvas.NewRectangle(nil))
	s.canvas = w.Canvas()
	var modals *kit.Modals
	keys := func(key *fyne.KeyEvent) { modals.TypedKey(key) }
	modals = kit.NewModals(i18n.English, w.Canvas(), bg.Show, keys, func() {})
	s.Screen = New(i18n.English, d, bg, func() time.Time { return noon }, modals, keys, s.host)
	s.Screen.pause = 0
	w.SetContent(container.NewStack(s.Content(), modals.Layer()))
	w.Resize(fyne.NewSize(1000, 700))
	s.Show()
	return s
}

// text returns all text in the window.
func (s *fixture) text() string {
	all := uitest.Texts(s.canvas.Content(), nil)
	for _, o := range s.canvas.Overlays().List() {
		all = append(all, uitest.Texts(o, nil)...)
	}
	return strings.Join(all, "\n")
}

// waitFor waits until all texts are in the window.
func (s *fixture) waitFor(words ...string) {
	s.t.Helper()
	for _, w := range words {
		s.queue.Wait(s.t, w, func() bool { return strings.Contains(s.text(), w) }, s.text)
	}
}

// waitForNumbers waits until the numbers of the current period are shown.
func (s *fixture) waitForNumbers() {
	s.t.Helper()
	s.queue.Wait(s.t, "the numbers", func() bool { return s.loaded && s.statsPeriod == s.currentPeriod() }, s.text)
}

func (s *fixture) press(label string) {
	s.t.Helper()
	b := uitest.FindButton(s.canvas, label)
	if b == nil {
		s.t.Fatalf("there is no button %q; it says:\n%s", label, s.text())
	}
	uitest.Tap(b)
}

func (s *fixture) key(name fyne.KeyName) { s.canvas.Focused().TypedKey(&fyne.KeyEvent{Name: name}) }

// november returns the statistics of the month that noon is in.
func november(context.Context, stats.Period) (stats.Summary, error) {
	return stats.Summary{Signed: 3, NotSigned: 1, Days: []stats.Day{{Date: "2026-11-05", Signed: 1}, {Date: "2026-11-19", Signed: 2, NotSigned: 1}}}, nil
}

func TestCurrentBarIsDescribed(t *testing.T) {
	s := newFixture(t, november)
	s.waitForNumbers()
	c := s.chart
	s.canvas.Focus(c)
	if said := c.description(); c.bars[c.current].total() != 3 || !strings.Contains(s.text(), said) {
		t.Errorf("the last bar with anything in it is said to be %q", said)
	}
	s.key(fyne.KeyHome)
	s.waitFor("1 Nov 2026: 0 signed, 0 not signed")
	s.key(fyne.KeyLeft)
	s.key(fyne.KeyRight)
	s.waitFor("2 Nov 2026:")
	left, step := c.barSpacing(c.Size().Width)
	test.MoveMouse(s.canvas, fyne.CurrentApp().Driver().AbsolutePositionForObject(c).AddXY(left+step*4.5, 50))
	s.waitFor("5 Nov 2026:")
	s.toggleTable()
	s.waitFor("30 Nov 2026")
}

func TestOwnPeriod(t *testing.T) {
	s := newFixture(t, november)
	s.waitForNumbers()
	ask := func(from, to string) {
		s.press("Custom…")
		s.canvas.Focused().(*kit.Field).SetText(from)
		s.canvas.FocusNext() // to the menu of days
		s.canvas.FocusNext()
		s.canvas.Focused().(*kit.Field).SetText(to)
		s.key(fyne.KeyReturn)
	}
	ask("nonsense", "")
	s.waitFor(i18n.English.Say("win.no_day"))
	s.key(fyne.KeyEscape)
	s.press("Discard")
	ask("2026-11-02", "2026-11-01")
	s.waitFor(i18n.English.Say("win.wrong_days"))
	s.key(fyne.KeyEscape)
	s.press("Discard")
	ask("2026-11-19", "2026-11-20")
	s.waitForNumbers()
	s.waitFor("From 19 Nov 2026 to 20 Nov 2026")
	if n := len(s.chart.bars); n != 2 {
		t.Errorf("%d bars", n)
	}
	ask("", "2026-11-20")
	s.waitForNumbers()
	s.waitFor("Up to 20 Nov 2026")
	ask("", "")
	s.waitForNumbers()
	s.waitFor("All time")
	if len(s.host.kept) > 0 {
		t.Errorf("the own period is stored as %q", s.host.kept)
	}
}

// TestLateNumbersAreDropped chooses another period while a reading is under way.
func TestLateNumbersAreDropped(t *testing.T) {
	held, let := make(chan context.Context), make(chan struct{})
	s := newFixture(t, func(ctx context.Context, p stats.Period) (stats.Summary, error) {
		held <- ctx
		<-let
		return november(ctx, p)
	})
	ctx := <-held
	s.waitFor("Counting…")
	s.press("This year")
	<-ctx.Done() // canceled, but it answers
	let <- struct{}{}
	second := false
	go func() { <-held; s.queue.Dispatch(func() { second = true }) }()
	s.queue.Wait(t, "the next question", func() bool { return second }, s.text)
	if s.loaded {
		t.Error("the late numbers are shown")
	}
	let <- struct{}{}
	s.waitForNumbers()
	if from, _ := thisYear.bounds(noon); !s.statsPeriod.From.Equal(from) || s.stats.Signed == 0 {
		t.Errorf("shown are the numbers from %v", s.statsPeriod.From)
	}
	if !slices.Equal(s.host.kept, []string{"year"}) {
		t.Errorf("kept: %q", s.host.kept)
	}
}

func TestHiddenScreenDoesNotReadTheDesk(t *testing.T) {
	calls := 0
	s := newFixture(t, func(ctx context.Context, p stats.Period) (stats.Summary, error) { calls++; return november(ctx, p) })
	s.waitForNumbers()
	s.Hide()
	s.queue.Wait(t, "the end of the counting", s.queue.Idle, s.text)
	before := calls
	s.Refresh()
	s.queue.Wait(t, "rest", s.queue.Idle, s.text)
	if calls != before {
		t.Error("it counts while it is hidden")
	}
}

func TestTabReachesEveryPart(t *testing.T) {
	s := newFixture(t, func(ctx context.Context, p stats.Period) (stats.Summary, error) {
		stats, err := november(ctx, p)
		stats.Oldest = []request.Request{{ID: "1", Title: "Lease"}}
		return stats, err
	})
	s.waitForNumbers()
	reached := map[fyne.Focusable]bool{}
	for range 25 {
		s.canvas.FocusNext()
		reached[s.canvas.Focused()] = true
	}
	parts := map[string]fyne.Focusable{
		"the outcomes to review": s.start, "a period": s.choices[ownPeriod], "the chart": s.chart, "its table": s.asTable, "what waits the longest": s.oldest,
	}
	for kind, tile := range s.tiles {
		parts[fmt.Sprint("number ", kind)] = tile
	}
	for name, part := range parts {
		if !reached[part] {
			t.Errorf("Tab does not lead to %s", name)
		}
	}
	s.canvas.Focus(s.oldest)
	s.key(fyne.KeyReturn)
	s.canvas.Focus(s.tiles[DueTile])
	s.key(fyne.KeyReturn)
	if !slices.Equal(s.host.shown, []request.ID{"1"}) || !slices.Equal(s.host.listed, []Tile{DueTile}) {
		t.Errorf("shown: %v, listed: %v", s.host.shown, s.host.listed)
	}
}
