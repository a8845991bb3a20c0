package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	bolt "go.etcd.io/bbolt"
)

// bbolt itself says whether a copy is whole, whatever the file looks like that it is made of.
func TestACopyByPagesIsTheSameFile(t *testing.T) {
	for _, pageSize := range []int{4 << 10, 16 << 10, 64 << 10} {
		for _, tickets := range [][]int{{-1}, {0}, {2}, {1000}, {1000, 1}, {1000, 0}} {
			for _, damaged := range []int{-1, 0, 1} { // one of its heads
				t.Run(fmt.Sprint(pageSize, tickets, damaged), func(t *testing.T) {
					path := filepath.Join(t.TempDir(), "file")
					mustMakeFile(t, path, pageSize, tickets)
					if damaged >= 0 {
						mustWriteAt(t, path, make([]byte, metaSize), int64(damaged*pageSize+pageHeader))
					}
					mustBeItsCopy(t, path)
				})
			}
		}
	}
}

// mustMakeFile makes a file that has buckets in one another with sequences, small and empty ones, values of several pages, free pages, and a ticket
// behind the last bucket in the page that has them, as a program might leave it there that does not clear its memory.
// In each of its transactions but the first, it has another number of launches; -1 is no bucket of them.
func mustMakeFile(t *testing.T, path string, pageSize int, tickets []int) {
	t.Helper()
	db, err := bolt.Open(path, 0o600, &bolt.Options{PageSize: pageSize, NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	many := pageSize / 8
	fill := func(b *bolt.Bucket, n, size int) (err error) {
		for i := range n {
			err = errors.Join(err, b.Put(fmt.Appendf(nil, "%06d", i), bytes.Repeat([]byte{byte(i)}, size)))
		}
		return errors.Join(err, b.SetSequence(uint64(n)+7)) // #nosec G115 -- a count
	}
	err = db.Update(func(tx *bolt.Tx) (err error) {
		for _, name := range []string{"empty", "small", "many", "outer"} {
			_, created := tx.CreateBucket([]byte(name))
			err = errors.Join(err, created)
		}
		err = errors.Join(err, fill(tx.Bucket([]byte("small")), 3, 10), fill(tx.Bucket([]byte("many")), many, 50), fill(tx.Bucket([]byte("outer")), 5, 3*pageSize))
		for _, n := range []int{0, 2, many} {
			inner, created := tx.Bucket([]byte("outer")).CreateBucket(fmt.Appendf(nil, "inner %d", n))
			err = errors.Join(err, created, fill(inner, n, 20))
		}
		return err
	})
	for _, n := range tickets {
		err = errors.Join(err, db.Update(func(tx *bolt.Tx) (err error) {
			for i := range many / 2 {
				err = errors.Join(err, tx.Bucket([]byte("many")).Delete(fmt.Appendf(nil, "%06d", 2*i)))
			}
			if n < 0 {
				return err
			}
			launches, created := tx.CreateBucketIfNotExists(bucketLaunches)
			err = errors.Join(err, created, launches.SetSequence(5))
			for _, k := range mustKeys(t, launches)[min(n, len(mustKeys(t, launches))):] {
				err = errors.Join(err, launches.Delete(k))
			}
			for i := range n {
				err = errors.Join(err, launches.Put(fmt.Appendf(nil, "%06d", i), []byte(longTicket)))
			}
			return err
		}))
	}
	content, readErr := []byte(nil), errors.Join(err, db.Close())
	if readErr == nil {
		content, readErr = os.ReadFile(path)
	}
	metas, err := readMetas(bytes.NewReader(content), int64(len(content)))
	if err := errors.Join(readErr, err); err != nil {
		t.Fatal(err)
	}
	for _, m := range metas {
		mustWriteAt(t, path, []byte(longTicket), int64(m.root+1)*m.pageSize-int64(len(longTicket))) // #nosec G115 -- a small number
	}
}

func mustKeys(t *testing.T, b *bolt.Bucket) (all [][]byte) {
	t.Helper()
	if err := b.ForEach(func(k, _ []byte) error { all = append(all, bytes.Clone(k)); return nil }); err != nil {
		t.Fatal(err)
	}
	return all
}

func mustWriteAt(t *testing.T, path string, content []byte, at int64) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteAt(content, at)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

// mustBeItsCopy copies a file, and compares the copy with it. Then it writes to the copy.
func mustBeItsCopy(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path + ".copy")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(copyPages(t.Context(), path, f), f.Close()); err != nil {
		t.Fatal(err)
	}
	if content, err := os.ReadFile(f.Name()); err != nil || bytes.Contains(content, []byte(longTicket)) {
		t.Errorf("%d bytes with a ticket, %v", len(content), err)
	}
	db, err := bolt.Open(path, 0o600, &bolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	copied, err := bolt.Open(f.Name(), 0o600, &bolt.Options{NoSync: true, FreelistType: bolt.FreelistMapType})
	if err != nil {
		t.Fatal(err)
	}
	defer copied.Close()
	var want []string
	if err := db.View(func(tx *bolt.Tx) error { want = allOf(tx.Cursor().Bucket(), "/"); return nil }); err != nil {
		t.Fatal(err)
	}
	look := func(tx *bolt.Tx) error {
		if got := allOf(tx.Cursor().Bucket(), "/"); !slices.Equal(got, want) {
			t.Errorf("it has %d keys in place of %d, or other ones", len(got), len(want))
		}
		if launches := tx.Bucket(bucketLaunches); launches != nil && len(mustKeys(t, launches)) > 0 {
			t.Error("it has launches")
		}
		for err := range tx.Check() {
			t.Error(err)
		}
		return nil
	}
	err = errors.Join(copied.View(look), copied.Update(func(tx *bolt.Tx) error {
		b, err := tx.CreateBucket([]byte("new"))
		for i := range 500 {
			err = errors.Join(err, b.Put(fmt.Appendf(nil, "%d", i), make([]byte, 300)))
		}
		return err
	}), copied.Update(func(tx *bolt.Tx) error { return tx.DeleteBucket([]byte("new")) }), copied.View(look))
	if err != nil {
		t.Error(err)
	}
}

// allOf returns the keys of a bucket with their values and the sequences of the buckets in it, as text, without launches.
func allOf(b *bolt.Bucket, path string) (all []string) {
	cursor := b.Cursor()
	for k, v := cursor.First(); k != nil; k, v = cursor.Next() {
		switch inner := b.Bucket(k); {
		case inner == nil:
			all = append(all, path+string(k)+"="+string(v))
		default:
			all = append(all, fmt.Sprint(path, string(k), " has the sequence ", inner.Sequence()))
			if !bytes.Equal(k, bucketLaunches) || path != "/" {
				all = append(all, allOf(inner, path+string(k)+"/")...)
			}
		}
	}
	return all
}
