package trident

import (
	"maps"
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
	kinds      = []gateway.Kind{Kind, UAEPass}
	defaultsOf = []Settings{defaults(), uaePassDefaults()}
)

func TestEveryKindOfSettingGoesThroughAForm(t *testing.T) {
	texts := map[string]string{
		"url": "https://sign.example.org/", "client_id": "desk", "labels": " a, b\n\nc ", "skip_agreement": "true", "rectangle": "40, 60.5,220,70",
		"appearance": "[background_image]\nbinary = \"QUJD\"", "agreement_html": "<p>\n</p>", "max_size_mb": "25", "batch_items": "ids",
		"patience": "30m", "callback_port": "9001", "timeout": "1m", "ca_file": "", "secret": "never",
	}
	p, err := Kind.ReadForm(Kind.Blank("office"), texts)
	if err != nil {
		t.Fatal(err)
	}
	want := Kind.Blank("office")
	want.URL, want.CallbackPort, want.Timeout, want.Patience = "https://sign.example.org", 9001, 60e9, 30*60e9
	want.Settings = map[string]any{
		"client_id": "desk", "labels": []any{[]any{"a", "b"}, []any{"c"}}, "skip_agreement": true, "rectangle": []any{40.0, 60.5, 220.0, 70.0},
		"appearance": map[string]any{"background_image": map[string]any{"binary": "QUJD"}}, "agreement_html": "<p>\n</p>", "max_size_mb": int64(25), "batch_items": "ids",
	}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Fatal(diff)
	}
	again, err := Kind.ReadForm(p, Kind.WriteForm(p))
	if diff := cmp.Diff(p, again); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	for key, text := range Kind.WriteForm(p) {
		if text == "" || key == "url" || key == "client_id" {
			continue
		}
		if again, err = Kind.ReadForm(again, map[string]string{key: ""}); err != nil {
			t.Errorf("%s: %v", key, err)
		}
	}
	bare := Kind.Blank("office")
	bare.URL, bare.Settings = p.URL, map[string]any{"client_id": "desk"}
	if diff := cmp.Diff(bare, again); diff != "" {
		t.Errorf("emptied:\n%s", diff)
	}
	if len(p.Settings) != len(want.Settings) {
		t.Error("the profile that a form was read into has changed")
	}
}

func TestAFormThatMakesNoSenseIsRefused(t *testing.T) {
	good := map[string]string{"url": "https://sign.example.org", "client_id": "desk"}
	for key, texts := range map[string][]string{
		"url": {"", "http://sign.example.org"}, "client_id": {" "}, "skip_agreement": {"perhaps"}, "max_size_mb": {"1.5", "many"}, "batch_items": {"all"},
		"rectangle": {"1, 2, x"}, "appearance": {"= 3", "a"}, "patience": {"soon", "-1m", "1s", "10000h"}, "callback_port": {"80", "x", "99999999999"}, "timeout": {"0s", "1h"},
	} {
		for _, text := range texts {
			values := maps.Clone(good)
			values[key] = text
			before := Kind.Blank("office")
			before.URL, before.Settings = "https://before.example.org", map[string]any{"client_id": "before"}
			if _, err := Kind.ReadForm(before, values); err == nil || !strings.Contains(err.Error(), "gateway office: "+key) {
				t.Errorf("%s = %q: %v", key, text, err)
			}
		}
	}
}
