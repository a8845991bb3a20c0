package desk

import (
	"context"
	"errors"
	"slices"

	"countersign/core/gateway"
	"countersign/core/request"
	"countersign/core/secret"
	"countersign/core/settings"
)

// Keys that [settings.KeyOf] may return for an error about a gateway's form, besides the keys of
// the fields of its kind.
const (
	NameKey    = gateway.NameKey // the gateway's name, which is no field of its kind
	AddressKey = "url"
)

// GatewayForm is what a person enters in the form of a gateway.
type GatewayForm struct {
	Name   string
	Kind   string
	Texts  map[string]string // the values of the kind's fields, by their keys
	Secret secret.Entered    // a new secret; the zero value leaves the secret as it is
}

// FormOf returns the form of the gateway of that name with its present values. The Secret of the form
// is empty.
func (d *Desk) FormOf(_ context.Context, name string) (GatewayForm, error) {
	p, kind, err := d.profileKind(name)
	if err != nil {
		return GatewayForm{}, err
	}
	return GatewayForm{Name: p.Name, Kind: p.Kind, Texts: kind.FormValues(p)}, nil
}

// AddForm adds a gateway from its form and returns where its secret is kept, or "" when the form has
// no secret. For an error about one field, [settings.KeyOf] returns the key of the field.
func (d *Desk) AddForm(ctx context.Context, form GatewayForm) (secret.Backend, error) {
	kind, err := d.kind(form.Kind)
	if err != nil {
		return "", err
	}
	profiles, err := d.Gateways()
	if err != nil {
		return "", err
	}
	if _, err := profiles.Get(form.Name); err == nil {
		return "", &settings.KeyError{Key: NameKey, Problem: request.Sentencef("gateway_exists", "a gateway with this name already exists: choose another name")}
	}
	p, err := readForm(kind, kind.NewProfile(form.Name), form)
	if err != nil {
		return "", err
	}
	place, err := d.AddGateway(ctx, p, form.Secret)
	return place, fieldError(kind, err)
}

// EditForm changes the gateway form.Name to what the form says. When the form has a new secret, it
// stores the secret and returns where that is kept; otherwise it returns "". For an error about one
// field, [settings.KeyOf] returns the key of the field.
func (d *Desk) EditForm(ctx context.Context, form GatewayForm) (secret.Backend, error) {
	before, kind, err := d.profileKind(form.Name)
	if err != nil {
		return "", err
	}
	p, err := readForm(kind, before, form)
	if err == nil {
		err = d.editGateway(ctx, form.Name, p)
	}
	if err != nil || form.Secret.Value == "" {
		return "", fieldError(kind, err)
	}
	return d.SetSecret(ctx, form.Name, form.Secret)
}

// readForm returns the present profile of a gateway, before, with the values of its fields replaced by
// the texts of the form. The error is a [settings.KeyError] if a text or the secret is invalid, or if
// the form has a secret that the gateway does not need.
func readForm(kind gateway.Kind, before gateway.Profile, form GatewayForm) (gateway.Profile, error) {
	p, err := kind.ParseForm(before, form.Texts)
	if err != nil {
		return gateway.Profile{}, fieldError(kind, err)
	}
	for _, f := range kind.Fields {
		if f.Type != gateway.SecretField || form.Secret.Value == "" {
			continue
		}
		if kind.SecretURL(p) == "" {
			return gateway.Profile{}, &settings.KeyError{Key: f.Key, Problem: request.Sentencef("secret_unneeded", "as the gateway is set up, it needs no secret: leave this empty, or fill in the address that it is for")}
		}
		if err := secret.Check(form.Secret.Value); err != nil {
			return gateway.Profile{}, &settings.KeyError{Key: f.Key, Problem: request.SentenceOf(err)}
		}
	}
	return p, nil
}

// fieldError returns err as a [settings.KeyError] if it is about the name or a field of a kind's
// form, and unchanged otherwise.
func fieldError(kind gateway.Kind, err error) error {
	wrong, ok := errors.AsType[*gateway.SettingError](err)
	if !ok {
		return err
	}
	if wrong.Key != NameKey && !slices.ContainsFunc(kind.FormFields(), func(f gateway.Field) bool { return f.Key == wrong.Key }) {
		return err
	}
	return &settings.KeyError{Key: wrong.Key, Problem: request.SentenceOf(wrong.Problem)}
}
