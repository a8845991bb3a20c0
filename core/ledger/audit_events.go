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
			if a.report.Fault != nil {
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
		requests.Seek([]byte(a.lastFolded))
		storedID, stored = requests.Next()
	}
	finish := func() bool {
		if a.folding.ID == "" {
			return true
		}
		ok := a.checkRequest(tx, request.ID(storedID), stored)
		eachCurrentEntry(a.folding, a.sums.addExpected(a.folding.ID))
		storedID, stored = requests.Next()
		a.lastFolded, a.folding = a.folding.ID, request.Request{}
		return ok
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
		if id != a.folding.ID {
			if !finish() {
				return nil
			}
			a.folding, previousNumber = request.Request{ID: id}, 0
		}
		n := 0
		switch {
		case len(batch) > 0 && bytes.Equal(batch[0].key, k):
			n, matched = batch[0].number, batch[0].key
			batch = batch[1:]
		case added[string(k)] > 0:
			n = added[string(k)]
		case len(batch) > 0 && bytes.Compare(batch[0].key, k) < 0:
			return a.failMissing(batch[0], matched)
		default:
			a.fail(Fault{Kind: Foreign, Number: a.report.Events + 1, Request: id, Seq: seq}, request.Sentencef("audit_event_no_entry", "the event has no entry in the journal"))
			return nil
		}
		if n < previousNumber {
			a.fail(Fault{Kind: Reordered, Number: n, Request: id, Seq: seq}, request.Sentencef("audit_events_order", "the events of the request are out of order"))
			return nil
		}
		previousNumber = n
		if ok, err := a.applyEvent(tx, n, seq, v); !ok || err != nil {
			return err
		}
	}
	a.nextEvent = bytes.Clone(k)
	if len(batch) > 0 {
		return a.failMissing(batch[0], matched)
	}
	if finish() && last && storedID != nil {
		a.fail(Fault{Kind: Foreign, Request: request.ID(storedID)}, noEvents)
	}
	return nil
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
// entry. The error is always nil.
func (a *auditor) failMissing(ref eventRef, matched []byte) error {
	id, seq := parseEventKey(ref.key)
	f := Fault{Kind: Removed, Number: ref.number, Request: id, Seq: seq}
	problem := request.Sentencef("audit_event_removed", "the event was removed")
	if bytes.Equal(ref.key, matched) {
		f.Kind, problem = Foreign, request.Sentencef("audit_second_entry", "the journal has a second entry for the event")
	}
	a.fail(f, problem)
	return nil
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
	eachRetainedEntry(r, next, a.sums.addExpected(r.ID))
	if visit, err := encodeNewVisit(r, next); err != nil || visit != nil && !a.checkVisit(tx, next.Visit.ID, visit) {
		return false, err
	}
	a.folding = next
	for _, digest := range documentsOf(e) {
		if err := a.documents.add([]byte(digest), []byte(r.ID)); err != nil {
			return false, err
		}
	}
	return true, nil
}

// checkRequest compares a.folding with the stored request. storedID is the id of the next stored
// request, and empty if there is none. It returns false after a fault.
func (a *auditor) checkRequest(tx *bolt.Tx, storedID request.ID, stored []byte) bool {
	r := a.folding
	switch {
	case storedID == "" || storedID > r.ID:
		return a.fail(Fault{Kind: Removed, Request: r.ID}, request.Sentencef("audit_request_missing", "the request is missing, but its events are there: restore it with countersignctl audit --rebuild"))
	case storedID < r.ID:
		return a.fail(Fault{Kind: Foreign, Request: storedID}, noEvents)
	}
	fresh, err := encodeRequest(r)
	if err == nil && !bytes.Equal(fresh, stored) {
		// An older version of the program may have encoded the same request differently.
		var decoded request.Request
		if decoded, err = readRequest(tx, r.ID); err == nil {
			stored, err = encodeRequest(decoded)
		}
	}
	if err != nil || !bytes.Equal(fresh, stored) {
		return a.fail(Fault{Kind: Altered, Request: r.ID}, request.Sentencef("audit_request_changed", "the stored request does not agree with its events: correct it with countersignctl audit --rebuild"))
	}
	a.report.Requests++
	a.progress.Requests++
	return true
}
