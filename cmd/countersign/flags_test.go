package main

import (
	"testing"

	"github.com/alecthomas/kong"
)

func TestAFlagThatIsNotGivenLeavesTheSettingsAlone(t *testing.T) {
	for _, c := range []struct {
		args   []string
		look   string
		notify string
	}{
		{nil, "", "as chosen"},
		{[]string{"--look", "system", "--no-notifications"}, "system", "no"},
		{[]string{"--look=dark", "--notifications"}, "dark", "yes"},
	} {
		var f flags
		parser, err := kong.New(&f)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parser.Parse(c.args); err != nil {
			t.Fatal(err)
		}
		notify := "as chosen"
		if f.Notifications != nil {
			notify = map[bool]string{true: "yes", false: "no"}[*f.Notifications]
		}
		if f.Look != c.look || notify != c.notify {
			t.Errorf("%q: got the look %q, and notifications: %s", c.args, f.Look, notify)
		}
	}
}
