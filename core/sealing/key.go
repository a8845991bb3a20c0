package sealing

import (
	"context"
	"crypto/ed25519"
	"errors"
	"io/fs"

	"countersign/core/ledger"
	"countersign/core/register"
	"countersign/core/request"
	"countersign/core/secret"
)

// The names and the origin under which [Secrets] stores the private key and the kept checkpoint. No
// gateway can have these names, and no call can go to this origin. They must not change, since the keys
// of existing homes are stored under them.
const (
	keyName        = "(register)"
	checkpointName = "(register mark)"
	keyOrigin      = "register"

	// lockName is the lock that is held while the key or the checkpoint changes.
	lockName = "register-key"
)

// The errors for a key that cannot be used until a person does something about it.
var (
	errKeyLost = request.Errorf("key_lost", "the desk's key for the register is missing: events are kept but not signed; if this home was moved or restored, countersignctl register new-key makes a new key")
	// errUnreachable is for a key that is not in the home's file of secrets, while no keyring can be
	// reached. The key is not known to be lost: it may be in a keyring.
	errUnreachable = request.Errorf("key_unreachable", "the desk's key for the register is not in the home, and no keyring can be reached here, for example over ssh or in a scheduled job: events are kept, and signed when the desk is next used where its keyring is")
	errKeyOther    = request.Errorf("key_other", "register.pub does not belong to the desk's key: events are kept but not signed; check the register with countersignctl audit, put the file back, or make a new key with countersignctl register new-key")
	errKeyBack     = request.Errorf("key_back", "the register lacks what was signed before: events are kept but not signed; check it with countersignctl audit; if it was restored from a backup, or if a copy of this home was used in its place, countersignctl register new-key continues from there")
)

// noteSigned calls saveCheckpoint if this process has the key, unless StartOver was called. It gives up after [keyTimeout]. A failure
// is logged.
func (s *Sealer) noteSigned() {
	s.mu.Lock()
	signs := s.key != nil && !s.over
	s.mu.Unlock()
	if !signs {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), keyTimeout)
	defer cancel()
	if err := s.saveCheckpoint(ctx); err != nil {
		s.cfg.Log.Info("what is signed of the register is not noted", "error", err)
	}
}

// The errors for a key that may be there and cannot be read now.
var (
	errKeyring = request.Errorf("key_locked", "the desk's key for the register is not available now: unlock the keyring")
	// errKeyringFails is for a keyring that is neither locked nor silent, and fails. It wraps errKeyring.
	errKeyringFails = request.Errorf("key_no_keyring", "%w, or set one up", errKeyring)
)

// loadKey returns the desk's private key. If the home never had one, it makes one. The error is one of
// those above, errKeyFile, or one of the ledger or of the lock.
func (s *Sealer) loadKey(ctx context.Context) (ed25519.PrivateKey, error) {
	lock, err := s.cfg.Home.WaitLock(ctx, lockName)
	if err != nil {
		return nil, err
	}
	key, err := s.loadOrMake(ctx)
	return key, errors.Join(err, lock.Release())
}

func (s *Sealer) loadOrMake(ctx context.Context) (ed25519.PrivateKey, error) {
	public, err := readPublic(s.cfg.Home)
	none := errors.Is(err, fs.ErrNotExist)
	if err != nil && !none {
		return nil, request.Errorf("key_other_because", "%w (%w)", errKeyOther, err)
	}
	key, err := s.privateKey(ctx)
	if errors.Is(err, secret.ErrNotFound) || errors.Is(err, errKeyringFails) || errors.Is(err, errUnreachable) {
		state, stateErr := s.ledger.RegisterState(ctx)
		switch {
		case stateErr != nil:
			return nil, stateErr
		case state.Signed == 0 && none: // there never was one
			return s.makeKey(ctx, s.keep)
		case errors.Is(err, secret.ErrNotFound):
			return nil, errKeyLost
		}
	}
	if err != nil {
		return nil, err
	}
	if !none && !public.Equal(key.Public()) {
		return nil, errKeyOther
	}
	signed, has, err := s.hasNoted(ctx)
	if err != nil {
		return nil, err
	}
	state, err := s.ledger.RegisterState(ctx)
	if !has || err != nil || state.Signed < signed.Count {
		return nil, errors.Join(err, errKeyBack)
	}
	if none {
		return key, s.publish(key)
	}
	return key, nil
}

// ErrUnconfirmed is returned by [Sealer.NewKey], wrapped with the reason, when a new key may hide that
// something is wrong, and no person has confirmed that it is to be made all the same.
var ErrUnconfirmed = request.Errorf("key_unconfirmed", "no new key was made")

// Confirmed is what a person decided about a new key.
type Confirmed struct {
	Yes    bool // make the key, whatever that may hide
	InFile bool // keep the key in the home's file of secrets, whether there is a keyring or not
}

// NewKey audits the register, makes a new key and signs the whole register with it. The audit is
// done without the old key, which may be lost. When it finds a fault, that is in the result and no
// key is made; it is no error. Unless the caller has confirmed it, NewKey fails with
// [ErrUnconfirmed] when a new key would hide that signed entries are missing, or would replace a
// key that may still be in a keyring. While the keyring is locked, no key is made. progress may be
// nil.
func (s *Sealer) NewKey(ctx context.Context, confirmed Confirmed, progress func(ledger.Progress)) (Audited, error) {
	if s.cfg.KeyFile != "" {
		return Audited{}, request.Errorf("key_file_chosen", "the desk's key is in %s: make a new one without this file", s.cfg.KeyFile)
	}
	lock, err := s.cfg.Home.WaitLock(ctx, lockName)
	if err != nil {
		return Audited{}, err
	}
	var report Audited
	if !confirmed.Yes {
		err = s.wouldHide(ctx)
	}
	if err == nil {
		to := s.keep
		switch {
		case confirmed.InFile:
			to = s.keepInFile
		case confirmed.Yes:
			to = s.keepHere
		}
		report, err = s.newKey(ctx, to, progress)
	}
	return report, errors.Join(err, lock.Release())
}

// StartOver forgets which entry was signed last, so that the key can sign an empty register, which a person begins in place of the one
// before. This sealer is of the register before, and keeps no checkpoint any more; neither must that of another process.
func (s *Sealer) StartOver(ctx context.Context) error {
	lock, err := s.cfg.Home.WaitLock(ctx, lockName)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.over = true
	s.mu.Unlock()
	return errors.Join(s.setCheckpoint(ctx, register.Head{}, s.keep), lock.Release())
}

// wouldHide returns an error that wraps [ErrUnconfirmed] and says what a new key would hide, or nil when
// it would hide nothing. Other errors are those of reading.
func (s *Sealer) wouldHide(ctx context.Context) error {
	noted, has, err := s.hasNoted(ctx)
	switch {
	case errors.Is(err, errKeyring):
		return request.Errorf("key_maybe_locked", "%w: the old key may be in the keyring, which cannot be read now", ErrUnconfirmed)
	case err != nil:
		return err
	case !has:
		return request.Errorf("key_would_hide", "%w: the desk signed entry %d, and the register does not have it as it was; a new key would hide that entries are missing", ErrUnconfirmed, request.Count(noted.Count))
	}
	_, err = s.privateKey(ctx)
	switch {
	case errors.Is(err, errUnreachable):
		return request.Errorf("key_maybe_elsewhere", "%w: the old key may be in a keyring that cannot be reached here, as over ssh or in a scheduled job; the desk would not sign any more where that keyring is", ErrUnconfirmed)
	case errors.Is(err, errKeyring):
		return request.Errorf("key_maybe_locked", "%w: the old key may be in the keyring, which cannot be read now", ErrUnconfirmed)
	}
	return ctx.Err()
}

// hasNoted returns the kept checkpoint, and whether the register has the entry and the link of it. If no
// checkpoint is kept, noted has a Count of 0, and has is true.
func (s *Sealer) hasNoted(ctx context.Context) (noted register.Head, has bool, err error) {
	if noted, err = s.checkpoint(ctx); err != nil {
		return register.Head{}, false, err
	}
	has, err = s.ledger.Contains(ctx, noted)
	return noted, has, err
}

func (s *Sealer) newKey(ctx context.Context, to store, progress func(ledger.Progress)) (Audited, error) {
	if _, err := s.privateKey(ctx); errors.Is(err, errKeyring) && !errors.Is(err, errKeyringFails) {
		return Audited{}, err // the old key would come back with the keyring
	}
	public, err := readPublic(s.cfg.Home)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Audited{}, err
	}
	found, err := s.ledger.Audit(ctx, ledger.AuditOptions{Key: public, OnProgress: progress})
	if err != nil || found.Fault != nil {
		return Audited{Audit: found}, err
	}
	head := register.Head{Count: found.Events}
	if head.Count > 0 {
		if head.Link, err = register.ParseHash(found.Head); err != nil {
			return Audited{}, err
		}
	}
	if err := s.setCheckpoint(ctx, head, to); err != nil {
		return Audited{}, err
	}
	key, err := s.makeKey(ctx, to)
	if err != nil {
		return Audited{}, err
	}
	if err := s.ledger.SignWithNewKey(ctx, key, head); err != nil {
		return Audited{}, err
	}
	return Audited{Audit: found, Key: register.Fingerprint(key.Public().(ed25519.PublicKey))}, nil
}
