package support

import (
	"fmt"
	"strings"

	"countersign/core/diagnosis"
	"countersign/core/explain"
	"countersign/core/gateway"
	"countersign/core/i18n"
)

// diagnosis returns the findings, the most serious first.
func (g gateways) diagnosis(findings []diagnosis.Finding) string {
	var text strings.Builder
	for _, verdict := range []diagnosis.Verdict{diagnosis.Bad, diagnosis.Warning, diagnosis.Well} {
		for _, f := range findings {
			if f.Verdict != verdict {
				continue
			}
			fmt.Fprintf(&text, "%-8s  %s: %s\n", f.Verdict, g.part(f), g.sentence(f.Detail, f.Cause))
			if f.Advice != "" {
				fmt.Fprintf(&text, "          %s\n", g.sentence(f.Advice, f.AdviceCause))
			}
		}
	}
	return text.String()
}

// part returns what a finding is about. A gateway has its number.
func (g gateways) part(f diagnosis.Finding) string {
	subject := f.Subject
	if number, ok := g.numbers[subject]; ok && f.Part != gateway.PartReturn {
		subject = number
	} else if subject != "" {
		subject = g.plain(subject) // a port
	}
	if _, known := i18n.English.Lookup("part." + strings.ReplaceAll(string(f.Part), " ", "_")); !known && f.Part != "" {
		return leftOut
	}
	return explain.Part(i18n.English, subject, f.Part)
}
