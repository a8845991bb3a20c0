package desk

import (
	"strings"

	"countersign/core/gateway"
	"countersign/core/i18n"
)

// FieldWords returns the label and the help of a field in a language. If the catalog of the
// language has none, they are the field's own, in English.
func FieldWords(lang i18n.Language, f Field) (label, help string) {
	label, translated := lang.Lookup("field." + f.Key)
	if !translated {
		return f.Label, f.Help
	}
	help, _ = lang.Lookup("field." + f.Key + "_help")
	return label, help
}

// FindingWords name what was looked at.
func FindingWords(lang i18n.Language, f Finding) string {
	if of, about := strings.CutPrefix(f.Name, "gateway "); about {
		if name, part, found := strings.Cut(of, ": "); found {
			return lang.Say("prefs.find_gateway", name, partWords(lang, part))
		}
		return lang.Say("prefs.find_one", of)
	}
	if port, about := strings.CutPrefix(f.Name, "return address "); about {
		return lang.Say("prefs.find_port", port)
	}
	return partWords(lang, f.Name)
}

func partWords(lang i18n.Language, part string) string {
	switch part {
	case "address":
		return lang.Say("prefs.find_address")
	case "tls":
		return lang.Say("prefs.find_tls")
	case "clock":
		return lang.Say("prefs.find_clock")
	case "token":
		return lang.Say("prefs.find_token")
	case "scope":
		return lang.Say("prefs.find_scope")
	case "api":
		return lang.Say("prefs.find_api")
	case "api user":
		return lang.Say("prefs.find_user")
	case "disk":
		return lang.Say("prefs.find_disk")
	case "keyring":
		return lang.Say("prefs.find_keyring")
	case "proxy":
		return lang.Say("prefs.find_proxy")
	case "browser":
		return lang.Say("prefs.find_browser")
	case "ledger":
		return lang.Say("prefs.find_ledger")
	case "gateways":
		return lang.Say("prefs.find_gateways")
	case "return address":
		return lang.Say("prefs.find_return")
	}
	return part
}

// KindWords say who can sign with a kind of gateway and what they need.
func KindWords(lang i18n.Language, k Kind) string {
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

// HostWords name a place where a kind of gateway runs.
func HostWords(lang i18n.Language, h gateway.Host) string {
	switch h.Name {
	case "staging":
		return lang.Say("prefs.host_staging")
	case "production":
		return lang.Say("prefs.host_production")
	}
	return h.Name
}
