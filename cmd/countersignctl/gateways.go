package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"countersign/core/desk"
	"countersign/core/gateway"
	"countersign/core/request"
	"countersign/core/secret"
	"countersign/core/workspace"
)

type gatewayCommands struct {
	Add    gatewayAdd    `cmd:"" help:"Add a gateway."`
	Kinds  gatewayKinds  `cmd:"" help:"List the kinds of gateway there are, and what each needs."`
	List   gatewayList   `cmd:"" help:"List the gateways."`
	Check  gatewayCheck  `cmd:"" help:"Try a gateway out, without a signing."`
	Secret gatewaySecret `cmd:"" help:"Replace the secret of a gateway, read from standard input."`
	Remove gatewayRemove `cmd:"" help:"Remove a gateway that no open request needs."`
}

type gatewayAdd struct {
	Name string `arg:"" help:"A name for it: lower-case letters, digits, - and _."`
	Kind string `required:"" enum:"${kinds}" help:"One of ${enum}."`
	URL  string `name:"url" required:"" help:"Root address, or the name of a host of the kind, like staging."`

	CAFile       string        `name:"ca-file" type:"existingfile" help:"Additional trust anchors for TLS." placeholder:"PEM"`
	CallbackPort int           `help:"A fixed loopback port for returns." placeholder:"N"`
	Timeout      time.Duration `help:"How long one call may take." placeholder:"30s"`
	Patience     time.Duration `help:"How long a browser may be out before that counts as no answer." placeholder:"15m"`
	SecretStdin  bool          `help:"Read the client secret or the password from standard input."`

	Set []string `help:"Any other setting of the kind, as gateways.toml has it: KEY=VALUE. May be repeated." sep:"none" placeholder:"KEY=VALUE"`

	ClientID          string   `group:"trident, uaepass" help:"OAuth client."`
	AuthServer        string   `group:"trident, uaepass" help:"Authorization server in the token address." placeholder:"main"`
	Label             []string `group:"trident, uaepass" help:"Labels of signing identities: a,b,c. May be repeated." sep:"none" placeholder:"LABELS"`
	SkipAgreement     bool     `group:"trident, uaepass" help:"No agreement page for identities on the server."`
	Locale            string   `group:"trident, uaepass" help:"Language of the signer's pages." placeholder:"en_US"`
	CallbackField     string   `group:"trident, uaepass" enum:",finish_callback_url,finished_callback_url" default:"" help:"finish_callback_url or finished_callback_url." placeholder:"NAME"`
	ProcessType       string   `group:"trident, uaepass" help:"process_type, as it goes over the wire." placeholder:"URN"`
	SignatureType     string   `group:"trident, uaepass" help:"Type of signature, as it goes over the wire." placeholder:"TYPE"`
	TimestampProvider string   `group:"trident, uaepass" help:"Time-stamp provider." placeholder:"URN"`

	Context string `group:"portasigma" enum:",gateway,usergateway" default:"" help:"gateway (certificate) or usergateway (user and password)." placeholder:"gateway"`
	Logout  bool   `group:"portasigma" help:"Log the signer out afterwards."`
	View    *bool  `group:"portasigma" help:"Whether several documents have to be looked through."`
	APIURL  string `name:"api-url" group:"portasigma" help:"Root of the integration API." placeholder:"URL"`
	User    string `group:"portasigma" help:"User of the integration API." placeholder:"NAME"`
}

func (c *gatewayAdd) Run(ctx context.Context, t *terminal) error {
	if c.CallbackPort != 0 && (c.CallbackPort < 1024 || c.CallbackPort > 65535) {
		return usageError(fmt.Sprintf("--callback-port %d: use 1024 to 65535", c.CallbackPort))
	}
	settings, err := c.settings()
	if err != nil {
		return err
	}
	value := ""
	if c.SecretStdin {
		if value, err = t.readSecret(ctx); err != nil {
			return err
		}
	}
	return t.withWorkspace(ctx, func(w *workspace.Workspace) error {
		place, err := w.Desk.AddGateway(ctx, gateway.Profile{
			Name: c.Name, Kind: c.Kind, URL: strings.TrimRight(c.address(w), "/"),
			CAFile: c.CAFile, CallbackPort: c.CallbackPort, Timeout: c.Timeout, Patience: c.Patience,
			Settings: settings,
		}, value)
		if err != nil {
			return err
		}
		t.warnSecret(c.Name, place)
		infos, err := w.Desk.ListGateways(ctx)
		if err != nil {
			return err
		}
		for _, info := range infos {
			if info.Name == c.Name {
				return t.gateways(info)
			}
		}
		return nil
	})
}

// address returns the root address that was typed, or that of the host that was named.
func (c *gatewayAdd) address(w *workspace.Workspace) string {
	for _, kind := range w.Desk.Kinds() {
		for _, host := range kind.Hosts {
			if kind.Name == c.Kind && host.Name == c.URL {
				return host.URL
			}
		}
	}
	return c.URL
}

// settings returns the settings of the kind, by their names in gateways.toml. The kind refuses
// flags of another kind.
func (c *gatewayAdd) settings() (map[string]any, error) {
	settings := map[string]any{}
	for _, text := range c.Set {
		key, value, err := parseSetting(text)
		if err != nil {
			return nil, err
		}
		settings[key] = value
	}
	for name, text := range map[string]string{
		"client_id": c.ClientID, "auth_server": c.AuthServer, "locale": c.Locale, "callback_field": c.CallbackField,
		"process_type": c.ProcessType, "signature_type": c.SignatureType, "timestamp_provider": c.TimestampProvider,
		"context": c.Context, "api_url": c.APIURL, "user": c.User,
	} {
		if text != "" {
			settings[name] = text
		}
	}
	if c.SkipAgreement {
		settings["skip_agreement"] = true
	}
	if c.Logout {
		settings["logout"] = true
	}
	if c.View != nil {
		settings["view"] = *c.View
	}
	var labels [][]string
	for _, list := range c.Label {
		labels = append(labels, strings.Split(list, ","))
	}
	if labels != nil {
		settings["labels"] = labels
	}
	return settings, nil
}

// parseSetting reads KEY=VALUE. The value is read as gateways.toml would, and is text when it is
// nothing else there.
func parseSetting(text string) (key string, value any, err error) {
	key, written, found := strings.Cut(text, "=")
	key = strings.TrimSpace(key)
	if !found || !settingForm.MatchString(key) {
		return "", nil, usageError(fmt.Sprintf("--set %q: give KEY=VALUE", text))
	}
	if slices.Contains([]string{"kind", "practice", "url", "ca_file", "callback_port", "timeout", "patience"}, key) {
		return "", nil, usageError(fmt.Sprintf("--set %s: it has a flag of its own, or cannot be set", key))
	}
	var line map[string]any
	if _, err := toml.Decode(key+" = "+written, &line); err != nil || len(line) != 1 {
		return key, written, nil
	}
	return key, line[key], nil
}

// settingForm matches the names of settings.
var settingForm = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

type gatewayKinds struct{}

func (c *gatewayKinds) Run(ctx context.Context, t *terminal) error {
	type hostJSON struct {
		Name string `json:"name"`
		URL  string `json:"url"`
	}
	return t.withWorkspace(ctx, func(w *workspace.Workspace) error {
		for _, kind := range w.Desk.Kinds() {
			if t.json {
				hosts := []hostJSON{}
				for _, h := range kind.Hosts {
					hosts = append(hosts, hostJSON(h))
				}
				err := t.value(struct {
					Name  string     `json:"name"`
					Help  string     `json:"help"`
					Hosts []hostJSON `json:"hosts"`
				}{kind.Name, kind.Help, hosts})
				if err != nil {
					return err
				}
				continue
			}
			printf(t.out, "%s\n", kind.Name)
			for line := range strings.Lines(kind.Help) {
				printf(t.out, "    %s\n", strings.TrimRight(line, "\n"))
			}
			for _, h := range kind.Hosts {
				printf(t.out, "    --url %s is %s\n", h.Name, h.URL)
			}
		}
		return nil
	})
}

// readSecret reads a secret from the first line of standard input. It returns when ctx ends, even
// while it waits for input.
func (t *terminal) readSecret(ctx context.Context) (string, error) {
	var text []byte
	read := make(chan error, 1)
	go func() {
		var err error
		text, err = io.ReadAll(io.LimitReader(t.in, 64<<10))
		read <- err
	}()
	select {
	case err := <-read:
		if err != nil {
			return "", fmt.Errorf("read the secret from standard input: %w", err)
		}
	case <-ctx.Done():
		return "", ctx.Err()
	}
	value := strings.TrimRight(string(text), "\r\n")
	if value == "" {
		return "", errors.New("there is no secret on standard input: pipe it in")
	}
	return value, nil
}

type gatewaySecret struct {
	Name string `arg:"" help:"Name of the gateway."`
}

func (c *gatewaySecret) Run(ctx context.Context, t *terminal) error {
	value, err := t.readSecret(ctx)
	if err != nil {
		return err
	}
	return t.withWorkspace(ctx, func(w *workspace.Workspace) error {
		place, err := w.Desk.SetSecret(ctx, c.Name, value)
		if err != nil {
			return err
		}
		t.warnSecret(c.Name, place)
		return nil
	})
}

type gatewayList struct{}

func (c *gatewayList) Run(ctx context.Context, t *terminal) error {
	return t.withWorkspace(ctx, func(w *workspace.Workspace) error {
		infos, err := w.Desk.ListGateways(ctx)
		if err != nil {
			return err
		}
		for _, info := range infos {
			t.warnSecret(info.Name, info.Secret)
		}
		return t.gateways(infos...)
	})
}

// warnSecret warns when a secret is in a file and not in a keyring.
func (t *terminal) warnSecret(name string, place secret.Backend) {
	if place == secret.File {
		printf(t.err, "countersignctl: warning: there is no keyring here: the secret of %s is in %s, which only you can read\n", name, t.dir.Secrets())
	}
}

// gatewayJSON is a gateway for scripts.
type gatewayJSON struct {
	Name         string         `json:"name"`
	Kind         string         `json:"kind"`
	URL          string         `json:"url,omitempty"`
	Default      bool           `json:"default,omitempty"`
	Practice     bool           `json:"practice,omitempty"`
	Secret       secret.Backend `json:"secret,omitempty"`
	CallbackPort int            `json:"callback_port,omitempty"`
	CAFile       string         `json:"ca_file,omitempty"`
	Timeout      string         `json:"timeout"`
	Settings     map[string]any `json:"settings,omitempty"`
	Fault        string         `json:"fault,omitempty"`
	FaultCause   request.Cause  `json:"fault_cause,omitzero"`
}

func (t *terminal) gateways(infos ...desk.GatewayInfo) error {
	table := t.table()
	for _, g := range infos {
		if t.json {
			err := t.value(gatewayJSON{
				Name: g.Name, Kind: g.Kind, URL: g.URL, Default: g.Default, Practice: g.Practice, Secret: g.Secret,
				CallbackPort: g.CallbackPort, CAFile: g.CAFile, Timeout: g.Timeout.String(), Settings: g.Settings, Fault: g.Fault.Text, FaultCause: g.Fault.Cause,
			})
			if err != nil {
				return err
			}
			continue
		}
		note := g.URL
		if g.Practice {
			note = "practice, built in"
		}
		if g.Default {
			note += ", the default"
		}
		if g.Secret != "" {
			note += ", secret in the " + string(g.Secret)
		}
		if g.Fault.Text != "" {
			note += ", " + g.Fault.Text
		}
		printf(table, "%s\t%s\t%s\n", g.Name, g.Kind, note)
	}
	return table.Flush()
}

type gatewayCheck struct {
	Name string `arg:"" help:"Name of the gateway."`
}

func (c *gatewayCheck) Run(ctx context.Context, t *terminal) error {
	return t.withWorkspace(ctx, func(w *workspace.Workspace) error {
		findings, err := w.Desk.CheckGateway(ctx, c.Name)
		if err != nil {
			return err
		}
		failed := 0
		for _, f := range findings {
			if !f.OK {
				failed++
			}
			if err := t.finding(f); err != nil {
				return err
			}
		}
		if failed > 0 {
			return fmt.Errorf("gateway %s is not ready: correct what is marked above and check again", c.Name)
		}
		return nil
	})
}

func (t *terminal) finding(f gateway.CheckResult) error {
	if t.json {
		return t.value(f)
	}
	result := "ok  "
	if !f.OK {
		result = "FAIL"
	}
	err := printf(t.out, "%s  %-14s  %s\n", result, f.Name, f.Detail)
	if f.Advice != "" {
		err = errors.Join(err, printf(t.out, "      %s\n", f.Advice))
	}
	return err
}

type gatewayRemove struct {
	Name string `arg:"" help:"Name of the gateway."`
}

func (c *gatewayRemove) Run(ctx context.Context, t *terminal) error {
	return t.withWorkspace(ctx, func(w *workspace.Workspace) error { return w.Desk.RemoveGateway(ctx, c.Name) })
}
