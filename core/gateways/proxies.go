package gateways

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"countersign/core/network"
	"countersign/core/request"
	"countersign/core/secret"
)

// ProxyLogin is the login that is kept for a proxy between this computer and the gateways. Its password is with the secrets, and is
// sent to this proxy alone.
type ProxyLogin struct {
	Proxy   string // scheme, host and port
	User    string
	Secret  secret.Backend   // where the password is kept; empty if there is none, or if Unknown is set
	Unknown request.Sentence // why it is not known where the password is
}

const (
	maxProxyUser   = 256 // characters
	maxProxyLogins = 100
)

// proxySecret returns the name under which the password for a proxy is kept. No gateway can have this name.
func proxySecret(origin string) string { return "proxy " + origin }

// SetProxyLogin keeps the login for a proxy, in place of an earlier one, and returns what is kept. The address is as
// [network.ParseProxy] reads it. See [secret.Store.Set] for the errors of a keyring.
func (s *Gateways) SetProxyLogin(ctx context.Context, address, user string, entered secret.Entered) (ProxyLogin, error) {
	proxy, err := network.ParseProxy(address)
	if err != nil {
		return ProxyLogin{}, err
	}
	// RFC 7617, section 2: a colon would end the name of the user.
	if user == "" || len([]rune(user)) > maxProxyUser || strings.ContainsAny(user, ":\r\n\x00") {
		return ProxyLogin{}, request.Errorf("proxy_user", "give the name of the user at the proxy: up to %d characters, without a colon", maxProxyUser)
	}
	if entered.Value == "" || strings.ContainsAny(entered.Value, "\r\n\x00") {
		return ProxyLogin{}, request.Errorf("proxy_password", "give the password of the user at the proxy: one line")
	}
	login := ProxyLogin{Proxy: network.ProxyOrigin(proxy), User: user}
	err = s.proxyUsers().edit(ctx, func(all map[string]string) error {
		if all[login.Proxy] == "" && len(all) >= maxProxyLogins {
			return request.Errorf("proxy_many", "there are logins for %d proxies already: remove some", maxProxyLogins)
		}
		if entered.InFile {
			login.Secret, err = secret.File, s.cfg.Secrets.SetInFile(ctx, proxySecret(login.Proxy), login.Proxy, entered.Value)
		} else {
			login.Secret, err = s.cfg.Secrets.Set(ctx, proxySecret(login.Proxy), login.Proxy, entered.Value)
		}
		all[login.Proxy] = user
		return err
	})
	if err != nil {
		return ProxyLogin{}, err
	}
	return login, nil
}

// GivenProxy returns what the policy of this computer says about the proxy, and its address if it names one. Both are zero if the policy leaves
// that to the environment. GivenProxy answers at once.
func (s *Gateways) GivenProxy() (says request.Sentence, address string) {
	given := s.cfg.Policy.Proxy
	if given.Proxy != nil {
		address = network.ProxyOrigin(given.Proxy)
	}
	return given.Sentence(), address
}

// ProxyLogins returns the logins that are kept, by proxy. A keyring that says what it has while it is locked is not unlocked for it.
func (s *Gateways) ProxyLogins(ctx context.Context) ([]ProxyLogin, error) {
	all, err := s.proxyUsers().read()
	if err != nil {
		return nil, err
	}
	var logins []ProxyLogin
	for _, origin := range slices.Sorted(maps.Keys(all)) {
		login := ProxyLogin{Proxy: origin, User: all[origin]}
		login.Secret, err = s.cfg.Secrets.Backend(ctx, proxySecret(origin))
		if err != nil && (!errors.Is(err, secret.ErrNotFound) || errors.Is(err, secret.ErrNoKeyring)) {
			login.Unknown = request.SentenceOf(proxySecretError(origin, err))
		}
		logins = append(logins, login)
	}
	return logins, nil
}

// RemoveProxyLogin removes the login for a proxy, with its password. It fails if there is none, or if the keyring may still have the
// password.
func (s *Gateways) RemoveProxyLogin(ctx context.Context, address string) error {
	proxy, err := network.ParseProxy(address)
	if err != nil {
		return err
	}
	origin := network.ProxyOrigin(proxy)
	return s.proxyUsers().edit(ctx, func(all map[string]string) error {
		if _, found := all[origin]; !found {
			return request.Errorf("proxy_unknown", "no login is stored for the proxy %s: see countersignctl proxy list", origin)
		}
		delete(all, origin)
		if err := s.cfg.Secrets.Delete(ctx, proxySecret(origin)); err != nil {
			return proxySecretError(origin, err)
		}
		return nil
	})
}

// proxyLogin returns the login for a proxy, or the zero value if none is kept. It is called for each connection through a proxy.
func (s *Gateways) proxyLogin(ctx context.Context, origin string) (network.Login, error) {
	all, err := s.proxyUsers().read()
	if err != nil {
		return network.Login{}, err
	}
	user, found := all[origin]
	if !found {
		return network.Login{}, nil
	}
	password, err := s.cfg.Secrets.Get(ctx, proxySecret(origin), origin)
	switch {
	case errors.Is(err, secret.ErrNotFound) && !errors.Is(err, secret.ErrNoKeyring):
		return network.Login{}, nil
	case err != nil:
		return network.Login{}, proxySecretError(origin, err)
	}
	return network.Login{User: user, Password: password}, nil
}

// proxySecretError returns the error for a password that the keyring does not give out. The errors of package secret speak of a
// gateway.
func proxySecretError(origin string, err error) error {
	for _, state := range []error{secret.ErrNoKeyring, secret.ErrDismissed, secret.ErrLocked, secret.ErrKeyringTimeout} {
		if errors.Is(err, state) {
			return request.Errorf("proxy_secret", "the password for the proxy %s is in the keyring: %w", origin, state)
		}
	}
	return request.Errorf("proxy_secret_failed", "the password for the proxy %s cannot be read from the keyring, or removed there", origin)
}

// proxyUsers is the file with the users of the proxies that have a login, by the origin of the proxy.
func (s *Gateways) proxyUsers() byName[string] {
	path := s.cfg.Home.ProxyLogins()
	return byName[string]{s.cfg.Home, path, "proxies", func() error {
		return request.Errorf("proxies_damaged", "%s is damaged: move it away and enter the logins for proxies again", path)
	}}
}
