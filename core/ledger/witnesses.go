package ledger

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"

	bolt "go.etcd.io/bbolt"

	"countersign/core/register"
)

// storedWitness is the JSON of a witness in bucketWitnesses. Its key there is the number of the entry and the name of the desk.
type storedWitness struct {
	storedCheckpoint
	Key []byte `json:"key"`
}

func witnessKey(w register.Witness) []byte { return append(encodeNumber(w.Count), w.Desk...) }

// KeepWitnesses keeps what desks of the office have signed, so that it is here when the server does not have it any more. The caller has checked the
// signatures. What is kept is never replaced. It fails with [ErrParted] if one is about an entry that this copy does not have, and keeps none then.
func (l *Ledger) KeepWitnesses(ctx context.Context, all []register.Witness) error {
	if len(all) == 0 {
		return nil
	}
	return l.writeTx(ctx, func(tx *bolt.Tx) error {
		if !isCopy(tx) {
			return ErrOtherOffice
		}
		kept := tx.Bucket(bucketWitnesses)
		for _, w := range all {
			if !containsHead(tx, w.Head) {
				return PartedAt(w.Count)
			}
			if kept.Get(witnessKey(w)) != nil {
				continue
			}
			stored, err := json.Marshal(storedWitness{storedCheckpoint{Link: w.Link.String(), At: w.At, Signature: w.Signature}, w.Key})
			if err != nil {
				return fmt.Errorf("encode a witness: %w", err)
			}
			if err := kept.Put(witnessKey(w), stored); err != nil {
				return err
			}
		}
		return nil
	})
}

// Witnesses returns what is kept of what desks have signed of the entries after one number up to another, in the order of the entries and then of the
// desks. A home of its own has none.
func (l *Ledger) Witnesses(ctx context.Context, after, until int) (all []register.Witness, err error) {
	err = l.readTx(ctx, func(tx *bolt.Tx) (err error) {
		all = nil
		kept := witnessesAfter(tx, after)
		for n := kept.number(); n > 0 && n <= until; n = kept.number() {
			if all, err = kept.appendOf(all, n); err != nil {
				return err
			}
		}
		return nil
	})
	return all, err
}

// witnessCursor reads the witnesses of one entry after the other. A home of its own has none.
type witnessCursor struct {
	register string
	cursor   *bolt.Cursor
	k, v     []byte
}

// witnessesAfter returns the witnesses of the entries after number n.
func witnessesAfter(tx *bolt.Tx, n int) *witnessCursor {
	kept := tx.Bucket(bucketWitnesses)
	if kept == nil {
		return &witnessCursor{}
	}
	c := &witnessCursor{register: registerID(tx), cursor: kept.Cursor()}
	c.k, c.v = c.cursor.Seek(encodeNumber(n + 1))
	return c
}

// number returns the number of the entry of the next witness, or 0 if there is none.
func (c *witnessCursor) number() int { return decodeNumber(c.k[:min(len(c.k), 8)]) }

// appendOf appends the witnesses of entry n, which must be those that come next.
func (c *witnessCursor) appendOf(all []register.Witness, n int) ([]register.Witness, error) {
	for ; c.number() == n; c.k, c.v = c.cursor.Next() {
		var s storedWitness
		if err := json.Unmarshal(c.v, &s); err != nil {
			return nil, errBadCheckpoint
		}
		link, err := register.ParseHash(s.Link)
		if err != nil {
			return nil, errBadCheckpoint
		}
		all = append(all, register.Witness{
			Desk: string(c.k[8:]), Key: ed25519.PublicKey(s.Key),
			Checkpoint: register.Checkpoint{Head: register.Head{Register: c.register, Count: n, Link: link, At: s.At}, Signature: s.Signature},
		})
	}
	return all, nil
}
