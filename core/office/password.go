package office

import (
	"context"
	"errors"

	"countersign/core/request"
	"countersign/core/secret"
	"countersign/core/team"
)

// passwordName is the name under which the password for the office's server is kept. No gateway can have this name.
const passwordName = "the office"

// Secrets stores the secrets of a home. Package secret implements it.
type Secrets interface {
	Set(ctx context.Context, name, origin, value string) (secret.Backend, error)
	SetInFile(ctx context.Context, name, origin, value string) error
	Get(ctx context.Context, name, origin string) (string, error)
	Delete(ctx context.Context, name string) error
}

// keepPassword stores a password for the servers that a DSN names.
func keepPassword(ctx context.Context, secrets Secrets, dsn string, entered secret.Entered) error {
	origin, err := team.Origin(dsn)
	if err != nil {
		return err
	}
	if entered.InFile {
		return secrets.SetInFile(ctx, passwordName, origin, entered.Value)
	}
	_, err = secrets.Set(ctx, passwordName, origin, entered.Value)
	return err
}

// password returns the password of a membership. It is empty if none was entered: then the server asks for none, or it is in a .pgpass file.
func password(ctx context.Context, secrets Secrets, m Membership) (string, error) {
	if !m.Password {
		return "", nil
	}
	origin, err := team.Origin(m.DSN)
	if err != nil {
		return "", err
	}
	value, err := secrets.Get(ctx, passwordName, origin)
	if err != nil {
		return "", passwordError(err)
	}
	return value, nil
}

// passwordError returns the error for a password that is not given out. The errors of package secret speak of a gateway.
func passwordError(err error) error {
	if errors.Is(err, secret.ErrOtherOrigin) {
		return request.Errorf("office_password_other", "the password for the office was entered for another server or login: leave the office and join it anew")
	}
	for _, state := range []error{secret.ErrNoKeyring, secret.ErrDismissed, secret.ErrLocked, secret.ErrKeyringTimeout} {
		if errors.Is(err, state) {
			return request.Errorf("office_password", "the password for the office is in the keyring: %w", state)
		}
	}
	return request.Errorf("office_password_failed", "the password for the office cannot be read from where it is kept, or removed there")
}
