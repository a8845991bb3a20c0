package ledger

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	bolt "go.etcd.io/bbolt"
	"pgregory.net/rapid"

	"countersign/core/request"
)

// mustRecord returns all events of a ledger in the order of their entries.
func mustRecord(t testing.TB, l *Ledger) (all []Recorded) {
	t.Helper()
	err := l.readTx(t.Context(), func(tx *bolt.Tx) error {
		return tx.Bucket(bucketJournal).ForEach(func(_, v []byte) error {
			e, err := parseEntry(v)
			all = append(all, Recorded{e.id, e.seq, bytes.Clone(tx.Bucket(bucketEvents).Get(eventKey(e.id, e.seq)))})
			return err
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func withoutErrors(all []Recorded) iter.Seq2[Recorded, error] { return endingWith(all, nil) }

func endingWith(all []Recorded, err error) iter.Seq2[Recorded, error] {
	return func(yield func(Recorded, error) bool) {
		for _, r := range all {
			if !yield(r, nil) {
				return
			}
		}
		if err != nil {
			yield(Recorded{}, err)
		}
	}
}

// Events that are loaded, in one part or in two, make the ledger that appending them made, but for the addresses.
func TestALoadedLedgerIsAsIfItHadBeenAppendedTo(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := newHistory(rt, t)
		defer h.close()
		all, want := mustRecord(t, h.ledger), mustRead(t, h.ledger)
		l := mustNew(t)
		l.putsPerTx = rapid.SampledFrom([]int{1, 3, defaultLimits.putsPerTx}).Draw(rt, "puts at once")
		l.sortBytes = rapid.SampledFrom([]int{1, 500, defaultLimits.sortBytes}).Draw(rt, "sorts at once")
		first := rapid.IntRange(0, len(all)).Draw(rt, "first part")
		for _, part := range [][]Recorded{all[:first], all[first:]} {
			if err := l.Load(t.Context(), withoutErrors(part)); err != nil {
				rt.Fatal(err)
			}
		}
		got := mustRead(t, l)
		clear(want["launches"])
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Fatalf("a loaded ledger is another one (-appended +loaded):\n%s", diff)
		}
		if a, err := l.Audit(t.Context(), AuditOptions{}); err != nil || a.Events != len(all) || a.Fault != nil && a.Fault.Document == "" {
			rt.Fatalf("audit: %+v, %v", a, err)
		}
	})
}

func mustNewSource(t testing.TB) []Recorded {
	t.Helper()
	l := mustNew(t)
	mustAppend(t, l, "a", added("A"), launched("a", "t1"))
	mustAppend(t, l, "b", added("B"), withdrawn)
	return mustRecord(t, l)
}

// Whoever loads events may be interrupted, and go on later.
func TestALoadKeepsWhatCameBeforeAnError(t *testing.T) {
	all, lost := mustNewSource(t), errors.New("the line was lost")
	l := mustNew(t)
	if err := l.Load(t.Context(), endingWith(all[:3], lost)); !errors.Is(err, lost) {
		t.Fatalf("error %v", err)
	}
	if got := mustRecord(t, l); len(got) != 3 {
		t.Fatalf("%d events", len(got))
	}
	if err := l.Load(t.Context(), withoutErrors(all[3:])); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(all, mustRecord(t, l)); diff != "" {
		t.Error(diff)
	}
	mustAppend(t, l, "b", reopened)
	mustEqualItsRebuild(t, l)
}

func TestALoadThatFailsChangesNothing(t *testing.T) {
	all := mustNewSource(t)
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	event := []byte(`{"seq":3,"kind":"withdrawn"}`)
	tests := []struct {
		name string
		ctx  context.Context
		last Recorded
	}{
		{"an event cannot happen", t.Context(), Recorded{"b", 3, event}},
		{"an event before it is missing", t.Context(), Recorded{"a", 4, event}},
		{"an event that is there already", t.Context(), Recorded{"a", 2, all[1].Event}},
		{"no JSON", t.Context(), Recorded{"a", 3, []byte("{")}},
		{"no id", t.Context(), Recorded{"", 1, event}},
		{"an id that would not be found again", t.Context(), Recorded{"a\x00b", 1, event}},
		{"no number", t.Context(), Recorded{"a", 0, event}},
		{"no content", t.Context(), Recorded{"a", 3, nil}},
		{"it is canceled", canceled, Recorded{"a", 3, event}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := mustNew(t)
			if err := l.Load(t.Context(), withoutErrors(all)); err != nil {
				t.Fatal(err)
			}
			before := mustReadFile(t, l)
			if err := l.Load(test.ctx, withoutErrors([]Recorded{test.last})); err == nil {
				t.Error("no error")
			}
			if !bytes.Equal(before, mustReadFile(t, l)) {
				t.Error("the file was changed")
			}
			mustHoldOnly(t, l, FileName, lockName, wantedName)
		})
	}
}

func TestWatchersSeeWhatIsLoaded(t *testing.T) {
	l := mustNew(t)
	notices, err := l.Watch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Load(t.Context(), withoutErrors(mustNewSource(t))); err != nil {
		t.Fatal(err)
	}
	var got []request.ID
	for len(got) < 4 {
		for _, e := range (<-notices).Events {
			got = append(got, e.ID)
		}
	}
	if !slices.Equal(got, []request.ID{"a", "a", "b", "b"}) {
		t.Errorf("got %v", got)
	}
}
