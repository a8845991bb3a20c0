package ledger

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"strings"

	bolt "go.etcd.io/bbolt"

	"countersign/core/request"
)

// Get returns one request, or [ErrNotFound].
func (l *Ledger) Get(ctx context.Context, id request.ID) (request.Request, error) {
	var r request.Request
	err := l.readTx(ctx, func(tx *bolt.Tx) (err error) { r, err = readRequest(tx, id); return err })
	return r, err
}

func readRequest(tx *bolt.Tx, id request.ID) (request.Request, error) {
	stored := tx.Bucket(bucketRequests).Get([]byte(id))
	if stored == nil {
		return request.Request{}, request.Errorf("request_not_found", "request %s: %w", id, ErrNotFound)
	}
	r, err := decodeRequest(id, stored)
	if err != nil {
		return request.Request{}, err
	}
	return r, addAddresses(tx, &r)
}

// readNumber returns the request with the number n, which an index entry has.
func readNumber(tx *bolt.Tx, n number) (request.Request, error) {
	id := idOf(tx, n)
	if id == "" {
		return request.Request{}, listError(fmt.Errorf("there is no request %d", n))
	}
	return readRequest(tx, id)
}

// FindByPrefix returns the request ids that begin with prefix, sorted, at most limit of them.
func (l *Ledger) FindByPrefix(ctx context.Context, prefix string, limit int) ([]request.ID, error) {
	var ids []request.ID
	err := l.readTx(ctx, func(tx *bolt.Tx) error {
		c := tx.Bucket(bucketRequests).Cursor()
		for k, _ := c.Seek([]byte(prefix)); k != nil && bytes.HasPrefix(k, []byte(prefix)) && len(ids) < limit; k, _ = c.Next() {
			ids = append(ids, request.ID(k))
		}
		return nil
	})
	return ids, err
}

// FindByRemoteID returns the ids of the requests whose added remote id at the gateway is remoteID:
// they were added by it, instead of with documents. The oldest request is the first.
func (l *Ledger) FindByRemoteID(ctx context.Context, gateway, remoteID string) ([]request.ID, error) {
	return l.byExactTerm(ctx, remoteIDTerm(gateway, remoteID))
}

// RemoteKey is a gateway's name, and the id that the gateway has for a request.
type RemoteKey struct{ Gateway, ID string }

// NewestByRemoteID returns for each key the newest of the requests that [Ledger.FindByRemoteID] finds, and the zero
// value, with version 0, for a key without one. All are read in one transaction, which is faster than one by one.
func (l *Ledger) NewestByRemoteID(ctx context.Context, keys []RemoteKey) ([]request.Request, error) {
	found := make([]request.Request, len(keys))
	err := l.readTx(ctx, func(tx *bolt.Tx) error {
		for i, key := range keys {
			var newest number
			for n, err := range byTermPrefix(tx, remoteIDTerm(key.Gateway, key.ID)+"\x00") {
				if err != nil {
					return err
				}
				newest = n
			}
			if newest == 0 {
				continue
			}
			r, err := readNumber(tx, newest)
			if err != nil {
				return err
			}
			found[i] = r
		}
		return nil
	})
	return found, err
}

// FindByDocument returns the ids of the requests that were added with the document of that SHA-256
// in hex, the oldest first. It does not find the signed files that a gateway returned.
func (l *Ledger) FindByDocument(ctx context.Context, sha256 string) ([]request.ID, error) {
	return l.byExactTerm(ctx, exactTerm(documentPrefix, sha256))
}

// byExactTerm returns the ids of the requests that have the exact term, the oldest first.
func (l *Ledger) byExactTerm(ctx context.Context, term string) ([]request.ID, error) {
	var ids []request.ID
	err := l.readTx(ctx, func(tx *bolt.Tx) error {
		ids = nil
		for n, err := range byExactTerms(tx, term) {
			if err != nil {
				return err
			}
			ids = append(ids, idOf(tx, n))
		}
		return nil
	})
	return ids, err
}

// People returns the names of everyone who added a request, sorted.
func (l *Ledger) People(ctx context.Context) ([]string, error) {
	return l.exactTermNames(ctx, personPrefix)
}

// GatewaysUsed returns the names of all gateways that requests were added for, sorted. Some of
// them may no longer be configured.
func (l *Ledger) GatewaysUsed(ctx context.Context) ([]string, error) {
	return l.exactTermNames(ctx, gatewayPrefix)
}

// DesksUsed returns the names of all desks of an office at which a visit of a request began, sorted. There are none in a home of its own.
func (l *Ledger) DesksUsed(ctx context.Context) ([]string, error) {
	return l.exactTermNames(ctx, deskPrefix)
}

// exactTermNames returns the names in the exact terms with a prefix, sorted.
func (l *Ledger) exactTermNames(ctx context.Context, prefix string) (names []string, err error) {
	err = l.readTx(ctx, func(tx *bolt.Tx) error { names, err = namesInTerms(tx, prefix); return err })
	return names, err
}

// namesInTerms does the work of exactTermNames.
func namesInTerms(tx *bolt.Tx, prefix string) (names []string, err error) {
	terms, err := termsWithPrefix(tx, prefix, math.MaxInt)
	for _, term := range terms {
		names = append(names, strings.TrimPrefix(term, prefix))
	}
	return names, err
}

// termsWithPrefix returns the terms that begin with a prefix, sorted, at most so many. It seeks from term to term, so that it does not read the
// entry of every request.
func termsWithPrefix(tx *bolt.Tx, prefix string, most int) (terms []string, err error) {
	c := termSet(tx).Cursor()
	for k := c.Seek([]byte(prefix)); bytes.HasPrefix(k, []byte(prefix)) && len(terms) < most; {
		term := string(k[:bytes.IndexByte(k, 0)])
		terms = append(terms, term)
		k = c.Seek([]byte(term + "\x01"))
	}
	if err := c.Err(); err != nil {
		return nil, listError(err)
	}
	return terms, nil
}

// CountByStatus returns the number of requests of each status, with or without those that are archived, and with or
// without practice requests. The map has an entry for every
// status; it is 0 if no request has that status. CountByStatus reads counters, not requests.
func (l *Ledger) CountByStatus(ctx context.Context, archived, practice Among) (map[request.Status]int, error) {
	counts := map[request.Status]int{}
	err := l.readTx(ctx, func(tx *bolt.Tx) error {
		for _, s := range request.Statuses() {
			counts[s] = 0
			for _, g := range groupsOf(s) {
				if !archived.includes(g.isArchived()) || !practice.includes(g.isPractice()) {
					continue
				}
				counts[s] += decodeNumber(tx.Bucket(bucketMeta).Get(counterKey(g)))
			}
		}
		return nil
	})
	return counts, err
}

// Unfinished returns the requests that are not finished: the program still has a step to take for
// them (see [request.Request.HasPendingWork]). The oldest is the first.
func (l *Ledger) Unfinished(ctx context.Context) ([]request.Request, error) {
	var open []request.Request
	err := l.readTx(ctx, func(tx *bolt.Tx) error {
		open = nil
		return tx.Bucket(bucketUnfinished).ForEach(func(k, _ []byte) error {
			r, err := readNumber(tx, parseNumber(k))
			if err != nil {
				return err
			}
			open = append(open, r)
			return nil
		})
	})
	return open, err
}

// Visit returns the visit with that id, whichever attempt it belongs to, or [ErrNotFound]. The visit
// has no addresses; see [Ledger.VisitByTicket]. It has its desk.
func (l *Ledger) Visit(ctx context.Context, id request.VisitID) (request.Visit, error) {
	var v request.Visit
	err := l.readTx(ctx, func(tx *bolt.Tx) (err error) { v, err = readVisit(tx, id); return err })
	return v, err
}

func readVisit(tx *bolt.Tx, id request.VisitID) (request.Visit, error) {
	stored := tx.Bucket(bucketVisits).Get([]byte(id))
	if stored == nil {
		return request.Visit{}, request.Errorf("visit_not_found", "visit: %w", ErrNotFound)
	}
	began, seq := parseEventKey(stored)
	e, err := readEvent(tx, began, seq)
	if err != nil {
		return request.Visit{}, err
	}
	if e.Visit == nil || e.Visit.ID != id {
		return request.Visit{}, listError(fmt.Errorf("event %d of request %s did not begin the visit", seq, began))
	}
	e.Visit.Desk = e.Desk
	return *e.Visit, nil
}

// Events returns all events of a request, the oldest first, or [ErrNotFound] if there is no such
// request.
func (l *Ledger) Events(ctx context.Context, id request.ID) ([]request.Event, error) {
	var events []request.Event
	err := l.readTx(ctx, func(tx *bolt.Tx) error {
		prefix := append([]byte(id), 0)
		c := tx.Bucket(bucketEvents).Cursor()
		for k, v := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, v = c.Next() {
			e, err := decodeEvent(id, len(events)+1, v)
			if err != nil && !isCopy(tx) { // what can be read of one that does not fit is read
				return err
			}
			events = append(events, e)
		}
		if len(events) == 0 {
			return request.Errorf("request_not_found", "request %s: %w", id, ErrNotFound)
		}
		return nil
	})
	return events, err
}

func readEvent(tx *bolt.Tx, id request.ID, seq int) (request.Event, error) {
	stored := tx.Bucket(bucketEvents).Get(eventKey(id, seq))
	if stored == nil {
		return request.Event{}, fmt.Errorf("event %d of request %s: %w", seq, id, ErrNotFound)
	}
	return decodeEvent(id, seq, stored)
}

func decodeEvent(id request.ID, seq int, stored []byte) (request.Event, error) {
	e, err := request.DecodeEvent(stored)
	if err != nil {
		return e, fmt.Errorf("decode event %d of request %s: %w", seq, id, err)
	}
	return e, nil
}
