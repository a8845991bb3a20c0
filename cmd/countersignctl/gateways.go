package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/alecthomas/kong"

	"countersign/core/gateway"
	"countersign/core/gateways"
	"countersign/core/input"
	"countersign/core/request"
	"countersign/core/secret"
	"countersign/core/workspace"
)

type gatewayCommands struct {
	Add         gatewayAdd         `cmd:"" help:"Add a gateway."`
	Kinds       gatewayKinds       `cmd:"" help:"List the kinds of gateway: who can sign with them, and their settings."`
	List        gatewayList        `cmd:"" help:"List the gateways."`
	Check       gatewayCheck       `cmd:"" help:"Check a gateway without signing anything. With --verbose, print what was sent and answered, too, without secrets."`
	Secret      gatewaySecret      `cmd:"" help:"Replace the secret of a gateway, read from standard input."`
	Certificate gatewayCertificate `cmd:"" help:"Name the client certificate of this desk for a gateway of the office that asks for one."`
	Confirm     gatewayConfirm     `cmd:"" help:"Have the secret of a gateway of the office, whose address the office has changed, sent to the present address, and the client certificate shown there."`
	Remove      gatewayRemove      `cmd:"" help:"Remove a gateway that no open request needs; one of the office for all of its desks, as a manager."`
}

// newGatewayCommands returns the commands for gateways of these kinds.
func newGatewayCommands(kinds []gateway.Kind) *gatewayCommands {
	flags := settingFlags(kinds)
	return &gatewayCommands{
		Add:   gatewayAdd{Given: declareFlags(flags), flags: flags, kinds: kinds},
		Kinds: gatewayKinds{kinds: kinds},
	}
}

type gatewayAdd struct {
	Name string `arg:"" help:"Name of the new gateway: lowercase letters, digits, - and _."`
	Kind string `required:"" enum:"${kinds}" help:"Kind of the gateway: ${enum}." placeholder:"KIND"`
	URL  string `name:"url" required:"" help:"Root address of the gateway, or the name of a known one, like staging: gateway kinds lists them." placeholder:"URL"`

	Title        string        `help:"The name that the window shows in place of NAME." placeholder:"TEXT"`
	CAFile       string        `name:"ca-file" type:"existingfile" help:"Issuers to trust for its connection, besides the system's." placeholder:"PEM"`
	ClientCert   string        `name:"client-cert" type:"existingfile" help:"The certificate for a gateway that asks for one, followed by those that issued it." placeholder:"PEM"`
	ClientKey    string        `name:"client-key" type:"existingfile" help:"Its private key, without a passphrase, if that is in another file." placeholder:"PEM"`
	CallbackPort int           `help:"A fixed port of this machine for the browser's return." placeholder:"N"`
	Timeout      time.Duration `help:"How long the gateway may take to answer one call." placeholder:"30s"`
	Patience     time.Duration `help:"How long to wait for the browser's return before a request counts as not answered." placeholder:"15m"`
	Encrypted    bool          `help:"Send PDFs that open without a password but are locked against changes, to a gateway that signs them."`
	SecretStdin  bool          `help:"Read the client secret or the password from standard input."`
	InFile       bool          `help:"Keep the secret in a file of the home that only you can read, not in the keyring."`
	Office       bool          `help:"Make it a gateway of the office, as a manager: all desks get its settings and the certificates in --ca-file, and no secret. One with --client-cert asks each desk for a certificate of its own."`
	Replace      bool          `help:"With --office: change the gateway that the office has under that name, for all desks."`

	Set []string `help:"A setting as it would be in gateways.toml, KEY=VALUE, like default_signer.name=Ana. May be repeated." sep:"none" placeholder:"KEY=VALUE"`

	Given kong.Plugins  `embed:""` // the values of the flags, as [declareFlags] declares them
	flags []settingFlag // the flags for the settings that only some kinds have, in the order of Given
	kinds []gateway.Kind
}

func (c *gatewayAdd) Run(ctx context.Context, t *terminal) error {
	if c.CallbackPort != 0 && (c.CallbackPort < 1024 || c.CallbackPort > 65535) {
		return usageError(fmt.Sprintf("--callback-port %d: use 1024 to 65535", c.CallbackPort))
	}
	if c.Replace && !c.Office {
		return usageError("--replace: it goes with --office")
	}
	profile, err := c.profile()
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
		place, err := c.add(ctx, w, profile, secret.Entered{Value: value, InFile: c.InFile})
		if err != nil {
			return err
		}
		t.warnSecret(c.Name, place, c.InFile)
		if warning := gateway.KeyWarning(profile); warning.Text != "" {
			printf(t.err, "countersignctl: warning: %s\n", warning)
		}
		infos, err := w.Gateways.ListGateways(ctx)
		if err != nil {
			return err
		}
		for _, info := range infos {
			if info.Office == c.Office && gateway.OwnName(info.Name) == c.Name {
				return t.gateways(info)
			}
		}
		return nil
	})
}

func (c *gatewayAdd) add(ctx context.Context, w *workspace.Workspace, p gateway.Profile, entered secret.Entered) (secret.Backend, error) {
	if c.Office {
		return w.Gateways.ShareGateway(ctx, p, entered, c.Replace)
	}
	return w.Gateways.AddGateway(ctx, p, entered)
}

// profile returns the profile that the flags describe. It does not check whether the kind has all
// settings that were given: the desk does so when the gateway is added.
func (c *gatewayAdd) profile() (gateway.Profile, error) {
	kind := c.kinds[slices.IndexFunc(c.kinds, func(k gateway.Kind) bool { return k.Name == c.Kind })]
	p := kind.NewProfile(c.Name)
	p.URL = strings.TrimRight(addressOf(kind, c.URL), "/")
	p.CAFile, p.CallbackPort, p.Timeout, p.Patience, p.Encrypted = c.CAFile, c.CallbackPort, c.Timeout, c.Patience, c.Encrypted
	p.ClientCert, p.ClientKey, p.Title = c.ClientCert, c.ClientKey, c.Title
	for _, text := range c.Set {
		key, value, err := parseSetting(text)
		if err == nil {
			err = p.Set(key, value)
		}
		if err != nil {
			return gateway.Profile{}, err
		}
	}
	return p, setFlags(&p, kind, c.flags, c.Given)
}

// addressOf returns the root address of the kind's known host whose name was typed, or else what was typed.
func addressOf(kind gateway.Kind, typed string) string {
	for _, host := range kind.Hosts {
		if host.Name == typed {
			return host.URL
		}
	}
	return typed
}

// parseSetting parses KEY=VALUE. VALUE is read as a TOML value; when it is not valid TOML, the value is
// VALUE itself, as a string. parseSetting fails for a text of another form, for a key that has a flag of
// its own or cannot be set, and for a value beyond the bounds of gateways.toml.
func parseSetting(text string) (key string, value any, err error) {
	key, written, found := strings.Cut(text, "=")
	key = strings.TrimSpace(key)
	if !found || !settingForm().MatchString(key) {
		return "", nil, usageError(fmt.Sprintf("--set %q: give KEY=VALUE", text))
	}
	if slices.Contains([]string{"kind", "practice", "url", "ca_file", "client_cert", "client_key", "callback_port", "timeout", "patience", "encrypted"}, key) {
		return "", nil, usageError(fmt.Sprintf("--set %s: it has a flag of its own, or cannot be set", key))
	}
	if err := gateway.CheckTOML("value = " + written); err != nil {
		return "", nil, fmt.Errorf("--set %s: %w", key, err)
	}
	var line map[string]any
	if _, err := toml.Decode("value = "+written, &line); err != nil || len(line) != 1 {
		return key, written, nil
	}
	return key, line["value"], nil
}

// settingForm matches the key of a setting, such as user, or default_signer.name for one in a TOML table.
var settingForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$`) })

type gatewayKinds struct {
	kinds []gateway.Kind
}

func (c *gatewayKinds) Run(t *terminal) error {
	type hostJSON struct {
		Name string `json:"name"`
		URL  string `json:"url"`
	}
	for _, kind := range c.kinds {
		if t.json {
			hosts := []hostJSON{}
			for _, h := range kind.Hosts {
				hosts = append(hosts, hostJSON{h.Name, h.URL})
			}
			err := t.value(struct {
				Name     string      `json:"name"`
				Help     string      `json:"help"`
				Hosts    []hostJSON  `json:"hosts"`
				Settings []fieldJSON `json:"settings"`
			}{kind.Name, kind.Help, hosts, fieldsJSON(kind)})
			if err != nil {
				return err
			}
			continue
		}
		printf(t.out, "%s\n    %s\n", kind.Name, kind.Help)
		for _, h := range kind.Hosts {
			printf(t.out, "    --url %s is %s\n", h.Name, h.URL)
		}
		if err := t.printFields(kind); err != nil {
			return err
		}
	}
	return nil
}

// readSecret reads a secret from the whole of standard input, and removes the line ends after it. It fails when nothing is left,
// and for what cannot be a secret. It warns of a blank at either end, which is kept. When ctx is done, it returns the error of ctx
// at once, even while it waits for input.
func (t *terminal) readSecret(ctx context.Context) (string, error) {
	var piped []byte
	read := make(chan error, 1)
	go func() {
		var err error
		piped, err = io.ReadAll(io.LimitReader(t.in, 4*secret.MaxSecret)) // more than a secret has in any encoding
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
	text, err := input.Text(piped)
	if err != nil {
		return "", fmt.Errorf("read the secret from standard input: %w", err)
	}
	value := strings.TrimRight(text, "\r\n")
	if value == "" {
		return "", errors.New("there is no secret on standard input: pipe it in")
	}
	if secret.HasOuterBlanks(value) {
		printf(t.err, "countersignctl: warning: the secret begins or ends with a blank, which is kept: if it is not part of the secret, pipe it in without the blank\n")
	}
	return value, secret.Check(value)
}

type gatewaySecret struct {
	Name   string `arg:"" help:"Name of the gateway."`
	InFile bool   `help:"Keep it in a file of the home that only you can read, not in the keyring."`
}

// Run prints the origin that the secret will belong to, and only then reads the secret. It stores
// nothing when the gateway's address was changed meanwhile.
func (c *gatewaySecret) Run(ctx context.Context, t *terminal) error {
	return t.withWorkspace(ctx, func(w *workspace.Workspace) error {
		origin, err := w.Gateways.SecretOrigin(c.Name)
		if err != nil {
			return err
		}
		printf(t.err, "countersignctl: the secret of %s is kept for %s\n", c.Name, origin)
		value, err := t.readSecret(ctx)
		if err != nil {
			return err
		}
		// The file of the gateways may have been changed since.
		if now, err := w.Gateways.SecretOrigin(c.Name); err != nil || now != origin {
			return errors.Join(err, fmt.Errorf("the address of gateway %s was changed meanwhile: enter the secret again", c.Name))
		}
		place, err := w.Gateways.SetSecret(ctx, c.Name, secret.Entered{Value: value, InFile: c.InFile})
		if err != nil {
			return err
		}
		t.warnSecret(c.Name, place, c.InFile)
		return nil
	})
}

type gatewayCertificate struct {
	Name       string `arg:"" help:"Name of the gateway."`
	ClientCert string `name:"client-cert" required:"" type:"existingfile" help:"The certificate, followed by those that issued it." placeholder:"PEM"`
	ClientKey  string `name:"client-key" type:"existingfile" help:"Its private key, without a passphrase, if that is in another file." placeholder:"PEM"`
}

func (c *gatewayCertificate) Run(ctx context.Context, t *terminal) error {
	return t.withWorkspace(ctx, func(w *workspace.Workspace) error {
		origin, err := w.Gateways.SetClientCertificate(ctx, c.Name, c.ClientCert, c.ClientKey)
		if err != nil {
			return err
		}
		printf(t.err, "countersignctl: the client certificate for %s is shown to %s alone\n", c.Name, origin)
		if warning := gateway.KeyWarning(gateway.Profile{ClientCert: c.ClientCert, ClientKey: c.ClientKey}); warning.Text != "" {
			printf(t.err, "countersignctl: warning: %s\n", warning)
		}
		return nil
	})
}

type gatewayList struct{}

func (c *gatewayList) Run(ctx context.Context, t *terminal) error {
	return t.withWorkspace(ctx, func(w *workspace.Workspace) error {
		infos, err := w.Gateways.ListGateways(ctx)
		if err != nil {
			return err
		}
		for _, info := range infos {
			t.warnSecret(info.Name, info.Secret, true)
		}
		return t.gateways(infos...)
	})
}

// warnSecret warns on standard error when place is a file, so that the secret of the gateway called name is
// not in a keyring. Unless known is true, the warning also says why: there is no keyring here.
func (t *terminal) warnSecret(name string, place secret.Backend, known bool) {
	why := "there is no keyring here: "
	if known {
		why = ""
	}
	if place == secret.File {
		printf(t.err, "countersignctl: warning: %sthe secret of %s is in %s, which only you can read\n", why, name, t.dir.Secrets())
	}
}

// gatewayJSON is a gateway as --json prints it.
type gatewayJSON struct {
	Name         string         `json:"name"`
	Title        string         `json:"title,omitempty"`
	Kind         string         `json:"kind"`
	URL          string         `json:"url,omitempty"`
	Default      bool           `json:"default,omitempty"`
	Practice     bool           `json:"practice,omitempty"`
	Office       bool           `json:"office,omitempty"`     // it is one of the office
	MovedFrom    string         `json:"moved_from,omitempty"` // the origin that its secret was entered for, where the office has another one now
	Secret       secret.Backend `json:"secret,omitempty"`
	CallbackPort int            `json:"callback_port,omitempty"`
	CAFile       string         `json:"ca_file,omitempty"`
	AsksCert     bool           `json:"asks_client_cert,omitempty"` // one of the office that asks for a client certificate, which is this desk's own
	ClientCert   string         `json:"client_cert,omitempty"`
	ClientKey    string         `json:"client_key,omitempty"`
	Timeout      string         `json:"timeout"`
	Settings     map[string]any `json:"settings,omitempty"`
	Fault        string         `json:"fault,omitempty"`
	FaultCause   request.Cause  `json:"fault_cause,omitzero"`
	Unknown      string         `json:"secret_unknown,omitempty"` // why it is not known whether there is a secret
	UnknownCause request.Cause  `json:"secret_unknown_cause,omitzero"`
}

func (t *terminal) gateways(infos ...gateways.Info) error {
	table := t.table()
	for _, g := range infos {
		if t.json {
			err := t.value(gatewayJSON{
				Name: g.Name, Title: g.Title, Kind: g.Kind, URL: g.URL, Default: g.Default, Practice: g.Practice, Office: g.Office, MovedFrom: g.Moved.From, Secret: g.Secret,
				CallbackPort: g.CallbackPort, CAFile: g.CAFile, AsksCert: g.AsksClientCert, ClientCert: g.ClientCert, ClientKey: g.ClientKey, Timeout: g.Timeout.String(), Settings: g.Settings, Fault: g.Fault.Text, FaultCause: g.Fault.Cause,
				Unknown: g.Unknown.Text, UnknownCause: g.Unknown.Cause,
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
		if g.Office {
			note += ", of the office"
		}
		if g.Title != "" {
			note += ", shown as " + g.Title
		}
		if g.Default {
			note += ", the default"
		}
		if g.Secret != "" {
			note += ", secret in the " + string(g.Secret)
		}
		switch {
		case g.Moved.Certificate:
			note += fmt.Sprintf(", its client certificate was named for %s: if the new address is right, countersignctl gateway confirm %s", g.Moved.From, g.Name)
		case g.Moved.From != "":
			note += fmt.Sprintf(", which was entered for %s: if the new address is right, countersignctl gateway confirm %s", g.Moved.From, g.Name)
		}
		for _, problem := range []request.Sentence{g.Unknown, g.Fault} {
			if problem.Text != "" {
				note += ", " + problem.Text
			}
		}
		printf(table, "%s\t%s\t%s\n", g.Name, g.Kind, note)
	}
	return table.Flush()
}

type gatewayCheck struct {
	Name string `arg:"" help:"Name of the gateway."`
	Try  bool   `help:"Also create a document of one page at the gateway, as a signing would, and delete it again. Nobody is asked to sign it."`
	Yes  bool   `help:"Do not ask before --try."`
}

func (c *gatewayCheck) Run(ctx context.Context, t *terminal) error {
	if c.Yes && !c.Try {
		return usageError("--yes: it goes with --try")
	}
	ctx, calls := gateway.Record(ctx)
	return t.withWorkspace(ctx, func(w *workspace.Workspace) error {
		if c.Try {
			if err := c.confirm(ctx, t, w); err != nil {
				return err
			}
		}
		ok, err := c.report(t, func() ([]gateway.CheckResult, error) { return w.Desk.CheckGateway(ctx, c.Name) })
		if err == nil && ok && c.Try {
			ok, err = c.report(t, func() ([]gateway.CheckResult, error) { return w.Desk.TryDocument(ctx, c.Name) })
		}
		if err = cmp.Or(err, ctx.Err()); err != nil {
			return err
		}
		if t.verbose {
			if err := t.exchanges(calls.Exchanges()); err != nil {
				return err
			}
		}
		if !ok {
			return fmt.Errorf("gateway %s is not ready: correct what is marked above and check again", c.Name)
		}
		return nil
	})
}

// exchanges prints calls to a gateway: as values with the member "exchange", or in lines, with ">" for what was sent and "<" for
// what was answered.
func (t *terminal) exchanges(all []gateway.Exchange) error {
	for _, x := range all {
		if t.json {
			if err := t.value(map[string]gateway.Exchange{"exchange": x}); err != nil {
				return err
			}
			continue
		}
		lines := []string{"", x.Method + " " + x.Address}
		lines = append(lines, halfLines("  > ", "", x.Sent)...)
		if x.Received != nil {
			lines = append(lines, halfLines("  < ", x.Status, *x.Received)...)
		} else {
			lines = append(lines, "  ! "+x.Failure)
		}
		for _, line := range lines {
			if err := printf(t.out, "%s\n", line); err != nil {
				return err
			}
		}
	}
	return nil
}

// halfLines returns the lines of one direction of an exchange. first is left out if it is empty.
func halfLines(prefix, first string, half gateway.Half) (lines []string) {
	for _, line := range slices.Concat([]string{first}, half.Headers, []string{half.Body}) {
		if line != "" {
			lines = append(lines, prefix+line)
		}
	}
	return lines
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

type gatewayConfirm struct {
	Name string `arg:"" help:"Name of the gateway."`
	Yes  bool   `help:"Do not ask."`
}

func (c *gatewayConfirm) Run(ctx context.Context, t *terminal) error {
	return t.withWorkspace(ctx, func(w *workspace.Workspace) error {
		origin, err := w.Gateways.ConfirmOrigin(c.Name)
		if err != nil {
			return err
		}
		if !c.Yes {
			what := fmt.Sprintf("what was entered for gateway %s goes to %s from now on", c.Name, origin)
			if err := t.ask(ctx, what, fmt.Errorf("%s if that is right: then give --yes", what)); err != nil {
				return err
			}
		}
		return w.Gateways.ConfirmGateway(ctx, c.Name, origin)
	})
}

type gatewayRemove struct {
	Name string `arg:"" help:"Name of the gateway."`
}

func (c *gatewayRemove) Run(ctx context.Context, t *terminal) error {
	return t.withWorkspace(ctx, func(w *workspace.Workspace) error { return w.Gateways.RemoveGateway(ctx, c.Name) })
}
