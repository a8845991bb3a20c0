package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"countersign/core/files"
	"countersign/core/register"
	"countersign/core/request"
)

// rebuiltName is the name of the file that a rebuild makes, until it replaces the ledger's file.
const rebuiltName = FileName + ".new"

// sortingName is the name of the folder for the temporary files of the sorters.
const sortingName = FileName + ".sorting"

// Rebuild makes all derived buckets anew from the events that have a journal entry. It writes
// a new file, which replaces the old one at the end; if it fails, the old file is unchanged.
// Others cannot use the ledger meanwhile: they wait, and fail with [ErrBusy] if that takes too
// long. Memory stays bounded, however many requests there are.
func (l *Ledger) Rebuild(ctx context.Context) error {
	return l.rebuildIf(ctx, func(int) bool { return true }, func() error { return nil })
}

// rebuildIf rebuilds the ledger if the function needed returns true for the schema of its file.
// When the new file is whole, it calls beforeReplacing, and replaces the old file only if that
// returns nil. It fails with ErrNewer if the schema is newer than currentSchema.
func (l *Ledger) rebuildIf(ctx context.Context, needed func(version int) bool, beforeReplacing func() error) error {
	l.turn.Lock()
	defer l.turn.Unlock()
	release, err := l.lock(ctx, true)
	if err != nil {
		return err
	}
	defer release()
	rebuilt, sorting := filepath.Join(l.dir, rebuiltName), filepath.Join(l.dir, sortingName)
	if err := errors.Join(os.RemoveAll(rebuilt), os.RemoveAll(sorting)); err != nil { // left behind by a rebuild that was killed
		return l.explain(err)
	}
	defer func() { // after a success there is nothing left to remove
		_ = os.Remove(rebuilt)
		_ = os.RemoveAll(sorting)
	}()
	done, version := false, 0
	err = l.openFile(FileName, false, func(old *bolt.DB) error {
		if err := old.View(func(tx *bolt.Tx) error { version = schemaOf(tx); return nil }); err != nil {
			return err
		}
		if version > currentSchema {
			return errNewer
		}
		if done = !needed(version); done {
			return nil
		}
		return l.openFile(rebuiltName, true, func(fresh *bolt.DB) error { return l.rebuild(ctx, version, old, fresh) })
	})
	if err != nil || done {
		return err
	}
	if err := beforeReplacing(); err != nil {
		return err
	}
	if err := os.Rename(rebuilt, filepath.Join(l.dir, FileName)); err != nil {
		return l.explain(err)
	}
	l.damage.Store(nil) // of the file that was replaced
	return files.SyncDir(l.dir)
}

// rebuild fills the empty file fresh from the file old, whose schema is version.
func (l *Ledger) rebuild(ctx context.Context, version int, old, fresh *bolt.DB) error {
	fresh.NoSync = true // nobody opens it before it is complete; it is synced at the end
	sorting := func() *sorter { return &sorter{dir: filepath.Join(l.dir, sortingName), maxBytes: l.sortBytes} }
	b := &rebuilder{
		ctx: ctx, now: l.opts.Now, version: version, fresh: fresh, maxPuts: l.putsPerTx, counts: map[group]int{},
		journaled: sorting(), sortKeys: sorting(), stats: sorting(), terms: sorting(), visits: sorting(),
	}
	err := old.View(func(tx *bolt.Tx) error {
		b.old = tx
		return b.steps(b.createBuckets, b.copyJournal, b.copyCheckpoints, b.copyLaunches, b.copyEvents, b.foldRequests, b.putSorted, b.putMeta)
	})
	return errors.Join(err, b.journaled.close(), b.sortKeys.close(), b.stats.close(), b.terms.close(), b.visits.close(), fresh.Sync())
}

// rebuilder puts keys into the new file in ascending order, in transactions of bounded size.
// In bbolt, adding a key at the end of a bucket is cheap. The cost of one in the middle grows
// with all that the same transaction has put before it.
type rebuilder struct {
	ctx     context.Context
	now     func() time.Time
	version int // the schema of the old file
	old     *bolt.Tx
	fresh   *bolt.DB

	tx            *bolt.Tx // on the new file; nil if none is open
	puts, maxPuts int      // how many puts tx has had, and may have

	journaled                      *sorter // the keys of the events that have a journal entry
	sortKeys, stats, terms, visits *sorter // the content of these buckets
	counts                         map[group]int
	migration                      *Migration // nil unless the journal gets new links
}

// put puts a key and its value into a bucket of the new file. If the transaction has maxPuts puts
// already, it first commits that and begins another.
func (b *rebuilder) put(bucket, key, value []byte) error {
	if err := b.ctx.Err(); err != nil {
		return err
	}
	if b.puts == b.maxPuts {
		if err := b.commit(); err != nil {
			return err
		}
	}
	if b.tx == nil {
		var err error
		if b.tx, err = b.fresh.Begin(true); err != nil {
			return fmt.Errorf("rebuild: %w", err)
		}
	}
	b.puts++
	into := b.tx.Bucket(bucket)
	into.FillPercent = 0.9 // keys come in order, so pages need little free space
	if err := into.Put(key, value); err != nil {
		return fmt.Errorf("rebuild %s: %w", bucket, err)
	}
	return nil
}

func (b *rebuilder) commit() error {
	if b.tx == nil {
		return nil
	}
	tx := b.tx
	b.tx, b.puts = nil, 0
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("rebuild: %w", err)
	}
	return nil
}

// steps runs the steps in order and commits after the last. If one fails, it rolls back the
// open transaction.
func (b *rebuilder) steps(all ...func() error) error {
	for _, step := range all {
		if err := step(); err != nil {
			if b.tx != nil {
				err = errors.Join(err, b.tx.Rollback())
			}
			return err
		}
	}
	return b.commit()
}

func (b *rebuilder) createBuckets() error { return b.fresh.Update(createBuckets) }

// copyJournal copies the journal, with new links if its schema is before chainSchema.
func (b *rebuilder) copyJournal() error {
	if b.version < chainSchema {
		b.migration = &Migration{At: b.now().UTC().Truncate(time.Second)}
	}
	var oldLink, newLink register.Hash
	var chain register.Hasher
	return b.old.Bucket(bucketJournal).ForEach(func(k, v []byte) error {
		e, err := parseEntry(v)
		if err != nil {
			return err
		}
		if err := b.journaled.add(eventKey(e.id, e.seq), nil); err != nil {
			return err
		}
		if b.migration == nil {
			return b.put(bucketJournal, k, v)
		}
		stored := b.old.Bucket(bucketEvents).Get(eventKey(e.id, e.seq))
		if oldLink = legacyLink(oldLink, e.id, e.seq, stored); b.migration.Fault == nil {
			b.migration.add(decodeNumber(k), e, oldLink)
		}
		newLink = chain.Link(newLink, chain.Entry(string(e.id), e.seq, stored))
		return b.put(bucketJournal, k, entry{newLink, e.seq, e.id}.bytes())
	})
}

// copyCheckpoints copies the checkpoints. Schemas before chainSchema have none.
func (b *rebuilder) copyCheckpoints() error {
	checkpoints := b.old.Bucket(bucketCheckpoints)
	if checkpoints == nil {
		return nil
	}
	return checkpoints.ForEach(func(k, v []byte) error { return b.put(bucketCheckpoints, k, v) })
}

// copyLaunches copies the launches. Schemas before launchSchema have none.
func (b *rebuilder) copyLaunches() error {
	launches := b.old.Bucket(bucketLaunches)
	if launches == nil {
		return nil
	}
	return launches.ForEach(func(k, v []byte) error { return b.put(bucketLaunches, k, v) })
}

// copyAllButLaunches copies all buckets as they are, except for bucketLaunches.
func (b *rebuilder) copyAllButLaunches() error {
	for _, name := range allBuckets {
		if bytes.Equal(name, bucketLaunches) {
			continue
		}
		if err := b.old.Bucket(name).ForEach(func(k, v []byte) error { return b.put(name, k, v) }); err != nil {
			return err
		}
	}
	return nil
}

// copyEvents copies all events, also those without a journal entry, so that an audit still
// finds them.
func (b *rebuilder) copyEvents() error {
	return b.old.Bucket(bucketEvents).ForEach(func(k, v []byte) error { return b.put(bucketEvents, k, v) })
}

// foldRequests folds the requests, in the order of their ids, and puts what is derived from them
// into the new file or the sorters.
func (b *rebuilder) foldRequests() error {
	var r request.Request
	err := b.journaled.each(func(key, _ []byte) error {
		id, seq := parseEventKey(key)
		if id != r.ID {
			if err := b.putRequest(r); err != nil {
				return err
			}
			r = request.Request{ID: id}
		}
		for r.Version < seq { // also if entries in between were removed; an audit reports that
			next, err := b.foldNext(r)
			if err != nil {
				return err
			}
			r = next
		}
		return nil
	})
	if err != nil {
		return err
	}
	return b.putRequest(r)
}

// putRequest puts what is derived from the final state of a request: keys that begin with the id
// into the new file, and the others into the sorters. It does nothing for a request of version 0.
func (b *rebuilder) putRequest(r request.Request) error {
	if r.Version == 0 {
		return nil
	}
	stored, err := encodeRequest(r)
	if err != nil {
		return err
	}
	if err := b.put(bucketRequests, []byte(r.ID), stored); err != nil {
		return err
	}
	if r.HasPendingWork() {
		if err := b.put(bucketUnfinished, []byte(r.ID), nil); err != nil {
			return err
		}
	}
	if b.version < launchSchema {
		if err := b.putLaunch(r); err != nil {
			return err
		}
	}
	b.counts[groupOf(r)]++
	if err := b.stats.add(encodeAttemptStat(r)); err != nil {
		return err
	}
	for _, k := range sortKeysOf(r) {
		if err := b.sortKeys.add(k, nil); err != nil {
			return err
		}
	}
	for w := range termsOf(r) {
		if err := b.terms.add(termKey(w, r.ID), nil); err != nil {
			return err
		}
	}
	return nil
}

// foldNext folds the next event of a request. It adds to the sorters what stays whatever happens
// to the request later: the visit that the event begins, and, if the event begins another attempt,
// the attempt stat of the attempt before.
func (b *rebuilder) foldNext(r request.Request) (request.Request, error) {
	e, err := readEvent(b.old, r.ID, r.Version+1)
	if err != nil {
		return request.Request{}, err
	}
	next, err := r.Apply(e)
	if err != nil {
		return request.Request{}, fmt.Errorf("request %s: %w", r.ID, err)
	}
	if retainsStat(r, next) {
		if err := b.stats.add(encodeAttemptStat(r)); err != nil {
			return request.Request{}, err
		}
	}
	visit, err := encodeNewVisit(r, next)
	if err != nil || visit == nil {
		return next, err
	}
	return next, b.visits.add([]byte(next.Visit.ID), visit)
}

// putSorted puts what the sorters have collected into the new file.
func (b *rebuilder) putSorted() error {
	for _, s := range []struct {
		into []byte
		keys *sorter
	}{{bucketSortKeys, b.sortKeys}, {bucketAttemptStats, b.stats}, {bucketTerms, b.terms}, {bucketVisits, b.visits}} {
		if err := s.keys.each(func(k, v []byte) error { return b.put(s.into, k, v) }); err != nil {
			return err
		}
	}
	return nil
}

// putMeta puts the counters, the schema and the migration record, and copies the other
// metadata.
func (b *rebuilder) putMeta() error {
	for _, g := range slices.SortedFunc(maps.Keys(b.counts), func(a, b group) int { return bytes.Compare(a[:], b[:]) }) {
		if err := b.put(bucketMeta, counterKey(g), encodeNumber(b.counts[g])); err != nil {
			return err
		}
	}
	if err := b.put(bucketMeta, keySchema, encodeNumber(currentSchema)); err != nil {
		return err
	}
	if b.migration != nil && b.migration.Entries > 0 {
		stored, err := json.Marshal(b.migration)
		if err != nil {
			return fmt.Errorf("encode the record of the conversion: %w", err)
		}
		if err := b.put(bucketMeta, keyMigration, stored); err != nil {
			return err
		}
	}
	return b.old.Bucket(bucketMeta).ForEach(func(k, v []byte) error {
		if bytes.HasPrefix(k, keyCount) || bytes.Equal(k, keySchema) {
			return nil
		}
		return b.put(bucketMeta, k, v)
	})
}
