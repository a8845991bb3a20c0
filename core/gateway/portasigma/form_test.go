package portasigma

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign/core/gateway/gatewaytest"
)

func TestFields(t *testing.T) { gatewaytest.CheckFields(t, Kind, nil) }

func TestTheFieldsOfTheDefaultSignerAreOneTable(t *testing.T) {
	before := Kind.NewProfile("office")
	before.URL, before.Settings = "https://sign.example.org", map[string]any{"default_signer": map[string]any{"name": "Ana", "email": "ana@example.org"}}
	texts := Kind.FormValues(before)
	texts["default_signer.country"], texts["default_signer.email"] = "ES", ""
	p, err := Kind.ParseForm(before, texts)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"default_signer": map[string]any{"name": "Ana", "country": "ES"}}
	if diff := cmp.Diff(want, p.Settings); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]any{"name": "Ana", "email": "ana@example.org"}, before.Settings["default_signer"]); diff != "" {
		t.Errorf("what was before has changed:\n%s", diff)
	}
	p, err = Kind.ParseForm(p, map[string]string{"default_signer.name": "", "default_signer.country": ""})
	if err != nil || len(p.Settings) != 0 {
		t.Errorf("nobody is left: %v, %v", p.Settings, err)
	}
}
