package desk

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"countersign/core/ledger"
	"countersign/core/register"
	"countersign/core/secret"
)

// The register's key is kept where the gateways' secrets are, under a name that no gateway
// has, and for no origin that could be asked for. Beside it is noted what it signed last.
const (
	keyName   = "(register)"
	markName  = "(register mark)"
	keyOrigin = "register"

	// keyJob is the lock of whoever makes a key or notes something with it.
	keyJob = "register-key"

	// keyPatience is how long the first write of a process waits for the key. A keyring that
	// is locked may take as long as its user: then what is written is signed later.
	keyPatience = 2 * time.Second
	// keyAgain is how long after a failure the key is looked for again.
	keyAgain = time.Minute
)

// What can be wrong with the key. Each says what to do.
var (
	errKeyLost  = errors.New("the desk's key for the register is not there any more: what happens now is kept and not signed; if this home was moved or restored, countersignctl register new-key makes a new one")
	errKeyOther = errors.New("register.pub is not the public part of the desk's key: what happens now is kept and not signed; check the register with countersignctl audit, put the file back, or make a new key with countersignctl register new-key")
	errKeyBack  = errors.New("the register does not have what was signed before: what happens now is kept and not signed; check it with countersignctl audit; if it was restored from a backup, countersignctl register new-key goes on from there")
)

// registerKey gives the ledger the desk's key. It is looked for once it is needed, by a
// goroutine of its own, and nobody waits for it for long.
type registerKey struct {
	desk *Desk

	mu      sync.Mutex
	key     ed25519.PrivateKey // nil while there is none
	failure error              // of the last look
	again   time.Time          // no look before
	looking chan struct{}      // closed when the look under way ends
}

// signer is what the ledger asks before each write.
func (k *registerKey) signer(ctx context.Context) crypto.Signer {
	if key := k.have(ctx); key != nil {
		return key
	}
	return nil
}

func (k *registerKey) have(ctx context.Context) ed25519.PrivateKey {
	looking, failed := k.look()
	if looking != nil && !failed {
		enough := time.NewTimer(keyPatience)
		defer enough.Stop()
		select {
		case <-looking:
		case <-enough.C:
		case <-ctx.Done():
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.key
}

// look begins to look for the key unless it is there. It gives what ends with the look that is
// under way, if one is, and whether one before it failed.
func (k *registerKey) look() (looking <-chan struct{}, failed bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.key != nil {
		// Another process may have made a new one.
		if public, err := readKey(k.desk.cfg.Home); err == nil && public.Equal(k.key.Public()) {
			return nil, false
		}
		k.key, k.failure, k.again = nil, nil, time.Time{}
	}
	if k.looking == nil && !k.desk.cfg.Now().Before(k.again) && k.desk.begin() {
		ended := make(chan struct{})
		k.looking = ended
		go func() {
			defer k.desk.running.Done()
			key, err := k.desk.loadKey(k.desk.life)
			k.found(key, err)
			close(ended)
			if err == nil {
				k.desk.signNow(k.desk.life)
			}
		}()
	}
	return k.looking, k.failure != nil
}

func (k *registerKey) found(key ed25519.PrivateKey, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.looking = nil
	known := k.failure != nil && err != nil && k.failure.Error() == err.Error()
	k.key, k.failure, k.again = key, err, k.desk.cfg.Now().Add(keyAgain)
	switch {
	case err == nil, known, k.desk.life.Err() != nil:
	case errors.Is(err, errKeyLost), errors.Is(err, errKeyOther), errors.Is(err, errKeyBack):
		k.desk.cfg.Log.Error("the register is not signed", "error", err)
		k.desk.cfg.Trouble(err)
	default:
		k.desk.cfg.Log.Warn("the register is not signed yet", "error", err)
	}
}

// takeUp begins to look for the key when something waits to be signed.
func (k *registerKey) takeUp(ctx context.Context) {
	if s, err := k.desk.ledger.State(ctx); err == nil && s.Count > s.Signed {
		k.look()
	}
}

// note notes what is signed now. It does without where that takes long.
func (k *registerKey) note() {
	k.mu.Lock()
	signs := k.key != nil
	k.mu.Unlock()
	if !signs {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), keyPatience)
	defer cancel()
	if err := k.desk.noteSigned(ctx); err != nil {
		k.desk.cfg.Log.Info("what is signed of the register is not noted", "error", err)
	}
}

func (d *Desk) signNow(ctx context.Context) {
	if err := d.ledger.Sign(ctx); err != nil && ctx.Err() == nil {
		d.cfg.Log.Error("the register is not signed", "error", err)
	}
}

// Why the key cannot be had now.
var (
	errKeyring = errors.New("the desk's key for the register cannot be had now: unlock the keyring")
	// errNoKeyring says that there is a keyring that cannot be used. What it would keep goes
	// to the file.
	errNoKeyring = fmt.Errorf("%w, or set one up", errKeyring)
)

// loadKey gives the desk's key, and makes it when there never was one.
func (d *Desk) loadKey(ctx context.Context) (ed25519.PrivateKey, error) {
	lock, err := d.cfg.Home.WaitLock(ctx, keyJob)
	if err != nil {
		return nil, err
	}
	key, err := d.loadOrMake(ctx)
	return key, errors.Join(err, lock.Release())
}

func (d *Desk) loadOrMake(ctx context.Context) (ed25519.PrivateKey, error) {
	public, err := readKey(d.cfg.Home)
	none := errors.Is(err, fs.ErrNotExist)
	if err != nil && !none {
		return nil, fmt.Errorf("%w (%w)", errKeyOther, err)
	}
	key, err := d.privateKey(ctx)
	if errors.Is(err, secret.ErrNotFound) || errors.Is(err, errNoKeyring) {
		state, stateErr := d.ledger.State(ctx)
		switch {
		case stateErr != nil:
			return nil, stateErr
		case state.Signed == 0 && none: // there never was one
			return d.makeKey(ctx)
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
	signed, err := d.marked(ctx)
	if err != nil {
		return nil, err
	}
	has, err := d.ledger.Has(ctx, signed)
	if err != nil {
		return nil, err
	}
	state, err := d.ledger.State(ctx)
	if !has || err != nil || state.Signed < signed.Count {
		return nil, errors.Join(err, errKeyBack)
	}
	if none {
		return key, d.publish(key)
	}
	return key, nil
}

// NewKey makes a new key for the register and signs all of it anew, after the register has been
// audited: it has to hold, as far as that can be told without the key that was lost. It
// gives what the audit found; a fault is no error, and no key is made then.
func (d *Desk) NewKey(ctx context.Context, tell func(ledger.Progress)) (Audited, error) {
	lock, err := d.cfg.Home.WaitLock(ctx, keyJob)
	if err != nil {
		return Audited{}, err
	}
	report, err := d.newKey(ctx, tell)
	return report, errors.Join(err, lock.Release())
}

func (d *Desk) newKey(ctx context.Context, tell func(ledger.Progress)) (Audited, error) {
	public, err := readKey(d.cfg.Home)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Audited{}, err
	}
	found, err := d.ledger.Audit(ctx, ledger.AuditOptions{Key: public, Tell: tell})
	if err != nil || found.Fault != nil {
		return Audited{Audit: found}, err
	}
	head := register.Head{Count: found.Events}
	if head.Count > 0 {
		if head.Link, err = register.ParseHash(found.Head); err != nil {
			return Audited{}, err
		}
	}
	if err := d.setMark(ctx, head); err != nil {
		return Audited{}, err
	}
	key, err := d.makeKey(ctx)
	if err != nil {
		return Audited{}, err
	}
	if err := d.ledger.SignAnew(ctx, key, head); err != nil {
		return Audited{}, err
	}
	return Audited{Audit: found, Key: register.Fingerprint(key.Public().(ed25519.PublicKey))}, nil
}
