package desk

import (
	"context"
	"strings"

	"countersign/core/gateway"
	"countersign/core/secret"
	"countersign/core/settings"
)

// Keys of a gateway's form that [settings.KeyOf] returns besides those of its kind's fields.
const (
	NameKey    = "name" // the gateway's name, which is no field of its kind
	AddressKey = "url"
)

// GatewayForm is a gateway as a person fills it in.
type GatewayForm struct {
	Name   string
	Kind   string
	Texts  map[string]string // by the keys of the kind's form
	Secret string            // to be kept; empty leaves the one that is kept. It is never given back.
}

// FormOf gives the form of a gateway of the desk, filled in.
func (d *Desk) FormOf(_ context.Context, name string) (GatewayForm, error) {
	p, kind, err := d.profileKind(name)
	if err != nil {
		return GatewayForm{}, err
	}
	return GatewayForm{Name: p.Name, Kind: p.Kind, Texts: kind.WriteForm(p)}, nil
}

// AddForm adds a gateway as it was filled in and tells where its secret is, if it has one.
// [settings.KeyOf] tells which field an error is about.
func (d *Desk) AddForm(ctx context.Context, form GatewayForm) (secret.Place, error) {
	kind, err := d.kind(form.Kind)
	if err != nil {
		return "", err
	}
	profiles, err := d.Gateways()
	if err != nil {
		return "", err
	}
	if _, err := profiles.Get(form.Name); err == nil {
		return "", &settings.KeyError{Key: NameKey, Problem: "there is a gateway of this name already: choose another"}
	}
	p, err := readForm(kind, kind.Blank(form.Name), form)
	if err != nil {
		return "", err
	}
	place, err := d.AddGateway(ctx, p, form.Secret)
	return place, faultOf(kind, form.Name, err)
}

// EditForm writes a gateway as its form has it now, and keeps its secret if there is a new one.
// [settings.KeyOf] tells which field an error is about.
func (d *Desk) EditForm(ctx context.Context, form GatewayForm) (secret.Place, error) {
	before, kind, err := d.profileKind(form.Name)
	if err != nil {
		return "", err
	}
	p, err := readForm(kind, before, form)
	if err == nil {
		err = d.editGateway(ctx, form.Name, p)
	}
	if err != nil || form.Secret == "" {
		return "", faultOf(kind, form.Name, err)
	}
	return d.SetSecret(ctx, form.Name, form.Secret)
}

// readForm gives the profile that a form stands for.
func readForm(kind gateway.Kind, before gateway.Profile, form GatewayForm) (gateway.Profile, error) {
	for _, f := range kind.Form() {
		if text, told := form.Texts[f.Key]; told && f.Required && strings.TrimSpace(text) == "" {
			return gateway.Profile{}, &settings.KeyError{Key: f.Key, Problem: "it is needed: fill it in"}
		}
	}
	p, err := kind.ReadForm(before, form.Texts)
	if err != nil {
		return gateway.Profile{}, faultOf(kind, form.Name, err)
	}
	for _, f := range kind.Fields {
		if f.Type == gateway.Secret && form.Secret != "" && kind.Credentials(p) == "" {
			return gateway.Profile{}, &settings.KeyError{Key: f.Key, Problem: "nothing is to be kept as the gateway is set up: leave this empty, or fill in the address that it is for"}
		}
	}
	return p, nil
}

// faultOf finds the field that an error of a profile is about: it begins with the name of
// the gateway, and goes on with the setting.
func faultOf(kind gateway.Kind, name string, err error) error {
	if err == nil {
		return nil
	}
	if strings.HasPrefix(err.Error(), "gateway name ") {
		return &settings.KeyError{Key: NameKey, Problem: strings.TrimPrefix(err.Error(), "gateway name ")}
	}
	problem, found := strings.CutPrefix(err.Error(), "gateway "+name+": ")
	if !found {
		return err
	}
	for _, f := range kind.Form() {
		table, _, _ := strings.Cut(f.Key, ".")
		for _, key := range []string{f.Key, table} {
			if rest, about := strings.CutPrefix(problem, key); about && strings.HasPrefix(rest, ": ") {
				return &settings.KeyError{Key: f.Key, Problem: strings.TrimPrefix(rest, ": ")}
			} else if about && strings.HasPrefix(rest, " ") {
				return &settings.KeyError{Key: f.Key, Problem: problem}
			}
		}
	}
	return err
}
