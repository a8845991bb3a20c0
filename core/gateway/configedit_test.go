package gateway_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"countersign/core/gateway"
)

func profileOf(t *testing.T, text, name string) gateway.Profile {
	t.Helper()
	p, err := parse(t, text).Get(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestEditChangesFewLines(t *testing.T) {
	tests := map[string]struct {
		text, name string
		change     func(*gateway.Profile)
		from, to   string // what stands for what in the text
	}{
		"nothing": {commented, "first", func(*gateway.Profile) {}, "", ""},
		"a line, and its comment stays": {
			strings.ReplaceAll(commented, `"https://first.example"`, `"https://first.example" # "old" one`), "first",
			func(p *gateway.Profile) { p.URL = "https://new.example" },
			`url = "https://first.example" #`, `url = "https://new.example" #`,
		},
		"a text with a # in it": {
			strings.ReplaceAll(commented, `client_id = "x"`, `client_id = "x#1" # ours`), "second",
			func(p *gateway.Profile) { p.Settings["client_id"] = "y#2" },
			`client_id = "x#1" # ours`, `client_id = "y#2" # ours`,
		},
		"a new line behind the last": {
			commented, "second",
			func(p *gateway.Profile) { p.Patience, p.CallbackPort = 30*time.Minute, 9001 },
			"client_id = \"x\"\n", "client_id = \"x\"\ncallback_port = 9001\npatience = \"30m0s\"\n",
		},
		"a new line before the tables below": {
			commented, "first",
			func(p *gateway.Profile) { p.Settings["logout"] = true },
			"url = \"https://first.example\"\n", "url = \"https://first.example\"\nlogout = true\n",
		},
		"files that are locked": {commented, "second", func(p *gateway.Profile) { p.Encrypted = true }, "client_id = \"x\"\n", "client_id = \"x\"\nencrypted = true\n"},
		"a line less":           {commented, "second", func(p *gateway.Profile) { delete(p.Settings, "client_id") }, "client_id = \"x\"\n", ""},
		"at the file's end":     {"[gateways.a]\nkind = \"k\"\npractice = true", "a", func(p *gateway.Profile) { p.CallbackPort = 9001 }, "practice = true", "practice = true\ncallback_port = 9001\n"},
		"a table below it": {
			commented, "first",
			func(p *gateway.Profile) {
				p.Settings["default_signer"] = map[string]any{"name": "Eva"}
			},
			commented[strings.Index(commented, "[gateways.first]"):strings.Index(commented, "# about the second")],
			"[gateways.first]\nkind = \"portasigma\"\nurl = \"https://first.example\"\n[gateways.first.default_signer]\nname = \"Eva\"\n# a note at the end of the first\n\n",
		},
		"a list over several lines": {
			"[gateways.a]\nkind = \"k\"\n# which\nlabels = [\n  [\"x\"],\n]\npractice = true\n# next\n[gateways.b]\nkind = \"k\"\npractice = true\n", "a",
			func(p *gateway.Profile) { p.Settings["labels"] = [][]string{{"y"}} },
			"[gateways.a]\nkind = \"k\"\n# which\nlabels = [\n  [\"x\"],\n]\npractice = true\n", "[gateways.a]\nkind = \"k\"\nlabels = [[\"y\"]]\npractice = true\n# which\n\n",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			before := parse(t, test.text)
			p := profileOf(t, test.text, test.name)
			test.change(&p)
			got, err := gateway.EditProfile(test.text, p)
			if err != nil {
				t.Fatal(err)
			}
			want := test.text
			if test.from != "" {
				want = strings.Replace(test.text, test.from, test.to, 1)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if after := parse(t, got); len(after.List) != len(before.List) || after.Default != before.Default {
				t.Errorf("got %+v", after)
			}
		})
	}
}

func TestEditRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		text   string
		change func(*gateway.Profile)
		say    string
	}{
		"a gateway that is not there":   {commented, func(p *gateway.Profile) { p.Name = "third" }, `there is no gateway "third"`},
		"an address without encryption": {commented, func(p *gateway.Profile) { p.URL = "http://a.example" }, "not encrypted"},
		"an impatient one":              {commented, func(p *gateway.Profile) { p.Patience = time.Second }, "patience"},
		"a file that is broken":         {"what is this", func(*gateway.Profile) {}, "line 1"},
		"dotted keys":                   {"gateways.first.kind = \"k\"\ngateways.first.practice = true\n", func(*gateway.Profile) {}, "edit gateways.toml"},
	} {
		p := gateway.Profile{Name: "first", Kind: "k", URL: "https://a.example"}
		test.change(&p)
		if text, err := gateway.EditProfile(test.text, p); err == nil || !strings.Contains(err.Error(), test.say) || text != "" {
			t.Errorf("%s: got %q, %v", name, text, err)
		}
	}
}

// An edited file has the changed gateway, and the others and the comments as before.
func TestParseReadsWhatEditWrites(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.OneOf(
			rapid.Map(rapid.String(), asAny[string]), rapid.Map(rapid.Int64(), asAny[int64]), rapid.Map(rapid.Bool(), asAny[bool]),
			rapid.Map(rapid.SliceOf(rapid.String()), func(s []string) any {
				list := make([]any, len(s))
				for i := range s {
					list[i] = s[i]
				}
				return list
			}),
			rapid.Map(rapid.String(), func(s string) any { return map[string]any{"name": s} }),
		)
		settings := rapid.MapOfN(rapid.SampledFrom([]string{"client_id", "labels", "default_signer", "logout", "reason"}), value, 0, 5)
		p := gateway.Profile{Name: rapid.SampledFrom([]string{"first", "second"}).Draw(t, "name"), Kind: "k", Timeout: time.Minute, Settings: settings.Draw(t, "settings")}
		p.URL = rapid.SampledFrom([]string{"https://a.example", "https://first.example"}).Draw(t, "url")
		text := commented
		for range rapid.IntRange(1, 3).Draw(t, "times") {
			edited, err := gateway.EditProfile(text, p)
			if err != nil {
				t.Fatal(err)
			}
			before, err := gateway.ParseProfiles(text)
			if err != nil {
				t.Fatal(err)
			}
			after, err := gateway.ParseProfiles(edited)
			if err != nil {
				t.Fatal(err)
			}
			for i, q := range after.List {
				want := before.List[i]
				if q.Name == p.Name {
					want = p
				}
				if !reflect.DeepEqual(q, want) {
					t.Fatalf("%s\n%s", cmp.Diff(want, q), edited)
				}
			}
			for line := range strings.Lines(commented) {
				if strings.HasPrefix(line, "#") && !strings.Contains(edited, line) {
					t.Fatalf("%q is gone:\n%s", line, edited)
				}
			}
			text, p.Settings = edited, settings.Draw(t, "then")
		}
	})
}

func TestSetDefault(t *testing.T) {
	for name, test := range map[string]struct{ text, to, want string }{
		"another one":   {"# ours\ndefault = \"a\"\n[gateways.a]\nkind = \"k\"\npractice = true\n[gateways.b]\nkind = \"k\"\npractice = true\n", "b", "# ours\ndefault = \"b\"\n[gateways.a]\nkind = \"k\"\npractice = true\n[gateways.b]\nkind = \"k\"\npractice = true\n"},
		"the first one": {"# a\n[gateways.a]\nkind = \"k\"\npractice = true\n", "a", "default = \"a\"\n# a\n[gateways.a]\nkind = \"k\"\npractice = true\n"},
	} {
		got, err := gateway.SetDefault(test.text, test.to)
		if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
	}
	for text, say := range map[string]string{commented: `there is no gateway "c"`, "what": "line 1", "default = \"\"\n": `no gateway "c"`} {
		if got, err := gateway.SetDefault(text, "c"); err == nil || got != "" || !strings.Contains(err.Error(), say) {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}
