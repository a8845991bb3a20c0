package keyset

import (
	"bytes"
	"slices"
	"sort"

	bolt "go.etcd.io/bbolt"
)

// Update removes keys from the set and adds keys to it, in any order; a key may be named several
// times. A key that is both removed and added is in the set afterwards. Removing what is not there
// and adding what is there are no errors. A block is written once for all the keys that concern it,
// unless a neighbor gives keys to it.
//
// Update fails with [ErrDamaged] if it meets a block that cannot be decoded; the transaction must then
// be rolled back. A key that is empty or too long is refused before anything is changed, with an
// error of bbolt's.
func (s Set) Update(remove, add [][]byte) error {
	changes, err := sortChanges(remove, add)
	if err != nil {
		return err
	}
	u := updater{bucket: s.bucket, cursor: s.bucket.Cursor()}
	for len(changes) > 0 {
		if changes, err = u.changeBlock(changes); err != nil {
			return err
		}
	}
	return s.recount(u.changed)
}

// change is a key that an update adds, or else removes.
type change struct {
	key []byte
	add bool
}

// sortChanges returns the changes by their keys, with one change for each key.
func sortChanges(remove, add [][]byte) ([]change, error) {
	changes := make([]change, 0, len(remove)+len(add))
	for _, key := range add {
		changes = append(changes, change{key, true})
	}
	for _, key := range remove {
		changes = append(changes, change{key, false})
	}
	for _, c := range changes {
		if err := checkKey(c.key); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(changes, compareChanges)
	return slices.CompactFunc(changes, func(a, b change) bool { return bytes.Equal(a.key, b.key) }), nil
}

// compareChanges sorts changes by their keys. Additions come first, so that compacting keeps them.
func compareChanges(a, b change) int {
	if c := bytes.Compare(a.key, b.key); c != 0 || a.add == b.add {
		return c
	}
	if a.add {
		return -1
	}
	return 1
}

// updater changes one block after the other.
type updater struct {
	bucket       *bolt.Bucket
	cursor       *bolt.Cursor
	keys, merged [][]byte // reused
	changed      []change // those that have changed the set
}

// block is a block as it is stored. Its first key is nil if there is no block.
type block struct{ first, value []byte }

func (b block) size() int { return blockSize(b.first, b.value) }

// changeBlock makes the changes that concern the block of the first of them, and returns the other
// changes.
func (u *updater) changeBlock(changes []change) ([]change, error) {
	var b block
	n := len(changes)
	u.keys = u.keys[:0]
	if b.first, b.value = findBlock(u.cursor, changes[0].key); b.first != nil {
		if next, _ := u.cursor.Next(); next != nil {
			n = sort.Search(n, func(i int) bool { return bytes.Compare(changes[i].key, next) >= 0 })
		}
		var err error
		if u.keys, err = decodeBlock(u.keys, b.first, b.value); err != nil {
			return nil, err
		}
	}
	u.merged = u.apply(u.merged[:0], u.keys, changes[:n])
	return changes[n:], u.replace(b, u.keys, u.merged)
}

// apply appends the keys as they are after the changes to merged.
func (u *updater) apply(merged, keys [][]byte, changes []change) [][]byte {
	for _, c := range changes {
		at, found := slices.BinarySearchFunc(keys, c.key, bytes.Compare)
		merged, keys = append(merged, keys[:at]...), keys[at:]
		if found {
			keys = keys[1:]
		}
		if c.add {
			merged = append(merged, c.key)
		}
		if c.add != found {
			u.changed = append(u.changed, c)
		}
	}
	return append(merged, keys...)
}

// replace stores keys in place of the block b, whose keys were old.
func (u *updater) replace(b block, old, keys [][]byte) error {
	if len(keys) == 0 {
		return u.store([]block{b}, run{}, nil)
	}
	r := newRun(keys)
	switch size := r.size(); {
	case size > maxBlock:
		return u.split(b, old, r)
	case size < minBlock:
		return u.merge(b, r)
	}
	return u.store([]block{b}, r, []int{len(keys)})
}

// split stores the keys of a run that is too large for one block. A neighbor of b that has room takes
// its share. If all that is new comes before or after the keys that were there, more is likely to
// come there, and full blocks are left behind; otherwise all blocks have room.
func (u *updater) split(b block, old [][]byte, r run) error {
	n := len(old)
	atEnd := n == 0 || n < len(r.keys) && bytes.Equal(r.keys[n-1], old[n-1])
	atFront := n > 0 && n < len(r.keys) && bytes.Equal(r.keys[len(r.keys)-n], old[0])
	replaced := []block{b}
	blocks := (r.size() + maxBlock - 1) / maxBlock
	if neighbor, before := u.smallerNeighbor(b); neighbor.first != nil && r.size()+neighbor.size() <= blocks*roomyBlock {
		var err error
		if r, err = u.join(neighbor, before, r); err != nil {
			return err
		}
		replaced = append(replaced, neighbor)
	}
	switch {
	case atEnd:
		return u.store(replaced, r, r.cut(0))
	case atFront:
		return u.store(replaced, r, r.cutFromEnd())
	}
	return u.store(replaced, r, r.cut((r.size()+roomyBlock-1)/roomyBlock))
}

// merge stores the keys of a run that is small, in one block with those of a neighbor if that has room.
func (u *updater) merge(b block, r run) error {
	neighbor, before := u.smallerNeighbor(b)
	if neighbor.first == nil || r.size()+neighbor.size() > roomyBlock {
		return u.store([]block{b}, r, []int{len(r.keys)})
	}
	r, err := u.join(neighbor, before, r)
	if err != nil {
		return err
	}
	return u.store([]block{b, neighbor}, r, r.cut(0))
}

// smallerNeighbor returns the smaller one of the blocks next to b, if there are any, and whether it
// comes before b.
func (u *updater) smallerNeighbor(b block) (neighbor block, before bool) {
	if b.first == nil {
		return block{}, false
	}
	var left, right block
	u.cursor.Seek(b.first)
	right.first, right.value = u.cursor.Next()
	u.cursor.Seek(b.first)
	left.first, left.value = blockBefore(u.cursor, b.first)
	if right.first == nil || left.first != nil && left.size() < right.size() {
		return left, true
	}
	return right, false
}

// join returns the keys of a neighbor, which come before or after those of a run, together with these.
func (u *updater) join(neighbor block, before bool, r run) (run, error) {
	keys, err := decodeBlock(nil, neighbor.first, neighbor.value)
	if err != nil {
		return run{}, err
	}
	left, right := r.keys, keys
	if before {
		left, right = keys, r.keys
	}
	if bytes.Compare(left[len(left)-1], right[0]) >= 0 {
		return run{}, damaged(neighbor.first)
	}
	return newRun(slices.Concat(left, right)), nil
}

// store puts blocks with the keys of a run, which end at the positions ends, in the place of others.
func (u *updater) store(replaced []block, r run, ends []int) error {
	stored, start := make([]block, len(ends)), 0
	for i, end := range ends {
		stored[i] = block{r.keys[start], encodeBlock(r.keys[start:end])}
		start = end
	}
	for _, b := range replaced {
		_, stays := slices.BinarySearchFunc(stored, b.first, func(s block, first []byte) int { return bytes.Compare(s.first, first) })
		if b.first == nil || stays {
			continue
		}
		if err := u.bucket.Delete(b.first); err != nil {
			return err
		}
	}
	for _, b := range stored {
		same := func(o block) bool { return bytes.Equal(o.first, b.first) && bytes.Equal(o.value, b.value) }
		if slices.ContainsFunc(replaced, same) {
			continue
		}
		if err := u.bucket.Put(b.first, b.value); err != nil {
			return err
		}
	}
	return nil
}
