package ledger

import (
	"context"
	"encoding/json"
	"fmt"

	bolt "go.etcd.io/bbolt"

	"countersign/core/register"
	"countersign/core/request"
)

// foldUnlessUnfit applies an event of an office's register to a request. Somebody with a login can append an event that cannot be read or
// cannot have happened. Such an event must not stop anybody: it counts as a version and changes nothing, and unfit says why. If it is the
// first of its request, there is no request: after has version 0.
func foldUnlessUnfit(before request.Request, seq int, stored []byte) (after request.Request, e request.Event, unfit error) {
	e, unfit = decodeEvent(before.ID, seq, stored)
	if unfit == nil && e.Seq != seq {
		unfit = fmt.Errorf("it says that it is event %d: %w", e.Seq, request.ErrIllegal)
	}
	if unfit == nil {
		if after, unfit = before.Apply(e); unfit == nil {
			return after, e, nil
		}
	}
	if after = before; before.Version > 0 {
		after.Version = seq
	}
	return after, e, unfit
}

// unfitOfOffice returns an event of the office that belongs to no request, as far as it can be read, and why it makes no sense; nil if it does.
func (o Options) unfitOfOffice(stored []byte) (e request.Event, unfit error) {
	if o.CheckOfficeEvent == nil {
		return e, nil
	}
	if unfit = o.CheckOfficeEvent(stored); unfit == nil {
		return e, nil
	}
	var said struct {
		By   string `json:"by"`
		Desk string `json:"desk"`
	}
	_ = json.Unmarshal(stored, &said)
	e.By, e.Desk = said.By, said.Desk
	return e, unfit
}

// Unfit is an entry of an office's register whose event cannot be read, cannot have happened or makes no sense.
type Unfit struct {
	Number  int        `json:"number"` // of the entry
	Request request.ID `json:"request"`
	Seq     int        `json:"seq"`
	Desk    string     `json:"desk,omitempty"` // of the event, as far as it could be read
	By      string     `json:"by,omitempty"`
	Problem string     `json:"problem"` // an English sentence for the user

	request.Cause // of Problem
}

func unfitEntry(e register.Entry, event request.Event, cause error) Unfit {
	problem := request.SentenceOf(cause)
	return Unfit{Number: e.Number, Request: request.ID(e.Request), Seq: e.Seq, Desk: event.Desk, By: event.By, Problem: problem.Text, Cause: problem.Cause}
}

func putUnfit(tx *bolt.Tx, u Unfit) error {
	stored, err := json.Marshal(u)
	if err != nil {
		return fmt.Errorf("encode an entry that does not fit: %w", err)
	}
	return tx.Bucket(bucketUnfit).Put(encodeNumber(u.Number), stored)
}

// maxUnfit is the largest number of entries that Unfit returns.
const maxUnfit = 1000

// Unfit returns the entries of an office's register that do not fit, the oldest first and at most 1000 of them. A home of its own has none.
func (l *Ledger) Unfit(ctx context.Context) (all []Unfit, err error) {
	err = l.readTx(ctx, func(tx *bolt.Tx) error {
		all = nil
		if !isCopy(tx) {
			return nil
		}
		c := tx.Bucket(bucketUnfit).Cursor()
		for k, v := c.First(); k != nil && len(all) < maxUnfit; k, v = c.Next() {
			var u Unfit
			if err := json.Unmarshal(v, &u); err != nil {
				return fmt.Errorf("decode an entry that does not fit: %w", err)
			}
			all = append(all, u)
		}
		return nil
	})
	return all, err
}
