// Package gateways keeps the gateways of a home: their profiles in gateways.toml, together with those of the computer's policy and of the office;
// their secrets, and the logins for proxies on the way to them. It opens gateways for calls. It signs nothing, and knows of requests only whether
// a gateway still has open ones.
package gateways

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"countersign/core/gateway"
	"countersign/core/home"
	"countersign/core/input"
	"countersign/core/ledger"
	"countersign/core/lifetime"
	"countersign/core/network"
	"countersign/core/policy"
	"countersign/core/request"
	"countersign/core/secret"
)

// Config is what the gateways of a home are kept with. All fields are needed, except Office, Policy and Practice.
type Config struct {
	Home    home.Dir
	Ledger  *ledger.Ledger // the caller has to close it, after the Gateways
	Kinds   []gateway.Kind // the kinds of gateway that can be added and used
	Secrets Secrets
	Office  Office // nil for a home of its own, and for one that only reads
	Policy  policy.Policy

	// Practice returns the complete profile of a practice gateway, with its address, and its
	// secret; it starts the gateway first where needed. When nil, practice gateways cannot be used.
	Practice func(ctx context.Context, p gateway.Profile) (complete gateway.Profile, secret string, err error)

	Now func() time.Time
	Log *slog.Logger
}

// Office is what an office is told of the gateways that its desks share. Package office implements it.
type Office interface {
	// ShareGateway makes a gateway one of the office, or changes one that is; shared is a [gateway.Shared] as JSON.
	ShareGateway(ctx context.Context, shared json.RawMessage) error
	// RemoveGateway removes the gateway of that name from those of the office.
	RemoveGateway(ctx context.Context, name string) error
}

// Gateways is all gateways of a home. Its methods may be called from any goroutine. They read files and call gateways, so they must not be called on a
// goroutine that draws.
type Gateways struct {
	cfg    Config
	life   *lifetime.Lifetime
	file   *gateway.ProfilesFile
	memory *memory
	shared sharedGateways  // of the office
	logins *network.Logins // for proxies

	mu     sync.Mutex
	opened map[string]opened // by name; those that were used since their profile changed
}

// Open returns the gateways of a home. If the home can be written to, Open writes the first gateways.toml of a new one, and brings an older
// one to its present form. The error is about writing the first gateways.toml. The caller has to call [Gateways.Close].
func Open(cfg Config) (*Gateways, error) {
	if cfg.Home.IsNew() {
		initial := gateway.InitialConfig
		if cfg.Policy.Gateways.NoPractice {
			initial = gateway.EmptyConfig
		}
		if err := home.WriteFile(cfg.Home.Gateways(), []byte(initial)); err != nil {
			if !request.IsNotWritable(err) && !request.IsDiskFull(err) {
				return nil, err
			}
			cfg.Log.Warn("there is no gateways.toml and none can be written", "error", err)
		}
	}
	s := &Gateways{
		cfg: cfg, life: lifetime.New(), file: gateway.NewProfilesFile(cfg.Home.Gateways()),
		memory: &memory{dir: cfg.Home, log: cfg.Log}, opened: map[string]opened{},
	}
	s.logins = network.NewLogins(s.proxyLogin, cfg.Now)
	s.upgradeGateways()
	return s, nil
}

// Close closes the idle connections to the gateways. None of them may be in use any more.
func (s *Gateways) Close() {
	s.life.End()
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, o := range s.opened {
		o.client.CloseIdleConnections()
		delete(s.opened, name)
	}
}

// Profiles returns the profiles of all gateways: those of the home with those of the policy, and at a desk of an office those of the office. It
// reads gateways.toml anew each time, since people edit it. Nobody may change the settings of a profile.
func (s *Gateways) Profiles() (gateway.Profiles, error) {
	own, err := s.cfg.Policy.Gateways.Load(s.file)
	if err != nil {
		return own, err
	}
	if s.cfg.Office == nil {
		return own, nil
	}
	return s.withOffice(s.life.Context(), own)
}

// Profile returns the profile of the gateway of that name.
func (s *Gateways) Profile(name string) (gateway.Profile, error) {
	profiles, err := s.Profiles()
	if err != nil {
		return gateway.Profile{}, err
	}
	return profiles.Get(name)
}

// profileKind returns the profile of the gateway of that name, and the kind of gateway that it is of.
func (s *Gateways) profileKind(name string) (gateway.Profile, gateway.Kind, error) {
	p, err := s.Profile(name)
	if err != nil {
		return gateway.Profile{}, gateway.Kind{}, err
	}
	kind, err := s.Kind(p.Kind)
	return p, kind, err
}

// Kinds returns the kinds of gateway that can be added.
func (s *Gateways) Kinds() []gateway.Kind { return s.cfg.Kinds }

// Kind returns the kind of gateway with that name.
func (s *Gateways) Kind(name string) (gateway.Kind, error) {
	i := slices.IndexFunc(s.cfg.Kinds, func(k gateway.Kind) bool { return k.Name == name })
	if i < 0 {
		var names []string
		for _, k := range s.cfg.Kinds {
			names = append(names, k.Name)
		}
		return gateway.Kind{}, request.Errorf("kind_unknown", "there is no kind of gateway %q: use %s", name, strings.Join(names, ", "))
	}
	return s.cfg.Kinds[i], nil
}

// AddGateway adds a profile to gateways.toml, keeps its secret unless that is empty, and returns
// where the secret is kept, or "" if there is none. When the profile is invalid, or the secret cannot
// be kept, the profile is not added. See [secret.Store.Set] for the errors of a keyring.
func (s *Gateways) AddGateway(ctx context.Context, p gateway.Profile, entered secret.Entered) (secret.Backend, error) {
	kind, err := s.completed(&p)
	if err != nil {
		return "", err
	}
	var place secret.Backend
	err = s.editGateways(ctx, func(text string) (string, error) {
		text, err := s.cfg.Policy.Gateways.AddProfile(text, p)
		if err != nil || entered.Value == "" {
			return text, err
		}
		place, err = s.keepSecret(ctx, kind, p, entered)
		return text, err
	})
	if err == nil {
		s.forget(p.Name)
		s.forget(gateway.FullName(p.Name, s.cfg.Ledger.Desk()))
	}
	return place, err
}

// completed fills in the defaults of p, makes the paths of its files absolute, checks it, and returns
// its kind. The error joins what is wrong with the profile.
func (s *Gateways) completed(p *gateway.Profile) (gateway.Kind, error) {
	kind, err := s.Kind(p.Kind)
	if err != nil {
		return gateway.Kind{}, err
	}
	if p.Timeout == 0 {
		p.Timeout = gateway.DefaultTimeout
	}
	for _, path := range []*string{&p.CAFile, &p.ClientCert, &p.ClientKey} {
		if *path == "" {
			continue
		}
		// An absolute path: the programs that use it later run in other folders.
		absolute, err := filepath.Abs(*path)
		if err != nil {
			return gateway.Kind{}, request.Errorf("anchors_missing", "find %s: %w", *path, err)
		}
		*path = absolute
	}
	_, unread := gateway.NewClient(*p, gateway.Proxies{})
	_, err = kind.New(*p, gateway.Tools{})
	return kind, errors.Join(unread, err)
}

// editGateway changes the profile of a gateway; its name and kind stay. The secret stays with the
// origin that it was entered for: when the origin changes, it has to be entered again, see
// [Gateways.SetSecret].
func (s *Gateways) editGateway(ctx context.Context, name string, p gateway.Profile) error {
	before, err := s.Profile(name)
	switch {
	case err != nil:
		return err
	case before.Practice || p.Practice:
		return request.Errorf("practice_fixed", "gateway %s is a practice gateway and sets itself up: add another gateway, or edit gateways.toml", name)
	case before.Office:
		return s.editShared(ctx, before, p)
	case inFile(p).Name != gateway.OwnName(name):
		return request.Errorf("gateway_keeps_name", "gateway %s keeps its name, because requests refer to it: add %s as another gateway", name, input.Label(p.Name))
	case p.Kind != before.Kind:
		return request.Errorf("gateway_keeps_kind", "gateway %s stays of the kind %s: add another gateway", name, before.Kind)
	}
	if _, err := s.completed(&p); err != nil {
		return err
	}
	if err := s.editGateways(ctx, func(text string) (string, error) { return s.cfg.Policy.Gateways.EditProfile(text, inFile(p)) }); err != nil {
		return err
	}
	s.forget(before.Name)
	return nil
}

// SetDefaultGateway makes a gateway of the home the default of new requests.
func (s *Gateways) SetDefaultGateway(ctx context.Context, name string) error {
	if p, err := s.Profile(name); err == nil && p.Office {
		return request.Errorf("default_office", "gateway %s is one of the office: only a gateway of this desk can be its default", name)
	}
	return s.editGateways(ctx, func(text string) (string, error) {
		return s.cfg.Policy.Gateways.SetDefault(text, gateway.OwnName(name))
	})
}

// RemoveGateway removes the profile of a gateway and its secret: that of a gateway of the office for all desks. It fails while the gateway has
// open requests.
func (s *Gateways) RemoveGateway(ctx context.Context, name string) error {
	p, err := s.Profile(name)
	if err != nil {
		return err
	}
	open, err := s.cfg.Ledger.Query(ctx, ledger.Query{Gateway: p.Name, Statuses: []request.Status{request.Pending, request.Signing}, Limit: 1})
	if err != nil {
		return err
	}
	if len(open.Requests) > 0 {
		return request.Errorf("gateway_needed", "gateway %s is needed by open requests: sign or withdraw them first", name)
	}
	if p.Office {
		err = s.removeShared(ctx, p)
	} else {
		err = s.editGateways(ctx, func(text string) (string, error) {
			return s.cfg.Policy.Gateways.RemoveProfile(text, gateway.OwnName(name))
		})
	}
	if err != nil {
		return err
	}
	s.forget(p.Name)
	if p.AsksClientCert {
		err = s.keepClientCertificate(ctx, p, "", "")
	}
	return errors.Join(err, s.cfg.Secrets.Delete(ctx, secretName(p)))
}

// upgradeGateways rewrites a gateways.toml of an earlier version, so that its profiles mean what they
// meant before. A file that cannot be read or rewritten stays as it is: it is reported wherever a gateway
// is used.
func (s *Gateways) upgradeGateways() {
	profiles, err := gateway.LoadProfiles(s.cfg.Home.Gateways())
	if err != nil || len(profiles.List) == 0 {
		return
	}
	var kept []gateway.KeptUnset
	upgrade := func(text string) (changed string, err error) {
		changed, kept, err = gateway.UpgradeConfig(text, s.cfg.Kinds)
		return changed, err
	}
	if text, err := gateway.ReadConfig(s.cfg.Home.Gateways()); err != nil {
		return
	} else if changed, err := upgrade(text); err != nil || changed == text {
		return
	}
	if err := s.editGateways(s.life.Context(), upgrade); err != nil {
		s.cfg.Log.Warn("gateways.toml cannot be brought to its present form", "error", err)
	}
	for _, k := range kept {
		s.cfg.Log.Warn("settings that have a default now were not set for this gateway, and stay so: gateway check names the defaults",
			"gateway", k.Gateway, "none", strings.Join(k.Keys, ", "))
	}
}

// editGateways replaces the text of gateways.toml by what the function edit returns for it. When edit
// returns an error, the file stays as it is. A lock of the home keeps two programs from doing so at
// once.
func (s *Gateways) editGateways(ctx context.Context, edit func(string) (string, error)) error {
	lock, err := s.cfg.Home.WaitLock(ctx, "gateways")
	if err != nil {
		return err
	}
	text, err := gateway.ReadConfig(s.cfg.Home.Gateways())
	if errors.Is(err, fs.ErrNotExist) { // people may move the file away to begin anew
		text, err = gateway.EmptyConfig, nil
	}
	if err == nil {
		var changed string
		if changed, err = edit(text); err == nil {
			err = home.WriteFile(s.cfg.Home.Gateways(), []byte(changed))
		}
	}
	return errors.Join(err, lock.Release())
}
