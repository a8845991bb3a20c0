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

// signedEach is how many entries come to lie between two signed heads that are kept: every
// one at a multiple of it, besides the first and the last that there are. So a part of the
// register can be shown with no more than these many hashes of what is not.
const signedEach = 1000

// head is a signed head as it is stored, under the number of its entry.
type head struct {
	Link      string    `json:"link"`
	At        time.Time `json:"at"`
	Signature []byte    `json:"signature"`
}

func parseHead(id string, n int, stored []byte) (register.Signed, error) {
	var h head
	if err := json.Unmarshal(stored, &h); err != nil {
		return register.Signed{}, errors.New("a signed head cannot be read")
	}
	link, err := register.ParseHash(h.Link)
	if err != nil {
		return register.Signed{}, errors.New("a signed head cannot be read")
	}
	return register.Signed{Head: register.Head{Register: id, Count: n, Link: link, At: h.At}, Signature: h.Signature}, nil
}

// lastHead gives the signed head with the highest number, whatever is after it; its count is
// zero when there is none.
func lastHead(tx *bolt.Tx) (register.Signed, error) {
	k, v := tx.Bucket(bucketHeads).Cursor().Last()
	if k == nil {
		return register.Signed{}, nil
	}
	if toInt(k) < 1 { // what no desk wrote must not count as there being none
		return register.Signed{}, errors.New("a signed head cannot be read")
	}
	return parseHead(registerID(tx), toInt(k), v)
}

func registerID(tx *bolt.Tx) string { return string(tx.Bucket(bucketMeta).Get(keyRegister)) }

func (l *Ledger) signer(ctx context.Context) crypto.Signer {
	if l.opts.Signer == nil {
		return nil
	}
	return l.opts.Signer(ctx)
}

// errNotSigned says that what is there is not what was signed. Whoever signs over it would
// hide that.
var errNotSigned = errors.New("the register is not the one that was signed before: check it with countersignctl audit")

// errKeyFailed says that the key did not sign.
var errKeyFailed = errors.New("the register's key did not sign")

// sign signs the end of the journal, and the places before it where a signed head is kept. What
// cannot be signed is written nevertheless: no outcome is lost for it.
func (l *Ledger) sign(tx *bolt.Tx, key crypto.Signer) error {
	if key == nil {
		return nil
	}
	err := l.signOn(tx, key)
	if errors.Is(err, errNotSigned) || errors.Is(err, errKeyFailed) {
		l.opts.Log.Error("what was written is not signed", "error", err)
		return nil
	}
	return err
}

func (l *Ledger) signOn(tx *bolt.Tx, key crypto.Signer) error {
	last, link, err := end(tx)
	if err != nil {
		return err
	}
	before, err := lastHead(tx)
	if err != nil {
		return errNotSigned
	}
	public, _ := key.Public().(ed25519.PublicKey)
	if !l.isSigned(tx, before, public) {
		return errNotSigned
	}
	if last == before.Count {
		return nil
	}
	id, err := ensureRegister(tx)
	if err != nil {
		return err
	}
	now := l.opts.Now()
	for n := (before.Count/signedEach + 1) * signedEach; n < last; n += signedEach {
		e, err := parseEntry(tx.Bucket(bucketJournal).Get(number(n)))
		if err != nil {
			return errNotSigned
		}
		if err := putHead(tx, register.Head{Register: id, Count: n, Link: e.link, At: now}, key); err != nil {
			return err
		}
	}
	if err := putHead(tx, register.Head{Register: id, Count: last, Link: link, At: now}, key); err != nil {
		return err
	}
	tx.OnCommit(func() { l.vouched.Store(&vouched{register.Head{Count: last, Link: link}, public}) })
	heads := tx.Bucket(bucketHeads)
	if first, _ := heads.Cursor().First(); before.Count%signedEach == 0 || before.Count == toInt(first) {
		return nil
	}
	return heads.Delete(number(before.Count))
}

// vouched is a head that this process signed, or found to be signed with the key.
type vouched struct {
	register.Head
	key ed25519.PublicKey
}

// Vouched gives the last head that this process signed, or found to be signed with the desk's
// key; its count is zero when there is none.
func (l *Ledger) Vouched() register.Head {
	if v := l.vouched.Load(); v != nil {
		return v.Head
	}
	return register.Head{}
}

// isSigned tells whether the last signed head is of the register and was signed with the key, and
// is not older than what this process has seen. Behind a head that is forged, or an old one that was
// put back, anything may have been written: who signs on from there signs that too.
func (l *Ledger) isSigned(tx *bolt.Tx, last register.Signed, key ed25519.PublicKey) bool {
	seen := l.vouched.Load()
	if seen == nil || !seen.key.Equal(key) { // a new key may begin with an older register
		seen = &vouched{}
	}
	if last.Count < seen.Count || seen.Count > 0 && !has(tx, seen.Head) {
		return false
	}
	if last.Count == seen.Count && last.Link == seen.Link { // known already
		return true
	}
	return last.Holds(key) && has(tx, last.Head)
}

// has tells whether the register has an entry of that number and that link, as it is written.
func has(tx *bolt.Tx, h register.Head) bool {
	e, err := parseEntry(tx.Bucket(bucketJournal).Get(number(h.Count)))
	return err == nil && e.link == h.Link
}

func putHead(tx *bolt.Tx, h register.Head, key crypto.Signer) error {
	s, err := register.Sign(h, key)
	if err != nil {
		return fmt.Errorf("%w: %w", errKeyFailed, err)
	}
	stored, err := json.Marshal(head{Link: s.Link.String(), At: s.At, Signature: s.Signature})
	if err != nil {
		return fmt.Errorf("encode a signed head: %w", err)
	}
	return tx.Bucket(bucketHeads).Put(number(h.Count), stored)
}

// ensureRegister gives the register its id with its first signature.
func ensureRegister(tx *bolt.Tx) (string, error) {
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
	err := l.view(ctx, func(tx *bolt.Tx) (err error) {
		s, err = stateOf(tx)
		return err
	})
	return s, err
}

func stateOf(tx *bolt.Tx) (State, error) {
	last, link, err := end(tx)
	if err != nil {
		return State{}, err
	}
	signed, err := lastHead(tx)
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
	err = l.view(ctx, func(tx *bolt.Tx) error { is = has(tx, h); return nil })
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
	err := l.view(ctx, func(tx *bolt.Tx) error {
		last, _, err := end(tx)
		if err != nil {
			return err
		}
		signed, err := lastHead(tx)
		public, _ := key.Public().(ed25519.PublicKey)
		if err != nil || !l.isSigned(tx, signed, public) {
			return errNotSigned
		}
		if done = signed.Count == last; done {
			l.vouched.Store(&vouched{signed.Head, public})
		}
		return nil
	})
	if err != nil || done {
		return err
	}
	return l.update(ctx, func(tx *bolt.Tx) error { return l.signOn(tx, key) })
}

// SignAnew puts signatures of another key in the place of all that there are. What was true of
// the register before has to be known by then: nothing of it is checked here, but that the end
// is the one the caller checked, or is behind it.
func (l *Ledger) SignAnew(ctx context.Context, key crypto.Signer, checked register.Head) error {
	return l.update(ctx, func(tx *bolt.Tx) error {
		if checked.Count > 0 && !has(tx, checked) {
			return errNotSigned
		}
		if err := tx.DeleteBucket(bucketHeads); err != nil {
			return fmt.Errorf("sign the register anew: %w", err)
		}
		if _, err := tx.CreateBucket(bucketHeads); err != nil {
			return fmt.Errorf("sign the register anew: %w", err)
		}
		return l.signOn(tx, key)
	})
}
