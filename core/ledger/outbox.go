package ledger

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"

	"countersign/core/request"
)

// KeptReturn is what a browser brought back while the office's server was out of reach. It is no event: what follows from it is decided
// when it is handed in.
type KeptReturn struct {
	At     time.Time      `json:"at"` // when the browser came back
	Return request.Return `json:"return"`
}

// key returns the key of the return in the outbox. A browser that comes back with the same once more is kept once.
func (k KeptReturn) key() ([]byte, error) {
	stored, err := json.Marshal(k.Return)
	sum := sha256.Sum256(stored)
	return sum[:], err
}

// KeepReturn stores a return in the outbox, unless it is there. When it returns nil, the return is on disk.
func (l *Ledger) KeepReturn(ctx context.Context, k KeptReturn) error {
	key, err := k.key()
	if err != nil {
		return fmt.Errorf("encode a return: %w", err)
	}
	stored, err := json.Marshal(k)
	if err != nil {
		return fmt.Errorf("encode a return: %w", err)
	}
	return l.writeTx(ctx, func(tx *bolt.Tx) error {
		if !isCopy(tx) {
			return ErrOtherOffice
		}
		outbox := tx.Bucket(bucketOutbox)
		if outbox.Get(key) != nil {
			return nil
		}
		return outbox.Put(key, stored)
	})
}

// KeptReturns returns the returns in the outbox, in no particular order. A home of its own has none.
func (l *Ledger) KeptReturns(ctx context.Context) (all []KeptReturn, err error) {
	err = l.readTx(ctx, func(tx *bolt.Tx) error {
		all = nil
		if !isCopy(tx) {
			return nil
		}
		return tx.Bucket(bucketOutbox).ForEach(func(_, v []byte) error {
			var k KeptReturn
			if err := json.Unmarshal(bytes.Clone(v), &k); err != nil {
				return fmt.Errorf("decode a return: %w", err)
			}
			all = append(all, k)
			return nil
		})
	})
	return all, err
}

// RemoveReturn removes a return that was handed in from the outbox.
func (l *Ledger) RemoveReturn(ctx context.Context, k KeptReturn) error {
	key, err := k.key()
	if err != nil {
		return fmt.Errorf("encode a return: %w", err)
	}
	return l.writeTx(ctx, func(tx *bolt.Tx) error {
		if !isCopy(tx) {
			return ErrOtherOffice
		}
		return tx.Bucket(bucketOutbox).Delete(key)
	})
}
