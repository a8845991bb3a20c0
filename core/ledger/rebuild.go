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

// rebuiltName is the file that a rebuild writes before it takes the ledger's place.
const rebuiltName = FileName + ".new"

// sortingName is the folder of what a rebuild sorts and cannot hold in memory.
const sortingName = FileName + ".sorting"

// Rebuild makes every derived structure anew from the events that the journal knows. It
// writes a new file and puts it in the place of the old one, which stays as it was when
// anything fails. It holds the ledger for as long as it takes, and no more in memory than
// its bounds, however many requests there are.
func (l *Ledger) Rebuild(ctx context.Context) error {
	return l.rebuildIf(ctx, func(int) bool { return true })
}

// rebuildIf rebuilds the ledger unless its schema says that there is no need.
func (l *Ledger) rebuildIf(ctx context.Context, needed func(schema int) bool) error {
	l.turn.Lock()
	defer l.turn.Unlock()
	release, err := l.lock(ctx, true)
	if err != nil {
		return err
	}
	defer release()
	rebuilt, sorting := filepath.Join(l.dir, rebuiltName), filepath.Join(l.dir, sortingName)
	if err := errors.Join(os.RemoveAll(rebuilt), os.RemoveAll(sorting)); err != nil { // of a rebuild that was killed
		return l.explain(err)
	}
	defer func() { // gone already when all went well
		os.Remove(rebuilt)
		os.RemoveAll(sorting)
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
		return l.openFile(rebuiltName, true, func(anew *bolt.DB) error { return l.rebuild(ctx, version, old, anew) })
	})
	if err != nil || done {
		return err
	}
	if err := os.Rename(rebuilt, filepath.Join(l.dir, FileName)); err != nil {
		return l.explain(err)
	}
	return files.SyncDir(l.dir)
}

func (l *Ledger) rebuild(ctx context.Context, version int, old, anew *bolt.DB) error {
	anew.NoSync = true // nobody looks at it before it is whole
	sorting := func() *sorter { return &sorter{dir: filepath.Join(l.dir, sortingName), maxBytes: l.sortBytes} }
	b := &rebuilder{
		ctx: ctx, now: l.opts.Now, version: version, fresh: anew, maxPuts: l.putsPerTx, counts: map[group]int{},
		journaled: sorting(), sortKeys: sorting(), stats: sorting(), terms: sorting(), visits: sorting(),
	}
	err := old.View(func(tx *bolt.Tx) error {
		b.old = tx
		return b.steps(b.createBuckets, b.copyJournal, b.copyCheckpoints, b.copyEvents, b.foldRequests, b.putSorted, b.putMeta)
	})
	return errors.Join(err, b.journaled.close(), b.sortKeys.close(), b.stats.close(), b.terms.close(), b.visits.close(), anew.Sync())
}

// rebuilder puts keys into the new file in the order in which they are kept there, in
// transactions that are bounded: bbolt takes a key at the end of a bucket at once, and
// one in the middle in time that grows with all that the transaction has put before it.
type rebuilder struct {
	ctx     context.Context
	now     func() time.Time
	version int // of the old file
	old     *bolt.Tx
	fresh   *bolt.DB

	tx            *bolt.Tx // the transaction under way, if there is one
	puts, maxPuts int      // how many puts it has had, and may have

	journaled                      *sorter // the keys of the events that the journal knows
	sortKeys, stats, terms, visits *sorter // what is to be put into these buckets
	counts                         map[group]int
	migration                      *Migration // when the journal was chained anew
}

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
	into.FillPercent = 0.9 // in order, there is little to come between
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

// steps runs one after the other and ends the transaction that the last of them began.
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

func (b *rebuilder) copyJournal() error {
	if b.version < chainSchema {
		b.migration = &Migration{At: b.now().UTC().Truncate(time.Second)}
	}
	var old, anew register.Hash
	var chain register.Chain
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
		if old = legacyLink(old, e.id, e.seq, stored); b.migration.Fault == nil {
			b.migration.add(decodeNumber(k), e, old)
		}
		anew = chain.Link(anew, chain.Entry(string(e.id), e.seq, stored))
		return b.put(bucketJournal, k, entry{anew, e.seq, e.id}.bytes())
	})
}

// copyCheckpoints takes over what was signed.
func (b *rebuilder) copyCheckpoints() error {
	heads := b.old.Bucket(bucketCheckpoints)
	if heads == nil {
		return nil
	}
	return heads.ForEach(func(k, v []byte) error { return b.put(bucketCheckpoints, k, v) })
}

// copyEvents takes over every event, also those that no journal entry knows: it is for the
// audit to judge them.
func (b *rebuilder) copyEvents() error {
	return b.old.Bucket(bucketEvents).ForEach(func(k, v []byte) error { return b.put(bucketEvents, k, v) })
}

// foldRequests goes through the foldRequests in the order of their ids.
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
		for r.Version < seq { // an entry that was removed is for the audit to find
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

// putRequest puts what is derived from one putRequest, or hands it to the sorters.
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
	if r.Owing() {
		if err := b.put(bucketUnfinished, []byte(r.ID), nil); err != nil {
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

// foldNext folds the event that comes foldNext.
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
	return next, b.visits.add([]byte(next.Visit.Ticket), visit)
}

// putSorted puts what is not in the order of the ids.
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

// putMeta takes over what is neither counted nor of the schema.
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
			return fmt.Errorf("encode what was taken over: %w", err)
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
