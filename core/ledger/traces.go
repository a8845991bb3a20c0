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

// trace is a key of a derived bucket that a request has left there.
type trace struct{ bucket, key string }

// traces are those of one request, with their values.
type traces map[trace]string

// listed are the buckets in which requests have traces.
var listed = [][]byte{bucketViews, bucketFigures, bucketWords, bucketOpen}

// leaving is told of traces, one by one.
type leaving func(bucket, key, value []byte)

// pastTraces tells what stays of a request as it was before an event.
func pastTraces(before, after request.Request, tell leaving) {
	if lasts(before, after) {
		key, value := figureOf(before)
		tell(bucketFigures, key, value)
	}
}

// presentTraces tells what there is of a request as it is.
func presentTraces(r request.Request, tell leaving) {
	key, value := figureOf(r)
	tell(bucketFigures, key, value)
	for _, k := range viewKeys(r) {
		tell(bucketViews, k, nil)
	}
	for w := range wordsOf(r) {
		tell(bucketWords, wordKey(w, r.ID), nil)
	}
	if r.Owing() {
		tell(bucketOpen, []byte(r.ID), nil)
	}
}

// tracesOf folds a request anew for its traces. There are none of one that no event made.
func tracesOf(tx *bolt.Tx, id request.ID) (traces, error) {
	t, r := traces{}, request.Request{ID: id}
	keep := func(bucket, key, value []byte) { t[trace{string(bucket), string(key)}] = string(value) }
	for {
		e, err := readEvent(tx, id, r.Version+1)
		if errors.Is(err, ErrNotFound) {
			if r.Version > 0 {
				presentTraces(r, keep)
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
		pastTraces(r, next, keep)
		r = next
	}
}

// leftBy tells whose trace a key is; nobody's, when it is none.
func leftBy(bucket, key []byte) request.ID {
	skip := 0
	switch {
	case bytes.Equal(bucket, bucketOpen):
		return request.ID(key)
	case bytes.Equal(bucket, bucketFigures):
		skip = 1 + 8 + 4
	case bytes.Equal(bucket, bucketWords):
		skip = bytes.IndexByte(key, 0) + 1
	case len(key) > heading:
		skip = heading + bytes.IndexByte(key[heading:], 0) + 1 + 8
	}
	if skip <= 0 || skip >= len(key) {
		return ""
	}
	return request.ID(key[skip:])
}

// sums compare the traces that there ought to be with those that there are, in little memory: both
// are added up, some requests together. Their seed is new each time, so that nobody makes
// one trace that counts like another.
type sums struct {
	seed       maphash.Seed
	ought, are [1 << 12]uint64
	text       []byte // spares the memory of many calls
}

func (s *sums) share(id request.ID) int {
	return int(maphash.String(s.seed, string(id)) % uint64(len(s.ought)))
}

// of is what a key counts. It has the key's length, so that no two keys and values are alike.
func (s *sums) of(bucket, key, value []byte) uint64 {
	s.text = append(binary.BigEndian.AppendUint32(s.text[:0], uint32(len(key))), key...)
	s.text = append(append(s.text, value...), bucket...)
	return maphash.Bytes(s.seed, s.text)
}

// adding gives what adds the traces that there ought to be of a request.
func (s *sums) adding(id request.ID) leaving {
	n := s.share(id)
	return func(bucket, key, value []byte) { s.ought[n] += s.of(bucket, key, value) }
}

// differ tells whether something is wrong with one of the requests that are together with this
// one, or has changed since.
func (s *sums) differ(id request.ID) bool { n := s.share(id); return s.ought[n] != s.are[n] }

// lists compares views, figures, words and what is owed a step with what the events say, and
// the counters with the views. Most of it is told by sums alone; where these differ, the
// requests in question are looked at one by one.
func (a *auditor) lists(ctx context.Context) error {
	err := a.eachTrace(ctx, func(_ *bolt.Tx, bucket, k, v []byte, id request.ID) error {
		a.sums.are[a.sums.share(id)] += a.sums.of(bucket, k, v)
		return nil
	})
	if err == nil && a.sums.ought != a.sums.are {
		err = errors.Join(a.missing(ctx), a.strange(ctx))
	}
	if err == nil {
		err = a.ledger.view(ctx, a.counters)
	}
	if errors.Is(err, errFound) {
		return nil
	}
	return err
}

const rebuildMends = ": countersignctl audit --rebuild makes the lists anew"

// wrong notes a fault of a list.
func (a *auditor) wrong(k FaultKind, list string, id request.ID, problem string) error {
	a.fault(Fault{Kind: k, Request: id, List: list, Problem: problem + rebuildMends})
	return errFound
}

// eachTrace goes along the buckets piece by piece.
func (a *auditor) eachTrace(ctx context.Context, each func(tx *bolt.Tx, bucket, k, v []byte, id request.ID) error) error {
	for _, bucket := range listed {
		err := a.pieces(ctx, bucket, func(tx *bolt.Tx, k, v []byte) error {
			id := leftBy(bucket, k)
			if id == "" {
				return a.wrong(Foreign, string(bucket), "", "there is something in it that no request has")
			}
			return each(tx, bucket, k, v, id)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// pieces goes along a bucket, with the ledger held for moments.
func (a *auditor) pieces(ctx context.Context, bucket []byte, each func(tx *bolt.Tx, k, v []byte) error) error {
	var from []byte
	for done := false; !done; {
		err := a.ledger.view(ctx, func(tx *bolt.Tx) error {
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

// missing looks for traces that are not there.
func (a *auditor) missing(ctx context.Context) error {
	return a.pieces(ctx, bucketRequests, func(tx *bolt.Tx, k, _ []byte) error {
		id := request.ID(k)
		if !a.sums.differ(id) {
			return nil
		}
		ought, err := tracesOf(tx, id)
		if err != nil {
			return err
		}
		for t, value := range ought {
			switch v := tx.Bucket([]byte(t.bucket)).Get([]byte(t.key)); {
			case v == nil:
				return a.wrong(Removed, t.bucket, id, "the request is not in it where it belongs")
			case string(v) != value:
				return a.wrong(Altered, t.bucket, id, "it says something else of the request than its events")
			}
		}
		return nil
	})
}

// strange looks for traces that ought not to be there.
func (a *auditor) strange(ctx context.Context) error {
	if a.report.Fault != nil {
		return nil
	}
	return a.eachTrace(ctx, func(tx *bolt.Tx, bucket, k, _ []byte, id request.ID) error {
		if !a.sums.differ(id) {
			return nil
		}
		ought, err := tracesOf(tx, id)
		if err != nil {
			return err
		}
		if _, is := ought[trace{string(bucket), string(k)}]; !is {
			return a.wrong(Foreign, string(bucket), id, "the request is in it where it does not belong")
		}
		return nil
	})
}

// counters holds the counters against the views.
func (a *auditor) counters(tx *bolt.Tx) error {
	counted := map[group]int{}
	cursor := tx.Bucket(bucketViews).Cursor()
	for k, _ := cursor.Seek([]byte{byte(ByChanged)}); len(k) > heading && k[0] == byte(ByChanged); k, _ = cursor.Next() {
		counted[group(k[1:heading])]++
	}
	meta := tx.Bucket(bucketMeta).Cursor()
	for k, v := meta.Seek(keyCount); bytes.HasPrefix(k, keyCount); k, v = meta.Next() {
		g := k[len(keyCount):]
		if len(g) != len(group{}) || toInt(v) != counted[group(g)] {
			return a.wrong(Altered, "counters", "", "a counter does not count what there is")
		}
		delete(counted, group(g))
	}
	if len(counted) > 0 {
		return a.wrong(Removed, "counters", "", "a counter is missing")
	}
	return nil
}

// visit tells whether a visit that began is kept as it began: a late return is known by it.
func (a *auditor) visit(tx *bolt.Tx, ticket string, ought []byte) bool {
	switch kept := tx.Bucket(bucketVisits).Get([]byte(ticket)); {
	case kept == nil:
		_ = a.wrong(Removed, string(bucketVisits), a.folding.ID, "a visit of the request is missing")
	case !bytes.Equal(kept, ought):
		_ = a.wrong(Altered, string(bucketVisits), a.folding.ID, "what is kept of a visit of the request is not what began")
	default:
		return true
	}
	return false
}
