package keyset

import (
	"bytes"
	"errors"
	"fmt"
)

// errOrder is returned when keys are not added in ascending order.
var errOrder = errors.New("keys are not in ascending order")

// Builder makes the blocks of a new set of keys that come in ascending order, each as full as it may be.
// Pages are full as well if the bucket's FillPercent is 1.
type Builder struct {
	put   func(key, value []byte) error
	first []byte // of the block that is being made; nil before the first key
	value []byte
	last  []byte
	size  int // how many bytes the keys of the block have together

	mark  func(key, value []byte) error // put for milestones; nil for a set that is not counted
	from  []byte                        // the last milestone
	count int                           // how many keys there are from it on
}

// NewBuilder returns a builder that calls put for each block, in ascending order. What put is given
// is its own to keep.
func NewBuilder(put func(key, value []byte) error) *Builder { return &Builder{put: put} }

// NewCountedBuilder returns a builder that also calls mark for each milestone, in ascending order.
func NewCountedBuilder(put, mark func(key, value []byte) error) *Builder {
	return &Builder{put: put, mark: mark, from: origin}
}

// Add adds a key that is greater than the one before, or equal to it, in which case it changes
// nothing. The builder keeps no reference to it. An error of put is returned as it is.
func (b *Builder) Add(key []byte) error {
	if err := checkKey(key); err != nil {
		return err
	}
	if b.first == nil {
		b.begin(key)
		return b.countKey(key)
	}
	switch c := bytes.Compare(b.last, key); {
	case c == 0:
		return nil
	case c > 0:
		return fmt.Errorf("%w: %.80q after %.80q", errOrder, key, b.last)
	}
	if err := b.countKey(key); err != nil {
		return err
	}
	if blockSize(b.first, b.value)+entrySize(b.last, key) > maxBlock || b.size+len(key) > maxDecoded {
		if err := b.put(b.first, b.value); err != nil {
			return err
		}
		b.begin(key)
		return nil
	}
	b.value = appendEntry(b.value, b.last, key)
	b.last = append(b.last[:0], key...)
	b.size += len(key)
	return nil
}

func (b *Builder) begin(key []byte) {
	b.first, b.value, b.size = bytes.Clone(key), make([]byte, 0, maxBlock), len(key)
	b.last = append(b.last[:0], key...)
}

// Close puts the last block. Without a call of Add it does nothing.
func (b *Builder) Close() error {
	if b.first == nil {
		return nil
	}
	if err := b.put(b.first, b.value); err != nil {
		return err
	}
	return b.markLast()
}

// countKey counts a key of a counted set, from a new milestone on if the key is one.
func (b *Builder) countKey(key []byte) error {
	if b.mark == nil {
		return nil
	}
	if isMilestone(key) {
		if err := b.markLast(); err != nil {
			return err
		}
		b.from, b.count = bytes.Clone(key), 0
	}
	b.count++
	return nil
}

// markLast passes on the last milestone with its count, unless there are no keys from it on.
func (b *Builder) markLast() error {
	if b.mark == nil || b.count == 0 {
		return nil
	}
	return b.mark(b.from, appendCount(b.count))
}
