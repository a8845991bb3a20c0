package stats

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"
	_ "time/tzdata" // for the time zones of these tests, on every machine

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"countersign/core/i18n"
	"countersign/core/ledger"
	"countersign/core/request"
)

// past is a ledger with requests of earlier days.
type past struct {
	testing.TB
	ledger *ledger.Ledger
	n      int
}

// now is the time of the statistics: a Monday morning.
var now = time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)

func newPast(t testing.TB) *past {
	t.Helper()
	l, err := ledger.Open(t.Context(), t.TempDir(), ledger.Options{Now: func() time.Time { return now }, Exclusive: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return &past{TB: t, ledger: l}
}

func (p *past) must(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

func (p *past) counter() *Counter { return NewCounter(p.ledger, func() time.Time { return now }) }

// attempt is a request that was launched at a time.
type attempt struct {
	at      time.Time
	took    time.Duration
	status  request.Status // Pending and Signing have no outcome
	gateway string
	person  string
	word    string
	message string
	due     string
}

func (p *past) add(a attempt) request.ID {
	p.n++
	id, visit := request.ID(fmt.Sprintf("p%d", p.n)), request.VisitID(fmt.Sprintf("t%d", p.n))
	if a.gateway == "" {
		a.gateway = "one"
	}
	events := []request.Event{{Kind: request.KindAdded, At: a.at, By: a.person, Added: &request.Added{
		Title: string(id), Gateway: a.gateway, Due: a.due, Documents: []request.Original{{Name: "a.pdf", SHA256: "d"}},
	}}}
	if a.status != request.Pending {
		events = append(events, request.Event{Kind: request.KindLaunched, At: a.at, Visit: &request.Visit{
			ID: visit, Gateway: a.gateway, Requests: []request.ID{id}, URL: "https://one.example",
		}})
	}
	if a.status.Ended() {
		events = append(events, request.Event{Kind: request.KindAnswered, At: a.at.Add(a.took), Answer: &request.Answer{
			VisitID: visit, Status: a.status, Code: a.word, Message: a.message, Evidence: request.ByGateway,
		}})
	}
	p.append(id, events...)
	return id
}

func (p *past) append(id request.ID, events ...request.Event) {
	p.Helper()
	version := 0
	if r, err := p.ledger.Get(p.Context(), id); err == nil {
		version = r.Version
	}
	_, err := p.ledger.Append(p.Context(), ledger.Change{ID: id, Version: version, Events: events})
	p.must(err)
}

func (p *past) stats(of Period) Summary {
	p.Helper()
	s, err := p.counter().Stats(p.Context(), of)
	p.must(err)
	return s
}

// No number counts what was tried out at a practice gateway, and what is archived counts in its period alone.
func TestPracticeAndArchivedRequestsAreApart(t *testing.T) {
	p := newPast(t)
	april := func(day int) time.Time { return time.Date(2026, 4, day, 9, 0, 0, 0, time.UTC) }
	for _, gateway := range []string{"sandbox", "sandbox-portasigma"} {
		p.add(attempt{at: april(1), status: request.Pending, gateway: gateway, due: "2026-05-01"})
		p.add(attempt{at: april(2), took: time.Minute, status: request.Rejected, gateway: gateway, person: "ana"})
		p.add(attempt{at: april(2), took: time.Minute, status: request.Signed, gateway: gateway, person: "ana"})
	}
	archived := p.add(attempt{at: april(3), took: time.Minute, status: request.Rejected, person: "bea", word: "no"})
	p.append(archived, request.Event{Kind: request.KindArchived, At: april(20)})
	s := p.stats(Period{From: april(1), To: april(30), Zone: time.UTC})
	if s.Waiting+s.Attention+s.Due+s.ToReview+len(s.Oldest)+s.Signed != 0 || s.Practice != 6 {
		t.Errorf("now: %+v", s)
	}
	if s.NotSigned != 1 || len(s.Gateways) != 1 || s.Gateways[0].Name != "one" || len(s.People) != 1 || len(s.Reasons) != 1 || s.Days[0].Date != "2026-04-03" {
		t.Errorf("of the period: %+v", s)
	}
}

func TestStatsTellWhatThereIsAndWhatEnded(t *testing.T) {
	p := newPast(t)
	april := func(day, hour int) time.Time { return time.Date(2026, 4, day, hour, 0, 0, 0, time.UTC) }
	p.add(attempt{at: april(1, 9), status: request.Pending, person: "ana", due: "2026-05-11"})
	p.add(attempt{at: april(2, 9), status: request.Signing, person: "bea", gateway: "two", due: "2026-05-12"})
	p.add(attempt{at: april(3, 9), status: request.Pending, due: "2026-01-01"})
	accepted := p.add(attempt{at: april(9, 9), took: time.Hour, status: request.Signed, person: "ana"})
	p.add(attempt{at: april(10, 9), took: time.Minute, status: request.Signed, person: "ana"})
	p.add(attempt{at: april(10, 9), took: 2 * time.Minute, status: request.Signed, person: "bea", gateway: "two"})
	p.add(attempt{at: april(10, 9), took: 3 * time.Minute, status: request.Rejected, person: "ana", word: "rejected", message: "not mine"})
	again := p.add(attempt{at: april(10, 10), took: 3 * time.Minute, status: request.Rejected, person: "ana", word: "rejected", message: "not mine"})
	p.append(again, request.Event{Kind: request.KindReopened, At: april(11, 10)})
	p.append(again, request.Event{Kind: request.KindWithdrawn, At: april(12, 10)})
	p.add(attempt{at: april(30, 23), took: 5 * time.Minute, status: request.Failed, word: "accessDenied"})
	p.append(accepted, request.Event{Kind: request.KindReviewed, At: april(13, 9), Reviewed: &request.Reviewed{Decision: request.Accepted}})

	got := p.stats(Period{From: april(10, 0), To: april(30, 0), Zone: time.UTC})
	var oldest []request.ID
	for _, r := range got.Oldest {
		oldest = append(oldest, r.ID)
	}
	if diff := cmp.Diff([]request.ID{"p1", "p2", "p3"}, oldest); diff != "" {
		t.Errorf("oldest (-want +got):\n%s", diff)
	}
	got.Oldest = nil
	want := Summary{
		Waiting: 3, Attention: 2, Due: 2, ToReview: 5, Signed: 2, NotSigned: 3,
		Days: []Day{{"2026-04-10", 2, 2}, {"2026-04-12", 0, 1}},
		Gateways: []Share{
			{Name: "one", Waiting: 2, Signed: 1, NotSigned: 3, Signing: Signing{1, time.Minute, time.Minute}},
			{Name: "two", Waiting: 1, Signed: 1, Signing: Signing{1, 2 * time.Minute, 2 * time.Minute}},
		},
		People: []Share{
			{Name: "ana", Waiting: 1, Signed: 1, NotSigned: 3, Signing: Signing{1, time.Minute, time.Minute}},
			{Name: "bea", Waiting: 1, Signed: 1, Signing: Signing{1, 2 * time.Minute, 2 * time.Minute}},
			{Name: "", Waiting: 1},
		},
		Signing: Signing{2, time.Minute, 2 * time.Minute},
		Reasons: []Reason{{request.Rejected, "rejected", "not mine", 2}, {request.Withdrawn, "", "", 1}},
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("stats (-want +got):\n%s", diff)
	}
	if all := p.stats(Period{}); all.Signed != 3 || all.NotSigned != 4 || all.Signing.Slowest != time.Hour {
		t.Errorf("of all times: %+v", all)
	}
}

func TestDaysAreThoseOfTheZone(t *testing.T) {
	madrid, err := time.LoadLocation("Europe/Madrid")
	if err != nil {
		t.Fatal(err)
	}
	p := newPast(t)
	for _, at := range []time.Time{
		time.Date(2026, 3, 28, 22, 59, 0, 0, time.UTC), // still the 28th, an hour ahead
		time.Date(2026, 3, 28, 23, 0, 0, 0, time.UTC),  // the 29th, which has 23 hours
		time.Date(2026, 3, 29, 21, 59, 0, 0, time.UTC),
		time.Date(2026, 3, 29, 22, 0, 0, 0, time.UTC), // the 30th, two hours ahead
	} {
		p.add(attempt{at: at, status: request.Signed})
	}
	want := []Day{{"2026-03-28", 1, 0}, {"2026-03-29", 2, 0}, {"2026-03-30", 1, 0}}
	if diff := cmp.Diff(want, p.stats(Period{Zone: madrid}).Days); diff != "" {
		t.Errorf("days (-want +got):\n%s", diff)
	}
}

func TestHowLongSigningTakesIsExact(t *testing.T) {
	minutes := func(ns ...int) (all []time.Duration) {
		for _, n := range ns {
			all = append(all, time.Duration(n)*time.Minute)
		}
		return all
	}
	for _, test := range []struct {
		took            []time.Duration
		median, slowest time.Duration
	}{
		{nil, 0, 0},
		{minutes(3), 3 * time.Minute, 3 * time.Minute},
		{minutes(9, 1), time.Minute, 9 * time.Minute},
		{minutes(10, 9, 8, 7, 6, 5, 4, 3, 2, 1), 5 * time.Minute, 9 * time.Minute},
		{minutes(11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1), 6 * time.Minute, 10 * time.Minute},
	} {
		want := Signing{len(test.took), test.median, test.slowest}
		if got := signingOf(test.took); got != want {
			t.Errorf("of %v: %+v, not %+v", test.took, got, want)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		took := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) time.Duration {
			return time.Millisecond * time.Duration(rapid.Int64Range(0, 1<<rapid.IntRange(0, 40).Draw(t, "bits")).Draw(t, "took"))
		}), 1, 50).Draw(rt, "all")
		got := signingOf(took)
		slices.Sort(took)
		at := func(tenths int) time.Duration { return took[(len(took)*tenths+9)/10-1] }
		if want := (Signing{len(took), at(5), at(9)}); got != want {
			rt.Fatalf("%+v, not %+v", got, want)
		}
	})
}

func signingOf(all []time.Duration) Signing {
	var d durations
	for _, took := range all {
		d.count(took)
	}
	d.look(new([ranges]bool))
	for _, took := range all {
		d.measure(took)
	}
	return d.signing()
}

// What statistics hold does not grow with the number of attempts.
func TestDurationsTakeLittleMemory(t *testing.T) {
	var d durations
	each := func(do func(time.Duration)) {
		for n := range 100_000 {
			do(time.Duration(n*n%9_000_000) * time.Millisecond)
		}
	}
	each(d.count)
	d.look(new([ranges]bool))
	each(d.measure)
	if kept := ranges + len(d.sought[0].found) + len(d.sought[1].found); d.n != 100_000 || kept > 10_000 {
		t.Errorf("%d numbers are kept of %d", kept, d.n)
	}
}

// Several goroutines count parts of the attempts.
func TestCountsOfSeveralReadersAddUp(t *testing.T) {
	statuses := []request.Status{request.Pending, request.Signed, request.Rejected, request.Failed}
	rapid.Check(t, func(rt *rapid.T) {
		kinds := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) *ledger.AttemptKind {
			return &ledger.AttemptKind{
				Status: rapid.SampledFrom(statuses).Draw(t, "status"), Gateway: rapid.SampledFrom([]string{"one", "two"}).Draw(t, "gateway"),
				Person: rapid.SampledFrom([]string{"", "ana", "bea"}).Draw(t, "person"), Message: rapid.SampledFrom([]string{"", "no"}).Draw(t, "message"),
			}
		}), 1, 5).Draw(rt, "kinds")
		attempts := rapid.SliceOf(rapid.Custom(func(t *rapid.T) ledger.AttemptStat {
			return ledger.AttemptStat{
				At: now.Add(time.Duration(rapid.IntRange(0, 200).Draw(t, "hours")) * time.Hour), Took: time.Duration(rapid.IntRange(-1, 2000).Draw(t, "took")) * time.Second,
				AttemptKind: rapid.SampledFrom(kinds).Draw(t, "kind"),
			}
		})).Draw(rt, "attempts")
		whole, common := newTotals(time.UTC, newCommonDurations()), newCommonDurations()
		parts := []*totals{newTotals(time.UTC, common), newTotals(time.UTC, common), newTotals(time.UTC, common)}
		for _, a := range attempts {
			_ = whole.add(a)
			_ = parts[rapid.IntRange(0, 2).Draw(rt, "reader")].add(a)
		}
		parts[0].merge(parts[1])
		parts[0].merge(parts[2])
		summaryOf := func(t *totals) Summary {
			t.look()
			for _, a := range attempts {
				if t.wants(a.Took) {
					_ = t.measure(a)
				}
			}
			return t.complete(Summary{})
		}
		if diff := cmp.Diff(summaryOf(whole), summaryOf(parts[0])); diff != "" {
			rt.Fatalf("by one, and by three (-one +three):\n%s", diff)
		}
	})
}

func TestReasonsAreBounded(t *testing.T) {
	counted := newTotals(time.UTC, newCommonDurations())
	const often = 7
	failed := func(n int) ledger.AttemptStat {
		return ledger.AttemptStat{AttemptKind: &ledger.AttemptKind{Status: request.Failed, Message: fmt.Sprint("error ", n)}}
	}
	for n := range maxReasonsKept + 10 {
		_ = counted.add(failed(n % (maxReasonsKept + 5)))
		if n < often {
			_ = counted.add(failed(0))
		}
		if len(counted.kinds) > maxKindsKept {
			t.Fatalf("%d kinds kept", len(counted.kinds))
		}
	}
	s := counted.complete(Summary{})
	if len(counted.reasons) != maxReasonsKept || len(s.Reasons) != MaxReasons || s.Reasons[0] != (Reason{request.Failed, "", "error 0", often + 2}) {
		t.Errorf("%d reasons kept, %d told, the first %+v", len(counted.reasons), len(s.Reasons), s.Reasons[0])
	}
	sum := s.OtherReasons
	for _, reason := range s.Reasons {
		sum += reason.Count
	}
	if sum != s.NotSigned {
		t.Errorf("the reasons are those of %d, not of %d", sum, s.NotSigned)
	}
}

func TestEachReasonIsExplained(t *testing.T) {
	for _, status := range append(NeedingAttention(), request.Withdrawn) {
		if w := (Reason{Status: status, Code: "odd"}).Explain(i18n.English); w.State == "" || w.State == string(status) {
			t.Errorf("%s: %+v", status, w)
		}
	}
	denied := Reason{Status: request.Failed, Code: "accessDenied"}.Explain(i18n.English)
	if other := (Reason{Status: request.Failed}).Explain(i18n.English); denied.Advice == other.Advice {
		t.Errorf("the advice is %q for both", denied.Advice)
	}
}

func TestStatsCanBeCanceled(t *testing.T) {
	p := newPast(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.counter().Stats(ctx, Period{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error: %v", err)
	}
}

// Everything that is allocated is for a day, a kind of attempts, or the question. A count does not depend on the machine.
func TestAnAttemptIsCountedWithoutAllocations(t *testing.T) {
	allocations := func(attempts int) float64 {
		p := newPast(t)
		var changes []ledger.Change
		for i := range attempts {
			at := now.Add(-time.Duration(i) * time.Second)
			changes = append(changes, ledger.Change{ID: request.ID(fmt.Sprintf("b%06d", i)), Events: []request.Event{
				{Kind: request.KindAdded, At: at, By: fmt.Sprint("clerk ", i%5), Added: &request.Added{Title: "A", Gateway: "one", Documents: []request.Original{{SHA256: "d"}}}},
				{Kind: request.KindWithdrawn, At: at},
			}})
		}
		_, err := p.ledger.Append(t.Context(), changes...)
		p.must(err)
		return testing.AllocsPerRun(3, func() { p.stats(Period{Zone: time.UTC}) })
	}
	if few, many := allocations(100), allocations(2100); many-few > 200 {
		t.Errorf("%.0f allocations for a hundred attempts, %.0f for two thousand more", few, many)
	}
}

// BenchmarkStats measures statistics of all attempts, as a ratio to reading the attempts.
func BenchmarkStats(b *testing.B) {
	p := newPast(b)
	const requests = 30_000
	for n := range 60 {
		var changes []ledger.Change
		for i := range requests / 60 {
			id := request.ID(fmt.Sprintf("b%06d", n*1000+i))
			at := now.Add(time.Duration(n) * time.Hour)
			changes = append(changes, ledger.Change{ID: id, Events: []request.Event{
				{Kind: request.KindAdded, At: at, By: "ana", Added: &request.Added{Title: "A", Gateway: "one", Documents: []request.Original{{SHA256: "d"}}}},
				{Kind: request.KindWithdrawn, At: at},
			}})
		}
		_, err := p.ledger.Append(b.Context(), changes...)
		p.must(err)
	}
	var ours, floor time.Duration
	for b.Loop() {
		began := time.Now()
		if s := p.stats(Period{}); s.NotSigned != requests {
			b.Fatal(s.NotSigned)
		}
		between := time.Now()
		p.must(p.ledger.AttemptStats(b.Context(), ledger.StatQuery{}, func(ledger.AttemptStat) error { return nil }))
		ours, floor = ours+between.Sub(began), floor+time.Since(between)
	}
	b.ReportMetric(float64(ours)/float64(floor), "times-floor")
}

// Some clocks go forward at midnight, and some islands have skipped a day.
func TestEachDayIsCountedOnceWhateverTheClocksDo(t *testing.T) {
	for _, test := range []struct{ zone, from string }{
		{"America/Santiago", "2024-09-06"},
		{"Africa/Cairo", "2024-04-24"},
		{"Pacific/Apia", "2011-12-28"},
		{"Europe/Madrid", "2026-03-27"},
		{"Europe/Madrid", "2026-10-23"},
		{"America/Havana", "2024-11-01"},
	} {
		zone, err := time.LoadLocation(test.zone)
		if err != nil {
			t.Fatal(err)
		}
		at, err := time.ParseInLocation(time.DateOnly, test.from, zone)
		if err != nil {
			t.Fatal(err)
		}
		counted := newTotals(zone, newCommonDurations())
		signed := &ledger.AttemptKind{Status: request.Signed}
		var want []Day
		for range 4 * 24 * 4 {
			_ = counted.add(ledger.AttemptStat{At: at, AttemptKind: signed})
			if date := at.Format(time.DateOnly); len(want) == 0 || want[len(want)-1].Date != date {
				want = append(want, Day{Date: date})
			}
			want[len(want)-1].Signed++
			at = at.Add(15 * time.Minute)
		}
		if diff := cmp.Diff(want, counted.complete(Summary{}).Days); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.zone, diff)
		}
	}
}
