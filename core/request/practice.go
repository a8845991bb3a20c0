package request

import "slices"

// IsPracticeName reports whether a name is the one that every home gives to a practice gateway. Events from before schema 9 of
// the ledger do not say whether their gateway was one, so that its name decides.
func IsPracticeName(gateway string) bool {
	return slices.Contains([]string{"sandbox", "sandbox-portasigma"}, gateway)
}

// StatePractice returns what an event states about whether its gateway is a practice gateway. It returns nil for a real
// gateway whose name is not that of a practice gateway (see [IsPracticeName]): most events need no such statement.
func StatePractice(gateway string, practice bool) *bool {
	if !practice && !IsPracticeName(gateway) {
		return nil
	}
	return &practice
}

// wasPractice returns what an event states about its gateway, or otherwise if it states nothing.
func wasPractice(stated *bool, otherwise bool) bool {
	if stated == nil {
		return otherwise
	}
	return *stated
}
