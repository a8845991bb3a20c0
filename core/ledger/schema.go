package ledger

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"

	"countersign/core/request"
)

// The buckets. Where a stored name differs from the name in the code, it is the older of the two,
// and stays so that old files open.
var (
	bucketEvents       = []byte("events")
	bucketJournal      = []byte("journal")
	bucketCheckpoints  = []byte("heads")
	bucketRequests     = []byte("requests")
	bucketNumbers      = []byte("numbers")
	bucketSortKeys     = []byte("views")
	bucketMilestones   = []byte("milestones")
	bucketLandmarks    = []byte("landmarks")
	bucketTerms        = []byte("words")
	bucketAttemptStats = []byte("figures")
	bucketUnfinished   = []byte("open")
	bucketVisits       = []byte("visits")
	bucketLaunches     = []byte("launches")
	bucketMeta         = []byte("meta")

	// These are in the copy of an office's register alone.
	bucketUnfit     = []byte("unfit")
	bucketOutbox    = []byte("outbox")
	bucketWitnesses = []byte("witnesses")
)

// The keys in bucketMeta.
var (
	keySchema    = []byte("schema")
	keyCount     = []byte("count") // with a group behind it
	keyRegister  = []byte("register")
	keyMigration = []byte("taken")
	keyOffice    = []byte("office") // in the copy of an office's register alone; with the name of the desk
	keyFormat    = []byte("format") // of the office's register; an older copy has none
)

// derivedBuckets are the buckets that can be rebuilt from the events and the journal.
var derivedBuckets = [][]byte{bucketRequests, bucketNumbers, bucketSortKeys, bucketMilestones, bucketLandmarks, bucketAttemptStats, bucketTerms, bucketUnfinished, bucketVisits}

// currentSchema is the version of the derived buckets that this program reads and writes. A
// file with an older version is rebuilt when it is opened. So a change of structure needs only
// a new number here, and a test with a file of the version before.
//
//	1  one sort order: the latest change
//	2  terms for the remote ids that requests were added by
//	3  all sort orders; terms for people and documents
//	4  sort keys with the decision; an order by the end; attempt statistics; links as package
//	   register defines them, and checkpoints
//	5  causes beside the sentences in requests
//	6  files that could not be checked, and who vouches for them
//	7  ids of visits where tickets were; launches, which hold the addresses; files that were damaged after they were stored, and lost
//	   ports of return addresses; terms for signed files and for damage
//	8  groups of outcomes that were sent back and replaced since; terms of the notes of reviews; requests whose browser came back
//	   without an outcome while the gateway cannot be asked
//	9  orders by who added and who reviewed; groups of launches that failed, of archived requests and of practice requests; browsers
//	   that could not be started; attempt statistics of practice requests apart from the others; positions
//	   of the signatures of single documents; events that change how a pending request is to be signed
//	10 numbers of requests in place of their ids in the indexes; sort keys and terms as key sets; requests in binary; for a visit, where its
//	   event is
//	11 milestones of the sort keys
//	12 an order by who launched requests that somebody else had added, in offices
//	13 landmarks of the sort keys
const currentSchema = 13

// chainSchema is the first schema whose links are those of package register. The journal of an
// older file gets new links when it is rebuilt; see [Migration].
const chainSchema = 4

// launchSchema is the first schema whose events have no tickets. When an older file is rebuilt, the addresses
// of visits from which a return is awaited are copied from its events to bucketLaunches.
const launchSchema = 7

// allBuckets are the buckets of a file with the current schema.
var allBuckets = append([][]byte{bucketEvents, bucketJournal, bucketCheckpoints, bucketLaunches, bucketMeta}, derivedBuckets...)

func createBuckets(tx *bolt.Tx) error {
	for _, name := range allBuckets {
		if _, err := tx.CreateBucketIfNotExists(name); err != nil {
			return fmt.Errorf("create bucket %s: %w", name, err)
		}
	}
	return nil
}

// schemaOf returns the version of the file, 0 for one that has no buckets yet.
func schemaOf(tx *bolt.Tx) int {
	meta := tx.Bucket(bucketMeta)
	if meta == nil {
		return 0
	}
	return decodeNumber(meta.Get(keySchema))
}

// encodeNumber encodes n in 8 bytes, so that the keys of a bucket sort like their numbers.
func encodeNumber(n int) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) } // #nosec G115 -- the numbers are counts, never negative

// decodeNumber decodes what encodeNumber made, and returns 0 for anything else.
func decodeNumber(b []byte) int {
	if len(b) != 8 {
		return 0
	}
	return int(binary.BigEndian.Uint64(b)) // #nosec G115 -- made by encodeNumber; a negative number names no entry
}

// statusByte returns the byte that stands for a status in sort keys, counters and attempt stats. It panics if
// there is no such status.
func statusByte(s request.Status) byte {
	for i, known := range request.Statuses() {
		if s == known {
			return byte(i)
		}
	}
	panic("ledger: no such status: " + string(s)) // Apply lets none through
}

func eventKey(id request.ID, seq int) []byte { return appendEventKey(nil, id, seq) }

func appendEventKey(b []byte, id request.ID, seq int) []byte {
	return binary.BigEndian.AppendUint64(append(append(b, id...), 0), uint64(seq)) // #nosec G115 -- events are counted from 1
}

// parseEventKey splits what eventKey made. If k is no such key, seq is 0.
func parseEventKey(k []byte) (id request.ID, seq int) {
	part, seq := splitEventKey(k)
	return request.ID(part), seq
}

// splitEventKey is parseEventKey, whose id is a part of the key.
func splitEventKey(k []byte) (id []byte, seq int) {
	cut := len(k) - 9
	if cut < 1 || k[cut] != 0 {
		return k[:len(k):len(k)], 0
	}
	return k[:cut:cut], decodeNumber(k[cut+1:])
}

// valueAt returns the value of a key, or nil if there is none. For many keys, a cursor is cheaper than a bucket, which makes one for each.
func valueAt(c *bolt.Cursor, key []byte) []byte {
	found, value := c.Seek(key)
	if !bytes.Equal(found, key) {
		return nil
	}
	return value
}

// ceilMillis returns t in Unix milliseconds, rounded up. Events have whole milliseconds, so
// "not before t" and "not before ceilMillis(t)" mean the same for them.
func ceilMillis(t time.Time) int64 {
	ms := t.UnixMilli()
	if time.UnixMilli(ms).Before(t) {
		ms++
	}
	return ms
}

// Times in keys have 48 bits: milliseconds, from 2,500 years before 1970 to as many after it. An event with a time outside of these years,
// which no clock has, is sorted as one of the first or of the last of them.
const (
	timeSize = 6 // bytes of a time in a key
	maxTime  = 1<<(8*timeSize) - 1
	epoch    = 1 << (8*timeSize - 1) // the time of Unix millisecond 0
)

// ascending encodes Unix milliseconds so that a later time has a larger number.
func ascending(ms int64) uint64 {
	return uint64(max(0, min(maxTime, max(-epoch, min(epoch, ms))+epoch)))
} // #nosec G115 -- not negative

// descending encodes Unix milliseconds so that a later time has a smaller number.
func descending(ms int64) uint64 { return maxTime - ascending(ms) }

// appendTime appends a time that ascending or descending made.
func appendTime(b []byte, t uint64) []byte {
	var all [8]byte
	binary.BigEndian.PutUint64(all[:], t)
	return append(b, all[8-timeSize:]...)
}

// parseTime decodes a time that b begins with. b is long enough.
func parseTime(b []byte) uint64 {
	var t [8]byte
	copy(t[len(t)-timeSize:], b)
	return binary.BigEndian.Uint64(t[:])
}
