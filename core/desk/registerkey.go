package desk

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"

	"countersign/core/home"
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

// mark is the last head that the desk noted as signed. Who changes the home and not the
// keyring cannot change that.
type mark struct {
	Count int    `json:"count"`
	Link  string `json:"link"`
}

func (m mark) head() register.Head {
	link, err := register.ParseHash(m.Link)
	if err != nil {
		return register.Head{}
	}
	return register.Head{Count: m.Count, Link: link}
}

// parsePrivate reads the key as it is kept: PKCS #8 in PEM form.
func parsePrivate(text string) (ed25519.PrivateKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errKeyLost
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if key, ok := parsed.(ed25519.PrivateKey); err == nil && ok {
		return key, nil
	}
	return nil, errKeyLost // and never a word of what is there instead
}

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

// readKey reads the public key of a home; it fails with [fs.ErrNotExist] when there is none.
func readKey(dir home.Dir) (ed25519.PublicKey, error) {
	text, err := os.ReadFile(dir.RegisterKey())
	if err != nil {
		return nil, fmt.Errorf("read the register's public key: %w", err)
	}
	key, err := register.ParseKey(text)
	if err != nil {
		return nil, fmt.Errorf("read the register's public key in %s: %w", dir.RegisterKey(), err)
	}
	return key, nil
}

// Why the key cannot be had now.
var (
	errKeyring = errors.New("the desk's key for the register cannot be had now: unlock the keyring")
	// errNoKeyring says that there is a keyring that cannot be used. What it would keep goes
	// to the file.
	errNoKeyring = fmt.Errorf("%w, or set one up", errKeyring)
)

// keyPlace tells where the private key is; nowhere, when it is not there.
func (d *Desk) keyPlace(ctx context.Context) (Place, error) {
	place, err := d.cfg.Secrets.Where(ctx, keyName)
	switch {
	case errors.Is(err, secret.ErrNotFound):
		return "", nil
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil:
		return "", errKeyring
	}
	return place, nil
}

// kept gives what is kept under a name of the desk's own. It fails with [secret.ErrNotFound]
// when there is nothing.
func (d *Desk) kept(ctx context.Context, name string) (string, error) {
	value, err := d.cfg.Secrets.Get(ctx, name, keyOrigin)
	switch {
	case errors.Is(err, secret.ErrNotFound):
		return "", secret.ErrNotFound
	case ctx.Err() != nil:
		return "", ctx.Err()
	case errors.Is(err, secret.ErrNoAnswer):
		return "", errKeyring
	case err != nil:
		return "", errNoKeyring
	}
	return value, nil
}

// privateKey gives the key as it is kept.
func (d *Desk) privateKey(ctx context.Context) (ed25519.PrivateKey, error) {
	value, err := d.kept(ctx, keyName)
	if err != nil {
		return nil, err
	}
	return parsePrivate(value)
}

// marked gives the last head that was noted as signed; none, with a count of zero, when none was.
func (d *Desk) marked(ctx context.Context) (register.Head, error) {
	value, err := d.kept(ctx, markName)
	if errors.Is(err, secret.ErrNotFound) || errors.Is(err, errNoKeyring) {
		return register.Head{}, nil
	}
	if err != nil {
		return register.Head{}, err
	}
	var m mark
	if json.Unmarshal([]byte(value), &m) != nil {
		return register.Head{}, nil
	}
	return m.head(), nil
}

// setMark notes a head as signed.
func (d *Desk) setMark(ctx context.Context, signed register.Head) error {
	value, err := json.Marshal(mark{signed.Count, signed.Link.String()})
	if err == nil {
		_, err = d.cfg.Secrets.Set(ctx, markName, keyOrigin, string(value))
	}
	if err != nil {
		return fmt.Errorf("note what is signed: %w", err)
	}
	return nil
}

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

// makeKey makes a key. It is kept before it is published: a key that is published and not kept
// would be lost.
func (d *Desk) makeKey(ctx context.Context) (ed25519.PrivateKey, error) {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, fmt.Errorf("make a key for the register: %w", err)
	}
	if err := d.keepKey(ctx, key); err != nil {
		return nil, err
	}
	return key, d.publish(key)
}

func (d *Desk) keepKey(ctx context.Context, key ed25519.PrivateKey) error {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return errors.New("the register's key cannot be written")
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	if _, err := d.cfg.Secrets.Set(ctx, keyName, keyOrigin, string(text)); err != nil {
		return fmt.Errorf("the register's key cannot be kept: %w", err)
	}
	return nil
}

func (d *Desk) publish(key ed25519.PrivateKey) error {
	text, err := register.FormatKey(key.Public().(ed25519.PublicKey))
	if err != nil {
		return err
	}
	return home.WriteFile(d.cfg.Home.RegisterKey(), text)
}

// noteSigned notes the last head that this process knows to be signed, unless a later one is
// noted. What is noted and not in the register any more stays, for the audit to tell of it.
func (d *Desk) noteSigned(ctx context.Context) error {
	signed := d.ledger.Vouched()
	if signed.Count == 0 {
		return nil
	}
	lock, err := d.cfg.Home.WaitLock(ctx, keyJob)
	if err != nil {
		return err
	}
	noted, err := d.marked(ctx)
	if err == nil && noted.Count < signed.Count {
		var has bool
		if has, err = d.ledger.Has(ctx, noted); err == nil && has {
			err = d.setMark(ctx, signed)
		}
	}
	return errors.Join(err, lock.Release())
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
