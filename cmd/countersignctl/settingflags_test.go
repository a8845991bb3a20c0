package main

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"

	"countersign/cmd/internal/program"
	"countersign/core/gateway"
	"countersign/core/gateway/gatewaytest/bare"
)

// withBare returns the kinds of the programs and a further one, which no program names.
func withBare() []gateway.Kind { return append(program.Kinds(), bare.Kind) }

// addThird parses the flags of a gateway of the further kind, and returns its profile.
func addThird(t *testing.T, flags ...string) (gateway.Profile, error) {
	t.Helper()
	_, parsed, err := parse(append([]string{"gateway", "add", "third", "--kind", "bare", "--url", "demo"}, flags...), withBare())
	if err != nil {
		t.Fatal(err)
	}
	return parsed.Selected().Target.Addr().Interface().(*gatewayAdd).profile()
}

func TestEverySettingOfEveryKindHasAFlag(t *testing.T) {
	_, parser, err := newParser(allCommands(withBare()), withBare(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var flags []*kong.Flag
	for _, command := range parser.Model.Leaves(false) {
		if command.Path() == "gateway add" {
			flags = command.Flags
		}
	}
	for _, kind := range withBare() {
		for _, field := range kind.FormFields() {
			i := slices.IndexFunc(flags, func(f *kong.Flag) bool { return f.Name == field.FlagName() })
			if i < 0 {
				t.Errorf("%s: %s has no flag --%s", kind.Name, field.Key, field.FlagName())
				continue
			}
			own := slices.ContainsFunc(kind.Fields, func(own gateway.Field) bool { return own.Key == field.Key && own.Type != gateway.SecretField })
			if f := flags[i]; own && (!strings.Contains(f.Help, field.Help) || !slices.Contains(strings.Split(f.Tag.Group, ", "), kind.Name)) {
				t.Errorf("%s: --%s says %q, for %s", kind.Name, f.Name, f.Help, f.Tag.Group)
			}
		}
	}
}

func TestTheFlagsOfAFurtherKindFollowFromItsFields(t *testing.T) {
	want := bare.Kind.NewProfile("third")
	want.URL = "https://bare.example.org"
	want.Settings = map[string]any{"days": int64(3), "sender": map[string]any{"name": "The office"}}
	for _, flags := range [][]string{
		{"--days", "3", "--sender-name", "The office", "--timeout", "30s"},
		{"--set", "days=3", "--set", "sender.name=The office", "--timeout", "30s"},
		{"--set", `sender={name="The office"}`, "--days", "3", "--timeout", "30s"},
	} {
		got, err := addThird(t, flags...)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v: %v\n%s", flags, err, diff)
		}
		if _, err := bare.Kind.New(got, gateway.Tools{}); err != nil {
			t.Errorf("%v: %v", flags, err)
		}
	}
	for _, flags := range [][]string{{"--days", "many"}, {"--set", "sender.=x"}, {"--set", "a.b.c=x"}, {"--set", ".name=x"}} {
		if p, err := addThird(t, flags...); err == nil {
			t.Errorf("%v is accepted: %v", flags, p.Settings)
		}
	}
	// A flag of another kind is set, and refused by its name.
	p, err := addThird(t, "--client-id", "desk")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bare.Kind.New(p, gateway.Tools{}); err == nil || !strings.Contains(err.Error(), "client_id: the kind bare has no such setting") {
		t.Errorf("got %v", err)
	}
}

func TestTheKindsListTheirSettings(t *testing.T) {
	list := func(asJSON bool) string {
		var out bytes.Buffer
		if err := (&gatewayKinds{kinds: withBare()}).Run(&terminal{out: &out, json: asJSON}); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	human, lines := list(false), strings.Split(strings.TrimSpace(list(true)), "\n")
	for _, want := range []string{
		"\nbare\n    " + bare.Kind.Help + "\n", "--url demo is https://bare.example.org\n",
		"Days to sign. After them, the page is gone. Default: 14\n", "    sender.name", "Client ID. From the gateway’s operator. Required.\n",
	} {
		if !strings.Contains(human, want) {
			t.Errorf("%q is missing in\n%s", want, human)
		}
	}
	var got struct {
		Name     string
		Settings []fieldJSON
	}
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &got); err != nil || got.Name != "bare" {
		t.Fatalf("%v: %s", err, lines)
	}
	want := fieldJSON{Key: "sender.name", Flag: "--sender-name", Label: "Sender", Help: "Shown to whoever signs.", Type: gateway.TextField}
	if !slices.ContainsFunc(got.Settings, func(f fieldJSON) bool { return cmp.Equal(f, want) }) {
		t.Errorf("got %+v", got.Settings)
	}
}
