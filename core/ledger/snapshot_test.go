package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	bolt "go.etcd.io/bbolt"

	"countersign/core/request"
)

func TestASnapshotIsALedger(t *testing.T) {
	l, _, _ := mustNewWovenSigned(t)
	want := mustRead(t, l)
	dir := t.TempDir()
	path := filepath.Join(dir, FileName)
	if err := l.Snapshot(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	mustAppend(t, l, "later", added("Later"))
	clear(want["launches"])
	if diff := cmp.Diff(want, mustRead(t, mustOpen(t, dir, Options{Exclusive: true}))); diff != "" {
		t.Errorf("content (-want +got):\n%s", diff)
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if err := l.Snapshot(t.Context(), path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over an existing file: %v", err)
	}
}

// The pages that a ledger no longer uses still have what was deleted, or moved, before.
func TestASnapshotHasNoAddress(t *testing.T) {
	l := mustNew(t)
	for i := range 20 {
		id := fmt.Sprintf("r%d", i)
		r := mustAppend(t, l, request.ID(id), added("R"), launched(id, longTicket+id))
		if i%2 == 0 {
			mustAppend(t, l, r.ID, answered(longTicket+id, request.Signed))
		}
	}
	path := filepath.Join(t.TempDir(), FileName)
	if err := l.Snapshot(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil || bytes.Contains(content, []byte(longTicket)) {
		t.Errorf("%d bytes with a ticket, %v", len(content), err)
	}
	mustHoldOnly(t, mustOpen(t, filepath.Dir(path), Options{Exclusive: true}), FileName, lockName, wantedName)
}

// A snapshot is made of pages, some of which are elsewhere in the copy. It has none that is free, and a ledger can go on from it.
func TestTheSnapshotOfALargeLedgerIsWhole(t *testing.T) {
	l := mustFillForCosts(t)
	for i := range 100 { // so that the launches have pages of their own
		id := fmt.Sprintf("0195%04x-0000-7000-8000-%012x", i, i)
		mustAppend(t, l, request.ID(id), launched(id, longTicket+id))
	}
	mustContain(t, l, bucketLaunches, longTicket, true)
	want := mustRead(t, l)
	clear(want["launches"])
	path := filepath.Join(t.TempDir(), FileName)
	if err := l.Snapshot(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil || bytes.Contains(content, []byte(longTicket)) {
		t.Errorf("%d bytes with a ticket, %v", len(content), err)
	}
	if half, err := checkStructure(bytes.NewReader(content), int64(len(content))); half || err != nil {
		t.Error(half, err)
	}
	db, err := bolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.View(func(tx *bolt.Tx) error {
		if free := db.Stats().FreePageN; free > 0 || tx.Size() != int64(len(content)) {
			t.Errorf("%d pages are free, %d bytes of %d are used", free, tx.Size(), len(content))
		}
		for err := range tx.Check() {
			t.Error(err)
		}
		return nil
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	copied := mustOpen(t, filepath.Dir(path), Options{Exclusive: true})
	if diff := cmp.Diff(want, mustRead(t, copied)); diff != "" {
		t.Errorf("content (-want +got):\n%s", diff)
	}
	mustChange(t, copied, additions(3000, 500)...)
	if a := mustAuditWith(t, copied, AuditOptions{FileAlone: true}); a.Fault != nil || a.Requests != 3500 {
		t.Errorf("audit: %+v", a)
	}
	content, err = os.ReadFile(path)
	if half, structure := checkStructure(bytes.NewReader(content), int64(len(content))); half || structure != nil || err != nil {
		t.Error(half, structure, err)
	}
}

// A damaged list of free pages is no part of a snapshot; pages that do not fit together are no ledger.
func TestASnapshotIsMadeOfWhatFitsTogether(t *testing.T) {
	l, content := newSmall(t)
	want := mustRead(t, l)
	clear(want["launches"])
	metas, err := readMetas(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	m := newest(metas)
	snapshotOf := func(page uint64) (string, error) {
		damaged := slices.Clone(content)
		clear(damaged[page*uint64(m.pageSize)+8 : (page+1)*uint64(m.pageSize)])
		from, to := t.TempDir(), filepath.Join(t.TempDir(), FileName)
		if err := os.WriteFile(filepath.Join(from, FileName), damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		l, err := Open(t.Context(), from, Options{}) // it may be for reading only
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		return to, l.Snapshot(t.Context(), to)
	}
	to, err := snapshotOf(m.freelist)
	if err != nil {
		t.Fatal(err)
	}
	copied := mustOpen(t, filepath.Dir(to), Options{Exclusive: true})
	if diff := cmp.Diff(want, mustRead(t, copied)); diff != "" || copied.Damage() != nil {
		t.Errorf("%v, content (-want +got):\n%s", copied.Damage(), diff)
	}
	var events uint64 // a page of them
	err = l.readTx(t.Context(), func(tx *bolt.Tx) error { events = uint64(tx.Bucket(bucketEvents).Root()); return nil })
	if err != nil || events == 0 {
		t.Fatal(events, err)
	}
	to, err = snapshotOf(events)
	if _, statErr := os.Stat(to); !errors.Is(err, ErrDamaged) || !errors.Is(statErr, fs.ErrNotExist) {
		t.Errorf("%v, and the file: %v", err, statErr)
	}
}

// The disk that is full is that of the copy, which can be another one than that of the ledger.
func TestASnapshotOnAFullDiskSaysNothingOfTheLedger(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("this system has no disk that is always full")
	}
	defer full.Close()
	l := mustNew(t)
	if err := l.copyTo(t.Context(), full); !request.IsDiskFull(err) || strings.Contains(err.Error(), l.dir) || l.Damage() != nil {
		t.Error(err)
	}
}

func TestACanceledSnapshotLeavesNothing(t *testing.T) {
	l := mustNew(t)
	path := filepath.Join(t.TempDir(), "copy")
	for most := 0; ; most++ {
		err := l.Snapshot(&endsAfter{Context: t.Context(), most: most}, path)
		if err == nil {
			if most < 2 {
				t.Errorf("it ended after %d checks of its context", most)
			}
			return
		}
		if _, statErr := os.Stat(path); !errors.Is(err, context.Canceled) || !errors.Is(statErr, fs.ErrNotExist) {
			t.Fatalf("after %d checks: %v, and the file: %v", most, err, statErr)
		}
	}
}

func TestEachDocumentIsListedOnce(t *testing.T) {
	for _, sortBytes := range []int{1, defaultLimits.sortBytes} {
		l, one, other := mustNewWovenSigned(t)
		l.sortBytes = sortBytes
		signed := request.Event{Kind: request.KindStored, Stored: &request.Stored{SHA256: digestOf("signed"), Proves: true}}
		mustAppend(t, l, "c", launched("c", "t3"), signed)
		mustAppend(t, l, "odd", added("A digest that is none")) // "d1"
		mustTamper(t, l, func(tx *bolt.Tx) error { return tx.Bucket(bucketEvents).Put(eventKey("b", 9), []byte("{")) })
		want := []string{one, other, digestOf("signed")}
		slices.Sort(want)
		var got []string
		if err := l.EachDocument(t.Context(), func(digest string) error { got = append(got, digest); return nil }); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("digests (-want +got):\n%s", diff)
		}
		enough := errors.New("enough")
		if err := l.EachDocument(t.Context(), func(string) error { return enough }); !errors.Is(err, enough) {
			t.Errorf("error of the callback: %v", err)
		}
	}
}
