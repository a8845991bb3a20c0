package gateway

import (
	"errors"
	"slices"
	"strconv"
	"strings"
)

// FormFields returns the fields of a form for a profile of this kind: those that all kinds share
// and the kind's own.
func (k Kind) FormFields() []Field {
	address := Field{Key: "url", Label: "Address", Help: "The gateway’s root address, such as https://sign.example.org.", Type: TextField, Required: true}
	for _, h := range k.Hosts {
		address.Options = append(address.Options, h.URL)
	}
	return append([]Field{address}, append(slices.Clone(k.Fields), sharedFields...)...)
}

// sharedFields are the fields that all kinds share, besides the address.
var sharedFields = []Field{
	{Key: "title", Label: "Display name", Help: "Shown in this program’s window in place of the name, such as City hall. Leave empty to show the name.", Type: TextField},
	{Key: "patience", Label: "Time limit", Advanced: true, Help: "How long to wait for the browser to come back before a request counts as unanswered, such as 15m. Leave empty to use the desk’s setting.", Type: TextField},
	{Key: "callback_port", Label: "Return port", Advanced: true, Help: "A fixed port on this computer for returns, from 1024 to 65535. Leave empty to use the desk’s setting.", Type: NumberField},
	{Key: "timeout", Label: "Call timeout", Advanced: true, Help: "How long the gateway may take to answer one call, up to 10m.", Type: TextField, Default: DefaultTimeout.String()},
	{Key: "encrypted", Label: "Send locked files", Advanced: true, Help: "Sends PDFs that open without a password but are locked against changes. Only for a gateway that signs them.", Type: BoolField},
	{Key: "ca_file", Label: "Certificate file", Advanced: true, Help: "A PEM file of issuers to trust for its connection, in addition to the system’s.", Type: TextField},
	{Key: "client_cert", Label: "Client certificate", Advanced: true, Help: "A PEM file with the certificate that the gateway asks for, followed by those of its issuers. Leave empty if it asks for none.", Type: TextField},
	{Key: "client_key", Label: "Client certificate key", Advanced: true, Help: "A PEM file with the private key of the client certificate, without a passphrase. Leave empty if it is in the same file.", Type: TextField},
}

// NewProfile returns a profile of this kind in which nothing is set.
func (k Kind) NewProfile(name string) Profile {
	return Profile{Name: name, Kind: k.Name, Timeout: DefaultTimeout, Settings: map[string]any{}}
}

// NeedsSecret reports whether a gateway of this kind needs a secret as the profile sets it up. If the profile
// has no address yet, it is as with any address.
func (k Kind) NeedsSecret(p Profile) bool {
	if p.URL == "" {
		p.URL = "https://any.invalid"
	}
	return k.SecretURL != nil && k.SecretURL(p) != ""
}

// FormValues returns the profile's settings as texts for a form, by the keys of [Kind.FormFields].
// The text of a setting that is not set is empty. Secrets are left out.
func (k Kind) FormValues(p Profile) map[string]string {
	texts := map[string]string{"title": p.Title, "url": p.URL, "ca_file": p.CAFile, "client_cert": p.ClientCert, "client_key": p.ClientKey, "callback_port": "", "timeout": "", "patience": "", "encrypted": ""}
	if p.CallbackPort != 0 {
		texts["callback_port"] = strconv.Itoa(p.CallbackPort)
	}
	if p.Timeout != 0 && p.Timeout != DefaultTimeout {
		texts["timeout"] = p.Timeout.String()
	}
	if p.Encrypted {
		texts["encrypted"] = "true"
	}
	if p.Patience != 0 {
		texts["patience"] = p.Patience.String()
	}
	for _, f := range k.Fields {
		if f.Type != SecretField {
			texts[f.Key] = f.format(lookUp(p.Settings, f.Key))
		}
	}
	return texts
}

// ParseForm returns a copy of the profile that the parameter before has, changed as a form says. texts
// are the form's texts, by the keys of [Kind.FormFields]. A text that is equal to that of
// [Kind.FormValues], or missing, leaves its setting as it is. An empty text takes the setting away; it
// is an error if the field is required. Secrets are ignored. The error joins one of the type
// [*SettingError] for each setting that is wrong; the profile has the others then.
func (k Kind) ParseForm(before Profile, texts map[string]string) (Profile, error) {
	written, after := k.FormValues(before), before
	after.Settings = cloneTable(before.Settings)
	var faults []error
	for _, f := range k.FormFields() {
		text, present := texts[f.Key]
		if text = strings.TrimSpace(text); !present || f.Type == SecretField {
			continue
		}
		if text == "" && f.Required {
			faults = append(faults, before.settingError(f.Key, errRequired))
			continue
		}
		if text == written[f.Key] {
			continue
		}
		value, err := f.Parse(text)
		if err == nil {
			err = after.Set(f.Key, value)
		}
		if err != nil {
			faults = append(faults, before.settingError(f.Key, err))
		}
	}
	return after, errors.Join(append(faults, after.faults()...)...)
}
