package support

import (
	"fmt"
	"strconv"
	"strings"

	"countersign/core/home"
	"countersign/core/settings"
)

// settingsText returns the settings of a home. Of texts that people type it has only whether there are any, and how many.
func settingsText(dir home.Dir) string {
	s, err := settings.Load(dir)
	if err != nil {
		return "settings.toml cannot be read: " + gateways{}.errorText(err) + "\n"
	}
	var text strings.Builder
	line := func(key, value string) { fmt.Fprintf(&text, "%-28s %s\n", key, value) }
	number := func(key string, n int) { line(key, strconv.Itoa(n)) }
	line("patience", s.Patience.String())
	line("output_folder", setOrNot(s.OutputFolder != ""))
	number("callback_port", s.CallbackPort)
	line("theme", s.Theme)
	line("language", s.Language)
	line("notifications", yesOrNo(s.Notifications))
	line("reminder", setOrNot(s.Reminder != ""))
	number("silent_days", s.SilentDays)
	line("practice", s.Practice)
	line("dense", yesOrNo(s.Dense))
	line("mine", yesOrNo(s.Mine))
	line("window", fmt.Sprintf("%.0f x %.0f", s.Window.Width, s.Window.Height))
	number("people with names", len(s.People))
	number("columns changed", len(s.Columns))
	number("views saved", len(s.Views))
	number("lists remembered", len(s.Lists))
	number("positions remembered", len(s.Positions))
	return text.String()
}
