package ledger

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"

	"countersign/core/register"
	"countersign/core/request"
)

// checkpointInterval is the distance between two entries whose checkpoints are kept for good:
// their numbers are the multiples of it. The first and the latest checkpoint are kept, too. So an
// excerpt of the register needs at most this many hashes of other entries.
const checkpointInterval = 1000

// storedCheckpoint is the JSON of a checkpoint in bucketCheckpoints. Its key there is the number
// of the entry.
type storedCheckpoint struct {
	Link      string    `json:"link"`
	At        time.Time `json:"at"`
	Signature []byte    `json:"signature"`
}

var errBadCheckpoint = request.Errorf("audit_checkpoint_unreadable", "a checkpoint of the register cannot be read")

// parseCheckpoint decodes the stored checkpoint of entry n of the register with that id. It fails
// with errBadCheckpoint, and does not verify the signature.
func parseCheckpoint(id string, n int, stored []byte) (register.Checkpoint, error) {
	var s storedCheckpoint
	if err := json.Unmarshal(stored, &s); err != nil {
		return register.Checkpoint{}, errBadCheckpoint
	}
	link, err := register.ParseHash(s.Link)
	if err != nil {
		return register.Checkpoint{}, errBadCheckpoint
	}
	return register.Checkpoint{Head: register.Head{Register: id, Count: n, Link: link, At: s.At}, Signature: s.Signature}, nil
}

// lastCheckpoint returns the checkpoint with the highest number, without verifying it. Its Count
// is 0 if there is none. It fails with errBadCheckpoint.
func lastCheckpoint(tx *bolt.Tx) (register.Checkpoint, error) {
	k, v := tx.Bucket(bucketCheckpoints).Cursor().Last()
	if k == nil {
		return register.Checkpoint{}, nil
	}
	if decodeNumber(k) < 1 { // a key that is no number must not pass for an empty bucket
		return register.Checkpoint{}, errBadCheckpoint
	}
	return parseCheckpoint(registerID(tx), decodeNumber(k), v)
}

// registerID returns the register's id, or "" before anything is signed.
func registerID(tx *bolt.Tx) string { return string(tx.Bucket(bucketMeta).Get(keyRegister)) }

// signer returns the register key, or nil if it is not available.
func (l *Ledger) signer(ctx context.Context) crypto.Signer {
	if l.opts.Signer == nil {
		return nil
	}
	return l.opts.Signer(ctx)
}

// errRegisterChanged is returned when safeToExtend reports false, or when the last checkpoint or
// an entry cannot be read. To sign such a register nevertheless would hide a change.
var errRegisterChanged = request.Errorf("register_changed", "the register is not the one that was signed before: check it with countersignctl audit")

// errKeyFailed is returned when the register key cannot sign.
var errKeyFailed = request.Errorf("register_key_failed", "the register's key could not sign")

// trySign signs like signEnd, but returns nil and only logs the reason if the register was changed
// or the key cannot sign: an event must not be lost because it cannot be signed. It does nothing
// if key is nil.
func (l *Ledger) trySign(tx *bolt.Tx, key crypto.Signer) error {
	if key == nil {
		return nil
	}
	err := l.signEnd(tx, key)
	if errors.Is(err, errRegisterChanged) || errors.Is(err, errKeyFailed) {
		l.opts.Log.Error("new entries of the register are not signed", "error", err)
		return nil
	}
	return err
}

// signEnd signs the last entry, and those before it that lie at multiples of checkpointInterval.
// It deletes the checkpoint that was the last one before, unless that one is kept for good; see
// checkpointInterval. If everything is signed already, it does nothing. It fails with
// errRegisterChanged or errKeyFailed.
func (l *Ledger) signEnd(tx *bolt.Tx, key crypto.Signer) error {
	last, link, err := lastEntry(tx)
	if err != nil {
		return err
	}
	before, err := lastCheckpoint(tx)
	if err != nil {
		return errRegisterChanged
	}
	public, _ := key.Public().(ed25519.PublicKey)
	if !l.safeToExtend(tx, before, public) {
		return errRegisterChanged
	}
	if last == before.Count {
		return nil
	}
	id, err := ensureRegisterID(tx)
	if err != nil {
		return err
	}
	now := l.opts.Now()
	for n := (before.Count/checkpointInterval + 1) * checkpointInterval; n < last; n += checkpointInterval {
		e, err := parseEntry(tx.Bucket(bucketJournal).Get(encodeNumber(n)))
		if err != nil {
			return errRegisterChanged
		}
		if err := putCheckpoint(tx, register.Head{Register: id, Count: n, Link: e.link, At: now}, key); err != nil {
			return err
		}
	}
	if err := putCheckpoint(tx, register.Head{Register: id, Count: last, Link: link, At: now}, key); err != nil {
		return err
	}
	// Only a committed checkpoint counts as verified.
	tx.OnCommit(func() { l.verified.Store(&verifiedHead{register.Head{Count: last, Link: link}, public}) })
	checkpoints := tx.Bucket(bucketCheckpoints)
	if first, _ := checkpoints.Cursor().First(); before.Count%checkpointInterval == 0 || before.Count == decodeNumber(first) {
		return nil
	}
	return checkpoints.Delete(encodeNumber(before.Count))
}

// LastCheckpoint returns the newest checkpoint, without verifying it. Its Count is 0 if nothing is signed yet.
func (l *Ledger) LastCheckpoint(ctx context.Context) (last register.Checkpoint, err error) {
	err = l.readTx(ctx, func(tx *bolt.Tx) error { last, err = lastCheckpoint(tx); return err })
	return last, err
}

// VerifiedHead returns the newest head that this process signed, or whose signature it verified.
// Its Count is 0 if there is none.
func (l *Ledger) VerifiedHead() register.Head {
	if v := l.verified.Load(); v != nil {
		return v.Head
	}
	return register.Head{}
}

// safeToExtend reports whether the last checkpoint belongs to the journal, was signed with the
// key, and is not older than what this process has verified. After a forged checkpoint, or an
// old one that was put back, the entries may be anybody's; a new signature would confirm them.
func (l *Ledger) safeToExtend(tx *bolt.Tx, last register.Checkpoint, key ed25519.PublicKey) bool {
	seen := l.verified.Load()
	if seen == nil || !seen.key.Equal(key) { // what was verified with another key does not count
		seen = &verifiedHead{}
	}
	if last.Count < seen.Count || seen.Count > 0 && !containsHead(tx, seen.Head) {
		return false
	}
	if last.Count == seen.Count && last.Link == seen.Link { // verified before
		return true
	}
	return last.SignedBy(key) && containsHead(tx, last.Head)
}

// containsHead reports whether the journal has an entry with the number and the link of h. It
// does not check the chain.
func containsHead(tx *bolt.Tx, h register.Head) bool {
	e, err := parseEntry(tx.Bucket(bucketJournal).Get(encodeNumber(h.Count)))
	return err == nil && e.link == h.Link
}

// putCheckpoint signs h and stores the checkpoint. It fails with errKeyFailed if the key cannot
// sign.
func putCheckpoint(tx *bolt.Tx, h register.Head, key crypto.Signer) error {
	s, err := register.Sign(h, key)
	if err != nil {
		return request.Errorf("register_key_failed_because", "%w: %w", errKeyFailed, err)
	}
	stored, err := json.Marshal(storedCheckpoint{Link: s.Link.String(), At: s.At, Signature: s.Signature})
	if err != nil {
		return fmt.Errorf("encode a checkpoint: %w", err)
	}
	return tx.Bucket(bucketCheckpoints).Put(encodeNumber(h.Count), stored)
}

// ensureRegisterID returns the register's id, and makes one before the first signature.
func ensureRegisterID(tx *bolt.Tx) (string, error) {
	if id := registerID(tx); id != "" {
		return id, nil
	}
	var b [8]byte
	rand.Read(b[:]) // never fails
	id := hex.EncodeToString(b[:])
	return id, tx.Bucket(bucketMeta).Put(keyRegister, []byte(id))
}

// RegisterState is the end of the register, and how much of it is signed.
type RegisterState struct {
	register.Head     // the last entry; Count is 0 for an empty register, At is the time of the last checkpoint
	Signed        int // the number of the last entry that is signed; 0 if none is
}

// RegisterState returns the end of the register. It checks nothing.
func (l *Ledger) RegisterState(ctx context.Context) (RegisterState, error) {
	var s RegisterState
	err := l.readTx(ctx, func(tx *bolt.Tx) (err error) {
		s, err = readState(tx)
		return err
	})
	return s, err
}

func readState(tx *bolt.Tx) (RegisterState, error) {
	last, link, err := lastEntry(tx)
	if err != nil {
		return RegisterState{}, err
	}
	signed, err := lastCheckpoint(tx)
	return RegisterState{
		Head:   register.Head{Register: registerID(tx), Count: last, Link: link, At: signed.At},
		Signed: signed.Count,
	}, err
}

// Contains reports whether the register has an entry with the number and the link of h. If the
// Count of h is 0, it returns true. It does not check the chain.
func (l *Ledger) Contains(ctx context.Context, h register.Head) (has bool, err error) {
	if h.Count == 0 {
		return true, nil
	}
	err = l.readTx(ctx, func(tx *bolt.Tx) error { has = containsHead(tx, h); return nil })
	return has, err
}

// Sign signs the entries that are not signed yet. It does nothing if [Options.Signer] returns no
// key, and fails if the register is not the one that was signed before or the key cannot sign.
func (l *Ledger) Sign(ctx context.Context) error {
	key := l.signer(ctx)
	if key == nil {
		return nil
	}
	done := false
	err := l.readTx(ctx, func(tx *bolt.Tx) error {
		last, _, err := lastEntry(tx)
		if err != nil {
			return err
		}
		signed, err := lastCheckpoint(tx)
		public, _ := key.Public().(ed25519.PublicKey)
		if err != nil || !l.safeToExtend(tx, signed, public) {
			return errRegisterChanged
		}
		if done = signed.Count == last; done {
			l.verified.Store(&verifiedHead{signed.Head, public})
		}
		return nil
	})
	if err != nil || done {
		return err
	}
	return l.writeTx(ctx, func(tx *bolt.Tx) error { return l.signEnd(tx, key) })
}

// SignWithNewKey deletes all checkpoints and signs the register with another key. The caller must
// have audited the register before; audited is the last entry that was checked. SignWithNewKey
// itself only checks that this entry is still there. If it fails, nothing is changed.
func (l *Ledger) SignWithNewKey(ctx context.Context, key crypto.Signer, audited register.Head) error {
	return l.writeTx(ctx, func(tx *bolt.Tx) error {
		if audited.Count > 0 && !containsHead(tx, audited) {
			return errRegisterChanged
		}
		if err := tx.DeleteBucket(bucketCheckpoints); err != nil {
			return fmt.Errorf("replace the register's signatures: %w", err)
		}
		if _, err := tx.CreateBucket(bucketCheckpoints); err != nil {
			return fmt.Errorf("replace the register's signatures: %w", err)
		}
		return l.signEnd(tx, key)
	})
}
