package settings

import (
	"context"
	"maps"
)

// Person is who works on a home.
type Person struct {
	Account string // as events name them; empty when unknown
	Name    string // as the system knows them; the account when it does not
}

// Names are what people see in place of the names of gateways and of accounts. Events, exports and the terminal have
// the latter. The zero value has no names.
type Names struct {
	Gateways map[string]string // by the names of the profiles
	People   map[string]string // by the names of the accounts
}

// Gateway returns the name of a gateway as people see it. It is the name of the profile for one that is not configured any
// more.
func (n Names) Gateway(name string) string { return nameIn(n.Gateways, name) }

// Person returns the name of the person who works under an account. It is the name of the account if nobody entered
// another one. Where two people have the same name, the account stands behind it, in parentheses.
func (n Names) Person(account string) string {
	name := nameIn(n.People, account)
	for other, same := range n.People {
		if other != account && same == name {
			return name + " (" + account + ")"
		}
	}
	return name
}

// Equal reports whether n and other have the same names.
func (n Names) Equal(other Names) bool {
	return maps.Equal(n.Gateways, other.Gateways) && maps.Equal(n.People, other.People)
}

func nameIn(names map[string]string, key string) string {
	if name, ok := names[key]; ok {
		return name
	}
	return key
}

// Names reads the names from the settings and the profiles of the gateways. A file that cannot be read is logged and
// counts as missing.
func (s *Store) Names(context.Context) Names {
	chosen, err := s.Given.Load(s.dir)
	if err != nil {
		s.log.Warn("the settings cannot be read", "error", err)
	}
	profiles, err := s.gateways()
	if err != nil {
		s.log.Warn("the gateways cannot be read", "error", err)
	}
	return Names{Gateways: profiles.Titles(), People: chosen.People}
}
