package desk

import (
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"

	"countersign/core/home"
	"countersign/core/register"
	"countersign/core/secret"
)

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
