//go:build !windows

package policy_test

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign/core/gateway"
	"countersign/core/gateway/portasigma"
	"countersign/core/gateway/trident"
	"countersign/core/policy"
	"countersign/core/settings"
)

var kinds = []gateway.Kind{trident.Kind, portasigma.Kind}

const example = `version = 1
practice = false
log_level = "warn"
default_gateway = "notary"
start_at_login = true
proxy = "proxy.example.org:3128"
no_proxy = ["Intern.example.org", "10.0.0.0/8"]

[fixed]
language = "es"

[defaults]
theme = "dark"

[office]
dsn = "host=db.example.org dbname=office"

[gateways.town]
kind = "portasigma"
url = "https://town.example.org"

[gateways.notary]
kind = "trident"
url = "https://notary.example.org"
client_id = "desk"
locked = true
`

// write writes a policy into a folder of its own and returns the file. It belongs to whoever runs the tests.
func write(t *testing.T, text string) policy.File {
	t.Helper()
	f := policy.File{Path: filepath.Join(t.TempDir(), "countersign", "policy.toml"), Owner: os.Getuid()}
	must(t, os.Mkdir(filepath.Dir(f.Path), 0o755))
	must(t, os.WriteFile(f.Path, []byte(text), 0o644))
	return f
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestAPolicyIsRead(t *testing.T) {
	f := write(t, example)
	p, err := f.Read(kinds)
	must(t, err)
	var names []string
	for _, g := range p.Gateways.Profiles {
		names = append(names, g.Name)
	}
	got := []any{p.Path == f.Path, p.Settings.Fixed.Value("language"), p.Settings.Defaults.Value("theme"), p.Gateways.NoPractice, p.Gateways.Default, p.Office, p.LogLevel, names, p.Gateways.Locked, *p.AtLogin, p.Proxy.Chosen, p.Proxy.Proxy.String(), p.Proxy.Except}
	want := []any{true, "es", "dark", true, "notary", "host=db.example.org dbname=office", slog.LevelWarn, []string{"town", "notary"}, map[string]bool{"notary": true}, true, true, "http://proxy.example.org:3128", []string{"intern.example.org", "10.0.0.0/8"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// The page for administrators has a complete example: what it says can be used as it stands.
func TestTheExampleOfThePageCanBeUsed(t *testing.T) {
	page, err := os.ReadFile("../../docs/policy.md")
	must(t, err)
	_, text, _ := strings.Cut(string(page), "```toml\n")
	text, _, found := strings.Cut(text, "```\n")
	if !found {
		t.Fatal("the page has no example")
	}
	p, mistakes := policy.Parse(text, kinds)
	if len(mistakes) > 0 {
		t.Fatal(mistakes)
	}
	for _, key := range settings.GivableKeys() {
		if !slices.Contains(p.Settings.Fixed.Keys, key) && !slices.Contains(p.Settings.Defaults.Keys, key) {
			t.Errorf("the example does not have %s", key)
		}
	}
	if !p.Gateways.NoPractice || p.Gateways.Default == "" || len(p.Gateways.Profiles) != 2 || len(p.Gateways.Locked) != 1 || p.Office == "" || p.AtLogin == nil || p.Proxy.Proxy == nil || len(p.Proxy.Except) == 0 {
		t.Errorf("the example does not show all that there is: %+v", p)
	}
}

func TestWithoutAFileThereIsNoPolicy(t *testing.T) {
	f := write(t, "")
	must(t, os.Remove(f.Path))
	for range 2 {
		if p, err := f.Read(kinds); err != nil || p.Path != "" {
			t.Errorf("read %+v, %v", p, err)
		}
		must(t, os.RemoveAll(filepath.Dir(f.Path)))
	}
}

func TestAPolicyThatCannotBeReadIsAnError(t *testing.T) {
	for what, spoil := range map[string]func(f policy.File) error{
		"a folder":            func(f policy.File) error { return errors.Join(os.Remove(f.Path), os.Mkdir(f.Path, 0o755)) },
		"a link into nowhere": func(f policy.File) error { return errors.Join(os.Remove(f.Path), os.Symlink("gone", f.Path)) },
		"a link to itself": func(f policy.File) error {
			return errors.Join(os.Remove(f.Path), os.Symlink("policy.toml", f.Path))
		},
		"a file in the folder's place": func(f policy.File) error {
			return errors.Join(os.RemoveAll(filepath.Dir(f.Path)), os.WriteFile(filepath.Dir(f.Path), nil, 0o644))
		},
		"half a file": func(f policy.File) error { return os.WriteFile(f.Path, []byte(example[:len(example)-4]), 0o644) },
		"an empty file": func(f policy.File) error {
			return os.WriteFile(f.Path, nil, 0o644)
		},
		"a large file": func(f policy.File) error {
			return os.WriteFile(f.Path, []byte(example+strings.Repeat("#\n", 1<<20)), 0o644)
		},
	} {
		f := write(t, example)
		must(t, spoil(f))
		p, err := f.Read(kinds)
		if err == nil || errors.Is(err, fs.ErrNotExist) && what != "a link into nowhere" || p.Gateways.NoPractice || len(p.Settings.Fixed.Keys) > 0 {
			t.Errorf("%s: %+v, %v", what, p, err)
		}
		t.Log(err)
	}
}

func TestEachMistakeHasItsLineAndKey(t *testing.T) {
	for text, want := range map[string][]string{
		"":                                   {"1 version"},
		"version = 2":                        {"1 version"},
		"version = \"1\"":                    {"1 version"},
		"version = 1\nverison = 1":           {"2 verison"},
		"version = 1\nfixed = 3":             {"2 fixed"},
		"version = 1\nlanguage = [":          {"2 "},
		"version = 1\nversion = 1":           {"2 "},
		"version = 1\npractice = \"no\"":     {"2 practice"},
		"version = 1\ndefault_gateway=\"x\"": {"2 default_gateway"},
		"version = 1\n# language = \"x\"\n[fixed]\n\n language = \"xx\"\nunknown = 1\n[defaults]\nlanguage = \"yy\"": {
			"5 fixed.language", "6 fixed.unknown", "8 defaults.language",
		},
		"fixed.language = \"xx\"\nversion = 1":                              {"1 fixed.language"},
		"version = 1\nfixed = { language = \"xx\" }":                        {"2 fixed.language"},
		"version = 1\n[office]\ndsn = \"host=x password=y\"\nname = \"z\"":  {"3 office.dsn", "4 office.name"},
		"version = 1\n[office]\ndsn = \"host=x\\npassfile=y\"":              {"3 office.dsn"},
		"version = 1\nlog_level = \"loud\"":                                 {"2 log_level"},
		"version = 1\nlog_level = 3":                                        {"2 log_level"},
		"version = 1\nstart_at_login = 1":                                   {"2 start_at_login"},
		"version = 1\nproxy = 3128":                                         {"2 proxy"},
		"version = 1\nproxy = \"\"":                                         {"2 proxy"},
		"version = 1\nproxy = \"p.example:99999\"":                          {"2 proxy"},
		"version = 1\nproxy = \"socks5://p.example:1080\"":                  {"2 proxy"},
		"version = 1\nproxy = \"http://ana:s3cret@p.example:3128\"":         {"2 proxy"},
		"version = 1\nproxy = \"p.example:3128\"\nno_proxy = \"a.example\"": {"3 no_proxy"},
		"version = 1\nproxy = \"p.example:3128\"\nno_proxy = [\"a\", 1]":    {"3 no_proxy"},
		"version = 1\nproxy = \"p.example:3128\"\nno_proxy = [\"a:443\"]":   {"3 no_proxy"},
		"version = 1\nproxy = \"none\"\nno_proxy = [\"a\"]":                 {"3 no_proxy"},
		"version = 1\nno_proxy = [\"a\"]":                                   {"2 no_proxy"},
		"version = 1\noffice = \"host=x\"":                                  {"2 office"},
		"version = 1\n[gateways]\nx = 3":                                    {"3 gateways.x"},
		"version = 1\n[gateways.x]\nurl = \"https://x.example\"":            {"2 gateways.x.kind"},
		"version = 1\n[gateways.x]\nkind = \"other\"":                       {"3 gateways.x.kind"},
		"version = 1\n[gateways.x]\nkind = \"trident\"\npractice = true":    {"4 gateways.x.practice"},
		"version = 1\n[gateways.\"x\"]\nkind = \"trident\"\nurl = \"http://x.example\"\nclient_id = \"a\"\nlocked = 1\ncolor = 3": {
			"4 gateways.x.url", "6 gateways.x.locked", "7 gateways.x.color",
		},
		"version = 1\n[gateways.X]\nkind = \"portasigma\"\nurl = \"https://x.example\"\ntimeout = \"1h\"": {"2 gateways.X", "5 gateways.X.timeout"},
	} {
		p, mistakes := policy.Parse(text, kinds)
		var got []string
		for _, m := range mistakes {
			got = append(got, strings.TrimSuffix(strings.Join([]string{string(rune('0' + m.Line)), m.Key}, " "), "\n"))
			if m.Problem.Text == "" || m.Problem.Cause.Code == "" || strings.Contains(m.Problem.Text, "s3cret") {
				t.Errorf("%q: nothing is said about %+v", text, m)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" || p.Path != "" || len(p.Gateways.Profiles) > 0 {
			t.Errorf("%q: %s\n%v", text, diff, mistakes)
		}
	}
}

func TestThePolicySaysWhetherTheEnvironmentNamesTheProxy(t *testing.T) {
	for text, chosen := range map[string]bool{"": false, `proxy = "system"`: false, `proxy = "none"`: true, `proxy = " System "`: false, `proxy = "None"`: true} {
		p, mistakes := policy.Parse("version = 1\n"+text, kinds)
		if len(mistakes) > 0 || p.Proxy.Chosen != chosen || p.Proxy.Proxy != nil {
			t.Errorf("%q: %+v, %v", text, p.Proxy, mistakes)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(example)
	f.Add("version = 1\n[gateways]\n\"\" = {}\nx.y.z = [[1]]\n")
	f.Add("version = 1\nfixed.patience = 1979-05-27T07:32:00Z\ndefaults = []\n[[gateways]]\n")
	f.Fuzz(func(t *testing.T, text string) {
		p, mistakes := policy.Parse(text, kinds)
		for _, m := range mistakes {
			if m.Line < 1 || m.Line > strings.Count(text, "\n")+1 || m.Problem.Text == "" {
				t.Errorf("%+v of %q", m, text)
			}
		}
		if len(mistakes) > 0 && (len(p.Gateways.Profiles) > 0 || len(p.Settings.Fixed.Keys) > 0 || p.Gateways.NoPractice) {
			t.Errorf("a policy with mistakes grants %+v", p)
		}
		for _, key := range p.Settings.Fixed.Keys {
			if p.Settings.Fixed.Value(key) == nil {
				t.Errorf("%s has no value", key)
			}
		}
	})
}
