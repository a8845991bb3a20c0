package ledger

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"

	bolt "go.etcd.io/bbolt"

	"countersign/core/request"
)

// indexEntry is a key in one of the indexBuckets, which belongs to one request.
type indexEntry struct{ bucket, key string }

// keyList makes the keys of one request after the other in the same memory.
type keyList struct {
	memory []byte
	keys   [][]byte
}

// begin makes room for the next keys, in which those before are lost.
func (l *keyList) begin(keys, size int) {
	if keys > cap(l.keys) {
		l.keys = make([][]byte, 0, keys)
	}
	if size > cap(l.memory) {
		l.memory = make([]byte, 0, size)
	}
	l.keys, l.memory = l.keys[:0], l.memory[:0]
}

// end adds the key that was appended to the memory.
func (l *keyList) end(from int) { l.keys = append(l.keys, l.memory[from:len(l.memory):len(l.memory)]) }

// indexEntries are index entries with their values.
type indexEntries map[indexEntry]string

// indexBuckets are the derived buckets in which each key belongs to one request and can be
// computed from its events.
var indexBuckets = [][]byte{bucketNumbers, bucketSortKeys, bucketAttemptStats, bucketTerms, bucketUnfinished}

// setBuckets are those of the indexBuckets whose keys are stored as key sets.
var setBuckets = [][]byte{bucketSortKeys, bucketTerms}

// entryFunc is a function that is called with one index entry at a time.
type entryFunc func(bucket, key, value []byte)

// eachRetainedEntry calls the function do with the index entry that stays for good when an event
// begins another attempt: the attempt stat of the attempt before. It calls do at most once. The request has the number n.
func eachRetainedEntry(before, after *request.Request, n number, do entryFunc) {
	if retainsStat(before, after) {
		key, value := encodeAttemptStat(before, n)
		do(bucketAttemptStats, key, value)
	}
}

// eachCurrentEntry calls the function do with each of the index entries that a request has in its
// current state, and with the number n. The keys are in the memory of a list of keys, which is used again.
func eachCurrentEntry(r *request.Request, n number, keys *keyList, do entryFunc) {
	do(bucketNumbers, n.bytes(), []byte(r.ID))
	key, value := encodeAttemptStat(r, n)
	do(bucketAttemptStats, key, value)
	for _, k := range keys.ofSorting(r, n) {
		do(bucketSortKeys, k, nil)
	}
	for _, k := range keys.ofTerms(r, n) {
		do(bucketTerms, k, nil)
	}
	if r.HasPendingWork() {
		do(bucketUnfinished, n.bytes(), nil)
	}
}

// expectedEntries folds the events of the request with the number n, and returns the index entries that the request
// ought to have: none if it has no event, or if there is no such request.
func expectedEntries(tx *bolt.Tx, n number) (indexEntries, error) {
	entries, r := indexEntries{}, request.Request{ID: idOf(tx, n)}
	if r.ID == "" || numberOf(tx, r.ID) != n {
		return entries, nil
	}
	keep := func(bucket, key, value []byte) { entries[indexEntry{string(bucket), string(key)}] = string(value) }
	for seq := 1; ; seq++ {
		stored := tx.Bucket(bucketEvents).Get(eventKey(r.ID, seq))
		if stored == nil {
			if r.Version > 0 {
				eachCurrentEntry(&r, n, new(keyList), keep)
			}
			return entries, nil
		}
		next, _, unfit := foldUnlessUnfit(r, seq, stored)
		if unfit != nil && !isCopy(tx) {
			return nil, unfit
		}
		eachRetainedEntry(&r, &next, n, keep)
		r = next
	}
}

// ownerOf returns the number of the request that an index entry belongs to, or 0 if the key is malformed.
func ownerOf(bucket, key []byte) number {
	skip := 0
	switch {
	case bytes.Equal(bucket, bucketAttemptStats):
		skip = statKeySize - numberSize
	case bytes.Equal(bucket, bucketTerms):
		skip = bytes.IndexByte(key, 0) + 1
	case bytes.Equal(bucket, bucketSortKeys) && len(key) > sortKeyHeader:
		skip = sortKeyHeader + bytes.IndexByte(key[sortKeyHeader:], 0) + 1 + timeSize
	}
	if skip+numberSize != len(key) {
		return 0
	}
	return parseNumber(key[skip:])
}

// indexSums compare the expected index entries with those that were found, in a fixed amount
// of memory. Each entry is hashed, and the hashes are added up, in one slot for many requests.
// The seed is random, so that nobody can make an entry that hashes like another.
type indexSums struct {
	seed            maphash.Seed
	expected, found slots
}

// slots have the sums of the hashes, each for many requests.
type slots [1 << 12]uint64

func (s *slots) of(n number) *uint64 { return &s[int(n)%len(s)] }

// differs reports whether an entry is wrong for one of the requests in the slot of this one,
// or one of these requests changed during the audit.
func (s *indexSums) differs(n number) bool { return *s.expected.of(n) != *s.found.of(n) }

// indexHasher hashes index entries. It reuses a buffer, so each goroutine has one of its own.
type indexHasher struct {
	seed   maphash.Seed
	buffer []byte
}

// hash hashes an entry. The length of the key goes first, so that no two entries hash the
// same bytes.
func (h *indexHasher) hash(bucket, key, value []byte) uint64 {
	h.buffer = append(binary.BigEndian.AppendUint32(h.buffer[:0], uint32(len(key))), key...) // #nosec G115 -- bbolt allows keys of 32 KiB
	h.buffer = append(append(h.buffer, value...), bucket...)
	return maphash.Bytes(h.seed, h.buffer)
}
