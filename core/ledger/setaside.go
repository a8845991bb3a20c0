package ledger

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	bolt "go.etcd.io/bbolt"

	"countersign/core/files"
	"countersign/core/register"
	"countersign/core/request"
)

// SetAside moves the ledger's file into a folder, which it makes, and begins an empty ledger that belongs to no office. What was moved can be
// opened there. It fails if the folder has a ledger already. This ledger must not be written to afterwards if it has [Options.Office].
func (l *Ledger) SetAside(ctx context.Context, folder string) error {
	return l.replaceFile(ctx, folder, func(fresh, _ *bolt.Tx) error { return createEmpty(fresh, nil) })
}

// BecomeCopy moves the ledger's file into a folder as [Ledger.SetAside] does, and begins an empty copy of an office's register. It fails if the
// entry read, by which the caller has decided, is not the last one any more. This ledger must not be written to afterwards.
func (l *Ledger) BecomeCopy(ctx context.Context, folder string, o Office, read register.Head) error {
	return l.replaceFile(ctx, folder, func(fresh, old *bolt.Tx) error {
		_, link, err := lastEntry(old)
		if err == nil && link != read.Link {
			err = request.Errorf("join_changed", "the requests of this home have changed meanwhile: join once more")
		}
		if err != nil {
			return err
		}
		return createEmpty(fresh, &o)
	})
}

// BeginAnew moves the file of a copy into a folder as [Ledger.SetAside] does, and begins an empty copy of the same office's register. What is in no
// register stays here: the addresses of visits, and the outbox.
func (l *Ledger) BeginAnew(ctx context.Context, folder string) error {
	return l.replaceFile(ctx, folder, func(fresh, old *bolt.Tx) error {
		err := createEmpty(fresh, l.opts.Office)
		for _, name := range [][]byte{bucketLaunches, bucketOutbox} {
			err = errors.Join(err, old.Bucket(name).ForEach(func(k, v []byte) error { return fresh.Bucket(name).Put(k, v) }))
		}
		return err
	})
}

// replaceFile moves the ledger's file into a folder, and puts a new one in its place that the function fill has filled from it. At every moment
// there is one file or the other.
func (l *Ledger) replaceFile(ctx context.Context, folder string, fill func(fresh, old *bolt.Tx) error) error {
	release, err := l.takeAlone(ctx)
	if err != nil {
		return err
	}
	defer release()
	path, fresh, to := filepath.Join(l.dir, FileName), filepath.Join(l.dir, rebuiltName), filepath.Join(folder, FileName)
	if err := errors.Join(os.MkdirAll(folder, 0o700), os.RemoveAll(fresh)); err != nil {
		return l.explain(err)
	}
	defer func() { _ = os.Remove(fresh) }() // after a success there is nothing left to remove
	err = l.openFile(FileName, false, func(db *bolt.DB) error {
		return db.View(func(old *bolt.Tx) error {
			return l.fillFile(fresh, old, func(db *bolt.DB) error {
				return errors.Join(db.Update(func(tx *bolt.Tx) error { return fill(tx, old) }), db.Sync())
			})
		})
	})
	if err != nil {
		return err
	}
	// One after the other: until the file has its second name, nothing may take its place.
	if err := linkTo(path, to); err != nil {
		return l.explain(err)
	}
	if err := files.SyncDir(folder); err != nil {
		return l.explain(err)
	}
	if err := files.Rename(fresh, path); err != nil {
		return l.explain(err)
	}
	l.damage.Store(nil) // of the file that was moved
	if err := files.SyncDir(l.dir); err != nil {
		return l.explain(err)
	}
	return nil
}

// linkTo makes a second name for the file at path, unless it has that from a call that was interrupted.
func linkTo(path, to string) error {
	err := os.Link(path, to)
	if errors.Is(err, fs.ErrExist) {
		if isSameFile(path, to) {
			return nil
		}
		return request.Errorf("ledger_aside", "%s is there already: move it away", to)
	}
	return err
}

func isSameFile(one, other string) bool {
	first, err := os.Stat(one)
	second, otherErr := os.Stat(other)
	return err == nil && otherErr == nil && os.SameFile(first, second)
}

// IsAside reports whether a folder has a ledger that was moved there, and that is not the one which is still here, as after an interrupted call.
func (l *Ledger) IsAside(folder string) bool {
	to := filepath.Join(folder, FileName)
	return hasContent(to) && !isSameFile(filepath.Join(l.dir, FileName), to)
}
