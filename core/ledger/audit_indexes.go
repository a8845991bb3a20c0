package ledger

import (
	"bytes"
	"context"
	"errors"

	bolt "go.etcd.io/bbolt"

	"countersign/core/request"
)

// checkIndexes compares the index buckets with what the events imply, and the counters with
// the sort keys. It compares sums first, and looks at requests one by one only if these
// differ. A fault is in the report and no error.
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

// indexFault puts a fault into the report. It returns errFaultFound, or nil if all faults are to be listed. list is the name of the
// derived bucket, or "counters".
func (a *auditor) indexFault(k FaultKind, list string, id request.ID, problem request.Sentence) error {
	a.fail(Fault{Kind: k, Request: id, List: list}, request.Sentencef("audit_rebuild", "%s: correct it with countersignctl audit --rebuild", problem))
	if a.All {
		return nil
	}
	return errFaultFound
}

// eachIndexEntry calls the function each with every entry of the index buckets and the id of
// the request that it belongs to. An entry that belongs to none is a fault, for which it
// returns errFaultFound.
func (a *auditor) eachIndexEntry(ctx context.Context, each func(tx *bolt.Tx, bucket, k, v []byte, id request.ID) error) error {
	for _, bucket := range indexBuckets {
		err := a.eachKey(ctx, bucket, func(tx *bolt.Tx, k, v []byte) error {
			id := ownerOf(bucket, k)
			if id == "" {
				return a.indexFault(Foreign, string(bucket), "", request.Sentencef("audit_list_nobody", "the list has an entry that belongs to no request"))
			}
			return each(tx, bucket, k, v, id)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// findMissing looks for index entries that are missing or have another value than they ought
// to have. It returns errFaultFound after a fault.
func (a *auditor) findMissing(ctx context.Context) error {
	return a.eachKey(ctx, bucketRequests, func(tx *bolt.Tx, k, _ []byte) error {
		id := request.ID(k)
		if !a.sums.differs(id) {
			return nil
		}
		expected, err := expectedEntries(tx, id)
		if err != nil {
			return err
		}
		for e, value := range expected {
			switch v := tx.Bucket([]byte(e.bucket)).Get([]byte(e.key)); {
			case v == nil:
				return a.indexFault(Removed, e.bucket, id, request.Sentencef("audit_list_missing", "the request is missing from the list"))
			case string(v) != value:
				return a.indexFault(Altered, e.bucket, id, request.Sentencef("audit_list_changed", "the list does not agree with the events of the request"))
			}
		}
		return nil
	})
}

// findForeign looks for index entries that ought not to be there, unless there is a fault
// already. It returns errFaultFound after a fault.
func (a *auditor) findForeign(ctx context.Context) error {
	if a.stopped() {
		return nil
	}
	a.knowFaults()
	return a.eachIndexEntry(ctx, func(tx *bolt.Tx, bucket, k, _ []byte, id request.ID) error {
		if !a.sums.differs(id) {
			return nil
		}
		expected, err := expectedEntries(tx, id)
		if err != nil {
			return err
		}
		if _, is := expected[indexEntry{string(bucket), string(k)}]; !is {
			return a.indexFault(Foreign, string(bucket), id, request.Sentencef("audit_list_foreign", "the list has an entry for the request that does not belong there"))
		}
		return nil
	})
}

// checkCounters compares the counters with the number of sort keys of each group. It returns
// errFaultFound after a fault.
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
			return a.indexFault(Altered, "counters", "", request.Sentencef("audit_counter_wrong", "a counter is wrong"))
		}
		delete(counted, group(g))
	}
	if len(counted) > 0 {
		return a.indexFault(Removed, "counters", "", request.Sentencef("audit_counter_missing", "a counter is missing"))
	}
	return nil
}

// checkVisit reports whether the stored visit has the expected bytes. If not, it puts a
// fault into the report.
func (a *auditor) checkVisit(tx *bolt.Tx, id request.VisitID, expected []byte) bool {
	switch stored := tx.Bucket(bucketVisits).Get([]byte(id)); {
	case stored == nil:
		_ = a.indexFault(Removed, string(bucketVisits), a.folding.ID, request.Sentencef("audit_visit_missing", "a visit of the request is missing"))
	case !bytes.Equal(stored, expected):
		_ = a.indexFault(Altered, string(bucketVisits), a.folding.ID, request.Sentencef("audit_visit_changed", "a visit of the request does not agree with its events"))
	default:
		return true
	}
	return false
}
