package gateways

import (
	"bytes"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/core/desk/fake"
	"countersign/core/gateway"
)

func TestAnEditedGatewayIsUsedAtOnce(t *testing.T) {
	r := newRig(t)
	text := "# ours\n" + fake.Profiles + "# the end\n"
	r.must(os.WriteFile(r.dir.Gateways(), []byte(text), 0o600))
	_, err := r.Open(t.Context(), "one")
	r.must(err)
	p := gateway.Profile{Name: "one", Kind: "fake", URL: "https://new.example", Patience: time.Hour}
	r.must(r.editGateway(t.Context(), "one", p))
	after, err := r.Profiles()
	r.must(err)
	if got, _ := after.Get("one"); got.URL != p.URL || got.Patience != time.Hour || got.Timeout != gateway.DefaultTimeout {
		t.Errorf("got %+v", got)
	}
	if _, kept := r.opened["one"]; kept {
		t.Error("the gateway as it was before is still in use")
	}
	written, err := os.ReadFile(r.dir.Gateways())
	r.must(err)
	if want := strings.Replace(text, "url = \"https://one.example\"\n", "url = \"https://new.example\"\npatience = \"1h0m0s\"\n", 1); string(written) != want {
		t.Errorf("got %s", written)
	}
}

func TestAnEditThatWouldNotWorkIsRefused(t *testing.T) {
	r := newRig(t)
	r.must(os.WriteFile(r.dir.Gateways(), []byte(fake.Profiles+"[gateways.practice]\nkind = \"fake\"\npractice = true\n"), 0o600))
	before, err := os.ReadFile(r.dir.Gateways())
	r.must(err)
	for say, change := range map[string]func(*gateway.Profile) string{
		`there is no gateway "three"`:   func(*gateway.Profile) string { return "three" },
		"keeps its name":                func(p *gateway.Profile) string { p.Name = "uno"; return "one" },
		"stays of the kind fake":        func(p *gateway.Profile) string { p.Kind = "other"; return "one" },
		"is a practice gateway":         func(p *gateway.Profile) string { p.Name = "practice"; return "practice" },
		"not encrypted":                 func(p *gateway.Profile) string { p.URL = "http://a.example"; return "one" },
		"colour: the kind fake has no ": func(p *gateway.Profile) string { p.Settings = map[string]any{"colour": "red"}; return "one" },
		"nowhere.pem":                   func(p *gateway.Profile) string { p.CAFile = "nowhere.pem"; return "one" },
	} {
		p := gateway.Profile{Name: "one", Kind: "fake", URL: "https://new.example"}
		name := change(&p)
		if err := r.editGateway(t.Context(), name, p); err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("%s: got %v", say, err)
		}
	}
	if after, err := os.ReadFile(r.dir.Gateways()); err != nil || string(after) != string(before) {
		t.Errorf("the file has changed: %s", after)
	}
}

func TestTheDefaultGatewayCanBeAnother(t *testing.T) {
	r := newRig(t)
	r.must(r.SetDefaultGateway(t.Context(), "two"))
	if all, err := r.Profiles(); err != nil || all.Default != "two" {
		t.Errorf("it is %s, %v", all.Default, err)
	}
	if err := r.SetDefaultGateway(t.Context(), "three"); err == nil || !strings.Contains(err.Error(), "check its name") {
		t.Errorf("got %v", err)
	}
}

func TestGatewaysFromBeforeAreUsedAsTheyWere(t *testing.T) {
	r := newRig(t)
	for i, k := range r.config.Kinds {
		if k.Name == "fake" {
			r.config.Kinds[i].Fields = append(slices.Clone(k.Fields), gateway.Field{Key: "type", Type: gateway.TextField, Default: "new", CanBeNone: true, DefaultIsNew: true})
		}
	}
	r.close()
	before := strings.TrimPrefix(fake.Profiles, "version = 2\n")
	r.must(os.WriteFile(r.dir.Gateways(), []byte(before), 0o600))
	var said bytes.Buffer
	r.config.Log = slog.New(slog.NewTextHandler(&said, nil))
	for range 2 { // the second time, there is nothing left to do
		r.open()
		profiles, err := r.Profiles()
		r.must(err)
		one, err := profiles.Get("one")
		r.must(err)
		if profiles.Version != 2 || one.Settings["type"] != gateway.None {
			t.Errorf("got %+v", profiles)
		}
		r.close()
	}
	if strings.Count(said.String(), "gateway=one none=type") != 1 {
		t.Errorf("it was said: %s", said.String())
	}

	const broken = "default = [\n"
	r.must(os.WriteFile(r.dir.Gateways(), []byte(broken), 0o600))
	r.open()
	if text, err := os.ReadFile(r.dir.Gateways()); err != nil || string(text) != broken {
		t.Errorf("the file is %q now, %v", text, err)
	}
}
