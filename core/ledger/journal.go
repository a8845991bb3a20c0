package ledger

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"

	"countersign/core/register"
	"countersign/core/request"
)

// entry is one line of the journal: which event came next, and the chain up to it.
type entry struct {
	link register.Hash
	seq  int
	id   request.ID
}

func parseEntry(b []byte) (entry, error) {
	var e entry
	if len(b) <= len(e.link)+8 {
		return e, errors.New("a journal entry is too short")
	}
	copy(e.link[:], b)
	e.seq = decodeNumber(b[len(e.link) : len(e.link)+8])
	e.id = request.ID(b[len(e.link)+8:])
	return e, nil
}

func (e entry) bytes() []byte {
	return append(binary.BigEndian.AppendUint64(e.link[:], uint64(e.seq)), e.id...)
}

// lastEntry gives the number and the link of the journal's last entry.
func lastEntry(tx *bolt.Tx) (n int, link register.Hash, err error) {
	last, value := tx.Bucket(bucketJournal).Cursor().Last()
	if last == nil {
		return 0, register.Hash{}, nil
	}
	e, err := parseEntry(value)
	return decodeNumber(last), e.link, err
}

// appendEntry adds an event to the end of the journal.
func appendEntry(tx *bolt.Tx, id request.ID, seq int, stored []byte) error {
	n, previous, err := lastEntry(tx)
	if err != nil {
		return err
	}
	var c register.Chain
	e := entry{c.Link(previous, c.Entry(string(id), seq, stored)), seq, id}
	if err := tx.Bucket(bucketJournal).Put(encodeNumber(n+1), e.bytes()); err != nil {
		return fmt.Errorf("write journal: %w", err)
	}
	return nil
}

// Migration is what became of a register that was kept in an older form: it was chained anew, and
// is signed from then on.
type Migration struct {
	At      time.Time `json:"at"`
	Entries int       `json:"entries"`         // that held in the older form
	Head    string    `json:"head,omitempty"`  // the last link of these in the older form, in hex
	Fault   *Fault    `json:"fault,omitempty"` // the first entry that did not hold any more when it was taken over
}

// add notes an entry of the older form, whose link ought to be what is computed.
func (t *Migration) add(n int, e entry, computed register.Hash) {
	if n != t.Entries+1 || e.link != computed {
		t.Fault = &Fault{Kind: Altered, Number: n, Request: e.id, Seq: e.seq, Problem: "the chain did not hold here any more when it was brought to its present form"}
		return
	}
	t.Entries, t.Head = n, e.link.String()
}

// legacyLink is the link of the older form: of the link before, the event's key, and its bytes.
func legacyLink(previous register.Hash, id request.ID, seq int, stored []byte) register.Hash {
	h := sha256.New()
	h.Write(previous[:])
	h.Write(eventKey(id, seq))
	h.Write(stored)
	return register.Hash(h.Sum(nil))
}
