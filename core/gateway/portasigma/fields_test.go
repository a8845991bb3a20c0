package portasigma

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign/core/gateway"
)

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

func TestAFormHasEverySettingAndNoOther(t *testing.T) {
	want := slices.Sorted(slices.Values(keysOf(reflect.TypeFor[Settings](), "")))
	for _, kind := range kinds {
		var got []string
		for _, f := range kind.Fields {
			if f.Label == "" || f.Type == "" || (f.Type == gateway.Choice) != (len(f.Options) > 0) {
				t.Errorf("%s: %s cannot be drawn: %+v", kind.Name, f.Key, f)
			}
			if f.Type != gateway.Secret {
				got = append(got, f.Key)
			}
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-settings +fields):\n%s", kind.Name, diff)
		}
	}
}

// What a form shows as the default is what counts when nothing is set.
func TestTheDefaultsThatAFormShowsAreTheDefaults(t *testing.T) {
	for i, kind := range kinds {
		texts := map[string]string{"url": "https://sign.example.org"}
		for _, f := range kind.Fields {
			texts[f.Key] = f.Default
		}
		p, err := kind.ReadForm(kind.Blank("a"), texts)
		if len(kind.Fields) == 0 || err != nil && !strings.Contains(err.Error(), "client_id: it is needed") {
			t.Fatalf("%s: %v", kind.Name, err)
		}
		texts["client_id"] = "x"
		if p, err = kind.ReadForm(kind.Blank("a"), texts); err != nil {
			t.Fatal(err)
		}
		delete(p.Settings, "client_id")
		var got Settings
		if err := p.Decode(&got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(defaultsOf[i], got); diff != "" {
			t.Errorf("%s (-defaults +form):\n%s", kind.Name, diff)
		}
	}
}

var (
	kinds      = []gateway.Kind{Kind}
	defaultsOf = []Settings{defaults()}
)

func TestTheUsualSignerIsOnePersonOfSeveralFields(t *testing.T) {
	before := Kind.Blank("office")
	before.URL, before.Settings = "https://sign.example.org", map[string]any{"default_signer": map[string]any{"name": "Ana", "email": "ana@example.org"}}
	texts := Kind.WriteForm(before)
	texts["default_signer.country"], texts["default_signer.email"] = "ES", ""
	p, err := Kind.ReadForm(before, texts)
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
	p, err = Kind.ReadForm(p, map[string]string{"default_signer.name": "", "default_signer.country": ""})
	if err != nil || len(p.Settings) != 0 {
		t.Errorf("nobody is left: %v, %v", p.Settings, err)
	}
}
