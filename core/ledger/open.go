package ledger

import (
	"context"
	"log/slog"
	"time"

	"github.com/fsnotify/fsnotify"
	bolt "go.etcd.io/bbolt"

	"countersign/core/files"
	"countersign/core/request"
)

// Open opens the ledger in dir, which must exist, or creates one there. It brings an older file to the current schema and keeps a
// copy of it (see [Options.NoOlder]), and fails with [ErrNewer] if the file is newer than this program. A ledger whose file was found
// to be damaged is opened for reading only; see [Ledger.Damage]. The caller must close the ledger.
func Open(ctx context.Context, dir string, opts Options) (*Ledger, error) {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.LockTimeout == 0 {
		opts.LockTimeout = defaultWait
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	l := &Ledger{
		dir: dir, opts: opts, limits: defaultLimits, diskOf: files.DiskOf, lookEvery: lookEvery, newWatcher: fsnotify.NewWatcher,
		opening: make(chan struct{}, 1),
	}
	l.stopped, l.stop = context.WithCancel(context.Background())
	if err := l.prepare(ctx); err != nil {
		return nil, err
	}
	return l, nil
}

// prepare creates the file, or rebuilds it if its schema is older. If it fails, the file stays
// as it was. It does not write to a file with the current schema.
func (l *Ledger) prepare(ctx context.Context) error {
	version := 0
	if l.exists() {
		if err := l.readTx(ctx, func(tx *bolt.Tx) error { version = schemaOf(tx); return nil }); err != nil {
			return err
		}
	}
	switch {
	case version == currentSchema:
		if err := l.checkFile(ctx, maxChecked); err != nil && l.Damage() == nil {
			return err
		}
		return l.checkOffice(ctx) // a damaged file is still read, as far as that goes
	case version == 0:
		return l.createFile(ctx)
	}
	l.opts.Log.Info("converting the ledger to the current schema", "from", version, "to", currentSchema)
	if err := l.migrate(ctx); err != nil {
		return request.Errorf("ledger_convert", "convert the ledger to schema %d: %w", currentSchema, err)
	}
	return nil
}

// createFile makes the file of an empty ledger. If it fails, there is no file.
func (l *Ledger) createFile(ctx context.Context) error {
	release, err := l.takeAlone(ctx)
	if err != nil {
		return err
	}
	defer release()
	return l.openFile(FileName, true, func(db *bolt.DB) error { return update(db, l.create) })
}

// create makes an empty ledger, unless another process has done so since the file was last
// read.
func (l *Ledger) create(tx *bolt.Tx) error {
	if schemaOf(tx) > 0 {
		return nil
	}
	return createEmpty(tx, l.opts.Office)
}

// createEmpty makes an empty ledger, which is the copy of an office's register unless o is nil.
func createEmpty(tx *bolt.Tx, o *Office) error {
	if err := createBuckets(tx); err != nil {
		return err
	}
	if o != nil {
		if err := createCopy(tx, *o); err != nil {
			return err
		}
	}
	return tx.Bucket(bucketMeta).Put(keySchema, encodeNumber(currentSchema))
}
