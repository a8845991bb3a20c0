package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"

	bolt "go.etcd.io/bbolt"

	"countersign/core/request"
)

// eventRef is an event that the journal knows, and the number of its entry.
type eventRef struct {
	key    []byte
	number int
}

func (p eventRef) id() request.ID { id, _ := parseEventKey(p.key); return id }

// checkEvents goes through the events in the order in which they are kept, beside what the journal
// knows of them, and folds each request.
func (a *auditor) checkEvents(ctx context.Context) error {
	var batch []eventRef
	view := func(whole bool) error {
		defer a.reportProgress()
		return a.ledger.readTx(ctx, func(tx *bolt.Tx) error { return a.compareBatch(ctx, tx, batch, whole) })
	}
	err := a.walked.each(func(key, value []byte) error {
		p := eventRef{key, decodeNumber(value)}
		if len(batch) >= batchSize && p.id() != batch[len(batch)-1].id() {
			if err := view(false); err != nil {
				return err
			}
			if a.report.Fault != nil {
				return errFaultFound
			}
			batch = batch[:0]
		}
		batch = append(batch, p)
		return nil
	})
	if errors.Is(err, errFaultFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return view(true)
}

// compareBatch holds the events of some requests against what the journal knows of them, and what
// they fold to against what is kept. With whole set, these are the last ones.
func (a *auditor) compareBatch(ctx context.Context, tx *bolt.Tx, batch []eventRef, whole bool) error {
	since, err := a.addedSince(tx)
	if err != nil {
		return err
	}
	requests := tx.Bucket(bucketRequests).Cursor()
	kept, stored := requests.First()
	if a.lastFolded != "" {
		requests.Seek([]byte(a.lastFolded))
		kept, stored = requests.Next()
	}
	finish := func() bool {
		if a.folding.ID == "" {
			return true
		}
		ok := a.checkRequest(tx, request.ID(kept), stored)
		eachCurrentEntry(a.folding, a.sums.addExpected(a.folding.ID))
		kept, stored = requests.Next()
		a.lastFolded, a.folding = a.folding.ID, request.Request{}
		return ok
	}
	var until []byte // the end of the last request of the batch
	if !whole {
		until = append([]byte(batch[len(batch)-1].id()), 1)
	}
	previous := 0
	var met []byte // the last event that the journal knows
	events := tx.Bucket(bucketEvents).Cursor()
	k, v := events.Seek(a.nextEvent)
	for ; k != nil && (whole || bytes.Compare(k, until) < 0); k, v = events.Next() {
		if err := ctx.Err(); err != nil {
			return err
		}
		id, seq := parseEventKey(k)
		if id != a.folding.ID {
			if !finish() {
				return nil
			}
			a.folding, previous = request.Request{ID: id}, 0
		}
		n := 0
		switch {
		case len(batch) > 0 && bytes.Equal(batch[0].key, k):
			n, met = batch[0].number, batch[0].key
			batch = batch[1:]
		case since[string(k)] > 0:
			n = since[string(k)]
		case len(batch) > 0 && bytes.Compare(batch[0].key, k) < 0:
			return a.failMissing(batch[0], met)
		default:
			a.fail(Fault{Kind: Foreign, Number: a.report.Events + 1, Request: id, Seq: seq, Problem: "the event was written past the journal"})
			return nil
		}
		if n < previous {
			a.fail(Fault{Kind: Reordered, Number: n, Request: id, Seq: seq, Problem: "the events of the request are out of order"})
			return nil
		}
		previous = n
		if ok, err := a.applyEvent(tx, n, seq, v); !ok || err != nil {
			return err
		}
	}
	a.nextEvent = bytes.Clone(k)
	if len(batch) > 0 {
		return a.failMissing(batch[0], met)
	}
	if finish() && whole && kept != nil {
		a.fail(Fault{Kind: Foreign, Request: request.ID(kept), Problem: "no event made this request: countersignctl audit --rebuild does away with it"})
	}
	return nil
}

// addedSince gives the events that were added after the journal was walked.
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

// failMissing tells of an entry whose event is not there, or was met before.
func (a *auditor) failMissing(p eventRef, met []byte) error {
	id, seq := parseEventKey(p.key)
	f := Fault{Kind: Removed, Number: p.number, Request: id, Seq: seq, Problem: "the event was removed"}
	if bytes.Equal(p.key, met) {
		f.Kind, f.Problem = Foreign, "the journal tells the event a second time"
	}
	a.fail(f)
	return nil
}

// applyEvent folds one event and notes the documents that it names.
func (a *auditor) applyEvent(tx *bolt.Tx, n, seq int, stored []byte) (bool, error) {
	r := a.folding
	fault := func(k FaultKind, problem string) (bool, error) {
		return a.fail(Fault{Kind: k, Number: n, Request: r.ID, Seq: seq, Problem: problem}), nil
	}
	if seq != r.Version+1 {
		return fault(Removed, "an event of the request before this one was removed")
	}
	var e request.Event
	if err := json.Unmarshal(stored, &e); err != nil {
		return fault(Foreign, "the event cannot be read, and was written so")
	}
	if e.Seq != seq {
		return fault(Foreign, "the event says another number than its own, and was written so")
	}
	next, err := r.Apply(e)
	if err != nil {
		return fault(Foreign, "the event cannot have happened, and was written so")
	}
	eachRetainedEntry(r, next, a.sums.addExpected(r.ID))
	if visit, err := encodeNewVisit(r, next); err != nil || visit != nil && !a.checkVisit(tx, next.Visit.Ticket, visit) {
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

// checkRequest compares what the events of a request fold to with what is kept of it.
func (a *auditor) checkRequest(tx *bolt.Tx, kept request.ID, stored []byte) bool {
	r := a.folding
	switch {
	case kept == "" || kept > r.ID:
		return a.fail(Fault{Kind: Removed, Request: r.ID, Problem: "the request is missing, and its events are there: countersignctl audit --rebuild makes it anew"})
	case kept < r.ID:
		return a.fail(Fault{Kind: Foreign, Request: kept, Problem: "no event made this request: countersignctl audit --rebuild does away with it"})
	}
	fresh, err := encodeRequest(r)
	if err == nil && !bytes.Equal(fresh, stored) {
		// Another version of the program may have written the same in other words.
		var again request.Request
		if again, err = readRequest(tx, r.ID); err == nil {
			stored, err = encodeRequest(again)
		}
	}
	if err != nil || !bytes.Equal(fresh, stored) {
		return a.fail(Fault{Kind: Altered, Request: r.ID, Problem: "what is kept of the request is not what its events say: countersignctl audit --rebuild makes it anew"})
	}
	a.report.Requests++
	a.progress.Requests++
	return true
}
