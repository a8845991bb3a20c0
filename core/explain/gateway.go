package explain

import (
	"countersign/core/gateway"
	"countersign/core/i18n"
)

// Field returns the label of a field of a gateway's form and what it is for. Fields that the
// catalog of the language does not have keep the English texts of their kind.
func Field(lang i18n.Language, f gateway.Field) (label, help string) {
	label, translated := lang.Lookup("field." + f.Key)
	if !translated {
		return f.Label, f.Help
	}
	help, _ = lang.Lookup("field." + f.Key + "_help")
	return label, help
}

// Kind returns who can sign with a kind of gateway and what they need.
func Kind(lang i18n.Language, k gateway.Kind) string {
	switch k.Name {
	case "trident":
		return lang.Say("prefs.kind_trident")
	case "uaepass":
		return lang.Say("prefs.kind_uaepass")
	case "portasigma":
		return lang.Say("prefs.kind_portasigma")
	}
	return k.Help
}

// Host returns the name of a host where a kind of gateway runs.
func Host(lang i18n.Language, h gateway.Host) string {
	switch h.Name {
	case "staging":
		return lang.Say("prefs.host_staging")
	case "production":
		return lang.Say("prefs.host_production")
	}
	return h.Name
}
