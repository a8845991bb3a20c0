package ledger

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gofrs/flock"
	bolt "go.etcd.io/bbolt"

	"countersign/core/home/hometest"
	"countersign/core/request"
)

// mustTake waits for a lock of the ledger as another process would, and returns it.
func mustTake(t testing.TB, l *Ledger, name string) *flock.Flock {
	t.Helper()
	lock := l.newLock(name)
	if _, err := lock.TryLockContext(t.Context(), retryDelay); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { mustRelease(t, lock) })
	return lock
}

func mustRelease(t testing.TB, lock *flock.Flock) {
	t.Helper()
	if err := lock.Unlock(); err != nil {
		t.Fatal(err)
	}
}

// mustBeFree fails the test if a process keeps a lock of the ledger. A look that is under way has that of wantedName for a moment.
func mustBeFree(t testing.TB, l *Ledger) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, name := range []string{lockName, wantedName} {
		lock := l.newLock(name)
		if free, err := lock.TryLockContext(ctx, retryDelay); !free || err != nil {
			t.Errorf("%s is held: %v", name, err)
		}
		mustRelease(t, lock)
	}
}

func TestTheFileStaysOpenWhileItIsUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := mustNew(t)
		mustAppend(t, l, "a", added("A"))
		held := l.held.Load()
		for range 10 {
			time.Sleep((idleLooks - 1) * lookDelay)
			mustGet(t, l, "a")
			mustAppend(t, l, "a", returned("late"))
		}
		if held == nil || l.held.Load() != held {
			t.Error("it was opened again")
		}
		time.Sleep((idleLooks + 2) * lookDelay)
		if l.held.Load() != nil {
			t.Error("it is open and not used")
		}
		mustBeFree(t, l)
	})
}

func TestTheFileIsLetGoAtOnceWhenItIsNotUsedAndWanted(t *testing.T) {
	for name, use := range map[string]func(*testing.T, *Ledger){
		"after a read":  func(t *testing.T, l *Ledger) { mustGet(t, l, "a") },
		"after a write": func(t *testing.T, l *Ledger) { mustAppend(t, l, "a", returned("late")) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := mustNew(t)
				mustAppend(t, l, "a", added("A"))
				l.letGo()
				use(t, l)
				began := time.Now()
				mustTake(t, l, wantedName)
				mustTake(t, l, lockName)
				if waited := time.Since(began); waited > lookDelay+retryDelay {
					t.Errorf("it was let go after %s", waited)
				}
			})
		})
	}
}

// A process that uses the file all the time lets it go before the transaction that follows the one in which it learned that somebody
// waits, and then waits behind that one.
func TestWhoeverWaitsIsNext(t *testing.T) {
	transactions := map[string]func(*Ledger, context.Context, func(*bolt.Tx) error) error{"reading": (*Ledger).readTx, "writing": (*Ledger).writeTx}
	for name, run := range transactions {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := mustNew(t)
				var mu sync.Mutex
				var order []string
				note := func(who string) {
					mu.Lock()
					defer mu.Unlock()
					order = append(order, who)
				}
				var holder sync.WaitGroup
				holder.Go(func() {
					for range 3 {
						err := run(l, t.Context(), func(*bolt.Tx) error {
							note("holder")
							time.Sleep(2 * lookDelay)
							return nil
						})
						if err != nil {
							t.Error(err)
						}
					}
				})
				time.Sleep(lookDelay / 2) // within the first transaction
				queue := mustTake(t, l, wantedName)
				lock := mustTake(t, l, lockName)
				mustRelease(t, queue)
				note("other")
				mustRelease(t, lock)
				holder.Wait()
				if want := []string{"holder", "other", "holder", "holder"}; !slices.Equal(order, want) {
					t.Errorf("order: %v, want %v", order, want)
				}
			})
		})
	}
}

// A process that waits may be stopped, such as by Ctrl+Z.
func TestOneThatWaitsForEverHoldsNobodyUpForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := mustNew(t)
		mustTake(t, l, wantedName)
		for _, id := range []request.ID{"a", "b", "c"} {
			began := time.Now()
			mustAppend(t, l, id, added("A"))
			if waited := time.Since(began); waited > 3*queueTime { // for the read, and for the write
				t.Errorf("it took %s", waited)
			}
			time.Sleep(lookDelay)
		}
	})
}

// Goroutines may read at the same time, also when the file was open for a write before.
func TestGoroutinesReadAtTheSameTime(t *testing.T) {
	for name, before := range map[string]func(*Ledger){
		"after a pause": (*Ledger).letGo,
		"after a write": func(l *Ledger) { mustAppend(t, l, "b", added("B")) },
	} {
		t.Run(name, func(t *testing.T) {
			l := mustNew(t)
			before(l)
			const readers = 10
			var inside, all sync.WaitGroup
			inside.Add(readers)
			for range readers {
				all.Go(func() {
					err := l.readTx(t.Context(), func(*bolt.Tx) error { inside.Done(); inside.Wait(); return nil })
					if err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			l.letGo()
			mustBeFree(t, l)
		})
	}
}

// A commit waits for the disk, and nobody who reads waits for it.
func TestGoroutinesReadWhileOneWrites(t *testing.T) {
	l := mustNew(t)
	mustAppend(t, l, "a", added("A"))
	held := l.held.Load()
	read := func() error {
		done := make(chan error)
		go func() { done <- l.readTx(t.Context(), look) }()
		return <-done
	}
	l.writing.Lock()
	err := l.writeFile(t.Context(), func(db *bolt.DB) error {
		err := update(db, func(tx *bolt.Tx) error { return errors.Join(read(), touch(tx)) })
		return errors.Join(err, read())
	})
	l.writing.Unlock()
	if err != nil {
		t.Error(err)
	}
	mustGet(t, l, "a")
	if l.held.Load() != held {
		t.Error("the file was opened again")
	}
}

// What another process commits, and what it puts in the place of the file, is seen.
func TestAnotherFileInThePlaceOfTheOpenOneIsNoticed(t *testing.T) {
	l, other := mustNew(t), mustNew(t)
	mustAppend(t, other, "a", added("A"))
	mustAppend(t, other, "b", added("B"))
	other.letGo()
	mustAppend(t, l, "a", added("A")) // opens the file
	if err := os.Rename(filepath.Join(other.dir, FileName), filepath.Join(l.dir, FileName)); err != nil {
		t.Fatal(err)
	}
	mustAppend(t, l, "b", returned("late"))
	if err := os.Rename(filepath.Join(l.dir, FileName), filepath.Join(other.dir, FileName)); err != nil {
		t.Fatal(err)
	}
	if err := addOne("c")(t.Context(), l); !errors.Is(err, os.ErrNotExist) || l.Damage() != nil {
		t.Errorf("a write without a file: %v, damage: %v", err, l.Damage())
	}
	mustAppend(t, other, "c", added("C"))
}

// A file that is written over in its place, as by cp, is another one from then on.
func TestAnOpenFileThatIsWrittenOverIsReadAnew(t *testing.T) {
	l := mustNew(t)
	mustAppend(t, l, "a", added("A"))
	before := mustReadFile(t, l)
	mustAppend(t, l, "b", added("B"))
	path := filepath.Join(l.dir, FileName)
	if err := errors.Join(os.WriteFile(path, before, 0o600), os.Chtimes(path, start, start)); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Get(t.Context(), "b"); !errors.Is(err, ErrNotFound) {
		t.Errorf("what is no longer there: %v", err)
	}
	mustAppend(t, l, "c", added("C"))
	mustEqualItsRebuild(t, l)
}

func TestARebuildElsewhereIsNoticed(t *testing.T) {
	dir := t.TempDir()
	l, other := mustOpen(t, dir, Options{}), mustOpen(t, dir, Options{})
	for i := range 5 {
		id := request.ID(fmt.Sprint(i))
		mustAppend(t, l, id, added("A"))
		mustRebuild(t, other)
		mustGet(t, l, id)
	}
	mustEqualItsRebuild(t, l)
}

// looksWhileCopied calls look each time that somebody asks whether it has ended.
type looksWhileCopied struct {
	context.Context
	look func()
}

func (c looksWhileCopied) Err() error { c.look(); return nil }

func TestOthersReadWhileTheLedgerIsCopied(t *testing.T) {
	l := mustNew(t)
	mustAppend(t, l, "a", added("A"))
	other := mustOpen(t, l.dir, Options{Exclusive: true})
	other.letGo()
	mustAppend(t, l, "b", added("B")) // the file is open for writing
	copied := filepath.Join(t.TempDir(), "copy")
	read := 0
	ctx := looksWhileCopied{t.Context(), func() {
		if _, err := os.Stat(copied); err == nil {
			mustGet(t, other, "b")
			read++
		}
	}}
	if err := l.Snapshot(ctx, copied); err != nil || read == 0 {
		t.Errorf("%d reads, error: %v", read, err)
	}
}

// A write that was before the copy has opened the file again.
func TestOthersReadWhileTheLedgerIsCopiedBehindAWrite(t *testing.T) {
	l := mustNew(t)
	mustAppend(t, l, "a", added("A"))
	other := mustOpen(t, l.dir, Options{Exclusive: true, LockTimeout: brief})
	other.letGo()
	copied := filepath.Join(t.TempDir(), "copy")
	isThere := func() bool { _, err := os.Stat(copied); return err == nil }
	read, failed, ended := 0, error(nil), make(chan error)
	ctx := looksWhileCopied{t.Context(), func() {
		if isThere() {
			_, err := other.Get(t.Context(), "a")
			read, failed = read+1, errors.Join(failed, err)
		}
	}}
	l.writing.Lock()
	mustWrite := func() {
		if err := l.writeFile(t.Context(), func(*bolt.DB) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	mustWrite()
	go func() { ended <- l.Snapshot(ctx, copied) }()
	for !isThere() || l.held.Load() != nil {
		runtime.Gosched()
	}
	mustWrite()
	l.writing.Unlock()
	if err := errors.Join(<-ended, failed); err != nil || read == 0 {
		t.Errorf("%d reads, error: %v", read, err)
	}
}

// Two processes write as fast as they can. Each gets on while the other does.
func TestTheFilePassesBetweenProcessesUnderLoad(t *testing.T) {
	l := mustOpen(t, t.TempDir(), Options{})
	other := hometest.MustStart(t, "append for ever", l.dir, "other")
	for i := range 20 {
		id := request.ID(other.MustReadLine())
		mustAppend(t, l, request.ID(fmt.Sprint(i)), added("A"))
		if r := mustGet(t, l, id); r.Version != 3 {
			t.Errorf("%s is at version %d", id, r.Version)
		}
	}
	other.MustKill()
	if a := mustAudit(t, l); a.Fault != nil {
		t.Errorf("audit: %+v", a)
	}
}

// Processes that share the file with this one are killed, whether they have it or wait for it.
func TestAKilledProcessLeavesNoLock(t *testing.T) {
	l := mustOpen(t, t.TempDir(), Options{})
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	for round := range 6 {
		other := hometest.MustStart(t, "append for ever", l.dir, fmt.Sprint("round", round))
		other.MustReadLine()
		for i := range random.IntN(10) {
			mustAppend(t, l, request.ID(fmt.Sprintf("%d-%d", round, i)), added("A"))
		}
		for range random.IntN(10_000) {
			runtime.Gosched()
		}
		other.MustKill()
		l.letGo()
		mustBeFree(t, l)
		if a := mustAudit(t, l); a.Fault != nil {
			t.Fatalf("audit: %+v in round %d of seed %d", a, round, seed)
		}
	}
}

func TestAKilledProcessThatWaitedLeavesNoLock(t *testing.T) {
	l := mustNew(t)
	mustAppend(t, l, "a", added("A"))
	l.letGo()
	lock := mustTake(t, l, lockName)
	other := hometest.MustStart(t, "append for ever", l.dir, "other")
	for !l.isWanted() {
		runtime.Gosched()
	}
	other.MustKill()
	if l.isWanted() {
		t.Error("a process that was killed waits")
	}
	mustRelease(t, lock)
	mustAppend(t, l, "b", added("B"))
}
