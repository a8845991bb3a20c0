package ledger

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"countersign/core/home/hometest"
	"countersign/core/request"
)

func TestAppendGivesTheRequestsInTheOrderOfTheChanges(t *testing.T) {
	l := mustNew(t)
	after := mustChange(
		t, l,
		Change{ID: "b", Events: []request.Event{added("B"), withdrawn}},
		Change{ID: "a", Events: []request.Event{added("A")}},
	)
	if diff := cmp.Diff([]request.ID{"b", "a"}, ids(after)); diff != "" {
		t.Errorf("ids (-want +got):\n%s", diff)
	}
	for _, r := range after {
		if diff := cmp.Diff(r, mustGet(t, l, r.ID)); diff != "" {
			t.Errorf("as it is read (-given +read):\n%s", diff)
		}
	}
}

func TestAppendIsAllOrNone(t *testing.T) {
	good := Change{ID: "new", Events: []request.Event{added("New")}}
	tests := []struct {
		name string
		bad  Change
		want error
	}{
		{"somebody else was faster", Change{ID: "old", Version: 0, Events: []request.Event{added("Again")}}, ErrConflict},
		{"the caller knows of more than there is", Change{ID: "old", Version: 2, Events: []request.Event{withdrawn}}, ErrConflict},
		{"a request that is not there", Change{ID: "none", Version: 1, Events: []request.Event{withdrawn}}, ErrConflict},
		{"an event that cannot happen", Change{ID: "old", Version: 1, Events: []request.Event{reopened}}, request.ErrIllegal},
		{"a later event that cannot happen", Change{ID: "old", Version: 1, Events: []request.Event{withdrawn, withdrawn}}, request.ErrIllegal},
		{"no event", Change{ID: "old", Version: 1}, request.ErrIllegal},
		{"no event of a new request", Change{ID: "none"}, request.ErrIllegal},
		{"no id", Change{Events: []request.Event{added("Nameless")}}, request.ErrIllegal},
		{"an id that would not be found again", Change{ID: "a\x00b", Events: []request.Event{added("Odd")}}, request.ErrIllegal},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := mustNew(t)
			mustAppend(t, l, "old", added("Old"))
			before := mustRead(t, l)
			for name, changes := range map[string][]Change{"last": {good, test.bad}, "first": {test.bad, good}} {
				if _, err := l.Append(t.Context(), changes...); !errors.Is(err, test.want) {
					t.Errorf("%s: %v, not %v", name, err, test.want)
				}
			}
			if diff := cmp.Diff(before, mustRead(t, l)); diff != "" {
				t.Errorf("something was written (-before +after):\n%s", diff)
			}
		})
	}
}

func TestOneRequestMayChangeTwiceInOneAppend(t *testing.T) {
	l := mustNew(t)
	after := mustChange(
		t, l,
		Change{ID: "a", Events: []request.Event{added("A")}},
		Change{ID: "a", Version: 1, Events: []request.Event{withdrawn}},
	)
	if after[0].Status != request.Pending || after[1].Status != request.Withdrawn || mustGet(t, l, "a").Version != 2 {
		t.Errorf("%s, then %s", after[0].Status, after[1].Status)
	}
}

func TestAppendGivesNumbersAndTimes(t *testing.T) {
	now := time.Date(2026, 3, 1, 10, 0, 0, 123_456_789, time.FixedZone("CET", 3600))
	earlier := now.Add(-time.Hour)
	l := mustOpen(t, t.TempDir(), Options{Now: func() time.Time { return now }, Exclusive: true})
	given := withdrawn
	given.At, given.Seq = earlier, 99
	mustAppend(t, l, "a", added("A"))
	mustAppend(t, l, "a", given, reopened)
	events, err := l.Events(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	// Stored times are in UTC and have whole milliseconds.
	want := []request.Event{added("A"), withdrawn, reopened}
	for i, at := range []time.Time{now, earlier, now} {
		want[i].Seq, want[i].At = i+1, at.UTC().Truncate(time.Millisecond)
	}
	if diff := cmp.Diff(want, events); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if zone := events[1].At.Location(); zone != time.UTC {
		t.Errorf("stored in the zone %s", zone)
	}
}

// Append, Get and a rebuild agree on a request, whatever bytes came from outside.
func TestAppendReturnsWhatIsStored(t *testing.T) {
	l := mustNew(t)
	e := added("Lease \xff of \xc3\x28")
	e.Added.Gateway, e.Added.Reference = "off\xffice", "\u2028<&>"
	e.Added.Signers = []request.Signer{} // JSON omits an empty list
	given := mustAppend(t, l, "a", e)
	if diff := cmp.Diff(given, mustGet(t, l, "a")); diff != "" {
		t.Errorf("as it is read (-given +read):\n%s", diff)
	}
	before := mustRead(t, l)
	mustRebuild(t, l)
	if diff := cmp.Diff(before, mustRead(t, l)); diff != "" {
		t.Errorf("as it is rebuilt (-before +after):\n%s", diff)
	}
	if page := mustQuery(t, l, Query{Gateway: given.Gateway}); len(page.Requests) != 1 {
		t.Error("not found by its gateway")
	}
}

func TestWhatIsAppendedIsThereForOthersAtOnce(t *testing.T) {
	dir := t.TempDir()
	l, other := mustOpen(t, dir, Options{Exclusive: true}), mustOpen(t, dir, Options{Exclusive: true})
	want := mustAppend(t, l, "a", added("A"))
	if diff := cmp.Diff(want, mustGet(t, other, "a")); diff != "" {
		t.Errorf("as the other reads it (-want +got):\n%s", diff)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, mustGet(t, mustOpen(t, dir, Options{Exclusive: true}), "a")); diff != "" {
		t.Errorf("as it is after a restart (-want +got):\n%s", diff)
	}
}

func TestACanceledAppendWritesNothing(t *testing.T) {
	l := mustNew(t)
	before := mustRead(t, l)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Append(ctx, Change{ID: "a", Events: []request.Event{added("A")}}); !errors.Is(err, context.Canceled) {
		t.Errorf("error: %v", err)
	}
	if diff := cmp.Diff(before, mustRead(t, l)); diff != "" {
		t.Errorf("something was written (-before +after):\n%s", diff)
	}
}

// Goroutines with two ledgers, and two more processes, write to one home at the same time. Each
// adds requests of its own, and appends to one that all share.
func TestManyWritersLoseNothing(t *testing.T) {
	dir := t.TempDir()
	l, second := mustOpen(t, dir, Options{}), mustOpen(t, dir, Options{})
	mustAppend(t, l, shared, added("Shared"))

	writers := []string{"p1", "p2"}
	processes := []*hometest.Process{hometest.MustStart(t, "append with turn", dir, "p1"), hometest.MustStart(t, "append with turn", dir, "p2")}
	var wait sync.WaitGroup
	for i, ledger := range []*Ledger{l, l, second} {
		name := fmt.Sprintf("g%d", i)
		writers = append(writers, name)
		wait.Go(func() {
			if err := appendMany(name)(t.Context(), ledger); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	for _, p := range processes {
		p.MustStop()
	}

	var want, got []string
	for _, w := range writers {
		for i := range ownRequests {
			mustGet(t, l, request.ID(fmt.Sprintf("%s-%d", w, i)))
		}
		for i := range sharedReturns {
			want = append(want, string(request.VisitIDOf(fmt.Sprintf("%s-%d", w, i))))
		}
	}
	events, err := l.Events(t.Context(), shared)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events[1:] {
		got = append(got, string(e.Return.VisitID))
	}
	if diff := cmp.Diff(want, got, sorted); diff != "" {
		t.Errorf("returns on the shared request (-want +got):\n%s", diff)
	}
	total := 1 + len(writers)*(ownRequests+sharedReturns)
	if a := mustAudit(t, l); a.Fault != nil || a.Events != total {
		t.Errorf("audit: %+v of %d events", a, total)
	}
	mustEqualItsRebuild(t, l)
}

// A process is killed several times while it appends. Every append that it reported is stored, and
// no append is stored in part.
func TestAKilledWriterLeavesAWholeLedger(t *testing.T) {
	dir := t.TempDir()
	var done []request.ID
	for round := range 4 {
		c := hometest.MustStart(t, "append for ever", dir, fmt.Sprintf("round%d", round))
		for range 1 + 7*round {
			done = append(done, request.ID(c.MustReadLine()))
		}
		c.MustKill()

		l := mustOpen(t, dir, Options{Exclusive: true})
		for _, id := range done {
			if r := mustGet(t, l, id); r.Version != 3 {
				t.Errorf("%s is at version %d", id, r.Version)
			}
		}
		if a := mustAudit(t, l); a.Fault != nil || a.Events < 3*len(done) || a.Events%3 > 0 {
			t.Errorf("audit: %+v after %d appends", a, len(done))
		}
		mustEqualItsRebuild(t, l)
	}
}
