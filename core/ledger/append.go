package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"

	"countersign/core/request"
)

// Change is what is to be added to one request.
type Change struct {
	ID      request.ID
	Version int             // the version the caller built on; 0 for a new request
	Events  []request.Event // Seq is given by the ledger, and At where it is zero
}

// Append writes the changes, all or none, and gives the requests as they now are, in
// the order of the changes. It fails with [ErrConflict] when a request is no longer at
// the version its change builds on, and with [request.ErrIllegal] when an event cannot
// happen. When it returns nil the events are on disk.
func (l *Ledger) Append(ctx context.Context, changes ...Change) ([]request.Request, error) {
	var after []request.Request
	err := l.update(ctx, func(tx *bolt.Tx) error {
		after = after[:0]
		for _, c := range changes {
			r, err := l.append(tx, c)
			if err != nil {
				return err
			}
			after = append(after, r)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	l.changes.send()
	return after, nil
}

func (l *Ledger) append(tx *bolt.Tx, c Change) (request.Request, error) {
	before, err := get(tx, c.ID)
	if errors.Is(err, ErrNotFound) {
		before, err = request.Request{ID: c.ID}, nil
	}
	if err != nil {
		return request.Request{}, err
	}
	if before.Version != c.Version {
		return request.Request{}, fmt.Errorf("request %s is at version %d, not %d: %w", c.ID, before.Version, c.Version, ErrConflict)
	}
	now := l.opts.Now()
	after := before
	for _, e := range c.Events {
		e.Seq = after.Version + 1
		if e.At.IsZero() {
			e.At = now
		}
		// What is folded now must be what is folded from the file later.
		e.At = e.At.UTC().Truncate(time.Millisecond)
		if after, err = after.Apply(e); err != nil {
			return request.Request{}, err
		}
		if err := writeEvent(tx, c.ID, e); err != nil {
			return request.Request{}, err
		}
	}
	return after, derive(tx, before, after)
}

func writeEvent(tx *bolt.Tx, id request.ID, e request.Event) error {
	stored, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encode event: %w", err)
	}
	if err := tx.Bucket(bucketEvents).Put(eventKey(id, e.Seq), stored); err != nil {
		return fmt.Errorf("write event: %w", err)
	}
	return chain(tx, id, e.Seq, stored)
}

// derive brings every view from what it was for before to what it is for after. A
// zero before is a request that was not there.
func derive(tx *bolt.Tx, before, after request.Request) error {
	return errors.Join(
		deriveRequest(tx, after),
		deriveView(tx, before, after),
		deriveOpen(tx, after),
		deriveWords(tx, before, after),
		deriveVisit(tx, before, after),
	)
}

func deriveRequest(tx *bolt.Tx, after request.Request) error {
	stored, err := json.Marshal(after)
	if err != nil {
		return fmt.Errorf("encode request: %w", err)
	}
	return tx.Bucket(bucketRequests).Put([]byte(after.ID), stored)
}

func deriveView(tx *bolt.Tx, before, after request.Request) error {
	views := tx.Bucket(bucketViews)
	if before.Version > 0 {
		if err := errors.Join(views.Delete(viewKey(before)), count(tx, before.Status, -1)); err != nil {
			return err
		}
	}
	return errors.Join(views.Put(viewKey(after), nil), count(tx, after.Status, +1))
}

func count(tx *bolt.Tx, s request.Status, change int) error {
	meta := tx.Bucket(bucketMeta)
	return meta.Put(countKey(s), number(toInt(meta.Get(countKey(s)))+change))
}

func deriveOpen(tx *bolt.Tx, after request.Request) error {
	if after.Next == request.Nothing {
		return tx.Bucket(bucketOpen).Delete([]byte(after.ID))
	}
	return tx.Bucket(bucketOpen).Put([]byte(after.ID), nil)
}

func deriveWords(tx *bolt.Tx, before, after request.Request) error {
	was, is := wordsOf(before), wordsOf(after)
	words := tx.Bucket(bucketWords)
	for w := range was {
		if !is[w] {
			if err := words.Delete(wordKey(w, after.ID)); err != nil {
				return err
			}
		}
	}
	for w := range is {
		if !was[w] {
			if err := words.Put(wordKey(w, after.ID), nil); err != nil {
				return err
			}
		}
	}
	return nil
}

func deriveVisit(tx *bolt.Tx, before, after request.Request) error {
	if after.Visit == nil || (before.Visit != nil && before.Visit.Ticket == after.Visit.Ticket) {
		return nil
	}
	stored, err := json.Marshal(after.Visit)
	if err != nil {
		return fmt.Errorf("encode visit: %w", err)
	}
	return tx.Bucket(bucketVisits).Put([]byte(after.Visit.Ticket), stored)
}

// Rebuild makes every derived structure anew from the events. It holds the
// ledger for as long as it takes.
func (l *Ledger) Rebuild(ctx context.Context) error {
	err := l.update(ctx, func(tx *bolt.Tx) error {
		for _, name := range derived {
			if err := tx.DeleteBucket(name); err != nil {
				return fmt.Errorf("clear %s: %w", name, err)
			}
			if _, err := tx.CreateBucket(name); err != nil {
				return fmt.Errorf("clear %s: %w", name, err)
			}
		}
		for _, s := range request.Statuses() {
			if err := tx.Bucket(bucketMeta).Delete(countKey(s)); err != nil {
				return err
			}
		}
		return rederive(ctx, tx)
	})
	if err == nil {
		l.changes.send()
	}
	return err
}

// rederive walks the journal, so that visits of earlier attempts come back too.
func rederive(ctx context.Context, tx *bolt.Tx) error {
	cursor := tx.Bucket(bucketJournal).Cursor()
	for k, v := cursor.First(); k != nil; k, v = cursor.Next() {
		if err := ctx.Err(); err != nil {
			return err
		}
		entry, err := parseEntry(v)
		if err != nil {
			return err
		}
		e, err := readEvent(tx, entry.id, entry.seq)
		if err != nil {
			return err
		}
		before, err := get(tx, entry.id)
		if errors.Is(err, ErrNotFound) {
			before, err = request.Request{ID: entry.id}, nil
		}
		if err != nil {
			return err
		}
		after, err := before.Apply(e)
		if err != nil {
			return fmt.Errorf("request %s: %w", entry.id, err)
		}
		if err := derive(tx, before, after); err != nil {
			return err
		}
	}
	return nil
}
