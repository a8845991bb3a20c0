package ledger

import (
	"bytes"
	"context"
	"errors"
	"sync"

	bolt "go.etcd.io/bbolt"

	"countersign/core/register"
	"countersign/core/request"
)

// eventRef is an event that the journal has an entry for, with the number of that entry.
type eventRef struct {
	key    []byte
	number int
}

func (r eventRef) id() []byte { id, _ := splitEventKey(r.key); return id }

var noEvents = request.Sentencef("audit_no_events", "the request has no events: remove it with countersignctl audit --rebuild")

// fewEvents is how many events most requests have at most.
const fewEvents = 8

// eventsAtOnce is about how many events one goroutine of an audit folds before it hands over the results.
const eventsAtOnce = 512

// checkEvents compares the stored events with the sorted keys of the events that the journal has
// entries for, and the stored requests with what their events fold to. It does so in the order of
// the ids, some whole requests at a time, and folds requests on all processors. A fault is in the report and no error.
func (a *auditor) checkEvents(ctx context.Context) error {
	compare := func(batch []eventRef, last bool) error {
		defer a.reportProgress()
		return a.ledger.readUnwritten(ctx, func(tx *bolt.Tx) error { return a.compareBatch(ctx, tx, batch, last) })
	}
	err := a.eachBatch(ctx, compare)
	if errors.Is(err, errFaultFound) {
		return nil
	}
	return err
}

// eachBatch calls the function compare with the sorted events that the journal has entries for, some whole requests at a time, until it returns an
// error. The next events are read meanwhile.
func (a *auditor) eachBatch(ctx context.Context, compare func(batch []eventRef, last bool) error) error {
	ctx, cancel := context.WithCancel(ctx)
	var reading sync.WaitGroup
	defer reading.Wait()
	defer cancel()
	var batch []eventRef // the next one
	var failed error
	full := make(chan []eventRef)
	reading.Go(func() {
		defer close(full)
		failed = a.walked.each(func(key, value []byte) error {
			ref := eventRef{key, decodeNumber(value)}
			if len(batch) >= batchSize && !bytes.Equal(ref.id(), batch[len(batch)-1].id()) {
				select {
				case full <- batch:
				case <-ctx.Done():
					return ctx.Err()
				}
				batch = make([]eventRef, 0, cap(batch))
			}
			batch = append(batch, ref)
			return nil
		})
	})
	for b := range full {
		if err := compare(b, false); err != nil {
			return err
		}
	}
	if failed != nil {
		return failed
	}
	return compare(batch, true)
}

// compareBatch compares the stored events of some whole requests with the batch of references
// from the journal, and the folded requests with the stored ones. last is set for the last batch:
// no stored event or request may follow it. tx is one of readUnwritten. It returns errFaultFound if the audit ends because of a fault.
func (a *auditor) compareBatch(ctx context.Context, tx *bolt.Tx, batch []eventRef, last bool) error {
	added, err := a.addedSince(tx)
	if err != nil {
		return err
	}
	// Each goroutine has a transaction of its own; see readUnwritten.
	produce := func(send func([]life) error) error {
		return tx.DB().View(func(tx *bolt.Tx) error { return a.eachLife(ctx, tx, batch, added, last, send) })
	}
	fold := func(lives []life) (folded []foldedLife, err error) {
		err = tx.DB().View(func(tx *bolt.Tx) error {
			with := lifeFolder{auditor: a, hasher: indexHasher{seed: a.sums.seed}, visits: tx.Bucket(bucketVisits).Cursor()}
			folded = make([]foldedLife, len(lives))
			for i, h := range lives {
				folded[i] = foldedLife{life: h, lifeFolder: &with}
				folded[i].fold(tx)
			}
			return nil
		})
		return folded, err
	}
	requests := a.storedAfter(tx)
	err = inOrder(ctx, a.ledger.catchPanic, produce, fold, func(all []foldedLife) error {
		for i := range all {
			if err := a.compareLife(&all[i], requests); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || !last {
		return err
	}
	return a.failWithoutEvents(requests, "")
}

// life is a request as the journal and the events have it.
type life struct {
	id     request.ID // empty if there is no event at all
	stored []byte     // the request as it is stored, valid for as long as the transaction; nil if it is not
	number number     // as it is stored; 0 if the request is not stored
	broken bool       // an event is missing before the first one that is here
	steps  []step     // in the order of their keys
}

// step is an event, or an entry of the journal without an event. Such an entry may be of another request: one of which there is no event,
// or the request behind this one.
type step struct {
	seq     int
	entry   int    // the number of the entry; 0 if there is none
	event   []byte // valid for as long as the transaction
	missing []byte // the key of the event that the entry is about and that is not here; nil for an event
	again   bool   // there is an earlier entry for that event
}

// eachLife sends the lives of a batch, some at a time. The parameters are those of compareBatch.
func (a *auditor) eachLife(ctx context.Context, tx *bolt.Tx, batch []eventRef, added map[string]int, last bool, send func([]life) error) error {
	var until []byte // where the events of the last request in the batch end
	if !last {
		until = append(batch[len(batch)-1].id(), 1)
	}
	var (
		all     []life
		h       life
		events  int
		matched []byte // the key of the last event that has an entry
		stored  = forwardReader{cursor: tx.Bucket(bucketRequests).Cursor()}
	)
	finish := func(atLeast int) error {
		if len(h.steps) > 0 {
			events += len(h.steps)
			all = append(all, h)
		}
		if events < atLeast || events == 0 {
			return nil
		}
		full := all
		all, events = nil, 0
		return send(full)
	}
	addMissing := func(ref eventRef) {
		_, seq := splitEventKey(ref.key)
		h.steps = append(h.steps, step{seq: seq, entry: ref.number, missing: ref.key, again: bytes.Equal(ref.key, matched)})
	}
	cursor := tx.Bucket(bucketEvents).Cursor()
	k, v := cursor.Seek(a.nextEvent)
	for ; k != nil && (last || bytes.Compare(k, until) < 0); k, v = cursor.Next() {
		if err := ctx.Err(); err != nil {
			return err
		}
		var missingOf request.ID
		for len(batch) > 0 && bytes.Compare(batch[0].key, k) < 0 {
			addMissing(batch[0])
			missingOf, batch = request.ID(batch[0].id()), batch[1:]
		}
		id, seq := splitEventKey(k)
		if string(id) != string(h.id) {
			before := h.steps
			if h.id != "" {
				before = nil
				if err := finish(eventsAtOnce); err != nil {
					return err
				}
			}
			if before == nil {
				before = make([]step, 0, fewEvents)
			}
			h = life{id: request.ID(id), stored: stored.get(id), broken: string(missingOf) == string(id), steps: before}
			h.number = parseNumber(h.stored)
		}
		s := step{seq: seq, event: v}
		if len(batch) > 0 && bytes.Equal(batch[0].key, k) {
			s.entry, matched = batch[0].number, batch[0].key
			batch = batch[1:]
		} else {
			s.entry = added[string(k)]
		}
		h.steps = append(h.steps, s)
	}
	a.nextEvent = bytes.Clone(k)
	for _, missing := range batch {
		addMissing(missing)
	}
	return finish(0)
}

// lifeFolder is what one goroutine folds lives with. It changes nothing of the auditor. Its memory is used again for each life.
type lifeFolder struct {
	auditor *auditor
	hasher  indexHasher
	visits  *bolt.Cursor // of bucketVisits
	keys    keyList
	encoded []byte // what ought to be stored of the request
}

// foldedLife is what is found out about a life.
type foldedLife struct {
	life
	*lifeFolder

	request   request.Request
	seq       int     // of the last event that was applied
	faults    []Fault // in their order; at most one unless all faults are to be listed
	unfit     []Unfit
	sum       uint64   // of the index entries that the request ought to have
	folded    bool     // it could be folded, and is not absent
	same      bool     // what is stored of it is what follows from its events
	absent    bool     // its events make no request
	documents []string // the digests of its documents
}

// fail adds a fault, with the sentence problem. It always returns false.
func (f *foldedLife) fail(fault Fault, problem request.Sentence) bool {
	fault.Problem, fault.Cause = problem.Text, problem.Cause
	f.faults = append(f.faults, fault)
	return false
}

// fold checks and folds the events. Events behind a fault are not folded.
func (f *foldedLife) fold(tx *bolt.Tx) {
	f.request = request.Request{ID: f.id}
	previous := 0
	for _, s := range f.steps {
		if s.missing != nil {
			f.failMissing(s)
		} else {
			f.broken = !f.checkEvent(tx, s, previous) || f.broken
			previous = max(previous, s.entry)
		}
		if len(f.faults) > 0 && !f.auditor.All {
			return
		}
	}
	f.absent = f.request.Version == 0
	if !f.broken && f.id != "" && !f.absent {
		eachCurrentEntry(&f.request, f.number, &f.keys, f.expect)
		f.encoded = appendRequest(f.encoded[:0], f.request, f.number)
		f.folded, f.same = true, bytes.Equal(f.encoded, f.stored)
	}
}

// expect adds an index entry that the request ought to have to the sum.
func (f *foldedLife) expect(bucket, key, value []byte) { f.sum += f.hasher.hash(bucket, key, value) }

// failMissing adds a fault for an entry whose event is missing, or whose event has an earlier entry as well.
func (f *foldedLife) failMissing(s step) {
	id, _ := parseEventKey(s.missing)
	fault := Fault{Kind: Removed, Number: s.entry, Request: id, Seq: s.seq}
	problem := request.Sentencef("audit_event_removed", "the event was removed")
	if s.again {
		fault.Kind, problem = Foreign, request.Sentencef("audit_second_entry", "the journal has a second entry for the event")
	}
	f.fail(fault, problem)
	f.broken = f.broken || id == f.id
}

// checkEvent checks that an event has an entry in the journal, behind the one of the event before it, which has the number
// previous, and folds the event. It returns false if the events behind it cannot be folded.
func (f *foldedLife) checkEvent(tx *bolt.Tx, s step, previous int) bool {
	switch {
	case s.entry == 0:
		return f.fail(Fault{Kind: Foreign, Number: f.auditor.report.Events + 1, Request: f.id, Seq: s.seq}, request.Sentencef("audit_event_no_entry", "the event has no entry in the journal"))
	case s.entry < previous:
		return f.fail(Fault{Kind: Reordered, Number: s.entry, Request: f.id, Seq: s.seq}, request.Sentencef("audit_events_order", "the events of the request are out of order"))
	case f.broken:
		return false
	}
	return f.applyEvent(tx, s)
}

// applyEvent folds one event, checks the visit that it begins, and notes the documents that it names. It returns false after a fault.
func (f *foldedLife) applyEvent(tx *bolt.Tx, s step) bool {
	copied := f.auditor.copied
	if copied && f.id == request.OfficeID {
		if e, unfit := f.auditor.ledger.opts.unfitOfOffice(s.event); unfit != nil {
			f.unfit = append(f.unfit, unfitEntry(register.Entry{Number: s.entry, Event: register.Event{Request: string(f.id), Seq: s.seq}}, e, unfit))
		}
		return true
	}
	fail := func(k FaultKind, problem request.Sentence) bool {
		return f.fail(Fault{Kind: k, Number: s.entry, Request: f.id, Seq: s.seq}, problem)
	}
	if s.seq != f.seq+1 {
		return fail(Removed, request.Sentencef("audit_earlier_removed", "an earlier event of the request was removed"))
	}
	f.seq = s.seq
	if copied {
		return f.applyOfOffice(tx, s)
	}
	e, err := decodeEvent(f.id, s.seq, s.event)
	if err != nil {
		return fail(Foreign, request.Sentencef("audit_event_unreadable", "the event cannot be read, and was already so when it was chained"))
	}
	if e.Seq != s.seq {
		return fail(Foreign, request.Sentencef("audit_event_number", "the event has a wrong sequence number, and had it already when it was chained"))
	}
	next, err := f.request.Apply(e)
	if err != nil {
		return fail(Foreign, request.Sentencef("audit_event_impossible", "the event cannot have happened, but was chained"))
	}
	return f.follow(tx, &next, documentsOf(e))
}

// applyOfOffice is applyEvent for the copy of an office's register.
func (f *foldedLife) applyOfOffice(tx *bolt.Tx, s step) bool {
	next, e, unfit := foldUnlessUnfit(f.request, s.seq, s.event)
	if unfit != nil {
		f.unfit = append(f.unfit, unfitEntry(register.Entry{Number: s.entry, Event: register.Event{Request: string(f.id), Seq: s.seq}}, e, unfit))
		f.request = next
		return true
	}
	return f.follow(tx, &next, documentsOf(e))
}

// follow goes on to the state next, which an event that names the documents has led to. It returns false after a fault in the visit that the
// event begins.
func (f *foldedLife) follow(tx *bolt.Tx, next *request.Request, documents []string) bool {
	eachRetainedEntry(&f.request, next, f.number, f.expect)
	if beginsVisit(&f.request, next) && !f.checkVisit(tx, next) {
		return false
	}
	f.request = *next
	f.documents = append(f.documents, documents...)
	return true
}

// checkVisit reports whether the visit that the last event of r began is stored as that of this event, or of one of a request with a
// smaller id. If not, it adds a fault.
func (f *foldedLife) checkVisit(tx *bolt.Tx, r *request.Request) bool {
	stored, own := valueAt(f.visits, []byte(r.Visit.ID)), eventKey(r.ID, r.Version)
	switch {
	case stored == nil:
		return f.fail(Fault{Kind: Removed, Request: r.ID, List: string(bucketVisits)}, correctable(request.Sentencef("audit_visit_missing", "a visit of the request is missing")))
	case bytes.Compare(stored, own) > 0 || !bytes.Equal(stored, own) && !hasVisit(tx, stored, r.Visit.ID):
		return f.fail(Fault{Kind: Altered, Request: r.ID, List: string(bucketVisits)}, correctable(request.Sentencef("audit_visit_changed", "a visit of the request does not agree with its events")))
	}
	return true
}

// hasVisit reports whether the event with that key began the visit with that id.
func hasVisit(tx *bolt.Tx, event []byte, visit request.VisitID) bool {
	id, seq := parseEventKey(event)
	e, err := readEvent(tx, id, seq)
	return err == nil && e.Visit != nil && e.Visit.ID == visit
}

// storedRequests are the stored requests that were not compared yet, in the order of their ids.
type storedRequests struct {
	cursor *bolt.Cursor
	id     []byte // of the next one; nil at the end
}

func (s *storedRequests) next() { s.id, _ = s.cursor.Next() }

// storedAfter returns the stored requests behind the last one that was compared.
func (a *auditor) storedAfter(tx *bolt.Tx) *storedRequests {
	s := &storedRequests{cursor: tx.Bucket(bucketRequests).Cursor()}
	if s.id, _ = s.cursor.Seek([]byte(a.lastFolded)); a.lastFolded != "" && string(s.id) == string(a.lastFolded) {
		s.next()
	}
	return s
}

// compareLife puts the faults of a folded life into the report, and compares the request with the stored one. It returns
// errFaultFound if the audit ends because of a fault.
func (a *auditor) compareLife(f *foldedLife, requests *storedRequests) error {
	for _, fault := range f.faults {
		a.fail(fault, fault.Sentence())
	}
	if a.stopped() {
		return errFaultFound
	}
	for _, digest := range f.documents {
		if err := a.documents.add([]byte(digest), []byte(f.id)); err != nil {
			return err
		}
	}
	if f.id == "" {
		return nil
	}
	if err := a.failWithoutEvents(requests, f.id); err != nil {
		return err
	}
	for _, u := range f.unfit {
		if len(a.report.Unfit) < maxUnfit {
			a.report.Unfit = append(a.report.Unfit, u)
		}
	}
	there := request.ID(requests.id) == f.id
	if there && f.absent && !f.broken {
		a.fail(Fault{Kind: Foreign, Request: f.id}, noEvents)
	}
	if f.folded {
		*a.sums.expected.of(f.number) += f.sum
		a.checkRequest(f, there)
	}
	if there {
		requests.next()
	}
	if a.lastFolded = f.id; a.stopped() {
		return errFaultFound
	}
	return nil
}

// failWithoutEvents puts a fault into the report for each stored request before the one with the id before, or for all that are left
// if that is empty: they have no events. It returns errFaultFound if the audit ends because of one.
func (a *auditor) failWithoutEvents(requests *storedRequests, before request.ID) error {
	for ; requests.id != nil && (before == "" || request.ID(requests.id) < before); requests.next() {
		if a.fail(Fault{Kind: Foreign, Request: request.ID(requests.id)}, noEvents); a.stopped() {
			return errFaultFound
		}
	}
	return nil
}

// checkRequest adds a fault if a folded request is not as it is stored. The parameter there says whether that is stored at all.
func (a *auditor) checkRequest(f *foldedLife, there bool) {
	switch {
	case !there:
		a.fail(Fault{Kind: Removed, Request: f.id}, request.Sentencef("audit_request_missing", "the request is missing, but its events are there: restore it with countersignctl audit --rebuild"))
	case !f.same:
		a.fail(Fault{Kind: Altered, Request: f.id}, request.Sentencef("audit_request_changed", "the stored request does not agree with its events: correct it with countersignctl audit --rebuild"))
	default:
		a.report.Requests++
		a.progress.Requests++
	}
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
