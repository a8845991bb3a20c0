package team

import (
	"os"
	"regexp"
	"slices"
	"testing"
)

// TestTheServerKnowsAllKindsOfEvents compares the kinds of the schema that belong to requests with those of package request.
func TestTheServerKnowsAllKindsOfEvents(t *testing.T) {
	find := func(path, kind string) (kinds []string) {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range regexp.MustCompile(kind).FindAllStringSubmatch(string(content), -1) {
			kinds = append(kinds, found[1])
		}
		slices.Sort(kinds)
		return kinds
	}
	server, desk := find("schema/1.sql", `\('(\w+)', +false,`), find("../request/event.go", `(?m)^\tKind\w+ +EventKind = "(\w+)"`)
	if len(desk) < 20 || !slices.Equal(server, desk) {
		t.Errorf("the schema has %q, and package request %q", server, desk)
	}
}
