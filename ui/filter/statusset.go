package filter

import (
	"slices"
	"strings"

	"countersign/core/i18n"
	"countersign/core/request"
	"countersign/ui/status"
)

// statusSet is a set of statuses. It has a bit for each, in the order of [request.Statuses], so that sets are compared
// with ==. The zero value is the empty set, which filters by no status.
type statusSet uint16

func (s statusSet) has(one request.Status) bool { return s&bitOf(one) != 0 }

func (s statusSet) toggle(one request.Status) statusSet { return s ^ bitOf(one) }

func bitOf(s request.Status) statusSet { return 1 << slices.Index(request.Statuses(), s) }

// list returns the statuses of the set in the order of a request's life.
func (s statusSet) list() []request.Status {
	return slices.DeleteFunc(request.Statuses(), func(one request.Status) bool { return !s.has(one) })
}

// among returns the statuses of the set that a query for the given statuses can find. No given statuses stand for all.
func (s statusSet) among(statuses []request.Status) []request.Status {
	return slices.DeleteFunc(s.list(), func(one request.Status) bool {
		return len(statuses) > 0 && !slices.Contains(statuses, one)
	})
}

// names returns the set for a person.
func (s statusSet) names(lang i18n.Language) string {
	var names []string
	for _, one := range s.list() {
		names = append(names, statusName(lang, one))
	}
	return strings.Join(names, ", ")
}

func statusName(lang i18n.Language, s request.Status) string {
	return status.Of(lang, request.Request{Status: s}).Label
}

// save returns the set as it is stored in the settings.
func (s statusSet) save() string {
	var names []string
	for _, one := range s.list() {
		names = append(names, string(one))
	}
	return strings.Join(names, " ")
}

// savedStatuses returns the set that was stored. Unknown statuses are ignored.
func savedStatuses(stored string) (s statusSet) {
	for name := range strings.FieldsSeq(stored) {
		if one := request.Status(name); one.Valid() {
			s |= bitOf(one)
		}
	}
	return s
}
