// Package gatewaytest holds a kind of gateway against what every kind keeps to. It is for tests alone; no
// program imports it.
package gatewaytest

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign/core/gateway"
)

// HoldFields holds the fields of a kind's form against its settings, a struct with toml tags: there is a field for each and no
// other, all can be drawn, and what a form shows as the defaults are the defaults.
func HoldFields[S any](t *testing.T, kind gateway.Kind, defaults S) {
	t.Helper()
	var drawn []string
	for _, f := range kind.Fields {
		if f.Label == "" || f.Type == "" || (f.Type == gateway.Choice) != (len(f.Options) > 0) {
			t.Errorf("%s: %s cannot be drawn: %+v", kind.Name, f.Key, f)
		}
		if f.Type != gateway.Secret {
			drawn = append(drawn, f.Key)
		}
	}
	slices.Sort(drawn)
	if diff := cmp.Diff(slices.Sorted(slices.Values(keysOf(reflect.TypeFor[S](), ""))), drawn); diff != "" {
		t.Errorf("%s (-settings +fields):\n%s", kind.Name, diff)
	}
	holdDefaults(t, kind, defaults)
}

func holdDefaults[S any](t *testing.T, kind gateway.Kind, defaults S) {
	t.Helper()
	texts := map[string]string{"url": "https://sign.example.org"}
	for _, f := range kind.Fields {
		texts[f.Key] = f.Default
	}
	p, err := kind.ReadForm(kind.Blank("a"), texts)
	if len(kind.Fields) == 0 || err != nil && !strings.Contains(err.Error(), "client_id: it is needed") {
		t.Fatalf("%s: %v", kind.Name, err)
	}
	texts["client_id"] = "x" // the one setting that has no default and cannot be left out
	if p, err = kind.ReadForm(kind.Blank("a"), texts); err != nil {
		t.Fatal(err)
	}
	delete(p.Settings, "client_id")
	var got S
	if err := p.Decode(&got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(defaults, got); diff != "" {
		t.Errorf("%s (-defaults +form):\n%s", kind.Name, diff)
	}
}

// keysOf lists the settings of a struct by their names in the file.
func keysOf(s reflect.Type, before string) []string {
	var keys []string
	for i := range s.NumField() {
		f := s.Field(i)
		key := before + f.Tag.Get("toml")
		if f.Type.Kind() == reflect.Pointer && f.Type.Elem().Kind() == reflect.Struct {
			keys = append(keys, keysOf(f.Type.Elem(), key+".")...)
			continue
		}
		keys = append(keys, key)
	}
	return keys
}
