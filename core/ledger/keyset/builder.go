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

	marks []*markBuilder // for milestones and landmarks; none for a set that is not counted
}

// markBuilder makes the milestones of a level.
type markBuilder struct {
	level
	put   func(key, value []byte) error
	from  []byte // the last milestone
	count int    // how many keys there are from it on
}

// NewBuilder returns a builder that calls put for each block, in ascending order. What put is given
// is its own to keep.
func NewBuilder(put func(key, value []byte) error) *Builder { return &Builder{put: put} }

// NewCountedBuilder returns a builder that also calls milestone and landmark for each of these, in ascending order.
func NewCountedBuilder(put, milestone, landmark func(key, value []byte) error) *Builder {
	b := &Builder{put: put}
	for i, level := range Counted(nil, nil, nil).levels {
		b.marks = append(b.marks, &markBuilder{level: level, put: []func(key, value []byte) error{milestone, landmark}[i], from: origin})
	}
	return b
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
	for _, m := range b.marks {
		if err := m.close(); err != nil {
			return err
		}
	}
	return nil
}

func (b *Builder) countKey(key []byte) error {
	for _, m := range b.marks {
		if err := m.add(key); err != nil {
			return err
		}
	}
	return nil
}

// add counts a key, from a new milestone on if the key is one.
func (m *markBuilder) add(key []byte) error {
	if m.marks(key) {
		if err := m.close(); err != nil {
			return err
		}
		m.from, m.count = bytes.Clone(key), 0
	}
	m.count++
	return nil
}

// close puts the last milestone with its count, unless there are no keys from it on.
func (m *markBuilder) close() error {
	if m.count == 0 {
		return nil
	}
	return m.put(m.from, appendCount(m.count))
}
