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
)

// checkpointInterval is how many entries come to lie between two signed heads that are kept: every
// one at a multiple of it, besides the first and the last that there are. So a part of the
// register can be shown with no more than these many hashes of what is not.
const checkpointInterval = 1000

// storedCheckpoint is a signed storedCheckpoint as it is stored, under the number of its entry.
type storedCheckpoint struct {
	Link      string    `json:"link"`
	At        time.Time `json:"at"`
	Signature []byte    `json:"signature"`
}

func parseCheckpoint(id string, n int, stored []byte) (register.Checkpoint, error) {
	var h storedCheckpoint
	if err := json.Unmarshal(stored, &h); err != nil {
		return register.Checkpoint{}, errors.New("a signed head cannot be read")
	}
	link, err := register.ParseHash(h.Link)
	if err != nil {
		return register.Checkpoint{}, errors.New("a signed head cannot be read")
	}
	return register.Checkpoint{Head: register.Head{Register: id, Count: n, Link: link, At: h.At}, Signature: h.Signature}, nil
}

// lastCheckpoint gives the signed head with the highest number, whatever is after it; its count is
// zero when there is none.
func lastCheckpoint(tx *bolt.Tx) (register.Checkpoint, error) {
	k, v := tx.Bucket(bucketCheckpoints).Cursor().Last()
	if k == nil {
		return register.Checkpoint{}, nil
	}
	if decodeNumber(k) < 1 { // what no desk wrote must not count as there being none
		return register.Checkpoint{}, errors.New("a signed head cannot be read")
	}
	return parseCheckpoint(registerID(tx), decodeNumber(k), v)
}

func registerID(tx *bolt.Tx) string { return string(tx.Bucket(bucketMeta).Get(keyRegister)) }

func (l *Ledger) signer(ctx context.Context) crypto.Signer {
	if l.opts.Signer == nil {
		return nil
	}
	return l.opts.Signer(ctx)
}

// errRegisterChanged says that what is there is not what was signed. Whoever signs over it would
// hide that.
var errRegisterChanged = errors.New("the register is not the one that was signed before: check it with countersignctl audit")

// errKeyFailed says that the key did not sign.
var errKeyFailed = errors.New("the register's key did not sign")

// trySign signs the end of the journal, and the places before it where a signed head is kept. What
// cannot be signed is written nevertheless: no outcome is lost for it.
func (l *Ledger) trySign(tx *bolt.Tx, key crypto.Signer) error {
	if key == nil {
		return nil
	}
	err := l.signEnd(tx, key)
	if errors.Is(err, errRegisterChanged) || errors.Is(err, errKeyFailed) {
		l.opts.Log.Error("what was written is not signed", "error", err)
		return nil
	}
	return err
}

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
	tx.OnCommit(func() { l.verified.Store(&verifiedHead{register.Head{Count: last, Link: link}, public}) })
	heads := tx.Bucket(bucketCheckpoints)
	if first, _ := heads.Cursor().First(); before.Count%checkpointInterval == 0 || before.Count == decodeNumber(first) {
		return nil
	}
	return heads.Delete(encodeNumber(before.Count))
}

// Vouched gives the last head that this process signed, or found to be signed with the desk's
// key; its count is zero when there is none.
func (l *Ledger) Vouched() register.Head {
	if v := l.verified.Load(); v != nil {
		return v.Head
	}
	return register.Head{}
}

// safeToExtend tells whether the last signed head is of the register and was signed with the key, and
// is not older than what this process has seen. Behind a head that is forged, or an old one that was
// put back, anything may have been written: who signs on from there signs that too.
func (l *Ledger) safeToExtend(tx *bolt.Tx, last register.Checkpoint, key ed25519.PublicKey) bool {
	seen := l.verified.Load()
	if seen == nil || !seen.key.Equal(key) { // a new key may begin with an older register
		seen = &verifiedHead{}
	}
	if last.Count < seen.Count || seen.Count > 0 && !containsHead(tx, seen.Head) {
		return false
	}
	if last.Count == seen.Count && last.Link == seen.Link { // known already
		return true
	}
	return last.Holds(key) && containsHead(tx, last.Head)
}

// containsHead tells whether the register containsHead an entry of that number and that link, as it is written.
func containsHead(tx *bolt.Tx, h register.Head) bool {
	e, err := parseEntry(tx.Bucket(bucketJournal).Get(encodeNumber(h.Count)))
	return err == nil && e.link == h.Link
}

func putCheckpoint(tx *bolt.Tx, h register.Head, key crypto.Signer) error {
	s, err := register.Sign(h, key)
	if err != nil {
		return fmt.Errorf("%w: %w", errKeyFailed, err)
	}
	stored, err := json.Marshal(storedCheckpoint{Link: s.Link.String(), At: s.At, Signature: s.Signature})
	if err != nil {
		return fmt.Errorf("encode a signed head: %w", err)
	}
	return tx.Bucket(bucketCheckpoints).Put(encodeNumber(h.Count), stored)
}

// ensureRegisterID gives the register its id with its first signature.
func ensureRegisterID(tx *bolt.Tx) (string, error) {
	if id := registerID(tx); id != "" {
		return id, nil
	}
	var b [8]byte
	rand.Read(b[:]) // never fails
	id := hex.EncodeToString(b[:])
	return id, tx.Bucket(bucketMeta).Put(keyRegister, []byte(id))
}

// State is where the register ends, and up to where it is signed.
type State struct {
	register.Head     // Count is zero for an empty register; At is when Signed was signed
	Signed        int // the number of the last entry that is signed
}

// State tells where the register ends. It checks nothing.
func (l *Ledger) State(ctx context.Context) (State, error) {
	var s State
	err := l.readTx(ctx, func(tx *bolt.Tx) (err error) {
		s, err = readState(tx)
		return err
	})
	return s, err
}

func readState(tx *bolt.Tx) (State, error) {
	last, link, err := lastEntry(tx)
	if err != nil {
		return State{}, err
	}
	signed, err := lastCheckpoint(tx)
	return State{
		Head:   register.Head{Register: registerID(tx), Count: last, Link: link, At: signed.At},
		Signed: signed.Count,
	}, err
}

// Has tells whether the register has an entry of that number and that link. It takes the links
// as they are written.
func (l *Ledger) Has(ctx context.Context, h register.Head) (is bool, err error) {
	if h.Count == 0 {
		return true, nil
	}
	err = l.readTx(ctx, func(tx *bolt.Tx) error { is = containsHead(tx, h); return nil })
	return is, err
}

// Sign signs the register as it is now, when there is a key and something that is not signed
// yet. It fails when what is there is not what was signed before.
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

// SignAnew puts signatures of another key in the place of all that there are. What was true of
// the register before has to be known by then: nothing of it is checked here, but that the end
// is the one the caller checked, or is behind it.
func (l *Ledger) SignAnew(ctx context.Context, key crypto.Signer, checked register.Head) error {
	return l.writeTx(ctx, func(tx *bolt.Tx) error {
		if checked.Count > 0 && !containsHead(tx, checked) {
			return errRegisterChanged
		}
		if err := tx.DeleteBucket(bucketCheckpoints); err != nil {
			return fmt.Errorf("sign the register anew: %w", err)
		}
		if _, err := tx.CreateBucket(bucketCheckpoints); err != nil {
			return fmt.Errorf("sign the register anew: %w", err)
		}
		return l.signEnd(tx, key)
	})
}
