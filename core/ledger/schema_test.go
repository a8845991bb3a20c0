package ledger

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	bolt "go.etcd.io/bbolt"

	"countersign/core/register"
	"countersign/core/request"
)

func TestAFreshFileHasTheCurrentSchema(t *testing.T) {
	want := contents{"meta": {"schema": string(encodeNumber(currentSchema))}}
	for _, name := range append([][]byte{bucketEvents, bucketJournal, bucketCheckpoints, bucketLaunches}, derivedBuckets...) {
		want[string(name)] = map[string]string{}
	}
	if diff := cmp.Diff(want, mustRead(t, mustNew(t))); diff != "" {
		t.Errorf("fresh file (-want +got):\n%s", diff)
	}
}

// A process may end while it creates the file. The next one completes it.
func TestAnUnfinishedFileIsCompleted(t *testing.T) {
	tests := []struct {
		name string
		make func(path string) error
	}{
		{"a file without a byte", func(path string) error { return os.WriteFile(path, nil, 0o600) }},
		{"a file without a bucket, schema 0", func(path string) error {
			db, err := bolt.Open(path, 0o600, nil)
			return errors.Join(err, db.Close())
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := test.make(filepath.Join(dir, FileName)); err != nil {
				t.Fatal(err)
			}
			got := mustOpen(t, dir, Options{Exclusive: true})
			if diff := cmp.Diff(mustRead(t, mustNew(t)), mustRead(t, got)); diff != "" {
				t.Errorf("not like a fresh one (-fresh +got):\n%s", diff)
			}
			mustAppend(t, got, "a", added("A"))
		})
	}
}

// mustDowngrade changes the file to what an older version of the program would have written for the
// same events, but for the derived buckets, which a conversion does not read: they have a key of another form. The events keep ids where
// an older version wrote tickets; a file of an older version itself is in testdata.
func mustDowngrade(t testing.TB, l *Ledger, version int) {
	t.Helper()
	mustTamper(t, l, func(tx *bolt.Tx) error {
		err := tx.DeleteBucket(bucketLaunches)
		for _, name := range derivedBuckets {
			err = errors.Join(err, tx.DeleteBucket(name))
			if !bytes.Equal(name, bucketNumbers) && (version >= chainSchema || !bytes.Equal(name, bucketAttemptStats)) {
				b, made := tx.CreateBucket(name)
				err = errors.Join(err, made, b.Put([]byte("a"), nil))
			}
		}
		meta := tx.Bucket(bucketMeta)
		for _, s := range request.Statuses() {
			for _, g := range groupsOf(s) {
				err = errors.Join(err, meta.Delete(counterKey(g)))
			}
		}
		if version < chainSchema {
			err = errors.Join(err, chainAsBeforeSchema4(tx))
		}
		return errors.Join(err, meta.Put(append(slices.Clone(keyCount), statusByte(request.Pending)), encodeNumber(3)), meta.Put(keySchema, encodeNumber(version)))
	})
}

// chainAsBeforeSchema4 writes the links of the journal as the schemas before 4 did.
func chainAsBeforeSchema4(tx *bolt.Tx) error {
	var last register.Hash
	journal := tx.Bucket(bucketJournal)
	for n := 1; ; n++ {
		e, err := parseEntry(journal.Get(encodeNumber(n)))
		if err != nil {
			return tx.DeleteBucket(bucketCheckpoints)
		}
		last = legacyLink(last, e.id, e.seq, tx.Bucket(bucketEvents).Get(eventKey(e.id, e.seq)))
		e.link = last
		if err := journal.Put(encodeNumber(n), e.bytes()); err != nil {
			return err
		}
	}
}

// mustTakeMigration removes the migration record from the contents and returns it.
func mustTakeMigration(t testing.TB, c contents) Migration {
	t.Helper()
	var migration Migration
	if err := json.Unmarshal([]byte(c["meta"][string(keyMigration)]), &migration); err != nil {
		t.Fatal(err)
	}
	delete(c["meta"], string(keyMigration))
	return migration
}

// mustFillForMigration adds requests that different schemas store in different ways.
func mustFillForMigration(t testing.TB, l *Ledger) {
	t.Helper()
	given := added("A")
	given.By, given.Added.RemoteID = "ana", "27"
	mustAppend(t, l, "a", given, launched("a", "t1"))
	mustAppend(t, l, "b", added("Contratación"), launched("b", "t2"), withdrawn, reopened, launched("b", "t3"), answered("t3", request.Signed),
		request.Event{Kind: request.KindReviewed, Reviewed: &request.Reviewed{Decision: request.Accepted}})
	mustAppend(t, l, "c", added("C"))
	practiced, visit := added("D"), launched("d", "t4")
	practiced.Added.Gateway, visit.Visit.Gateway = "sandbox", "sandbox"
	mustAppend(t, l, "d", practiced, visit, answered("t4", request.Rejected), reopened)
}

func TestOlderFilesAreConverted(t *testing.T) {
	for version := 1; version < currentSchema; version++ {
		t.Run(fmt.Sprint(version), func(t *testing.T) {
			l := mustNew(t)
			mustFillForMigration(t, l)
			want := mustRead(t, l)
			clear(want["launches"])
			mustDowngrade(t, l, version)
			if cmp.Equal(want, mustRead(t, l)) {
				t.Fatal("the older file is like the current one")
			}
			again := mustOpen(t, l.dir, Options{Exclusive: true})
			got := mustRead(t, again)
			chainConverted := version < chainSchema
			if !chainConverted {
				if got["meta"][string(keyMigration)] != "" {
					t.Error("the links of its journal were made anew")
				}
			} else if migration := mustTakeMigration(t, got); migration.Entries != len(want["journal"]) || migration.Fault != nil || len(migration.Head) != 64 {
				t.Errorf("migration: %+v", migration)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("opened (-want +got):\n%s", diff)
			}
			mustEqualItsRebuild(t, again)
			if a := mustAudit(t, again); a.Fault != nil || (a.Migrated != nil) != chainConverted || a.Unsigned != a.Events {
				t.Errorf("audit: %+v", a)
			}
			mustHoldOnly(t, again, FileName, olderPrefix+strconv.Itoa(currentSchema), lockName, wantedName)
		})
	}
}

// Events from older schemas, which have sentences without causes, keep their sentences and their links.
func TestSentencesOfOlderEventsAreKept(t *testing.T) {
	l := mustNew(t)
	mustAppend(t, l, "a", added("A"), request.Event{Kind: request.KindLaunchFailed, Reason: "the line is down"})
	mustDowngrade(t, l, 4)
	mustTamper(t, l, func(tx *bolt.Tx) error { // as an older program folded it
		if e := tx.Bucket(bucketEvents).Get(eventKey("a", 2)); bytes.Contains(e, []byte("code")) {
			t.Errorf("the older event has a cause: %s", e)
		}
		return nil
	})
	before := mustRead(t, l)
	again := mustOpen(t, l.dir, Options{Exclusive: true})
	after := mustRead(t, again)
	if diff := cmp.Diff(before["events"], after["events"]) + cmp.Diff(before["journal"], after["journal"]); diff != "" {
		t.Errorf("the register was changed (-before +after):\n%s", diff)
	}
	r, err := again.Get(t.Context(), "a")
	if err != nil || r.Trouble != "the line is down" || r.TroubleCause.Code != "" {
		t.Errorf("got %+v, %v", r, err)
	}
	failed := request.Event{Kind: request.KindLaunchFailed, Reason: "b is down", Cause: request.Sentencef("down", "%s is down", "b").Cause}
	mustAppend(t, again, "a", failed)
	if r, err := again.Get(t.Context(), "a"); err != nil || !r.TroubleCause.Equal(failed.Cause) {
		t.Errorf("with a cause: %+v, %v", r, err)
	}
	mustEqualItsRebuild(t, again)
}

// A change that was made before the conversion is still reported after it.
func TestAFaultInAnOlderFileIsReported(t *testing.T) {
	l := mustNew(t)
	mustFillForMigration(t, l)
	mustDowngrade(t, l, 3)
	mustTamper(t, l, func(tx *bolt.Tx) error {
		e := tx.Bucket(bucketEvents)
		return e.Put(eventKey("b", 1), bytes.Replace(e.Get(eventKey("b", 1)), []byte("Contratación"), []byte("Renovación"), 1))
	})
	again := mustOpen(t, l.dir, Options{Exclusive: true, Signer: signing(testKey)})
	if err := again.Sign(t.Context()); err != nil {
		t.Fatal(err)
	}
	mustRebuild(t, again)
	got := mustAudit(t, again).Fault
	if got == nil || got.Kind != Altered || got.Number != 3 || got.Request != "b" || got.Seq != 1 {
		t.Errorf("audit: %+v", got)
	}
}

// endsAfter is a context that is canceled once Err was called more than most times.
type endsAfter struct {
	context.Context
	asked atomic.Int64
	most  int
}

func (c *endsAfter) Err() error {
	if c.asked.Add(1) > int64(c.most) {
		return context.Canceled
	}
	return nil
}

// Wherever a conversion is interrupted, the file stays as it was. The next start converts it, and
// removes what was left behind.
func TestAnInterruptedConversionChangesNothing(t *testing.T) {
	l := mustNew(t)
	mustFillForMigration(t, l)
	want := mustRead(t, l)
	clear(want["launches"])
	mustDowngrade(t, l, 2)
	before := mustReadFile(t, l)
	for most := 0; ; most += 7 {
		left := filepath.Join(l.dir, sortingName)
		if err := errors.Join(
			os.WriteFile(filepath.Join(l.dir, rebuiltName), []byte("half a file"), 0o600),
			os.MkdirAll(left, 0o700),
			os.WriteFile(filepath.Join(left, "run-1"), []byte("half a run"), 0o600),
		); err != nil {
			t.Fatal(err)
		}
		again, err := Open(&endsAfter{Context: t.Context(), most: most}, l.dir, Options{Exclusive: true})
		if err == nil {
			mustHoldOnly(t, l, FileName, olderPrefix+strconv.Itoa(currentSchema), lockName, wantedName)
			if most == 0 {
				t.Error("it cannot be broken off")
			}
			if err := again.Close(); err != nil {
				t.Error(err)
			}
			break
		}
		mustHoldOnly(t, l, FileName, lockName, wantedName)
		if !errors.Is(err, context.Canceled) || !bytes.Equal(before, mustReadFile(t, l)) {
			t.Fatalf("broken off after %d looks: %v, or the file is another", most, err)
		}
	}
	got := mustRead(t, l)
	mustTakeMigration(t, got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("in the end (-want +got):\n%s", diff)
	}
}

func TestACurrentFileIsNotTouched(t *testing.T) {
	l := mustNew(t)
	mustAppend(t, l, "a", added("A"))
	before, bytesBefore := mustStat(t, l), mustReadFile(t, l)
	again := mustOpen(t, l.dir, Options{})
	mustQuery(t, again, Query{})
	mustAudit(t, again)
	if after := mustStat(t, l); !after.ModTime().Equal(before.ModTime()) || !bytes.Equal(bytesBefore, mustReadFile(t, l)) {
		t.Error("opening and reading it has changed the file")
	}
}

// The file was written by a program that knew of no offices. People launched its requests, in a home of its own: what is
// stored of them has no desk and no person of the launch, as in that program, and no audit finds a difference. Later schemas changed
// nothing but their number and the landmarks.
func TestAHomeOfItsOwnIsStoredAsBeforeThereWereOffices(t *testing.T) {
	l := mustUnpack(t, "testdata/schema11/ledger.db.gz")
	older := &Ledger{dir: t.TempDir()}
	if err := os.Rename(filepath.Join(l.dir, olderPrefix+strconv.Itoa(currentSchema)), filepath.Join(older.dir, FileName)); err != nil {
		t.Fatal(err)
	}
	before, now := mustRead(t, older), mustRead(t, l)
	before["meta"]["schema"], before["landmarks"] = now["meta"]["schema"], now["landmarks"]
	if diff := cmp.Diff(before, now); diff != "" {
		t.Errorf("it is stored in another way (-before +now):\n%s", diff)
	}
	if a := mustAuditWith(t, l, AuditOptions{Key: testKey.Public().(ed25519.PublicKey), All: true}); a.Fault != nil || a.Unsigned != 0 || a.Events != 10 {
		t.Errorf("audit: %+v", a)
	}
	mustEqualItsRebuild(t, l)
	if events, err := l.Events(t.Context(), "signed"); err != nil || events[1].Kind != request.KindLaunched || events[1].By != "bo" {
		t.Errorf("events: %+v, %v", events, err)
	}
	if r := mustGet(t, l, "signed"); r.LaunchedBy != "" || r.Desk != "" || r.AddedBy != "ana" {
		t.Errorf("got %+v", r)
	}
	if page := mustQuery(t, l, Query{AddedOrLaunchedBy: "ana", Order: ByTitle}); !slices.Equal(ids(page.Requests), []request.ID{"out", "signed"}) {
		t.Errorf("found %v", ids(page.Requests))
	}
}

func TestANewerFileIsRefusedAndNotTouched(t *testing.T) {
	l := mustNew(t)
	mustTamper(t, l, func(tx *bolt.Tx) error { return tx.Bucket(bucketMeta).Put(keySchema, encodeNumber(currentSchema+1)) })
	before := mustReadFile(t, l)
	if _, err := Open(t.Context(), l.dir, Options{}); !errors.Is(err, ErrNewer) || !strings.Contains(err.Error(), "install that version") {
		t.Errorf("error: %v", err)
	}
	// Another process may convert the file to a newer schema after it was checked.
	if err := l.Rebuild(t.Context()); !errors.Is(err, ErrNewer) {
		t.Errorf("error of the rebuild: %v", err)
	}
	if err := l.writeTx(t.Context(), (&Ledger{}).create); !errors.Is(err, ErrNewer) {
		t.Errorf("error of making it: %v", err)
	}
	if _, err := l.Append(t.Context(), Change{ID: "a", Events: []request.Event{added("A")}}); !errors.Is(err, ErrNewer) {
		t.Errorf("error of writing to it: %v", err)
	}
	if _, err := l.Get(t.Context(), "a"); !errors.Is(err, ErrNewer) {
		t.Errorf("error of reading it: %v", err)
	}
	if !bytes.Equal(before, mustReadFile(t, l)) {
		t.Error("the file was changed")
	}
}

func TestAFileThatIsNotALedgerIsRefusedAndNotTouched(t *testing.T) {
	dir := t.TempDir()
	path, content := filepath.Join(dir, FileName), bytes.Repeat([]byte("A letter, and no ledger. "), 1000)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), dir, Options{}); err == nil {
		t.Fatal("it passes for a ledger")
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, content) {
		t.Errorf("the file was changed: %v", err)
	}
}

func mustStat(t testing.TB, l *Ledger) os.FileInfo {
	t.Helper()
	info, err := os.Stat(filepath.Join(l.dir, FileName))
	if err != nil {
		t.Fatal(err)
	}
	return info
}
