package ledger

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	bolt "go.etcd.io/bbolt"

	"countersign/core/ledger/keyset"
	"countersign/core/ledger/record"
	"countersign/core/request"
)

// sequentialFill is how full the pages of a bucket become whose keys are only ever added behind the last one. Other buckets have room for
// keys in between.
const sequentialFill = 0.95

// indexChanges collect what one transaction changes in the key sets and in the counters. So each block of a set is written once,
// however many requests the transaction is about.
type indexChanges struct {
	sortKeys, terms keyChanges
	counts          map[group]int
}

// keyChanges are keys that are to be added to a set or removed from it. The last change of a key counts.
type keyChanges []keyChange

type keyChange struct {
	key   []byte
	added bool
	nth   int // of all changes
}

func newIndexChanges() *indexChanges { return &indexChanges{counts: map[group]int{}} }

// note adds the changes between the states before and after of a request, which has the number n. If before has version 0, the request
// did not exist.
func (c *indexChanges) note(before, after request.Request, n number) {
	c.sortKeys.replace(sortKeysOf(before, n), sortKeysOf(after, n))
	c.terms.replace(termKeysOf(before, n), termKeysOf(after, n))
	if before.Version > 0 {
		c.counts[groupOf(before)]--
	}
	c.counts[groupOf(after)]++
}

// replace notes that keys in before are to be removed, and those in after added.
func (c *keyChanges) replace(before, after [][]byte) {
	for _, k := range before {
		*c = append(*c, keyChange{k, false, len(*c)})
	}
	for _, k := range after {
		*c = append(*c, keyChange{k, true, len(*c)})
	}
}

// write writes all changes.
func (c *indexChanges) write(tx *bolt.Tx) error {
	return errors.Join(c.sortKeys.write(sortKeySet(tx)), c.terms.write(keyset.In(tx.Bucket(bucketTerms))), c.writeCounts(tx))
}

func (c keyChanges) write(set keyset.Set) error {
	slices.SortFunc(c, func(a, b keyChange) int { return cmp.Or(bytes.Compare(a.key, b.key), cmp.Compare(a.nth, b.nth)) })
	var remove, add [][]byte
	for i, last := range c {
		switch {
		case i+1 < len(c) && bytes.Equal(c[i+1].key, last.key):
		case last.added:
			add = append(add, last.key)
		default:
			remove = append(remove, last.key)
		}
	}
	return set.Update(remove, add)
}

func (c *indexChanges) writeCounts(tx *bolt.Tx) error {
	for g := range maps.Keys(c.counts) {
		if err := addToCounter(tx, g, c.counts[g]); err != nil {
			return err
		}
	}
	return nil
}

// addToCounter adds change to the counter of a group.
func addToCounter(tx *bolt.Tx, g group, change int) error {
	if change == 0 {
		return nil
	}
	meta := tx.Bucket(bucketMeta)
	n := decodeNumber(meta.Get(counterKey(g))) + change
	if n == 0 { // a rebuild has no counter for an empty group either
		return meta.Delete(counterKey(g))
	}
	return meta.Put(counterKey(g), encodeNumber(n))
}

// storeRequest stores the state of a request, and whether there is still something to do for it.
func storeRequest(tx *bolt.Tx, r request.Request, n number) error {
	if err := tx.Bucket(bucketRequests).Put([]byte(r.ID), encodeRequest(r, n)); err != nil {
		return err
	}
	if !r.HasPendingWork() {
		return tx.Bucket(bucketUnfinished).Delete(n.bytes())
	}
	return tx.Bucket(bucketUnfinished).Put(n.bytes(), nil)
}

// encodeRequest encodes a request for bucketRequests, with its number n.
func encodeRequest(r request.Request, n number) []byte {
	return appendRequest(make([]byte, 0, usualRequest), r, n)
}

// appendRequest appends what encodeRequest returns.
func appendRequest(b []byte, r request.Request, n number) []byte {
	return record.Append(n.append(b), r)
}

// usualRequest is about how many bytes are stored of most requests with one event.
const usualRequest = 192

// decodeRequest decodes what encodeRequest made. The addresses of its visit are not set.
func decodeRequest(id request.ID, stored []byte) (r request.Request, err error) {
	if len(stored) < numberSize {
		return r, malformed(id, record.ErrMalformed)
	}
	if r, err = record.Decode(id, stored[numberSize:]); err != nil {
		err = malformed(id, err)
	}
	return r, err
}

// decodeRequestWith is decodeRequest for many requests, which a decoder decodes.
func decodeRequestWith(d *record.Decoder, r *request.Request, id, stored []byte) error {
	if len(stored) < numberSize {
		return malformed(request.ID(id), record.ErrMalformed)
	}
	if err := d.Decode(r, id, stored[numberSize:]); err != nil {
		return malformed(request.ID(id), err)
	}
	return nil
}

func malformed(id request.ID, err error) error { return fmt.Errorf("decode request %s: %w", id, err) }

// deriveVisit stores where the visit is that began between the states before and after of a request, if one did. Visits are never deleted,
// because a browser may return late. A visit for several requests is in an event of each; the one of the first id is kept.
func deriveVisit(tx *bolt.Tx, before, after request.Request) error {
	if !beginsVisit(&before, &after) {
		return nil
	}
	visits, key, event := tx.Bucket(bucketVisits), []byte(after.Visit.ID), eventKey(after.ID, after.Version)
	if kept := visits.Get(key); kept != nil && bytes.Compare(kept, event) <= 0 {
		return nil
	}
	return visits.Put(key, event)
}

// beginsVisit reports whether the event between the states before and after of a request began a visit.
func beginsVisit(before, after *request.Request) bool {
	return after.Visit != nil && (before.Visit == nil || before.Visit.ID != after.Visit.ID)
}
