package gateway

import (
	"reflect"
	"strings"
	"testing"
)

// upgradeKinds are kinds of which one has settings that had no default in files of version 1.
var upgradeKinds = []Kind{
	{Name: "trident", Fields: []Field{
		{Key: "process_type", Type: TextField, Default: "urn:p", CanBeNone: true, DefaultIsNew: true},
		{Key: "signature_type", Type: TextField, Default: "urn:s", CanBeNone: true, DefaultIsNew: true},
		{Key: "policy", Type: TextField, Default: "urn:old", CanBeNone: true},
	}},
	{Name: "portasigma", Fields: []Field{{Key: "context", Type: TextField, Default: "gateway"}}},
}

func TestAFileOfVersion1MeansTheSameAfterwards(t *testing.T) {
	const before = `# Our gateways.

default = "main" # the usual one

# The one in the cellar.
[gateways.main]
kind = "trident"
url = "https://one.example"
process_type = "urn:ours" # as they said

[gateways.other]
kind = "trident"
url = "https://two.example"

[gateways.links]
kind = "portasigma"
url = "https://three.example"
`
	got, kept, err := UpgradeConfig(before, upgradeKinds)
	if err != nil {
		t.Fatal(err)
	}
	const want = `# Our gateways.

version = 2
default = "main" # the usual one

# The one in the cellar.
[gateways.main]
kind = "trident"
url = "https://one.example"
process_type = "urn:ours" # as they said
signature_type = "none"

[gateways.other]
kind = "trident"
url = "https://two.example"
process_type = "none"
signature_type = "none"

[gateways.links]
kind = "portasigma"
url = "https://three.example"
`
	if got != want {
		t.Errorf("got\n%s", got)
	}
	if want := []KeptUnset{{"main", []string{"signature_type"}}, {"other", []string{"process_type", "signature_type"}}}; !reflect.DeepEqual(kept, want) {
		t.Errorf("got %v", kept)
	}
	again, kept, err := UpgradeConfig(got, upgradeKinds)
	if again != got || kept != nil || err != nil {
		t.Errorf("upgraded twice: %v, %v\n%s", kept, err, again)
	}
}

func TestTheVersionIsWrittenIntoAnyFile(t *testing.T) {
	for _, before := range []string{
		"", "\n", "# nothing", "# nothing\n", InitialConfig,
		"[gateways.a]\nkind = \"portasigma\"\nurl = \"https://a.example\"",
		"# of a\n[gateways.a]\nkind = \"portasigma\"\nurl = \"https://a.example\"\n",
		"\n\n# of a\n# more of a\n[gateways.a]\nkind = \"trident\"\nurl = \"https://a.example\"\n",
		"gateways.a.kind = \"portasigma\"\ngateways.a.url = \"https://a.example\"\n",
		"gateways = {a = {kind = \"portasigma\", url = \"https://a.example\"}}\n",
	} {
		got, _, err := UpgradeConfig(before, upgradeKinds)
		if err != nil {
			t.Errorf("%q: %v", before, err)
			continue
		}
		after, err := ParseProfiles(got)
		if err != nil || after.Version != 2 {
			t.Errorf("%q became %q: %v, %v", before, got, after, err)
		}
		if strings.Contains(got, "version = 2\nkind") || strings.Count(got, "#") != strings.Count(before, "#") {
			t.Errorf("%q became %q", before, got)
		}
	}
}

func TestAFileOfANewerVersionIsRefused(t *testing.T) {
	for _, text := range []string{"version = 3\n", "version = -1\n"} {
		if _, err := ParseProfiles(text); err == nil || !strings.Contains(err.Error(), "newer version of this program") {
			t.Errorf("%q: %v", text, err)
		}
	}
}
