package network

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"golang.org/x/net/http/httpproxy"

	"countersign/core/request"
)

// Given is the proxy that an administrator has chosen for all users of a computer; see package policy. The zero value leaves the choice
// to the environment.
type Given struct {
	Chosen bool     // otherwise the environment decides
	Proxy  *url.URL // as [ParseProxy] reads it; nil for none
	Except []string // what is called without the proxy, each as [ParseException] reads it
}

// hostName matches the name of a host or of a domain.
var hostName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\.?[\pL\pN_-]+(\.[\pL\pN_-]+)*$`) })

// ParseException reads what is called without a proxy: a host with all that is below it, like example.org; only what is below a domain, like
// .example.org; an address; or a network, like 10.0.0.0/8.
func ParseException(text string) (string, error) {
	text = strings.ToLower(strings.TrimSpace(text))
	if network, err := netip.ParsePrefix(text); err == nil {
		return network.Masked().String(), nil
	}
	if address, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
		return address.Unmap().String(), nil
	}
	if !hostName().MatchString(text) {
		return "", request.Errorf("proxy_exception", "write a host like %s, an address or a network like %s, without a port", "sign.example.org", "10.0.0.0/8")
	}
	return text, nil
}

// proxyOf returns the proxy of a call, and nil for none.
func (g Given) proxyOf(req *http.Request) (*url.URL, error) {
	switch {
	case !g.Chosen:
		return environmentProxy(req)
	case g.Proxy == nil || g.excepts(req.URL.Hostname()):
		return nil, nil
	}
	return g.Proxy, nil
}

// mayEncrypt reports whether a proxy may be spoken to by TLS.
func (g Given) mayEncrypt() bool {
	if g.Chosen {
		return g.Proxy != nil && g.Proxy.Scheme == "https"
	}
	return strings.HasPrefix(strings.ToLower(environment("HTTPS_PROXY")), "https:")
}

// excepts reports whether a host is called without the proxy. This computer always is.
func (g Given) excepts(host string) bool {
	rules := httpproxy.Config{HTTPSProxy: "https://proxy", NoProxy: strings.Join(g.Except, ",")} // as those of NO_PROXY
	used, err := rules.ProxyFunc()(&url.URL{Scheme: "https", Host: net.JoinHostPort(strings.TrimSuffix(host, "."), "443")})
	return err == nil && used == nil
}

// Name returns the host and port of the proxy, or "" if there is none.
func (g Given) Name() string {
	if g.Proxy == nil {
		return ""
	}
	return ProxyName(g.Proxy)
}

// Sentence returns what an administrator has chosen. It is the zero value if nothing is chosen.
func (g Given) Sentence() request.Sentence {
	switch {
	case !g.Chosen:
		return request.Sentence{}
	case g.Proxy == nil:
		return request.Sentencef("proxy_given_none", "the policy of this computer says to use no proxy")
	case len(g.Except) > 0:
		return request.Sentencef("proxy_given_except", "the policy of this computer sets the proxy %s, which is not used for %s", g.Name(), strings.Join(g.Except, " "))
	}
	return request.Sentencef("proxy_given", "the policy of this computer sets the proxy %s", g.Name())
}
