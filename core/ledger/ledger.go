// Package ledger keeps the desk's requests: a list of events nobody rewrites,
// and everything that can be derived from it, in one bbolt file.
//
// There is one write, [Ledger.Append]. It checks the version the caller built on,
// adds the events, chains them into the journal and brings every derived view up
// to date, in one transaction. The package knows no gateway, no browser and no
// window, and shows no bbolt type.
//
// # The file
//
// Every structure below "heads" can be rebuilt from what is above it
// ([Ledger.Rebuild]). Change this drawing with the code.
//
//	ledger.db
//	├── events     id, 0, seq(8)                  → event as JSON; never rewritten
//	├── journal    number(8)                      → link(32), seq(8), id
//	├── heads      number(8)                      → signed head as JSON; see heads.go
//	├── requests   id                             → folded request as JSON
//	├── views      order(1), decision(1), status(1), text, 0, ^updated(8), id
//	│                                             → nothing; see orders.go
//	├── figures    open(1), time(8), attempt(4), id
//	│                                             → an attempt in few bytes; see figures.go
//	├── words      word, 0, id                    → nothing; see words.go
//	├── open       id                             → nothing; requests that are owed a step
//	├── visits     ticket                         → visit as JSON
//	└── meta
//	    ├── schema                                → version(8)
//	    ├── register                              → the register's id, 16 digits
//	    ├── taken                                 → what was taken over from an older chain, as JSON
//	    └── count, decision(1), status(1)         → number of requests(8)
//
// Numbers are big-endian; updated is Unix milliseconds, inverted so that the newest
// sorts first; status is its place in [request.Statuses], decision that in [request.Decisions], which
// is 0 also for what is open. A count of nothing is not kept.
// Each order has its own range of the views, in which its text (a title, a due date)
// sorts; no text has a zero byte.
//
// # The chain
//
// Each journal entry's link is made of the link before it and the hash of its own event
// (package register). Whoever changes, removes or moves an event breaks every link
// after it, or has to write them all anew; and what the desk has signed of them is not
// theirs to sign.
//
// # Several processes
//
// The window and any number of terminal commands work on one home at once. bbolt
// lets one process open a file for writing, so a Ledger opens it for one transaction
// at a time, in turn, behind a lock file. The kernel frees that lock when a
// process dies, whatever it died of.
package ledger

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/gofrs/flock"
	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// Errors that callers tell apart.
var (
	// ErrConflict says that the request has changed since the caller read it:
	// read it again and decide anew.
	ErrConflict = errors.New("the request has changed meanwhile")
	// ErrNotFound says that there is no such request or visit.
	ErrNotFound = errors.New("not found")
	// ErrBusy says that another process kept the ledger for too long.
	ErrBusy = errors.New("another program is holding the ledger")
	// ErrNewer says that a newer version of the program wrote the ledger.
	ErrNewer = errors.New("the ledger was written by a newer version of this program")
)

const (
	fileName = "ledger.db"
	lockName = "ledger.lock"

	// A transaction takes milliseconds; who waits this long waits for something
	// that hangs.
	defaultWait = 10 * time.Second
	retryDelay  = 2 * time.Millisecond
)

// Options adjust a Ledger. The zero value is what the program uses.
type Options struct {
	Now     func() time.Time // the clock; time.Now when nil
	Wait    time.Duration    // how long to wait for another process; 10 s when zero
	Private bool             // no other process uses the file: Watch need not look for its changes
	Log     *slog.Logger     // discards when nil

	// Signer gives the desk's Ed25519 key, or nil while it cannot be had: what is written
	// then is signed by the next write, or by [Ledger.Sign]. It is asked before each write,
	// while nobody is kept from the ledger, from any goroutine. Nothing is signed when nil.
	Signer func(context.Context) crypto.Signer
}

// Ledger is one home's ledger. Its methods may be called from any goroutine.
type Ledger struct {
	dir  string
	opts Options

	// Bounds that tests make smaller: commonWord, fewCandidates, fruitlessLooks, putsAtOnce,
	// sortsAtOnce.
	commonHits, maxCandidates, maxMisses, putsPerTx, sortBytes int

	// Within the process the mutex takes turns, since retrying on a file lock is
	// slow and unfair; between processes the lock file does.
	turn sync.RWMutex

	verified atomic.Pointer[verifiedHead] // what this process knows to be signed

	changes    *broadcast
	followOnce sync.Once
	stop       context.CancelFunc
	stopped    context.Context

	startMu sync.Mutex // between starting work in the background and Close, which waits for it
	workers sync.WaitGroup
}

// Open opens the ledger in dir, which must exist, and brings it to the current
// schema. The file is made when there is none. Close it when done.
func Open(ctx context.Context, dir string, opts Options) (*Ledger, error) {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Wait == 0 {
		opts.Wait = defaultWait
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	l := &Ledger{dir: dir, opts: opts, commonHits: defaultCommonHits, maxCandidates: defaultMaxCandidates, maxMisses: defaultMaxMisses, putsPerTx: defaultPutsPerTx, sortBytes: defaultSortBytes, changes: newBroadcast()}
	l.stopped, l.stop = context.WithCancel(context.Background())
	if err := l.prepare(ctx); err != nil {
		return nil, err
	}
	return l, nil
}

// Close ends every watch. Transactions under way are completed first.
func (l *Ledger) Close() error {
	l.startMu.Lock()
	l.stop()
	l.startMu.Unlock()
	l.workers.Wait()
	l.turn.Lock()
	defer l.turn.Unlock()
	return nil
}

// background starts work that ends with l.stopped, unless the ledger is closed already.
func (l *Ledger) background(work func()) (started bool) {
	l.startMu.Lock()
	defer l.startMu.Unlock()
	if l.stopped.Err() != nil {
		return false
	}
	l.workers.Go(work)
	return true
}

// writeTx runs fn in a transaction that is durable when writeTx returns nil. When it
// returns an error nothing was written.
func (l *Ledger) writeTx(ctx context.Context, fn func(*bolt.Tx) error) error {
	l.turn.Lock()
	defer l.turn.Unlock()
	return l.withFile(ctx, true, func(db *bolt.DB) error { return db.Update(fn) })
}

// readTx runs fn in a read transaction. What fn keeps it must copy.
func (l *Ledger) readTx(ctx context.Context, fn func(*bolt.Tx) error) error {
	l.turn.RLock()
	defer l.turn.RUnlock()
	return l.withFile(ctx, false, func(db *bolt.DB) error { return db.View(fn) })
}

func (l *Ledger) withFile(ctx context.Context, write bool, fn func(*bolt.DB) error) error {
	release, err := l.lock(ctx, write)
	if err != nil {
		return err
	}
	defer release()
	return l.openFile(fileName, write, fn)
}

// openFile runs fn on a file of the ledger, whose lock is held.
func (l *Ledger) openFile(name string, write bool, fn func(*bolt.DB) error) (err error) {
	var db *bolt.DB
	err = l.catchPanic(func() (err error) {
		db, err = bolt.Open(filepath.Join(l.dir, name), 0o600, &bolt.Options{
			ReadOnly: !write,
			// The lock file is held, so nobody of ours has the file open. Who else
			// might (a tool, an older program) is waited for, then named.
			Timeout:      l.opts.Wait,
			FreelistType: bolt.FreelistMapType,
		})
		return err
	})
	if err != nil {
		return l.explain(err)
	}
	defer func() {
		if closeErr := db.Close(); err == nil && closeErr != nil {
			err = fmt.Errorf("close the ledger: %w", closeErr)
		}
	}()
	return l.catchPanic(func() error { return fn(db) })
}

// catchPanic does something with a file that may be damaged in ways that make bbolt, or a reader
// of what is not there, panic or reach beyond the file: that is an error for a person to act
// on, and no crash.
func (l *Ledger) catchPanic(do func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			l.opts.Log.Debug("the ledger made its reader panic", "panic", p, "stack", string(debug.Stack()))
			err = l.damagedError(fmt.Errorf("%v", p))
		}
	}()
	return do()
}

func (l *Ledger) damagedError(cause error) error {
	return fmt.Errorf("%s is not a ledger or is damaged: restore it from a backup (%w)", filepath.Join(l.dir, fileName), cause)
}

func (l *Ledger) lock(ctx context.Context, write bool) (release func(), err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, l.opts.Wait, ErrBusy)
	defer cancel()
	// A lock of its own for each use: between two of them the kernel arbitrates
	// whether they are of one process or of two.
	lock := flock.New(filepath.Join(l.dir, lockName), flock.SetPermissions(0o600))
	try := lock.TryRLockContext
	if write {
		try = lock.TryLockContext
	}
	if _, err := try(ctx, retryDelay); err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return nil, l.explain(cause)
		}
		return nil, l.explain(err)
	}
	return func() {
		if err := lock.Unlock(); err != nil {
			l.opts.Log.Warn("could not release the ledger", "error", err)
		}
	}, nil
}

// explain turns what can go wrong with the file into a sentence for people.
func (l *Ledger) explain(err error) error {
	switch {
	case errors.Is(err, ErrBusy), errors.Is(err, bolterrors.ErrTimeout):
		return fmt.Errorf("%w in %s: close the other program, or end it if it hangs, and try again", ErrBusy, l.dir)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, syscall.ENOTDIR):
		return fmt.Errorf("%s is a file where a folder should be: move it away, or choose another home (%w)", l.dir, err)
	case errors.Is(err, fs.ErrPermission), isReadOnly(err):
		return fmt.Errorf("cannot write in %s: choose a home on a disk you may write to (%w)", l.dir, err)
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrChecksum), errors.Is(err, bolterrors.ErrVersionMismatch):
		return l.damagedError(err)
	}
	return fmt.Errorf("open the ledger: %w", err)
}

// exists tells whether the file is there, without making it. An empty one is what a
// process leaves that ended while it made it: there is nothing to read in it.
func (l *Ledger) exists() bool {
	info, err := os.Stat(filepath.Join(l.dir, fileName))
	return err == nil && info.Size() > 0
}
