package diagnosis

import (
	"strings"
	"testing"

	"countersign/core/gateway"
	"countersign/core/network"
	"countersign/core/request"
)

// A proxy's address often contains a password.
func TestAProxyIsNamedByItsHostAlone(t *testing.T) {
	tests := []struct {
		name, value, want string
		verdict           Verdict
	}{
		{"with credentials", "http://ana:s3cret@proxy.example:8080/s3cret?s3cret", "HTTPS_PROXY is proxy.example:8080", Well},
		{"without a scheme", "ana:s3cret@proxy.example:8080", "HTTPS_PROXY is proxy.example:8080", Well},
		{"a host", "proxy.example", "HTTPS_PROXY is proxy.example", Well},
		{"no address", "http://s3cret:s3cret@", "HTTPS_PROXY is not an address", Bad},
		{"a password that is cut", "ana:1234/s3cret@proxy.example", "HTTPS_PROXY is not an address", Bad},
		{"no address at all", "\x7fs3cret", "HTTPS_PROXY is not an address", Bad},
		{"none", "", "none is set in the environment", Well},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := checkNamedProxy(func(name string) string {
				if name == "HTTPS_PROXY" {
					return test.value
				}
				return ""
			}, network.SystemProxy{}, nil)
			if f.Detail != test.want || f.Verdict != test.verdict || strings.Contains(f.Detail+f.Advice, "s3cret") {
				t.Errorf("%+v", f)
			}
		})
	}
	f := checkNamedProxy(func(name string) string {
		return map[string]string{"http_proxy": "http://one:1", "NO_PROXY": "secret-host.example"}[name]
	}, network.SystemProxy{}, nil)
	if f.Detail != "http_proxy is one:1, NO_PROXY is set, http_proxy is not used for gateways" || f.Verdict != Warning {
		t.Errorf("%+v", f)
	}
}

func TestAProxyThatKeepsAGatewayFromBeingReachedIsNotWell(t *testing.T) {
	env := func(name string) string { return map[string]string{"HTTPS_PROXY": "p.example:1"}[name] }
	refused := newFinding(gateway.PartProxy, Bad, request.Sentence{Text: "the proxy wants a login"}, request.Sentence{Text: "enter one"})
	other := newFinding(gateway.PartAddress, Bad, request.Sentence{Text: "not there"}, none)
	if f := checkNamedProxy(env, network.SystemProxy{}, []Finding{other, refused}); f.Verdict != Bad || f.Detail != "HTTPS_PROXY is p.example:1, the proxy wants a login" || f.Advice != "enter one" {
		t.Errorf("%+v", f)
	}
	if f := checkNamedProxy(env, network.SystemProxy{}, []Finding{other}); f.Verdict != Well {
		t.Errorf("%+v", f)
	}
}

func TestAProxyThatOnlyTheSystemKnowsIsNamed(t *testing.T) {
	none := func(string) string { return "" }
	if f := checkNamedProxy(none, network.SystemProxy{Source: "GNOME", Automatic: true, Host: "pac.example"}, nil); f.Verdict != Warning || !strings.Contains(f.Detail, "(PAC) from pac.example") || !strings.Contains(f.Advice, "HTTPS_PROXY") {
		t.Errorf("%+v", f)
	}
	if f := checkNamedProxy(none, network.SystemProxy{Source: "Windows", Host: "p.example:8080"}, nil); f.Verdict != Warning || f.Advice != "set HTTPS_PROXY to http://p.example:8080" {
		t.Errorf("%+v", f)
	}
	all := func(name string) string { return map[string]string{"ALL_PROXY": "http://ana:s3cret@p.example:1"}[name] }
	if f := checkNamedProxy(all, network.SystemProxy{}, nil); f.Verdict != Warning || f.Detail != "ALL_PROXY is not used for gateways" {
		t.Errorf("%+v", f)
	}
}

// On Windows, the names of variables are the same in upper and in lower case.
func TestOneProxyIsNamedOnce(t *testing.T) {
	env := func(name string) string {
		return map[string]string{"HTTPS_PROXY": "http://p.example:1", "NO_PROXY": "local"}[strings.ToUpper(name)]
	}
	if f := checkNamedProxy(env, network.SystemProxy{}, nil); f.Detail != "HTTPS_PROXY is p.example:1, NO_PROXY is set" {
		t.Errorf("%+v", f)
	}
}
