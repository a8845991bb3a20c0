package main

import (
	"context"

	"countersign/core/gateways"
	"countersign/core/request"
	"countersign/core/secret"
	"countersign/core/workspace"
)

type proxyCommands struct {
	Login  proxyLogin  `cmd:"" help:"Keep the user and the password for a proxy. The password is read from standard input, and is sent to this proxy alone."`
	List   proxyList   `cmd:"" help:"List the proxies that a login is kept for."`
	Logout proxyLogout `cmd:"" help:"Remove the login for a proxy."`
}

type proxyLogin struct {
	Proxy       string `arg:"" help:"Host and port of the proxy, as in HTTPS_PROXY, like proxy.example.org:3128."`
	User        string `required:"" help:"Name of the user at the proxy." placeholder:"NAME"`
	SecretStdin bool   `required:"" help:"Read the password from standard input."`
	InFile      bool   `help:"Keep the password in a file of the home that only you can read, not in the keyring."`
}

func (c *proxyLogin) Run(ctx context.Context, t *terminal) error {
	password, err := t.readSecret(ctx)
	if err != nil {
		return err
	}
	return t.withWorkspace(ctx, func(w *workspace.Workspace) error {
		login, err := w.Gateways.SetProxyLogin(ctx, c.Proxy, c.User, secret.Entered{Value: password, InFile: c.InFile})
		if err != nil {
			return err
		}
		t.warnSecret(login.Proxy, login.Secret, c.InFile)
		return t.proxies(login)
	})
}

type proxyList struct{}

func (c *proxyList) Run(ctx context.Context, t *terminal) error {
	return t.withWorkspace(ctx, func(w *workspace.Workspace) error {
		logins, err := w.Gateways.ProxyLogins(ctx)
		if err != nil {
			return err
		}
		return t.proxies(logins...)
	})
}

type proxyLogout struct {
	Proxy string `arg:"" help:"Host and port of the proxy."`
}

func (c *proxyLogout) Run(ctx context.Context, t *terminal) error {
	return t.withWorkspace(ctx, func(w *workspace.Workspace) error { return w.Gateways.RemoveProxyLogin(ctx, c.Proxy) })
}

// proxyJSON is a login for a proxy as --json prints it.
type proxyJSON struct {
	Proxy        string         `json:"proxy"`
	User         string         `json:"user"`
	Secret       secret.Backend `json:"secret,omitempty"`
	Unknown      string         `json:"secret_unknown,omitempty"` // why it is not known whether there is a password
	UnknownCause request.Cause  `json:"secret_unknown_cause,omitzero"`
}

func (t *terminal) proxies(logins ...gateways.ProxyLogin) error {
	table := t.table()
	for _, l := range logins {
		if t.json {
			if err := t.value(proxyJSON{l.Proxy, l.User, l.Secret, l.Unknown.Text, l.Unknown.Cause}); err != nil {
				return err
			}
			continue
		}
		note := "no password"
		switch {
		case l.Unknown.Text != "":
			note = l.Unknown.Text
		case l.Secret != "":
			note = "password in the " + string(l.Secret)
		}
		printf(table, "%s\t%s\t%s\n", l.Proxy, l.User, note)
	}
	return table.Flush()
}
