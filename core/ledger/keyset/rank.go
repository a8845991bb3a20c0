package keyset

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
)

// Marks are keys of which it is known how many others come before them: the milestones and landmarks of a part of a counted set. They have the
// life of the set's transaction. All landmarks are read at once, and milestones where they are asked for.
type Marks struct {
	set       Set
	to        []byte
	landmarks []Mark         // the beginning of the part, and the landmarks after it
	segments  map[int][]Mark // the milestones from a landmark on, by the index of that
	read      int
}

// Mark is one of [Marks].
type Mark struct {
	Key  []byte
	Rank int // how many keys of the part come before it
}

// Marks returns the marks of the part of the set that begins with the key from and ends before the key to. It reads one number for
// each landmark. The set must be a counted one.
func (s Set) Marks(from, to []byte) (*Marks, error) {
	m := &Marks{set: s, to: to, landmarks: []Mark{{from, 0}}, segments: map[int][]Mark{}}
	c := s.levels[1].bucket.Cursor()
	key, count := c.Seek(append(bytes.Clone(from), 0))
	if key == nil || !before(key, to) {
		return m, nil
	}
	segment, rank, err := m.readSegment(m.landmarks[0], key)
	m.segments[0] = segment
	for key != nil && before(key, to) && err == nil {
		m.landmarks = append(m.landmarks, Mark{key, rank})
		m.read++
		var n int
		n, err = parseCount(key, count)
		rank += n
		key, count = c.Next()
	}
	return m, err
}

// segment returns the milestones from a landmark on, up to the next one.
func (m *Marks) segment(i int) ([]Mark, error) {
	if segment, there := m.segments[i]; there {
		return segment, nil
	}
	end := m.to
	if i+1 < len(m.landmarks) {
		end = m.landmarks[i+1].Key
	}
	segment, _, err := m.readSegment(m.landmarks[i], end)
	m.segments[i] = segment
	return segment, err
}

// readSegment reads the milestones from a mark on, up to a key. If that is a milestone, it also returns its rank.
func (m *Marks) readSegment(from Mark, to []byte) (segment []Mark, rank int, err error) {
	c := m.set.levels[0].bucket.Cursor()
	key, count := c.Seek(from.Key)
	if key == nil || before(to, key) {
		return nil, 0, nil
	}
	rank, err = m.count(from.Key, key)
	for rank += from.Rank; key != nil && before(key, to) && err == nil; key, count = c.Next() {
		segment = append(segment, Mark{key, rank})
		m.read++
		var n int
		n, err = parseCount(key, count)
		rank += n
	}
	return segment, rank, err
}

// Landmarks returns the landmarks after the key from and before the key to.
func (m *Marks) Landmarks(from, to []byte) []Mark {
	return between(m.landmarks, from, to)
}

// Milestones returns the milestones after the key from and before the key to. All landmarks are milestones.
func (m *Marks) Milestones(from, to []byte) (all []Mark, err error) {
	for i := m.landmarkBefore(from); i < len(m.landmarks) && before(m.landmarks[i].Key, to); i++ {
		segment, err := m.segment(i)
		if err != nil {
			return nil, err
		}
		all = append(all, between(segment, from, to)...)
	}
	return all, nil
}

// Rank returns how many keys of the part come before a key in it. It counts those between the key and a mark next to it.
func (m *Marks) Rank(key []byte) (int, error) {
	i := m.landmarkBefore(key)
	segment, err := m.segment(i)
	if err != nil {
		return 0, err
	}
	last, following := m.landmarks[i], segment
	if at, found := searchMarks(segment, key); found {
		return segment[at].Rank, nil
	} else if following = segment[at:]; at > 0 {
		last = segment[at-1]
	}
	if len(following) == 0 && i+1 < len(m.landmarks) {
		following = m.landmarks[i+1:]
	}
	if len(following) > 0 && isNearer(key, last.Key, following[0].Key) {
		n, err := m.count(key, following[0].Key)
		return following[0].Rank - n, err
	}
	n, err := m.count(last.Key, key)
	return last.Rank + n, err
}

// landmarkBefore returns the index of the last landmark that does not come after a key.
func (m *Marks) landmarkBefore(key []byte) int {
	at, found := searchMarks(m.landmarks, key)
	if !found {
		at--
	}
	return max(0, at)
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

// between returns the marks after the key from and before the key to.
func between(marks []Mark, from, to []byte) []Mark {
	begin, found := searchMarks(marks, from)
	if found {
		begin++
	}
	end, _ := searchMarks(marks, to)
	return marks[begin:max(begin, end)]
}

func searchMarks(marks []Mark, key []byte) (at int, found bool) {
	return slices.BinarySearchFunc(marks, key, func(m Mark, key []byte) int { return bytes.Compare(m.Key, key) })
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
