package ledger

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"

	bolt "go.etcd.io/bbolt"

	"countersign/core/request"
)

var (
	bucketEvents       = []byte("events")
	bucketJournal      = []byte("journal")
	bucketCheckpoints  = []byte("heads")
	bucketRequests     = []byte("requests")
	bucketSortKeys     = []byte("views")
	bucketTerms        = []byte("words")
	bucketAttemptStats = []byte("figures")
	bucketUnfinished   = []byte("open")
	bucketVisits       = []byte("visits")
	bucketMeta         = []byte("meta")

	keySchema    = []byte("schema")
	keyCount     = []byte("count")
	keyRegister  = []byte("register")
	keyMigration = []byte("taken")
)

// derivedBuckets are the buckets that follow from events and journal.
var derivedBuckets = [][]byte{bucketRequests, bucketSortKeys, bucketAttemptStats, bucketTerms, bucketUnfinished, bucketVisits}

// currentSchema is the version of the structures that are derived. A file of an older one is
// rebuilt when it is opened, so that a change of structure needs nothing but a new number
// here, and a test with a file of the number before.
//
//	1  one view, of the last changes
//	2  words for the ids that requests were added by
//	3  views in every order, words for people and documents
//	4  views by what was decided, and by when it ended; figures; a chain that can be shown in
//	   part, and signed heads
const currentSchema = 4

// chainSchema is the first schema whose journal has links as package register makes them. An older
// one is chainSchema anew when it is rebuilt, as far as its own chain holds; see [Migration].
const chainSchema = 4

func createBuckets(tx *bolt.Tx) error {
	for _, name := range append([][]byte{bucketEvents, bucketJournal, bucketCheckpoints, bucketMeta}, derivedBuckets...) {
		if _, err := tx.CreateBucketIfNotExists(name); err != nil {
			return fmt.Errorf("create bucket %s: %w", name, err)
		}
	}
	return nil
}

var errNewer = fmt.Errorf("%w: install that version, or use another home", ErrNewer)

// prepare creates the file, or rebuilds one of an older schema. What ends on the way leaves
// the file as it was. A file that is up to date is only read.
func (l *Ledger) prepare(ctx context.Context) error {
	version := 0
	if l.exists() {
		if err := l.readTx(ctx, func(tx *bolt.Tx) error { version = schemaOf(tx); return nil }); err != nil {
			return err
		}
	}
	switch {
	case version > currentSchema:
		return errNewer
	case version == currentSchema:
		return nil
	case version == 0:
		return l.writeTx(ctx, create)
	}
	l.opts.Log.Info("the ledger is brought to the current schema", "from", version, "to", currentSchema)
	if err := l.rebuildIf(ctx, func(version int) bool { return version < currentSchema }); err != nil {
		return fmt.Errorf("bring the ledger to schema %d: %w", currentSchema, err)
	}
	return nil
}

// create makes an empty ledger, unless another process has made one meanwhile.
func create(tx *bolt.Tx) error {
	switch version := schemaOf(tx); {
	case version > currentSchema:
		return errNewer
	case version > 0:
		return nil
	}
	if err := createBuckets(tx); err != nil {
		return err
	}
	return tx.Bucket(bucketMeta).Put(keySchema, encodeNumber(currentSchema))
}

func schemaOf(tx *bolt.Tx) int {
	meta := tx.Bucket(bucketMeta)
	if meta == nil {
		return 0
	}
	return decodeNumber(meta.Get(keySchema))
}

func encodeNumber(n int) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }

func decodeNumber(b []byte) int {
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

func eventKey(id request.ID, seq int) []byte {
	return binary.BigEndian.AppendUint64(append([]byte(id), 0), uint64(seq))
}

// parseEventKey reads what eventKey made. The sequence number of what is no such key is 0.
func parseEventKey(k []byte) (id request.ID, seq int) {
	cut := len(k) - 9
	if cut < 1 || k[cut] != 0 {
		return request.ID(k), 0
	}
	return request.ID(k[:cut]), decodeNumber(k[cut+1:])
}

// group is what the views and the counters keep apart: the requests of a status about which the
// same was decided. It is how their keys have it: first the decision, then the status.
type group [2]byte

func groupOf(r request.Request) group { return group{decisionByte(r.Decision()), statusByte(r.Status)} }

// decisionByte is a decision's place in the views' keys. What has no outcome yet is undecided too.
func decisionByte(d request.Decision) byte {
	return byte(max(0, slices.Index(request.Decisions(), d)))
}

func counterKey(g group) []byte { return append(slices.Clone(keyCount), g[:]...) }

// groupsOf gives all that there can be of a status.
func groupsOf(s request.Status) []group {
	groups := []group{{0, statusByte(s)}}
	if s.Ended() {
		for d := 1; d < len(request.Decisions()); d++ {
			groups = append(groups, group{byte(d), statusByte(s)})
		}
	}
	return groups
}
