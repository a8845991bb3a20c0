package keyset

import (
	"bytes"
	"slices"

	bolt "go.etcd.io/bbolt"
)

// Probe looks for one key after the other. It knows the last blocks that it has found, and decodes those that it is often asked for: where keys are
// near each other, a look takes little. It does not see all damage that [Set.Has] does. It has the life of the set's transaction, and is of no use
// after an update of the set.
type Probe struct {
	cursor *bolt.Cursor
	blocks []probed // in the order of the set
}

// probed is a block that a probe has found.
type probed struct {
	first, value []byte
	next         []byte   // the first key of the block after it; nil for none
	looks        int      // how often it was looked through
	keys         [][]byte // decoded after some looks
}

const (
	// decodeAfter is how often a block is looked through before its keys are decoded, which takes as long as some looks.
	decodeAfter = 6
	// maxProbed is how many blocks a probe knows before it forgets all.
	maxProbed = 16
)

// Probe returns a probe of the set.
func (s Set) Probe() *Probe { return &Probe{cursor: s.bucket.Cursor()} }

// Has reports whether a key is in the set.
func (p *Probe) Has(key []byte) (found bool, err error) {
	b := p.find(key)
	if b == nil {
		return false, nil
	}
	if b.looks++; b.looks <= decodeAfter {
		_, found, err = keysBefore(b.first, b.value, key)
		return found, err
	}
	if b.keys == nil {
		if b.keys, err = decodeBlock(nil, b.first, b.value); err != nil {
			return false, err
		}
	}
	_, found = slices.BinarySearchFunc(b.keys, key, bytes.Compare)
	return found, nil
}

// find returns the block that has a key if any block has it, or nil if there is none at all.
func (p *Probe) find(key []byte) *probed {
	at, found := slices.BinarySearchFunc(p.blocks, key, func(b probed, key []byte) int { return bytes.Compare(b.first, key) })
	if !found {
		at--
	}
	if at >= 0 && (p.blocks[at].next == nil || before(key, p.blocks[at].next)) {
		return &p.blocks[at]
	}
	var b probed
	if b.first, b.value = findBlock(p.cursor, key); b.first == nil {
		return nil
	}
	b.next, _ = p.cursor.Next()
	if len(p.blocks) == maxProbed {
		p.blocks, at = p.blocks[:0], -1
	}
	if before(key, b.first) { // it comes before all blocks
		at = -1
		if len(p.blocks) > 0 && bytes.Equal(p.blocks[0].first, b.first) {
			return &p.blocks[0]
		}
	}
	p.blocks = slices.Insert(p.blocks, at+1, b)
	return &p.blocks[at+1]
}
