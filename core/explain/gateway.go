package explain

import (
	"cmp"

	"countersign/core/gateway"
	"countersign/core/i18n"
)

// Field returns the label of a field of a gateway's form, and a text on what the field is for. If the
// catalog of the language does not have the field, it returns the English texts of f.
func Field(lang i18n.Language, f gateway.Field) (label, help string) {
	label, translated := lang.Lookup("field." + f.Key)
	if !translated {
		return f.Label, f.Help
	}
	help, _ = lang.Lookup("field." + f.Key + "_help")
	return label, help
}

// Kind returns a text that says who can sign with a kind of gateway and what they need. It is in English
// if the catalog of the language does not have the kind.
func Kind(lang i18n.Language, k gateway.Kind) string {
	help, _ := lang.Lookup("kind." + k.Name)
	return cmp.Or(help, k.Help)
}

// Host returns the name of a host where a kind of gateway runs, in English if the catalog of the
// language does not have the host.
func Host(lang i18n.Language, h gateway.Host) string {
	title, _ := lang.Lookup("host." + h.Name)
	return cmp.Or(title, h.Title, h.Name)
}
