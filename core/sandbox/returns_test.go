package sandbox

import (
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestAReturnKeepsItsOwnQuery(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		own := url.Values{rapid.StringMatching(`[a-z]{1,5}`).Draw(t, "name"): {rapid.String().Draw(t, "value")}}.Encode()
		if rapid.Bool().Draw(t, "bare") {
			own = ""
		}
		id := rapid.StringMatching(`[0-9a-v]{1,32}`).Draw(t, "id")
		got := addQuery("http://127.0.0.1:1234/a/b?"+own, url.Values{"X-id": {id}})
		u, err := url.Parse(got)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(u.RawQuery, own) || u.Query().Get("X-id") != id || u.Path != "/a/b" {
			t.Errorf("%q became %q", own, got)
		}
	})
}

func TestFormTargets(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"http://127.0.0.1:8080/return/a?b=c": "http://127.0.0.1:8080",
		"https://app.example.test/x":         "https://app.example.test",
		"http://[::1]:8080/":                 "http:",
		"http://elsewhere.example/":          "",
		"https://a;b/":                       "https:",
	} {
		if got := formTarget(address); got != want {
			t.Errorf("formTarget(%q) is %q, want %q", address, got, want)
		}
	}
}
