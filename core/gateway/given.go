package gateway

import (
	"errors"
	"path/filepath"
	"reflect"
	"slices"

	"countersign/core/request"
)

// Given are the gateways that an administrator sets up for all desks of a computer; see package policy. The zero value has none.
type Given struct {
	Profiles []Profile
	Locked   map[string]bool // by the names of those of Profiles that a desk can neither change nor remove
	Default  string          // name of the gateway for requests that name none, unless a desk has chosen one that is no practice gateway; "" for none
	// NoPractice leaves out the practice gateways of all desks.
	NoPractice bool
}

// ParseGiven returns the profile that the table of a gateway describes. The error joins what is wrong with it; errors about a setting
// are of the type [*SettingError].
func ParseGiven(name string, table map[string]any, kinds []Kind) (Profile, error) {
	p, err := parseProfile(name, table)
	if err != nil {
		return Profile{}, err
	}
	i := slices.IndexFunc(kinds, func(k Kind) bool { return k.Name == p.Kind })
	switch {
	case p.Practice:
		return Profile{}, p.settingError("practice", request.Errorf("given_practice", "practice gateways are built in: remove this gateway, or give it an address"))
	case i < 0:
		return Profile{}, p.settingError("kind", request.Errorf("given_kind", "there is no such kind of gateway: correct its name"))
	}
	_, err = kinds[i].New(p, Tools{})
	faults := p.faults()
	for _, path := range []struct{ key, path string }{{"ca_file", p.CAFile}, {"client_cert", p.ClientCert}, {"client_key", p.ClientKey}} {
		if path.path != "" && !filepath.IsAbs(path.path) {
			faults = append(faults, p.settingError(path.key, request.Errorf("given_path", "write the full path of the file, which all users have to be able to read")))
		}
	}
	return p, errors.Join(append(faults, err)...)
}

// Load does what [ProfilesFile.Load] does for the gateways of a desk with those that are given. A gateway of the desk replaces a given one of the same
// name, unless that is locked.
func (g Given) Load(f *ProfilesFile) (Profiles, error) {
	own, err := f.Load()
	if err != nil {
		return Profiles{}, err
	}
	return g.join(own), nil
}

func (g Given) join(own Profiles) Profiles {
	names := map[string]bool{}
	all := Profiles{Version: own.Version, Default: own.Default}
	for _, p := range g.Profiles {
		if mine, err := own.Get(p.Name); err == nil && !g.Locked[p.Name] {
			p = mine
		}
		all.List, names[p.Name] = append(all.List, p), true
	}
	for _, p := range own.List {
		if !names[p.Name] && !(p.Practice && g.NoPractice) {
			all.List = append(all.List, p)
		}
	}
	if usual, err := all.Get(all.Default); err != nil || usual.Practice && g.Default != "" {
		all.Default = g.Default
	}
	return all
}

// get returns the given gateway of that name, and whether there is one.
func (g Given) get(name string) (Profile, bool) {
	i := slices.IndexFunc(g.Profiles, func(p Profile) bool { return p.Name == name })
	if i < 0 {
		return Profile{}, false
	}
	return g.Profiles[i], true
}

// Has reports whether p is a given gateway as it is given.
func (g Given) Has(p Profile) bool {
	given, found := g.get(p.Name)
	return found && reflect.DeepEqual(given, p)
}

// isGivenAlone reports whether there is a given gateway of that name, and none in a text of gateways.toml.
func (g Given) isGivenAlone(text, name string) (bool, error) {
	own, err := ParseProfiles(text)
	if err != nil {
		return false, err
	}
	_, given := g.get(name)
	_, err = own.Get(name)
	return given && err != nil, nil
}

// AddProfile does what the function [AddProfile] does. It fails if a gateway of that name is given.
func (g Given) AddProfile(text string, p Profile) (string, error) {
	if _, given := g.get(p.Name); given {
		return "", request.Errorf("gateway_given_taken", "gateway %s was set up by the administrator of this computer: choose another name", p.Name)
	}
	return AddProfile(text, p)
}

// EditProfile does what the function [EditProfile] does. A given gateway becomes one of the desk. EditProfile fails if p changes a gateway that is
// locked.
func (g Given) EditProfile(text string, p Profile) (string, error) {
	if given, _ := g.get(p.Name); g.Locked[p.Name] {
		before, err := encodeProfile(given)
		after, wrong := encodeProfile(p)
		if err := errors.Join(err, wrong); err != nil || before == after {
			return text, err
		}
		return "", request.Errorf("gateway_locked", "gateway %s was set up by the administrator of this computer and cannot be changed here: only its secret is yours", p.Name)
	}
	alone, err := g.isGivenAlone(text, p.Name)
	if err != nil {
		return "", err
	}
	if alone {
		return AddProfile(text, p)
	}
	return EditProfile(text, p)
}

// RemoveProfile does what the function [RemoveProfile] does. It fails for a given gateway that the desk has not changed, and for a locked one.
func (g Given) RemoveProfile(text, name string) (string, error) {
	alone, err := g.isGivenAlone(text, name)
	if err != nil {
		return "", err
	}
	if alone || g.Locked[name] {
		return "", request.Errorf("gateway_given", "gateway %s was set up by the administrator of this computer and cannot be removed here", name)
	}
	return RemoveProfile(text, name)
}

// SetDefault does what the function [SetDefault] does. It fails for a given gateway that the desk has not changed: gateways.toml names none that it
// does not have.
func (g Given) SetDefault(text, name string) (string, error) {
	alone, err := g.isGivenAlone(text, name)
	if err != nil {
		return "", err
	}
	if alone {
		return "", request.Errorf("gateway_given_default", "gateway %s was set up by the administrator of this computer, who also decides whether it is the default (default_gateway)", name)
	}
	return SetDefault(text, name)
}
