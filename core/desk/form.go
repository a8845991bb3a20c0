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

// GatewayForm is a gateway as a person fills it in.
type GatewayForm struct {
	Name   string
	Kind   string
	Texts  map[string]string // by the keys of the kind's fields
	Secret secret.Entered    // a new secret; an empty one leaves the secret as it is
}

// FormOf returns the filled-in form of a gateway. Its Secret is empty.
func (d *Desk) FormOf(_ context.Context, name string) (GatewayForm, error) {
	p, kind, err := d.profileKind(name)
	if err != nil {
		return GatewayForm{}, err
	}
	return GatewayForm{Name: p.Name, Kind: p.Kind, Texts: kind.FormValues(p)}, nil
}

// AddForm adds a gateway from its form and returns where its secret is kept, empty when the form
// has no secret. [settings.KeyOf] returns the field that an error is about.
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
		return "", &settings.KeyError{Key: NameKey, Problem: request.Sentencef("gateway_exists", "there is a gateway of this name already: choose another")}
	}
	p, err := readForm(kind, kind.NewProfile(form.Name), form)
	if err != nil {
		return "", err
	}
	place, err := d.AddGateway(ctx, p, form.Secret)
	return place, fieldError(kind, err)
}

// EditForm changes a gateway to what its form says. When the form has a new secret, it keeps that
// and returns where; otherwise it returns "". [settings.KeyOf] returns the field that an error is
// about.
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

// readForm returns the profile before, changed to what the form says.
func readForm(kind gateway.Kind, before gateway.Profile, form GatewayForm) (gateway.Profile, error) {
	p, err := kind.ParseForm(before, form.Texts)
	if err != nil {
		return gateway.Profile{}, fieldError(kind, err)
	}
	for _, f := range kind.Fields {
		if f.Type == gateway.SecretField && form.Secret.Value != "" && kind.SecretURL(p) == "" {
			return gateway.Profile{}, &settings.KeyError{Key: f.Key, Problem: request.Sentencef("secret_unneeded", "as the gateway is set up, it needs no secret: leave this empty, or fill in the address that it is for")}
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
