package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"

	bolt "go.etcd.io/bbolt"

	"countersign/core/request"
)

// eventRef is an event that the journal has an entry for, with the number of that entry.
type eventRef struct {
	key    []byte
	number int
}

func (r eventRef) id() request.ID { id, _ := parseEventKey(r.key); return id }

var noEvents = request.Sentencef("audit_no_events", "the request has no events: remove it with countersignctl audit --rebuild")

// checkEvents compares the stored events with the sorted keys of the events that the journal has
// entries for, and the stored requests with what their events fold to. It does so in the order of
// the ids, some whole requests at a time. A fault is in the report and no error.
func (a *auditor) checkEvents(ctx context.Context) error {
	var batch []eventRef
	compare := func(last bool) error {
		defer a.reportProgress()
		return a.ledger.readTx(ctx, func(tx *bolt.Tx) error { return a.compareBatch(ctx, tx, batch, last) })
	}
	err := a.walked.each(func(key, value []byte) error {
		ref := eventRef{key, decodeNumber(value)}
		if len(batch) >= batchSize && ref.id() != batch[len(batch)-1].id() {
			if err := compare(false); err != nil {
				return err
			}
			if a.stopped() {
				return errFaultFound
			}
			batch = batch[:0]
		}
		batch = append(batch, ref)
		return nil
	})
	if errors.Is(err, errFaultFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return compare(true)
}

// compareBatch compares the stored events of some whole requests with the batch of references
// from the journal, and the folded requests with the stored ones. last is set for the last batch:
// no stored event or request may follow it.
func (a *auditor) compareBatch(ctx context.Context, tx *bolt.Tx, batch []eventRef, last bool) error {
	added, err := a.addedSince(tx)
	if err != nil {
		return err
	}
	requests := tx.Bucket(bucketRequests).Cursor()
	storedID, stored := requests.First()
	if a.lastFolded != "" {
		if storedID, stored = requests.Seek([]byte(a.lastFolded)); string(storedID) == string(a.lastFolded) {
			storedID, stored = requests.Next()
		}
	}
	finish := func() bool {
		if a.folding.ID == "" {
			return true
		}
		ok := true
		for storedID != nil && request.ID(storedID) < a.folding.ID && (ok || a.All) {
			ok = a.fail(Fault{Kind: Foreign, Request: request.ID(storedID)}, noEvents)
			storedID, stored = requests.Next()
		}
		there := request.ID(storedID) == a.folding.ID
		if (ok || a.All) && !a.broken {
			ok = a.checkRequest(there, stored) && ok
			eachCurrentEntry(a.folding, a.number, a.sums.addExpected(a.number))
		}
		if there {
			storedID, stored = requests.Next()
		}
		a.lastFolded, a.folding, a.broken = a.folding.ID, request.Request{}, false
		return ok || a.All
	}
	var until []byte // where the events of the last request in the batch end
	if !last {
		until = append([]byte(batch[len(batch)-1].id()), 1)
	}
	previousNumber := 0
	var matched []byte // the key of the last event that has an entry
	events := tx.Bucket(bucketEvents).Cursor()
	k, v := events.Seek(a.nextEvent)
	for ; k != nil && (last || bytes.Compare(k, until) < 0); k, v = events.Next() {
		if err := ctx.Err(); err != nil {
			return err
		}
		id, seq := parseEventKey(k)
		var missingOf request.ID
		for len(batch) > 0 && bytes.Compare(batch[0].key, k) < 0 {
			if a.failMissing(batch[0], matched); a.stopped() {
				return nil
			}
			missingOf, batch = batch[0].id(), batch[1:]
			a.broken = a.broken || missingOf == a.folding.ID
		}
		if id != a.folding.ID {
			if !finish() {
				return nil
			}
			a.folding, a.number, a.broken, previousNumber = request.Request{ID: id}, numberOf(tx, id), missingOf == id, 0
		}
		n := 0
		switch {
		case len(batch) > 0 && bytes.Equal(batch[0].key, k):
			n, matched = batch[0].number, batch[0].key
			batch = batch[1:]
		case added[string(k)] > 0:
			n = added[string(k)]
		}
		ok, err := a.checkEvent(tx, n, previousNumber, seq, v)
		if err != nil || a.stopped() {
			return err
		}
		a.broken = a.broken || !ok
		previousNumber = max(n, previousNumber)
	}
	a.nextEvent = bytes.Clone(k)
	for _, missing := range batch {
		if a.failMissing(missing, matched); a.stopped() {
			return nil
		}
		a.broken = a.broken || missing.id() == a.folding.ID
	}
	if !finish() || !last {
		return nil
	}
	for ; storedID != nil && !a.stopped(); storedID, _ = requests.Next() {
		a.fail(Fault{Kind: Foreign, Request: request.ID(storedID)}, noEvents)
	}
	return nil
}

// checkEvent checks that an event of a.folding has an entry in the journal, with the number n, behind the one of the
// event before it, and folds the event. It returns false after a fault, which is in the report and no error.
func (a *auditor) checkEvent(tx *bolt.Tx, n, previous, seq int, stored []byte) (bool, error) {
	id := a.folding.ID
	switch {
	case n == 0:
		return a.fail(Fault{Kind: Foreign, Number: a.report.Events + 1, Request: id, Seq: seq}, request.Sentencef("audit_event_no_entry", "the event has no entry in the journal")), nil
	case n < previous:
		return a.fail(Fault{Kind: Reordered, Number: n, Request: id, Seq: seq}, request.Sentencef("audit_events_order", "the events of the request are out of order")), nil
	case a.broken:
		return false, nil
	}
	return a.applyEvent(tx, n, seq, stored)
}

// addedSince returns the keys of the events that were added after walkJournal reached the end of
// the journal, with the numbers of their entries.
func (a *auditor) addedSince(tx *bolt.Tx) (map[string]int, error) {
	added := map[string]int{}
	cursor := tx.Bucket(bucketJournal).Cursor()
	for k, v := cursor.Seek(encodeNumber(a.report.Events + 1)); k != nil; k, v = cursor.Next() {
		e, err := parseEntry(v)
		if err != nil {
			return nil, err
		}
		added[string(eventKey(e.id, e.seq))] = decodeNumber(k)
	}
	return added, nil
}

// failMissing puts a fault into the report for an entry whose event is missing, or whose event
// has an earlier entry as well. matched is the key of the last event that was found with its
// entry.
func (a *auditor) failMissing(ref eventRef, matched []byte) {
	id, seq := parseEventKey(ref.key)
	f := Fault{Kind: Removed, Number: ref.number, Request: id, Seq: seq}
	problem := request.Sentencef("audit_event_removed", "the event was removed")
	if bytes.Equal(ref.key, matched) {
		f.Kind, problem = Foreign, request.Sentencef("audit_second_entry", "the journal has a second entry for the event")
	}
	a.fail(f, problem)
}

// applyEvent folds one event, whose journal entry has the number n, into a.folding. It checks the
// visit that the event begins, and adds the documents that it names to a.documents. It returns
// false after a fault, which is in the report and no error.
func (a *auditor) applyEvent(tx *bolt.Tx, n, seq int, stored []byte) (bool, error) {
	r := a.folding
	fault := func(k FaultKind, problem request.Sentence) (bool, error) {
		return a.fail(Fault{Kind: k, Number: n, Request: r.ID, Seq: seq}, problem), nil
	}
	if seq != r.Version+1 {
		return fault(Removed, request.Sentencef("audit_earlier_removed", "an earlier event of the request was removed"))
	}
	var e request.Event
	if err := json.Unmarshal(stored, &e); err != nil {
		return fault(Foreign, request.Sentencef("audit_event_unreadable", "the event cannot be read, and was already so when it was chained"))
	}
	if e.Seq != seq {
		return fault(Foreign, request.Sentencef("audit_event_number", "the event has a wrong sequence number, and had it already when it was chained"))
	}
	next, err := r.Apply(e)
	if err != nil {
		return fault(Foreign, request.Sentencef("audit_event_impossible", "the event cannot have happened, but was chained"))
	}
	eachRetainedEntry(r, next, a.number, a.sums.addExpected(a.number))
	if beginsVisit(r, next) && !a.checkVisit(tx, next) {
		return false, nil
	}
	a.folding = next
	for _, digest := range documentsOf(e) {
		if err := a.documents.add([]byte(digest), []byte(r.ID)); err != nil {
			return false, err
		}
	}
	return true, nil
}

// checkRequest compares a.folding with the stored request. The parameter there says whether that is stored at all. It
// returns false after a fault.
func (a *auditor) checkRequest(there bool, stored []byte) bool {
	r := a.folding
	if !there {
		return a.fail(Fault{Kind: Removed, Request: r.ID}, request.Sentencef("audit_request_missing", "the request is missing, but its events are there: restore it with countersignctl audit --rebuild"))
	}
	if !bytes.Equal(encodeRequest(r, a.number), stored) {
		return a.fail(Fault{Kind: Altered, Request: r.ID}, request.Sentencef("audit_request_changed", "the stored request does not agree with its events: correct it with countersignctl audit --rebuild"))
	}
	a.report.Requests++
	a.progress.Requests++
	return true
}
