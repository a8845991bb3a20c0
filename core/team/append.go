package team

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"countersign/core/register"
	"countersign/core/request"
)

// MaxEvents is the largest number of events that [Office.Append] takes at a time.
const MaxEvents = 1000

// NewKey returns a key for [Office.Append].
func NewKey() uuid.UUID { return uuid.Must(uuid.NewV7()) }

// Append adds events to the register, all or none, and returns their entries. When the error is nil, they are on the server's disk.
// The register must have the entry read, of which the count and the link are compared, unless that is the zero value; if it does not, Append
// adds nothing and fails with [ErrParted].
// A caller that does not know whether an earlier call was carried out calls Append again with the key and the events of that
// call, and gets the entries that they have. It fails with [ErrConflict] if another desk was first, with [ErrRefused]
// if the server does not take the events from this login, and with [ErrBusy] or [ErrUnreachable] if it may go better later.
// An event has at most 256 KiB.
func (o *Office) Append(ctx context.Context, key uuid.UUID, read register.Head, events ...register.Event) (entries []register.Entry, err error) {
	requests, seqs, contents := make([]string, len(events)), make([]int, len(events)), make([][]byte, len(events))
	for i, e := range events {
		requests[i], seqs[i], contents[i] = e.Request, e.Seq, e.Content
	}
	err = o.call(ctx, func() error {
		entries = make([]register.Entry, 0, len(events))
		// Both are sent at once, and are one transaction: the server answers once.
		var both pgx.Batch
		both.Queue(`SELECT countersign.append($1, $2, $3, $4)
			WHERE $5::bigint = 0 OR EXISTS (SELECT FROM countersign.events WHERE number = $5::bigint AND link = $6)`,
			key, requests, seqs, contents, read.Count, read.Link[:])
		both.Queue("SELECT number, link FROM countersign.events WHERE key = $1 ORDER BY number", key).Query(func(rows pgx.Rows) error {
			for i := 0; rows.Next() && i < len(events); i++ {
				e := register.Entry{Event: events[i]}
				if err := rows.Scan(&e.Number, hash(&e.Link)); err != nil {
					return err
				}
				entries = append(entries, e)
			}
			return rows.Err()
		})
		return o.pool.SendBatch(ctx, &both).Close()
	})
	if err == nil && len(entries) == 0 && len(events) > 0 {
		return nil, ErrParted
	}
	if err == nil && len(entries) != len(events) {
		err = fmt.Errorf("office: %d entries for %d events", len(entries), len(events))
	}
	if err != nil {
		return nil, err
	}
	return entries, nil
}

// Entries returns the entries after a number, in their order, and not more than limit. The caller checks their links. It fails with
// [ErrNewer] if the office's format was raised beyond what this program knows, since one of the entries may be of that format.
func (o *Office) Entries(ctx context.Context, after int, limit int) (entries []register.Entry, err error) {
	var format int
	err = o.call(ctx, func() error {
		// Both are sent at once. The format is read behind the entries, so it is that of the last of them or a later one.
		var both pgx.Batch
		both.Queue("SELECT number, request, seq, event, link FROM countersign.events WHERE number > $1 ORDER BY number LIMIT $2", after, limit).Query(func(rows pgx.Rows) (err error) {
			entries, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (e register.Entry, err error) {
				return e, row.Scan(&e.Number, &e.Request, &e.Seq, &e.Content, hash(&e.Link))
			})
			return err
		})
		both.Queue("SELECT format FROM countersign.office").QueryRow(func(row pgx.Row) error { return row.Scan(&format) })
		return o.pool.SendBatch(ctx, &both).Close()
	})
	if err == nil {
		err = o.noteFormat(format)
	}
	if err != nil {
		return nil, err
	}
	return entries, nil
}

// OfficeEvents returns the contents of the events that belong to no request, in their order. The first has the position 1.
func (o *Office) OfficeEvents(ctx context.Context) ([][]byte, error) {
	return collect(ctx, o, pgx.RowTo[[]byte], "SELECT event FROM countersign.events WHERE request = $1 ORDER BY seq", request.OfficeID)
}

// LastSeq returns the position of the last event of a request, or 0 if it has none.
func (o *Office) LastSeq(ctx context.Context, id request.ID) (seq int, err error) {
	err = o.call(ctx, func() error {
		return o.pool.QueryRow(ctx, "SELECT coalesce(max(seq), 0) FROM countersign.events WHERE request = $1", id).Scan(&seq)
	})
	return seq, err
}

// Listen calls heard whenever there may be new entries: once as soon as it listens, so that a caller that reads then misses nothing,
// whenever the server says so, and after each interval without word from it, since what a server says can get lost. It
// returns when ctx ends or the connection is lost. The function heard is called on the goroutine of Listen.
func (o *Office) Listen(ctx context.Context, interval time.Duration, heard func()) error {
	pooled, err := o.pool.Acquire(ctx)
	if err != nil {
		return explain(err)
	}
	conn := pooled.Hijack() // it goes on listening, so it is of no other use
	defer conn.Close(context.WithoutCancel(ctx))
	bounded := func(call func(context.Context) error) error {
		ctx, cancel := context.WithTimeout(ctx, connectTime)
		defer cancel()
		return explain(call(ctx))
	}
	if err := bounded(func(ctx context.Context) error { _, err := conn.Exec(ctx, "LISTEN countersign"); return err }); err != nil {
		return err
	}
	for {
		heard()
		wait, cancel := context.WithTimeout(ctx, interval)
		_, err := conn.WaitForNotification(wait)
		silent := wait.Err() != nil
		cancel()
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && silent:
			if err := bounded(conn.Ping); err != nil {
				return err
			}
		case err != nil:
			return explain(err)
		}
	}
}
