package explain

import (
	"strings"

	"countersign/core/gateway"
	"countersign/core/i18n"
)

// Part returns the name of what a finding of the diagnosis is about, or a step of a gateway check.
// The subject is a gateway, or a port if the part is [gateway.PartReturn]; it is empty for the desk.
// The part is empty for all of a gateway.
func Part(lang i18n.Language, subject string, part gateway.Part) string {
	switch {
	case part == "":
		return lang.Say("finding.gateway", subject)
	case subject == "":
		return partName(lang, part)
	case part == gateway.PartReturn:
		return lang.Say("finding.port", subject)
	}
	return lang.Say("finding.gateway_part", subject, partName(lang, part))
}

// partName returns the name of a part, or the part itself if the catalog does not have it.
func partName(lang i18n.Language, part gateway.Part) string {
	name, ok := lang.Lookup("part." + strings.ReplaceAll(string(part), " ", "_"))
	if !ok {
		return string(part)
	}
	return name
}
