package sandbox

import (
	"errors"
	"strings"
	"testing"
)

func FuzzReadBatch(f *testing.F) {
	const document = "http://127.0.0.1:1234/trustedx-resources/esignsp/v2/documents/"
	for _, list := range []string{
		`["a","b"]`, `[{"id":"a"},{"url":"` + document + `b"}]`, `["` + document + `a"]`, `[{"id":"a","url":"` + document + `b"}]`,
		`[]`, `["a","a"]`, `[1]`, `[null]`, `[["a"]]`, `{}`, `["` + document + `"]`, `["http://elsewhere.example/documents/a"]`, `["%zz/"]`,
	} {
		f.Add([]byte(`{"finish_callback_url":"https://a.example/","documents":` + list + `}`))
	}
	f.Add([]byte(`{"finish_callback_url":"https://a.example/","documents":["a"],"signer":{"parameters":{"signature_field":{"name":"x"}}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := readBatch(data, nil, func(host string) bool { return host == "127.0.0.1:1234" })
		var wrong badRequest
		if err != nil {
			if !errors.As(err, &wrong) || wrong == "" {
				t.Errorf("the error is not the client's: %v", err)
			}
			return
		}
		seen := map[string]bool{}
		for _, id := range p.Documents {
			if id == "" || len(id) > 100 || seen[id] {
				t.Errorf("documents %q", p.Documents)
			}
			seen[id] = true
		}
		if len(p.Documents) == 0 || len(p.Documents) > maxBatch {
			t.Errorf("%d documents", len(p.Documents))
		}
	})
}

func TestReferencesToDocuments(t *testing.T) {
	t.Parallel()
	const address = "/trustedx-resources/esignsp/v2/documents/abc"
	here := func(host string) bool { return host == "127.0.0.1:1234" }
	for raw, want := range map[string]string{
		`"abc"`: "abc", `{"id":"abc"}`: "abc", `"http://127.0.0.1:1234` + address + `"`: "abc", `{"url":"` + address + `"}`: "abc",
		`{"id":"abc","url":"` + address + `","content":"x"}`: "abc", `{"id":"x","url":"` + address + `"}`: "",
		`"http://127.0.0.1:1` + address + `"`: "", `"` + address + `/content"`: "", `{}`: "", `7`: "", `""`: "", `"` + strings.Repeat("a", 101) + `"`: "",
	} {
		if id, err := readReference([]byte(raw), here); id != want || (err == nil) != (want != "") {
			t.Errorf("%s is %q, %v", raw, id, err)
		}
	}
}
