package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"

	bolt "go.etcd.io/bbolt"

	"countersign/core/request"
)

// entry is one line of the journal: which event came next, and the chain up to it.
type entry struct {
	link [sha256.Size]byte
	seq  int
	id   request.ID
}

func parseEntry(b []byte) (entry, error) {
	var e entry
	if len(b) <= len(e.link)+8 {
		return e, errors.New("a journal entry is too short")
	}
	copy(e.link[:], b)
	e.seq = toInt(b[len(e.link) : len(e.link)+8])
	e.id = request.ID(b[len(e.link)+8:])
	return e, nil
}

func link(previous [sha256.Size]byte, id request.ID, seq int, stored []byte) [sha256.Size]byte {
	h := sha256.New()
	h.Write(previous[:])
	h.Write(eventKey(id, seq))
	h.Write(stored)
	return [sha256.Size]byte(h.Sum(nil))
}

// chain adds an event to the end of the journal.
func chain(tx *bolt.Tx, id request.ID, seq int, stored []byte) error {
	journal := tx.Bucket(bucketJournal)
	var previous [sha256.Size]byte
	last, value := journal.Cursor().Last()
	if last != nil {
		e, err := parseEntry(value)
		if err != nil {
			return err
		}
		previous = e.link
	}
	next := link(previous, id, seq, stored)
	value = binary.BigEndian.AppendUint64(next[:], uint64(seq))
	if err := journal.Put(number(toInt(last)+1), append(value, id...)); err != nil {
		return fmt.Errorf("write journal: %w", err)
	}
	return nil
}

// Audit is what a walk along the whole chain found.
type Audit struct {
	Events int    `json:"events"`          // entries walked, up to the fault if there is one
	Head   string `json:"head"`            // the last link that holds, in hex
	Fault  *Fault `json:"fault,omitempty"` // the first place that does not hold
}

// Fault is a place where the register was tampered with or damaged.
type Fault struct {
	Number  int        `json:"number"` // of the journal entry
	Request request.ID `json:"request,omitempty"`
	Seq     int        `json:"seq,omitempty"`
	Problem string     `json:"problem"`
}

// auditPiece is how many entries are read in one go, so that a long audit does not
// keep everyone else from writing.
const auditPiece = 10_000

// Audit walks the chain from the first event on and tells the first place that
// does not hold: an event that was altered or removed, an entry that was moved, an
// event that no entry knows. Events added while it walks are walked too.
func (l *Ledger) Audit(ctx context.Context) (Audit, error) {
	a := &auditor{seqs: map[request.ID]int{}}
	for done := false; !done && a.report.Fault == nil; {
		err := l.view(ctx, func(tx *bolt.Tx) (err error) {
			done, err = a.walk(ctx, tx)
			return err
		})
		if err != nil {
			return Audit{}, err
		}
	}
	return a.report, nil
}

type auditor struct {
	report Audit
	last   [sha256.Size]byte
	seqs   map[request.ID]int // the last sequence number met of each request
}

func (a *auditor) walk(ctx context.Context, tx *bolt.Tx) (done bool, err error) {
	cursor := tx.Bucket(bucketJournal).Cursor()
	k, v := cursor.Seek(number(a.report.Events + 1))
	for range auditPiece {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		if k == nil {
			return true, a.strays(tx)
		}
		if !a.check(tx, k, v) {
			return true, nil
		}
		k, v = cursor.Next()
	}
	return false, nil
}

func (a *auditor) check(tx *bolt.Tx, k, v []byte) bool {
	n := a.report.Events + 1
	if toInt(k) != n {
		return a.fault(n, "", 0, "a journal entry was removed")
	}
	e, err := parseEntry(v)
	if err != nil {
		return a.fault(n, "", 0, err.Error())
	}
	stored := tx.Bucket(bucketEvents).Get(eventKey(e.id, e.seq))
	switch {
	case stored == nil:
		return a.fault(n, e.id, e.seq, "the event was removed")
	case e.seq != a.seqs[e.id]+1:
		return a.fault(n, e.id, e.seq, "the events of the request are out of order")
	case link(a.last, e.id, e.seq, stored) != e.link:
		return a.fault(n, e.id, e.seq, "the event, or the chain before it, was altered")
	}
	a.last, a.seqs[e.id] = e.link, e.seq
	a.report.Events, a.report.Head = n, hex.EncodeToString(e.link[:])
	return true
}

// strays looks for events that the journal does not know.
func (a *auditor) strays(tx *bolt.Tx) error {
	events := tx.Bucket(bucketEvents)
	if events.Stats().KeyN == a.report.Events {
		return nil
	}
	return events.ForEach(func(k, _ []byte) error {
		if a.report.Fault != nil {
			return nil
		}
		id, seq := parseEventKey(k)
		if seq < 1 || seq > a.seqs[id] {
			a.fault(a.report.Events+1, id, seq, "an event was written past the journal")
		}
		return nil
	})
}

func (a *auditor) fault(n int, id request.ID, seq int, problem string) bool {
	a.report.Fault = &Fault{Number: n, Request: id, Seq: seq, Problem: problem}
	return false
}
