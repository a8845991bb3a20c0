package gateways

import (
	"context"
	"net/http"
	"net/url"
	"reflect"

	"countersign/core/gateway"
	"countersign/core/request"
)

// opened is a gateway with the profile that it was made from. It is used, with its access tokens,
// until the profile has changed; then the next use makes a new one.
type opened struct {
	profile gateway.Profile
	gateway gateway.Gateway
	client  *http.Client
	sent    *gateway.Credentials // what calls to this gateway were authorized with
}

// forget drops the gateway of that name, with its access token and idle connections, so that the next
// use makes it anew from its profile.
func (s *Gateways) forget(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o, ok := s.opened[name]; ok {
		o.client.CloseIdleConnections()
		delete(s.opened, name)
	}
}

// WithoutCredentials returns the query of a return without the credentials that this process has sent
// to the gateway of that name.
func (s *Gateways) WithoutCredentials(name string, query url.Values) url.Values {
	s.mu.Lock()
	o, ok := s.opened[name]
	s.mu.Unlock()
	if !ok {
		return query
	}
	return o.sent.RedactQuery(query)
}

// AsOpened returns the gateway that was opened last under a name, as its profile was then. It returns nil if none was.
func (s *Gateways) AsOpened(name string) gateway.Gateway {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opened[name].gateway
}

// Open returns the gateway of that name, ready for calls. If it is a practice gateway, Open starts it
// where needed.
func (s *Gateways) Open(ctx context.Context, name string) (gateway.Gateway, error) {
	p, err := s.Profile(name)
	if err != nil {
		return nil, err
	}
	return s.OpenProfile(ctx, p)
}

// OpenProfile returns the gateway of a profile, ready for calls, as [Gateways.Open] does.
func (s *Gateways) OpenProfile(ctx context.Context, p gateway.Profile) (gateway.Gateway, error) {
	kind, err := s.Kind(p.Kind)
	if err != nil {
		return nil, request.Errorf("gateway_problem", "gateway %s: %w", p.Name, err)
	}
	find := func(ctx context.Context) (string, error) { return s.secretOf(ctx, kind, p) }
	if p.Practice {
		if s.cfg.Practice == nil || s.cfg.Policy.Gateways.NoPractice {
			return nil, request.Errorf("practice_missing", "gateway %s is a practice gateway, and this program has none built in", p.Name)
		}
		complete, value, err := s.cfg.Practice(ctx, p)
		if err != nil {
			return nil, request.Errorf("gateway_problem", "gateway %s: %w", p.Name, err)
		}
		p = complete
		find = func(context.Context) (string, error) { return value, nil }
	}
	if err := s.missingClientCertificate(kind, p); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	before, known := s.opened[p.Name]
	if known && reflect.DeepEqual(before.profile, p) {
		return before.gateway, nil
	}
	client, err := gateway.NewClient(p, gateway.Proxies{Given: s.cfg.Policy.Proxy, Logins: s.logins})
	if err != nil {
		return nil, err
	}
	if p.Practice {
		client.Transport = &retryTransport{base: client.Transport, restart: func(ctx context.Context) error {
			_, _, err := s.cfg.Practice(ctx, p)
			return err
		}}
	}
	sent := &gateway.Credentials{}
	client.Transport = sent.Transport(client.Transport)
	g, err := kind.New(p, gateway.Tools{HTTP: client, Secret: find, Memory: s.memory})
	if err != nil {
		return nil, err
	}
	g = sent.Guard(g)
	if known {
		before.client.CloseIdleConnections()
	}
	s.opened[p.Name] = opened{p, g, client, sent}
	return g, nil
}

// CheckProfile runs the checks of a profile's gateway, without starting a signing. A check that fails is
// a result, and no error. The error is not nil only if the gateway cannot be opened with these settings.
func (s *Gateways) CheckProfile(ctx context.Context, p gateway.Profile) ([]gateway.CheckResult, error) {
	g, err := s.OpenProfile(ctx, p)
	if err != nil {
		return nil, err
	}
	return append(gateway.CheckClientCertificate(p, s.cfg.Now()), g.Check(ctx)...), nil
}
