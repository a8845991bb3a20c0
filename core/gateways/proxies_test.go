package gateways

import (
	"errors"
	"os"
	"strings"
	"testing"

	"countersign/core/secret"
)

func TestALoginForAProxyIsKeptWithoutItsPassword(t *testing.T) {
	r := newRig(t)
	login, err := r.SetProxyLogin(t.Context(), "Proxy.Example:3128", "ana", secret.Entered{Value: "p:ä s3cret"})
	if err != nil || login.Proxy != "http://proxy.example:3128" || login.User != "ana" || login.Secret != secret.File {
		t.Fatalf("%+v, %v", login, err)
	}
	file, err := os.ReadFile(r.dir.ProxyLogins())
	if err != nil || strings.Contains(string(file), "s3cret") {
		t.Errorf("%s, %v", file, err)
	}
	if got := r.Secrets.Kept["proxy http://proxy.example:3128|http://proxy.example:3128"]; got != "p:ä s3cret" {
		t.Errorf("kept %v", r.Secrets.Kept)
	}
	if all, err := r.ProxyLogins(t.Context()); err != nil || len(all) != 1 || all[0].Proxy != login.Proxy || all[0].User != "ana" || all[0].Secret != secret.File {
		t.Errorf("%+v, %v", all, err)
	}
	if err := r.RemoveProxyLogin(t.Context(), "https://proxy.example:3128"); err == nil {
		t.Error("the login of another proxy was removed")
	}
	if err := r.RemoveProxyLogin(t.Context(), "http://proxy.example:3128"); err != nil || len(r.Secrets.Kept) != 0 {
		t.Errorf("%v, kept %v", err, r.Secrets.Kept)
	}
	if all, err := r.ProxyLogins(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("%+v, %v", all, err)
	}
}

func TestALoginThatNoProxyCanTakeIsRefused(t *testing.T) {
	r := newRig(t)
	for _, test := range []struct{ proxy, user, password string }{
		{"", "ana", "x"},
		{"ana:s3cret@proxy.example", "ana", "x"},
		{"p.example:1", "", "x"},
		{"p.example:1", "a:na", "x"},
		{"p.example:1", strings.Repeat("x", 257), "x"},
		{"p.example:1", "ana", ""},
		{"p.example:1", "ana", "two\nlines"},
	} {
		if _, err := r.SetProxyLogin(t.Context(), test.proxy, test.user, secret.Entered{Value: test.password}); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%+v: got %v", test, err)
		}
	}
	r.Secrets.Failure = secret.ErrLocked
	if _, err := r.SetProxyLogin(t.Context(), "p.example:1", "ana", secret.Entered{Value: "x"}); !errors.Is(err, secret.ErrLocked) {
		t.Errorf("got %v", err)
	}
	if all, err := r.ProxyLogins(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("%+v, %v", all, err)
	}
	if login, err := r.SetProxyLogin(t.Context(), "p.example:1", "ana", secret.Entered{Value: "x", InFile: true}); err != nil || login.Secret != secret.File {
		t.Errorf("%+v, %v", login, err)
	}
	if err := os.WriteFile(r.dir.ProxyLogins(), []byte("["), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := r.ProxyLogins(t.Context()); err == nil || !strings.Contains(err.Error(), "is damaged: move it away") {
		t.Errorf("got %v", err)
	}
}
