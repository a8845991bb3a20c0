package keyset

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
)

// Marks are keys of which it is known how many others come before them: the milestones of a part of a counted set, in ascending order.
// They have the life of the set's transaction.
type Marks struct {
	set  Set
	all  []Mark
	from []byte
	read int
}

// Mark is one of [Marks].
type Mark struct {
	Key  []byte
	Rank int // how many keys of the part come before it
}

// Marks returns the marks of the part of the set that begins with the key from and ends before the key to. It reads one number for
// each thousand keys. The set must be a counted one.
func (s Set) Marks(from, to []byte) (*Marks, error) {
	m := &Marks{set: s, from: from}
	c := s.milestones.Cursor()
	key, count := c.Seek(from)
	if key == nil || !before(key, to) {
		return m, nil
	}
	rank, err := m.count(from, key)
	for key != nil && before(key, to) && err == nil {
		m.all = append(m.all, Mark{key, rank})
		m.read++
		var n int
		n, err = parseCount(key, count)
		rank += n
		key, count = c.Next()
	}
	return m, err
}

// Between returns the marks after the key from and before the key to.
func (m *Marks) Between(from, to []byte) []Mark {
	begin, found := m.search(from)
	if found {
		begin++
	}
	end, _ := m.search(to)
	return m.all[begin:max(begin, end)]
}

// Rank returns how many keys of the part come before a key in it. It counts those between the key and a mark next to it.
func (m *Marks) Rank(key []byte) (int, error) {
	at, found := m.search(key)
	if found {
		return m.all[at].Rank, nil
	}
	last := Mark{Key: m.from}
	if at > 0 {
		last = m.all[at-1]
	}
	if at < len(m.all) && isNearer(key, last.Key, m.all[at].Key) {
		n, err := m.count(key, m.all[at].Key)
		return m.all[at].Rank - n, err
	}
	n, err := m.count(last.Key, key)
	return last.Rank + n, err
}

// isNearer reports whether a key seems nearer to the mark after it than to that before. It compares the numbers that their bytes are after what
// both marks begin with, which is right for keys that are spread evenly.
func isNearer(key, last, next []byte) bool {
	same := sharedPrefix(last, next)
	number := func(key []byte) uint64 {
		var digits [8]byte
		copy(digits[:], key[min(same, len(key)):])
		return binary.BigEndian.Uint64(digits[:])
	}
	return number(next)-number(key) < number(key)-number(last)
}

func (m *Marks) search(key []byte) (at int, found bool) {
	return slices.BinarySearchFunc(m.all, key, func(a Mark, key []byte) int { return bytes.Compare(a.Key, key) })
}

// Read returns how many numbers and blocks were read until now.
func (m *Marks) Read() int { return m.read }

func (m *Marks) count(from, to []byte) (int, error) {
	n, blocks, err := m.set.Count(from, to, math.MaxInt)
	m.read += blocks
	return n, err
}

// Count counts the keys from one key up to, but without, another, or to the end of the set if that is nil. It stops after the block with
// which there are at least so many as most. It also returns how many blocks it has read.
func (s Set) Count(from, to []byte, most int) (n, blocks int, err error) {
	for parts := s.Parts(from, to, false); n < most; blocks++ {
		part, ok, err := parts.Next()
		if !ok || err != nil {
			return n, blocks, err
		}
		n += part.Keys
	}
	return n, blocks, nil
}
