package portasigma_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"countersign/core/gateway"
	"countersign/core/gateway/portasigma"
)

// manyIDs returns the parameters for n different ids.
func manyIDs(n int) string {
	var query []string
	for i := range n {
		query = append(query, fmt.Sprintf("id=%d", i))
	}
	return strings.Join(query, "&")
}

func TestReadLink(t *testing.T) {
	const root = "https://sign.example/in/house"
	tests := map[string]struct {
		link string
		want []string
	}{
		// The forms that the vendor documents.
		"one request":                   {root + "/gateway/sign.html?id=12", []string{"12"}},
		"with everything":               {root + "/gateway/sign.html?id=12&urlreturn=http%3A%2F%2Fmyapp.com%2F&logout=true", []string{"12"}},
		"many requests":                 {root + "/gateway/sign.html?id=27&id=2474&id=12&urlreturn=x&logout=false&view=false", []string{"27", "2474", "12"}},
		"user and password":             {root + "/usergateway/sign.html?id=12&id=27", []string{"12", "27"}},
		"the deprecated form":           {root + "/request/view.html?id=12&url=http://myapp.com/", []string{"12"}},
		"the page's own example":        {root + "/gateway/sign.html?id=12&urlreturn=http://xyz.com/return?x=12%26y=ABC", []string{"12"}},
		"the other one":                 {root + "/usergateway/sign.html?id=12&urlreturn=http://xyz.com/return?x=12%26y=ABC", []string{"12"}},
		"ids behind the rest":           {root + "/gateway/sign.html?logout=true&urlreturn=http://x/?a=%26b&id=12&id=27", []string{"12", "27"}},
		"an escaped return with an id":  {root + "/gateway/sign.html?id=12&urlreturn=http%3A%2F%2Fx%2F%3Fid%3D99%26id%3D98", []string{"12"}},
		"a bare & ends a return":        {root + "/gateway/sign.html?id=12&urlreturn=http://x/?a=1&id=99", []string{"12", "99"}},
		"a return that cannot be read":  {root + "/gateway/sign.html?id=12&urlreturn=http://x/;a%zz?b", []string{"12"}},
		"a return with a fragment":      {root + "/gateway/sign.html?id=12&urlreturn=http://x/#here&id=99", []string{"12"}},
		"an id more than once":          {root + "/gateway/sign.html?id=12&id=27&id=12&id=12", []string{"12", "27"}},
		"an old one with the same id":   {root + "/request/view.html?id=12&id=12", []string{"12"}},
		"an escaped id":                 {root + "/gateway/sign.html?id=%31%32&%69d=a%26b", []string{"12", "a&b"}},
		"an id that is not a number":    {root + "/gateway/sign.html?id=ñ-7/x", []string{"ñ-7/x"}},
		"as many ids as there can be":   {root + "/gateway/sign.html?" + manyIDs(100) + "&id=0", strings.Split(strings.ReplaceAll(manyIDs(100), "id=", ""), "&")},
		"the longest id there can be":   {root + "/gateway/sign.html?id=" + strings.Repeat("7", 64), []string{strings.Repeat("7", 64)}},
		"other letters in the host":     {"HTTPS://Sign.EXAMPLE/in/house/gateway/sign.html?id=12", []string{"12"}},
		"the port that goes without":    {"https://sign.example:443/in/house/gateway/sign.html?id=12", []string{"12"}},
		"space around it":               {"\r\n\t " + root + "/gateway/sign.html?id=12 \u00a0\n", []string{"12"}},
		"angle brackets and a period":   {"<" + root + "/gateway/sign.html?id=12>.", []string{"12"}},
		"quotes":                        {`"` + root + `/gateway/sign.html?id=12"`, []string{"12"}},
		"quotes of a word processor":    {"„" + root + "/gateway/sign.html?id=12“", []string{"12"}},
		"guillemets":                    {"« " + root + "/gateway/sign.html?id=12 ».", []string{"12"}},
		"only the end of a bracket":     {root + "/gateway/sign.html?id=12>", []string{"12"}},
		"the period of a sentence":      {root + "/gateway/sign.html?id=12.", []string{"12"}},
		"escaped as in HTML":            {root + "/gateway/sign.html?id=12&amp;id=27&amp;urlreturn=x", []string{"12", "27"}},
		"escaped as in HTML, by number": {root + "/gateway/sign.html?id=12&#38;id=27&#x26;id=9", []string{"12", "27", "9"}},

		// Other texts.
		"nothing":                     {"", nil},
		"no link":                     {"id=12", nil},
		"no scheme":                   {"sign.example/in/house/gateway/sign.html?id=12", nil},
		"no scheme, with slashes":     {"//sign.example/in/house/gateway/sign.html?id=12", nil},
		"another scheme":              {"http://sign.example/in/house/gateway/sign.html?id=12", nil},
		"another host":                {"https://evil.example/in/house/gateway/sign.html?id=12", nil},
		"a host that begins the same": {"https://sign.example.evil.example/in/house/gateway/sign.html?id=12", nil},
		"our host as a user":          {"https://sign.example@evil.example/in/house/gateway/sign.html?id=12", nil},
		"somebody's name":             {"https://me@sign.example/in/house/gateway/sign.html?id=12", nil},
		"another port":                {"https://sign.example:8443/in/house/gateway/sign.html?id=12", nil},
		"without the root's path":     {"https://sign.example/gateway/sign.html?id=12", nil},
		"a path that begins the same": {"https://sign.example/in/housegateway/sign.html?id=12", nil},
		"another page":                {root + "/gateway/view.html?id=12", nil},
		"another context":             {root + "/backdoor/sign.html?id=12", nil},
		"a page below":                {root + "/gateway/sign.html/x?id=12", nil},
		"a way around":                {root + "/x/../gateway/sign.html?id=12", nil},
		"no id":                       {root + "/gateway/sign.html?urlreturn=x", nil},
		"an empty id":                 {root + "/gateway/sign.html?id=12&id=", nil},
		"an id without a value":       {root + "/gateway/sign.html?id&id=12", nil},
		"an id with a space":          {root + "/gateway/sign.html?id=12&id=1+2", nil},
		"an id with a control sign":   {root + "/gateway/sign.html?id=12%1b", nil},
		"an id of no character":       {root + "/gateway/sign.html?id=12%ff", nil},
		"an id that cannot be read":   {root + "/gateway/sign.html?id=12&id=%zz", nil},
		"an id that is too long":      {root + "/gateway/sign.html?id=" + strings.Repeat("7", 65), nil},
		"too many ids":                {root + "/gateway/sign.html?" + manyIDs(101), nil},
		"a link without an end":       {root + "/gateway/sign.html?id=12&urlreturn=" + strings.Repeat("x", 64<<10), nil},
		"an old one for many":         {root + "/request/view.html?id=12&id=27", nil},
		"ids in the fragment":         {root + "/gateway/sign.html#?id=12", nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			// The other settings of the profile do not matter.
			for _, settings := range []map[string]any{nil, {"context": "usergateway", "logout": true}} {
				got, _ := portasigma.Kind.ParseLink(gateway.Profile{Name: "ours", URL: root + "/", Settings: settings}, test.link)
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("%s: %s", test.link, diff)
				}
			}
		})
	}
	for _, address := range []string{"", "sign.example", "http://sign.example"} {
		if got, _ := portasigma.Kind.ParseLink(gateway.Profile{URL: address}, address+"/gateway/sign.html?id=12"); got != nil {
			t.Errorf("a gateway at %q: got %v", address, got)
		}
	}
	if got, _ := portasigma.Kind.ParseLink(gateway.Profile{URL: "http://127.0.0.1:8080"}, "http://127.0.0.1:8080/gateway/sign.html?id=12"); len(got) != 1 {
		t.Errorf("a gateway of this machine: got %v", got)
	}
}

func TestReadLinkIsExactForTheContextOfTheProfile(t *testing.T) {
	const root = "https://app.portasigma.test"
	for link, want := range map[string][2]bool{ // for a certificate, for a password
		"/gateway/sign.html?id=1":     {true, false},
		"/usergateway/sign.html?id=1": {false, true},
		"/request/view.html?id=1":     {true, true},
	} {
		for i, settings := range []map[string]any{{}, {"context": "usergateway"}} {
			ids, exact := portasigma.Kind.ParseLink(gateway.Profile{URL: root, Settings: settings}, root+link)
			if len(ids) != 1 || exact != want[i] {
				t.Errorf("%s, %v: %v, %t", link, settings, ids, exact)
			}
		}
	}
}

func FuzzReadLink(f *testing.F) {
	const root = "https://sign.example/in/house"
	for _, seed := range []string{
		root + "/gateway/sign.html?id=12&urlreturn=http://xyz.com/return?x=12%26y=ABC", root + "/usergateway/sign.html?id=12&id=27&id=12&view=false", root + "/request/view.html?id=12&url=x",
		" <" + root + "/gateway/sign.html?id=12&amp;id=27>.", "HTTPS://SIGN.example:443/in/house/gateway/sign.html?id=%C3%B1&id=.", "https://sign.example@evil.example/in/house/gateway/sign.html?id=12",
		"http://sign.example/in/house/gateway/sign.html?id=1", root + "/gateway/sign.html?id=%26amp%3B&id=a%26id%3D9", root + "/gateway/sign.html?id=1&id=+", "https://sign.example/gateway/sign.html?id=1#",
	} {
		f.Add(seed)
	}
	p := gateway.Profile{Name: "ours", Kind: "portasigma", URL: root, Settings: map[string]any{"logout": true, "view": false}}
	g, err := portasigma.Kind.New(p, gateway.Tools{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, link string) {
		ids, _ := portasigma.Kind.ParseLink(p, link)
		if len(ids) == 0 {
			return
		}
		lower := strings.ToLower(link)
		if !strings.Contains(lower, "https://sign.example/") && !strings.Contains(lower, "https://sign.example:") {
			t.Errorf("a link of another origin: %q", link)
		}
		if different := slices.Compact(slices.Sorted(slices.Values(ids))); len(different) != len(ids) || len(ids) > 100 {
			t.Errorf("too many ids, or one twice: %q", ids)
		}
		for _, id := range ids {
			if id == "" || len(id) > 64 || !utf8.ValidString(id) || strings.ContainsFunc(id, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }) {
				t.Errorf("%q is no id", id)
			}
		}
		// The browser is sent to an address for the same requests.
		address := prepareIDs(t, g, link, ids).URL
		if again, _ := portasigma.Kind.ParseLink(p, address); !slices.Equal(ids, again) {
			t.Errorf("%q became %q, by %s", ids, again, address)
		}
		u, err := url.Parse(address)
		if err != nil || !slices.Equal(u.Query()["id"], ids) || u.Query().Get("urlreturn") != link {
			t.Errorf("%s: %v", address, err)
		}
		for _, other := range []string{"https://sign.example", "https://other.example/in/house", "https://sign.example:8443/in/house", "http://localhost/in/house"} {
			if got, _ := portasigma.Kind.ParseLink(gateway.Profile{URL: other}, link); len(got) > 0 {
				t.Errorf("%q is read for %s, too", link, other)
			}
		}
	})
}
