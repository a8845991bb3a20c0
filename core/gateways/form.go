package gateways

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

// Form is what a person enters in the form of a gateway.
type Form struct {
	Name   string
	Kind   string
	Texts  map[string]string // the values of the kind's fields, by their keys
	Secret secret.Entered    // a new secret; the zero value leaves the secret as it is
	Office bool              // of a new gateway: it is one of the office, see [Gateways.ShareGateway]
}

// FormOf returns the form of the gateway of that name with its present values. The Secret of the form
// is empty.
func (s *Gateways) FormOf(_ context.Context, name string) (Form, error) {
	p, kind, err := s.profileKind(name)
	if err != nil {
		return Form{}, err
	}
	return Form{Name: p.Name, Kind: p.Kind, Texts: kind.FormValues(p)}, nil
}

// AddForm adds a gateway from its form and returns where its secret is kept, or "" when it needs none.
// [settings.KeysOf] returns what is wrong with each field of the form.
func (s *Gateways) AddForm(ctx context.Context, form Form) (secret.Backend, error) {
	kind, err := s.Kind(form.Kind)
	if err != nil {
		return "", err
	}
	taken, err := s.isTaken(form)
	if err != nil {
		return "", err
	}
	missing := s.newSecretFault
	if form.Office {
		missing = func(gateway.Profile) error { return nil } // each person has one of their own
	}
	p, err := s.readForm(kind, kind.NewProfile(form.Name), form, missing)
	if taken {
		err = errors.Join(&settings.KeyError{Key: NameKey, Problem: request.Sentencef("gateway_exists", "a gateway with this name already exists: choose another name")}, err)
	}
	if err != nil {
		return "", err
	}
	var place secret.Backend
	if form.Office {
		place, err = s.ShareGateway(ctx, p, form.Secret, false)
	} else {
		place, err = s.AddGateway(ctx, p, form.Secret)
	}
	return place, fieldErrors(kind, err)
}

// isTaken reports whether the office, or the home, has a gateway of the name in the form of a new one.
func (s *Gateways) isTaken(form Form) (bool, error) {
	if form.Office {
		p, err := s.Profile(form.Name)
		return err == nil && p.Office, nil
	}
	profiles, err := s.cfg.Policy.Gateways.Load(s.file)
	if err != nil {
		return false, err
	}
	_, err = profiles.Get(form.Name)
	return err == nil, nil
}

// EditForm changes the gateway form.Name to what the form says. When the form has a new secret, it
// stores the secret and returns where that is kept; otherwise it returns "". [settings.KeysOf] returns what
// is wrong with each field of the form.
func (s *Gateways) EditForm(ctx context.Context, form Form) (secret.Backend, error) {
	before, kind, err := s.profileKind(form.Name)
	if err != nil {
		return "", err
	}
	p, err := s.readForm(kind, inFile(before), form, func(after gateway.Profile) error { return s.keptSecretFault(ctx, kind, before, after) })
	if err != nil {
		return "", err
	}
	if err := s.editGateway(ctx, form.Name, p); err != nil || form.Secret.Value == "" {
		return "", fieldErrors(kind, err)
	}
	return s.keepSecret(ctx, kind, p, form.Secret) // for the address in the form: the gateway may have been changed again
}

// readForm returns the present profile of a gateway, before, with the values of its fields replaced by
// the texts of the form. Its error joins a [settings.KeyError] for each field that is wrong. If the gateway needs a
// secret and the form has none, the function missing is called with the new profile, and returns what is wrong with
// that, or nil.
func (s *Gateways) readForm(kind gateway.Kind, before gateway.Profile, form Form, missing func(gateway.Profile) error) (gateway.Profile, error) {
	p, err := kind.ParseForm(before, form.Texts)
	_, unusable := s.completed(&p)
	return p, fieldErrors(kind, errors.Join(err, secretFault(kind, p, form.Secret.Value, missing), unusable))
}

// secretFault returns what is wrong with the secret that was entered for a gateway, or nil. The error is about the
// field of the secret.
func secretFault(kind gateway.Kind, p gateway.Profile, entered string, missing func(gateway.Profile) error) error {
	at := slices.IndexFunc(kind.Fields, func(f gateway.Field) bool { return f.Type == gateway.SecretField })
	if at < 0 {
		return nil
	}
	var err error
	switch needed := kind.NeedsSecret(p); {
	case needed && entered == "":
		err = missing(p)
	case entered == "":
	case !needed:
		err = request.Errorf("secret_unneeded", "as the gateway is set up, it needs no secret: leave this empty, or fill in the address that it is for")
	default:
		err = secret.Check(entered)
	}
	if err == nil {
		return nil
	}
	return &settings.KeyError{Key: kind.Fields[at].Key, Problem: request.SentenceOf(err)}
}

var errSecretMissing = request.Errorf("secret_missing", "the gateway needs it: enter it")

// newSecretFault returns why a new gateway without a secret is not added.
func (s *Gateways) newSecretFault(gateway.Profile) error { return errSecretMissing }

// keptSecretFault returns why the secret that is stored for a gateway does not do for its changed profile, or nil. What a
// keyring does not tell is no fault.
func (s *Gateways) keptSecretFault(ctx context.Context, kind gateway.Kind, before, after gateway.Profile) error {
	if before.Office {
		return nil // each person has a secret of their own, or none yet
	}
	_, err := s.cfg.Secrets.Backend(ctx, secretName(before))
	if errors.Is(err, secret.ErrNotFound) && !errors.Is(err, secret.ErrNoKeyring) {
		return errSecretMissing
	}
	was, err := credentialOrigin(kind, before)
	if err != nil {
		return nil
	}
	if now, err := credentialOrigin(kind, after); err == nil && now != was {
		return request.Errorf("secret_moved", "the one that is stored is for %s only: enter it again for the new address", was)
	}
	return nil
}

// fieldErrors returns err with each of the errors that it joins as a [settings.KeyError], if that is about the name or a
// field of a kind's form. Of several about one field it keeps the first.
func fieldErrors(kind gateway.Kind, err error) error {
	var all []error
	seen := map[string]bool{}
	var add func(err error)
	add = func(err error) {
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			for _, one := range joined.Unwrap() {
				add(one)
			}
			return
		}
		err = fieldError(kind, err)
		if key, _ := settings.KeyOf(err); key == "" || !seen[key] {
			seen[key] = true
			all = append(all, err)
		}
	}
	if err != nil {
		add(err)
	}
	if len(all) == 1 {
		return all[0]
	}
	return errors.Join(all...)
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
