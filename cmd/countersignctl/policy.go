package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"countersign/cmd/internal/program"
	"countersign/core/gateway"
	"countersign/core/network"
	"countersign/core/policy"
	"countersign/core/request"
	"countersign/core/settings"
)

type policyCommands struct {
	Check policyCheck `cmd:"" help:"Check a policy before it is put into its place: each mistake with its line and key."`
	Show  policyShow  `cmd:"" help:"Show the policy that applies on this computer, and where it is."`
}

type policyCheck struct {
	File string `arg:"" name:"file" help:"The policy, a file like policy.toml."`
}

// mistakeJSON is a mistake in a policy, as --json prints it.
type mistakeJSON struct {
	Line    int    `json:"line"`
	Key     string `json:"key,omitempty"`
	Problem string `json:"problem"`
	request.Cause
}

func (c *policyCheck) Run(_ context.Context, t *terminal) error {
	text, err := gateway.ReadConfig(c.File)
	if err != nil {
		return err
	}
	_, mistakes := policy.Parse(text, program.Kinds())
	for _, m := range mistakes {
		if t.json {
			err = t.value(mistakeJSON{m.Line, m.Key, m.Problem.Text, m.Problem.Cause})
		} else {
			err = printf(t.out, "%s\n", oneLine(m))
		}
		if err != nil {
			return err
		}
	}
	switch {
	case len(mistakes) > 0:
		return fmt.Errorf("%s cannot be used as a policy: correct this, and check again", c.File)
	case t.json:
		return nil
	}
	return printf(t.out, "%s can be used as a policy. It applies in %s, where administrators alone may write.\n", c.File, program.PolicyFile.Path)
}

type policyShow struct{}

// policyJSON is the policy of the computer, as --json prints it.
type policyJSON struct {
	Path           string             `json:"path"`
	Applies        bool               `json:"applies"` // there is a file
	Practice       bool               `json:"practice"`
	LogLevel       string             `json:"log_level"` // of the window's log file
	Fixed          map[string]any     `json:"fixed,omitempty"`
	Defaults       map[string]any     `json:"defaults,omitempty"`
	AtLogin        *bool              `json:"start_at_login,omitempty"` // absent if each user decides
	Office         string             `json:"office,omitempty"`         // the DSN of its database
	DefaultGateway string             `json:"default_gateway,omitempty"`
	Proxy          string             `json:"proxy,omitempty"`    // its address, or none; empty for what the environment names
	NoProxy        []string           `json:"no_proxy,omitempty"` // the exceptions
	Gateways       []givenGatewayJSON `json:"gateways,omitempty"`
}

type givenGatewayJSON struct {
	Name   string `json:"name"`
	Kind   string `json:"kind"`
	URL    string `json:"url"`
	Locked bool   `json:"locked"`
}

func (c *policyShow) Run(_ context.Context, t *terminal) error {
	p, err := program.ReadPolicy()
	if err != nil {
		return err
	}
	j := policyJSON{
		Path: program.PolicyFile.Path, Applies: p.Path != "", Practice: !p.Gateways.NoPractice, LogLevel: strings.ToLower(p.LogLevel.String()),
		Fixed: valuesOf(p.Settings.Fixed), Defaults: valuesOf(p.Settings.Defaults), AtLogin: p.AtLogin, Office: p.Office, DefaultGateway: p.Gateways.Default,
	}
	switch {
	case p.Proxy.Proxy != nil:
		j.Proxy, j.NoProxy = network.ProxyOrigin(p.Proxy.Proxy), p.Proxy.Except
	case p.Proxy.Chosen:
		j.Proxy = "none"
	}
	for _, g := range p.Gateways.Profiles {
		j.Gateways = append(j.Gateways, givenGatewayJSON{g.Name, g.Kind, g.URL, p.Gateways.Locked[g.Name]})
	}
	if t.json {
		return t.value(j)
	}
	if !j.Applies {
		return printf(t.out, "This computer has no policy: there is no file %s.\n", j.Path)
	}
	return t.policy(j)
}

func valuesOf(c settings.Chosen) map[string]any {
	values := map[string]any{}
	for _, key := range c.Keys {
		values[key] = c.Value(key)
	}
	return values
}

// policy prints a policy for people.
func (t *terminal) policy(j policyJSON) error {
	printf(t.out, "%s\n\n", j.Path)
	table := t.table()
	row := func(what, name string, values ...any) {
		printf(table, "%s\t%s\t%s\n", what, name, strings.TrimSuffix(fmt.Sprintln(values...), "\n"))
	}
	if !j.Practice {
		row("practice", "gateways", "off")
	}
	row("log", "level", j.LogLevel)
	if j.AtLogin != nil {
		row("login", "start", onOrOff(*j.AtLogin))
	}
	for _, key := range settings.GivableKeys() {
		if value, found := j.Fixed[key]; found {
			row("fixed", key, value)
		}
	}
	for _, key := range settings.GivableKeys() {
		if value, found := j.Defaults[key]; found {
			row("default", key, value)
		}
	}
	if j.Office != "" {
		row("office", "dsn", j.Office)
	}
	if j.Proxy != "" {
		row("proxy", "address", j.Proxy)
	}
	if len(j.NoProxy) > 0 {
		row("proxy", "exceptions", strings.Join(j.NoProxy, ", "))
	}
	for _, g := range j.Gateways {
		var notes []string
		if g.Locked {
			notes = append(notes, "locked")
		}
		if g.Name == j.DefaultGateway {
			notes = append(notes, "default")
		}
		slices.Sort(notes)
		row("gateway", g.Name, g.Kind, g.URL, strings.Join(notes, ", "))
	}
	return table.Flush()
}

func onOrOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}
