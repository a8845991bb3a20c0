package gateway

import (
	"maps"
	"slices"
	"strings"
)

// Gateways list what is wrong with a call in two ways: as elements of an array, such as
// {"errors":[{"field":"labels","message":"required"}]}, or by the names of the members that are wrong, such
// as {"errors":{"labels":["required"]}}.

// listedTexts returns the texts that a JSON object lists, sorted by the names of its members. A text that
// belongs to a member by its name is preceded by the name.
func listedTexts(object map[string]any) []string {
	var texts []string
	for _, name := range slices.Sorted(maps.Keys(object)) {
		switch v := object[name].(type) {
		case []any:
			texts = append(texts, withName(name, itemTexts(v), namesMember(name, v, false))...)
		case map[string]any:
			if !isErrorsName(name) {
				texts = append(texts, listedTexts(v)...)
				continue
			}
			for _, member := range slices.Sorted(maps.Keys(v)) {
				texts = append(texts, withName(member, itemTexts(v[member]), namesMember(member, v[member], true))...)
			}
		}
	}
	return texts
}

// itemTexts returns all texts in a value, without the names of members.
func itemTexts(value any) []string {
	var texts []string
	switch v := value.(type) {
	case string:
		if v != "" {
			texts = append(texts, v)
		}
	case []any:
		for _, item := range v {
			texts = append(texts, itemTexts(item)...)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			texts = append(texts, itemTexts(v[name])...)
		}
	}
	return texts
}

func withName(name string, texts []string, named bool) []string {
	if !named || len(texts) == 0 {
		return texts
	}
	return []string{name + ": " + strings.Join(texts, ", ")}
}

// namesMember reports whether the name of a member of an answer is that of what was wrong in the call:
// value is what the answer says about it. inErrors says that the member is in an object of errors.
func namesMember(name string, value any, inErrors bool) bool {
	if isErrorsName(name) {
		return false
	}
	switch v := value.(type) {
	case string:
		return inErrors
	case []any:
		return len(v) > 0 && !slices.ContainsFunc(v, func(item any) bool { _, isText := item.(string); return !isText })
	}
	return false
}

// isErrorsName reports whether a member with this name has errors.
func isErrorsName(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc([]string{"error", "violation", "detail", "invalid", "fault", "problem", "message"}, func(part string) bool { return strings.Contains(name, part) })
}

// saidTexts returns all texts in a value, and the names of its members that name what was wrong in the call.
func saidTexts(value any, inErrors bool) []string {
	var texts []string
	switch v := value.(type) {
	case string:
		texts = append(texts, v)
	case []any:
		for _, item := range v {
			texts = append(texts, saidTexts(item, false)...)
		}
	case map[string]any:
		for name, member := range v {
			if namesMember(name, member, inErrors) {
				texts = append(texts, name)
			}
			texts = append(texts, saidTexts(member, isErrorsName(name))...)
		}
	}
	return texts
}
