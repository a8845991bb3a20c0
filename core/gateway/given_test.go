package gateway_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign/core/gateway"
	"countersign/core/gateway/trident"
)

func giveProfile(t *testing.T, name, url string) gateway.Profile {
	t.Helper()
	p, err := gateway.ParseGiven(name, map[string]any{"kind": "trident", "url": url, "client_id": "desk"}, []gateway.Kind{trident.Kind})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestGivenGatewaysStandBesideThoseOfTheDesk(t *testing.T) {
	given := gateway.Given{
		Profiles: []gateway.Profile{giveProfile(t, "locked", "https://a.example"), giveProfile(t, "free", "https://b.example"), giveProfile(t, "new", "https://c.example")},
		Locked:   map[string]bool{"locked": true},
	}
	const own = "version = 2\ndefault = \"free\"\n[gateways.locked]\nkind = \"trident\"\nurl = \"https://mine.example\"\n" +
		"[gateways.free]\nkind = \"trident\"\nurl = \"https://mine.example\"\n[gateways.practice]\nkind = \"trident\"\npractice = true\n"
	for _, c := range []struct {
		what  string
		own   string
		given func(*gateway.Given)
		want  []string
	}{
		{"beside", own, func(*gateway.Given) {}, []string{"default free", "locked https://a.example", "free https://mine.example", "new https://c.example", "practice "}},
		{"no practice", own, func(g *gateway.Given) { g.NoPractice = true }, []string{"default free", "locked https://a.example", "free https://mine.example", "new https://c.example"}},
		{"own default", own, func(g *gateway.Given) { g.Default = "new" }, []string{"default free", "locked https://a.example", "free https://mine.example", "new https://c.example", "practice "}},
		{"no file", "", func(g *gateway.Given) { g.Default = "new" }, []string{"default new", "locked https://a.example", "free https://b.example", "new https://c.example"}},
		{"practice is the default", "default = \"p\"\n[gateways.p]\nkind = \"trident\"\npractice = true\n", func(g *gateway.Given) { g.Profiles, g.Default = g.Profiles[:1], "locked" }, []string{"default locked", "locked https://a.example", "p "}},
		{"practice stays the default", "default = \"p\"\n[gateways.p]\nkind = \"trident\"\npractice = true\n", func(g *gateway.Given) { g.Profiles = g.Profiles[:1] }, []string{"default p", "locked https://a.example", "p "}},
		{"the default is left out", "default = \"p\"\n[gateways.p]\nkind = \"trident\"\npractice = true\n", func(g *gateway.Given) { g.Profiles, g.NoPractice = nil, true }, []string{"default "}},
	} {
		path := filepath.Join(t.TempDir(), "gateways.toml")
		if c.own != "" {
			if err := os.WriteFile(path, []byte(c.own), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		g := given
		c.given(&g)
		all, err := g.Load(gateway.NewProfilesFile(path))
		if err != nil {
			t.Fatal(err)
		}
		got := []string{"default " + all.Default}
		for _, p := range all.List {
			got = append(got, p.Name+" "+p.URL)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.what, diff)
		}
	}
}

func TestALockedGatewayIsNeitherChangedNorRemoved(t *testing.T) {
	locked, free := giveProfile(t, "locked", "https://a.example"), giveProfile(t, "free", "https://b.example")
	given := gateway.Given{Profiles: []gateway.Profile{locked, free}, Locked: map[string]bool{"locked": true}}
	const own = "version = 2\n[gateways.locked]\nkind = \"trident\"\nurl = \"https://mine.example\"\nclient_id = \"me\"\n"
	changed := locked
	changed.URL = "https://evil.example"
	for _, text := range []string{"version = 2\n", own} {
		if after, err := given.EditProfile(text, changed); err == nil {
			t.Errorf("a locked gateway was changed:\n%s", after)
		}
		if after, err := given.RemoveProfile(text, "locked"); err == nil {
			t.Errorf("a locked gateway was removed:\n%s", after)
		}
		if after, err := given.AddProfile(text, changed); err == nil {
			t.Errorf("a locked gateway was added:\n%s", after)
		}
		if after, err := given.EditProfile(text, locked); err != nil || after != text {
			t.Errorf("what stays as it is, is refused: %v\n%s", err, after)
		}
	}
	if after, err := given.SetDefault("version = 2\n", "free"); err == nil {
		t.Errorf("the default is a gateway that is not in the file:\n%s", after)
	}
	if after, err := given.RemoveProfile("version = 2\n", "free"); err == nil {
		t.Errorf("a given gateway was removed:\n%s", after)
	}
}

func TestAGivenGatewayThatIsChangedBecomesOneOfTheDesk(t *testing.T) {
	free := giveProfile(t, "free", "https://b.example")
	given := gateway.Given{Profiles: []gateway.Profile{free}}
	changed := free
	changed.URL = "https://mine.example"
	text, err := given.EditProfile("version = 2\n", changed)
	if err != nil {
		t.Fatal(err)
	}
	again := changed
	again.Title = "Mine"
	if text, err = given.EditProfile(text, again); err != nil {
		t.Fatal(err)
	}
	if text, err = given.SetDefault(text, "free"); err != nil {
		t.Fatal(err)
	}
	own, err := gateway.ParseProfiles(text)
	if p, found := own.Get("free"); err != nil || found != nil || p.URL != "https://mine.example" || p.Title != "Mine" || own.Default != "free" {
		t.Errorf("%v, %v:\n%s", err, found, text)
	}
	if text, err = given.RemoveProfile(text, "free"); err != nil {
		t.Fatal(err)
	}
	if own, err = gateway.ParseProfiles(text); err != nil || len(own.List) > 0 {
		t.Errorf("%v\n%s", err, text)
	}
}
