// Package keyset keeps a sorted set of keys in a bucket of bbolt, in blocks in which neighbors share
// what they begin with. An index of many keys that resemble their neighbors takes a fraction of the
// room that it would as keys of bbolt's own, each of which has 16 bytes beside its key.
//
// A block is one key of the bucket with its value:
//
//	key    the first key of the block
//	value  for each further key, in ascending order: how many bytes it shares with the key before it
//	       and how many bytes follow, both as unsigned varints, and these bytes
//
// There is no empty block, and all keys of a block come before those of the next. A bucket that has
// a set has nothing else. The package does not know what the keys mean.
//
// A counted set has a second bucket, with milestones: about one of a thousand keys, chosen by its hash, with how many keys there
// are from it up to the next one, as an unsigned varint. A third bucket has the same of landmarks, which are about one of 64 milestones. With them
// the n-th key is found without passing all before it, and without reading all milestones.
package keyset

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// ErrDamaged is returned when a block is not as this package writes blocks. Keys that were read
// before are right as far as their own blocks are.
var ErrDamaged = errors.New("a block of keys is damaged")

// Set is the set of keys in a bucket. It has the life of the bucket's transaction, and the same rules
// for goroutines. Keys have 1 to [bolt.MaxKeySize] bytes.
type Set struct {
	bucket *bolt.Bucket
	levels []level // of the counts: milestones and landmarks; none for a set that is not counted
}

// In returns the set of keys in a bucket, which is empty if the bucket is.
func In(bucket *bolt.Bucket) Set { return Set{bucket: bucket} }

// Counted returns the counted set of keys in a bucket, whose milestones and landmarks are in others. It must never be updated as a set that is
// not counted.
func Counted(bucket, milestones, landmarks *bolt.Bucket) Set {
	return Set{bucket, []level{{milestones, milestoneEvery}, {landmarks, milestoneEvery * landmarkEvery}}}
}

// Has reports whether a key is in the set.
func (s Set) Has(key []byte) (bool, error) {
	first, value := findBlock(s.bucket.Cursor(), key)
	if first == nil {
		return false, nil
	}
	keys, err := decodeBlock(nil, first, value)
	if err != nil {
		return false, err
	}
	_, found := slices.BinarySearchFunc(keys, key, bytes.Compare)
	return found, nil
}

// findBlock moves c to the block that has a key if any block has it, and returns it: the last block
// that does not begin after the key, or else the first one. In an empty bucket it returns nil.
func findBlock(c *bolt.Cursor, key []byte) (first, value []byte) {
	found, v := c.Seek(key)
	if found != nil && bytes.Equal(found, key) {
		return found, v
	}
	if found == nil {
		// Last does not end in a bucket of several pages from which this transaction has removed
		// everything, so it is called only where there is something.
		if first, _ = c.First(); first == nil {
			return nil, nil
		}
		return c.Last()
	}
	if first, value = blockBefore(c, found); first == nil {
		return c.First()
	}
	return first, value
}

// blockBefore moves c from the block that begins with key to the one before it, and returns that. At
// the first block it returns nil and leaves c there.
func blockBefore(c *bolt.Cursor, key []byte) (first, value []byte) {
	if first, value = c.Prev(); first != nil {
		return first, value
	}
	// bbolt's Prev also returns nil on a page from which this transaction has removed everything.
	if first, _ = c.First(); bytes.Equal(first, key) {
		return nil, nil
	}
	c.Seek(key)
	for range maxEmptyPages {
		if first, value = c.Prev(); first != nil {
			return first, value
		}
	}
	// There are very many such pages, or the file is damaged.
	for k, _ := c.First(); k != nil && bytes.Compare(k, key) < 0; k, _ = c.Next() {
		first = k
	}
	if first == nil {
		c.First()
		return nil, nil
	}
	return c.Seek(first)
}

// maxEmptyPages is how many neighboring pages blockBefore passes that a transaction has emptied before it looks from the first block on.
const maxEmptyPages = 1000

// checkKey returns an error if a key cannot be in a set.
func checkKey(key []byte) error {
	switch {
	case len(key) == 0:
		return bolterrors.ErrKeyRequired
	case len(key) > bolt.MaxKeySize:
		return fmt.Errorf("%w: %d bytes", bolterrors.ErrKeyTooLarge, len(key))
	}
	return nil
}
