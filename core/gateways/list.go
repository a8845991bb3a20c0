package gateways

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"countersign/core/gateway"
	"countersign/core/request"
	"countersign/core/secret"
)

// Info is a profile with its state, for a list of gateways.
type Info struct {
	gateway.Profile
	Default bool
	Given   bool             // it is as the administrator of the computer set it up, and cannot be removed
	Locked  bool             // nor can it be changed
	Secret  secret.Backend   // where its secret is kept; empty when it has none, or when Unknown is set
	Unknown request.Sentence // why it is not known whether it has a secret; empty when that is known
	Fault   request.Sentence // why it cannot be used as it is set up; empty when it can
	Moved   Moved            // of a gateway of the office; the zero value unless its address has to be confirmed
}

// Moved is a change of the address of a gateway of the office since its secret was entered. See [Gateways.ConfirmGateway].
type Moved struct {
	From, To    string // the origins: for which the secret was entered, and at which the gateway is now
	Certificate bool   // it is the client certificate that was named for From, and no secret has to be confirmed
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
func (s *Gateways) Choices(context.Context) ([]Choice, error) {
	profiles, err := s.Profiles()
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
func (s *Gateways) ListGateways(ctx context.Context) ([]Info, error) {
	profiles, err := s.Profiles()
	if err != nil {
		return nil, err
	}
	var infos []Info
	for _, p := range profiles.List {
		given := s.cfg.Policy.Gateways
		info := Info{Profile: p, Default: p.Name == profiles.Default}
		if own := inFile(p); !p.Office { // the office may have another one of the same name
			info.Given, info.Locked = given.Has(own), given.Locked[own.Name]
		}
		if p.Practice {
			infos = append(infos, info)
			continue
		}
		kind, err := s.Kind(p.Kind)
		if err == nil {
			_, err = kind.New(p, gateway.Tools{})
		}
		if err == nil {
			err = s.missingClientCertificate(kind, p)
		}
		if err != nil {
			info.Fault = request.SentenceOf(err)
		}
		info.Secret, err = s.cfg.Secrets.Backend(ctx, secretName(p))
		if p.Office {
			info.Moved = s.movedOf(ctx, kind, p, info.Secret != "")
		}
		needed := kind.NeedsSecret(p)
		if needed && err != nil && (!errors.Is(err, secret.ErrNotFound) || errors.Is(err, secret.ErrNoKeyring)) {
			info.Unknown = request.SentenceOf(err)
		}
		infos = append(infos, info)
	}
	return infos, nil
}
