package diagnosis

import (
	"context"
	"os"
	"slices"
	"strings"

	"countersign/core/gateway"
	"countersign/core/network"
	"countersign/core/request"
)

// checkProxy checks the proxy of the policy or, if it has none, those that the environment and the system name. others are the findings about
// the gateways.
func (e *examination) checkProxy(ctx context.Context, others []Finding) Finding {
	if given := e.cfg.Proxy.Sentence(); given.Text != "" {
		return proxyFinding(Well, []request.Sentence{given}, none, others)
	}
	return checkNamedProxy(os.Getenv, network.FindSystemProxy(ctx), others)
}

// isSaid reports whether the name of a variable is in lower case and its value is also that of the name in upper case, which comes first. On
// Windows, the two are one variable.
func isSaid(getenv func(string) string, name string) bool {
	upper := strings.ToUpper(name)
	return name != upper && getenv(name) == getenv(upper)
}

// checkNamedProxy checks the proxies that the environment sets. It names each by its variable and its
// host only, since the rest of the address may contain a password. system is the proxy in the settings of
// the system, and others are the findings about the gateways.
func checkNamedProxy(getenv func(string) string, system network.SystemProxy, others []Finding) Finding {
	verdict, advice := Well, none
	var all []request.Sentence
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"} {
		value := getenv(name)
		if value == "" || isSaid(getenv, name) {
			continue
		}
		host := network.HostOfProxy(value)
		if host == "" {
			verdict, advice = Bad, request.Sentencef("proxy_todo", "set %s to the address of a proxy, or to nothing", name)
			all = append(all, request.Sentencef("proxy_wrong", "%s is not an address", name))
			continue
		}
		all = append(all, request.Sentencef("proxy_is", "%s is %s", name, gateway.Sanitize(host)))
	}
	for _, name := range []string{"NO_PROXY", "no_proxy"} {
		if getenv(name) != "" && !isSaid(getenv, name) && len(all) > 0 {
			all = append(all, request.Sentencef("proxy_exceptions", "%s is set", name))
		}
	}
	if unused := unusedProxy(getenv); unused != "" && verdict == Well {
		all = append(all, request.Sentencef("proxy_unused", "%s is not used for gateways", unused))
		verdict, advice = Warning, request.Sentencef("proxy_unused_todo", "set HTTPS_PROXY as well if the gateways are reached through a proxy")
	}
	if what, todo := system.Sentences(); what.Text != "" {
		all, verdict, advice = append(all, what), Warning, todo
	}
	return proxyFinding(verdict, all, advice, others)
}

// proxyFinding returns the finding about proxies with all that is said about them. A proxy that keeps one of the gateways from being reached is
// not well.
func proxyFinding(verdict Verdict, all []request.Sentence, advice request.Sentence, others []Finding) Finding {
	for _, f := range others {
		if f.Part == gateway.PartProxy && f.Verdict == Bad {
			found := request.Sentence{Text: f.Detail, Cause: f.Cause}
			if !slices.ContainsFunc(all, func(s request.Sentence) bool { return s.Text == found.Text }) {
				all = append(all, found)
			}
			verdict, advice = Bad, request.Sentence{Text: f.Advice, Cause: f.AdviceCause}
			break
		}
	}
	if len(all) == 0 {
		return newFinding(gateway.PartProxy, Well, request.Sentencef("proxy_none", "none is set in the environment"), none)
	}
	detail := all[0]
	for _, next := range all[1:] {
		detail = request.Sentencef("list", "%s, %s", detail, next)
	}
	return newFinding(gateway.PartProxy, verdict, detail, advice)
}

// unusedProxy returns the variable that names a proxy for other addresses than those of gateways, which begin
// with https, while none names one for these. It returns "" if there is no such variable.
func unusedProxy(getenv func(string) string) string {
	if getenv("HTTPS_PROXY")+getenv("https_proxy") != "" {
		return ""
	}
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"} {
		if getenv(name) != "" {
			return name
		}
	}
	return ""
}
