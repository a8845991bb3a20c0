// Package gatewaytest has a test that every kind of gateway has to pass. No program imports it.
package gatewaytest

import (
	"testing"

	"countersign/core/gateway"
)

// CheckFields tests that a form can be drawn from the fields of a kind, and that the kind
// accepts a profile with nothing but an address, the required settings and the defaults. It
// leaves the required settings to the caller.
func CheckFields(t *testing.T, kind gateway.Kind, required map[string]string) {
	t.Helper()
	texts, seen := map[string]string{"url": "https://sign.example.org"}, map[string]bool{}
	for _, f := range kind.FormFields() {
		if f.Label == "" || f.Type == "" || (f.Type == gateway.ChoiceField) != (len(f.Options) > 1 && f.Type != gateway.TextField) || seen[f.Key] {
			t.Errorf("%s: no form can be drawn with %s: %+v", kind.Name, f.Key, f)
		}
		seen[f.Key] = true
	}
	for _, f := range kind.Fields {
		if texts[f.Key] = f.Default; f.Required {
			texts[f.Key] = required[f.Key]
		}
	}
	p, err := kind.ParseForm(kind.NewProfile("a"), texts)
	if err != nil {
		t.Fatalf("%s: %v", kind.Name, err)
	}
	if _, err := kind.New(p, gateway.Tools{}); err != nil {
		t.Errorf("%s with its defaults written out: %v", kind.Name, err)
	}
}
