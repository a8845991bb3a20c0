// Package gatewaytest has a test that every kind of gateway has to pass, and a function that writes the table of the kinds' settings for
// README.md. Only tests import it.
package gatewaytest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"countersign/core/gateway"
)

// CheckFields tests that a form can be drawn from the fields of a kind, and that the kind
// accepts a profile with nothing but an address, the required settings and the defaults.
// required has the texts of the required settings, by the keys of their fields.
func CheckFields(t *testing.T, kind gateway.Kind, required map[string]string) {
	t.Helper()
	texts, seen := map[string]string{"url": "https://sign.example.org"}, map[string]bool{}
	for _, f := range kind.FormFields() {
		if f.Label == "" || f.Type == "" || (f.Type == gateway.ChoiceField) != (len(f.Options) > 1 && f.Type != gateway.TextField) || seen[f.Key] {
			t.Errorf("%s: no form can be drawn with %s: %+v", kind.Name, f.Key, f)
		}
		seen[f.Key] = true
	}
	for _, f := range kind.Fields {
		if texts[f.Key] = f.Default; f.Required {
			texts[f.Key] = required[f.Key]
		}
	}
	p, err := kind.ParseForm(kind.NewProfile("a"), texts)
	if err != nil {
		t.Fatalf("%s: %v", kind.Name, err)
	}
	if _, err := kind.New(p, gateway.Tools{}); err != nil {
		t.Errorf("%s with its defaults written out: %v", kind.Name, err)
	}
}

// SettingsTable returns the lines of the table in README.md with the settings of kinds, each once: first
// those that all kinds share, then each kind's own in the order of its form.
func SettingsTable(kinds ...gateway.Kind) string {
	type row struct {
		field gateway.Field
		kinds []string
	}
	var rows []row
	for _, shared := range []bool{true, false} {
		for _, kind := range kinds {
			for _, f := range kind.FormFields() {
				own := slices.ContainsFunc(kind.Fields, func(own gateway.Field) bool { return own.Key == f.Key })
				if own == shared || f.Type == gateway.SecretField {
					continue
				}
				if i := slices.IndexFunc(rows, func(r row) bool { return r.field.Key == f.Key }); i >= 0 {
					rows[i].kinds = append(rows[i].kinds, kind.Name)
				} else {
					rows = append(rows, row{f, []string{kind.Name}})
				}
			}
		}
	}
	table := "| setting | kinds | meaning |\n| --- | --- | --- |\n"
	for _, r := range rows {
		names := strings.Join(r.kinds, ", ")
		if len(r.kinds) == len(kinds) {
			names = "all"
		}
		table += fmt.Sprintf("| `%s` | %s | %s |\n", r.field.Key, names, strings.ReplaceAll(r.field.Usage(), "|", `\|`))
	}
	return table
}
