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
//
// With [Options.Office] the events are appended to the office's register first. Append then also fails as [Server.Append] does, and
// with [ErrParted]; after the error of a server that gave no answer the events may be there or not. The requests are returned as they
// are after the events, and after others that desks of the office may have appended since.
func (l *Ledger) Append(ctx context.Context, changes ...Change) ([]request.Request, error) {
	if l.opts.Office != nil {
		return l.appendAtOffice(ctx, changes)
	}
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
	if err := c.check(); err != nil {
		return request.Request{}, err
	}
	n := numberOf(tx, c.ID)
	before, err := request.Request{ID: c.ID}, error(nil)
	if n > 0 {
		before, err = readRequest(tx, c.ID)
	}
	if err != nil {
		return request.Request{}, err
	}
	if err := c.checkVersion(before); err != nil {
		return request.Request{}, err
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
		e = completed(e, after, now)
		if err := keepLaunch(tx, e, now); err != nil {
			return request.Request{}, err
		}
		// Fold the event as it is stored, so that a later fold has the same result.
		if e, err = writeEvent(tx, e, after); err != nil {
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

// check returns an error if the change has no valid id or no event.
func (c Change) check() error {
	if c.ID == "" || c.ID == request.OfficeID || strings.ContainsFunc(string(c.ID), invalidInID) || len(c.Events) == 0 {
		return fmt.Errorf("a change needs an id and an event: %w", request.ErrIllegal)
	}
	return nil
}

// checkVersion fails with ErrConflict unless r is at the version of the change.
func (c Change) checkVersion(r request.Request) error {
	if r.Version != c.Version {
		return request.Errorf("request_version", "request %s is at version %d, not %d: %w", c.ID, r.Version, c.Version, ErrConflict)
	}
	return nil
}

// completed returns an event with its position behind those of r and with its time, which is now unless it has one.
func completed(e request.Event, r request.Request, now time.Time) request.Event {
	e.Seq = r.Version + 1
	if e.At.IsZero() {
		e.At = now
	}
	e.At = e.At.UTC().Truncate(time.Millisecond)
	return e
}

// invalidInID reports whether r must not occur in an id, because it would end the id in a key
// or in a line of the register's text form.
func invalidInID(r rune) bool { return r <= ' ' || r == utf8.RuneError }

// encodeEvent returns an event of the request r as it is stored. It leaves out the ticket of the event's visit, or of that of r, wherever
// it occurs; see hideTicket. The launch of that visit is stored before.
func encodeEvent(tx *bolt.Tx, e request.Event, r request.Request) ([]byte, error) {
	ticket, err := ticketOf(tx, cmp.Or(e.Visit, r.Visit))
	if err != nil {
		return nil, err
	}
	stored, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("encode event: %w", err)
	}
	return hideTicket(stored, ticket), nil
}

// writeEvent stores an event of the request r with its journal entry, and returns it as it will be read.
func writeEvent(tx *bolt.Tx, e request.Event, r request.Request) (request.Event, error) {
	stored, err := encodeEvent(tx, e, r)
	if err != nil {
		return request.Event{}, err
	}
	if err := putEvent(tx, r.ID, e.Seq, stored); err != nil {
		return request.Event{}, err
	}
	if err := appendEntry(tx, r.ID, e.Seq, stored); err != nil {
		return request.Event{}, err
	}
	return readEvent(tx, r.ID, e.Seq)
}

func putEvent(tx *bolt.Tx, id request.ID, seq int, stored []byte) error {
	if err := tx.Bucket(bucketEvents).Put(eventKey(id, seq), stored); err != nil {
		return fmt.Errorf("write event: %w", err)
	}
	return nil
}
