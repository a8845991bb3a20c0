package keyset

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math"
)

// milestoneEvery is how many keys there are for one milestone, on average. It is stored in no file, but all milestones follow from it,
// so only tests have another number.
var milestoneEvery uint32 = 1024

// origin is the milestone of the keys before the first one that is a milestone. No key sorts before it.
var origin = []byte{0}

// isMilestone reports whether a key is a milestone of each counted set that it is in. So the milestones of a set follow from its keys,
// whatever happened to it before.
func isMilestone(key []byte) bool { return crc32.ChecksumIEEE(key)%milestoneEvery == 0 }

// milestone is a key with how many keys of the set there are from it up to the next one.
type milestone struct {
	key  []byte
	n    int
	next []byte // the next milestone; nil for none
}

// milestoneBefore returns the last milestone that does not come after a key. That is the origin if there is no other.
func (s Set) milestoneBefore(key []byte) (milestone, error) {
	c := s.milestones.Cursor()
	found, value := findBlock(c, key)
	if found == nil || bytes.Compare(found, key) > 0 {
		return milestone{key: origin, next: found}, nil
	}
	n, err := parseCount(found, value)
	next, _ := c.Next()
	return milestone{found, n, next}, err
}

// putMilestone stores a milestone. One without keys is not stored.
func (s Set) putMilestone(key []byte, n int) error {
	switch {
	case n < 0:
		return damaged(key)
	case n == 0:
		return s.milestones.Delete(key)
	}
	return s.milestones.Put(key, appendCount(n))
}

func appendCount(n int) []byte { return binary.AppendUvarint(nil, uint64(n)) } // #nosec G115 -- never negative

func parseCount(key, value []byte) (int, error) {
	n, size := binary.Uvarint(value)
	if size <= 0 || n == 0 || n > 1<<40 {
		return 0, damaged(key)
	}
	return int(n), nil // #nosec G115 -- small
}

// recount brings the milestones up to date after changes of the set, which are sorted. Each key was added that was not there, or
// removed that was. A count that stays as it is is not written: most keys that are replaced move by a few places.
func (s Set) recount(changes []change) error {
	for left := changes; len(left) > 0; {
		m, err := s.milestoneBefore(left[0].key)
		if err != nil {
			return err
		}
		before := m.n
		for len(left) > 0 && (m.next == nil || bytes.Compare(left[0].key, m.next) < 0) {
			if left[0].add {
				m.n++
			} else {
				m.n--
			}
			left = left[1:]
		}
		if m.n == before {
			continue
		}
		if err := s.putMilestone(m.key, m.n); err != nil {
			return err
		}
	}
	for _, c := range changes {
		if !isMilestone(c.key) {
			continue
		}
		if err := s.moveMilestone(c); err != nil {
			return err
		}
	}
	return nil
}

// moveMilestone makes a key that was added a milestone, or gives the keys from one that was removed to the milestone before.
func (s Set) moveMilestone(c change) error {
	n := 0
	if !c.add {
		if value := s.milestones.Get(c.key); value != nil {
			var err error
			if n, err = parseCount(c.key, value); err != nil {
				return err
			}
		}
		if err := s.milestones.Delete(c.key); err != nil {
			return err
		}
	}
	before, err := s.milestoneBefore(c.key)
	if err != nil {
		return err
	}
	if !c.add {
		return s.putMilestone(before.key, before.n+n)
	}
	if n, _, err = s.Count(c.key, before.next, math.MaxInt); err != nil {
		return err
	}
	if err := s.putMilestone(before.key, before.n-n); err != nil {
		return err
	}
	return s.putMilestone(c.key, n)
}

// CheckMilestones compares the milestones from a key on with the keys of the set. After about that many keys it returns the milestone
// from which the next call is to go on, and at the end of the set nil. With the key nil it begins with the first. It fails with
// [ErrDamaged] if they do not agree.
func (s Set) CheckMilestones(from []byte, most int) (next []byte, err error) {
	c, stored := s.Cursor(), s.milestones.Cursor()
	key := c.Seek(from)
	at, value := stored.First()
	if from != nil {
		for key != nil && !isMilestone(key) { // the one to go on from was removed meanwhile
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
		if isMilestone(key) {
			from = key
		}
		n := 0
		for key != nil && (n == 0 || !isMilestone(key)) {
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
	return nil, c.Err()
}
