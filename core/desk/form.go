package desk

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"countersign/core/gateway"
	"countersign/core/secret"
)

// What a form is drawn from is here for whoever knows no gateway.
type (
	Kind  = gateway.Kind
	Field = gateway.Field
	Place = secret.Place
)

// The types of fields.
const (
	TextField    = gateway.Text
	LongField    = gateway.Long
	SecretField  = gateway.Secret
	BoolField    = gateway.Bool
	NumberField  = gateway.Number
	ChoiceField  = gateway.Choice
	ListField    = gateway.List
	NumbersField = gateway.Numbers
	TableField   = gateway.Table
)

// The places of secrets.
const (
	InKeyring = secret.Keyring
	InFile    = secret.File
)

// Keys that [FieldOf] gives: that of a gateway's name, which is no field of its kind, that of
// its address, and those of the settings that are typed.
const (
	NameKey     = gateway.NameKey
	AddressKey  = "url"
	PatienceKey = "patience"
	PortKey     = "callback_port"
	FolderKey   = "output_folder"
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
	profiles, err := d.Gateways()
	if err != nil {
		return GatewayForm{}, err
	}
	p, err := profiles.Get(name)
	if err != nil {
		return GatewayForm{}, err
	}
	kind, err := d.kind(p.Kind)
	if err != nil {
		return GatewayForm{}, err
	}
	return GatewayForm{Name: p.Name, Kind: p.Kind, Texts: kind.WriteForm(p)}, nil
}

// AddForm adds a gateway as it was filled in and tells where its secret is, if it has one.
// [FieldOf] tells which field an error is about.
func (d *Desk) AddForm(ctx context.Context, form GatewayForm) (Place, error) {
	kind, err := d.kind(form.Kind)
	if err != nil {
		return "", err
	}
	profiles, err := d.Gateways()
	if err != nil {
		return "", err
	}
	if _, err := profiles.Get(form.Name); err == nil {
		return "", &settingFault{NameKey, "there is a gateway of this name already: choose another"}
	}
	p, err := readForm(kind, kind.Blank(form.Name), form)
	if err != nil {
		return "", err
	}
	place, err := d.AddGateway(ctx, p, form.Secret)
	return place, faultOf(kind, err)
}

// EditForm writes a gateway as its form has it now, and keeps its secret if there is a new one.
// [FieldOf] tells which field an error is about.
func (d *Desk) EditForm(ctx context.Context, form GatewayForm) (Place, error) {
	profiles, err := d.Gateways()
	if err != nil {
		return "", err
	}
	before, err := profiles.Get(form.Name)
	if err != nil {
		return "", err
	}
	kind, err := d.kind(before.Kind)
	if err != nil {
		return "", err
	}
	p, err := readForm(kind, before, form)
	if err == nil {
		err = d.editGateway(ctx, form.Name, p)
	}
	if err != nil || form.Secret == "" {
		return "", faultOf(kind, err)
	}
	return d.SetSecret(ctx, form.Name, form.Secret)
}

// readForm gives the profile that a form stands for.
func readForm(kind gateway.Kind, before gateway.Profile, form GatewayForm) (gateway.Profile, error) {
	p, err := kind.ReadForm(before, form.Texts)
	if err != nil {
		return gateway.Profile{}, faultOf(kind, err)
	}
	for _, f := range kind.Fields {
		if f.Type == gateway.Secret && form.Secret != "" && kind.Credentials(p) == "" {
			return gateway.Profile{}, &settingFault{f.Key, "nothing is to be kept as the gateway is set up: leave this empty, or fill in the address that it is for"}
		}
	}
	return p, nil
}

// faultOf returns err as a [settingFault] if it is about the name or a field of a kind's form,
// and as it is otherwise.
func faultOf(kind gateway.Kind, err error) error {
	wrong, ok := errors.AsType[*gateway.SettingError](err)
	if !ok {
		return err
	}
	if wrong.Key != NameKey && !slices.ContainsFunc(kind.Form(), func(f Field) bool { return f.Key == wrong.Key }) {
		return err
	}
	return &settingFault{wrong.Key, wrong.Problem.Error()}
}

// FieldOf tells which setting an error of [Desk.ChangeSettings], [Desk.AddForm] or
// [Desk.EditForm] is about, by its key, and what is wrong with it. The key is empty when the
// error is about no single one.
func FieldOf(err error) (key, problem string) {
	if fault, ok := errors.AsType[*settingFault](err); ok {
		return fault.key, fault.problem
	}
	return "", err.Error()
}

// ReadTime reads a time as people type it: 15m, or a number of minutes. What is none is no
// time at all, which [Desk.ChangeSettings] refuses.
func ReadTime(text string) time.Duration {
	text = strings.ReplaceAll(text, " ", "")
	if _, err := strconv.Atoi(text); err == nil {
		text += "m"
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0
	}
	return d
}

// WriteTime writes a time without its zeros.
func WriteTime(d time.Duration) string {
	text := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = text[:len(text)-2]
		}
	}
	return text
}
