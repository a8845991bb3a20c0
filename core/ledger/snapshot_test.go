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
