package keyset

import (
	"bytes"
	"slices"

	bolt "go.etcd.io/bbolt"
)

// Cursor walks through the keys of a set in both directions. It has the life of the set's
// transaction. After an update of the set it must be positioned anew, by First, Last or Seek.
//
// The keys that it returns are copies: they stay valid for as long as the caller keeps them, and must
// not be changed. Each keeps the memory of its block, some kilobytes.
type Cursor struct {
	blocks *bolt.Cursor
	keys   [][]byte // of the block on which blocks stands
	at     int      // the position in keys; -1 before the first key of the set, len(keys) after the last
	err    error
}

// Cursor returns a cursor that has no position yet.
func (s Set) Cursor() *Cursor { return &Cursor{blocks: s.bucket.Cursor()} }

// Err returns why the cursor has stopped: [ErrDamaged], or nil at an end of the set. After an error
// all methods return nil.
func (c *Cursor) Err() error { return c.err }

// First moves to the first key and returns it, or nil if the set is empty.
func (c *Cursor) First() []byte {
	c.enter(c.blocks.First())
	return c.moveTo(0)
}

// Last moves to the last key and returns it, or nil if the set is empty.
func (c *Cursor) Last() []byte {
	if first, _ := c.blocks.First(); first == nil { // see findBlock
		c.enter(nil, nil)
		return nil
	}
	c.enter(c.blocks.Last())
	return c.moveTo(len(c.keys) - 1)
}

// Seek moves to the first key that is not less than key, and returns it. If there is none, it moves
// past the last key and returns nil.
func (c *Cursor) Seek(key []byte) []byte {
	c.enter(findBlock(c.blocks, key))
	at, _ := slices.BinarySearchFunc(c.keys, key, bytes.Compare)
	if at == len(c.keys) {
		c.at = at - 1
		return c.Next()
	}
	return c.moveTo(at)
}

// Next moves to the next key and returns it. At the last key, it moves past it and returns nil; Prev
// leads back to it.
func (c *Cursor) Next() []byte {
	if c.at+1 < len(c.keys) || len(c.keys) == 0 {
		return c.moveTo(c.at + 1)
	}
	first, value := c.blocks.Next()
	if first == nil {
		c.blocks.Seek(c.keys[0]) // bbolt has gone on to pages from which this transaction has removed everything
		return c.moveTo(len(c.keys))
	}
	last := c.keys[len(c.keys)-1]
	if c.enter(first, value); c.err == nil && bytes.Compare(last, first) >= 0 {
		c.fail(damaged(first))
	}
	return c.moveTo(0)
}

// Prev moves to the key before and returns it. At the first key, it moves before it and returns nil;
// Next leads back to it.
func (c *Cursor) Prev() []byte {
	if c.at > 0 || len(c.keys) == 0 {
		return c.moveTo(c.at - 1)
	}
	next := c.keys[0]
	first, value := blockBefore(c.blocks, next)
	if first == nil {
		return c.moveTo(-1)
	}
	if c.enter(first, value); c.err == nil && bytes.Compare(c.keys[len(c.keys)-1], next) >= 0 {
		c.fail(damaged(first))
	}
	return c.moveTo(len(c.keys) - 1)
}

// enter decodes a block. Without one, or after an error, there are no keys.
func (c *Cursor) enter(first, value []byte) {
	c.keys = c.keys[:0]
	if first == nil || c.err != nil {
		return
	}
	if keys, err := decodeBlock(c.keys, first, value); err != nil {
		c.fail(err)
	} else {
		c.keys = keys
	}
}

func (c *Cursor) fail(err error) { c.keys, c.err = nil, err }

// moveTo moves to a position in the block, which may be just outside of it, and returns the key there.
func (c *Cursor) moveTo(at int) []byte {
	c.at = min(max(at, -1), len(c.keys))
	if c.at < 0 || c.at == len(c.keys) {
		return nil
	}
	return c.keys[c.at]
}
