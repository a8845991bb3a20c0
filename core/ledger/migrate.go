package ledger

import (
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"countersign/core/files"
	"countersign/core/request"
)

// olderPrefix begins the name of the copy of the ledger that a migration keeps; behind it stands the schema that the
// file was migrated to. Such a copy is a whole ledger of the version before: to go back to that version, put
// it in the place of the file [FileName].
const olderPrefix = FileName + ".before-"

// maxOlder is how many copies of older ledgers are kept: those that the latest migrations made.
const maxOlder = 2

// migrate rebuilds a file of an older schema, after it has checked that the disk has room. Unless
// [Options.NoOlder] is set, it keeps a copy of the older file.
func (l *Ledger) migrate(ctx context.Context) error {
	if err := l.checkSpace(); err != nil {
		return err
	}
	err := l.rebuildIf(ctx, func(version int) bool { return version < currentSchema }, nothingMore, l.keepOlder)
	if err != nil {
		return err
	}
	if err := l.pruneOlder(); err != nil {
		l.opts.Log.Warn("an older copy of the ledger cannot be deleted", "error", err)
	}
	return nil
}

var errNoSpace = request.Errorf("ledger_no_space", "there is too little space on the disk")

// checkSpace returns an error that wraps errNoSpace if the disk has no room for a migration: for the new file, the files of the sorters,
// and a copy of the older file, each of which needs at most as much as the older file.
func (l *Ledger) checkSpace() error {
	info, err := os.Stat(filepath.Join(l.dir, FileName))
	if err != nil {
		return l.explain(err)
	}
	needed := 3 * uint64(info.Size()) // #nosec G115 -- the size of a file is positive
	if disk := l.diskOf(l.dir); disk.Known && disk.Free < needed {
		return request.Errorf("ledger_space", "%w: %s are needed in %s, and %s are free; free more space and start again", errNoSpace,
			request.Bytes(needed), l.dir, request.Bytes(disk.Free)) // #nosec G115 -- no disk has eight exabytes
	}
	return nil
}

// keepOlder keeps the ledger's file, which is about to be replaced, under a name with olderPrefix, in place of an earlier file of that
// name. It makes a hard link where the file system has such links, and a copy elsewhere. With [Options.NoOlder] it does nothing. The
// caller holds the lock.
func (l *Ledger) keepOlder() error {
	if l.opts.NoOlder {
		return nil
	}
	from, to := filepath.Join(l.dir, FileName), filepath.Join(l.dir, olderPrefix+strconv.Itoa(currentSchema))
	if err := files.Remove(to); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return l.explain(err)
	}
	if os.Link(from, to) == nil {
		return nil
	}
	if err := copyWhole(from, to); err != nil {
		return errors.Join(l.explain(err), files.Remove(to))
	}
	return nil
}

func copyWhole(from, to string) error {
	in, err := os.Open(from) // #nosec G304 -- a file of the home
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) // #nosec G304 -- a file of the home
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}

// pruneOlder deletes all copies of older ledgers but the maxOlder newest ones.
func (l *Ledger) pruneOlder() error {
	names, err := os.ReadDir(l.dir)
	if err != nil {
		return err
	}
	var schemas []int
	for _, entry := range names {
		if text, is := strings.CutPrefix(entry.Name(), olderPrefix); is {
			if n, err := strconv.Atoi(text); err == nil && strconv.Itoa(n) == text {
				schemas = append(schemas, n)
			}
		}
	}
	slices.SortFunc(schemas, func(a, b int) int { return cmp.Compare(b, a) })
	for _, n := range schemas[min(maxOlder, len(schemas)):] {
		err = errors.Join(err, files.Remove(filepath.Join(l.dir, olderPrefix+strconv.Itoa(n))))
	}
	return err
}
