package ledger

import (
	"context"
	"encoding/binary"
	"fmt"

	bolt "go.etcd.io/bbolt"

	"countersign/core/request"
)

var (
	bucketEvents   = []byte("events")
	bucketJournal  = []byte("journal")
	bucketRequests = []byte("requests")
	bucketViews    = []byte("views")
	bucketWords    = []byte("words")
	bucketOpen     = []byte("open")
	bucketVisits   = []byte("visits")
	bucketMeta     = []byte("meta")

	keySchema = []byte("schema")
	keyCount  = []byte("count")
)

// derived are the buckets that follow from events and journal.
var derived = [][]byte{bucketRequests, bucketViews, bucketWords, bucketOpen, bucketVisits}

// migrations bring a file from one schema version to the next, in order: the one
// at index i makes version i+1. Each needs a test. None is ever changed once
// released; a change of structure is a new one at the end.
var migrations = []func(*bolt.Tx) error{
	createBuckets,
	indexGivenIDs,
	indexContents,
}

func createBuckets(tx *bolt.Tx) error {
	for _, name := range append([][]byte{bucketEvents, bucketJournal, bucketMeta}, derived...) {
		if _, err := tx.CreateBucketIfNotExists(name); err != nil {
			return fmt.Errorf("create bucket %s: %w", name, err)
		}
	}
	return nil
}

// indexGivenIDs lets the requests be found that were added by their id at a gateway.
func indexGivenIDs(tx *bolt.Tx) error {
	return tx.Bucket(bucketRequests).ForEach(func(id, _ []byte) error {
		r, err := get(tx, request.ID(id))
		if err != nil || r.GivenID == "" {
			return err
		}
		return tx.Bucket(bucketWords).Put(wordKey(givenWord(r.Gateway, r.GivenID), r.ID), nil)
	})
}

// indexContents lets the requests be found that a document was added to.
func indexContents(tx *bolt.Tx) error {
	return tx.Bucket(bucketRequests).ForEach(func(id, _ []byte) error {
		r, err := get(tx, request.ID(id))
		if err != nil {
			return err
		}
		for _, d := range r.Documents {
			if err := tx.Bucket(bucketWords).Put(wordKey(contentMark+d.SHA256, r.ID), nil); err != nil {
				return err
			}
		}
		return nil
	})
}

// prepare creates the file or migrates it. A file that is up to date is only read.
func (l *Ledger) prepare(ctx context.Context) error {
	if l.exists() {
		version := 0
		err := l.view(ctx, func(tx *bolt.Tx) error { version = schemaOf(tx); return nil })
		switch {
		case err != nil:
			return err
		case version > len(migrations):
			return fmt.Errorf("%w: install that version, or use another home", ErrNewer)
		case version == len(migrations):
			return nil
		}
	}
	return l.update(ctx, migrate)
}

func migrate(tx *bolt.Tx) error {
	version := schemaOf(tx)
	if version > len(migrations) {
		return ErrNewer
	}
	for ; version < len(migrations); version++ {
		if err := migrations[version](tx); err != nil {
			return fmt.Errorf("bring the ledger to schema %d: %w", version+1, err)
		}
	}
	return tx.Bucket(bucketMeta).Put(keySchema, number(version))
}

func schemaOf(tx *bolt.Tx) int {
	meta := tx.Bucket(bucketMeta)
	if meta == nil {
		return 0
	}
	return toInt(meta.Get(keySchema))
}

func number(n int) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }

func toInt(b []byte) int {
	if len(b) != 8 {
		return 0
	}
	return int(binary.BigEndian.Uint64(b))
}

// statusByte is a status's place in the views' keys.
func statusByte(s request.Status) byte {
	for i, known := range request.Statuses() {
		if s == known {
			return byte(i)
		}
	}
	panic("ledger: no such status: " + string(s)) // Apply lets none through
}

func viewKey(r request.Request) []byte {
	key := []byte{statusByte(r.Status)}
	key = binary.BigEndian.AppendUint64(key, ^uint64(r.UpdatedAt.UnixNano()))
	return append(key, r.ID...)
}

func eventKey(id request.ID, seq int) []byte {
	return binary.BigEndian.AppendUint64(append([]byte(id), 0), uint64(seq))
}

// parseEventKey reads what eventKey made. The sequence number of what is no such key is 0.
func parseEventKey(k []byte) (id request.ID, seq int) {
	cut := len(k) - 9
	if cut < 1 || k[cut] != 0 {
		return request.ID(k), 0
	}
	return request.ID(k[:cut]), toInt(k[cut+1:])
}

func countKey(s request.Status) []byte { return append(append([]byte{}, keyCount...), statusByte(s)) }
