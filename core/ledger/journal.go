package ledger

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"

	"countersign/core/register"
	"countersign/core/request"
)

// entry is a journal entry: it names an event by its request and sequence number, and has the link
// up to this event.
type entry struct {
	link register.Hash
	seq  int
	id   request.ID
}

// parseEntry decodes what entry.bytes made. The entry shares no memory with b.
func parseEntry(b []byte) (entry, error) {
	var e entry
	if len(b) <= len(e.link)+8 {
		return e, request.Errorf("audit_entry_short", "a journal entry is too short")
	}
	copy(e.link[:], b)
	e.seq = decodeNumber(b[len(e.link) : len(e.link)+8])
	e.id = request.ID(b[len(e.link)+8:])
	return e, nil
}

func (e entry) bytes() []byte {
	return append(binary.BigEndian.AppendUint64(e.link[:], uint64(e.seq)), e.id...) // #nosec G115 -- entries are counted from 1
}

// lastEntry returns the number and the link of the journal's last entry; the number is 0 for
// an empty journal. It returns the number also when it cannot decode the entry.
func lastEntry(tx *bolt.Tx) (n int, link register.Hash, err error) {
	last, value := tx.Bucket(bucketJournal).Cursor().Last()
	if last == nil {
		return 0, register.Hash{}, nil
	}
	e, err := parseEntry(value)
	return decodeNumber(last), e.link, err
}

// appendEntry adds the entry of an event to the end of the journal.
func appendEntry(tx *bolt.Tx, id request.ID, seq int, stored []byte) error {
	n, previous, err := lastEntry(tx)
	if err != nil {
		return err
	}
	var chain register.Hasher
	return putEntry(tx, n+1, entry{chain.Link(previous, chain.Entry(string(id), seq, stored)), seq, id})
}

// putEntry stores an entry behind the last one.
func putEntry(tx *bolt.Tx, n int, e entry) error {
	journal := tx.Bucket(bucketJournal)
	journal.FillPercent = sequentialFill
	if err := journal.Put(encodeNumber(n), e.bytes()); err != nil {
		return fmt.Errorf("write journal: %w", err)
	}
	return nil
}

// Migration records that the journal of a schema before chainSchema got new links. Checkpoints
// exist only for the new links.
type Migration struct {
	At      time.Time `json:"at"`
	Entries int       `json:"entries"`         // how many had correct old links
	Head    string    `json:"head,omitempty"`  // the old link of the last of these, in hex
	Fault   *Fault    `json:"fault,omitempty"` // the first entry whose old link was wrong; nil if there was none
}

// add counts e, which is entry n of the old journal. If its link is not the computed one, add sets
// Fault instead.
func (t *Migration) add(n int, e entry, computed register.Hash) {
	if n != t.Entries+1 || e.link != computed {
		t.Fault = &Fault{Kind: Altered, Number: n, Request: e.id, Seq: e.seq}
		problem := request.Sentencef("audit_broken_before", "the chain was already broken here when it was converted to its present form")
		t.Fault.Problem, t.Fault.Cause = problem.Text, problem.Cause
		return
	}
	t.Entries, t.Head = n, e.link.String()
}

// legacyLink computes a link as schemas before chainSchema did: the SHA-256 of the previous
// link, the key of the event and its bytes.
func legacyLink(previous register.Hash, id request.ID, seq int, stored []byte) register.Hash {
	h := sha256.New()
	h.Write(previous[:])
	h.Write(eventKey(id, seq))
	h.Write(stored)
	return register.Hash(h.Sum(nil))
}
