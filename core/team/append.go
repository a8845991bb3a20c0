package team

import (
	"context"
	"errors"
	"fmt"
	"strconv"
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
// adds nothing and fails with [ErrParted]. The entries have their links if they follow that one, or the beginning of the register, at once; otherwise others are before them
// that the caller has to read as well, and their links are the zero value.
// A caller that does not know whether an earlier call was carried out calls Append again with the key and the events of that
// call, and gets the entries that they have. It fails with [ErrConflict] if another desk was first, with [ErrRefused]
// if the server does not take the events from this login, and with [ErrBusy] or [ErrUnreachable] if it may go better later.
// An event has at most 256 KiB.
func (o *Office) Append(ctx context.Context, key uuid.UUID, read register.Head, events ...register.Event) ([]register.Entry, error) {
	requests, seqs, contents := make([]string, len(events)), make([]int, len(events)), make([][]byte, len(events))
	for i, e := range events {
		requests[i], seqs[i], contents[i] = e.Request, e.Seq, e.Content
	}
	var numbers []int
	var has bool // the entry read; one whose answer was lost is told of its entries also if it does not
	err := o.call(ctx, func() error {
		return o.pool.QueryRow(ctx, `SELECT countersign.append($1, $2, $3, $4), register.has
			FROM (SELECT $5::bigint = 0 OR EXISTS (SELECT FROM countersign.events WHERE number = $5::bigint AND link = $6) AS has) AS register
			WHERE register.has OR EXISTS (SELECT FROM countersign.events AS e WHERE e.key = $1)`,
			key, requests, seqs, contents, read.Count, read.Link[:]).Scan(&numbers, &has)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, ErrParted
	}
	if err == nil && len(numbers) != len(events) {
		err = fmt.Errorf("office: %d entries for %d events", len(numbers), len(events))
	}
	if err != nil {
		return nil, err
	}
	var chain register.Hasher
	entries, link := make([]register.Entry, len(events)), read.Link
	for i, e := range events {
		entries[i] = register.Entry{Number: numbers[i], Event: e}
		if has && numbers[i] == read.Count+1+i { // the server computes the same
			link = chain.Link(link, chain.Entry(e.Request, e.Seq, e.Content))
			entries[i].Link = link
		}
	}
	return entries, nil
}

// Entries returns the entries after a number, in their order, and not more than limit. The caller checks their links. It fails with
// [ErrNewer] if the office's format was raised beyond what this program knows, since one of the entries may be of that format.
func (o *Office) Entries(ctx context.Context, after int, limit int) (entries []register.Entry, err error) {
	var format int
	err = o.call(ctx, func() error {
		ask := o.pool.Query
		if conn, ok := ctx.Value(listening{}).(*pgx.Conn); ok {
			ask = conn.Query
		}
		// One statement sees one state, so the format is that of the last of the entries or a later one.
		rows, err := ask(ctx, `SELECT number, request, seq, event, link, (SELECT format FROM countersign.office) FROM countersign.events
			WHERE number > $1 ORDER BY number LIMIT $2`, after, limit)
		if err != nil {
			return err
		}
		entries, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (e register.Entry, err error) {
			return e, row.Scan(&e.Number, &e.Request, &e.Seq, &e.Content, hash(&e.Link), &format)
		})
		if err != nil || len(entries) > 0 {
			return err
		}
		return o.pool.QueryRow(ctx, "SELECT format FROM countersign.office").Scan(&format)
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

// listening is the key of the connection that listens, in the context that heard gets.
type listening struct{}

// Listen calls heard whenever there may be new entries: once as soon as it listens, so that a caller that reads then misses nothing,
// whenever the server says so, and after each interval without word from it, since what a server says can get lost. The number is that of the new
// entry, as the server says, or 0. Whoever has a login can say something here, so it is a hint and nothing more. With the context that heard gets,
// [Office.Entries] asks on the connection that listens, whose process at the server is awake. Listen returns when ctx ends or the connection is lost. The
// function heard is called on the goroutine of Listen.
func (o *Office) Listen(ctx context.Context, interval time.Duration, heard func(ctx context.Context, number int)) error {
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
	for number := 0; ; {
		heard(context.WithValue(ctx, listening{}, conn), number)
		number = 0
		wait, cancel := context.WithTimeout(ctx, interval)
		said, err := conn.WaitForNotification(wait)
		if err == nil {
			number, _ = strconv.Atoi(said.Payload)
		}
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
