package ledger

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	bolt "go.etcd.io/bbolt"
	"pgregory.net/rapid"

	"countersign/core/request"
)

func mustAttemptStats(t testing.TB, l *Ledger, from, to time.Time) []AttemptStat {
	t.Helper()
	var all []AttemptStat
	if err := l.AttemptStats(t.Context(), from, to, func(f AttemptStat) error { all = append(all, f); return nil }); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestEachAttemptHasARecord(t *testing.T) {
	l := mustNew(t)
	e := added("A")
	e.By = "ana"
	mustAppend(t, l, "a", e)                                              // at second 1
	mustAppend(t, l, "a", launched("a", "t1"))                            // 2
	mustAppend(t, l, "a", answered("t1", request.Rejected))               // 3
	mustAppend(t, l, "a", reopened)                                       // 4
	mustAppend(t, l, "a", launched("a", "t2"))                            // 5
	mustAppend(t, l, "a", answered("t2", request.Signed), returned("t2")) // 6
	mustAppend(t, l, "b", added("B"))                                     // 7
	mustAppend(t, l, "c", added(strings.Repeat("C", 500)), withdrawn)     // 8
	second := func(n int) time.Time { return start.Add(time.Duration(n) * time.Second) }
	want := []AttemptStat{
		{second(7), -time.Millisecond, &AttemptKind{Status: request.Pending, Gateway: "office"}},
		{second(3), time.Second, &AttemptKind{Status: request.Rejected, Gateway: "office", Person: "ana", Message: "said rejected"}},
		{second(6), time.Second, &AttemptKind{Status: request.Signed, Gateway: "office", Person: "ana"}},
		{second(8), -time.Millisecond, &AttemptKind{Status: request.Withdrawn, Gateway: "office"}},
	}
	if diff := cmp.Diff(want, mustAttemptStats(t, l, time.Time{}, time.Time{})); diff != "" {
		t.Errorf("all (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want[:3], mustAttemptStats(t, l, second(3), second(8))); diff != "" {
		t.Errorf("of a time (-want +got):\n%s", diff)
	}
	mustEqualItsRebuild(t, l)
}

// What was tried out at a practice gateway is not counted. An attempt stays what it was when its visit began.
func TestPracticeAttemptsHaveNoRecord(t *testing.T) {
	l := mustNew(t)
	practiced, launchedThere := added("A"), launched("a", "t1")
	practiced.Added.Gateway, launchedThere.Visit.Gateway = "sandbox", "sandbox"
	mustAppend(t, l, "a", practiced, launchedThere, answered("t1", request.Rejected), request.Event{Kind: request.KindArchived})
	if all := mustAttemptStats(t, l, time.Time{}, time.Time{}); len(all) != 0 {
		t.Errorf("records: %+v", all)
	}
	seriously := launched("a", "t2") // the name belongs to a real gateway by now
	seriously.Visit.Gateway, seriously.Visit.Practice = "sandbox", request.StatePractice("sandbox", false)
	mustAppend(t, l, "a", reopened, seriously, answered("t2", request.Signed))
	if all := mustAttemptStats(t, l, time.Time{}, time.Time{}); len(all) != 1 || all[0].Status != request.Signed {
		t.Errorf("records: %+v", all)
	}
	mustEqualItsRebuild(t, l)
}

// Archiving changes no statistics.
func TestArchivedAttemptsKeepTheirRecords(t *testing.T) {
	l := mustNew(t)
	mustAppend(t, l, "a", added("A"), launched("a", "t1"), answered("t1", request.Signed))
	before := mustAttemptStats(t, l, time.Time{}, time.Time{})
	mustAppend(t, l, "a", request.Event{Kind: request.KindArchived, By: "ana", Reason: "done"})
	if diff := cmp.Diff(before, mustAttemptStats(t, l, time.Time{}, time.Time{})); diff != "" || len(before) != 1 {
		t.Errorf("records (-before +after):\n%s", diff)
	}
}

// A signature that only the browser reported, and that was tried again, does not count.
func TestAnUnconfirmedSignatureThatIsTriedAgainHasNoRecord(t *testing.T) {
	l := mustNew(t)
	hearsay := answered("t1", request.Signed)
	hearsay.Answer.Evidence = request.ByBrowser
	mustAppend(t, l, "a", added("A"), launched("a", "t1"), hearsay, reopened)
	if all := mustAttemptStats(t, l, time.Time{}, time.Time{}); len(all) != 1 || all[0].Status != request.Pending {
		t.Errorf("records: %+v", all)
	}
	mustEqualItsRebuild(t, l)
}

func TestAttemptStatsAgreeWithTheModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := newHistory(rt, t)
		defer h.close()
		var want []AttemptStat
		for _, m := range h.model {
			r := request.Request{ID: m.ID}
			for _, e := range m.events {
				if e.Kind == request.KindReopened && r.Status != request.Signed && !r.Practice {
					want = append(want, modelStat(r))
				}
				r, _ = r.Apply(e)
			}
			if !r.Practice {
				want = append(want, modelStat(r))
			}
		}
		var got []AttemptStat
		err := h.ledger.AttemptStats(rt.Context(), time.Time{}, time.Time{}, func(f AttemptStat) error { got = append(got, f); return nil })
		if err != nil {
			rt.Fatal(err)
		}
		inTime := func(f AttemptStat) bool { return f.Status.Ended() }
		if !slices.IsSortedFunc(got, func(a, b AttemptStat) int {
			if inTime(a) != inTime(b) {
				return map[bool]int{false: -1, true: 1}[inTime(a)]
			}
			return a.At.Compare(b.At)
		}) {
			rt.Fatalf("not in order: %+v", got)
		}
		text := func(f AttemptStat) string {
			return f.At.String() + string(f.Status) + f.Gateway + f.Person + f.Took.String() + f.Message
		}
		byText := func(a, b AttemptStat) int { return strings.Compare(text(a), text(b)) }
		slices.SortFunc(want, byText)
		slices.SortFunc(got, byText)
		if diff := cmp.Diff(want, got, emptyIsNil); diff != "" {
			rt.Fatalf("records (-want +got):\n%s", diff)
		}
	})
}

func modelStat(r request.Request) AttemptStat {
	f := AttemptStat{r.CreatedAt, -time.Millisecond, &AttemptKind{Status: r.Status, Gateway: r.Gateway, Person: r.AddedBy}}
	if r.Status.Ended() {
		f.At = *r.EndedAt
		if r.LaunchedAt != nil {
			f.Took = max(0, f.At.Sub(*r.LaunchedAt))
		}
		if r.Status != request.Signed && r.Status != request.Withdrawn {
			f.Message = r.Outcome.Message
		}
	}
	return f
}

func TestReadingAttemptStatsCanBeCanceled(t *testing.T) {
	l := mustNew(t)
	mustAppend(t, l, "a", added("A"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.AttemptStats(ctx, time.Time{}, time.Time{}, func(AttemptStat) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("error: %v", err)
	}
	stop := errors.New("enough")
	if err := l.AttemptStats(t.Context(), time.Time{}, time.Time{}, func(AttemptStat) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("error: %v", err)
	}
}

func TestADamagedRecordIsAnError(t *testing.T) {
	l := mustNew(t)
	mustTamper(t, l, func(tx *bolt.Tx) error { return tx.Bucket(bucketAttemptStats).Put([]byte("\x01short"), nil) })
	if err := l.AttemptStats(t.Context(), time.Time{}, time.Time{}, func(AttemptStat) error { return nil }); !errors.Is(err, errBadStat) {
		t.Errorf("error: %v", err)
	}
}

// Decoding any bytes must not panic.
func FuzzDecodeAttemptStat(f *testing.F) {
	key, value := encodeAttemptStat(request.Request{ID: "a", Status: request.Signed, Gateway: "office", AddedBy: "ana", CreatedAt: start, EndedAt: &start, LaunchedAt: &start, Attempt: 2}, 1)
	f.Add(key, value)
	f.Add(key, value[:3])
	f.Add(key, append(value, 0xff))
	f.Fuzz(func(t *testing.T, key, value []byte) {
		r := statDecoder{kinds: map[string]*AttemptKind{}}
		if got, err := r.decode(key, value); err == nil && !got.Status.Valid() {
			t.Errorf("%x, %x is read as %+v", key, value, got)
		}
	})
}
