package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"countersign/cmd/internal/program"
	"countersign/core/home"
	"countersign/core/sandbox"
)

type sandboxCommand struct {
	Listen string   `help:"Loopback address to listen on. Port 0 picks a free one." default:"127.0.0.1:0" placeholder:"ADDRESS"`
	Strict []string `help:"Make the gateways as strict as some real installations are: names of rules, separated by commas; all of them, or none. They stay set. The overview that the gateways show in a browser lists them." placeholder:"RULE"`
}

// rules returns the names of the rules that --strict sets: nil if it was not given, so that they stay as they are.
func (c *sandboxCommand) rules() ([]string, error) {
	switch {
	case len(c.Strict) == 0:
		return nil, nil
	case len(c.Strict) == 1 && c.Strict[0] == "all":
		return sandbox.RuleNames(), nil
	case len(c.Strict) == 1 && c.Strict[0] == "none":
		return []string{}, nil
	}
	if err := sandbox.CheckRules(c.Strict); err != nil {
		return nil, usageError("--strict: " + err.Error())
	}
	return c.Strict, nil
}

// sandboxJSON has the addresses and credentials of the practice gateways, and the sample signer, as --json prints them.
type sandboxJSON struct {
	Trident struct {
		URL          string `json:"url"`
		ClientID     string `json:"client_id"`
		ClientSecret string `json:"client_secret"`
	} `json:"trident"`
	PortaSigma struct {
		URL      string `json:"url"`
		APIURL   string `json:"api_url"`
		User     string `json:"user"`
		Password string `json:"password"`
	} `json:"portasigma"`
	Signer struct {
		User     string `json:"user"`
		Password string `json:"password"`
		PIN      string `json:"pin"`
	} `json:"signer"`
	Rules []string `json:"rules,omitempty"` // what the gateways are strict about
}

func (c *sandboxCommand) Run(ctx context.Context, t *terminal) error {
	host, portText, err := net.SplitHostPort(c.Listen)
	port, portErr := strconv.Atoi(portText)
	if err != nil || portErr != nil || host != home.Loopback {
		return usageError(fmt.Sprintf("--listen %q: give %s:PORT; practice gateways are for this computer only", c.Listen, home.Loopback))
	}
	rules, err := c.rules()
	if err != nil {
		return err
	}
	if set, err := program.ReadPolicy(); err != nil {
		return err
	} else if set.Gateways.NoPractice {
		return errors.New("practice gateways are switched off on this computer by its administrator: countersignctl policy show")
	}
	lock, err := t.dir.TryLock("sandbox")
	if err != nil {
		return err
	}
	if lock == nil {
		running := fmt.Sprintf("the practice gateways of this home already run at http://127.0.0.1:%d", t.dir.ReadPort("sandbox"))
		if rules != nil {
			return errors.New(running + ": choose their rules on that page")
		}
		return errors.New(running + ": use those, or another --home")
	}
	err = c.serve(ctx, t, port, rules)
	return errors.Join(err, lock.Release())
}

func (c *sandboxCommand) serve(ctx context.Context, t *terminal, port int, rules []string) error {
	s, err := sandbox.Open(t.dir.Sandbox(), sandbox.Options{Log: t.log, Prove: t.dir.Prove, Rules: rules})
	if err != nil {
		return err
	}
	l, err := home.Listen(ctx, port)
	if err != nil {
		return err
	}
	if rules == nil {
		if rules, err = s.Rules(); err != nil {
			return errors.Join(err, l.Close())
		}
	}
	// Other programs on this home find these gateways by the port.
	if err := t.dir.WritePort("sandbox", home.PortOf(l)); err != nil {
		return errors.Join(err, l.Close())
	}
	if err := t.sandbox("http://"+l.Addr().String(), s.Credentials(), rules); err != nil {
		return errors.Join(err, l.Close())
	}
	return s.Serve(ctx, l)
}

func (t *terminal) sandbox(root string, c sandbox.Credentials, rules []string) error {
	j := sandboxJSON{Rules: rules}
	j.Trident.URL, j.Trident.ClientID, j.Trident.ClientSecret = root+sandbox.TridentPath, c.ClientID, c.ClientSecret
	j.PortaSigma.URL, j.PortaSigma.APIURL = root+sandbox.PortaSigmaPath, root+sandbox.PortaSigmaAPIPath
	j.PortaSigma.User, j.PortaSigma.Password = c.User, c.Password
	j.Signer.User, j.Signer.Password, j.Signer.PIN = sandbox.SampleUser, sandbox.SamplePassword, sandbox.SamplePIN
	if t.json {
		return t.value(j)
	}
	_, err := fmt.Fprintf(t.out, `Practice gateways without legal value. End them with Ctrl+C.

TRIDENT      %s
  client     %s
  secret     %s
PortaSigma   %s
  API        %s
  user       %s
  password   %s
The signer   %s, password %s, PIN %s
`, j.Trident.URL, j.Trident.ClientID, j.Trident.ClientSecret, j.PortaSigma.URL, j.PortaSigma.APIURL,
		j.PortaSigma.User, j.PortaSigma.Password, j.Signer.User, j.Signer.Password, j.Signer.PIN)
	if err == nil && len(rules) > 0 {
		err = printf(t.out, "Strict       %s\n", strings.Join(rules, ", "))
	}
	return err
}
