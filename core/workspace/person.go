package workspace

import (
	"context"
	"maps"
	"os/user"
	"path/filepath"
	"strings"

	"countersign/core/input"
	"countersign/core/settings"
)

// Person returns who works here.
func (w *Workspace) Person() settings.Person { return w.person }

// Names returns the names that people see, see [settings.Store.Names]. Whoever works here and entered no name has the
// one that the system knows.
func (w *Workspace) Names(ctx context.Context) settings.Names {
	names := w.Store.Names(ctx)
	if _, entered := names.People[w.person.Account]; entered || w.person.Account == "" {
		return names
	}
	names.People = maps.Clone(names.People)
	if names.People == nil {
		names.People = map[string]string{}
	}
	names.People[w.person.Account] = w.person.Name
	return names
}

// accountName returns the name of the user's account, without a Windows domain; empty when unknown.
func accountName() string {
	u, err := user.Current()
	if err != nil {
		return ""
	}
	return accountOf(u)
}

func accountOf(u *user.User) string { return filepath.Base(filepath.ToSlash(u.Username)) }

// personOf returns who works under an account. The system's name counts only for the account that the program runs
// under, and if it is a short line. On Windows, a system that knows none may give the account with its domain.
func personOf(account string, current func() (*user.User, error)) settings.Person {
	p := settings.Person{Account: account, Name: account}
	u, err := current()
	if err != nil || accountOf(u) != account {
		return p
	}
	if name := strings.TrimSpace(u.Name); name != "" && name != u.Username && input.Label(name) == name {
		p.Name = name
	}
	return p
}
