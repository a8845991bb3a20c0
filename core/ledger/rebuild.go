package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	bolt "go.etcd.io/bbolt"

	"countersign/core/request"
)

// rebuiltName is the file that a rebuild writes before it takes the ledger's place.
const rebuiltName = fileName + ".new"

// Rebuild makes every derived structure anew from the events that the journal knows. It
// writes a new file and puts it in the place of the old one, which stays as it was when
// anything fails. It holds the ledger for as long as it takes.
func (l *Ledger) Rebuild(ctx context.Context) error {
	l.turn.Lock()
	defer l.turn.Unlock()
	release, err := l.lock(ctx, true)
	if err != nil {
		return err
	}
	defer release()
	rebuilt := filepath.Join(l.dir, rebuiltName)
	if err := os.Remove(rebuilt); err != nil && !errors.Is(err, fs.ErrNotExist) { // of a rebuild that was killed
		return l.explain(err)
	}
	defer os.Remove(rebuilt) // gone already when all went well
	err = l.open(fileName, false, func(old *bolt.DB) error {
		return l.open(rebuiltName, true, func(anew *bolt.DB) error { return l.rebuild(ctx, old, anew) })
	})
	if err != nil {
		return err
	}
	if err := os.Rename(rebuilt, filepath.Join(l.dir, fileName)); err != nil {
		return l.explain(err)
	}
	return syncDir(l.dir)
}

func (l *Ledger) rebuild(ctx context.Context, old, anew *bolt.DB) error {
	anew.NoSync = true // nobody looks at it before it is whole
	b := &rebuilding{ctx: ctx, anew: anew, most: l.puts, last: map[request.ID]int{}, visits: map[string][]byte{}, counts: map[request.Status]int{}}
	err := old.View(func(tx *bolt.Tx) error {
		b.old = tx
		return b.steps(b.begin, b.journal, b.events, b.requests, b.sorted, b.meta)
	})
	return errors.Join(err, anew.Sync())
}

// rebuilding puts keys into the new file in the order in which they are kept there, in
// transactions that are bounded: bbolt takes a key at the end of a bucket at once, and
// one in the middle in time that grows with all that the transaction has put before it.
type rebuilding struct {
	ctx  context.Context
	old  *bolt.Tx
	anew *bolt.DB

	tx         *bolt.Tx // the transaction under way, if there is one
	puts, most int      // how many puts it has had, and may have

	last         map[request.ID]int // the number of the last event of each request
	views, words [][]byte
	visits       map[string][]byte
	counts       map[request.Status]int
}

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
	return b.old.Bucket(bucketJournal).ForEach(func(k, v []byte) error {
		e, err := parseEntry(v)
		if err != nil {
			return err
		}
		b.last[e.id] = max(b.last[e.id], e.seq)
		return b.put(bucketJournal, k, v)
	})
}

// events takes over every event, also those that no journal entry knows: it is for the
// audit to judge them.
func (b *rebuilding) events() error {
	return b.old.Bucket(bucketEvents).ForEach(func(k, v []byte) error { return b.put(bucketEvents, k, v) })
}

// requests goes through the requests in the order of their ids.
func (b *rebuilding) requests() error {
	for _, id := range slices.Sorted(maps.Keys(b.last)) {
		r, err := b.fold(id)
		if err != nil {
			return err
		}
		stored, err := encode(r)
		if err != nil {
			return err
		}
		if err := b.put(bucketRequests, []byte(id), stored); err != nil {
			return err
		}
		if r.Owing() {
			if err := b.put(bucketOpen, []byte(id), nil); err != nil {
				return err
			}
		}
		b.counts[r.Status]++
		b.views = append(b.views, viewKey(r))
		for w := range wordsOf(r) {
			b.words = append(b.words, wordKey(w, id))
		}
	}
	return nil
}

func (b *rebuilding) fold(id request.ID) (request.Request, error) {
	r := request.Request{ID: id}
	for seq := 1; seq <= b.last[id]; seq++ {
		e, err := readEvent(b.old, id, seq)
		if err != nil {
			return request.Request{}, err
		}
		next, err := r.Apply(e)
		if err != nil {
			return request.Request{}, fmt.Errorf("request %s: %w", id, err)
		}
		visit, err := visitBegun(r, next)
		if err != nil {
			return request.Request{}, err
		}
		if visit != nil {
			b.visits[next.Visit.Ticket] = visit
		}
		r = next
	}
	return r, nil
}

// sorted puts what is not in the order of the ids.
func (b *rebuilding) sorted() error {
	slices.SortFunc(b.views, bytes.Compare)
	for _, k := range b.views {
		if err := b.put(bucketViews, k, nil); err != nil {
			return err
		}
	}
	slices.SortFunc(b.words, bytes.Compare)
	for _, k := range b.words {
		if err := b.put(bucketWords, k, nil); err != nil {
			return err
		}
	}
	for _, ticket := range slices.Sorted(maps.Keys(b.visits)) {
		if err := b.put(bucketVisits, []byte(ticket), b.visits[ticket]); err != nil {
			return err
		}
	}
	return nil
}

// meta takes over what is not counted.
func (b *rebuilding) meta() error {
	for _, s := range request.Statuses() {
		if b.counts[s] > 0 {
			if err := b.put(bucketMeta, countKey(s), number(b.counts[s])); err != nil {
				return err
			}
		}
	}
	return b.old.Bucket(bucketMeta).ForEach(func(k, v []byte) error {
		if bytes.HasPrefix(k, keyCount) {
			return nil
		}
		return b.put(bucketMeta, k, v)
	})
}
