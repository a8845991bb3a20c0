package ledger

import (
	"context"
	"errors"
	"fmt"
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
	if err := l.AttemptStats(t.Context(), StatQuery{From: from, To: to}, func(f AttemptStat) error { all = append(all, f); return nil }); err != nil {
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
		err := h.ledger.AttemptStats(rt.Context(), StatQuery{}, func(f AttemptStat) error { got = append(got, f); return nil })
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
	if err := l.AttemptStats(ctx, StatQuery{}, func(AttemptStat) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("error: %v", err)
	}
	stop := errors.New("enough")
	if err := l.AttemptStats(t.Context(), StatQuery{}, func(AttemptStat) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("error: %v", err)
	}
}

func TestADamagedRecordIsAnError(t *testing.T) {
	l := mustNew(t)
	mustTamper(t, l, func(tx *bolt.Tx) error { return tx.Bucket(bucketAttemptStats).Put([]byte("\x01short"), nil) })
	if err := l.AttemptStats(t.Context(), StatQuery{}, func(AttemptStat) error { return nil }); !errors.Is(err, errBadStat) {
		t.Errorf("error: %v", err)
	}
}

// Whoever reads with several functions reads the same records as with one, and only those of the wanted durations.
func TestSeveralReadersShareTheAttemptStats(t *testing.T) {
	l := mustNew(t)
	for i := range 40 {
		id := fmt.Sprintf("r%02d", i)
		at := start.Add(time.Duration(i*i) * time.Hour)
		add, out, answer := added(fmt.Sprint("A ", i)), launched(id, "t-"+id), answered("t-"+id, request.Signed)
		add.By, add.At, out.At, answer.At = fmt.Sprint("clerk ", i%3), at, at, at.Add(time.Duration(i)*time.Minute)
		mustChange(t, l, Change{ID: request.ID(id), Events: []request.Event{add, out, answer}})
	}
	mustAppend(t, l, "open", added("B"))
	byTime := func(a, b AttemptStat) int { return a.At.Compare(b.At) }
	for _, q := range []StatQuery{
		{},
		{From: start.Add(9 * time.Hour), To: start.Add(900 * time.Hour)},
		{From: start.AddDate(1, 0, 0)},
		{Took: func(took time.Duration) bool { return took > 20*time.Minute }},
	} {
		var want []AttemptStat
		if err := l.AttemptStats(t.Context(), q, func(a AttemptStat) error { want = append(want, a); return nil }); err != nil {
			t.Fatal(err)
		}
		parts, each := make([][]AttemptStat, 3), make([]func(AttemptStat) error, 3)
		for i := range parts {
			each[i] = func(a AttemptStat) error { parts[i] = append(parts[i], a); return nil }
		}
		if err := l.AttemptStats(t.Context(), q, each...); err != nil {
			t.Fatal(err)
		}
		got := slices.Concat(parts...)
		slices.SortFunc(want, byTime)
		slices.SortFunc(got, byTime)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%+v (-one +several):\n%s", q, diff)
		}
		for _, a := range want {
			if q.Took != nil && !q.Took(a.Took) {
				t.Errorf("%v is read", a.Took)
			}
		}
	}
}

// Decoding any bytes must not panic.
func FuzzDecodeAttemptStat(f *testing.F) {
	key, value := encodeAttemptStat(&request.Request{ID: "a", Status: request.Signed, Gateway: "office", AddedBy: "ana", CreatedAt: start, EndedAt: &start, LaunchedAt: &start, Attempt: 2}, 1)
	f.Add(key, value)
	f.Add(key, value[:3])
	f.Add(key, append(value, 0xff))
	f.Fuzz(func(t *testing.T, key, value []byte) {
		took, kind, err := decodeTook(key, value)
		if err != nil {
			return
		}
		decoder := statDecoders.New().(*statDecoder)
		var read []AttemptStat
		for range 2 { // the kind is known the second time
			err := decoder.pass(key, took, value[0], kind, func(a AttemptStat) error { read = append(read, a); return nil })
			if err == nil && !read[len(read)-1].Status.Valid() {
				t.Errorf("%x, %x is read as %+v", key, value, read)
			}
		}
		if diff := cmp.Diff(read[:len(read)/2], read[len(read)/2:]); diff != "" {
			t.Errorf("%x, %x is read as another attempt the second time (-first +second):\n%s", key, value, diff)
		}
	})
}
