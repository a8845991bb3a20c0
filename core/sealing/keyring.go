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

// keyPlace returns where the private key is kept; empty when it is not there.
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

// kept returns the secret of one of the names above. It fails with [secret.ErrNotFound] when there
// is none, with errUnreachable when there is no keyring here that could have it, and with errKeyring
// or errKeyringFails when the keyring is locked or does not answer, or fails.
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

// lockedOr returns errKeyring for the error of a keyring that is locked or does not answer, and other for any other one.
func lockedOr(err, other error) error {
	if errors.Is(err, secret.ErrLocked) || errors.Is(err, secret.ErrKeyringTimeout) {
		return errKeyring
	}
	return other
}

// privateKey returns the key as it is kept; see kept for its errors. A file that a person chose fails with errKeyFile.
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

// checkpoint returns the last head that was noted as signed, and one with a count of zero when none was.
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

// setCheckpoint notes a head as signed, beside the key.
func (s *Sealer) setCheckpoint(ctx context.Context, signed register.Head, to store) error {
	value, err := json.Marshal(savedHead{signed.Count, signed.Link.String()})
	if err == nil {
		err = to(ctx, checkpointName, string(value))
	}
	if err != nil {
		return request.Errorf("key_note", "note what is signed: %w", err)
	}
	return nil
}

// store keeps a value under one of the names above.
type store func(ctx context.Context, name, value string) error

// keep is the store of what is kept without asking a person: see [secret.Store.Set].
func (s *Sealer) keep(ctx context.Context, name, value string) error {
	_, err := s.cfg.Secrets.Set(ctx, name, keyOrigin, value)
	return err
}

// keepInFile is the store of what a person decided to keep in the home's file of secrets.
func (s *Sealer) keepInFile(ctx context.Context, name, value string) error {
	return s.cfg.Secrets.SetInFile(ctx, name, keyOrigin, value)
}

// keepHere is keep, and keepInFile where there is no keyring. A person decided so.
func (s *Sealer) keepHere(ctx context.Context, name, value string) error {
	err := s.keep(ctx, name, value)
	if errors.Is(err, secret.ErrNoKeyring) {
		return s.keepInFile(ctx, name, value)
	}
	return err
}

// makeKey makes a key, keeps it, and then publishes it: a key that is published and not kept would
// be lost.
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
		return nil, request.Errorf("key_keep", "the register's key cannot be kept: %w", err)
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

// savedHead is the checkpoint as JSON. Somebody who can change the home and not the keyring cannot
// change it.
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

// saveCheckpoint notes the last head that this process knows to be signed, unless a later one is
// noted already. A noted head that the register no longer has stays, so that the audit finds it.
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
