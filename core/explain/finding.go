package explain

import (
	"strings"

	"countersign/core/gateway"
	"countersign/core/i18n"
)

// Part returns the name of what a finding of the diagnosis, or a step of a gateway check, is about.
// subject is the name of a gateway, or a port if part is [gateway.PartReturn]; it is empty for the desk
// itself. part is empty if the finding is about the gateway as a whole.
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
