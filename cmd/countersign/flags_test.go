package main

import (
	"testing"

	"github.com/alecthomas/kong"

	"countersign/core/settings"
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

func TestAFlagDoesNotOverrideWhatTheAdministratorFixed(t *testing.T) {
	on := true
	given := flags{Look: "dark", Language: "en", Notifications: &on, Tray: true}
	for key, want := range map[string]flags{
		settings.ThemeKey:         {Language: "en", Notifications: &on, Tray: true},
		settings.LanguageKey:      {Look: "dark", Notifications: &on, Tray: true},
		settings.NotificationsKey: {Look: "dark", Language: "en", Tray: true},
		settings.FolderKey:        given,
	} {
		got := given.withoutFixed(func(k string) bool { return k == key })
		if got.Look != want.Look || got.Language != want.Language || got.Notifications != want.Notifications || !got.Tray {
			t.Errorf("with %s fixed: %+v", key, got)
		}
	}
}
