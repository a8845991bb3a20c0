package policy

import (
	"net/url"
	"strings"

	"countersign/core/network"
	"countersign/core/request"
)

// Values of the key proxy that are no address.
const (
	noProxy     = "none"
	systemProxy = "system" // what the environment names, as without the key
)

// readProxy returns whether a proxy is chosen, and its address; nil for none.
func (r *reader) readProxy(value any) (chosen bool, proxy *url.URL) {
	text, ok := value.(string)
	if !ok || strings.TrimSpace(text) == "" {
		r.mistake(request.Sentencef("policy_proxy", "write the address of a proxy like %s, or %s, or %s for what the environment of each program names", "http://proxy.example.org:3128", noProxy, systemProxy), "proxy")
		return false, nil
	}
	switch strings.ToLower(strings.TrimSpace(text)) { // which would be hosts of these names otherwise
	case systemProxy:
		return false, nil
	case noProxy:
		return true, nil
	}
	if strings.Contains(text, "@") {
		r.mistake(request.Sentencef("policy_proxy_login", "everybody can read a policy, so there must be no user and no password in it: each person enters their own in Settings, or with countersignctl proxy login"), "proxy")
		return false, nil
	}
	proxy, err := network.ParseProxy(text)
	if err != nil {
		r.mistake(request.SentenceOf(err), "proxy")
	}
	return true, proxy
}

func (r *reader) readExceptions(value any) {
	entries, ok := value.([]any)
	for _, entry := range entries {
		text, isText := entry.(string)
		except, err := network.ParseException(text)
		if ok = ok && isText; isText && err != nil {
			r.mistake(request.SentenceOf(err), "no_proxy")
		}
		r.policy.Proxy.Except = append(r.policy.Proxy.Except, except)
	}
	if !ok {
		r.mistake(request.Sentencef("policy_not_texts", "write a list of texts, like %s", `["sign.example.org", "10.0.0.0/8"]`), "no_proxy")
	}
}

// checkExceptions notes a mistake if there are exceptions and no proxy: those of the environment are in NO_PROXY.
func (r *reader) checkExceptions() {
	if len(r.policy.Proxy.Except) > 0 && r.policy.Proxy.Proxy == nil && len(r.mistakes) == 0 {
		r.mistake(request.Sentencef("policy_no_proxy", "these are the exceptions to the proxy of this policy, and it names none: name one in proxy, or remove this"), "no_proxy")
	}
}
