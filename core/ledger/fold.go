package ledger

import (
	"errors"
	"fmt"

	"countersign/core/register"
	"countersign/core/request"
)

// foldedAtOnce is how many requests one goroutine of a rebuild folds before it hands over the results.
const foldedAtOnce = 256

// unfolded is a request of which a rebuild knows the events that have a journal entry.
type unfolded struct {
	id     request.ID
	number number
	events []storedEvent // in order
}

// storedEvent is an event as it is stored. It is added to the new file if added is set; otherwise it is there.
type storedEvent struct {
	bytes []byte
	added bool
}

// foldedRequest is a request with everything that is derived from its events.
type foldedRequest struct {
	request.Request
	unfolded
	stored          []byte // for bucketRequests; nil if there is no such request
	unfit           []Unfit
	sortKeys, terms [][]byte
	stats, visits   []pair
	launch          []byte // for bucketLaunches; nil for none
}

// foldRequests folds the requests on all processors, in the order of their ids, and puts what is derived from them into the new file or
// the sorters.
func (b *rebuilder) foldRequests() error {
	fold := func(all []unfolded) ([]foldedRequest, error) {
		results := make([]foldedRequest, len(all))
		for i, u := range all {
			f, err := b.fold(u)
			if err != nil {
				return nil, err
			}
			results[i] = f
		}
		return results, nil
	}
	return inOrder(b.ctx, b.guard, b.eachUnfolded, fold, func(all []foldedRequest) error {
		for _, f := range all {
			if err := b.putRequest(f); err != nil {
				return err
			}
		}
		return nil
	})
}

// eachUnfolded sends the requests whose events have journal entries, some at a time. It alone uses the old file meanwhile. The events are
// valid for as long as the transaction.
func (b *rebuilder) eachUnfolded(send func([]unfolded) error) error {
	var batch []unfolded
	var u unfolded
	events := forwardReader{cursor: b.old.Bucket(bucketEvents).Cursor()}
	finish := func(atLeast int) error {
		if len(u.events) > 0 {
			if u.number == 0 { // its first entry was removed; an audit reports that
				b.last++
				u.number = b.last
			}
			batch = append(batch, u)
		}
		if len(batch) < atLeast || len(batch) == 0 {
			return nil
		}
		all := batch
		batch = nil
		return send(all)
	}
	err := b.journaled.each(func(key, value []byte) error {
		id, seq := splitEventKey(key)
		if string(id) != string(u.id) {
			if err := finish(foldedAtOnce); err != nil {
				return err
			}
			u = unfolded{id: request.ID(id), number: parseNumber(value)}
		}
		if added := value[numberSize:]; len(added) > 0 {
			if len(u.events) != seq-1 {
				return fmt.Errorf("event %d of request %s does not follow event %d: %w", seq, id, len(u.events), request.ErrIllegal)
			}
			u.events = append(u.events, storedEvent{bytes: added, added: true})
			return nil
		}
		for len(u.events) < seq { // also if entries in between were removed; an audit reports that
			stored := events.get(eventKey(u.id, len(u.events)+1))
			if stored == nil {
				return fmt.Errorf("event %d of request %s: %w", len(u.events)+1, id, ErrNotFound)
			}
			u.events = append(u.events, storedEvent{bytes: stored})
		}
		return nil
	})
	if err != nil {
		return err
	}
	return finish(0)
}

// fold folds the events of a request. It may be called on several goroutines.
func (b *rebuilder) fold(u unfolded) (foldedRequest, error) {
	f := foldedRequest{Request: request.Request{ID: u.id}, unfolded: u}
	if b.copied && u.id == request.OfficeID {
		for i, stored := range u.events {
			if e, unfit := b.opts.unfitOfOffice(stored.bytes); unfit != nil {
				f.unfit = append(f.unfit, unfitEntry(register.Entry{Event: register.Event{Request: string(u.id), Seq: i + 1}}, e, unfit))
			}
		}
		return f, nil
	}
	for i, stored := range u.events {
		next, e, unfit := foldUnlessUnfit(f.Request, i+1, stored.bytes)
		if unfit != nil && !b.copied {
			return f, fmt.Errorf("request %s: %w", u.id, unfit)
		}
		if unfit != nil {
			f.unfit = append(f.unfit, unfitEntry(register.Entry{Event: register.Event{Request: string(u.id), Seq: i + 1}}, e, unfit))
			f.Request = next
			continue
		}
		// What stays whatever happens to the request later.
		if retainsStat(&f.Request, &next) {
			f.addStat()
		}
		if beginsVisit(&f.Request, &next) {
			f.visits = append(f.visits, pair{[]byte(next.Visit.ID), eventKey(u.id, next.Version)})
		}
		f.Request = next
	}
	if f.Version == 0 {
		return f, nil
	}
	f.addStat()
	f.sortKeys, f.terms = sortKeysOf(f.Request, u.number), termKeysOf(f.Request, u.number)
	if b.version < launchSchema {
		var err error
		if f.launch, err = olderLaunchOf(f.Request, u.events); err != nil {
			return f, err
		}
	}
	f.stored = encodeRequest(f.Request, u.number)
	return f, nil
}

func (f *foldedRequest) addStat() {
	key, value := encodeAttemptStat(&f.Request, f.number)
	f.stats = append(f.stats, pair{key, value})
}

// putRequest puts what is derived from a request: keys that begin with the id into the new file, and the others into the sorters.
func (b *rebuilder) putRequest(f foldedRequest) error {
	for i, e := range f.events {
		if e.added {
			if err := b.put(bucketEvents, eventKey(f.id, i+1), e.bytes); err != nil {
				return err
			}
		}
	}
	b.unfit = append(b.unfit, f.unfit...)
	if f.stored == nil {
		return nil
	}
	id := []byte(f.id)
	if err := b.put(bucketRequests, id, f.stored); err != nil {
		return err
	}
	if f.launch != nil {
		if err := b.put(bucketLaunches, []byte(f.Visit.ID), f.launch); err != nil {
			return err
		}
	}
	b.counts[groupOf(f.Request)]++
	if err := b.numbers.add(f.number.bytes(), id); err != nil {
		return err
	}
	if f.HasPendingWork() {
		if err := b.unfinished.add(f.number.bytes(), nil); err != nil {
			return err
		}
	}
	return errors.Join(b.sortKeys.addKeys(f.sortKeys), b.terms.addKeys(f.terms), b.stats.addPairs(f.stats), b.visits.addPairs(f.visits))
}
