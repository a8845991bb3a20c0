package keyset

import (
	"bytes"
	"iter"
	"slices"
)

// Stretch is a part of a range of keys.
type Stretch struct {
	At   []byte // where it begins: no key of the stretch comes before it; or, backwards, each does
	Keys int    // how many keys it has; may be 0
}

// Stretches yields the parts of the range of keys from the key from up to, but without, to; or backwards if reverse is set. Where
// a part lies between two milestones it has all keys between them, and elsewhere those of one block. So a long range has a
// thousandth as many parts as keys. The set must be a counted one. Stretches ends after the first error, which is [ErrDamaged].
func (s Set) Stretches(from, to []byte, reverse bool) iter.Seq2[Stretch, error] {
	if reverse {
		return s.stretchesBackwards(from, to)
	}
	return func(yield func(Stretch, error) bool) {
		c := s.milestones.Cursor()
		key, value := c.Seek(from)
		if key == nil || !before(key, to) {
			s.eachBlock(from, to, yield)
			return
		}
		if !s.eachBlock(from, key, yield) {
			return
		}
		for next, following := c.Next(); next != nil && !before(to, next); next, following = c.Next() {
			n, err := parseCount(key, value)
			if !yield(Stretch{key, n}, err) || err != nil {
				return
			}
			key, value = next, following
		}
		s.eachBlock(key, to, yield)
	}
}

func (s Set) stretchesBackwards(from, to []byte) iter.Seq2[Stretch, error] {
	return func(yield func(Stretch, error) bool) {
		c := s.milestones.Cursor()
		key, _ := findBlock(c, to)
		if key == nil || before(to, key) || !before(from, key) {
			s.eachBlockBackwards(from, to, yield)
			return
		}
		if !s.eachBlockBackwards(key, to, yield) {
			return
		}
		for previous, value := blockBefore(c, key); previous != nil && !before(previous, from); previous, value = blockBefore(c, key) {
			n, err := parseCount(previous, value)
			if !yield(Stretch{key, n}, err) || err != nil {
				return
			}
			key = previous
		}
		s.eachBlockBackwards(from, key, yield)
	}
}

// Blocks is like Stretches, but each part has the keys of one block. A range whose end is nil has no end.
func (s Set) Blocks(from, to []byte, reverse bool) iter.Seq2[Stretch, error] {
	return func(yield func(Stretch, error) bool) {
		if reverse {
			s.eachBlockBackwards(from, to, yield)
		} else {
			s.eachBlock(from, to, yield)
		}
	}
}

// eachBlock yields the parts of a range. It returns false when that was ended by yield or by an error.
func (s Set) eachBlock(from, to []byte, yield func(Stretch, error) bool) bool {
	c := s.bucket.Cursor()
	first, value := findBlock(c, from)
	for first != nil && (to == nil || before(first, to)) {
		next, following := c.Next()
		whole := !before(first, from) && (to == nil || next != nil && !before(to, next))
		n, err := keysIn(first, value, from, to, whole)
		at := first
		if before(at, from) {
			at = from
		}
		if !yield(Stretch{at, n}, err) || err != nil {
			return false
		}
		first, value = next, following
	}
	return true
}

func (s Set) eachBlockBackwards(from, to []byte, yield func(Stretch, error) bool) bool {
	c := s.bucket.Cursor()
	first, value := findBlock(c, to)
	for end := to; first != nil; {
		whole := !before(first, from) && !bytes.Equal(end, to)
		n, err := keysIn(first, value, from, to, whole)
		if !yield(Stretch{end, n}, err) || err != nil {
			return false
		}
		if !before(from, first) {
			break
		}
		end = first
		first, value = blockBefore(c, first)
	}
	return true
}

// keysIn returns how many keys of a block are in a range. If the whole block is, the keys are not decoded.
func keysIn(first, value, from, to []byte, whole bool) (n int, err error) {
	if whole {
		for n = 1; len(value) > 0; n++ {
			var ok bool
			if _, _, value, ok = cutEntry(value); !ok {
				return 0, damaged(first)
			}
		}
		return n, nil
	}
	keys, err := decodeBlock(nil, first, value)
	if err != nil {
		return 0, err
	}
	begin, _ := slices.BinarySearchFunc(keys, from, bytes.Compare)
	end, _ := slices.BinarySearchFunc(keys, to, bytes.Compare)
	if to == nil {
		end = len(keys)
	}
	return max(0, end-begin), nil
}

func before(a, b []byte) bool { return bytes.Compare(a, b) < 0 }
