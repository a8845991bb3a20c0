package diagnosis

import (
	"fmt"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"countersign/core/about"
	"countersign/core/request"
)

// Report returns a page of text, in English, for whoever helps: the versions of the program and of the
// system, the given time, and then the findings, the most serious first.
func Report(findings []Finding, at time.Time) string {
	var page strings.Builder
	fmt.Fprintf(&page, "Countersign: check of this desk\n\nprogram   %s\nsystem    %s\nmade by   %s\ntime      %s\n\n",
		about.Version(), SystemName(), runtime.Version(), at.Format(time.RFC3339))
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

// IsBad reports whether at least one of the findings is [Bad].
func IsBad(findings []Finding) bool {
	return slices.ContainsFunc(findings, func(f Finding) bool { return f.Verdict == Bad })
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// userFolders matches the path of the home folder of any user, below /home or Users.
var userFolders = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?:[A-Za-z]:)?[/\\](?:home|Users)[/\\][^/\\\s"':;,]+`)
})

// withoutUsers returns text with the home folders of users replaced by ~.
func withoutUsers(text string) string {
	if own, err := os.UserHomeDir(); err == nil && len(own) > 1 {
		text = regexp.MustCompile(`(^|[^\w/\\])`+regexp.QuoteMeta(own)+`\b`).ReplaceAllString(text, "${1}~")
	}
	return userFolders().ReplaceAllString(text, "~")
}

// causeWithoutUsers returns a cause with the home folders of users in its arguments replaced by ~.
func causeWithoutUsers(c request.Cause) request.Cause {
	c.Args = slices.Clone(c.Args)
	for i, arg := range c.Args {
		c.Args[i] = request.Arg{Text: withoutUsers(arg.Text), Cause: causeWithoutUsers(arg.Cause)}
	}
	return c
}
