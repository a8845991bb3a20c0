package ledger

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	bolt "go.etcd.io/bbolt"

	"countersign/core/request"
)

// derive updates the derived buckets of a request from its state before an append to the state
// after it. If before has version 0, the request did not exist. Visits and attempt stats are not
// updated here: they are derived event by event, since one append may begin and end several
// attempts.
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

// replaceKeys deletes the keys that are only in before, and puts those that are only in after.
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

// addToCounter adds change to the counter of a group.
func addToCounter(tx *bolt.Tx, g group, change int) error {
	meta := tx.Bucket(bucketMeta)
	n := decodeNumber(meta.Get(counterKey(g))) + change
	if n == 0 { // a rebuild has no counter for an empty group either
		return meta.Delete(counterKey(g))
	}
	return meta.Put(counterKey(g), encodeNumber(n))
}

func deriveUnfinished(tx *bolt.Tx, after request.Request) error {
	if !after.HasPendingWork() {
		return tx.Bucket(bucketUnfinished).Delete([]byte(after.ID))
	}
	return tx.Bucket(bucketUnfinished).Put([]byte(after.ID), nil)
}

func deriveTerms(tx *bolt.Tx, before, after request.Request) error {
	oldTerms, newTerms := termsOf(before), termsOf(after)
	bucket := tx.Bucket(bucketTerms)
	for t := range oldTerms {
		if !newTerms[t] {
			if err := bucket.Delete(termKey(t, after.ID)); err != nil {
				return err
			}
		}
	}
	for t := range newTerms {
		if !oldTerms[t] {
			if err := bucket.Put(termKey(t, after.ID), nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// deriveVisit stores the visit that began between before and after, if one did. Visits are
// never deleted, because a browser may return late.
func deriveVisit(tx *bolt.Tx, before, after request.Request) error {
	v, err := encodeNewVisit(before, after)
	if v == nil || err != nil {
		return err
	}
	return tx.Bucket(bucketVisits).Put([]byte(after.Visit.ID), v)
}

// encodeNewVisit encodes the visit that began between the states before and after of a request. It
// returns nil if none did.
func encodeNewVisit(before, after request.Request) (stored []byte, err error) {
	if after.Visit == nil || (before.Visit != nil && before.Visit.ID == after.Visit.ID) {
		return nil, nil
	}
	if stored, err = json.Marshal(after.Visit); err != nil {
		return nil, fmt.Errorf("encode visit: %w", err)
	}
	return stored, nil
}
