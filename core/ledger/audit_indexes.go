package ledger

import (
	"bytes"
	"context"
	"errors"

	bolt "go.etcd.io/bbolt"

	"countersign/core/ledger/keyset"
	"countersign/core/request"
)

// checkIndexes compares the index buckets with what the events imply, and the counters with
// the sort keys. It compares sums first, and looks at requests one by one only if these
// differ. A fault is in the report and no error.
func (a *auditor) checkIndexes(ctx context.Context) error {
	readable, err := a.sumIndexes(ctx)
	if err == nil && !readable { // say where
		err = a.eachIndexEntry(ctx, func(*bolt.Tx, []byte, []byte, []byte, number) error { return nil })
	}
	if err == nil && a.sums.expected != a.sums.found {
		err = errors.Join(a.findMissing(ctx), a.findForeign(ctx))
	}
	if err == nil {
		err = a.ledger.readTx(ctx, a.checkCounters)
	}
	if err == nil {
		err = a.checkMilestones(ctx)
	}
	if errors.Is(err, errFaultFound) {
		return nil
	}
	return err
}

// sumIndexes adds up the hashes of all index entries, of several buckets at the same time. It reports whether all entries could be read and
// belong to a request.
func (a *auditor) sumIndexes(ctx context.Context) (readable bool, err error) {
	type summed struct {
		found    slots
		readable bool
	}
	sum := func(bucket []byte) (*summed, error) {
		s, hasher := &summed{readable: true}, indexHasher{seed: a.sums.seed}
		err := a.eachKey(ctx, bucket, func(_ *bolt.Tx, k, v []byte) error {
			n := ownerOf(bucket, k)
			if s.readable = s.readable && n != 0; n != 0 {
				*s.found.of(n) += hasher.hash(bucket, k, v)
			}
			return nil
		})
		if errors.Is(err, keyset.ErrDamaged) {
			s.readable, err = false, nil
		}
		return s, err
	}
	produce := func(send func([]byte) error) error {
		for _, bucket := range indexBuckets {
			if err := send(bucket); err != nil {
				return err
			}
		}
		return nil
	}
	readable = true
	err = inOrder(ctx, a.ledger.catchPanic, produce, sum, func(s *summed) error {
		readable = readable && s.readable
		for i, sum := range s.found {
			a.sums.found[i] += sum
		}
		return nil
	})
	return readable, err
}

// indexFault puts a fault into the report. It returns errFaultFound, or nil if all faults are to be listed. list is the name of the
// derived bucket, or "counters".
func (a *auditor) indexFault(k FaultKind, list string, id request.ID, problem request.Sentence) error {
	a.fail(Fault{Kind: k, Request: id, List: list}, correctable(problem))
	if a.All {
		return nil
	}
	return errFaultFound
}

// correctable adds to a sentence how the fault is corrected.
func correctable(problem request.Sentence) request.Sentence {
	return request.Sentencef("audit_rebuild", "%s: correct it with countersignctl audit --rebuild", problem)
}

// eachIndexEntry calls the function each with every entry of the index buckets and the number of
// the request that it belongs to. An entry that belongs to none is a fault, for which it returns errFaultFound
// unless all faults are to be listed. A list that cannot be read is a fault, too; nothing can be compared with it, so
// eachIndexEntry then always returns errFaultFound.
func (a *auditor) eachIndexEntry(ctx context.Context, each func(tx *bolt.Tx, bucket, k, v []byte, n number) error) error {
	for _, bucket := range indexBuckets {
		err := a.eachKey(ctx, bucket, func(tx *bolt.Tx, k, v []byte) error {
			n := ownerOf(bucket, k)
			if n == 0 {
				return a.indexFault(Foreign, string(bucket), "", request.Sentencef("audit_list_nobody", "the list has an entry that belongs to no request"))
			}
			return each(tx, bucket, k, v, n)
		})
		if errors.Is(err, keyset.ErrDamaged) {
			_ = a.indexFault(Altered, string(bucket), "", request.Sentencef("audit_list_unreadable", "the list is damaged"))
			return errFaultFound
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// findMissing looks for index entries that are missing or have another value than they ought
// to have. It returns errFaultFound after a fault.
func (a *auditor) findMissing(ctx context.Context) error {
	return a.eachKey(ctx, bucketRequests, func(tx *bolt.Tx, k, stored []byte) error {
		n := parseNumber(stored)
		if !a.sums.differs(n) {
			return nil
		}
		expected, err := expectedEntries(tx, n)
		if err != nil {
			return err
		}
		if len(expected) == 0 { // its number leads to another request
			return a.indexFault(Altered, string(bucketNumbers), request.ID(k), request.Sentencef("audit_list_changed", "the list does not agree with the events of the request"))
		}
		for e, value := range expected {
			switch v, there, err := readEntry(tx, e); {
			case err != nil:
				return err
			case !there:
				return a.indexFault(Removed, e.bucket, request.ID(k), request.Sentencef("audit_list_missing", "the request is missing from the list"))
			case v != value:
				return a.indexFault(Altered, e.bucket, request.ID(k), request.Sentencef("audit_list_changed", "the list does not agree with the events of the request"))
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
	return a.eachIndexEntry(ctx, func(tx *bolt.Tx, bucket, k, _ []byte, n number) error {
		if !a.sums.differs(n) {
			return nil
		}
		expected, err := expectedEntries(tx, n)
		if err != nil {
			return err
		}
		if _, is := expected[indexEntry{string(bucket), string(k)}]; !is {
			return a.indexFault(Foreign, string(bucket), idOf(tx, n), request.Sentencef("audit_list_foreign", "the list has an entry for the request that does not belong there"))
		}
		return nil
	})
}

// checkCounters compares the counters with the number of sort keys of each group. It returns
// errFaultFound after a fault.
func (a *auditor) checkCounters(tx *bolt.Tx) error {
	counted := map[group]int{}
	cursor := keyset.In(tx.Bucket(bucketSortKeys)).Cursor()
	for k := cursor.Seek([]byte{byte(ByChanged)}); len(k) > sortKeyHeader && k[0] == byte(ByChanged); k = cursor.Next() {
		counted[group(k[1:sortKeyHeader])]++
	}
	if err := cursor.Err(); err != nil {
		return err
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

// checkMilestones compares the milestones of the sort keys with the keys. It returns errFaultFound after a fault.
func (a *auditor) checkMilestones(ctx context.Context) error {
	var from []byte
	for done := false; !done; {
		err := a.ledger.readTx(ctx, func(tx *bolt.Tx) error {
			next, err := sortKeySet(tx).CheckMilestones(from, batchSize)
			from, done = bytes.Clone(next), next == nil
			return err
		})
		if errors.Is(err, keyset.ErrDamaged) {
			return a.indexFault(Altered, "counters", "", request.Sentencef("audit_counter_wrong", "a counter is wrong"))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// readEntry returns the value of an index entry, and whether the entry is there.
func readEntry(tx *bolt.Tx, e indexEntry) (value string, there bool, err error) {
	bucket := []byte(e.bucket)
	for _, set := range setBuckets {
		if bytes.Equal(bucket, set) {
			there, err = keyset.In(tx.Bucket(bucket)).Has([]byte(e.key))
			return "", there, err
		}
	}
	stored := tx.Bucket(bucket).Get([]byte(e.key))
	return string(stored), stored != nil, nil
}
