package ledger

import (
	"bytes"
	"context"

	bolt "go.etcd.io/bbolt"

	"countersign/core/request"
)

// OfficeEvent is an event of an office that belongs to no request.
type OfficeEvent struct {
	Seq     int    // its position among these events
	Content []byte // its JSON
}

// OfficeEvents returns the events of an office that belong to no request, behind one with a sequence number and in their order. A home of its
// own has none.
func (l *Ledger) OfficeEvents(ctx context.Context, after int) (events []OfficeEvent, err error) {
	err = l.readTx(ctx, func(tx *bolt.Tx) error {
		events = nil
		c := tx.Bucket(bucketEvents).Cursor()
		for k, v := c.Seek(eventKey(request.OfficeID, after+1)); k != nil; k, v = c.Next() {
			id, seq := parseEventKey(k)
			if id != request.OfficeID {
				break
			}
			events = append(events, OfficeEvent{seq, bytes.Clone(v)})
		}
		return nil
	})
	return events, err
}

// Format returns the format of the office's register, as this desk knows it: which kinds of events it may have. It is 0 for a home of its own.
func (l *Ledger) Format(ctx context.Context) (format int, err error) {
	err = l.readTx(ctx, func(tx *bolt.Tx) error {
		if format = 0; isCopy(tx) {
			format = max(1, decodeNumber(tx.Bucket(bucketMeta).Get(keyFormat)))
		}
		return nil
	})
	return format, err
}

// noteFormat stores the format that the server has said.
func (l *Ledger) noteFormat(ctx context.Context) error {
	said := l.opts.Office.Server.Format()
	if known, err := l.Format(ctx); err != nil || said <= known {
		return err
	}
	return l.writeTx(ctx, func(tx *bolt.Tx) error {
		if !isCopy(tx) {
			return ErrOtherOffice
		}
		return tx.Bucket(bucketMeta).Put(keyFormat, encodeNumber(said))
	})
}
