package ledger

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/maphash"

	bolt "go.etcd.io/bbolt"

	"countersign/core/request"
)

// indexEntry is a key of a derived bucket that a request has left there.
type indexEntry struct{ bucket, key string }

// indexEntries are those of one request, with their values.
type indexEntries map[indexEntry]string

// indexBuckets are the buckets in which requests have traces.
var indexBuckets = [][]byte{bucketSortKeys, bucketAttemptStats, bucketTerms, bucketUnfinished}

// entryFunc is told of traces, one by one.
type entryFunc func(bucket, key, value []byte)

// eachRetainedEntry tells what stays of a request as it was before an event.
func eachRetainedEntry(before, after request.Request, tell entryFunc) {
	if retainsStat(before, after) {
		key, value := encodeAttemptStat(before)
		tell(bucketAttemptStats, key, value)
	}
}

// eachCurrentEntry tells what there is of a request as it is.
func eachCurrentEntry(r request.Request, tell entryFunc) {
	key, value := encodeAttemptStat(r)
	tell(bucketAttemptStats, key, value)
	for _, k := range sortKeysOf(r) {
		tell(bucketSortKeys, k, nil)
	}
	for w := range termsOf(r) {
		tell(bucketTerms, termKey(w, r.ID), nil)
	}
	if r.Owing() {
		tell(bucketUnfinished, []byte(r.ID), nil)
	}
}

// expectedEntries folds a request anew for its traces. There are none of one that no event made.
func expectedEntries(tx *bolt.Tx, id request.ID) (indexEntries, error) {
	t, r := indexEntries{}, request.Request{ID: id}
	keep := func(bucket, key, value []byte) { t[indexEntry{string(bucket), string(key)}] = string(value) }
	for {
		e, err := readEvent(tx, id, r.Version+1)
		if errors.Is(err, ErrNotFound) {
			if r.Version > 0 {
				eachCurrentEntry(r, keep)
			}
			return t, nil
		}
		if err != nil {
			return nil, err
		}
		next, err := r.Apply(e)
		if err != nil {
			return nil, err
		}
		eachRetainedEntry(r, next, keep)
		r = next
	}
}

// ownerOf tells whose trace a key is; nobody's, when it is none.
func ownerOf(bucket, key []byte) request.ID {
	skip := 0
	switch {
	case bytes.Equal(bucket, bucketUnfinished):
		return request.ID(key)
	case bytes.Equal(bucket, bucketAttemptStats):
		skip = 1 + 8 + 4
	case bytes.Equal(bucket, bucketTerms):
		skip = bytes.IndexByte(key, 0) + 1
	case len(key) > sortKeyHeader:
		skip = sortKeyHeader + bytes.IndexByte(key[sortKeyHeader:], 0) + 1 + 8
	}
	if skip <= 0 || skip >= len(key) {
		return ""
	}
	return request.ID(key[skip:])
}

// indexSums compare the traces that there ought to be with those that there are, in little memory: both
// are added up, some requests together. Their seed is new each time, so that nobody makes
// one trace that counts like another.
type indexSums struct {
	seed            maphash.Seed
	expected, found [1 << 12]uint64
	buffer          []byte // spares the memory of many calls
}

func (s *indexSums) slot(id request.ID) int {
	return int(maphash.String(s.seed, string(id)) % uint64(len(s.expected)))
}

// hashOf is what a key counts. It has the key's length, so that no two keys and values are alike.
func (s *indexSums) hashOf(bucket, key, value []byte) uint64 {
	s.buffer = append(binary.BigEndian.AppendUint32(s.buffer[:0], uint32(len(key))), key...)
	s.buffer = append(append(s.buffer, value...), bucket...)
	return maphash.Bytes(s.seed, s.buffer)
}

// addExpected gives what adds the traces that there ought to be of a request.
func (s *indexSums) addExpected(id request.ID) entryFunc {
	n := s.slot(id)
	return func(bucket, key, value []byte) { s.expected[n] += s.hashOf(bucket, key, value) }
}

// differs tells whether something is wrong with one of the requests that are together with this
// one, or has changed since.
func (s *indexSums) differs(id request.ID) bool { n := s.slot(id); return s.expected[n] != s.found[n] }
