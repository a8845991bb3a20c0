package ledger

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	bolt "go.etcd.io/bbolt"

	"countersign/core/request"
)

// Change is a list of events to append to one request.
type Change struct {
	ID      request.ID
	Version int             // the version that the caller read; 0 for a new request
	Events  []request.Event // the ledger sets Seq, and At where it is zero
}

// Append writes all changes or none, and returns the requests as they are after each change, in the
// order of the changes. It fails with [ErrConflict] if a request is no longer at the version of its
// change, and with [request.ErrIllegal] if an event cannot happen, or if a change has no valid id or no
// event. When the error is nil, the events are on disk.
//
// Append also signs the new entries if [Options.Signer] returns a key. If they cannot be signed, Append
// logs the reason and stores them unsigned.
func (l *Ledger) Append(ctx context.Context, changes ...Change) ([]request.Request, error) {
	p := &pendingAppend{ctx: ctx, changes: changes, key: l.signer(ctx)}
	l.appendInGroup(p)
	if p.err != nil {
		return nil, p.err
	}
	l.changes.Send()
	return p.after, nil
}

// appender appends changes in one transaction. The caller calls finish after the last one.
type appender struct {
	tx      *bolt.Tx
	now     func() time.Time
	indexes *indexChanges
}

func (l *Ledger) newAppender(tx *bolt.Tx) *appender {
	return &appender{tx: tx, now: l.opts.Now, indexes: newIndexChanges()}
}

// finish writes what was collected of all changes.
func (a *appender) finish() error { return a.indexes.write(a.tx) }

func (a *appender) append(c Change) (request.Request, error) {
	tx := a.tx
	if c.ID == "" || strings.ContainsFunc(string(c.ID), invalidInID) || len(c.Events) == 0 {
		return request.Request{}, fmt.Errorf("a change needs an id and an event: %w", request.ErrIllegal)
	}
	n := numberOf(tx, c.ID)
	before, err := request.Request{ID: c.ID}, error(nil)
	if n > 0 {
		before, err = readRequest(tx, c.ID)
	}
	if err != nil {
		return request.Request{}, err
	}
	if before.Version != c.Version {
		return request.Request{}, request.Errorf("request_version", "request %s is at version %d, not %d: %w", c.ID, before.Version, c.Version, ErrConflict)
	}
	if n == 0 {
		if n, err = addNumber(tx, c.ID); err != nil {
			return request.Request{}, err
		}
	}
	now := a.now()
	after := before
	var awaited []request.Visit // the visits from which a return was awaited before one of the events
	for _, e := range c.Events {
		e.Seq = after.Version + 1
		if e.At.IsZero() {
			e.At = now
		}
		e.At = e.At.UTC().Truncate(time.Millisecond)
		if err := keepLaunch(tx, e, now); err != nil {
			return request.Request{}, err
		}
		ticket, err := ticketOf(tx, cmp.Or(e.Visit, after.Visit))
		if err != nil {
			return request.Request{}, err
		}
		// Fold the event as it is stored, so that a later fold has the same result.
		if e, err = writeEvent(tx, c.ID, e, ticket); err != nil {
			return request.Request{}, err
		}
		next, err := after.Apply(e)
		if err != nil {
			return request.Request{}, err
		}
		if err := errors.Join(deriveVisit(tx, after, next), deriveAttemptStat(tx, after, next, n)); err != nil {
			return request.Request{}, err
		}
		if after.AwaitsReturn() {
			awaited = append(awaited, *after.Visit)
		}
		after = next
	}
	if err := storeRequest(tx, after, n); err != nil {
		return request.Request{}, err
	}
	a.indexes.note(before, after, n)
	if err := endLaunches(tx, awaited, now); err != nil {
		return request.Request{}, err
	}
	return after, addAddresses(tx, &after)
}

// invalidInID reports whether r must not occur in an id, because it would end the id in a key
// or in a line of the register's text form.
func invalidInID(r rune) bool { return r <= ' ' || r == utf8.RuneError }

// writeEvent stores an event with its journal entry, and returns it as it will be read. Wherever ticket
// occurs in the event, it is left out; see hideTicket.
func writeEvent(tx *bolt.Tx, id request.ID, e request.Event, ticket string) (request.Event, error) {
	stored, err := json.Marshal(e)
	if err != nil {
		return request.Event{}, fmt.Errorf("encode event: %w", err)
	}
	stored = hideTicket(stored, ticket)
	if err := tx.Bucket(bucketEvents).Put(eventKey(id, e.Seq), stored); err != nil {
		return request.Event{}, fmt.Errorf("write event: %w", err)
	}
	if err := appendEntry(tx, id, e.Seq, stored); err != nil {
		return request.Event{}, err
	}
	return readEvent(tx, id, e.Seq)
}
