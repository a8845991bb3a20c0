package ledger

import (
	"context"

	bolt "go.etcd.io/bbolt"

	"countersign/core/request"
)

// Notice has the events that were committed since the previous notice that [Ledger.Watch] sent.
type Notice struct {
	Events []RequestEvent
	// Missed is true if there were too many events to list, or they could not be read. Events
	// is empty then, and the watcher has to read again whatever it shows.
	Missed bool
}

// RequestEvent is an event and the request it belongs to.
type RequestEvent struct {
	ID    request.ID
	Event request.Event
}

// backlog is the largest number of events in a notice.
const backlog = 1000

// Watch sends a notice of everything that is committed from now on, by this process or by
// others that use the home. A slow receiver delays nobody: it gets later events together in
// its next notice, or a notice with Missed. The channel is closed when ctx is done or the
// ledger is closed.
func (l *Ledger) Watch(ctx context.Context) (<-chan Notice, error) {
	l.followOnce.Do(l.followFile)
	// Listen before reading, so that no change is missed in between.
	news := l.changes.Listen()
	at, err := l.lastNumber(ctx) // the last entry that the receiver knows
	if err != nil {
		return nil, err
	}
	notices := make(chan Notice)
	started := l.background(func() {
		defer close(notices)
		for {
			select {
			case <-news:
			case <-ctx.Done():
				return
			case <-l.stopped.Done():
				return
			}
			news = l.changes.Listen()
			notice, last, err := l.noticeSince(ctx, at)
			switch {
			case ctx.Err() != nil:
				return
			case err != nil:
				l.opts.Log.Warn("could not read what changed", "error", err)
				notice = Notice{Missed: true}
			case last == at:
				continue
			default:
				at = last
			}
			select {
			case notices <- notice:
			case <-ctx.Done():
				return
			case <-l.stopped.Done():
				return
			}
		}
	})
	if !started {
		close(notices)
	}
	return notices, nil
}

// lastNumber returns the number of the last journal entry, 0 if there is none.
func (l *Ledger) lastNumber(ctx context.Context) (n int, err error) {
	err = l.readTx(ctx, func(tx *bolt.Tx) error {
		last, _ := tx.Bucket(bucketJournal).Cursor().Last()
		n = decodeNumber(last)
		return nil
	})
	return n, err
}

// noticeSince returns a notice of the events whose entries come after number n, and the
// number of the last entry. If there are more than backlog, the notice only has Missed.
func (l *Ledger) noticeSince(ctx context.Context, n int) (notice Notice, last int, err error) {
	err = l.readTx(ctx, func(tx *bolt.Tx) error {
		cursor, copied := tx.Bucket(bucketJournal).Cursor(), isCopy(tx)
		k, _ := cursor.Last()
		last = decodeNumber(k)
		if last-n > backlog {
			notice.Missed = true
			return nil
		}
		for k, v := cursor.Seek(encodeNumber(n + 1)); k != nil; k, v = cursor.Next() {
			entry, err := parseEntry(v)
			if err != nil {
				return err
			}
			if copied && (entry.id == request.OfficeID || tx.Bucket(bucketUnfit).Get(k) != nil) {
				continue // nothing has happened to a request
			}
			e, err := readEvent(tx, entry.id, entry.seq)
			if err != nil {
				return err
			}
			notice.Events = append(notice.Events, RequestEvent{ID: entry.id, Event: e})
		}
		return nil
	})
	return notice, last, err
}
