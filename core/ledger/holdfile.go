package ledger

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/gofrs/flock"
	bolt "go.etcd.io/bbolt"

	"countersign/core/files"
	"countersign/core/request"
)

// How processes share the file.
//
//   - Who has the file open has the lock of lockName: a shared one if it only reads, the exclusive one if it writes. bbolt has a lock
//     of its own on the file. It protects the file from older versions and other tools, which know nothing of what follows.
//   - Who needs the file first takes the lock of wantedName, then that of lockName, and then releases the first. So a process that
//     waits has the lock of wantedName, and the others that need the file stand behind it.
//   - A process that has the file open looks every lookDelay whether somebody waits. If so, it lets the file go before its next
//     transaction, or at once if it has none under way. When it needs the file again, it stands behind the one that waited. It also
//     lets the file go when it has not used it for idleLooks looks.
//   - The lock of wantedName only decides who is next. Whoever does not get it within queueTime, because one that waits was stopped,
//     tries for both from then on. Whoever cannot make it, because the folder is read-only, goes on without it.
//
// The kernel releases the locks of a process that ends. A process that is stopped while it has the file open keeps the others waiting;
// therefore idleLooks is small. To open the file anew costs little beside the pause before.
const (
	lockName   = "ledger.lock"
	wantedName = "ledger.wanted.lock"

	lookDelay = time.Millisecond
	idleLooks = 50

	// How long to wait for the lock, and the pause between two tries. A transaction takes
	// milliseconds, so a process that holds the lock for as long as defaultWait hangs.
	defaultWait = 10 * time.Second
	retryDelay  = time.Millisecond
	queueTime   = 100 * time.Millisecond
)

// heldFile is the ledger's file while it is open.
type heldFile struct {
	db      *bolt.DB
	write   bool   // it is open for writing too
	release func() // releases the lock

	left   atomic.Pointer[os.FileInfo] // the file as this process has found or left it; nil while it writes
	wanted atomic.Bool                 // another process waits for it
	looks  atomic.Int32                // since it was last used
}

// readFile waits for the turn to read and runs fn on the open file.
func (l *Ledger) readFile(ctx context.Context, fn func(*bolt.DB) error) error {
	l.turn.RLock()
	if l.mustLetGo() {
		l.turn.RUnlock()
		l.letGo()
		l.turn.RLock()
	}
	defer l.turn.RUnlock()
	h, err := l.hold(ctx, false)
	if err != nil {
		return err
	}
	return l.explainFull(l.catchPanic(func() error { return fn(h.db) }))
}

// writeFile runs fn on the file, which is open for writing. Others of this process read meanwhile, unless the file has to be opened
// first. The caller is the one that writes. If the file is known to be damaged, writeFile only returns the error of [Ledger.Damage].
func (l *Ledger) writeFile(ctx context.Context, fn func(*bolt.DB) error) error {
	if err := l.Damage(); err != nil {
		return err
	}
	l.turn.RLock()
	leave := l.turn.RUnlock
	if h := l.held.Load(); h == nil || !h.write || l.mustLetGo() {
		l.turn.RUnlock()
		l.turn.Lock()
		leave = l.turn.Unlock
		l.closeHeld()
	}
	err := l.writeHeld(ctx, fn)
	leave()
	if err != nil {
		l.letGo() // with whatever a commit that failed has left in memory
	}
	return err
}

// writeHeld does the part of writeFile for which the caller has the turn.
func (l *Ledger) writeHeld(ctx context.Context, fn func(*bolt.DB) error) error {
	h, err := l.hold(ctx, true)
	if err != nil {
		return err
	}
	found := h.left.Swap(nil)
	if err := l.explainFull(l.catchPanic(func() error { return fn(h.db) })); err != nil {
		return err
	}
	left, err := os.Stat(filepath.Join(l.dir, FileName))
	if err != nil || !os.SameFile(left, *found) {
		left = *found // another file is in its place, which the next transaction will see
	}
	h.left.Store(&left)
	return nil
}

// hold returns the open file, which it opens if that is necessary. It takes the lock for that, and fails with ErrBusy after
// Options.LockTimeout. The caller has the turn, and has it alone if the file has to be opened for writing.
func (l *Ledger) hold(ctx context.Context, write bool) (*heldFile, error) {
	if h := l.usable(write); h != nil {
		return h, ctx.Err()
	}
	ctx, cancel := context.WithTimeoutCause(ctx, l.opts.LockTimeout, ErrBusy)
	defer cancel()
	select {
	case l.opening <- struct{}{}: // otherwise look would take a goroutine that stands in the queue for another process
		defer func() { <-l.opening }()
	case <-ctx.Done():
		return nil, l.explain(context.Cause(ctx))
	}
	if h := l.usable(write); h != nil { // another goroutine has opened it meanwhile
		return h, ctx.Err()
	}
	release, err := l.lock(ctx, write)
	if err != nil {
		return nil, err
	}
	h := &heldFile{write: write, release: release}
	found, err := os.Stat(filepath.Join(l.dir, FileName))
	if err != nil {
		err = l.explain(err)
	} else {
		h.left.Store(&found)
		h.db, err = l.openDB(FileName, write)
	}
	if err != nil {
		release()
		return nil, err
	}
	l.held.Store(h)
	time.AfterFunc(lookDelay, func() { l.look(h) })
	return h, nil
}

// usable returns the open file, or nil if there is none, or none that can be written when write is set.
func (l *Ledger) usable(write bool) *heldFile {
	h := l.held.Load()
	if h == nil || write && !h.write {
		return nil
	}
	h.looks.Store(0)
	return h
}

// mustLetGo reports whether the open file must not be used again: another process waits for it, or somebody who takes no lock has put
// another file in its place or has written to it. To write on would lose or destroy what is there. The caller has the turn.
func (l *Ledger) mustLetGo() bool {
	h := l.held.Load()
	if h == nil {
		return false
	}
	now, err := os.Stat(filepath.Join(l.dir, FileName))
	left := h.left.Load()
	return left != nil && (err != nil || !isUnchanged(now, *left)) || h.wanted.Load()
}

// look lets the file go if another process waits for it, or if it was not used for some time. Otherwise, it looks again later.
func (l *Ledger) look(h *heldFile) {
	if l.held.Load() != h {
		return
	}
	if l.isWanted() {
		h.wanted.Store(true)
	}
	if l.turn.TryLock() { // there is no transaction under way
		defer l.turn.Unlock()
		if h.wanted.Load() || h.looks.Add(1) > idleLooks {
			l.closeHeld()
			return
		}
	}
	time.AfterFunc(lookDelay, func() { l.look(h) })
}

// isWanted reports whether somebody waits for the file.
func (l *Ledger) isWanted() bool {
	queue := flock.New(filepath.Join(l.dir, wantedName), flock.SetFlag(os.O_RDONLY)) // who waits has made it
	free, err := queue.TryRLock()
	if free {
		l.unlock(queue)
	}
	return err == nil && !free
}

// letGo waits for the turn and closes the file. The next transaction opens it again.
func (l *Ledger) letGo() {
	l.turn.Lock()
	defer l.turn.Unlock()
	l.closeHeld()
}

// closeHeld closes the file if it is open. The caller has the turn alone.
func (l *Ledger) closeHeld() {
	if h := l.held.Swap(nil); h != nil {
		l.close(h)
	}
}

func (l *Ledger) close(h *heldFile) {
	if err := h.db.Close(); err != nil {
		l.opts.Log.Warn("could not close the ledger", "error", err)
	}
	h.release()
}

// takeAlone waits until nobody has the file open, in this process or another one, and keeps it so until release is called.
func (l *Ledger) takeAlone(ctx context.Context) (release func(), err error) {
	l.turn.Lock()
	l.closeHeld()
	unlock, err := l.lock(ctx, true)
	if err != nil {
		l.turn.Unlock()
		return nil, err
	}
	return func() { unlock(); l.turn.Unlock() }, nil
}

// openFile opens the bbolt file of that name in the ledger's folder, runs fn on it and closes
// it. The caller holds the lock.
func (l *Ledger) openFile(name string, write bool, fn func(*bolt.DB) error) (err error) {
	path := filepath.Join(l.dir, name)
	if write && !hasContent(path) {
		defer func() {
			if err != nil { // half a new file would look like a damaged one
				_ = os.Remove(path)
			}
		}()
	}
	db, err := l.openDB(name, write)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := db.Close(); err == nil && closeErr != nil {
			err = fmt.Errorf("close the ledger: %w", closeErr)
		}
	}()
	return l.explainFull(l.catchPanic(func() error { return fn(db) }))
}

// openDB opens the bbolt file of that name in the ledger's folder. The caller holds the lock.
func (l *Ledger) openDB(name string, write bool) (db *bolt.DB, err error) {
	if err := l.checkSizes(name); err != nil {
		return nil, err
	}
	err = l.catchPanic(func() (err error) {
		db, err = bolt.Open(filepath.Join(l.dir, name), 0o600, &bolt.Options{
			ReadOnly: !write,
			// The lock is held, so no process of this version has the file open. A tool or
			// an older version might: wait for it, then return ErrBusy.
			Timeout:      l.opts.LockTimeout,
			FreelistType: bolt.FreelistMapType,
		})
		return err
	})
	if err != nil {
		return nil, l.explain(err)
	}
	return db, nil
}

// checkSizes returns the error of [Ledger.Damage] if bbolt must not read the file of that name in the ledger's folder.
func (l *Ledger) checkSizes(name string) error {
	f, size, err := files.OpenRegular(filepath.Join(l.dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // bbolt makes it
	} else if err != nil {
		return l.explain(err)
	}
	defer f.Close()
	if err := checkSizes(f, size); err != nil {
		return l.damaged(err)
	}
	return nil
}

// lock takes the lock of the ledger: the exclusive one if write is set, else a shared one. It
// fails with ErrBusy after Options.LockTimeout. The caller must call release.
func (l *Ledger) lock(ctx context.Context, write bool) (release func(), err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, l.opts.LockTimeout, ErrBusy)
	defer cancel()
	// Opening a pipe in place of a file would wait for ever.
	for _, name := range []string{wantedName, lockName, FileName} {
		if err := files.CheckKind(filepath.Join(l.dir, name)); err != nil {
			return nil, l.explain(err)
		}
	}
	queue, lock := l.newLock(wantedName), l.newLock(lockName)
	defer l.unlock(queue)
	try := lock.TryRLock
	if write {
		try = lock.TryLock
	}
	for began := time.Now(); ctx.Err() == nil; {
		first, err := queue.TryLock()
		if first || err != nil || time.Since(began) > queueTime {
			got, err := try()
			switch {
			case got:
				return func() { l.unlock(lock) }, nil
			case !write && (request.IsNotWritable(err) || request.IsDiskFull(err)):
				// There is no lock file and none can be made. bbolt's own lock of the file keeps writers away.
				return func() {}, nil
			case err != nil:
				return nil, l.explain(err)
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(retryDelay):
		}
	}
	return nil, l.explain(context.Cause(ctx))
}

// newLock returns a lock of its own on a lock file. The kernel arbitrates between two of them, whether they belong to one process or to
// two.
func (l *Ledger) newLock(name string) *flock.Flock {
	return flock.New(filepath.Join(l.dir, name), flock.SetPermissions(0o600))
}

func (l *Ledger) unlock(lock *flock.Flock) {
	if err := lock.Unlock(); err != nil {
		l.opts.Log.Warn("could not release the ledger", "error", err)
	}
}
