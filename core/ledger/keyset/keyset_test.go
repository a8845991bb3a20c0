package keyset

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
	"pgregory.net/rapid"
)

var bucketName = []byte("keys")

// check reads the whole set and returns the error of the cursor, which looks whether each block is sound and comes behind the one before.
func check(s Set) error {
	c := s.Cursor()
	for key := c.First(); key != nil; {
		key = c.Next()
	}
	return c.Err()
}

// mustOpen returns a file with an empty bucket.
func mustOpen(t testing.TB) *bolt.DB {
	t.Helper()
	db, err := bolt.Open(filepath.Join(t.TempDir(), "keys.db"), 0o600, &bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	mustChange(t, db, func(tx *bolt.Tx) error { _, err := tx.CreateBucket(bucketName); return err })
	return db
}

func mustChange(t testing.TB, db *bolt.DB, change func(tx *bolt.Tx) error) {
	t.Helper()
	if err := db.Update(change); err != nil {
		t.Fatal(err)
	}
}

// mustUpdate updates the set in a transaction of its own.
func mustUpdate(t testing.TB, db *bolt.DB, remove, add [][]byte) {
	t.Helper()
	mustChange(t, db, func(tx *bolt.Tx) error { return In(tx.Bucket(bucketName)).Update(remove, add) })
}

// mustView calls the function view with the set, after checking it.
func mustView(t testing.TB, db *bolt.DB, view func(s Set)) {
	t.Helper()
	err := db.View(func(tx *bolt.Tx) error {
		s := In(tx.Bucket(bucketName))
		if err := check(s); err != nil {
			return err
		}
		view(s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// allKeys returns the keys of a set, from the first to the last.
func allKeys(t testing.TB, s Set) (keys [][]byte) {
	t.Helper()
	c := s.Cursor()
	for key := c.First(); key != nil; key = c.Next() {
		keys = append(keys, key)
	}
	if c.Err() != nil {
		t.Fatal(c.Err())
	}
	return keys
}

// anyKey draws keys that often begin alike, and of which some are as long as a block or longer.
func anyKey() *rapid.Generator[[]byte] {
	part := rapid.SampledFrom([]string{"\x00", "\x00\x00", "a", "ab", "\xff", "range 1", "range 2", "a longer text that many keys have in common"})
	return rapid.Custom(func(t *rapid.T) []byte {
		var key []byte
		for range rapid.IntRange(1, 4).Draw(t, "parts") {
			key = append(key, part.Draw(t, "part")...)
		}
		if rapid.IntRange(0, 30).Draw(t, "long") == 30 {
			key = append(key, bytes.Repeat(key, 1+rapid.IntRange(0, 2000).Draw(t, "length")/len(key))...)
		}
		return append(key, rapid.SliceOfN(rapid.Byte(), 0, 2).Draw(t, "end")...)
	})
}

func TestASetIsASortedSlice(t *testing.T) {
	db := mustOpen(t)
	rapid.Check(t, func(rt *rapid.T) {
		mustChange(t, db, func(tx *bolt.Tx) error {
			if err := tx.DeleteBucket(bucketName); err != nil {
				return err
			}
			_, err := tx.CreateBucket(bucketName)
			return err
		})
		var want [][]byte
		keys := anyKey()
		for range rapid.IntRange(1, 6).Draw(rt, "transactions") {
			mustChange(t, db, func(tx *bolt.Tx) error {
				for range rapid.IntRange(1, 3).Draw(rt, "updates") {
					add := rapid.SliceOfN(keys, 0, 200).Draw(rt, "add")
					remove := rapid.SliceOfN(keys, 0, 20).Draw(rt, "remove")
					if len(want) > 0 && rapid.Bool().Draw(rt, "stretch") {
						from := rapid.IntRange(0, len(want)).Draw(rt, "from")
						remove = append(remove, want[from:rapid.IntRange(from, len(want)).Draw(rt, "to")]...)
					}
					want = updateSlice(want, remove, add)
					s := In(tx.Bucket(bucketName))
					if err := s.Update(remove, add); err != nil {
						rt.Fatal(err)
					}
					compareSet(rt, s, want, append(add, remove...))
				}
				return nil
			})
		}
		mustView(t, db, func(s Set) { compareSet(rt, s, want, want) })
	})
}

// updateSlice does with a sorted slice what Update does with a set.
func updateSlice(keys, remove, add [][]byte) [][]byte {
	var all [][]byte
	for _, key := range keys {
		if !slices.ContainsFunc(remove, func(r []byte) bool { return bytes.Equal(r, key) }) {
			all = append(all, key)
		}
	}
	all = append(all, add...)
	slices.SortFunc(all, bytes.Compare)
	return slices.CompactFunc(all, bytes.Equal)
}

// compareSet compares a set with a sorted slice, by walks from both ends and from some other keys.
func compareSet(t *rapid.T, s Set, want, from [][]byte) {
	t.Helper()
	if err := check(s); err != nil {
		t.Fatal(err)
	}
	checkBlocks(t, s)
	c := s.Cursor()
	walk := func(key []byte, at int, step func() []byte, by int) {
		t.Helper()
		for ; at >= 0 && at < len(want); key, at = step(), at+by {
			if !bytes.Equal(key, want[at]) {
				t.Fatalf("key %d is %.80q, want %.80q", at, key, want[at])
			}
		}
		if key != nil {
			t.Fatalf("%.80q after the end", key)
		}
	}
	walk(c.First(), 0, c.Next, 1)
	walk(c.Prev(), len(want)-1, c.Prev, -1)
	walk(c.Next(), 0, c.Next, 1)
	walk(c.Last(), len(want)-1, c.Prev, -1)
	probe := s.Probe()
	for range 2 {
		for _, key := range slices.Concat([][]byte{{0xff}, {0}}, from, want) {
			_, found := slices.BinarySearchFunc(want, key, bytes.Compare)
			if has, err := probe.Has(key); has != found || err != nil {
				t.Fatalf("the probe has %.80q: %t, %v", key, has, err)
			}
		}
	}
	for _, key := range slices.Concat(from[:min(len(from), 20)], [][]byte{{0}, bytes.Repeat([]byte{0xff}, 9)}) {
		at, found := slices.BinarySearchFunc(want, key, bytes.Compare)
		if has, err := s.Has(key); has != found || err != nil {
			t.Fatalf("Has(%.80q) = %t, %v", key, has, err)
		}
		walk(c.Seek(key), at, c.Next, 1)
		c.Seek(key)
		walk(c.Prev(), at-1, c.Prev, -1)
	}
	if c.Err() != nil {
		t.Fatal(c.Err())
	}
}

// checkBlocks fails if a block is larger than it may be.
func checkBlocks(t rapid.TB, s Set) {
	t.Helper()
	err := s.bucket.ForEach(func(k, v []byte) error {
		if len(v) > 0 && blockSize(k, v) > maxBlock {
			t.Fatalf("a block of %d bytes", blockSize(k, v))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestKeysStayValid(t *testing.T) {
	db := mustOpen(t)
	mustUpdate(t, db, nil, numbers(5000))
	mustView(t, db, func(s Set) {
		keys := allKeys(t, s)
		if !slices.EqualFunc(keys, numbers(5000), bytes.Equal) {
			t.Error("keys changed while the cursor went on")
		}
		_ = append(keys[0], 'x') // must not reach the next key
		if !bytes.Equal(keys[1], numbers(2)[1]) {
			t.Error("keys overlap in memory")
		}
	})
}

// numbers returns n ascending keys.
func numbers(n int) [][]byte {
	keys := make([][]byte, n)
	for i := range keys {
		keys[i] = fmt.Appendf(nil, "number %08d", i)
	}
	return keys
}

func TestAKeyThatIsRemovedAndAddedStays(t *testing.T) {
	db := mustOpen(t)
	a, b, c := []byte("a"), []byte("b"), []byte("c")
	mustUpdate(t, db, nil, [][]byte{a, a, b})
	mustUpdate(t, db, [][]byte{a, c, b, b}, [][]byte{c, a, a})
	mustView(t, db, func(s Set) {
		if got := allKeys(t, s); !slices.EqualFunc(got, [][]byte{a, c}, bytes.Equal) {
			t.Errorf("got %q", got)
		}
	})
}

func TestKeysThatCannotBeKept(t *testing.T) {
	db := mustOpen(t)
	for _, test := range []struct {
		name string
		key  []byte
		want error
	}{
		{"empty", nil, bolterrors.ErrKeyRequired},
		{"too long", make([]byte, bolt.MaxKeySize+1), bolterrors.ErrKeyTooLarge},
	} {
		t.Run(test.name, func(t *testing.T) {
			mustChange(t, db, func(tx *bolt.Tx) error {
				s := In(tx.Bucket(bucketName))
				if err := s.Update(nil, [][]byte{[]byte("a"), test.key}); !errors.Is(err, test.want) {
					t.Errorf("Update: %v", err)
				}
				if has, err := s.Has([]byte("a")); has || err != nil {
					t.Errorf("changed before it failed: %t, %v", has, err)
				}
				if has, err := s.Has(test.key); has || err != nil {
					t.Errorf("Has: %t, %v", has, err)
				}
				return nil
			})
			if err := NewBuilder(nil).Add(test.key); !errors.Is(err, test.want) {
				t.Errorf("Add: %v", err)
			}
		})
	}
}

func TestASetIsReadAfterEverythingWasRemoved(t *testing.T) {
	db := mustOpen(t)
	keys := numbers(20_000) // in several levels of pages
	mustUpdate(t, db, nil, keys)
	mustChange(t, db, func(tx *bolt.Tx) error {
		s := In(tx.Bucket(bucketName))
		// Pages without keys stay in the tree until the transaction is committed.
		if err := s.Update(keys[1:], nil); err != nil {
			return err
		}
		c := s.Cursor()
		if key := c.Last(); !bytes.Equal(key, keys[0]) {
			t.Errorf("Last = %q", key)
		}
		if err := s.Update(keys[:1], keys[19_999:]); err != nil {
			return err
		}
		if key := c.Seek(keys[20]); !bytes.Equal(key, keys[19_999]) || c.Prev() != nil {
			t.Errorf("Seek = %q, and there is a key before it", key)
		}
		if err := s.Update(keys[19_999:], nil); err != nil {
			return err
		}
		if c.First() != nil || c.Last() != nil || c.Seek(keys[0]) != nil || c.Next() != nil || c.Prev() != nil || c.Err() != nil {
			t.Error("an empty set has keys")
		}
		return s.Update(nil, keys[7:8])
	})
	mustView(t, db, func(s Set) {
		if got := allKeys(t, s); !slices.EqualFunc(got, keys[7:8], bytes.Equal) {
			t.Errorf("got %q", got)
		}
	})
}

func TestABuilderMakesTheSet(t *testing.T) {
	keys := numbers(30_000)
	db := mustOpen(t)
	mustChange(t, db, func(tx *bolt.Tx) error {
		bucket := tx.Bucket(bucketName)
		bucket.FillPercent = 1
		b := NewBuilder(bucket.Put)
		for _, key := range keys {
			if err := errors.Join(b.Add(key), b.Add(key)); err != nil {
				return err
			}
		}
		if err := b.Add(keys[3]); !errors.Is(err, errOrder) {
			t.Errorf("a smaller key: %v", err)
		}
		return b.Close()
	})
	mustView(t, db, func(s Set) {
		if got := allKeys(t, s); !slices.EqualFunc(got, keys, bytes.Equal) {
			t.Errorf("got %d keys", len(got))
		}
		if fill := blockFill(s); fill < 0.97 {
			t.Errorf("blocks are %.2f full", fill)
		}
	})
}

// blockFill returns how full the blocks of a set are on average.
func blockFill(s Set) float64 {
	blocks, size := 0, 0
	_ = s.bucket.ForEach(func(k, v []byte) error { blocks++; size += blockSize(k, v); return nil })
	return float64(size) / float64(blocks*maxBlock)
}

// TestBlocksStayFull inserts keys in the orders in which indexes get them, one in each transaction or
// some at once, and looks at how full the blocks are.
func TestBlocksStayFull(t *testing.T) {
	const n = 12_000
	random := rand.New(rand.NewPCG(1, 2)) // #nosec G404 -- the order of a test
	ranged := func(i int) []byte { return fmt.Appendf(nil, "range %d: %08d", i%7, n-i) }
	shuffled := numbers(n)
	random.Shuffle(n, func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	for _, test := range []struct {
		name string
		key  func(i int) []byte
		want float64
	}{
		{"ascending", func(i int) []byte { return fmt.Appendf(nil, "number %08d", i) }, 0.97},
		{"descending", func(i int) []byte { return fmt.Appendf(nil, "number %08d", n-i) }, 0.97},
		{"in front of several ranges", ranged, 0.85},
		{"random", func(i int) []byte { return shuffled[i] }, 0.8},
	} {
		for _, batch := range []int{1, 50} {
			t.Run(fmt.Sprintf("%s by %d", test.name, batch), func(t *testing.T) {
				db := mustOpen(t)
				mustChange(t, db, func(tx *bolt.Tx) error {
					s := In(tx.Bucket(bucketName))
					for i := 0; i < n; i += batch {
						var add [][]byte
						for j := range batch {
							add = append(add, test.key(i+j))
						}
						if err := s.Update(nil, add); err != nil {
							return err
						}
					}
					return nil
				})
				mustView(t, db, func(s Set) {
					fill := blockFill(s)
					if t.Logf("%.3f", fill); fill < test.want {
						t.Errorf("blocks are %.2f full, want %.2f", fill, test.want)
					}
					if got := len(allKeys(t, s)); got != n {
						t.Errorf("%d keys", got)
					}
				})
			})
		}
	}
}
