package keyset

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	bolt "go.etcd.io/bbolt"
)

// damagedValues are values of blocks that begin with the key "key".
var damagedValues = []struct {
	name  string
	value []byte
}{
	{"half an entry", []byte{1}},
	{"bytes that are missing", []byte{1, 3, 'z', 'z'}},
	{"no bytes after the shared ones", []byte{2, 0}},
	{"more shared than there is", []byte{4, 1, 'z'}},
	{"the same key again", []byte{2, 1, 'y'}},
	{"a smaller key", []byte{2, 1, 'a'}},
	{"a number that does not end", bytes.Repeat([]byte{0xff}, 40)},
	{"a huge shared length", append(binary.AppendUvarint(nil, 1<<63), 1, 'z')},
	{"a huge length", append(binary.AppendUvarint([]byte{1}, 1<<63), 'z')},
	{"keys without end", manyLongKeys()},
}

// manyLongKeys returns some kilobytes that would be decoded to hundreds of megabytes.
func manyLongKeys() []byte {
	value := append([]byte{3, 0xff, 0x7f}, bytes.Repeat([]byte{1}, 1<<14-1)...)
	for length := 3 + 1<<14 - 1; length < 1<<14+20_000; length++ {
		value = append(binary.AppendUvarint(value, uint64(length)), 1, 1)
	}
	return value
}

func TestADamagedBlockIsReported(t *testing.T) {
	for _, test := range damagedValues {
		t.Run(test.name, func(t *testing.T) {
			db := mustOpen(t)
			mustUpdate(t, db, nil, [][]byte{[]byte("a"), []byte("b")})
			mustChange(t, db, func(tx *bolt.Tx) error { return tx.Bucket(bucketName).Put([]byte("key"), test.value) })
			err := db.Update(func(tx *bolt.Tx) error {
				s := In(tx.Bucket(bucketName))
				if _, err := s.Has([]byte("key 2")); !errors.Is(err, ErrDamaged) {
					t.Errorf("Has: %v", err)
				}
				if err := check(s); !errors.Is(err, ErrDamaged) {
					t.Errorf("Check: %v", err)
				}
				c := s.Cursor()
				if c.Seek([]byte("b")) == nil || c.Err() != nil {
					t.Errorf("the sound block: %v", c.Err())
				}
				if c.Next() != nil || !errors.Is(c.Err(), ErrDamaged) || c.First() != nil || c.Last() != nil || c.Next() != nil || c.Prev() != nil || c.Seek([]byte("a")) != nil {
					t.Errorf("the cursor goes on: %v", c.Err())
				}
				return s.Update(nil, [][]byte{[]byte("key 2")})
			})
			if !errors.Is(err, ErrDamaged) {
				t.Errorf("Update: %v", err)
			}
		})
	}
}

func TestBlocksThatOverlapAreReported(t *testing.T) {
	db := mustOpen(t)
	mustChange(t, db, func(tx *bolt.Tx) error {
		bucket := tx.Bucket(bucketName)
		return errors.Join(
			bucket.Put([]byte("a"), encodeBlock([][]byte{[]byte("a"), []byte("c")})),
			bucket.Put([]byte("b"), encodeBlock([][]byte{[]byte("b"), []byte("d")})))
	})
	err := db.Update(func(tx *bolt.Tx) error {
		s := In(tx.Bucket(bucketName))
		if err := check(s); !errors.Is(err, ErrDamaged) {
			t.Errorf("Check: %v", err)
		}
		c := s.Cursor()
		c.Last()
		for c.Prev() != nil {
		}
		if !errors.Is(c.Err(), ErrDamaged) {
			t.Errorf("Prev: %v", c.Err())
		}
		return s.Update(nil, [][]byte{[]byte("a2")}) // both blocks are small
	})
	if !errors.Is(err, ErrDamaged) {
		t.Errorf("Update: %v", err)
	}
}

// FuzzBlock reads and changes a set of which one block has any bytes.
func FuzzBlock(f *testing.F) {
	db := mustOpen(f)
	for _, test := range damagedValues {
		f.Add([]byte("key"), test.value, []byte("key 2"))
	}
	f.Add([]byte("key"), encodeBlock([][]byte{[]byte("key"), []byte("key 1"), []byte("kez")}), []byte("key 2"))
	f.Fuzz(func(t *testing.T, first, value, key []byte) {
		if checkKey(first) != nil || checkKey(key) != nil {
			t.Skip()
		}
		tx, err := db.Begin(true)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = tx.Rollback() }()
		s := In(tx.Bucket(bucketName))
		others := [][]byte{[]byte("a"), []byte("z")}
		if err := s.Update(nil, others); err != nil {
			t.Fatal(err)
		}
		if err := s.bucket.Put(first, value); err != nil {
			t.Fatal(err)
		}
		forward, err := walk(s, (*Cursor).First, (*Cursor).Next)
		backward, errBackward := walk(s, (*Cursor).Last, (*Cursor).Prev)
		slices.Reverse(backward)
		if (err == nil) != (errBackward == nil) || err == nil && !slices.EqualFunc(forward, backward, bytes.Equal) {
			t.Fatalf("%d keys, %v; backwards %d keys, %v", len(forward), err, len(backward), errBackward)
		}
		has, errHas := s.Has(key)
		probe := s.Probe()
		for range 2 * decodeAfter {
			if probed, errProbe := probe.Has(key); err == nil && (probed != has || errProbe != nil) {
				t.Fatalf("Has: %t, of a probe: %t, %v", has, probed, errProbe)
			}
		}
		errUpdate := s.Update([][]byte{key}, [][]byte{append(key[:len(key):len(key)], 'x')})
		if err != nil {
			return // what is damaged may lie elsewhere
		}
		if errHas != nil || errUpdate != nil && len(key) < bolt.MaxKeySize {
			t.Fatalf("Has: %v, Update: %v", errHas, errUpdate)
		}
		if err := check(s); err != nil {
			t.Fatal(err)
		}
	})
}

func walk(s Set, begin, step func(*Cursor) []byte) (keys [][]byte, err error) {
	c := s.Cursor()
	for key := begin(c); key != nil; key = step(c) {
		keys = append(keys, key)
	}
	return keys, c.Err()
}
