package desk

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"net/http"
	"net/url"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"countersign/core/gateway"
	"countersign/core/home"
	"countersign/core/input"
	"countersign/core/ledger"
	"countersign/core/request"
	"countersign/core/secret"
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
func (d *Desk) forget(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if o, ok := d.gateways[name]; ok {
		o.client.CloseIdleConnections()
		delete(d.gateways, name)
	}
}

// withoutCredentials returns the query of a return without the credentials that this process has sent
// to the gateway of that name.
func (d *Desk) withoutCredentials(name string, query url.Values) url.Values {
	d.mu.Lock()
	o, ok := d.gateways[name]
	d.mu.Unlock()
	if !ok {
		return query
	}
	return o.sent.RedactQuery(query)
}

// Gateways returns the profiles of all gateways: those of the home with those of the policy, and at a desk of an office those of the office. It reads gateways.toml anew each
// time, since people edit it.
func (d *Desk) Gateways() (gateway.Profiles, error) {
	own, err := d.cfg.Policy.Gateways.Load(d.cfg.Home.Gateways())
	if err != nil {
		return own, err
	}
	if d.cfg.Office == nil {
		return own, nil
	}
	return d.withOffice(d.life.Context(), own)
}

// profile returns the profile of the gateway of that name.
func (d *Desk) profile(name string) (gateway.Profile, error) {
	profiles, err := d.Gateways()
	if err != nil {
		return gateway.Profile{}, err
	}
	return profiles.Get(name)
}

// profileKind returns the profile of the gateway of that name, and the kind of gateway that it is of.
func (d *Desk) profileKind(name string) (gateway.Profile, gateway.Kind, error) {
	p, err := d.profile(name)
	if err != nil {
		return gateway.Profile{}, gateway.Kind{}, err
	}
	kind, err := d.kind(p.Kind)
	return p, kind, err
}

// open returns the gateway of that name, ready for calls. If it is a practice gateway, open starts it
// where needed.
func (d *Desk) open(ctx context.Context, name string) (gateway.Gateway, error) {
	p, err := d.profile(name)
	if err != nil {
		return nil, err
	}
	return d.openProfile(ctx, p)
}

func (d *Desk) openProfile(ctx context.Context, p gateway.Profile) (gateway.Gateway, error) {
	kind, err := d.kind(p.Kind)
	if err != nil {
		return nil, request.Errorf("gateway_problem", "gateway %s: %w", p.Name, err)
	}
	find := func(ctx context.Context) (string, error) { return d.secretOf(ctx, kind, p) }
	if p.Practice {
		if d.cfg.Practice == nil || d.cfg.Policy.Gateways.NoPractice {
			return nil, request.Errorf("practice_missing", "gateway %s is a practice gateway, and this program has none built in", p.Name)
		}
		complete, value, err := d.cfg.Practice(ctx, p)
		if err != nil {
			return nil, request.Errorf("gateway_problem", "gateway %s: %w", p.Name, err)
		}
		p = complete
		find = func(context.Context) (string, error) { return value, nil }
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	before, known := d.gateways[p.Name]
	if known && reflect.DeepEqual(before.profile, p) {
		return before.gateway, nil
	}
	client, err := gateway.NewClient(p, d.logins)
	if err != nil {
		return nil, err
	}
	if p.Practice {
		client.Transport = &retryTransport{base: client.Transport, restart: func(ctx context.Context) error {
			_, _, err := d.cfg.Practice(ctx, p)
			return err
		}}
	}
	sent := &gateway.Credentials{}
	client.Transport = sent.Transport(client.Transport)
	g, err := kind.New(p, gateway.Tools{HTTP: client, Secret: find, Memory: d.memory})
	if err != nil {
		return nil, err
	}
	g = sent.Guard(g)
	if known {
		before.client.CloseIdleConnections()
	}
	d.gateways[p.Name] = opened{p, g, client, sent}
	return g, nil
}

// Kinds returns the kinds of gateway that can be added.
func (d *Desk) Kinds() []gateway.Kind { return d.cfg.Kinds }

func (d *Desk) kind(name string) (gateway.Kind, error) {
	i := slices.IndexFunc(d.cfg.Kinds, func(k gateway.Kind) bool { return k.Name == name })
	if i < 0 {
		var names []string
		for _, k := range d.cfg.Kinds {
			names = append(names, k.Name)
		}
		return gateway.Kind{}, request.Errorf("kind_unknown", "there is no kind of gateway %q: use %s", name, strings.Join(names, ", "))
	}
	return d.cfg.Kinds[i], nil
}

// secretOf returns the secret of a profile. It fails unless the secret was entered for the origin
// that it would be sent to now.
func (d *Desk) secretOf(ctx context.Context, kind gateway.Kind, p gateway.Profile) (string, error) {
	origin, err := credentialOrigin(kind, p)
	if err != nil {
		return "", err
	}
	value, err := d.cfg.Secrets.Get(ctx, secretName(p), origin)
	if p.Office && errors.Is(err, secret.ErrOtherOrigin) {
		return "", movedError(p, origin)
	}
	return value, err
}

func credentialOrigin(kind gateway.Kind, p gateway.Profile) (string, error) {
	address := kind.SecretURL(p)
	if address == "" {
		return "", request.Errorf("gateway_no_secret", "gateway %s needs no secret as it is set up", p.Name)
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return "", request.Errorf("gateway_address", "gateway %s: %q is not an address", p.Name, address)
	}
	return gateway.Origin(u), nil
}

// AddGateway adds a profile to gateways.toml, keeps its secret unless that is empty, and returns
// where the secret is kept, or "" if there is none. When the profile is invalid, or the secret cannot
// be kept, the profile is not added. See [secret.Store.Set] for the errors of a keyring.
func (d *Desk) AddGateway(ctx context.Context, p gateway.Profile, entered secret.Entered) (secret.Backend, error) {
	kind, err := d.completed(&p)
	if err != nil {
		return "", err
	}
	var place secret.Backend
	err = d.editGateways(func(text string) (string, error) {
		text, err := d.cfg.Policy.Gateways.AddProfile(text, p)
		if err != nil || entered.Value == "" {
			return text, err
		}
		place, err = d.keepSecret(ctx, kind, p, entered)
		return text, err
	})
	if err == nil {
		d.forget(p.Name)
		d.forget(gateway.FullName(p.Name, d.ledger.Desk()))
	}
	return place, err
}

// completed fills in the defaults of p, makes the paths of its files absolute, checks it, and returns
// its kind. The error joins what is wrong with the profile.
func (d *Desk) completed(p *gateway.Profile) (gateway.Kind, error) {
	kind, err := d.kind(p.Kind)
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
	_, unread := gateway.NewClient(*p, nil)
	_, err = kind.New(*p, gateway.Tools{})
	return kind, errors.Join(unread, err)
}

// editGateway changes the profile of a gateway; its name and kind stay. The secret stays with the
// origin that it was entered for: when the origin changes, it has to be entered again, see
// [Desk.SetSecret].
func (d *Desk) editGateway(ctx context.Context, name string, p gateway.Profile) error {
	before, err := d.profile(name)
	switch {
	case err != nil:
		return err
	case before.Practice || p.Practice:
		return request.Errorf("practice_fixed", "gateway %s is a practice gateway and sets itself up: add another gateway, or edit gateways.toml", name)
	case before.Office:
		return d.editShared(ctx, before, p)
	case inFile(p).Name != gateway.OwnName(name):
		return request.Errorf("gateway_keeps_name", "gateway %s keeps its name, because requests refer to it: add %s as another gateway", name, input.Label(p.Name))
	case p.Kind != before.Kind:
		return request.Errorf("gateway_keeps_kind", "gateway %s stays of the kind %s: add another gateway", name, before.Kind)
	}
	if _, err := d.completed(&p); err != nil {
		return err
	}
	if err := d.editGateways(func(text string) (string, error) { return d.cfg.Policy.Gateways.EditProfile(text, inFile(p)) }); err != nil {
		return err
	}
	d.forget(before.Name)
	return nil
}

// SetDefaultGateway makes a gateway of the home the default of new requests.
func (d *Desk) SetDefaultGateway(_ context.Context, name string) error {
	if p, err := d.profile(name); err == nil && p.Office {
		return request.Errorf("default_office", "gateway %s is one of the office: only a gateway of this desk can be its default", name)
	}
	return d.editGateways(func(text string) (string, error) {
		return d.cfg.Policy.Gateways.SetDefault(text, gateway.OwnName(name))
	})
}

func (d *Desk) keepSecret(ctx context.Context, kind gateway.Kind, p gateway.Profile, entered secret.Entered) (secret.Backend, error) {
	origin, err := credentialOrigin(kind, p)
	if err != nil {
		return "", err
	}
	if err := secret.Check(entered.Value); err != nil {
		return "", err
	}
	if entered.InFile {
		return secret.File, d.cfg.Secrets.SetInFile(ctx, secretName(p), origin, entered.Value)
	}
	return d.cfg.Secrets.Set(ctx, secretName(p), origin, entered.Value)
}

// SecretOrigin returns the scheme, host and port that the secret of a gateway is sent to. It fails for
// a practice gateway, and for a gateway that needs no secret as it is set up.
func (d *Desk) SecretOrigin(name string) (string, error) {
	p, kind, err := d.profileKind(name)
	if err != nil {
		return "", err
	}
	if p.Practice {
		return "", practiceSecret(name)
	}
	return credentialOrigin(kind, p)
}

func practiceSecret(name string) error {
	return request.Errorf("practice_secret", "gateway %s is a practice gateway: it makes its secrets itself", name)
}

// SetSecret replaces the secret of a gateway, for the gateway's present address, and returns where
// the new secret is kept. It fails as [Desk.SecretOrigin] does.
func (d *Desk) SetSecret(ctx context.Context, name string, entered secret.Entered) (secret.Backend, error) {
	p, kind, err := d.profileKind(name)
	if err != nil {
		return "", err
	}
	if p.Practice {
		return "", practiceSecret(name)
	}
	return d.keepSecret(ctx, kind, p, entered)
}

// RemoveGateway removes the profile of a gateway and its secret: that of a gateway of the office for all desks. It fails while the gateway has
// open requests.
func (d *Desk) RemoveGateway(ctx context.Context, name string) error {
	p, err := d.profile(name)
	if err != nil {
		return err
	}
	open, err := d.ledger.Query(ctx, ledger.Query{Gateway: p.Name, Statuses: []request.Status{request.Pending, request.Signing}, Limit: 1})
	if err != nil {
		return err
	}
	if len(open.Requests) > 0 {
		return request.Errorf("gateway_needed", "gateway %s is needed by open requests: sign or withdraw them first", name)
	}
	if p.Office {
		err = d.removeShared(ctx, p)
	} else {
		err = d.editGateways(func(text string) (string, error) {
			return d.cfg.Policy.Gateways.RemoveProfile(text, gateway.OwnName(name))
		})
	}
	if err != nil {
		return err
	}
	d.forget(p.Name)
	return d.cfg.Secrets.Delete(ctx, secretName(p))
}

// upgradeGateways rewrites a gateways.toml of an earlier version, so that its profiles mean what they
// meant before. A file that cannot be read or rewritten stays as it is: it is reported wherever a gateway
// is used.
func (d *Desk) upgradeGateways() {
	profiles, err := gateway.LoadProfiles(d.cfg.Home.Gateways())
	if err != nil || len(profiles.List) == 0 {
		return
	}
	var kept []gateway.KeptUnset
	upgrade := func(text string) (changed string, err error) {
		changed, kept, err = gateway.UpgradeConfig(text, d.cfg.Kinds)
		return changed, err
	}
	if text, err := gateway.ReadConfig(d.cfg.Home.Gateways()); err != nil {
		return
	} else if changed, err := upgrade(text); err != nil || changed == text {
		return
	}
	if err := d.editGateways(upgrade); err != nil {
		d.cfg.Log.Warn("gateways.toml cannot be brought to its present form", "error", err)
	}
	for _, k := range kept {
		d.cfg.Log.Warn("settings that have a default now were not set for this gateway, and stay so: gateway check names the defaults",
			"gateway", k.Gateway, "none", strings.Join(k.Keys, ", "))
	}
}

// editGateways replaces the text of gateways.toml by what the function edit returns for it. When edit
// returns an error, the file stays as it is. A lock of the home keeps two programs from doing so at
// once.
func (d *Desk) editGateways(edit func(string) (string, error)) error {
	lock, err := d.cfg.Home.WaitLock(d.life.Context(), "gateways")
	if err != nil {
		return err
	}
	text, err := gateway.ReadConfig(d.cfg.Home.Gateways())
	if errors.Is(err, fs.ErrNotExist) { // people may move the file away to begin anew
		text, err = gateway.EmptyConfig, nil
	}
	if err == nil {
		var changed string
		if changed, err = edit(text); err == nil {
			err = home.WriteFile(d.cfg.Home.Gateways(), []byte(changed))
		}
	}
	return errors.Join(err, lock.Release())
}

// GatewayInfo is a profile with its state, for a list of gateways.
type GatewayInfo struct {
	gateway.Profile
	Default bool
	Given   bool             // it is as the administrator of the computer set it up, and cannot be removed
	Locked  bool             // nor can it be changed
	Secret  secret.Backend   // where its secret is kept; empty when it has none, or when Unknown is set
	Unknown request.Sentence // why it is not known whether it has a secret; empty when that is known
	Fault   request.Sentence // why it cannot be used as it is set up; empty when it can
	Moved   Moved            // of a gateway of the office; the zero value unless its address has to be confirmed
}

// Moved says that the office has changed the address of a gateway since its secret was entered. See [Desk.ConfirmGateway].
type Moved struct {
	From, To string // the origins: for which the secret was entered, and at which the gateway is now
}

// Choice is a gateway that a person can choose.
type Choice struct {
	Name     string
	Title    string // the name that people see; see [gateway.Profiles.Titles]
	Practice bool   // its signatures have no legal value
	Default  bool   // it is offered first: the default in gateways.toml, or a real gateway if that is a practice gateway
}

// offeredFirst returns the name of the gateway that people are offered first: the default one. If that is a practice gateway
// and there is a real one, it is the first real one.
func offeredFirst(profiles gateway.Profiles) string {
	usual, err := profiles.Get(profiles.Default)
	if err != nil || !usual.Practice {
		return profiles.Default
	}
	if i := slices.IndexFunc(profiles.List, func(p gateway.Profile) bool { return !p.Practice }); i >= 0 {
		return profiles.List[i].Name
	}
	return profiles.Default
}

// Shown returns the name of the gateway as people see it.
func (c Choice) Shown() string { return cmp.Or(c.Title, c.Name) }

// Choices returns the gateways in the order of gateways.toml. It starts no practice gateway and
// reads no secret.
func (d *Desk) Choices(context.Context) ([]Choice, error) {
	profiles, err := d.Gateways()
	if err != nil {
		return nil, err
	}
	var choices []Choice
	titles := profiles.Titles()
	for _, p := range profiles.List {
		choices = append(choices, Choice{Name: p.Name, Title: titles[p.Name], Practice: p.Practice, Default: p.Name == offeredFirst(profiles)})
	}
	return choices, nil
}

// ListGateways returns all gateways with their state, in the order of gateways.toml. It asks the keyring
// which secrets it has. A keyring that tells this while it is locked is not unlocked for it.
func (d *Desk) ListGateways(ctx context.Context) ([]GatewayInfo, error) {
	profiles, err := d.Gateways()
	if err != nil {
		return nil, err
	}
	var infos []GatewayInfo
	for _, p := range profiles.List {
		given := d.cfg.Policy.Gateways
		info := GatewayInfo{Profile: p, Default: p.Name == profiles.Default, Given: given.Has(p), Locked: given.Locked[p.Name]}
		if p.Practice {
			infos = append(infos, info)
			continue
		}
		kind, err := d.kind(p.Kind)
		if err == nil {
			_, err = kind.New(p, gateway.Tools{})
		}
		if err != nil {
			info.Fault = request.SentenceOf(err)
		}
		info.Secret, err = d.cfg.Secrets.Backend(ctx, secretName(p))
		if p.Office && info.Secret != "" {
			info.Moved = d.movedOf(ctx, kind, p)
		}
		needed := kind.NeedsSecret(p)
		if needed && err != nil && (!errors.Is(err, secret.ErrNotFound) || errors.Is(err, secret.ErrNoKeyring)) {
			info.Unknown = request.SentenceOf(err)
		}
		infos = append(infos, info)
	}
	return infos, nil
}
