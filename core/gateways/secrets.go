package gateways

import (
	"context"
	"errors"
	"net/url"

	"countersign/core/gateway"
	"countersign/core/request"
	"countersign/core/secret"
)

// Secrets stores the secrets of gateways. Package secret implements it.
type Secrets interface {
	Set(ctx context.Context, gateway, origin, value string) (secret.Backend, error)
	SetInFile(ctx context.Context, gateway, origin, value string) error
	Get(ctx context.Context, gateway, origin string) (string, error)
	Backend(ctx context.Context, gateway string) (secret.Backend, error)
	Origin(ctx context.Context, gateway string) (string, error)
	Move(ctx context.Context, gateway, origin string) error
	Delete(ctx context.Context, gateway string) error
}

// secretOf returns the secret of a profile. It fails unless the secret was entered for the origin
// that it would be sent to now.
func (s *Gateways) secretOf(ctx context.Context, kind gateway.Kind, p gateway.Profile) (string, error) {
	origin, err := credentialOrigin(kind, p)
	if err != nil {
		return "", err
	}
	value, err := s.cfg.Secrets.Get(ctx, secretName(p), origin)
	if p.Office && errors.Is(err, secret.ErrOtherOrigin) {
		return "", movedError(p, origin)
	}
	return value, err
}

func credentialOrigin(kind gateway.Kind, p gateway.Profile) (string, error) {
	address := kind.SecretURL(p)
	if address == "" {
		return "", request.Errorf("gateway_no_secret", "gateway %s needs no secret as it is set up", p.Name)
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return "", request.Errorf("gateway_address", "gateway %s: %q is not an address", p.Name, address)
	}
	return gateway.Origin(u), nil
}

// CanAsk reports whether the gateway of that name can be asked from here: it is no practice gateway, and its secret is stored if it needs one.
func (s *Gateways) CanAsk(ctx context.Context, name string) bool {
	p, kind, err := s.profileKind(name)
	if err != nil || p.Practice {
		return false
	}
	if kind.SecretURL(p) == "" {
		return true
	}
	_, err = s.secretOf(ctx, kind, p)
	return err == nil
}

func (s *Gateways) keepSecret(ctx context.Context, kind gateway.Kind, p gateway.Profile, entered secret.Entered) (secret.Backend, error) {
	origin, err := credentialOrigin(kind, p)
	if err != nil {
		return "", err
	}
	if err := secret.Check(entered.Value); err != nil {
		return "", err
	}
	if entered.InFile {
		return secret.File, s.cfg.Secrets.SetInFile(ctx, secretName(p), origin, entered.Value)
	}
	return s.cfg.Secrets.Set(ctx, secretName(p), origin, entered.Value)
}

// SecretOrigin returns the scheme, host and port that the secret of a gateway is sent to. It fails for
// a practice gateway, and for a gateway that needs no secret as it is set up.
func (s *Gateways) SecretOrigin(name string) (string, error) {
	p, kind, err := s.profileKind(name)
	if err != nil {
		return "", err
	}
	if p.Practice {
		return "", practiceSecret(name)
	}
	return credentialOrigin(kind, p)
}

func practiceSecret(name string) error {
	return request.Errorf("practice_secret", "gateway %s is a practice gateway: it makes its secrets itself", name)
}

// SetSecret replaces the secret of a gateway, for the gateway's present address, and returns where
// the new secret is kept. It fails as [Gateways.SecretOrigin] does.
func (s *Gateways) SetSecret(ctx context.Context, name string, entered secret.Entered) (secret.Backend, error) {
	p, kind, err := s.profileKind(name)
	if err != nil {
		return "", err
	}
	if p.Practice {
		return "", practiceSecret(name)
	}
	return s.keepSecret(ctx, kind, p, entered)
}
