package ledger

import (
	"bytes"
	"context"
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

// checkIndexes compares views, figures, words and what is owed a step with what the events say, and
// the counters with the views. Most of it is told by sums alone; where these differ, the
// requests in question are looked at one by one.
func (a *auditor) checkIndexes(ctx context.Context) error {
	err := a.eachIndexEntry(ctx, func(_ *bolt.Tx, bucket, k, v []byte, id request.ID) error {
		a.sums.found[a.sums.slot(id)] += a.sums.hashOf(bucket, k, v)
		return nil
	})
	if err == nil && a.sums.expected != a.sums.found {
		err = errors.Join(a.findMissing(ctx), a.findForeign(ctx))
	}
	if err == nil {
		err = a.ledger.readTx(ctx, a.checkCounters)
	}
	if errors.Is(err, errFaultFound) {
		return nil
	}
	return err
}

const rebuildHint = ": countersignctl audit --rebuild makes the lists anew"

// indexFault notes a fault of a list.
func (a *auditor) indexFault(k FaultKind, list string, id request.ID, problem string) error {
	a.fail(Fault{Kind: k, Request: id, List: list, Problem: problem + rebuildHint})
	return errFaultFound
}

// eachIndexEntry goes along the buckets piece by piece.
func (a *auditor) eachIndexEntry(ctx context.Context, each func(tx *bolt.Tx, bucket, k, v []byte, id request.ID) error) error {
	for _, bucket := range indexBuckets {
		err := a.eachKey(ctx, bucket, func(tx *bolt.Tx, k, v []byte) error {
			id := ownerOf(bucket, k)
			if id == "" {
				return a.indexFault(Foreign, string(bucket), "", "there is something in it that no request has")
			}
			return each(tx, bucket, k, v, id)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// eachKey goes along a bucket, with the ledger held for moments.
func (a *auditor) eachKey(ctx context.Context, bucket []byte, each func(tx *bolt.Tx, k, v []byte) error) error {
	var from []byte
	for done := false; !done; {
		err := a.ledger.readTx(ctx, func(tx *bolt.Tx) error {
			cursor := tx.Bucket(bucket).Cursor()
			k, v := cursor.Seek(from)
			for n := 0; k != nil && n < batchSize; n++ {
				if err := ctx.Err(); err != nil {
					return err
				}
				if err := each(tx, k, v); err != nil {
					return err
				}
				k, v = cursor.Next()
			}
			from, done = bytes.Clone(k), k == nil
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// findMissing looks for traces that are not there.
func (a *auditor) findMissing(ctx context.Context) error {
	return a.eachKey(ctx, bucketRequests, func(tx *bolt.Tx, k, _ []byte) error {
		id := request.ID(k)
		if !a.sums.differs(id) {
			return nil
		}
		ought, err := expectedEntries(tx, id)
		if err != nil {
			return err
		}
		for t, value := range ought {
			switch v := tx.Bucket([]byte(t.bucket)).Get([]byte(t.key)); {
			case v == nil:
				return a.indexFault(Removed, t.bucket, id, "the request is not in it where it belongs")
			case string(v) != value:
				return a.indexFault(Altered, t.bucket, id, "it says something else of the request than its events")
			}
		}
		return nil
	})
}

// findForeign looks for traces that ought not to be there.
func (a *auditor) findForeign(ctx context.Context) error {
	if a.report.Fault != nil {
		return nil
	}
	return a.eachIndexEntry(ctx, func(tx *bolt.Tx, bucket, k, _ []byte, id request.ID) error {
		if !a.sums.differs(id) {
			return nil
		}
		ought, err := expectedEntries(tx, id)
		if err != nil {
			return err
		}
		if _, is := ought[indexEntry{string(bucket), string(k)}]; !is {
			return a.indexFault(Foreign, string(bucket), id, "the request is in it where it does not belong")
		}
		return nil
	})
}

// checkCounters holds the checkCounters against the views.
func (a *auditor) checkCounters(tx *bolt.Tx) error {
	counted := map[group]int{}
	cursor := tx.Bucket(bucketSortKeys).Cursor()
	for k, _ := cursor.Seek([]byte{byte(ByChanged)}); len(k) > sortKeyHeader && k[0] == byte(ByChanged); k, _ = cursor.Next() {
		counted[group(k[1:sortKeyHeader])]++
	}
	meta := tx.Bucket(bucketMeta).Cursor()
	for k, v := meta.Seek(keyCount); bytes.HasPrefix(k, keyCount); k, v = meta.Next() {
		g := k[len(keyCount):]
		if len(g) != len(group{}) || decodeNumber(v) != counted[group(g)] {
			return a.indexFault(Altered, "counters", "", "a counter does not count what there is")
		}
		delete(counted, group(g))
	}
	if len(counted) > 0 {
		return a.indexFault(Removed, "counters", "", "a counter is missing")
	}
	return nil
}

// checkVisit tells whether a checkVisit that began is kept as it began: a late return is known by it.
func (a *auditor) checkVisit(tx *bolt.Tx, ticket string, ought []byte) bool {
	switch kept := tx.Bucket(bucketVisits).Get([]byte(ticket)); {
	case kept == nil:
		_ = a.indexFault(Removed, string(bucketVisits), a.folding.ID, "a visit of the request is missing")
	case !bytes.Equal(kept, ought):
		_ = a.indexFault(Altered, string(bucketVisits), a.folding.ID, "what is kept of a visit of the request is not what began")
	default:
		return true
	}
	return false
}
