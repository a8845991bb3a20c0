package callback

import (
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzQuery: the query of a return is a set of values; one that cannot be read is kept, bounded, under a name of its own.
func FuzzQuery(f *testing.F) {
	for _, seed := range []string{"", "code=finished&ids=1,2", "a=%zz", "a;b", "%", "\xff=\xff", "malformed=1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		values, mended := parseQuery(query)
		if values == nil {
			t.Fatalf("%q has no values", query)
		}
		if _, err := url.ParseQuery(query); err == nil && strings.Contains(query, "=") && !strings.HasPrefix(query, "?") && mended {
			t.Errorf("%q was changed", query)
		}
		if isMalformed(values) {
			kept := values.Get(MalformedQuery)
			if len(values) != 1 || !utf8.ValidString(kept) || utf8.RuneCountInString(kept) > maxUnreadableKept {
				t.Errorf("%q is kept of %q", values, query)
			}
		}
	})
}
