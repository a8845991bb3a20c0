package ledger

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	bolt "go.etcd.io/bbolt"

	"countersign/core/home/hometest"
	"countersign/core/request"
)

func mustWatch(t *testing.T, ctx context.Context, l *Ledger) <-chan Notice {
	t.Helper()
	notices, err := l.Watch(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return notices
}

// mustReceive waits for n events, in however many notices.
func mustReceive(t *testing.T, notices <-chan Notice, n int) (told []string) {
	t.Helper()
	for len(told) < n {
		notice, open := <-notices
		if !open || notice.Missed || len(notice.Events) == 0 {
			t.Fatalf("after %v: %+v, open %t", told, notice, open)
		}
		for _, e := range notice.Events {
			told = append(told, fmt.Sprintf("%s %d %s", e.ID, e.Event.Seq, e.Event.Kind))
		}
	}
	return told
}

func TestWatchReportsWhatIsAppendedFromNowOn(t *testing.T) {
	l := mustNew(t)
	mustAppend(t, l, "a", added("A"))
	first, second := mustWatch(t, t.Context(), l), mustWatch(t, t.Context(), l)
	mustChange(
		t, l,
		Change{ID: "b", Events: []request.Event{added("B"), withdrawn}},
		Change{ID: "a", Version: 1, Events: []request.Event{withdrawn}},
	)
	mustAppend(t, l, "a", reopened)
	want := []string{"b 1 added", "b 2 withdrawn", "a 2 withdrawn", "a 3 reopened"}
	for name, notices := range map[string]<-chan Notice{"first": first, "second": second} {
		if diff := cmp.Diff(want, mustReceive(t, notices, len(want))); diff != "" {
			t.Errorf("%s watcher (-want +got):\n%s", name, diff)
		}
	}
}

func TestWatchIgnoresRefusedAppends(t *testing.T) {
	l := mustNew(t)
	notices := mustWatch(t, t.Context(), l)
	if _, err := l.Append(t.Context(), Change{ID: "a", Events: []request.Event{added("A"), reopened}}); err == nil {
		t.Fatal("not refused")
	}
	mustAppend(t, l, "b", added("B"))
	if diff := cmp.Diff([]string{"b 1 added"}, mustReceive(t, notices, 1)); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}

func TestWatchReportsChangesOfAnotherProcess(t *testing.T) {
	l := mustOpen(t, t.TempDir(), Options{})
	notices := mustWatch(t, t.Context(), l)
	for _, name := range []string{"a", "b"} {
		hometest.MustStart(t, "add one", l.dir, name).MustStop()
		if diff := cmp.Diff([]string{name + " 1 added"}, mustReceive(t, notices, 1)); diff != "" {
			t.Errorf("told (-want +got):\n%s", diff)
		}
	}
	// A rebuild replaces the file.
	mustRebuild(t, l)
	hometest.MustStart(t, "add one", l.dir, "c").MustStop()
	if diff := cmp.Diff([]string{"c 1 added"}, mustReceive(t, notices, 1)); diff != "" {
		t.Errorf("told after a rebuild (-want +got):\n%s", diff)
	}
}

// A slow receiver of notices delays nobody. If it is too slow, a notice says that it has to read everything again.
func TestASlowWatcherLearnsThatItMissedSomething(t *testing.T) {
	l := mustNew(t)
	notices := mustWatch(t, t.Context(), l)
	mustAppend(t, l, "a", added("A"))
	mustAppend(t, l, "a", manyReturns(backlog+1)...) // nobody has received yet
	notice := <-notices
	if !notice.Missed { // the first append was read before the second
		if len(notice.Events) != 1 {
			t.Fatalf("%d events, and nothing missed", len(notice.Events))
		}
		notice = <-notices
	}
	if !notice.Missed || len(notice.Events) > 0 {
		t.Errorf("missed %t, with %d events", notice.Missed, len(notice.Events))
	}
	mustAppend(t, l, "b", added("B"))
	if diff := cmp.Diff([]string{"b 1 added"}, mustReceive(t, notices, 1)); diff != "" {
		t.Errorf("told afterwards (-want +got):\n%s", diff)
	}
}

func TestAWatcherWithinTheBacklogMissesNothing(t *testing.T) {
	l := mustNew(t)
	mustAppend(t, l, "a", added("A"))
	notices := mustWatch(t, t.Context(), l)
	mustAppend(t, l, "a", manyReturns(backlog)...)
	if told := mustReceive(t, notices, backlog); told[backlog-1] != fmt.Sprintf("a %d returned", backlog+1) {
		t.Errorf("the last is %s", told[backlog-1])
	}
	mustAppend(t, l, "a", manyReturns(backlog+1)...)
	if notice := <-notices; !notice.Missed {
		t.Errorf("%d events past the backlog are told", len(notice.Events))
	}
}

func manyReturns(n int) (events []request.Event) {
	for range n {
		events = append(events, returned("t"))
	}
	return events
}

func TestAWatcherLearnsThatChangesCouldNotBeRead(t *testing.T) {
	l := mustNew(t)
	notices := mustWatch(t, t.Context(), l)
	mustTamper(t, l, func(tx *bolt.Tx) error { return tx.Bucket(bucketJournal).Put(encodeNumber(1), []byte("torn")) })
	l.changes.Send()
	if notice := <-notices; !notice.Missed {
		t.Errorf("notice: %+v", notice)
	}
}

func TestTheChannelClosesWhenTheWatchEnds(t *testing.T) {
	ends := map[string]func(l *Ledger, cancel func()) error{
		"its context ends":     func(_ *Ledger, cancel func()) error { cancel(); return nil },
		"the ledger is closed": func(l *Ledger, _ func()) error { return l.Close() },
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			for _, state := range []string{"idle", "with a notice that nobody receives"} {
				l := mustOpen(t, t.TempDir(), Options{})
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				notices := mustWatch(t, ctx, l)
				if state != "idle" {
					mustAppend(t, l, "a", added("A"))
				}
				if err := end(l, cancel); err != nil {
					t.Fatal(err)
				}
				if name == "the ledger is closed" { // then Close has waited for the goroutine
					select {
					case _, open := <-notices:
						if open {
							t.Error("a closed ledger sends a notice")
						}
					default:
						t.Error("the channel is still open")
					}
				}
				for range notices { // one notice may still arrive
				}
			}
		})
	}
}

func TestAWatchOfAClosedLedgerIsOverAtOnce(t *testing.T) {
	l := mustNew(t)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for range mustWatch(t, t.Context(), l) {
		t.Error("it sends a notice")
	}
}

func TestManyWatchersOfManyWritersReceiveEverythingInOrder(t *testing.T) {
	l := mustOpen(t, t.TempDir(), Options{Exclusive: true})
	const writers, each = 3, 10
	var watches []<-chan Notice
	for range 3 {
		watches = append(watches, mustWatch(t, t.Context(), l))
	}
	var wait sync.WaitGroup
	for w := range writers {
		wait.Go(func() {
			for i := range each {
				if err := addOne(fmt.Sprintf("%d-%d", w, i))(t.Context(), l); err != nil {
					t.Error(err)
				}
			}
		})
	}
	var all [][]string
	for _, notices := range watches {
		all = append(all, mustReceive(t, notices, writers*each))
	}
	wait.Wait()
	for _, told := range all[1:] {
		if diff := cmp.Diff(all[0], told); diff != "" {
			t.Errorf("two watchers are told differently:\n%s", diff)
		}
	}
}

// Closing a ledger while Watch starts must neither crash nor leave a goroutine behind.
func TestWatchingAndClosingAtOnceEndsWell(t *testing.T) {
	for range 50 {
		l, err := Open(t.Context(), t.TempDir(), Options{})
		if err != nil {
			t.Fatal(err)
		}
		var done sync.WaitGroup
		done.Go(func() {
			notices, err := l.Watch(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			for range notices { // ends with the ledger
			}
		})
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		done.Wait()
	}
}
