package keyset

import (
	"bytes"

	bolt "go.etcd.io/bbolt"
)

// Part is the part of a range of keys that is in one block.
type Part struct {
	At   []byte // where it begins: no key of the part comes before it; or, backwards, each does
	Keys int    // how many keys it has; may be 0
}

// Parts are the parts of a range of keys, one after the other. They have the life of the set's transaction, and are of no use after an
// update of the set.
type Parts struct {
	from, to     []byte // the range of the parts that are left
	reverse      bool
	blocks       *bolt.Cursor
	first, value []byte // the next block; nil after the last one
	whole        bool   // backwards, the range that is left ends with a block, and not within the next one
}

// Parts returns the parts of the range of keys from the key from up to, but without, to; or backwards if reverse is set. A range whose
// end is nil has no end; it is not for reverse.
func (s Set) Parts(from, to []byte, reverse bool) *Parts {
	p := &Parts{from: from, to: to, reverse: reverse, blocks: s.bucket.Cursor()}
	if reverse {
		p.first, p.value = findBlock(p.blocks, to)
	} else {
		p.first, p.value = findBlock(p.blocks, from)
	}
	return p
}

// Next returns the next part. It returns false after the last one, and an error, which is [ErrDamaged], in place of a part.
func (p *Parts) Next() (part Part, ok bool, err error) {
	if p.first == nil || p.to != nil && (!before(p.from, p.to) || !p.reverse && !before(p.first, p.to)) {
		return Part{}, false, nil
	}
	first, value, begin, end := p.first, p.value, p.first, p.to
	if before(begin, p.from) {
		begin = p.from
	}
	if p.reverse {
		p.first, p.value = blockBefore(p.blocks, first)
		if p.whole {
			end = nil
		}
		part.At, p.to, p.whole = p.to, begin, true
	} else {
		p.first, p.value = p.blocks.Next()
		if p.first != nil && end != nil && !before(end, p.first) {
			end = nil
		}
		part.At = begin
	}
	part.Keys, err = keysBetween(first, value, begin, end)
	return part, true, err
}

// keysBetween returns how many keys a block has from the key from up to, but without, the key to, or to its end if that is nil.
func keysBetween(first, value, from, to []byte) (n int, err error) {
	if to == nil {
		n, err = keysIn(first, value)
	} else {
		n, _, err = keysBefore(first, value, to)
	}
	if err != nil || !before(first, from) {
		return n, err
	}
	passed, _, err := keysBefore(first, value, from)
	return max(0, n-passed), err
}

// keysBefore returns how many keys of a block come before a key, and whether the block has that key, without decoding its keys.
func keysBefore(first, value, key []byte) (n int, found bool, err error) {
	same := sharedPrefix(first, key) // bytes that the last key that comes before it has in common with it
	if c := bytes.Compare(first[same:], key[same:]); c >= 0 {
		return 0, c == 0, nil
	}
	for n = 1; len(value) > 0; n++ {
		shared, rest, left, ok := cutEntry(value)
		if !ok {
			return 0, false, damaged(first)
		}
		value = left
		switch {
		case shared > same: // it differs from the key where the one before it does
			continue
		case shared < same:
			return n, false, nil
		}
		more := sharedPrefix(rest, key[same:])
		if c := bytes.Compare(rest[more:], key[same+more:]); c >= 0 {
			return n, c == 0, nil
		}
		same += more
	}
	return n, false, nil
}

// keysIn returns how many keys a block has, without decoding them.
func keysIn(first, value []byte) (n int, err error) {
	for n = 1; len(value) > 0; n++ {
		if len(value) > 1 && value[0]|value[1] < 0x80 && value[1] > 0 && int(value[1]) <= len(value)-2 { // as in cutEntry, without a call
			value = value[2+int(value[1]):]
			continue
		}
		var ok bool
		if _, _, value, ok = cutEntry(value); !ok {
			return 0, damaged(first)
		}
	}
	return n, nil
}

func before(a, b []byte) bool { return bytes.Compare(a, b) < 0 }
