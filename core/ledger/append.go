package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

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
	key := l.signer(ctx)
	err := l.writeTx(ctx, func(tx *bolt.Tx) error {
		after = after[:0]
		for _, c := range changes {
			r, err := l.append(tx, c)
			if err != nil {
				return err
			}
			after = append(after, r)
		}
		return l.trySign(tx, key)
	})
	if err != nil {
		return nil, err
	}
	l.changes.send()
	return after, nil
}

func (l *Ledger) append(tx *bolt.Tx, c Change) (request.Request, error) {
	if c.ID == "" || strings.ContainsFunc(string(c.ID), invalidInID) || len(c.Events) == 0 {
		return request.Request{}, fmt.Errorf("a change needs an id and an event: %w", request.ErrIllegal)
	}
	before, err := readRequest(tx, c.ID)
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
		e.At = e.At.UTC().Truncate(time.Millisecond)
		// What is folded now is what was written, and so what is folded from it later.
		if e, err = writeEvent(tx, c.ID, e); err != nil {
			return request.Request{}, err
		}
		next, err := after.Apply(e)
		if err != nil {
			return request.Request{}, err
		}
		if err := errors.Join(deriveVisit(tx, after, next), deriveAttemptStat(tx, after, next)); err != nil {
			return request.Request{}, err
		}
		after = next
	}
	return after, derive(tx, before, after)
}

// invalidInID tells what no id has: it would end the id in a key, or in a line of the register.
func invalidInID(r rune) bool { return r <= ' ' || r == utf8.RuneError }

// writeEvent gives the event as it is read from now on.
func writeEvent(tx *bolt.Tx, id request.ID, e request.Event) (request.Event, error) {
	stored, err := json.Marshal(e)
	if err != nil {
		return request.Event{}, fmt.Errorf("encode event: %w", err)
	}
	if err := tx.Bucket(bucketEvents).Put(eventKey(id, e.Seq), stored); err != nil {
		return request.Event{}, fmt.Errorf("write event: %w", err)
	}
	if err := appendEntry(tx, id, e.Seq, stored); err != nil {
		return request.Event{}, err
	}
	return readEvent(tx, id, e.Seq)
}

// derive brings every view of a request from what it was for before to what it is for
// after. A zero before is a request that was not there. Visits and figures are derived event by
// event, since several may begin and end between the two.
func derive(tx *bolt.Tx, before, after request.Request) error {
	return errors.Join(
		deriveRequest(tx, after),
		deriveSortKeys(tx, before, after),
		deriveUnfinished(tx, after),
		deriveTerms(tx, before, after),
	)
}

func deriveRequest(tx *bolt.Tx, after request.Request) error {
	stored, err := encodeRequest(after)
	if err != nil {
		return err
	}
	return tx.Bucket(bucketRequests).Put([]byte(after.ID), stored)
}

func encodeRequest(r request.Request) ([]byte, error) {
	stored, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	return stored, nil
}

func deriveSortKeys(tx *bolt.Tx, before, after request.Request) error {
	if err := replaceKeys(tx.Bucket(bucketSortKeys), sortKeysOf(before), sortKeysOf(after)); err != nil {
		return err
	}
	if before.Version > 0 {
		if groupOf(before) == groupOf(after) {
			return nil
		}
		if err := addToCounter(tx, groupOf(before), -1); err != nil {
			return err
		}
	}
	return addToCounter(tx, groupOf(after), +1)
}

// replaceKeys takes away the keys that are no more and puts those that are new. Both lists
// have each key once.
func replaceKeys(b *bolt.Bucket, before, after [][]byte) error {
	has := func(keys [][]byte, key []byte) bool {
		return slices.ContainsFunc(keys, func(k []byte) bool { return bytes.Equal(k, key) })
	}
	for _, k := range before {
		if !has(after, k) {
			if err := b.Delete(k); err != nil {
				return err
			}
		}
	}
	for _, k := range after {
		if !has(before, k) {
			if err := b.Put(k, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

func addToCounter(tx *bolt.Tx, g group, change int) error {
	meta := tx.Bucket(bucketMeta)
	n := decodeNumber(meta.Get(counterKey(g))) + change
	if n == 0 { // as if there never had been one, so that a rebuilt ledger is the same
		return meta.Delete(counterKey(g))
	}
	return meta.Put(counterKey(g), encodeNumber(n))
}

func deriveUnfinished(tx *bolt.Tx, after request.Request) error {
	if !after.Owing() {
		return tx.Bucket(bucketUnfinished).Delete([]byte(after.ID))
	}
	return tx.Bucket(bucketUnfinished).Put([]byte(after.ID), nil)
}

func deriveTerms(tx *bolt.Tx, before, after request.Request) error {
	was, is := termsOf(before), termsOf(after)
	words := tx.Bucket(bucketTerms)
	for w := range was {
		if !is[w] {
			if err := words.Delete(termKey(w, after.ID)); err != nil {
				return err
			}
		}
	}
	for w := range is {
		if !was[w] {
			if err := words.Put(termKey(w, after.ID), nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// deriveVisit keeps the visit that began between before and after, for as long as the
// ledger lasts: returns come late.
func deriveVisit(tx *bolt.Tx, before, after request.Request) error {
	v, err := encodeNewVisit(before, after)
	if v == nil || err != nil {
		return err
	}
	return tx.Bucket(bucketVisits).Put([]byte(after.Visit.Ticket), v)
}

func encodeNewVisit(before, after request.Request) (stored []byte, err error) {
	if after.Visit == nil || (before.Visit != nil && before.Visit.Ticket == after.Visit.Ticket) {
		return nil, nil
	}
	if stored, err = json.Marshal(after.Visit); err != nil {
		return nil, fmt.Errorf("encode visit: %w", err)
	}
	return stored, nil
}
