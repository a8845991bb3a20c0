package gateway_test

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"countersign/core/gateway"
)

func parse(t *testing.T, text string) gateway.Profiles {
	t.Helper()
	p, err := gateway.ParseProfiles(text)
	if err != nil {
		t.Fatalf("parse: %v\n%s", err, text)
	}
	return p
}

func TestInitialHasTwoPracticeGateways(t *testing.T) {
	want := gateway.Profiles{Version: 2, Default: "sandbox", List: []gateway.Profile{
		{Name: "sandbox", Kind: "trident", Practice: true, Timeout: 30 * time.Second, Settings: map[string]any{}},
		{Name: "sandbox-portasigma", Kind: "portasigma", Practice: true, Timeout: 30 * time.Second, Settings: map[string]any{}},
	}}
	if diff := cmp.Diff(want, parse(t, gateway.InitialConfig)); diff != "" {
		t.Error(diff)
	}
}

func TestParseProfiles(t *testing.T) {
	got := parse(t, `
[gateways.here]
kind = "trident"
url = "https://sign.example.org/root/"
ca_file = "/etc/anchor.pem"
callback_port = 8123
timeout = "5s"
client_id = "desk"
labels = [
  ["a", "b"],
  ["c"],
]

# the address of this one is written inline
[gateways]
there = {kind = "portasigma", url = "http://127.0.0.1:9"}
`)
	want := gateway.Profiles{Version: 1, List: []gateway.Profile{
		{
			Name: "here", Kind: "trident", URL: "https://sign.example.org/root", CAFile: "/etc/anchor.pem", CallbackPort: 8123,
			Timeout: 5 * time.Second, Settings: map[string]any{"client_id": "desk", "labels": []any{[]any{"a", "b"}, []any{"c"}}},
		},
		{Name: "there", Kind: "portasigma", URL: "http://127.0.0.1:9", Timeout: 30 * time.Second, Settings: map[string]any{}},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestParseAcceptsDottedKeys(t *testing.T) {
	got := parse(t, "gateways.dotted.kind = \"trident\"\ngateways.dotted.practice = true\n")
	if len(got.List) != 1 || got.List[0].Name != "dotted" {
		t.Errorf("got %+v", got.List)
	}
}

func TestParseErrorsNameTheirLine(t *testing.T) {
	const head = "[gateways.a]\nkind = \"trident\"\nurl = \"https://a.example\"\n" // three lines
	tests := map[string]struct {
		text string
		line int
		say  string
	}{
		"the file is not TOML":                   {head + "what is this\n", 4, "correct the file"},
		"a string that does not end":             {head + "ca_file = \"x\n", 4, "correct the file"},
		"a key twice":                            {head + "kind = \"trident\"\n", 4, "kind"},
		"a table twice":                          {head + "[gateways.a]\n", 4, "a"},
		"something unknown at the top":           {"# a comment\ncolor = \"red\"\n", 2, "color is not known here"},
		"the default is no text":                 {"\ndefault = 3\n", 2, "default"},
		"the default is not in the file":         {"\ndefault = \"b\"\n" + head, 2, `there is no gateway "b"`},
		"a gateway that is no table":             {"[gateways]\na = 3\n", 2, "it has no kind"},
		"a gateway without a kind":               {"\n[gateways.a]\nurl = \"https://a.example\"\n", 2, "it has no kind"},
		"a kind that is no text":                 {"[gateways.a]\n\nkind = 3\n", 3, "kind"},
		"encrypted that is no yes or no":         {head + "encrypted = 1\n", 4, "encrypted"},
		"practice that is no yes or no":          {head + "practice = \"yes\"\n", 4, "practice"},
		"a url that is no text":                  {"[gateways.a]\nkind=\"trident\"\nurl = 3\n", 3, "url"},
		"a url that is not encrypted":            {"[gateways.a]\nkind=\"trident\"\nurl = \"http://a.example\"\n", 3, "not encrypted"},
		"a ca_file that is no text":              {head + "ca_file = true\n", 4, "ca_file"},
		"a port that is no number":               {head + "callback_port = \"80\"\n", 4, "callback_port"},
		"a port that is too small":               {head + "\ncallback_port = 80\n", 5, "1024 to 65535"},
		"a port that is too large":               {head + "callback_port = 65536\n", 4, "1024 to 65535"},
		"a port that would fit when cut to bits": {head + "callback_port = 4294968320\n", 4, "1024 to 65535"},
		"a timeout that is a number":             {head + "timeout = 30\n", 4, "timeout"},
		"a timeout that is no time":              {head + "timeout = \"soon\"\n", 4, `"30s"`},
		"a timeout of nothing":                   {head + "timeout = \"0s\"\n", 4, `"30s"`},
		"a timeout that is too long":             {head + "timeout = \"11m\"\n", 4, `up to "10m"`},
		"a name that is no name":                 {head + "[gateways.B]\nkind = \"x\"\n", 4, "lowercase letters"},
		"a fault behind an array of many lines":  {head + "labels = [\n [\"x\"],\n]\ntimeout = \"11m\"\n", 7, `up to "10m"`},
		"a fault in the second of two":           {head + "[gateways.b] # again\nkind = \"trident\"\nurl = \"ftp://b.example\"\n", 6, "not encrypted"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := gateway.ParseProfiles(test.text)
			if err == nil {
				t.Fatal("nothing was told")
			}
			if !strings.Contains(err.Error(), fmt.Sprintf("line %d", test.line)) || !strings.Contains(err.Error(), test.say) {
				t.Errorf("want line %d and %q, got: %v", test.line, test.say, err)
			}
		})
	}
}

func TestLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gateways.toml")
	none, err := gateway.LoadProfiles(path)
	if err != nil || len(none.List) != 0 {
		t.Fatalf("a missing file: %v, %v", none, err)
	}
	if err := os.WriteFile(path, []byte("\n[gateways.a]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := gateway.LoadProfiles(path); err == nil || !strings.Contains(err.Error(), path+": line 2") {
		t.Errorf("got %v", err)
	}
}

// A desk reads its gateways at each step of each visit.
func TestAFileIsParsedWhenItsTextIsAnotherOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gateways.toml")
	f := gateway.NewProfilesFile(path)
	is := func(text, want string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			got, err := f.Load()
			names := ""
			if err != nil {
				names = "an error"
			}
			for i, p := range got.List {
				names += p.Name + " "
				got.List[i].Name = "changed by the caller"
			}
			if names != want {
				t.Errorf("got %q, want %q", names, want)
			}
		}
	}
	if got, err := f.Load(); err != nil || len(got.List) > 0 {
		t.Errorf("without a file: %v, %v", got, err)
	}
	other := strings.ReplaceAll(gateway.InitialConfig, "sandbox", "another") // of the same length
	is(gateway.InitialConfig, "sandbox sandbox-portasigma ")
	is(other, "another another-portasigma ")
	is("nonsense", "an error")
	is("", "")
	is(other, "another another-portasigma ")
	if n := testing.AllocsPerRun(5, func() { _, _ = f.Load() }); n > 15 {
		t.Errorf("%.0f allocations, which were 10", n)
	}
}

func TestGet(t *testing.T) {
	p := parse(t, gateway.InitialConfig)
	if got, err := p.Get("sandbox"); err != nil || got.Kind != "trident" {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := p.Get("nobody"); err == nil || !strings.Contains(err.Error(), "check its name") {
		t.Errorf("got %v", err)
	}
}

func TestParseRoot(t *testing.T) {
	tests := map[string]struct{ address, want, say string }{
		"https is taken":                              {"https://sign.example.org", "https://sign.example.org", ""},
		"slashes at the end are cut":                  {"https://sign.example.org/a//", "https://sign.example.org/a", ""},
		"an escaped slash stays escaped":              {"https://sign.example.org/a%2Fb/", "https://sign.example.org/a%2Fb", ""},
		"http on this machine":                        {"http://localhost:8080/x", "http://localhost:8080/x", ""},
		"http on 127.0.0.0/8":                         {"http://127.9.9.9", "http://127.9.9.9", ""},
		"http on ::1":                                 {"http://[::1]:99", "http://[::1]:99", ""},
		"http elsewhere":                              {"http://sign.example.org", "", "not encrypted"},
		"http to a name that begins like localhost":   {"http://localhost.example.org", "", "not encrypted"},
		"http to a name that looks like an address":   {"http://127.0.0.1.example.org", "", "not encrypted"},
		"another scheme":                              {"ftp://127.0.0.1", "", "not encrypted"},
		"a file":                                      {"file:///etc/passwd", "", "is not an address"},
		"nothing":                                     {"", "", "is not an address"},
		"a name alone":                                {"sign.example.org", "", "is not an address"},
		"a port without a host":                       {"https://:8443", "", "is not an address"},
		"an opaque address":                           {"https:sign.example.org", "", "is not an address"},
		"a user":                                      {"https://me:hush@sign.example.org", "", "no user"},
		"a user in something that is no address":      {"https://me:hu sh@sign.example.org", "", "no user"},
		"a query":                                     {"https://sign.example.org?x=1", "", "no user, query"},
		"a query with nothing in it":                  {"https://sign.example.org/?", "", "no user, query"},
		"a fragment":                                  {"https://sign.example.org#x", "", "no user, query"},
		"a scheme in capitals is the same scheme":     {"HTTPS://sign.example.org", "https://sign.example.org", ""},
		"an IPv4 loopback address written as IPv6 is": {"http://[::ffff:127.0.0.1]", "http://[::ffff:127.0.0.1]", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			u, err := gateway.ParseRootURL(test.address)
			if test.say != "" {
				if err == nil || !strings.Contains(err.Error(), test.say) {
					t.Fatalf("want %q, got %v", test.say, err)
				}
				if strings.Contains(err.Error(), "hush") || strings.Contains(err.Error(), "hu sh") {
					t.Errorf("the password is in the error: %v", err)
				}
				return
			}
			if err != nil || u.String() != test.want {
				t.Errorf("got %v, %v", u, err)
			}
		})
	}
}

func TestIsLoopback(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "LocalHost": true, "127.0.0.1": true, "127.255.255.254": true, "::1": true, "::ffff:127.0.0.1": true,
		"": false, "0.0.0.0": false, "::": false, "128.0.0.1": false, "127.1": false, "localhost.": false, "127.0.0.1.nip.io": false, "10.0.0.1": false,
	} {
		if got := gateway.IsLoopback(host); got != want {
			t.Errorf("%q: got %v", host, got)
		}
	}
}

func TestOrigin(t *testing.T) {
	for address, want := range map[string]string{
		"https://Sign.Example.org/a?b":  "https://sign.example.org:443",
		"https://sign.example.org:443":  "https://sign.example.org:443",
		"https://sign.example.org:8443": "https://sign.example.org:8443",
		"http://sign.example.org":       "http://sign.example.org:80",
		"http://[::1]:7/x":              "http://[::1]:7",
		"https://me:x@sign.example.org": "https://sign.example.org:443",
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if got := gateway.Origin(u); got != want {
			t.Errorf("%s: got %s, want %s", address, got, want)
		}
	}
}

// settings has a setting of every type.
type settings struct {
	text, choice, name string
	yes                bool
	maybe              *bool
	count              int
	size               int64
	lists              [][]string
	numbers            []float64
	table              map[string]any
}

func (s *settings) fields() []gateway.Field {
	return []gateway.Field{
		{Key: "text", Type: gateway.TextField, Required: true, Value: &s.text},
		{Key: "secret", Type: gateway.SecretField},
		{Key: "choice", Type: gateway.ChoiceField, Options: []string{"a", "b"}, Default: "b", Value: &s.choice},
		{Key: "who.name", Type: gateway.TextField, Value: &s.name},
		{Key: "yes", Type: gateway.BoolField, Value: &s.yes},
		{Key: "maybe", Type: gateway.BoolField, Default: "true", Value: &s.maybe},
		{Key: "count", Type: gateway.NumberField, Default: "20", Value: &s.count},
		{Key: "size", Type: gateway.NumberField, Value: &s.size, Check: func() error {
			if s.size < 0 {
				return errors.New("it is negative")
			}
			return nil
		}},
		{Key: "lists", Type: gateway.ListField, Default: "a, b\nc", Value: &s.lists},
		{Key: "numbers", Type: gateway.NumbersField, Default: "1, 2.5", Value: &s.numbers},
		{Key: "table", Type: gateway.TableField, Value: &s.table},
	}
}

func TestDecode(t *testing.T) {
	yes := true
	defaults := settings{
		text: "x", choice: "b", maybe: &yes, count: 20, lists: [][]string{{"a", "b"}, {"c"}}, numbers: []float64{1, 2.5},
	}
	with := func(change func(*settings)) settings {
		s := defaults
		change(&s)
		return s
	}
	tests := map[string]struct {
		settings map[string]any
		want     settings
	}{
		"defaults": {map[string]any{"text": "x"}, defaults},
		"all set": {map[string]any{
			"text": "y", "choice": "a", "who": map[string]any{"name": "Ana"}, "yes": true, "maybe": false, "count": 3, "size": int64(4),
			"lists": []any{[]any{"d"}}, "numbers": []any{int64(7), 0.5}, "table": map[string]any{"a": int64(1)},
		}, settings{
			text: "y", choice: "a", name: "Ana", yes: true, maybe: new(bool), count: 3, size: 4,
			lists: [][]string{{"d"}}, numbers: []float64{7, 0.5}, table: map[string]any{"a": int64(1)},
		}},
		"an empty text takes a default away": {map[string]any{"text": "x", "maybe": ""}, with(func(s *settings) { s.maybe = nil })},
		"so does an empty list":              {map[string]any{"text": "x", "lists": []any{}, "numbers": []any{}}, with(func(s *settings) { s.lists, s.numbers = nil, nil })},
		"values may have Go's own types":     {map[string]any{"text": "x", "lists": [][]string{{"d"}}, "numbers": []int{7}}, with(func(s *settings) { s.lists, s.numbers = [][]string{{"d"}}, []float64{7} })},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var got settings
			p := gateway.Profile{Name: "a", Kind: "k", Settings: test.settings}
			if err := p.Decode(got.fields()); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(settings{})); diff != "" {
				t.Errorf("settings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDecodeNamesTheSettingThatIsWrong(t *testing.T) {
	table := map[string]any{"a": int64(1)}
	tests := []struct {
		key     string
		value   any
		problem string
	}{
		{"text", "", "it is required"},
		{"text", 3, "write a text in quotes"},
		{"choice", "c", `"c" is not allowed: use a or b`},
		{"choice", "", "use a or b"},
		{"yes", "true", "use true or false"},
		{"maybe", "perhaps", `use true or false, or ""`},
		{"count", 1.5, "use a whole number"},
		{"count", "", "use a whole number"},
		{"size", -1, "it is negative"},
		{"lists", "a", "write lists of texts"},
		{"lists", []any{"a"}, "write lists of texts"},
		{"lists", []any{[]any{1}}, "write lists of texts"},
		{"numbers", []any{"1"}, "write numbers"},
		{"table", "a", "write a table"},
		{"color", "red", "the kind k has no such setting"},
		{"secret", "hush", "the kind k has no such setting"},
		{"who", "Ana", "the kind k has no such setting"},
		{"who.a", table, "the kind k has no such setting"},
	}
	for _, test := range tests {
		t.Run(test.key+" "+test.problem, func(t *testing.T) {
			own := map[string]any{"text": "x"}
			table, inner, nested := strings.Cut(test.key, ".")
			if own[table] = test.value; nested {
				own[table] = map[string]any{inner: test.value}
			}
			var s settings
			err := gateway.Profile{Name: "a", Kind: "k", Settings: own}.Decode(s.fields())
			wrong, ok := errors.AsType[*gateway.SettingError](err)
			if !ok || wrong.Gateway != "a" || wrong.Key != test.key || !strings.Contains(wrong.Problem.Error(), test.problem) {
				t.Fatalf("got %v", err)
			}
			if want := "gateway a: " + test.key + ": "; !strings.HasPrefix(err.Error(), want) {
				t.Errorf("%q does not begin with %q", err, want)
			}
		})
	}
	if err := (gateway.Profile{Name: "a", Kind: "k"}).Decode(new(settings).fields()); err == nil || !strings.Contains(err.Error(), "text: it is required") {
		t.Errorf("a required setting that is missing: %v", err)
	}
}

const commented = `# Ours. Ask Ana before you change anything.
default = "first" # where most of it goes

# about the first
[gateways.first]
kind = "portasigma" # by certificate
url = "https://first.example"

[gateways.first.default_signer]
name = "Ana"
# a note at the end of the first

# about the second
# in two lines
[gateways.second]
kind = "trident"
url = "https://second.example"
client_id = "x"
# a note at the end of the file
`

func TestAddKeepsTheRestOfTheFile(t *testing.T) {
	p := gateway.Profile{
		Name: "third", Kind: "trident", URL: "https://third.example", CAFile: "/a.pem", CallbackPort: 9001, Timeout: time.Minute,
		Settings: map[string]any{"labels": [][]string{{"a", "b"}, {"c"}}, "skip_agreement": true, "default_signer": map[string]any{"name": "Ana"}},
	}
	text, err := gateway.AddProfile(strings.TrimRight(commented, "\n"), p)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(text, commented) {
		t.Errorf("what was there has changed:\n%s", text)
	}
	got := parse(t, text)
	want := parse(t, commented)
	p.Settings = map[string]any{
		"labels": []any{[]any{"a", "b"}, []any{"c"}}, "skip_agreement": true, "default_signer": map[string]any{"name": "Ana"},
	}
	want.List = append(want.List, p)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAddRefuses(t *testing.T) {
	good := gateway.Profile{Name: "third", Kind: "trident", URL: "https://third.example"}
	tests := map[string]struct {
		text   string
		change func(*gateway.Profile)
		say    string
	}{
		"a name that is taken":          {commented, func(p *gateway.Profile) { p.Name = "first" }, "gateway first already exists"},
		"a name that is no name":        {commented, func(p *gateway.Profile) { p.Name = "Third one" }, "lowercase letters"},
		"an address without encryption": {commented, func(p *gateway.Profile) { p.URL = "http://third.example" }, "not encrypted"},
		"no kind":                       {commented, func(p *gateway.Profile) { p.Kind = "" }, "no kind"},
		"a file that is broken":         {"what is this", func(*gateway.Profile) {}, "line 1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := good
			test.change(&p)
			if text, err := gateway.AddProfile(test.text, p); err == nil || !strings.Contains(err.Error(), test.say) || text != "" {
				t.Errorf("got %q, %v", text, err)
			}
		})
	}
}

func TestRemove(t *testing.T) {
	tests := map[string]struct{ text, name, want string }{
		"with its sub-table, and the default goes to the next": {commented, "first", `# Ours. Ask Ana before you change anything.
default = "second"

# about the first
# about the second
# in two lines
[gateways.second]
kind = "trident"
url = "https://second.example"
client_id = "x"
# a note at the end of the file
`},
		"at the end of the file": {commented, "second", `# Ours. Ask Ana before you change anything.
default = "first" # where most of it goes

# about the first
[gateways.first]
kind = "portasigma" # by certificate
url = "https://first.example"

[gateways.first.default_signer]
name = "Ana"
# a note at the end of the first

# about the second
# in two lines
`},
		"one whose name begins another's":  {"[gateways.a]\nkind = \"k\"\npractice = true\n[gateways.a-b]\nkind = \"k\"\npractice = true\n", "a", "[gateways.a-b]\nkind = \"k\"\npractice = true\n"},
		"the last one, and the default":    {"default = \"a\"\n[gateways.a]\nkind = \"k\"\npractice = true\n", "a", ""},
		"a heading with quotes and spaces": {"[ gateways . \"a\" ] # x\nkind = \"k\"\npractice = true\n", "a", ""},
		"a setting called default stays":   {"default = \"a\"\n[gateways.a]\nkind = \"k\"\npractice = true\n[gateways.b]\nkind = \"k\"\npractice = true\ndefault = \"x\"\n", "a", "default = \"b\"\n[gateways.b]\nkind = \"k\"\npractice = true\ndefault = \"x\"\n"},
		"an array over several lines":      {"[gateways.a]\nkind = \"k\"\npractice = true\nlabels = [\n  [\"x\"],\n]\n[gateways.b]\nkind = \"k\"\npractice = true\n", "a", "[gateways.b]\nkind = \"k\"\npractice = true\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := gateway.RemoveProfile(test.text, test.name)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRemoveRefuses(t *testing.T) {
	tests := map[string]struct{ text, name, say string }{
		"a gateway that is not there": {commented, "third", `there is no gateway "third"`},
		"an inline table":             {"[gateways]\na = {kind = \"k\", practice = true}\n", "a", "edit gateways.toml"},
		"dotted keys":                 {"gateways.a.kind = \"k\"\ngateways.a.practice = true\n", "a", "edit gateways.toml"},
		"a table that only looks cut": {"[gateways.b]\nkind = \"k\"\npractice = true\nnote = \"\"\"\n[gateways.a]\n[gateways.c]\n\"\"\"\n[gateways.a]\nkind = \"k\"\npractice = true\n", "a", "edit gateways.toml"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if text, err := gateway.RemoveProfile(test.text, test.name); err == nil || !strings.Contains(err.Error(), test.say) || text != "" {
				t.Errorf("got %q, %v", text, err)
			}
		})
	}
}

func TestRemoveUndoesAdd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[a-z0-9][a-z0-9_-]{0,20}`).Draw(t, "name")
		setting := rapid.MapOfN(
			rapid.StringMatching(`[a-z_]{1,10}x`), // never one of the shared settings
			rapid.OneOf(rapid.Map(rapid.String(), asAny[string]), rapid.Map(rapid.Int64(), asAny[int64]), rapid.Map(rapid.Bool(), asAny[bool])),
			0, 5,
		).Draw(t, "settings")
		p := gateway.Profile{
			Name: name, Kind: rapid.StringMatching(`[a-z]{1,8}`).Draw(t, "kind"), URL: "https://" + name + ".example",
			CAFile:       rapid.String().Draw(t, "anchors"),
			CallbackPort: rapid.SampledFrom([]int{0, 1024, 65535}).Draw(t, "port"),
			Timeout:      time.Duration(rapid.Int64Range(1, int64(10*time.Minute)).Draw(t, "timeout")),
			Settings:     setting,
		}
		text := rapid.SampledFrom([]string{"", gateway.InitialConfig, commented}).Draw(t, "text")
		before, err := gateway.ParseProfiles(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := before.Get(name); err == nil {
			t.Skip("the name is taken")
		}
		added, err := gateway.AddProfile(text, p)
		if err != nil {
			t.Fatal(err)
		}
		after, err := gateway.ParseProfiles(added)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(append(before.List, p), after.List); diff != "" {
			t.Fatal(diff)
		}
		removed, err := gateway.RemoveProfile(added, name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.TrimRight(removed, "\n") != strings.TrimRight(text, "\n") {
			t.Fatalf("before:\n%s\nafter:\n%s", text, removed)
		}
	})
}

func asAny[T any](v T) any { return v }

func FuzzParse(f *testing.F) {
	for _, seed := range []string{gateway.InitialConfig, commented, "", "default = \"\"", "[[gateways.a]]", "gateways.a.kind = \"k\"", "[gateways.a]\nkind = \"k\"\nurl = \"https://[::1\""} {
		f.Add(seed, "a")
	}
	f.Fuzz(func(t *testing.T, text, name string) {
		profiles, err := gateway.ParseProfiles(text)
		if err != nil {
			if err.Error() == "" {
				t.Error("an error without a text")
			}
			return
		}
		for _, p := range profiles.List {
			if err := p.Validate(); err != nil {
				t.Errorf("it was parsed and is not valid: %v", err)
			}
		}
		// If a gateway can be removed, the others stay as they are.
		if len(profiles.List) > 0 {
			name = profiles.List[0].Name
		}
		editFirst(t, text, profiles)
		removed, err := gateway.RemoveProfile(text, name)
		if err != nil {
			return
		}
		after, err := gateway.ParseProfiles(removed)
		if err != nil || !cmp.Equal(after.List, append([]gateway.Profile(nil), profiles.List[1:]...)) {
			t.Errorf("got %v, %v", after.List, err)
		}
	})
}

// editFirst changes the first gateway of a text, if it can be edited, and parses the result.
func editFirst(t *testing.T, text string, profiles gateway.Profiles) {
	if len(profiles.List) == 0 {
		return
	}
	want := slices.Clone(profiles.List)
	want[0].CallbackPort, want[0].Patience = 9002, time.Hour
	edited, err := gateway.EditProfile(text, want[0])
	if err != nil {
		return
	}
	if after, err := gateway.ParseProfiles(edited); err != nil || after.Default != profiles.Default || !reflect.DeepEqual(after.List, want) {
		t.Errorf("got %v, %v", after, err)
	}
}

func TestTheTitleOfAGatewayIsWhatPeopleSee(t *testing.T) {
	text := "[gateways.a]\nkind = \"k\"\npractice = true\ntitle = \"City hall\"\n[gateways.b]\nkind = \"k\"\npractice = true\n[gateways.c]\nkind = \"k\"\npractice = true\ntitle = \"City hall\"\n[gateways.d]\nkind = \"k\"\npractice = true\ntitle = \"Land registry\"\n"
	profiles := parse(t, text)
	want := map[string]string{"a": "City hall (a)", "b": "b", "c": "City hall (c)", "d": "Land registry"}
	if diff := cmp.Diff(want, profiles.Titles()); diff != "" {
		t.Error(diff)
	}
	d := profiles.List[3]
	d.Title = ""
	changed, err := gateway.EditProfile(text, d)
	if err != nil || changed != strings.Replace(text, "title = \"Land registry\"\n", "", 1) {
		t.Errorf("got %v\n%s", err, changed)
	}
	for _, title := range []string{" City hall", "City\nhall", "City\u200bhall", strings.Repeat("x", 61)} {
		d.Title = title
		if err := d.Validate(); err == nil || !strings.Contains(err.Error(), "title: use one line of up to 60 characters") {
			t.Errorf("%q: %v", title, err)
		}
	}
}
