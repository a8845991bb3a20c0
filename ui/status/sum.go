package status

import (
	"strings"

	"countersign/core/i18n"
	"countersign/core/request"
)

// Sum returns how many requests have each status, such as "9 signed, 1 rejected, 2 still open". What is still open comes last.
func Sum(lang i18n.Language, counts map[request.Status]int) string {
	var parts []string
	for _, s := range request.Statuses() {
		if n := counts[s]; n > 0 && s.Ended() {
			parts = append(parts, countOf(lang, s, n))
		}
	}
	if n := counts[request.Pending] + counts[request.Signing]; n > 0 {
		parts = append(parts, lang.Count("sum.open", n))
	}
	return strings.Join(parts, ", ")
}

// countOf returns a number of requests of a status that is an end.
func countOf(lang i18n.Language, s request.Status, n int) string {
	switch s {
	case request.Signed:
		return lang.Count("sum.signed", n)
	case request.Partial:
		return lang.Count("sum.partial", n)
	case request.Rejected:
		return lang.Count("sum.rejected", n)
	case request.Canceled:
		return lang.Count("sum.canceled", n)
	case request.Failed:
		return lang.Count("sum.failed", n)
	case request.Gone:
		return lang.Count("sum.gone", n)
	}
	return lang.Count("sum.withdrawn", n)
}
