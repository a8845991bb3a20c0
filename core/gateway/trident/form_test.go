package trident

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign/core/gateway/gatewaytest"
)

func TestFields(t *testing.T) {
	required := map[string]string{"client_id": "desk"}
	gatewaytest.CheckFields(t, Kind, required)
	gatewaytest.CheckFields(t, UAEPass, required)
}

func TestEveryTypeOfSettingSurvivesAForm(t *testing.T) {
	texts := map[string]string{
		"url": "https://sign.example.org/", "client_id": "desk", "labels": " a, b\n\nc ", "skip_agreement": "true", "rectangle": "40, 60.5,220,70",
		"appearance": "[background_image]\nbinary = \"QUJD\"", "agreement_html": "<p>\n</p>", "max_size_mb": "25", "batch_items": "ids",
		"patience": "30m", "callback_port": "9001", "timeout": "1m", "ca_file": "", "encrypted": "true", "client_secret": "never",
	}
	p, err := Kind.ParseForm(Kind.NewProfile("office"), texts)
	if err != nil {
		t.Fatal(err)
	}
	want := Kind.NewProfile("office")
	want.URL, want.CallbackPort, want.Timeout, want.Patience = "https://sign.example.org", 9001, 60e9, 30*60e9
	want.Encrypted = true
	want.Settings = map[string]any{
		"client_id": "desk", "labels": []any{[]any{"a", "b"}, []any{"c"}}, "skip_agreement": true, "rectangle": []any{40.0, 60.5, 220.0, 70.0},
		"appearance": map[string]any{"background_image": map[string]any{"binary": "QUJD"}}, "agreement_html": "<p>\n</p>", "max_size_mb": int64(25), "batch_items": "ids",
	}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Fatal(diff)
	}
	again, err := Kind.ParseForm(p, Kind.FormValues(p))
	if diff := cmp.Diff(p, again); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	for key, text := range Kind.FormValues(p) {
		if text == "" || key == "url" || key == "client_id" {
			continue
		}
		if again, err = Kind.ParseForm(again, map[string]string{key: ""}); err != nil {
			t.Errorf("%s: %v", key, err)
		}
	}
	bare := Kind.NewProfile("office")
	bare.URL, bare.Settings = p.URL, map[string]any{"client_id": "desk"}
	if diff := cmp.Diff(bare, again); diff != "" {
		t.Errorf("emptied:\n%s", diff)
	}
	if len(p.Settings) != len(want.Settings) {
		t.Error("the profile that a form was read into has changed")
	}
}

func TestAFormWithAWrongSettingIsRefused(t *testing.T) {
	good := map[string]string{"url": "https://sign.example.org", "client_id": "desk"}
	for key, texts := range map[string][]string{
		"url": {"", "http://sign.example.org"}, "client_id": {" "}, "skip_agreement": {"perhaps"}, "max_size_mb": {"1.5", "many"}, "batch_items": {"all"},
		"rectangle": {"1, 2, x"}, "appearance": {"= 3", "a"}, "patience": {"soon", "-1m", "1s", "10000h"}, "callback_port": {"80", "x", "99999999999"}, "timeout": {"0s", "1h"}, "encrypted": {"perhaps"},
	} {
		for _, text := range texts {
			values := maps.Clone(good)
			values[key] = text
			before := Kind.NewProfile("office")
			before.URL, before.Settings = "https://before.example.org", map[string]any{"client_id": "before"}
			if _, err := Kind.ParseForm(before, values); err == nil || !strings.Contains(err.Error(), "gateway office: "+key) {
				t.Errorf("%s = %q: %v", key, text, err)
			}
		}
	}
}
