package keyset

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math"

	bolt "go.etcd.io/bbolt"
)

// milestoneEvery is how many keys there are for one milestone, and landmarkEvery how many milestones for one landmark, on average. They are
// stored in no file, but all milestones and landmarks follow from them, so only tests have other numbers.
var milestoneEvery, landmarkEvery uint32 = 1024, 64

// origin is the milestone, and the landmark, of the keys before the first one. No key sorts before it.
var origin = []byte{0}

// level is the bucket of the milestones or of the landmarks of a set.
type level struct {
	bucket *bolt.Bucket
	every  uint32 // how many keys there are for one that is marked on this level
}

// marks reports whether a key is marked on the level in each counted set that it is in. So the milestones and landmarks of a set follow from its
// keys, whatever happened to it before.
func (l level) marks(key []byte) bool { return crc32.ChecksumIEEE(key)%l.every == 0 }

// milestone is a marked key with how many keys of the set there are from it up to the next one of its level.
type milestone struct {
	key  []byte
	n    int
	next []byte // the next one; nil for none
}

// before returns the last milestone that does not come after a key. That is the origin if there is no other.
func (l level) before(key []byte) (milestone, error) {
	c := l.bucket.Cursor()
	found, value := findBlock(c, key)
	if found == nil || bytes.Compare(found, key) > 0 {
		return milestone{key: origin, next: found}, nil
	}
	n, err := parseCount(found, value)
	next, _ := c.Next()
	return milestone{found, n, next}, err
}

// put stores a milestone. One without keys is not stored.
func (l level) put(key []byte, n int) error {
	switch {
	case n < 0:
		return damaged(key)
	case n == 0:
		return l.bucket.Delete(key)
	}
	return l.bucket.Put(key, appendCount(n))
}

// sum returns how many keys the milestones have together from one of them up to, but without, another, or to the last if that is nil.
func (l level) sum(from, to []byte) (n int, err error) {
	c := l.bucket.Cursor()
	for key, value := c.Seek(from); key != nil && (to == nil || before(key, to)); key, value = c.Next() {
		more, err := parseCount(key, value)
		if err != nil {
			return 0, err
		}
		n += more
	}
	return n, nil
}

func appendCount(n int) []byte { return binary.AppendUvarint(nil, uint64(n)) } // #nosec G115 -- never negative

func parseCount(key, value []byte) (int, error) {
	n, size := binary.Uvarint(value)
	if size <= 0 || n == 0 || n > 1<<40 {
		return 0, damaged(key)
	}
	return int(n), nil // #nosec G115 -- small
}

// recount brings the milestones and landmarks up to date after changes of the set, which are sorted. Each key was added that was not there, or
// removed that was. A count that stays as it is is not written: most keys that are replaced move by a few places.
func (s Set) recount(changes []change) error {
	count := func(from, to []byte) (int, error) {
		n, _, err := s.Count(from, to, math.MaxInt)
		return n, err
	}
	for _, l := range s.levels {
		if err := l.recount(changes, count); err != nil {
			return err
		}
		count = l.sum
	}
	return nil
}

// recount is recount of a set for one level. The function count counts keys from a marked one on.
func (l level) recount(changes []change, count func(from, to []byte) (int, error)) error {
	for left := changes; len(left) > 0; {
		m, err := l.before(left[0].key)
		if err != nil {
			return err
		}
		n := m.n
		for len(left) > 0 && (m.next == nil || before(left[0].key, m.next)) {
			if left[0].add {
				m.n++
			} else {
				m.n--
			}
			left = left[1:]
		}
		if m.n == n {
			continue
		}
		if err := l.put(m.key, m.n); err != nil {
			return err
		}
	}
	for _, adding := range []bool{false, true} { // what is counted for a new one ends before one that stays
		for _, c := range changes {
			if c.add != adding || !l.marks(c.key) {
				continue
			}
			if err := l.move(c, count); err != nil {
				return err
			}
		}
	}
	return nil
}

// move marks a key that was added, or gives the keys from one that was removed to the milestone before.
func (l level) move(c change, count func(from, to []byte) (int, error)) error {
	n := 0
	if !c.add {
		if value := l.bucket.Get(c.key); value != nil {
			var err error
			if n, err = parseCount(c.key, value); err != nil {
				return err
			}
		}
		if err := l.bucket.Delete(c.key); err != nil {
			return err
		}
	}
	before, err := l.before(c.key)
	if err != nil {
		return err
	}
	if !c.add {
		return l.put(before.key, before.n+n)
	}
	if n, err = count(c.key, before.next); err != nil {
		return err
	}
	if err := l.put(before.key, before.n-n); err != nil {
		return err
	}
	return l.put(c.key, n)
}

// CheckMilestones compares the milestones from a key on with the keys of the set. After about that many keys it returns the milestone
// from which the next call is to go on, and at the end of the set, where it also compares the landmarks with the milestones, nil. With the key
// nil it begins with the first. It fails with [ErrDamaged] if they do not agree.
func (s Set) CheckMilestones(from []byte, most int) (next []byte, err error) {
	milestones := s.levels[0]
	c, stored := s.Cursor(), milestones.bucket.Cursor()
	key := c.Seek(from)
	at, value := stored.First()
	if from != nil {
		for key != nil && !milestones.marks(key) { // the one to go on from was removed meanwhile
			key = c.Next()
		}
		at, value = nil, nil
		if key != nil {
			at, value = stored.Seek(key)
		}
	}
	for walked := 0; key != nil && c.Err() == nil; at, value = stored.Next() {
		if from != nil && walked >= most {
			return key, nil
		}
		from = origin
		if milestones.marks(key) {
			from = key
		}
		n := 0
		for key != nil && (n == 0 || !milestones.marks(key)) {
			n++
			key = c.Next()
		}
		if c.Err() == nil && (!bytes.Equal(at, from) || !bytes.Equal(value, appendCount(n))) {
			return nil, damaged(from)
		}
		walked += n
	}
	if c.Err() == nil && at != nil {
		return nil, damaged(at)
	}
	if c.Err() != nil {
		return nil, c.Err()
	}
	return nil, s.checkLandmarks()
}

func (s Set) checkLandmarks() error {
	landmarks := s.levels[1]
	c, stored := s.levels[0].bucket.Cursor(), landmarks.bucket.Cursor()
	at, value := stored.First()
	for key, count := c.First(); key != nil; at, value = stored.Next() {
		from, sum := origin, 0
		if landmarks.marks(key) {
			from = key
		}
		for key != nil && (sum == 0 || !landmarks.marks(key)) {
			n, err := parseCount(key, count)
			if err != nil {
				return err
			}
			sum += n
			key, count = c.Next()
		}
		if !bytes.Equal(at, from) || !bytes.Equal(value, appendCount(sum)) {
			return damaged(from)
		}
	}
	if at != nil {
		return damaged(at)
	}
	return nil
}
