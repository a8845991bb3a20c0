package network

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"countersign/core/request"
)

// Login is what a proxy is logged in to with, by the scheme Basic (RFC 7617).
type Login struct{ User, Password string }

// refusedTime is how long a login that a proxy has refused is not sent to it again. Many directories lock a user
// after a few wrong passwords.
const refusedTime = 10 * time.Minute

// Logins has the logins for proxies. It may be used from several goroutines at once.
type Logins struct {
	find func(ctx context.Context, origin string) (Login, error)
	now  func() time.Time

	mu      sync.Mutex
	refused map[string]refusal // by origin
}

type refusal struct {
	login Login
	at    time.Time
}

// NewLogins returns the logins that find returns. find gets the origin of a proxy, see [ProxyOrigin], and returns
// the zero value if there is no login for it.
func NewLogins(find func(ctx context.Context, origin string) (Login, error), now func() time.Time) *Logins {
	return &Logins{find: find, now: now, refused: map[string]refusal{}}
}

// noteRefused remembers that a proxy refused a login.
func (l *Logins) noteRefused(origin string, login Login) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refused[origin] = refusal{login, l.now()}
}

// wasRefused reports whether a proxy refused this login less than [refusedTime] ago.
func (l *Logins) wasRefused(origin string, login Login) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	r, found := l.refused[origin]
	return found && r.login == login && l.now().Sub(r.at) < refusedTime
}

// ProxyName returns the host and port of a proxy.
func ProxyName(proxy *url.URL) string {
	port := cmp.Or(proxy.Port(), map[string]string{"https": "443", "socks5": "1080", "socks5h": "1080"}[proxy.Scheme], "80")
	return net.JoinHostPort(strings.ToLower(proxy.Hostname()), port)
}

// ProxyOrigin returns the scheme, host and port of a proxy, without user and password.
func ProxyOrigin(proxy *url.URL) string { return proxy.Scheme + "://" + ProxyName(proxy) }

// ParseProxy reads the address of a proxy as a person writes it, with or without its scheme, which is http
// if it is missing. It accepts no user and no password.
func ParseProxy(text string) (*url.URL, error) {
	text = strings.TrimSpace(text)
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" ||
		strings.ContainsAny(u.Hostname(), " %") || !isPort(u.Port()) || !slices.Contains([]string{"http", "https"}, u.Scheme) {
		return nil, request.Errorf("proxy_address", "this is not the address of a proxy: write it like %s, without user and password", "proxy.example.org:3128")
	}
	return u, nil
}

// isPort reports whether a text is the number of a port, or empty.
func isPort(text string) bool {
	number, err := strconv.ParseUint(text, 10, 16)
	return text == "" || err == nil && number > 0
}

// HostOfProxy returns the host of a proxy's address in the environment, with its port if it has one. It returns "" if the
// address is none, or if the host cannot be told from a password.
func HostOfProxy(value string) string {
	if !strings.Contains(value, "://") {
		value = "http://" + value
	}
	u, err := url.Parse(value)
	if err != nil || u.Hostname() == "" || u.User == nil && strings.Contains(value, "@") || !slices.Contains([]string{"http", "https", "socks5", "socks5h"}, u.Scheme) {
		return ""
	}
	return u.Host
}

// environmentProxy returns the proxy that the environment names for a call, and nil for none. The standard library takes parts
// of a faulty address for the host; here it is an error.
func environmentProxy(req *http.Request) (*url.URL, error) {
	proxy, err := http.ProxyFromEnvironment(req)
	if err != nil || proxy != nil && HostOfProxy(environment("HTTPS_PROXY")) == "" {
		return nil, badProxyAddress() // err may contain the user and the password
	}
	return proxy, nil
}

// proxyHeader returns the header of a CONNECT request, with the login that is kept for the proxy. A login in the
// address of the proxy is used in its place.
func (t *Transport) proxyHeader(ctx context.Context, proxy *url.URL, _ string) (http.Header, error) {
	if proxy.User != nil || t.config.Logins == nil {
		return nil, nil
	}
	login, err := t.config.Logins.find(ctx, ProxyOrigin(proxy))
	switch {
	case err != nil:
		return nil, &Failure{Stage: AtProxy, Err: err, What: request.SentenceOf(err), Advice: enterLogin(proxy)}
	case login == Login{}:
		return nil, nil
	case t.config.Logins.wasRefused(ProxyOrigin(proxy), login):
		return nil, loginRefused(proxy)
	}
	if call := traceOf(ctx); call != nil {
		call.mu.Lock()
		call.login = login
		call.mu.Unlock()
	}
	return http.Header{"Proxy-Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte(login.User+":"+login.Password))}}, nil
}

// proxyAnswered is called with a proxy's answer to CONNECT. It returns a [*Failure] unless the proxy passes the
// call on.
func (t *Transport) proxyAnswered(ctx context.Context, proxy *url.URL, req *http.Request, resp *http.Response) error {
	call := traceOf(ctx)
	if resp.StatusCode == http.StatusOK {
		if call != nil {
			call.set(tunneled)
		}
		return nil
	}
	what, advice := t.proxyStatus(call, proxy, req.Host, resp)
	return &Failure{Stage: AtProxy, What: what, Advice: advice}
}

// proxyStatus returns what a proxy's answer to CONNECT means, and what to do. target is the host and port that
// the proxy was asked for.
func (t *Transport) proxyStatus(call *trace, proxy *url.URL, target string, resp *http.Response) (what, advice request.Sentence) {
	name, host := ProxyName(proxy), target
	if bare, _, err := net.SplitHostPort(target); err == nil {
		host = bare
	}
	switch status := resp.StatusCode; status {
	case http.StatusProxyAuthRequired:
		f := t.loginWanted(call, proxy, resp.Header.Values("Proxy-Authenticate"))
		return f.What, f.Advice
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusUnavailableForLegalReasons:
		return request.Sentencef("net_proxy_forbidden", "the proxy %s refuses this address (%d)", name, status),
			request.Sentencef("net_proxy_forbidden_todo", "check the gateway's address, and ask whoever runs the proxy to allow %s", host)
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return request.Sentencef("net_proxy_bad_gateway", "the proxy %s cannot reach %s (%d)", name, host, status),
			request.Sentencef("net_proxy_bad_gateway_todo", "check the gateway's address; if it is right, try again later, and ask whoever runs the proxy")
	case http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented:
		what = request.Sentencef("net_proxy_no_connect", "what answers at %s does not pass on encrypted connections (%d)", name, status)
		if t.config.Given.Chosen {
			return what, askAdministrator(host)
		}
		return what, request.Sentencef("net_proxy_no_connect_todo", "check that HTTPS_PROXY names a proxy and not a web server, and ask whoever runs it to allow CONNECT to %s", host)
	default:
		if status/100 == 3 || status == http.StatusNetworkAuthenticationRequired {
			return request.Sentencef("net_proxy_portal", "the proxy %s requires a login in the browser first (%d)", name, status), LogInFirst()
		}
		return request.Sentencef("net_proxy_status", "the proxy %s answers with the status %d", name, status),
			request.Sentencef("net_proxy_status_todo", "try again later, and ask whoever runs the proxy")
	}
}

// LogInFirst returns the advice to log in to the network in the browser.
func LogInFirst() request.Sentence {
	return request.Sentencef("net_portal_todo", "open any page in the browser, log in to the network there, and try again")
}

// loginWanted returns the failure for a proxy that wants a login. challenges are the values of its header
// Proxy-Authenticate (RFC 9110, section 11.7.1).
func (t *Transport) loginWanted(call *trace, proxy *url.URL, challenges []string) *Failure {
	name := ProxyName(proxy)
	var login Login
	if call != nil {
		call.mu.Lock()
		login = call.login
		call.mu.Unlock()
	}
	kinds := schemes(challenges)
	switch {
	case len(kinds) > 0 && !slices.Contains(kinds, "Basic"):
		return &Failure{
			Stage: AtProxy,
			What:  request.Sentencef("net_proxy_scheme", "the proxy %s requires a login of the kind %s (407), but this program supports only Basic", name, strings.Join(kinds, ", ")),
			Advice: request.Sentencef("net_proxy_scheme_todo",
				"ask whoever runs the proxy to accept Basic, or to pass on calls to this gateway without a login; a program like Px or Cntlm on this computer can also log in"),
		}
	case login != Login{}:
		t.config.Logins.noteRefused(ProxyOrigin(proxy), login)
		return loginRefused(proxy)
	case proxy.User != nil:
		return &Failure{
			Stage:  AtProxy,
			What:   request.Sentencef("net_proxy_env_refused", "the proxy %s refuses the user and the password in the environment (407)", name),
			Advice: request.Sentencef("net_proxy_env_refused_todo", "check the user and the password in HTTPS_PROXY: characters other than letters and digits are written as %s in it", "%XX"),
		}
	}
	return &Failure{Stage: AtProxy, What: request.Sentencef("net_proxy_login", "the proxy %s requires a login (407)", name), Advice: enterLogin(proxy)}
}

func loginRefused(proxy *url.URL) *Failure {
	return &Failure{
		Stage:  AtProxy,
		What:   request.Sentencef("net_proxy_login_refused", "the proxy %s refuses the login that is stored for it (407)", ProxyName(proxy)),
		Advice: enterLogin(proxy),
	}
}

func enterLogin(proxy *url.URL) request.Sentence {
	address := ProxyName(proxy)
	if proxy.Scheme != "http" {
		address = ProxyOrigin(proxy)
	}
	return request.Sentencef("net_proxy_login_todo", "enter the user and the password in Settings, or with countersignctl proxy login %s --user NAME --secret-stdin", address)
}

// knownSchemes are the authentication schemes that proxies ask for, as people know them.
var knownSchemes = []string{"Basic", "Digest", "NTLM", "Negotiate", "Kerberos", "Bearer"}

// schemes returns the authentication schemes in challenges, each once. Unknown ones are left out.
func schemes(challenges []string) []string {
	var found []string
	for _, challenge := range challenges {
		for field := range strings.FieldsFuncSeq(challenge, func(r rune) bool { return r == ' ' || r == ',' || r == '\t' }) {
			i := slices.IndexFunc(knownSchemes, func(known string) bool { return strings.EqualFold(known, field) })
			if i >= 0 && !slices.Contains(found, knownSchemes[i]) {
				found = append(found, knownSchemes[i])
			}
		}
	}
	return found
}

// proxyUnreachable returns the failure for a proxy to which there is no connection, or whose own encryption fails.
func (c *trace) proxyUnreachable(err error) *Failure {
	name := ProxyName(c.proxy)
	if f := c.tlsFailure(c.proxy.Hostname(), err); f != nil {
		f.Stage = AtProxy
		if c.transport.config.Given.Chosen {
			f.Advice = request.Sentencef("net_proxy_given_tls_todo", "the policy of this computer names this proxy: ask the administrator to check its address, also whether it begins with %s or %s; if the proxy's certificate comes from an issuer of your office, that issuer has to be installed in the system", "http://", "https://")
			return f
		}
		f.Advice = request.Sentencef("net_proxy_tls_todo", "check the address in HTTPS_PROXY, also whether it begins with %s or %s; if the proxy's certificate comes from an issuer of your office, install that issuer in the system, or name it in the gateway's ca_file", "http://", "https://")
		return f
	}
	return &Failure{
		Stage:  AtProxy,
		What:   request.Sentencef("net_proxy_unreachable", "the proxy %s cannot be reached (%s)", name, reasonOf(err, isTimeout(err)).sentence),
		Advice: c.checkProxy(),
	}
}

// checkProxy returns the advice to check the address of the proxy where it is set.
func (c *trace) checkProxy() request.Sentence {
	if c.transport.config.Given.Chosen {
		return askAdministrator(c.url.Hostname())
	}
	return request.Sentencef("net_proxy_todo", "check the address in HTTPS_PROXY, and the network that the proxy is in")
}

// askAdministrator returns the advice for a proxy that an administrator has chosen. host is what it was asked for.
func askAdministrator(host string) request.Sentence {
	return request.Sentencef("net_proxy_given_todo", "the policy of this computer names this proxy: ask the administrator to check its address, and whether it passes encrypted connections (CONNECT) on to %s", host)
}

// tunnelFailed returns the failure for a proxy that was reached and has not answered as a proxy does.
func (c *trace) tunnelFailed(err error, timeout bool) *Failure {
	f := &Failure{Stage: AtProxy, Advice: c.checkProxy()}
	switch name := ProxyName(c.proxy); {
	case timeout:
		f.What = request.Sentencef("net_proxy_silent", "the proxy %s does not answer in time", name)
	case isClosed(err):
		f.What = request.Sentencef("net_proxy_closed", "the proxy %s closed the connection without an answer", name)
	case c.transport.config.Given.Chosen:
		f.What = request.Sentencef("net_proxy_other", "what answers at %s is not a proxy", name)
	default:
		f.What = request.Sentencef("net_proxy_garbage", "what answers at %s is not a proxy of the kind in HTTPS_PROXY", name)
	}
	return f
}

// socksRefused returns the failure for a SOCKS proxy (RFC 1928) that does not pass the call on.
func (c *trace) socksRefused(op *net.OpError) *Failure {
	text := "error"
	if op.Err != nil {
		text = op.Err.Error() // one of the fixed texts of the standard library
	}
	if errors.Is(op.Err, context.DeadlineExceeded) || isClosed(op.Err) {
		return c.tunnelFailed(op.Err, isTimeout(op.Err))
	}
	return &Failure{
		Stage:  AtProxy,
		What:   request.Sentencef("net_proxy_socks", "the proxy %s does not pass the connection on (%s)", ProxyName(c.proxy), Sanitize(text, maxText)),
		Advice: request.Sentencef("net_proxy_socks_todo", "check the address, the user and the password in HTTPS_PROXY, and ask whoever runs the proxy to allow %s", c.url.Hostname()),
	}
}

// badProxyAddress returns the failure for an environment that names no proxy that can be used.
func badProxyAddress() *Failure {
	return &Failure{
		Stage:  AtProxy,
		What:   request.Sentencef("net_proxy_address", "the address of the proxy in HTTPS_PROXY cannot be read"),
		Advice: request.Sentencef("net_proxy_address_todo", "check HTTPS_PROXY: it is written like %s", "http://proxy.example.org:3128"),
	}
}
