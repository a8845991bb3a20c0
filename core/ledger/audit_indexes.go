package ledger

import (
	"bytes"
	"context"
	"errors"

	bolt "go.etcd.io/bbolt"

	"countersign/core/request"
)

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
