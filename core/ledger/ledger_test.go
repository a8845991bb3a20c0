package ledger

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/gofrs/flock"
	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"countersign/core/home/hometest"
	"countersign/core/request"
)

func TestTheLedgerIsForItsOwnerAlone(t *testing.T) {
	l := mustNew(t)
	for _, name := range []string{FileName, lockName} {
		info, err := os.Stat(filepath.Join(l.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode() != 0o600 {
			t.Errorf("%s is %v", name, info.Mode())
		}
	}
}

func TestALedgerThatIsHeldTooLongIsBusy(t *testing.T) {
	dir := t.TempDir()
	l := mustOpen(t, dir, Options{Exclusive: true})
	mustBeBusy := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, ErrBusy) || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), "close the other program") {
			t.Errorf("%s: %v", what, err)
		}
	}
	c := hometest.MustStart(t, "hold the ledger", dir, "")
	c.MustReadLine()
	l.opts.LockTimeout = brief
	_, err := l.CountByStatus(t.Context(), Both, Both)
	mustBeBusy("reading", err)
	mustBeBusy("writing", addOne("a")(t.Context(), l))
	_, err = Open(t.Context(), dir, Options{LockTimeout: brief})
	mustBeBusy("opening", err)
	if _, _, err := l.PutDocument(t.Context(), strings.NewReader("x"), 1); err != nil {
		t.Errorf("documents wait for nobody: %v", err)
	}

	c.MustKill() // then the kernel releases the lock
	l.opts.LockTimeout = defaultWait
	mustAppend(t, l, "a", added("A"))
}

func TestReadersShareTheLedgerAndAWriterWaitsForThem(t *testing.T) {
	l := mustNew(t)
	reader := flock.New(filepath.Join(l.dir, lockName))
	if err := reader.RLock(); err != nil {
		t.Fatal(err)
	}
	if _, err := l.CountByStatus(t.Context(), Both, Both); err != nil {
		t.Errorf("a second reader: %v", err)
	}
	l.opts.LockTimeout = brief
	if err := addOne("a")(t.Context(), l); !errors.Is(err, ErrBusy) {
		t.Errorf("a writer: %v", err)
	}
	if err := reader.Unlock(); err != nil {
		t.Fatal(err)
	}
	l.opts.LockTimeout = defaultWait
	mustAppend(t, l, "a", added("A"))
}

// A tool may open the file without taking the lock.
func TestALedgerThatAToolHasOpenIsBusy(t *testing.T) {
	l := mustNew(t)
	tool, err := bolt.Open(filepath.Join(l.dir, FileName), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tool.Close()
	l.opts.LockTimeout = brief
	if err := addOne("a")(t.Context(), l); !errors.Is(err, ErrBusy) {
		t.Errorf("error: %v", err)
	}
}

func TestWaitingForTheLedgerCanBeCanceled(t *testing.T) {
	dir := t.TempDir()
	l := mustOpen(t, dir, Options{Exclusive: true})
	c := hometest.MustStart(t, "hold the ledger", dir, "")
	c.MustReadLine()
	ctx, cancel := context.WithTimeout(t.Context(), brief)
	defer cancel()
	if _, err := l.CountByStatus(ctx, Both, Both); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrBusy) {
		t.Errorf("error: %v", err)
	}
	c.MustStop()
}

func TestErrorsSayWhatToDo(t *testing.T) {
	l := &Ledger{dir: "/home/desk"}
	tests := []struct {
		name  string
		cause error
		want  []string
	}{
		{"no permission", &fs.PathError{Op: "open", Path: "x", Err: fs.ErrPermission}, []string{"cannot write in /home/desk", "choose another home"}},
		{"a disk that is only read", &fs.PathError{Op: "open", Path: "x", Err: syscall.EROFS}, []string{"cannot write in /home/desk", "choose another home"}},
		{"a full disk", &fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}, []string{"nothing was stored in /home/desk", "free space"}},
		{"a file for a folder", &fs.PathError{Op: "open", Path: "x", Err: syscall.ENOTDIR}, []string{"/home/desk is a file", "choose another home"}},
		{"another program", ErrBusy, []string{"in /home/desk", "close the other program"}},
		{"another program, of another make", bolterrors.ErrTimeout, []string{"in /home/desk", "close the other program"}},
		{"no ledger", bolterrors.ErrInvalid, []string{filepath.Join("/home/desk", FileName), "backup"}},
		{"a damaged ledger", bolterrors.ErrChecksum, []string{filepath.Join("/home/desk", FileName), "backup"}},
		{"a ledger of another make", bolterrors.ErrVersionMismatch, []string{filepath.Join("/home/desk", FileName), "backup"}},
		{"anything else", errors.New("hm"), []string{"open the ledger: deep: hm"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := l.explain(fmt.Errorf("deep: %w", test.cause))
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
			if !errors.Is(err, test.cause) && !errors.Is(err, ErrBusy) {
				t.Errorf("%q lost its cause", err)
			}
		})
	}
	if err := l.explain(context.Canceled); !errors.Is(err, context.Canceled) || err.Error() != context.Canceled.Error() {
		t.Errorf("canceled: %q", err)
	}
}

func TestAHomeThatIsAFileIsAnErrorThatSaysSo(t *testing.T) {
	file := filepath.Join(t.TempDir(), "home")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), file, Options{}); err == nil || !strings.Contains(err.Error(), "is a file where a folder should be") {
		t.Errorf("error: %v", err)
	}
}

func TestCloseMayBeCalledTwice(t *testing.T) {
	l := mustNew(t) // whose cleanup closes it, too
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

// A damaged file must not crash the program.
func TestADamagedFileIsAnError(t *testing.T) {
	for name, damage := range map[string]func(t *testing.T, path string){
		"cut to half": func(t *testing.T, path string) {
			info, err := os.Stat(path)
			if err == nil {
				err = os.Truncate(path, info.Size()/2)
			}
			if err != nil {
				t.Fatal(err)
			}
		},
		"a bucket is missing": func(t *testing.T, path string) {
			db, err := bolt.Open(path, 0o600, nil)
			if err == nil {
				err = errors.Join(db.Update(func(tx *bolt.Tx) error { return tx.DeleteBucket(bucketJournal) }), db.Close())
			}
			if err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			l := mustOpen(t, dir, Options{})
			for i := range 200 {
				mustAppend(t, l, request.ID(fmt.Sprintf("r%03d", i)), added("Lease"))
			}
			damage(t, filepath.Join(dir, FileName))
			_, auditErr := l.Audit(t.Context(), AuditOptions{})
			_, viewErr := l.Query(t.Context(), Query{})
			if auditErr == nil || !strings.Contains(auditErr.Error(), "restore it from a backup") {
				t.Errorf("audit: %v", auditErr)
			}
			if viewErr != nil && !strings.Contains(viewErr.Error(), "restore it from a backup") {
				t.Errorf("query: %v", viewErr)
			}
		})
	}
}
