package countersign_test

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign/core/gateway"
	"countersign/core/gateway/portasigma"
	"countersign/core/gateway/trident"
	"countersign/core/i18n"
)

// TestEverySettingIsTranslated compares the fields of all kinds of gateways with the catalogs of
// the other languages. The English texts are in the fields themselves.
func TestEverySettingIsTranslated(t *testing.T) {
	want := map[string]bool{}
	for _, kind := range []gateway.Kind{trident.Kind, trident.UAEPass, portasigma.Kind} {
		for _, f := range kind.FormFields() {
			want["field."+f.Key] = true
			if f.Help != "" {
				want["field."+f.Key+"_help"] = true
			}
		}
	}
	for _, l := range i18n.Languages() {
		got := fieldKeys(t, l)
		if l == i18n.English {
			if len(got) > 0 {
				t.Errorf("English texts of settings stand in their kind's package, not in the catalog: %v", got)
			}
			continue
		}
		if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), got); diff != "" {
			t.Errorf("%s (-fields +catalog):\n%s", l, diff)
		}
	}
}

// fieldKeys returns the keys of texts about settings in the catalog of a language.
func fieldKeys(t *testing.T, l i18n.Language) []string {
	t.Helper()
	data, err := os.ReadFile("core/i18n/" + string(l) + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var catalog map[string]any
	if err := json.Unmarshal(data, &catalog); err != nil {
		t.Fatal(err)
	}
	var keys []string
	for key := range catalog {
		if strings.HasPrefix(key, "field.") {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}
