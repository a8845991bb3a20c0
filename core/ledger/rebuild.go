package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"countersign/core/files"
	"countersign/core/ledger/keyset"
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
	return l.rebuildIf(ctx, func(int) bool { return true }, nothingMore, func() error { return nil })
}

func nothingMore(func(Recorded, error) bool) {}

// rebuildIf rebuilds the ledger if the function needed returns true for the schema of its file, with more events behind those that
// it has. When the new file is whole, it calls beforeReplacing, and replaces the old file only if that
// returns nil. It fails with ErrNewer if the schema is newer than currentSchema.
func (l *Ledger) rebuildIf(ctx context.Context, needed func(version int) bool, more iter.Seq2[Recorded, error], beforeReplacing func() error) error {
	release, err := l.takeAlone(ctx)
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
	done := false
	err = l.openFile(FileName, false, func(old *bolt.DB) error {
		return old.View(func(tx *bolt.Tx) error {
			version := schemaOf(tx)
			if version > currentSchema {
				return errNewer
			}
			if done = !needed(version); done {
				return nil
			}
			return l.fillFile(rebuilt, tx, func(fresh *bolt.DB) error { return l.rebuild(ctx, version, tx, more, fresh) })
		})
	})
	if err != nil || done {
		return err
	}
	if err := beforeReplacing(); err != nil {
		return err
	}
	if err := files.Rename(rebuilt, filepath.Join(l.dir, FileName)); err != nil {
		return l.explain(err)
	}
	l.damage.Store(nil) // of the file that was replaced
	return files.SyncDir(l.dir)
}

// fillFile creates a bbolt file at path, calls the function fill with it and closes it, without a sync to disk. Nobody else may open
// the file meanwhile. like is a file of about the same size: whenever a file outgrows what was mapped of it, bbolt copies all of
// the pages that it has in memory.
func (l *Ledger) fillFile(path string, like *bolt.Tx, fill func(fresh *bolt.DB) error) error {
	fresh, err := bolt.Open(path, 0o600, &bolt.Options{
		FreelistType: bolt.FreelistMapType, InitialMmapSize: int(like.Size()), NoSync: true, NoGrowSync: true,
	})
	if err != nil {
		return l.explain(err)
	}
	return l.explainFull(errors.Join(fill(fresh), fresh.Close()))
}

// rebuild fills the empty file fresh from the file of old, whose schema is version, and from more.
func (l *Ledger) rebuild(ctx context.Context, version int, old *bolt.Tx, more iter.Seq2[Recorded, error], fresh *bolt.DB) error {
	var sorters []*sorter
	sorting := func() *sorter {
		s := &sorter{dir: filepath.Join(l.dir, sortingName), maxBytes: l.sortBytes}
		sorters = append(sorters, s)
		return s
	}
	b := &rebuilder{
		ctx: ctx, opts: l.opts, guard: l.catchPanic, version: version, copied: isCopy(old), old: old, fresh: fresh, maxPuts: l.putsPerTx, counts: map[group]int{},
		journaled: sorting(), numbers: sorting(), unfinished: sorting(), sortKeys: sorting(), stats: sorting(), terms: sorting(), visits: sorting(),
	}
	err := b.steps(b.createBuckets, b.copyJournal, func() error { return b.addEntries(more) },
		b.copyCheckpoints, b.copyLaunches, b.copyOutbox, b.copyEvents, b.foldRequests, b.putUnfit, b.putSorted, b.putMeta)
	for _, s := range sorters {
		err = errors.Join(err, s.close())
	}
	return errors.Join(err, fresh.Sync())
}

// rebuilder puts keys into the new file in ascending order, in transactions of bounded size.
// In bbolt, adding a key at the end of a bucket is cheap. The cost of one in the middle grows
// with all that the same transaction has put before it.
type rebuilder struct {
	ctx     context.Context
	opts    Options                  // of the ledger
	guard   func(func() error) error // catchPanic of the ledger
	version int                      // the schema of the old file
	copied  bool                     // the old file is the copy of an office's register
	old     *bolt.Tx
	fresh   *bolt.DB

	tx            *bolt.Tx // on the new file; nil if none is open
	puts, maxPuts int      // how many puts tx has had, and may have

	entries int           // in the new journal
	link    register.Hash // of the last one
	last    number        // the last number that a request was given

	journaled                                           *sorter // the events that have a journal entry; see journaledEvent
	numbers, unfinished, sortKeys, stats, terms, visits *sorter // the content of these buckets
	counts                                              map[group]int
	migration                                           *Migration // nil unless the journal gets new links
	unfit                                               []Unfit    // without their numbers
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
	into.FillPercent = sequentialFill
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

// steps runs the steps in order and commits after the last. If one fails or panics, it rolls back the
// open transaction.
func (b *rebuilder) steps(all ...func() error) error {
	for _, step := range append(all, b.commit) {
		if err := b.guard(step); err != nil {
			if b.tx != nil {
				err = errors.Join(err, b.tx.Rollback())
			}
			return err
		}
	}
	return nil
}

func (b *rebuilder) createBuckets() error {
	return b.fresh.Update(func(tx *bolt.Tx) error {
		err := createBuckets(tx)
		if b.copied {
			err = errors.Join(err, createCopyBuckets(tx))
		}
		return err
	})
}

// copyJournal copies the journal, with new links if its schema is before chainSchema.
func (b *rebuilder) copyJournal() error {
	if b.version < chainSchema {
		b.migration = &Migration{At: b.opts.Now().UTC().Truncate(time.Second)}
	}
	var oldLink register.Hash
	var chain register.Hasher
	return b.old.Bucket(bucketJournal).ForEach(func(k, v []byte) error {
		e, err := parseEntry(v)
		if err != nil {
			return err
		}
		if err := b.addJournaled(e, nil); err != nil {
			return err
		}
		b.entries = decodeNumber(k)
		if b.migration == nil {
			b.link = e.link
			return b.put(bucketJournal, k, v)
		}
		stored := b.old.Bucket(bucketEvents).Get(eventKey(e.id, e.seq))
		if oldLink = legacyLink(oldLink, e.id, e.seq, stored); b.migration.Fault == nil {
			b.migration.add(b.entries, e, oldLink)
		}
		b.link = chain.Link(b.link, chain.Entry(string(e.id), e.seq, stored))
		return b.put(bucketJournal, k, entry{b.link, e.seq, e.id}.bytes())
	})
}

// addJournaled adds an event that has a journal entry to the sorter, with the number of its request if it is the first one. event
// is nil if the event is in the old file.
func (b *rebuilder) addJournaled(e entry, event []byte) error {
	n := number(0)
	if e.seq == 1 && (!b.copied || b.beginsRequest(e)) {
		b.last++
		n = b.last
	}
	return b.journaled.add(eventKey(e.id, e.seq), append(n.bytes(), event...))
}

// beginsRequest reports whether there is a request after the first event under an id in the copy of an office's register.
func (b *rebuilder) beginsRequest(e entry) bool {
	if e.id == request.OfficeID {
		return false
	}
	after, _, _ := foldUnlessUnfit(request.Request{ID: e.id}, 1, b.old.Bucket(bucketEvents).Get(eventKey(e.id, 1)))
	return after.Version > 0
}

// forwardReader reads values of a bucket by their keys. It is quick where a key is the next one behind the one before.
type forwardReader struct {
	cursor     *bolt.Cursor
	key, value []byte // where the cursor stands; nil before the first call and at the end
}

// get returns the value of a key, or nil if there is none.
func (f *forwardReader) get(key []byte) []byte {
	if !bytes.Equal(f.key, key) {
		f.key, f.value = seekForward(f.cursor, f.key, key)
	}
	if !bytes.Equal(f.key, key) {
		return nil
	}
	return f.value
}

// seekForward is the Seek of a cursor that stands at a key, or nowhere if that is nil.
func seekForward(c *bolt.Cursor, at, key []byte) (found, value []byte) {
	if at != nil && bytes.Compare(at, key) < 0 {
		if found, value = c.Next(); bytes.Equal(found, key) { // as it often is
			return found, value
		}
	}
	return c.Seek(key)
}

// copyCheckpoints copies the checkpoints. Schemas before chainSchema have none.
func (b *rebuilder) copyCheckpoints() error { return b.copyBucket(bucketCheckpoints) }

// copyLaunches copies the launches. Schemas before launchSchema have none.
func (b *rebuilder) copyLaunches() error { return b.copyBucket(bucketLaunches) }

// copyOutbox copies the outbox and the witnesses. Only the copy of an office's register has them.
func (b *rebuilder) copyOutbox() error {
	return errors.Join(b.copyBucket(bucketOutbox), b.copyBucket(bucketWitnesses))
}

// copyEvents copies all events, also those without a journal entry, so that an audit still
// finds them.
func (b *rebuilder) copyEvents() error { return b.copyBucket(bucketEvents) }

// copyBucket copies a bucket as it is. It does nothing if the old file has no such bucket.
func (b *rebuilder) copyBucket(name []byte) error {
	from := b.old.Bucket(name)
	if from == nil {
		return nil
	}
	return from.ForEach(func(k, v []byte) error { return b.put(name, k, v) })
}

// keepUnfitOfOffice puts the entries that belong to no request and do not fit, as they are in the old file, if there is no function to find them anew.
func (b *rebuilder) keepUnfitOfOffice() error {
	kept := b.old.Bucket(bucketUnfit)
	if kept == nil || b.opts.CheckOfficeEvent != nil {
		return nil
	}
	return kept.ForEach(func(k, v []byte) error {
		var u Unfit
		if err := json.Unmarshal(v, &u); err != nil || u.Request != request.OfficeID {
			return err
		}
		return b.put(bucketUnfit, k, v)
	})
}

// putUnfit puts the entries that do not fit, with their numbers, which are in the journal.
func (b *rebuilder) putUnfit() error {
	if err := b.keepUnfitOfOffice(); err != nil {
		return err
	}
	if len(b.unfit) == 0 {
		return nil
	}
	byEvent := map[string]Unfit{}
	for _, u := range b.unfit {
		byEvent[string(eventKey(u.Request, u.Seq))] = u
	}
	if err := b.commit(); err != nil {
		return err
	}
	return b.fresh.Update(func(tx *bolt.Tx) error {
		return tx.Bucket(bucketJournal).ForEach(func(k, v []byte) error {
			e, err := parseEntry(v)
			if err != nil {
				return err
			}
			u, found := byEvent[string(eventKey(e.id, e.seq))]
			if !found {
				return nil
			}
			u.Number = decodeNumber(k)
			return putUnfit(tx, u)
		})
	})
}

// putSorted puts what the sorters have collected into the new file.
func (b *rebuilder) putSorted() error {
	for _, s := range []*sorter{b.numbers, b.unfinished, b.stats, b.visits, b.sortKeys, b.terms} {
		if err := s.prepare(); err != nil {
			return err
		}
	}
	return b.putAll(func(put putFunc) error {
		into := func(bucket []byte) func(k, v []byte) error {
			return func(k, v []byte) error { return put(bucket, k, v) }
		}
		return errors.Join(
			b.numbers.each(into(bucketNumbers)), b.unfinished.each(into(bucketUnfinished)), b.stats.each(into(bucketAttemptStats)),
			b.visits.each(firstOfEach(into(bucketVisits))),
			putSet(keyset.NewCountedBuilder(into(bucketSortKeys), into(bucketMilestones), into(bucketLandmarks)), b.sortKeys),
			putSet(keyset.NewBuilder(into(bucketTerms)), b.terms),
		)
	})
}

// putFunc puts a key and its value, which it keeps, into a bucket.
type putFunc func(bucket, key, value []byte) error

// putsAtOnce is how many puts putAll hands over at a time.
const putsAtOnce = 256

// putAll calls the function produce on a goroutine of its own, and puts what that puts, in the same order.
func (b *rebuilder) putAll(produce func(putFunc) error) error {
	type putting struct{ bucket, key, value []byte }
	collect := func(send func([]putting) error) error {
		var all []putting
		err := produce(func(bucket, key, value []byte) error {
			all = append(all, putting{bucket, key, value})
			if len(all) < putsAtOnce {
				return nil
			}
			full := all
			all = make([]putting, 0, putsAtOnce)
			return send(full)
		})
		if err != nil {
			return err
		}
		return send(all)
	}
	asItIs := func(all []putting) ([]putting, error) { return all, nil }
	return inOrder(b.ctx, b.guard, collect, asItIs, func(all []putting) error {
		for _, p := range all {
			if err := b.put(p.bucket, p.key, p.value); err != nil {
				return err
			}
		}
		return nil
	})
}

// putSet makes a key set of sorted keys.
func putSet(set *keyset.Builder, keys *sorter) error {
	if err := keys.each(func(k, _ []byte) error { return set.Add(k) }); err != nil {
		return err
	}
	return set.Close()
}

// firstOfEach returns a function that calls put with the first of the pairs of each key: a visit is stored with the first of its events.
func firstOfEach(put func(k, v []byte) error) func(k, v []byte) error {
	var last []byte
	return func(k, v []byte) error {
		if bytes.Equal(k, last) {
			return nil
		}
		last = k
		return put(k, v)
	}
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
