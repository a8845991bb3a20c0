package keyset

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	bolt "go.etcd.io/bbolt"
	"pgregory.net/rapid"
)

var milestonesName, landmarksName = []byte("milestones"), []byte("landmarks")

// mustOpenCounted returns a file with an empty counted set, of which about one of three keys is a milestone, and one of six a landmark.
func mustOpenCounted(t testing.TB) *bolt.DB {
	t.Helper()
	every, of := milestoneEvery, landmarkEvery
	milestoneEvery, landmarkEvery = 3, 2
	t.Cleanup(func() { milestoneEvery, landmarkEvery = every, of })
	db := mustOpen(t)
	mustChange(t, db, func(tx *bolt.Tx) error {
		_, err := tx.CreateBucket(milestonesName)
		_, another := tx.CreateBucket(landmarksName)
		return errors.Join(err, another)
	})
	return db
}

func counted(tx *bolt.Tx) Set {
	return Counted(tx.Bucket(bucketName), tx.Bucket(milestonesName), tx.Bucket(landmarksName))
}

func TestMilestonesFollowFromTheKeys(t *testing.T) {
	db := mustOpenCounted(t)
	rapid.Check(t, func(rt *rapid.T) {
		mustChange(t, db, func(tx *bolt.Tx) error {
			for _, name := range [][]byte{bucketName, milestonesName, landmarksName} {
				if err := tx.DeleteBucket(name); err != nil {
					return err
				}
				if _, err := tx.CreateBucket(name); err != nil {
					return err
				}
			}
			return nil
		})
		var want [][]byte
		keys := anyKey()
		for range rapid.IntRange(1, 4).Draw(rt, "transactions") {
			mustChange(t, db, func(tx *bolt.Tx) error {
				add := rapid.SliceOfN(keys, 0, 100).Draw(rt, "add")
				remove := rapid.SliceOfN(keys, 0, 10).Draw(rt, "remove")
				if len(want) > 0 {
					from := rapid.IntRange(0, len(want)).Draw(rt, "from")
					remove = append(remove, want[from:rapid.IntRange(from, len(want)).Draw(rt, "to")]...)
				}
				want = updateSlice(want, remove, add)
				s := counted(tx)
				if err := s.Update(remove, add); err != nil {
					rt.Fatal(err)
				}
				compareMilestones(rt, s, want)
				return nil
			})
		}
		bounds := append(want, []byte{0}, []byte{0xff, 0xff, 0xff})
		from, to := rapid.SampledFrom(bounds).Draw(rt, "begin"), rapid.SampledFrom(bounds).Draw(rt, "end")
		err := db.View(func(tx *bolt.Tx) error {
			for _, reverse := range []bool{false, true} {
				compareParts(rt, counted(tx).Parts(from, to, reverse), want, from, to, reverse)
			}
			compareMarks(rt, counted(tx), want, from, to)
			return nil
		})
		if err != nil {
			rt.Fatal(err)
		}
	})
}

// compareMilestones compares the milestones of a set that has certain keys with those that a builder makes of them.
func compareMilestones(t *rapid.T, s Set, keys [][]byte) {
	t.Helper()
	var want, got, wantLandmarks, landmarks [][]byte
	b := NewCountedBuilder(
		func(_, _ []byte) error { return nil },
		func(k, v []byte) error { want = append(want, k, v); return nil },
		func(k, v []byte) error { wantLandmarks = append(wantLandmarks, k, v); return nil },
	)
	for _, key := range keys {
		if err := errors.Join(b.Add(key), b.Add(key)); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	_ = s.levels[0].bucket.ForEach(func(k, v []byte) error { got = append(got, k, v); return nil })
	_ = s.levels[1].bucket.ForEach(func(k, v []byte) error { landmarks = append(landmarks, k, v); return nil })
	if !slices.EqualFunc(want, got, bytes.Equal) || !slices.EqualFunc(wantLandmarks, landmarks, bytes.Equal) {
		t.Fatalf("milestones %q, landmarks %q, want %q and %q", got, landmarks, want, wantLandmarks)
	}
	for _, most := range []int{1, 10, 1000} {
		for next, first := []byte(nil), true; next != nil || first; first = false {
			var err error
			if next, err = s.CheckMilestones(next, most); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// compareParts looks whether the parts of a range have as many keys before each of them as there are.
func compareParts(t *rapid.T, parts *Parts, keys [][]byte, from, to []byte, reverse bool) {
	t.Helper()
	inRange := func(from, to []byte) (n int) {
		for _, key := range keys {
			if !before(key, from) && before(key, to) {
				n++
			}
		}
		return n
	}
	n := 0
	for {
		part, ok, err := parts.Next()
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			break
		}
		passed := inRange(from, part.At)
		if reverse {
			passed = inRange(part.At, to)
		}
		if n != passed {
			t.Fatalf("%d keys are passed at %q, not %d", n, part.At, passed)
		}
		n += part.Keys
	}
	if want := inRange(from, to); n != want {
		t.Fatalf("%d keys from %q to %q, want %d", n, from, to, want)
	}
}

// compareMarks looks whether the marks of a part of a set are its milestones, and whether the ranks of its keys are theirs.
func compareMarks(t *rapid.T, s Set, keys [][]byte, from, to []byte) {
	t.Helper()
	if !before(from, to) {
		return
	}
	m, err := s.Marks(from, to)
	if err != nil {
		t.Fatal(err)
	}
	rank, milestones, landmarks := 0, []Mark{}, []Mark{}
	for _, key := range keys {
		if before(key, from) || !before(key, to) {
			continue
		}
		if got, err := m.Rank(key); got != rank || err != nil {
			t.Fatalf("the rank of %q is %d, not %d, %v", key, got, rank, err)
		}
		if s.levels[0].marks(key) && !bytes.Equal(key, from) {
			milestones = append(milestones, Mark{key, rank})
		}
		if s.levels[1].marks(key) && !bytes.Equal(key, from) {
			landmarks = append(landmarks, Mark{key, rank})
		}
		rank++
	}
	equal := func(a, b Mark) bool { return bytes.Equal(a.Key, b.Key) && a.Rank == b.Rank }
	if got, err := m.Milestones(from, to); !slices.EqualFunc(got, milestones, equal) || err != nil {
		t.Fatalf("milestones %v, want %v, %v", got, milestones, err)
	}
	if got := m.Landmarks(from, to); !slices.EqualFunc(got, landmarks, equal) {
		t.Fatalf("landmarks %v, want %v", got, landmarks)
	}
	if got, err := m.Rank(to); got != rank || err != nil {
		t.Fatalf("the rank of the end is %d, not %d, %v", got, rank, err)
	}
}

// A page is written if anything is put into it, also what is there already.
func TestACountThatStaysIsNotWritten(t *testing.T) {
	db := mustOpenCounted(t)
	milestoneEvery = 64 // so that the milestones have pages of their own
	keys := numbers(8000)
	mustChange(t, db, func(tx *bolt.Tx) error { return counted(tx).Update(nil, keys) })
	// written reports whether an update writes milestones.
	written := func(remove, add []byte) bool {
		roots := func() (pages [2]any) {
			_ = db.View(func(tx *bolt.Tx) error {
				pages = [2]any{tx.Bucket(milestonesName).Root(), tx.Bucket(landmarksName).Root()}
				return nil
			})
			return pages
		}
		before := roots()
		mustChange(t, db, func(tx *bolt.Tx) error { return counted(tx).Update([][]byte{remove}, [][]byte{add}) })
		return roots() != before
	}
	if near := append(keys[100], '+'); written(keys[100], near) {
		t.Error("a key that moves by one place writes milestones")
	}
	if !written(keys[101], append(keys[7900], '+')) {
		t.Error("a key that moves far away writes no milestones")
	}
	_ = db.View(func(tx *bolt.Tx) error {
		if next, err := counted(tx).CheckMilestones(nil, 10_000); next != nil || err != nil {
			t.Errorf("milestones that do not agree: %q, %v", next, err)
		}
		return nil
	})
}

// A rank takes the landmarks of a part, once, the milestones of one landmark, and some blocks.
func TestARankTakesFewBlocks(t *testing.T) {
	db := mustOpenCounted(t)
	milestoneEvery = 400
	mustChange(t, db, func(tx *bolt.Tx) error {
		keys := numbers(40_000)
		if err := counted(tx).Update(nil, keys); err != nil {
			return err
		}
		m, err := counted(tx).Marks(keys[10], keys[39_990])
		if err != nil {
			return err
		}
		if landmarks := len(m.Landmarks(keys[10], keys[39_990])); landmarks < 30 || m.Read() > landmarks+20 {
			t.Errorf("%d numbers and blocks for %d landmarks", m.Read(), landmarks)
		}
		before := m.Read()
		if rank, err := m.Rank(keys[20_000]); err != nil || rank != 19_990 || m.Read() > before+15 {
			t.Errorf("rank %d, %v; %d numbers and blocks", rank, err, m.Read()-before)
		}
		if milestones, err := m.Milestones(keys[0], keys[40_000-1]); err != nil || len(milestones) < 80 {
			t.Errorf("%d milestones, %v", len(milestones), err)
		}
		before, ranks := m.Read(), 0
		for i := 10; i < 39_990; i += 199 {
			if rank, err := m.Rank(keys[i]); err != nil || rank != i-10 {
				t.Errorf("the rank of key %d is %d, %v", i, rank, err)
			}
			ranks++
		}
		// From the nearer of two milestones it is about a quarter of the way, of which there are some two blocks on average.
		if blocks := float64(m.Read()-before) / float64(ranks); blocks > 2.5 {
			t.Errorf("%.1f blocks for a rank", blocks)
		} else {
			t.Logf("%.1f blocks for a rank", blocks)
		}
		return nil
	})
}

func TestMilestonesThatDoNotAgreeAreReported(t *testing.T) { testDamagedCounts(t, milestonesName) }

func TestLandmarksThatDoNotAgreeAreReported(t *testing.T) { testDamagedCounts(t, landmarksName) }

func testDamagedCounts(t *testing.T, bucket []byte) {
	for name, damage := range map[string]func(milestones *bolt.Bucket, key []byte) error{
		"one is missing":       func(m *bolt.Bucket, key []byte) error { return m.Delete(key) },
		"one too many":         func(m *bolt.Bucket, key []byte) error { return m.Put(append(bytes.Clone(key), 1), []byte{1}) },
		"one behind the last":  func(m *bolt.Bucket, _ []byte) error { return m.Put([]byte{0xff, 0xff}, []byte{1}) },
		"another count":        func(m *bolt.Bucket, key []byte) error { return m.Put(key, []byte{99}) },
		"half a count":         func(m *bolt.Bucket, key []byte) error { return m.Put(key, []byte{0x80}) },
		"none before the rest": func(m *bolt.Bucket, _ []byte) error { return m.Delete(origin) },
	} {
		t.Run(name, func(t *testing.T) {
			db := mustOpenCounted(t)
			mustChange(t, db, func(tx *bolt.Tx) error { return counted(tx).Update(nil, numbers(1000)) })
			mustChange(t, db, func(tx *bolt.Tx) error {
				m := tx.Bucket(bucket)
				c := m.Cursor()
				c.Seek(numbers(1000)[500])
				key, _ := c.Next()
				return damage(m, bytes.Clone(key))
			})
			err := db.View(func(tx *bolt.Tx) (err error) {
				for next, first := []byte(nil), true; err == nil && (next != nil || first); first = false {
					next, err = counted(tx).CheckMilestones(next, 100)
				}
				return err
			})
			if !errors.Is(err, ErrDamaged) {
				t.Errorf("error: %v", err)
			}
		})
	}
}
