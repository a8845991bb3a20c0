package sealing

import (
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"

	"countersign/core/home"
	"countersign/core/register"
	"countersign/core/request"
	"countersign/core/secret"
)

// readPublic reads the public key of a home. It fails with [fs.ErrNotExist] when there is none.
func readPublic(dir home.Dir) (ed25519.PublicKey, error) {
	text, err := home.ReadFile(dir.RegisterKey(), home.MaxFile)
	if err != nil {
		return nil, fmt.Errorf("read the register's public key: %w", err)
	}
	key, err := register.ParsePublicKey(text)
	if err != nil {
		return nil, request.Errorf("key_public_read_in", "read the register's public key in %s: %w", dir.RegisterKey(), err)
	}
	return key, nil
}

// keyPlace returns where the private key is kept, or "" when it is not there. The error is errKeyring or
// errKeyringFails when the keyring cannot say so.
func (s *Sealer) keyPlace(ctx context.Context) (secret.Backend, error) {
	if s.cfg.KeyFile != "" {
		return KeyFile, nil
	}
	place, err := s.cfg.Secrets.Backend(ctx, keyName)
	switch {
	case errors.Is(err, secret.ErrNotFound):
		return "", nil
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil:
		return "", lockedOr(err, errKeyringFails)
	}
	return place, nil
}

// kept returns what is stored under keyName or checkpointName. It fails with [secret.ErrNotFound] when
// nothing is, with errUnreachable when no keyring can be reached that could have it, with errKeyring
// when the keyring is locked or does not answer, and with errKeyringFails when it fails otherwise.
func (s *Sealer) kept(ctx context.Context, name string) (string, error) {
	value, err := s.cfg.Secrets.Get(ctx, name, keyOrigin)
	switch {
	case errors.Is(err, secret.ErrNoKeyring):
		return "", errUnreachable
	case errors.Is(err, secret.ErrNotFound):
		return "", secret.ErrNotFound
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil:
		return "", lockedOr(err, errKeyringFails)
	}
	return value, nil
}

// lockedOr returns errKeyring if err says that the keyring is locked or does not answer, and the
// error other for any other err.
func lockedOr(err, other error) error {
	if errors.Is(err, secret.ErrLocked) || errors.Is(err, secret.ErrKeyringTimeout) {
		return errKeyring
	}
	return other
}

// privateKey reads the private key from the key file, if there is one, and otherwise from where
// secrets are stored. The error wraps errKeyFile for a key file, and otherwise is one of those of
// kept, or errKeyLost if what is stored is no key.
func (s *Sealer) privateKey(ctx context.Context) (ed25519.PrivateKey, error) {
	if s.cfg.KeyFile != "" {
		return readKeyFile(s.cfg.KeyFile)
	}
	value, err := s.kept(ctx, keyName)
	if err != nil {
		return nil, err
	}
	return parsePrivate(value)
}

// checkpoint returns the kept checkpoint. Its Count is 0 when none is kept or it is unreadable, and
// also when no keyring can be reached, or the keyring fails; the error is nil then. The error is
// errKeyring when the keyring is locked or does not answer.
func (s *Sealer) checkpoint(ctx context.Context) (register.Head, error) {
	value, err := s.kept(ctx, checkpointName)
	if errors.Is(err, secret.ErrNotFound) || errors.Is(err, errKeyringFails) || errors.Is(err, errUnreachable) {
		return register.Head{}, nil
	}
	if err != nil {
		return register.Head{}, err
	}
	var m savedHead
	if json.Unmarshal([]byte(value), &m) != nil {
		return register.Head{}, nil
	}
	return m.head(), nil
}

// setCheckpoint stores a signed head as the kept checkpoint, in the given store.
func (s *Sealer) setCheckpoint(ctx context.Context, signed register.Head, to store) error {
	value, err := json.Marshal(savedHead{signed.Count, signed.Link.String()})
	if err == nil {
		err = to(ctx, checkpointName, string(value))
	}
	if err != nil {
		return request.Errorf("key_note", "record what is signed: %w", err)
	}
	return nil
}

// store is a function that stores a value under keyName or checkpointName.
type store func(ctx context.Context, name, value string) error

// keep is the store for what no person has decided about. It stores as [secret.Store.Set] does, in the
// keyring wherever possible.
func (s *Sealer) keep(ctx context.Context, name, value string) error {
	_, err := s.cfg.Secrets.Set(ctx, name, keyOrigin, value)
	return err
}

// keepInFile is the store for what a person decided to keep in the home's file of secrets.
func (s *Sealer) keepInFile(ctx context.Context, name, value string) error {
	return s.cfg.Secrets.SetInFile(ctx, name, keyOrigin, value)
}

// keepHere is the store for a new key that a person confirmed. It does what keep does, but uses the
// home's file of secrets if no keyring can be reached.
func (s *Sealer) keepHere(ctx context.Context, name, value string) error {
	err := s.keep(ctx, name, value)
	if errors.Is(err, secret.ErrNoKeyring) {
		return s.keepInFile(ctx, name, value)
	}
	return err
}

// makeKey makes a private key, stores it in the given store, and then writes the public key to
// register.pub. The order matters: if only the public key were written, the private key would be lost.
func (s *Sealer) makeKey(ctx context.Context, to store) (ed25519.PrivateKey, error) {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, fmt.Errorf("make a key for the register: %w", err)
	}
	text, err := formatPrivate(key)
	if err != nil {
		return nil, err
	}
	if err := to(ctx, keyName, string(text)); err != nil {
		return nil, request.Errorf("key_keep", "the register's key cannot be stored: %w", err)
	}
	return key, s.publish(key)
}

// formatPrivate returns the key in the form that parsePrivate reads.
func formatPrivate(key ed25519.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, request.Errorf("key_write", "the register's key cannot be written")
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

func (s *Sealer) publish(key ed25519.PrivateKey) error {
	text, err := register.FormatPublicKey(key.Public().(ed25519.PublicKey))
	if err != nil {
		return err
	}
	return home.WriteFile(s.cfg.Home.RegisterKey(), text)
}

// savedHead is the kept checkpoint as JSON. Somebody who can change the home and not the keyring cannot
// change it, if it is in the keyring.
type savedHead struct {
	Count int    `json:"count"`
	Link  string `json:"link"`
}

func (m savedHead) head() register.Head {
	link, err := register.ParseHash(m.Link)
	if err != nil {
		return register.Head{}
	}
	return register.Head{Count: m.Count, Link: link}
}

// parsePrivate reads the key from PKCS #8 in PEM form (RFC 5958, RFC 7468).
func parsePrivate(text string) (ed25519.PrivateKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errKeyLost
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if key, ok := parsed.(ed25519.PrivateKey); err == nil && ok {
		return key, nil
	}
	return nil, errKeyLost // the error must not quote what is there instead
}

// saveCheckpoint makes the verified head of the ledger the kept checkpoint, unless the kept one is as
// new or newer. A kept checkpoint whose entry the register no longer has is not replaced, so that an
// audit finds the entry missing.
func (s *Sealer) saveCheckpoint(ctx context.Context) error {
	signed := s.ledger.VerifiedHead()
	if signed.Count == 0 {
		return nil
	}
	lock, err := s.cfg.Home.WaitLock(ctx, lockName)
	if err != nil {
		return err
	}
	noted, err := s.checkpoint(ctx)
	if err == nil && noted.Count < signed.Count {
		var has bool
		if has, err = s.ledger.Contains(ctx, noted); err == nil && has {
			err = s.setCheckpoint(ctx, signed, s.keep)
		}
	}
	return errors.Join(err, lock.Release())
}
