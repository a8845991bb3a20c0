package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	bolt "go.etcd.io/bbolt"

	"countersign/core/files"
	"countersign/core/request"
)

func TestAMigrationKeepsTheOlderFile(t *testing.T) {
	l := mustOpenSchema6(t)
	older := filepath.Join(l.dir, "ledger.db.before-"+strconv.Itoa(currentSchema))
	content, err := os.ReadFile(older)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(older); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	mustAppend(t, l, "later", added("Later"))
	if now, err := os.ReadFile(older); err != nil || !bytes.Equal(content, now) {
		t.Errorf("the copy has changed: %v", err)
	}
	// Put in the place of the ledger, it is the ledger of the version before, and can be migrated again.
	if err := os.WriteFile(filepath.Join(l.dir, FileName), content, 0o600); err != nil {
		t.Fatal(err)
	}
	again := mustOpen(t, l.dir, Options{Exclusive: true})
	if _, err := again.Get(t.Context(), "later"); !errors.Is(err, ErrNotFound) {
		t.Errorf("it is not the older ledger: %v", err)
	}
	if r := mustGet(t, again, "out"); r.Status != request.Signing {
		t.Errorf("it is %+v", r)
	}
}

func TestTheNewestTwoOlderFilesAreKept(t *testing.T) {
	l := mustNew(t)
	others := []string{"ledger.db.before-", "ledger.db.before-07", "ledger.db.before-x", "ledger.db.before-6.zip"} // of somebody else
	for _, name := range append([]string{"ledger.db.before-4", "ledger.db.before-5", "ledger.db.before-6"}, others...) {
		if err := os.WriteFile(filepath.Join(l.dir, name), []byte("older"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	mustDowngrade(t, l, 6)
	mustOpen(t, l.dir, Options{Exclusive: true})
	mustHoldOnly(t, l, append(others, FileName, lockName, wantedName, "ledger.db.before-6", fmt.Sprint("ledger.db.before-", currentSchema))...)
}

func TestNoOlderFileIsKeptWhereTheCallerHasOne(t *testing.T) {
	l := mustNew(t)
	mustDowngrade(t, l, 6)
	mustOpen(t, l.dir, Options{Exclusive: true, NoOlder: true})
	mustHoldOnly(t, l, FileName, lockName, wantedName)
}

func TestAMigrationWithoutSpaceChangesNothing(t *testing.T) {
	l := mustNew(t)
	mustAppend(t, l, "a", added("A"))
	mustDowngrade(t, l, 6)
	before := mustReadFile(t, l)
	l.diskOf = func(string) files.Disk { return files.Disk{Known: true, Free: 3*uint64(len(before)) - 1} }
	if err := l.prepare(t.Context()); request.CauseOf(err).Code != "ledger_convert" || !errors.Is(err, errNoSpace) {
		t.Errorf("error: %v", err)
	}
	mustHoldOnly(t, l, FileName, lockName, wantedName)
	if !bytes.Equal(before, mustReadFile(t, l)) {
		t.Error("the file was changed")
	}
	l.diskOf = func(string) files.Disk { return files.Disk{} } // not known
	if err := l.prepare(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestAFileIsCopiedWholeWhereThereAreNoLinks(t *testing.T) {
	dir := t.TempDir()
	from, to := filepath.Join(dir, "from"), filepath.Join(dir, "to")
	content := bytes.Repeat([]byte("ledger"), 10_000)
	if err := os.WriteFile(from, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := copyWhole(from, to); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(to); err != nil || !bytes.Equal(got, content) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if err := copyWhole(from, to); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over a file: %v", err)
	}
}

// A program with schema 7 leaves out of a stored request that its gateway cannot be asked, and has the addresses of visits as this
// program has them.
func TestALedgerOfSchema7IsMigrated(t *testing.T) {
	l := mustNew(t)
	mustAppend(t, l, "a", added("A"), launched("a", longTicket))
	back := returned(longTicket)
	back.Return.CannotAsk = true
	mustAppend(t, l, "a", back)
	mustTamper(t, l, func(tx *bolt.Tx) error {
		older, err := readRequest(tx, "a")
		older.CannotAsk = false
		return errors.Join(err, storeRequest(tx, older, numberOf(tx, "a")), tx.Bucket(bucketMeta).Put(keySchema, encodeNumber(7)))
	})
	l = mustOpen(t, l.dir, Options{Exclusive: true})
	if r := mustGet(t, l, "a"); !r.CannotAsk || r.ReturnedAt == nil {
		t.Errorf("got %+v", r)
	}
	if v, err := l.VisitByTicket(t.Context(), longTicket); err != nil || v.ReturnURL == "" {
		t.Errorf("got %+v, %v", v, err)
	}
}
