package program

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign/core/gateway"
	"countersign/core/gateway/gatewaytest"
	"countersign/core/gateway/gatewaytest/bare"
	"countersign/core/i18n"
)

// root is the folder of the module.
const root = "../../.."

// TestEveryKindIsTranslated compares all kinds of gateway and their fields with the catalogs of the
// other languages. The English texts are in the packages of the kinds.
func TestEveryKindIsTranslated(t *testing.T) {
	var want []string
	for key := range keysOf(Kinds()) {
		want = append(want, key)
	}
	slices.Sort(want)
	for _, l := range i18n.Languages() {
		got := catalogKeys(t, l)
		if l == i18n.English {
			if len(got) > 0 {
				t.Errorf("English texts about kinds of gateway stand in the kind's package, not in the catalog: %v", got)
			}
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-kinds +catalog):\n%s", l, diff)
		}
	}
}

// keysOf returns the keys in the catalogs for kinds of gateway.
func keysOf(kinds []gateway.Kind) map[string]bool {
	keys := map[string]bool{}
	for _, kind := range kinds {
		keys["kind."+kind.Name] = true
		for _, h := range kind.Hosts {
			keys["host."+h.Name] = true
		}
		for _, f := range kind.FormFields() {
			keys["field."+f.Key] = true
			if f.Help != "" {
				keys["field."+f.Key+"_help"] = true
			}
		}
	}
	return keys
}

// catalogKeys returns the keys of texts about kinds of gateway in the catalog of a language, sorted.
func catalogKeys(t *testing.T, l i18n.Language) []string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, "core/i18n", string(l)+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var catalog map[string]any
	if err := json.Unmarshal(data, &catalog); err != nil {
		t.Fatal(err)
	}
	maps.DeleteFunc(catalog, func(key string, _ any) bool {
		prefix, _, _ := strings.Cut(key, ".")
		return !slices.Contains([]string{"field", "kind", "host"}, prefix)
	})
	return slices.Sorted(maps.Keys(catalog))
}

func TestTheReadmeHasEverySetting(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	if want := gatewaytest.SettingsTable(Kinds()...); !strings.Contains(string(readme), "\n"+want+"\n") {
		t.Errorf("the table of settings in README.md should be\n%s", want)
	}
}

// A further kind is one package and one line: its texts and its rows of the table follow from it.
func TestAFurtherKindIsInEveryList(t *testing.T) {
	kinds := append(Kinds(), bare.Kind)
	table := gatewaytest.SettingsTable(kinds...)
	for _, row := range []string{"| `days` | bare | Days to sign. After them, the page is gone. |\n", "| `sender.name` | bare |", "| `url` | all |", "| `client_id` | trident, uaepass |"} {
		if strings.Count(table, row) != 1 {
			t.Errorf("%q is missing in\n%s", row, table)
		}
	}
	for _, key := range []string{"kind.bare", "host.demo", "field.days", "field.days_help", "field.sender.name"} {
		if !keysOf(kinds)[key] || keysOf(Kinds())[key] {
			t.Errorf("%s does not come with the kind", key)
		}
	}
	gatewaytest.CheckFields(t, bare.Kind, nil)
}
