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
const rebuiltName = fileName + ".new"

// sortingName is the folder of what a rebuild sorts and cannot hold in memory.
const sortingName = fileName + ".sorting"

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
	err = l.open(fileName, false, func(old *bolt.DB) error {
		if err := old.View(func(tx *bolt.Tx) error { version = schemaOf(tx); return nil }); err != nil {
			return err
		}
		if version > schema {
			return errNewer
		}
		if done = !needed(version); done {
			return nil
		}
		return l.open(rebuiltName, true, func(anew *bolt.DB) error { return l.rebuild(ctx, version, old, anew) })
	})
	if err != nil || done {
		return err
	}
	if err := os.Rename(rebuilt, filepath.Join(l.dir, fileName)); err != nil {
		return l.explain(err)
	}
	return files.SyncDir(l.dir)
}

func (l *Ledger) rebuild(ctx context.Context, version int, old, anew *bolt.DB) error {
	anew.NoSync = true // nobody looks at it before it is whole
	sorting := func() *sorter { return &sorter{dir: filepath.Join(l.dir, sortingName), most: l.sorts} }
	b := &rebuilding{
		ctx: ctx, now: l.opts.Now, version: version, anew: anew, most: l.puts, counts: map[group]int{},
		known: sorting(), views: sorting(), figures: sorting(), words: sorting(), visits: sorting(),
	}
	err := old.View(func(tx *bolt.Tx) error {
		b.old = tx
		return b.steps(b.begin, b.journal, b.heads, b.events, b.requests, b.sorted, b.meta)
	})
	return errors.Join(err, b.known.close(), b.views.close(), b.figures.close(), b.words.close(), b.visits.close(), anew.Sync())
}

// rebuilding puts keys into the new file in the order in which they are kept there, in
// transactions that are bounded: bbolt takes a key at the end of a bucket at once, and
// one in the middle in time that grows with all that the transaction has put before it.
type rebuilding struct {
	ctx     context.Context
	now     func() time.Time
	version int // of the old file
	old     *bolt.Tx
	anew    *bolt.DB

	tx         *bolt.Tx // the transaction under way, if there is one
	puts, most int      // how many puts it has had, and may have

	known                         *sorter // the keys of the events that the journal knows
	views, figures, words, visits *sorter // what is to be put into these buckets
	counts                        map[group]int
	taken                         *TakenOver // when the journal was chained anew
}

// sortsAtOnce bounds what each of the five sorters of a rebuild holds, in bytes.
const sortsAtOnce = 32 << 20

// putsAtOnce bounds a transaction on the new file.
const putsAtOnce = 50_000

func (b *rebuilding) put(bucket, key, value []byte) error {
	if err := b.ctx.Err(); err != nil {
		return err
	}
	if b.puts == b.most {
		if err := b.commit(); err != nil {
			return err
		}
	}
	if b.tx == nil {
		var err error
		if b.tx, err = b.anew.Begin(true); err != nil {
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

func (b *rebuilding) commit() error {
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
func (b *rebuilding) steps(all ...func() error) error {
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

func (b *rebuilding) begin() error { return b.anew.Update(createBuckets) }

func (b *rebuilding) journal() error {
	if b.version < chained {
		b.taken = &TakenOver{At: b.now().UTC().Truncate(time.Second)}
	}
	var old, anew register.Hash
	var chain register.Chain
	return b.old.Bucket(bucketJournal).ForEach(func(k, v []byte) error {
		e, err := parseEntry(v)
		if err != nil {
			return err
		}
		if err := b.known.add(eventKey(e.id, e.seq), nil); err != nil {
			return err
		}
		if b.taken == nil {
			return b.put(bucketJournal, k, v)
		}
		stored := b.old.Bucket(bucketEvents).Get(eventKey(e.id, e.seq))
		if old = formerLink(old, e.id, e.seq, stored); b.taken.Fault == nil {
			b.taken.add(toInt(k), e, old)
		}
		anew = chain.Link(anew, chain.Entry(string(e.id), e.seq, stored))
		return b.put(bucketJournal, k, entry{anew, e.seq, e.id}.bytes())
	})
}

// heads takes over what was signed.
func (b *rebuilding) heads() error {
	heads := b.old.Bucket(bucketHeads)
	if heads == nil {
		return nil
	}
	return heads.ForEach(func(k, v []byte) error { return b.put(bucketHeads, k, v) })
}

// events takes over every event, also those that no journal entry knows: it is for the
// audit to judge them.
func (b *rebuilding) events() error {
	return b.old.Bucket(bucketEvents).ForEach(func(k, v []byte) error { return b.put(bucketEvents, k, v) })
}

// requests goes through the requests in the order of their ids.
func (b *rebuilding) requests() error {
	var r request.Request
	err := b.known.each(func(key, _ []byte) error {
		id, seq := parseEventKey(key)
		if id != r.ID {
			if err := b.request(r); err != nil {
				return err
			}
			r = request.Request{ID: id}
		}
		for r.Version < seq { // an entry that was removed is for the audit to find
			next, err := b.next(r)
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
	return b.request(r)
}

// request puts what is derived from one request, or hands it to the sorters.
func (b *rebuilding) request(r request.Request) error {
	if r.Version == 0 {
		return nil
	}
	stored, err := encode(r)
	if err != nil {
		return err
	}
	if err := b.put(bucketRequests, []byte(r.ID), stored); err != nil {
		return err
	}
	if r.Owing() {
		if err := b.put(bucketOpen, []byte(r.ID), nil); err != nil {
			return err
		}
	}
	b.counts[groupOf(r)]++
	if err := b.figures.add(figureOf(r)); err != nil {
		return err
	}
	for _, k := range viewKeys(r) {
		if err := b.views.add(k, nil); err != nil {
			return err
		}
	}
	for w := range wordsOf(r) {
		if err := b.words.add(wordKey(w, r.ID), nil); err != nil {
			return err
		}
	}
	return nil
}

// next folds the event that comes next.
func (b *rebuilding) next(r request.Request) (request.Request, error) {
	e, err := readEvent(b.old, r.ID, r.Version+1)
	if err != nil {
		return request.Request{}, err
	}
	next, err := r.Apply(e)
	if err != nil {
		return request.Request{}, fmt.Errorf("request %s: %w", r.ID, err)
	}
	if lasts(r, next) {
		if err := b.figures.add(figureOf(r)); err != nil {
			return request.Request{}, err
		}
	}
	visit, err := visitBegun(r, next)
	if err != nil || visit == nil {
		return next, err
	}
	return next, b.visits.add([]byte(next.Visit.Ticket), visit)
}

// sorted puts what is not in the order of the ids.
func (b *rebuilding) sorted() error {
	for _, s := range []struct {
		into []byte
		keys *sorter
	}{{bucketViews, b.views}, {bucketFigures, b.figures}, {bucketWords, b.words}, {bucketVisits, b.visits}} {
		if err := s.keys.each(func(k, v []byte) error { return b.put(s.into, k, v) }); err != nil {
			return err
		}
	}
	return nil
}

// meta takes over what is neither counted nor of the schema.
func (b *rebuilding) meta() error {
	for _, g := range slices.SortedFunc(maps.Keys(b.counts), func(a, b group) int { return bytes.Compare(a[:], b[:]) }) {
		if err := b.put(bucketMeta, countKey(g), number(b.counts[g])); err != nil {
			return err
		}
	}
	if err := b.put(bucketMeta, keySchema, number(schema)); err != nil {
		return err
	}
	if b.taken != nil && b.taken.Entries > 0 {
		stored, err := json.Marshal(b.taken)
		if err != nil {
			return fmt.Errorf("encode what was taken over: %w", err)
		}
		if err := b.put(bucketMeta, keyTaken, stored); err != nil {
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
