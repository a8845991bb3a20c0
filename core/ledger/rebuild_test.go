package ledger

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	bolt "go.etcd.io/bbolt"
	"pgregory.net/rapid"

	"countersign/core/home/hometest"
	"countersign/core/request"
)

func mustRebuild(t testing.TB, l *Ledger) {
	t.Helper()
	if err := l.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// mustEqualItsRebuild rebuilds a ledger, and compares all keys and values before and after.
func mustEqualItsRebuild(t testing.TB, l *Ledger) {
	t.Helper()
	before := mustRead(t, l)
	mustRebuild(t, l)
	if diff := cmp.Diff(before, mustRead(t, l)); diff != "" {
		t.Errorf("a rebuild is not what was there (-before +after):\n%s", diff)
	}
}

func TestARebuiltLedgerIsTheSame(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := newHistory(rt, t)
		defer h.close()
		h.ledger.putsPerTx = rapid.SampledFrom([]int{1, 3, defaultLimits.putsPerTx}).Draw(rt, "puts at once")
		h.ledger.sortBytes = rapid.SampledFrom([]int{1, 500, defaultLimits.sortBytes}).Draw(rt, "sorts at once")
		before := mustRead(t, h.ledger)
		mustRebuild(t, h.ledger)
		if diff := cmp.Diff(before, mustRead(t, h.ledger)); diff != "" {
			rt.Fatalf("a rebuild is not what was there (-before +after):\n%s", diff)
		}
	})
}

// The visits of earlier attempts stay, since their browsers may still return. That also holds if one
// append contains several attempts.
func TestVisitsOfEarlierAttemptsStay(t *testing.T) {
	l := mustNew(t)
	mustAppend(t, l, "a", added("A"), launched("a", "t1"), withdrawn, reopened, launched("a", "t2"), answered("t2", request.Failed), reopened)
	for _, when := range []string{"appended", "rebuilt"} {
		for _, ticket := range []string{"t1", "t2"} {
			if v, err := l.Visit(t.Context(), request.VisitIDOf(ticket)); err != nil || v.ID != request.VisitIDOf(ticket) {
				t.Errorf("%s: visit %s: %+v, %v", when, ticket, v, err)
			}
		}
		mustEqualItsRebuild(t, l)
	}
}

func TestRebuildRepairsDerivedBuckets(t *testing.T) {
	tests := map[string]func(*bolt.Tx) error{
		"a request that was altered": func(tx *bolt.Tx) error {
			return tx.Bucket(bucketRequests).Put([]byte("a"), []byte(`{"id":"a","status":"signed"}`))
		},
		"a request that is no JSON":        func(tx *bolt.Tx) error { return tx.Bucket(bucketRequests).Put([]byte("a"), []byte("{")) },
		"a request too many":               func(tx *bolt.Tx) error { return tx.Bucket(bucketRequests).Put([]byte("x"), []byte(`{"id":"x"}`)) },
		"a row too many":                   func(tx *bolt.Tx) error { return change(tx, bucketSortKeys, []byte("\x01xxxxxxxxx"), true) },
		"a bucket of records that is lost": func(tx *bolt.Tx) error { return tx.DeleteBucket(bucketAttemptStats) },
		"a visit that is lost":             func(tx *bolt.Tx) error { return tx.Bucket(bucketVisits).Delete([]byte(request.VisitIDOf("t1"))) },
		"a count that is wrong":            func(tx *bolt.Tx) error { return addToCounter(tx, group{0, statusByte(request.Gone)}, 7) },
		"a bucket that is lost":            func(tx *bolt.Tx) error { return tx.DeleteBucket(bucketTerms) },
	}
	for name, damage := range tests {
		t.Run(name, func(t *testing.T) {
			l := mustNew(t)
			mustAppend(t, l, "a", added("A"), launched("a", "t1"))
			mustAppend(t, l, "b", added("B"), withdrawn)
			before := mustRead(t, l)
			mustTamper(t, l, damage)
			mustRebuild(t, l)
			if diff := cmp.Diff(before, mustRead(t, l)); diff != "" {
				t.Errorf("not mended (-before +after):\n%s", diff)
			}
		})
	}
}

func TestARebuildThatFailsChangesNothing(t *testing.T) {
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	tests := []struct {
		name   string
		ctx    context.Context
		damage func(*bolt.Tx) error
	}{
		{"an event is gone", t.Context(), func(tx *bolt.Tx) error { return tx.Bucket(bucketEvents).Delete(eventKey("a", 1)) }},
		{"an event cannot have happened", t.Context(), func(tx *bolt.Tx) error {
			return tx.Bucket(bucketEvents).Put(eventKey("a", 2), []byte(`{"seq":2,"kind":"reopened"}`))
		}},
		{"an event is no JSON", t.Context(), func(tx *bolt.Tx) error { return tx.Bucket(bucketEvents).Put(eventKey("a", 2), []byte("{")) }},
		{"a journal entry is torn", t.Context(), func(tx *bolt.Tx) error { return tx.Bucket(bucketJournal).Put(encodeNumber(2), []byte("torn")) }},
		{"it is canceled", canceled, func(*bolt.Tx) error { return nil }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := mustNew(t)
			mustAppend(t, l, "a", added("A"), withdrawn)
			mustTamper(t, l, test.damage)
			before := mustReadFile(t, l)
			if err := l.Rebuild(test.ctx); err == nil {
				t.Error("no error")
			}
			if !bytes.Equal(before, mustReadFile(t, l)) {
				t.Error("the file was changed")
			}
			mustHoldOnly(t, l, FileName, lockName, wantedName)
		})
	}
}

// An event without a journal entry is kept for an audit to find, but it is not folded.
func TestARebuildKeepsButIgnoresEventsWithoutAnEntry(t *testing.T) {
	l := mustNew(t)
	mustAppend(t, l, "a", added("A"))
	mustTamper(t, l, func(tx *bolt.Tx) error {
		return tx.Bucket(bucketEvents).Put(eventKey("a", 2), []byte(`{"seq":2,"kind":"withdrawn"}`))
	})
	mustEqualItsRebuild(t, l)
	if r := mustGet(t, l, "a"); r.Status != request.Pending {
		t.Errorf("it is %s", r.Status)
	}
	if a := mustAudit(t, l); a.Fault == nil || a.Fault.Seq != 2 {
		t.Errorf("audit: %+v", a)
	}
}

func TestARebuildGoesOnAfterOneThatWasKilled(t *testing.T) {
	l := mustNew(t)
	mustAppend(t, l, "a", added("A"))
	if err := os.WriteFile(filepath.Join(l.dir, rebuiltName), []byte("half a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	mustEqualItsRebuild(t, l)
	mustHoldOnly(t, l, FileName, lockName, wantedName)
	if info, err := os.Stat(filepath.Join(l.dir, FileName)); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("the new file: %v, %v", info.Mode(), err)
	}
	mustAppend(t, l, "a", withdrawn)
}

func TestRebuildWaitsItsTurn(t *testing.T) {
	dir := t.TempDir()
	l := mustOpen(t, dir, Options{Exclusive: true})
	c := hometest.MustStart(t, "hold the ledger", dir, "")
	c.MustReadLine()
	l.opts.LockTimeout = brief
	if err := l.Rebuild(t.Context()); !errors.Is(err, ErrBusy) {
		t.Errorf("error: %v", err)
	}
	c.MustStop()
	l.opts.LockTimeout = defaultWait
	mustRebuild(t, l)
}

func mustReadFile(t testing.TB, l *Ledger) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(l.dir, FileName))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// mustHoldOnly fails the test if the ledger's folder has other files than these.
func mustHoldOnly(t testing.TB, l *Ledger, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(l.dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if diff := cmp.Diff(names, got, sorted); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

// A damaged file makes its reader panic. The new file cannot be closed while it has an open transaction.
func TestAStepThatPanicsLeavesNoFileOpen(t *testing.T) {
	l := mustNew(t)
	path := filepath.Join(l.dir, rebuiltName)
	err := l.readTx(t.Context(), func(tx *bolt.Tx) error {
		return l.fillFile(path, tx, func(fresh *bolt.DB) error {
			b := &rebuilder{ctx: t.Context(), guard: l.catchPanic, old: tx, fresh: fresh, maxPuts: 10}
			return b.steps(b.createBuckets, func() error { return b.put(bucketMeta, []byte("k"), nil) }, func() error { panic("damaged") })
		})
	})
	if !errors.Is(err, ErrDamaged) {
		t.Errorf("error: %v", err)
	}
	fresh, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: time.Millisecond}) // fails while it is open
	if err != nil {
		t.Fatal(err)
	}
	if err := fresh.Close(); err != nil {
		t.Error(err)
	}
}
