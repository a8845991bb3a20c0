package ledger

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	bolt "go.etcd.io/bbolt"

	"countersign/core/request"
)

func TestAFreshFileHasTheCurrentSchema(t *testing.T) {
	want := contents{"meta": {"schema": string(number(len(migrations)))}}
	for _, name := range append([][]byte{bucketEvents, bucketJournal}, derived...) {
		want[string(name)] = map[string]string{}
	}
	if diff := cmp.Diff(want, mustRead(t, mustNew(t))); diff != "" {
		t.Errorf("fresh file (-want +got):\n%s", diff)
	}
}

// Each way in which a file can be of an older schema, or be left by a process that ended
// while it made it, leads to the current one.
func TestOlderFilesAreBroughtToTheCurrentSchema(t *testing.T) {
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
			if err := test.make(filepath.Join(dir, fileName)); err != nil {
				t.Fatal(err)
			}
			got := mustOpen(t, dir, Options{Private: true})
			if diff := cmp.Diff(mustRead(t, mustNew(t)), mustRead(t, got)); diff != "" {
				t.Errorf("not like a fresh one (-fresh +got):\n%s", diff)
			}
			mustAppend(t, got, "a", added("A"))
		})
	}
}

func TestRequestsOfSchema1AreFoundByTheirGivenID(t *testing.T) {
	dir := t.TempDir()
	l := mustOpen(t, dir, Options{Private: true})
	given := added("A")
	given.Added.Gateway, given.Added.RemoteID = "office", "27"
	mustAppend(t, l, "a", given)
	mustAppend(t, l, "b", added("B"))
	want := mustRead(t, l)
	mustTamper(t, l, func(tx *bolt.Tx) error { // as schema 1 had it
		return errors.Join(
			tx.Bucket(bucketWords).Delete(wordKey(givenWord("office", "27"), "a")),
			tx.Bucket(bucketMeta).Put(keySchema, number(1)),
		)
	})
	again := mustOpen(t, dir, Options{Private: true})
	if diff := cmp.Diff(want, mustRead(t, again)); diff != "" {
		t.Errorf("after the migration (-want +got):\n%s", diff)
	}
	ids, err := again.Given(t.Context(), "office", "27")
	if err != nil || len(ids) != 1 || ids[0] != "a" {
		t.Errorf("given: %v, %v", ids, err)
	}
	for _, other := range [][2]string{{"office", "2"}, {"offic", "27"}, {"office", "270"}, {"office2", "7"}} {
		if ids, err := again.Given(t.Context(), other[0], other[1]); err != nil || len(ids) != 0 {
			t.Errorf("%v finds %v, %v", other, ids, err)
		}
	}
}

func TestRequestsOfSchema2AreFoundByTheirDocument(t *testing.T) {
	dir := t.TempDir()
	l := mustOpen(t, dir, Options{Private: true})
	other, listed := added("B"), added("C")
	other.Added.Documents[0].SHA256 = "d12"
	listed.Added.Documents, listed.Added.RemoteID = nil, "27"
	for id, e := range map[request.ID]request.Event{"a": added("A"), "b": other, "c": listed, "d": added("D")} {
		mustAppend(t, l, id, e)
	}
	want := mustRead(t, l)
	mustTamper(t, l, func(tx *bolt.Tx) error { // as schema 2 had it
		words := tx.Bucket(bucketWords)
		return errors.Join(
			words.Delete(wordKey(contentMark+"d1", "a")), words.Delete(wordKey(contentMark+"d1", "d")), words.Delete(wordKey(contentMark+"d12", "b")),
			tx.Bucket(bucketMeta).Put(keySchema, number(2)),
		)
	})
	again := mustOpen(t, dir, Options{Private: true})
	if diff := cmp.Diff(want, mustRead(t, again)); diff != "" {
		t.Errorf("after the migration (-want +got):\n%s", diff)
	}
	for digest, want := range map[string][]request.ID{"d1": {"a", "d"}, "d12": {"b"}, "d": nil, "": nil} {
		ids, err := again.WithDocument(t.Context(), digest)
		if diff := cmp.Diff(want, ids); err != nil || diff != "" {
			t.Errorf("%q: %v\n%s", digest, err, diff)
		}
	}
}

func TestACurrentFileIsNotTouched(t *testing.T) {
	l := mustNew(t)
	mustAppend(t, l, "a", added("A"))
	before, bytesBefore := mustStat(t, l), mustReadFile(t, l)
	again := mustOpen(t, l.dir, Options{})
	mustView(t, again, Query{})
	mustAudit(t, again)
	if after := mustStat(t, l); !after.ModTime().Equal(before.ModTime()) || !bytes.Equal(bytesBefore, mustReadFile(t, l)) {
		t.Error("opening and reading it has changed the file")
	}
}

func TestANewerFileIsRefusedAndNotTouched(t *testing.T) {
	l := mustNew(t)
	mustTamper(t, l, func(tx *bolt.Tx) error { return tx.Bucket(bucketMeta).Put(keySchema, number(len(migrations)+1)) })
	before := mustReadFile(t, l)
	if _, err := Open(t.Context(), l.dir, Options{}); !errors.Is(err, ErrNewer) || !strings.Contains(err.Error(), "install that version") {
		t.Errorf("error: %v", err)
	}
	// Somebody may bring the file to a newer schema between the look and the migration.
	if err := l.update(t.Context(), migrate); !errors.Is(err, ErrNewer) {
		t.Errorf("error of the migration: %v", err)
	}
	if !bytes.Equal(before, mustReadFile(t, l)) {
		t.Error("the file was changed")
	}
}

func TestAFileThatIsNoLedgerIsRefusedAndNotTouched(t *testing.T) {
	dir := t.TempDir()
	path, content := filepath.Join(dir, fileName), bytes.Repeat([]byte("A letter, and no ledger. "), 1000)
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
	info, err := os.Stat(filepath.Join(l.dir, fileName))
	if err != nil {
		t.Fatal(err)
	}
	return info
}
