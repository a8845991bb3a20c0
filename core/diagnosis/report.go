package diagnosis

import (
	"fmt"
	"os"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"countersign/core/i18n"
)

// Report returns a page of text for whoever helps: the program and the system, and then the
// findings, the most serious first.
func Report(findings []Finding, at time.Time) string {
	var page strings.Builder
	fmt.Fprintf(&page, "Countersign: how this desk is\n\nprogram   %s\nsystem    %s\nmade by   %s\ntime      %s\n\n",
		version(), systemName(), runtime.Version(), at.Format(time.RFC3339))
	for _, verdict := range []Verdict{Bad, Warning, Well} {
		for _, f := range findings {
			if f.Verdict != verdict {
				continue
			}
			fmt.Fprintf(&page, "%-8s  %s: %s\n", f.Verdict, f.Name, oneLine(f.Detail))
			if f.Advice != "" {
				fmt.Fprintf(&page, "          %s\n", oneLine(f.Advice))
			}
		}
	}
	return page.String()
}

// IsBad reports whether a finding is [Bad].
func IsBad(findings []Finding) bool {
	return slices.ContainsFunc(findings, func(f Finding) bool { return f.Verdict == Bad })
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// version returns the program's version and revision, as far as the build recorded them.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	text := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 && !strings.Contains(text, s.Value[:12]) {
			text += " " + s.Value[:12]
		}
	}
	return text
}

// userFolders matches the folders in which systems keep what belongs to one user.
var userFolders = regexp.MustCompile(`(?:[A-Za-z]:)?[/\\](?:home|Users)[/\\][^/\\\s"':;,]+`)

// withoutUsers replaces the folders of users by ~.
func withoutUsers(text string) string {
	if own, err := os.UserHomeDir(); err == nil && len(own) > 1 {
		text = regexp.MustCompile(`(^|[^\w/\\])`+regexp.QuoteMeta(own)+`\b`).ReplaceAllString(text, "${1}~")
	}
	return userFolders.ReplaceAllString(text, "~")
}

// NameOf returns the name of what f is about, in a language.
func NameOf(lang i18n.Language, f Finding) string {
	if of, about := strings.CutPrefix(f.Name, "gateway "); about {
		if name, part, found := strings.Cut(of, ": "); found {
			return lang.Say("prefs.find_gateway", name, partName(lang, part))
		}
		return lang.Say("prefs.find_one", of)
	}
	if port, about := strings.CutPrefix(f.Name, "return address "); about {
		return lang.Say("prefs.find_port", port)
	}
	return partName(lang, f.Name)
}

func partName(lang i18n.Language, part string) string {
	switch part {
	case "address":
		return lang.Say("prefs.find_address")
	case "tls":
		return lang.Say("prefs.find_tls")
	case "clock":
		return lang.Say("prefs.find_clock")
	case "token":
		return lang.Say("prefs.find_token")
	case "scope":
		return lang.Say("prefs.find_scope")
	case "api":
		return lang.Say("prefs.find_api")
	case "api user":
		return lang.Say("prefs.find_user")
	case "disk":
		return lang.Say("prefs.find_disk")
	case "keyring":
		return lang.Say("prefs.find_keyring")
	case "proxy":
		return lang.Say("prefs.find_proxy")
	case "browser":
		return lang.Say("prefs.find_browser")
	case "ledger":
		return lang.Say("prefs.find_ledger")
	case "gateways":
		return lang.Say("prefs.find_gateways")
	case "return address":
		return lang.Say("prefs.find_return")
	}
	return part
}
