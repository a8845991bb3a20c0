// Package ledger stores the requests of a home: a journal of events that are never rewritten,
// and everything that is derived from them, in one bbolt file.
//
// There is one way to write, [Ledger.Append]. It checks the version that the caller read,
// stores the events, chains them into the journal and updates all derived buckets, in one
// transaction. The package knows no gateway, no browser and no window, and no bbolt type is
// part of its API.
//
// # The file
//
// [Ledger.Rebuild] makes the buckets from "requests" to "visits", and the counters, from the
// ones above them. The stored names stay as they are, so that old files open; where the code
// has another name for a bucket, schema.go maps it. Keep this drawing in step with the code.
//
//	ledger.db
//	├── events     id, 0, seq(8)                  → event as JSON; never rewritten
//	├── journal    number(8)                      → link(32), seq(8), id
//	├── heads      number(8)                      → checkpoint as JSON; see checkpoints.go
//	├── requests   id                             → number(4), folded request (package record)
//	├── numbers    number(4)                      → id; see numbers.go
//	├── views      order(1), decision(1), status(1), text, 0, ^updated(6), number(4)
//	│                                             → a counted set of sort keys, see sortorder.go
//	├── milestones                                → those of this set (package keyset)
//	├── landmarks                                 → those of this set
//	├── figures    ended(1), time(6), attempt(4), number(4)
//	│                                             → AttemptStat in binary; see attemptstats.go
//	├── words      term, 0, number(4)             → a set of keys; see terms.go
//	├── open       number(4)                      → nothing; requests that are not finished
//	├── visits     visit                          → id, 0, seq(8) of the event that began it
//	├── launches   visit                          → launch as JSON; not derived, see launches.go
//	├── unfit      number(8)                      → Unfit as JSON; only in the copy of an office's register
//	├── outbox     hash(32)                       → KeptReturn as JSON; only there, too, and not derived
//	└── meta
//	    ├── schema                                → version(8)
//	    ├── register                              → the register's id, 16 hexadecimal digits
//	    ├── taken                                 → Migration from an older chain, as JSON
//	    ├── office                                → the name of the desk; only in the copy of an office's register
//	    └── count, decision(1), status(1)         → number of requests(8)
//
// Numbers are big-endian. "updated" is in milliseconds of 48 bits, inverted so that
// the newest sorts first. The two sets are stored in blocks (package keyset). "status" is the index in [request.Statuses], and "decision" the
// index in [request.Decisions], which is 0 also for a request that has no outcome. A counter
// that is zero is not stored. Each sort order has its own key range in "views"; the text that
// it sorts by (a title, a due date) never contains a zero byte.
//
// # The chain
//
// The link of a journal entry is the hash of the previous link and the hash of the entry's own
// event (package register). Whoever changes, removes or moves an event breaks every later
// link, or has to compute them all anew. The desk signs the newest link with its Ed25519 key,
// so a recomputed chain no longer matches the checkpoints.
//
// # Several processes
//
// The window and any number of terminal commands use one home at the same time. bbolt lets
// only one process open a file for writing. Therefore the processes take turns through lock
// files. A Ledger keeps the file open from one transaction to the next, until another process
// waits for it or it was not needed for a moment; holdfile.go has the rules. The kernel
// releases the locks when a process ends, even if it was killed.
package ledger

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/fsnotify/fsnotify"
	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"countersign/core/broadcast"
	"countersign/core/files"
	"countersign/core/register"
	"countersign/core/request"
)

// Errors to test for with [errors.Is].
var (
	// ErrConflict is returned when a request has changed since the caller read it. The caller
	// has to read it again and decide anew.
	ErrConflict = request.Errorf("changed_meanwhile", "the request has changed meanwhile")
	// ErrNotFound is returned when there is no such request, event, visit or document.
	ErrNotFound = request.Errorf("not_found", "not found")
	// ErrBusy is returned when another process did not release the ledger in time.
	ErrBusy = request.Errorf("ledger_busy", "another program is using the ledger")
	// ErrNewer is returned when a newer version of the program wrote the file.
	ErrNewer = request.Errorf("ledger_newer", "the ledger was written by a newer version of this program")
	// ErrDamaged is what the errors for a damaged file are, see [Ledger.Damage].
	ErrDamaged = errors.New("the ledger is damaged")
)

// FileName is the name of the ledger's file in its folder.
const FileName = "ledger.db"

// Options configure a Ledger. The zero value is ready to use; it signs nothing.
type Options struct {
	Now         func() time.Time // the clock; time.Now when nil
	LockTimeout time.Duration    // how long to wait for another process; 10 s when zero
	NoOlder     bool             // a migration to the current schema keeps no copy of the older file, because the caller has one
	Exclusive   bool             // no other process uses the file, so Watch need not look for its changes
	Log         *slog.Logger     // discards when nil

	// NewestBackup returns the path of the backup that the error for a damaged file names; empty for none. It may be nil, and must be
	// safe for concurrent use.
	NewestBackup func() string

	// Office is set for the ledger of a desk of an office: it is a copy of the office's register. A file that is no such copy is not
	// opened then, and a copy that is opened without Office is only read. See [CreateCopy].
	Office *Office

	// CheckOfficeEvent returns why an event of an office that belongs to no request makes no sense, or nil: such an entry is among those of
	// [Ledger.Unfit]. It depends on the event alone, and is called from any goroutine. If it is nil, all new ones make sense.
	CheckOfficeEvent func(content []byte) error

	// Signer returns the register key, which is an Ed25519 key, or nil while the key is not
	// available. Entries that are written without the key are signed by the next write that has
	// it, or by [Ledger.Sign]. Signer is called before each write, from any goroutine, while no
	// lock is held. If Signer is nil, nothing is signed.
	Signer func(context.Context) crypto.Signer
}

// Ledger stores the requests of one home with all of their events, in the file [FileName] of a
// folder. [Open] returns one, and the caller must close it. Its methods are safe for concurrent
// use.
type Ledger struct {
	dir  string
	opts Options

	limits
	diskOf func(path string) files.Disk // files.DiskOf, except in tests

	// These arbitrate within the process, because retrying on a file lock is slow and unfair. The lock files arbitrate between processes.
	writing sync.Mutex               // held by the one goroutine that writes, or keeps others from it
	turn    sync.RWMutex             // shared by all transactions; had alone by who opens the file for writing, or closes it
	held    atomic.Pointer[heldFile] // the open file, or nil
	opening chan struct{}            // has a value while a goroutine opens the file, which has the turn

	catching  sync.Mutex // held by the one goroutine that takes over entries of an office's register
	pendingMu sync.Mutex
	pending   []*pendingAppend // calls of Append that wait for their turn, the first one first

	damage     atomic.Pointer[error]        // why the ledger is only read; nil while it is sound
	verified   atomic.Pointer[verifiedHead] // nil until this process has signed or verified a head
	changes    broadcast.Signal
	followOnce sync.Once
	lookEvery  time.Duration                     // the constant of that name; tests make it shorter
	newWatcher func() (*fsnotify.Watcher, error) // fsnotify.NewWatcher, except in tests
	stop       context.CancelFunc
	stopped    context.Context

	startMu sync.Mutex // keeps background from starting a worker once Close waits for them
	workers sync.WaitGroup
}

// limits are the bounds of queries, rebuilds and audits. Tests make them smaller.
type limits struct {
	// When this many requests meet a condition of a query, such as a search term, the query stops collecting them: the condition
	// is too common to decide which rows to read. It walks the sort keys in order until the page is full.
	maxCandidates int
	// The same for a query that has read many requests in vain on this walk, and for a count.
	commonHits int
	maxCounted int // up to this many candidates are always read, so that all rows are counted
	maxSkipped int // more rows than that are skipped by counts of keys
	maxMisses  int // a count gives up after this many rows that do not match
	rowsPerTx  int // the rows that QueryAll reads in one transaction, so that others can write meanwhile
	putsPerTx  int // the keys that a rebuild puts before it commits
	sortBytes  int // the bytes that a sorter holds in memory; a rebuild has seven sorters
}

var defaultLimits = limits{maxCandidates: 2_000, maxCounted: 500, commonHits: 20_000, maxSkipped: 500, maxMisses: 5_000, rowsPerTx: 2_000, putsPerTx: 50_000, sortBytes: 32 << 20}

// batchSize is how many entries are read in one transaction, so that a long walk does not keep
// others from writing.
const batchSize = 10_000

// verifiedHead is a head that this process signed with key, or whose signature it verified.
type verifiedHead struct {
	register.Head
	key ed25519.PublicKey
}

// Close ends every watch and waits for transactions that are under way. It always returns nil,
// and may be called more than once.
func (l *Ledger) Close() error {
	l.startMu.Lock()
	l.stop()
	l.startMu.Unlock()
	l.workers.Wait()
	l.letGo()
	return nil
}

// background runs the function work on a goroutine that Close waits for; work must return when
// l.stopped is done. If the ledger is closed already, background runs nothing and returns false.
func (l *Ledger) background(work func()) (started bool) {
	l.startMu.Lock()
	defer l.startMu.Unlock()
	if l.stopped.Err() != nil {
		return false
	}
	l.workers.Go(work)
	return true
}

// writeTx runs fn in a read-write transaction. When writeTx returns nil, the transaction is on
// disk. When it returns an error, nothing was written. It fails with the error of [Ledger.Damage]
// if there is one.
func (l *Ledger) writeTx(ctx context.Context, fn func(*bolt.Tx) error) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	return l.writeFile(ctx, func(db *bolt.DB) error { return update(db, fn) })
}

// update runs fn in a read-write transaction of an open file. Every write to a ledger goes through it.
func update(db *bolt.DB, fn func(*bolt.Tx) error) error { return db.Update(unlessNewer(fn)) }

// readTx runs fn in a read-only transaction. fn must copy the bytes it keeps.
func (l *Ledger) readTx(ctx context.Context, fn func(*bolt.Tx) error) error {
	return l.readFile(ctx, func(db *bolt.DB) error { return db.View(unlessNewer(fn)) })
}

// readUnwritten is readTx while nobody writes, so that fn may begin further transactions of the same file on other goroutines: they see
// the same. Without that, they could see more, and would wait for ever behind a write that waits for the end of the first because
// the file grows.
func (l *Ledger) readUnwritten(ctx context.Context, fn func(*bolt.Tx) error) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	return l.readTx(ctx, fn)
}

// readReleased is readUnwritten for a long transaction: the file is not open for writing meanwhile, so that other processes can read it.
func (l *Ledger) readReleased(ctx context.Context, fn func(*bolt.Tx) error) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	l.letGo() // behind the last write, which may have opened it
	return l.readTx(ctx, fn)
}

// unlessNewer returns a function that runs fn, unless the file has a newer schema than
// currentSchema: then it returns errNewer. A newer version of the program may migrate the file
// while this one runs.
func unlessNewer(fn func(*bolt.Tx) error) func(*bolt.Tx) error {
	return func(tx *bolt.Tx) error {
		if schemaOf(tx) > currentSchema {
			return errNewer
		}
		return fn(tx)
	}
}

// catchPanic runs the function do and returns its error. It turns a panic or a memory fault into
// the error of [Ledger.Damage]: bbolt panics, or reads beyond the mapped file, when the file is
// damaged.
func (l *Ledger) catchPanic(do func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			l.opts.Log.Debug("a damaged ledger made its reader panic", "panic", p, "stack", string(debug.Stack()))
			err = l.damaged(fmt.Errorf("%v", p))
		}
	}()
	return do()
}

// damaged returns the error for a file that is damaged because of cause. From then on this is the
// error of [Ledger.Damage], and the ledger is only read: a write could destroy more.
func (l *Ledger) damaged(cause error) error {
	err := l.damagedError(cause)
	l.damage.CompareAndSwap(nil, &err)
	return err
}

// Damage returns why the ledger is only read: its file was found to be damaged. Everything that writes then returns the same error.
// It returns nil while no damage is known.
func (l *Ledger) Damage() error {
	if err := l.damage.Load(); err != nil {
		return *err
	}
	return nil
}

// damagedError returns the error for a damaged file, which is an [ErrDamaged].
func (l *Ledger) damagedError(cause error) error {
	path := filepath.Join(l.dir, FileName)
	if l.opts.NewestBackup != nil {
		if newest := l.opts.NewestBackup(); newest != "" {
			return damagedError{request.Errorf("ledger_damaged_daily", "%s is not a ledger or is damaged: restore the newest daily backup, with countersignctl --home NEW restore --with-trust --with-gateways %s (%w)", path, newest, cause)}
		}
	}
	return damagedError{request.Errorf("ledger_damaged", "%s is not a ledger or is damaged: restore it from a backup (%w)", path, cause)}
}

type damagedError struct{ error }

func (e damagedError) Unwrap() error { return e.error }

func (damagedError) Is(target error) bool { return target == ErrDamaged }

// explain returns an error of the file system or of bbolt with what the user can do about it.
func (l *Ledger) explain(err error) error {
	switch {
	case errors.Is(err, ErrBusy), errors.Is(err, bolterrors.ErrTimeout):
		return request.Errorf("ledger_busy_in", "%w in %s: close the other program, or end it if it hangs, and try again", ErrBusy, l.dir)
	case errors.Is(err, files.ErrFolder), errors.Is(err, files.ErrNotRegular):
		return request.Errorf("ledger_kind", "%s or its lock in %s is not a file: move it away (%w)", FileName, l.dir, err)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, syscall.ENOTDIR):
		return request.Errorf("ledger_file", "%s is a file where a folder should be: move it away, or choose another home (%w)", l.dir, err)
	case request.IsHeld(err):
		return request.Errorf("ledger_held", "a file in %s is open in another program, such as a virus scanner or a backup, so nothing was stored: close it there, or wait a moment, and try again (%w)", l.dir, err)
	case request.IsNotWritable(err):
		return request.Errorf("ledger_forbidden", "cannot write in %s, so nothing was stored: mount its disk writable, give yourself permission to write there, or choose another home (%w)", l.dir, err)
	case request.IsDiskFull(err):
		return request.Errorf("ledger_full", "nothing was stored in %s, because its disk is full: free space on it and try again (%w)", l.dir, err)
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrChecksum), errors.Is(err, bolterrors.ErrVersionMismatch),
		errors.Is(err, bolterrors.ErrIncompatibleValue): // a bucket that is not marked as one any more
		return l.damagedError(err)
	}
	return request.Errorf("ledger_open", "open the ledger: %w", err)
}

// explainFull adds to an error what to do about a full disk or a file that is held, if that is its cause, and returns every other error as it is.
func (l *Ledger) explainFull(err error) error {
	if request.IsDiskFull(err) || request.IsHeld(err) {
		return l.explain(err)
	}
	return err
}

// exists reports whether the file has any content. A process that ended while it created the
// file may leave an empty one, which counts as none.
func (l *Ledger) exists() bool { return hasContent(filepath.Join(l.dir, FileName)) }

func hasContent(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Size() > 0
}

var errNewer = request.Errorf("ledger_newer_install", "%w: install that version, or use another home", ErrNewer)
