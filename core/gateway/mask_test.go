package gateway

import (
	"strings"
	"testing"
)

func TestNamesOfSecrets(t *testing.T) {
	for name, want := range map[string]bool{
		"access_token": true, "Access-Token": true, "idToken": true, "refresh_token": true, "client_secret": true, "password": true, "api_password": true, "ticket": true, "Set-Cookie": true,
		"client_assertion": true, "token_type": false, "token_endpoint": false, "token_endpoint_auth_methods_supported": false, "expires_in": false, "scope": false, "client_id": false, "id": false,
		"signer_process_id": false, "finish_callback_url": false, "status": false, "": false,
	} {
		if got := isSecretName(name); got != want {
			t.Errorf("%s: got %t", name, got)
		}
	}
}

func TestMaskJSONKeepsTheRest(t *testing.T) {
	for text, want := range map[string]string{
		`{"a":1,"b":[true,null,"x"]}`:              `{"a":1,"b":[true,null,"x"]}`,
		`{"token" : {"a":[1,2]}, "b" : 2 }`:        `{"token":"…", "b" : 2 }`,
		`[{"token":"a"},{"token":7}]`:              `[{"token":"…"},{"token":"…"}]`,
		`"text"`:                                   `"text"`,
		`{"a":1`:                                   `{"a":1…`,
		`{"a":"b" "c"}`:                            `{"a":"b" …`,
		`{"secret":`:                               `{"secret":"…"…`,
		`{"a":1}{"token":"b"}`:                     `{"a":1}{"token":"…"}`,
		strings.Repeat("[", 200) + `{"token":"a"}`: strings.Repeat("[", 101) + "…",
		`{"authorization":{"x":{"y":"z"}},"token_type":"Bearer"}`: `{"authorization":"…","token_type":"Bearer"}`,
	} {
		if got, _ := maskJSON([]byte(text)); got != want {
			t.Errorf("%s: got %s", text, got)
		}
	}
}

// FuzzMaskJSON: whatever stands around a secret, it is not in the result.
func FuzzMaskJSON(f *testing.F) {
	for _, around := range []string{`1`, `"a"`, `{"b":[1,2]}`, `[`, `]`, `{}}`, `"`, `"\"`, `1}{"a":2`, `null,"token":{"a":"b"}`, "\xff", `1,"token"`, `{"token":`} {
		f.Add(around, `"x":1`)
		f.Add(`0`, around)
	}
	const secret = "the-secret-0123456789"
	f.Fuzz(func(t *testing.T, before, after string) {
		if strings.Contains(before+after, "secret-0123456789") {
			return
		}
		masked, _ := maskJSON([]byte(`{"a":` + before + `,"access_token":"` + secret + `",` + after + `}`))
		if strings.Contains(masked, secret) {
			// Between quotation marks of the text before, it is no member.
			if inner, _ := maskJSON([]byte(`{"a":` + before + `}`)); !strings.HasSuffix(inner, "…") {
				t.Errorf("got %s", masked)
			}
		}
	})
}
