// Package program is what the programs countersign and countersignctl share. It opens a home with all
// kinds of gateway and the practice gateways, and it starts browsers, viewers and file managers. It
// decides nothing about requests.
package program

import (
	"context"
	"log/slog"
	"maps"
	"net"
	"strconv"
	"sync"

	"countersign/core/callback"
	"countersign/core/diagnosis"
	"countersign/core/gateway"
	"countersign/core/gateway/portasigma"
	"countersign/core/gateway/trident"
	"countersign/core/home"
	"countersign/core/lifetime"
	"countersign/core/policy"
	"countersign/core/request"
	"countersign/core/sandbox"
	"countersign/core/workspace"
)

// Kinds returns all kinds of gateway.
func Kinds() []gateway.Kind {
	return []gateway.Kind{trident.Kind, trident.UAEPass, portasigma.Kind}
}

// PolicyFile is where the policy of this computer is. Only tests change it.
var PolicyFile = policy.OfComputer()

// ReadPolicy reads the policy of this computer. Nothing that it is about may go on if it fails.
func ReadPolicy() (policy.Policy, error) { return PolicyFile.Read(Kinds()) }

// Program is an open home with its practice gateways.
type Program struct {
	Workspace *workspace.Workspace
	Practice  *Practice
}

// Open reads the policy of this computer, and opens a home with it as [OpenWith] does. It fails if the policy cannot be used.
func Open(ctx context.Context, dir home.Dir, keyFile string, log *slog.Logger) (*Program, error) {
	set, err := ReadPolicy()
	if err != nil {
		return nil, err
	}
	return OpenWith(ctx, set, dir, keyFile, log)
}

// OpenWith opens a home on a computer with a policy. keyFile is a file with the register's key that a person chose, empty for none; see
// [workspace.Config]. The caller has to call [Program.Close].
func OpenWith(ctx context.Context, set policy.Policy, dir home.Dir, keyFile string, log *slog.Logger) (*Program, error) {
	practice := NewPractice(dir, log)
	cfg := config(dir, log)
	cfg.Policy, cfg.Practice, cfg.KeyFile = set, practice.Complete, keyFile
	w, err := workspace.Open(ctx, cfg)
	if err != nil {
		practice.Close()
		return nil, err
	}
	return &Program{Workspace: w, Practice: practice}, nil
}

func config(dir home.Dir, log *slog.Logger) workspace.Config {
	return workspace.Config{Home: dir, Kinds: Kinds(), OpenURL: OpenURL, Browser: FindBrowser, ReadPolicy: ReadPolicy, Log: log}
}

// DiagnoseClosed returns the diagnosis of a home that could not be opened; cause is the error of [Open].
// See [workspace.DiagnoseClosed].
func DiagnoseClosed(ctx context.Context, dir home.Dir, cause error, tell func(diagnosis.Finding)) []diagnosis.Finding {
	return workspace.DiagnoseClosed(ctx, config(dir, slog.New(slog.DiscardHandler)), cause, tell)
}

// Close closes the workspace and then ends the practice gateways.
func (p *Program) Close() error {
	err := p.Workspace.Close()
	p.Practice.Close()
	return err
}

// Practice runs the practice gateways of a home. Of all processes on the same home, one runs them, and the
// others use them at its port. The methods are safe for concurrent use.
type Practice struct {
	life    *lifetime.Lifetime
	dir     home.Dir
	log     *slog.Logger
	service *home.Service

	mu      sync.Mutex
	sandbox *sandbox.Sandbox
}

// NewPractice returns the practice gateways of a home. They start when they are first needed. The
// caller has to call [Practice.Close].
func NewPractice(dir home.Dir, log *slog.Logger) *Practice {
	p := &Practice{life: lifetime.New(), dir: dir, log: log}
	p.service = &home.Service{
		Home: dir, Name: "sandbox", Log: log, Serve: p.serve,
		// Another program that has the port must not be given the secret of the practice gateways.
		Probe: func(ctx context.Context, port int) error { return callback.Probe(ctx, port, dir.Prove) },
	}
	return p
}

func (p *Practice) serve(ctx context.Context, l net.Listener) error {
	s, err := p.open()
	if err != nil {
		return err
	}
	return s.Serve(ctx, l)
}

func (p *Practice) open() (*sandbox.Sandbox, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.sandbox != nil {
		return p.sandbox, nil
	}
	s, err := sandbox.Open(p.dir.Sandbox(), sandbox.Options{Log: p.log, Prove: p.dir.Prove})
	if err != nil {
		return nil, request.Errorf("practice_prepare", "prepare the practice gateways: %w", p.dir.ExplainWrite(err))
	}
	p.sandbox = s
	return s, nil
}

// Start makes sure that the practice gateways run, here or in another process of the home, and returns
// their root address and credentials. It returns once they answer.
func (p *Practice) Start(ctx context.Context) (root string, credentials sandbox.Credentials, err error) {
	s, err := p.open()
	if err != nil {
		return "", sandbox.Credentials{}, err
	}
	port, err := p.service.Ensure(ctx, p.life.Context())
	if err != nil {
		return "", sandbox.Credentials{}, request.Errorf("practice_start", "start the practice gateways: %w", err)
	}
	return "http://" + net.JoinHostPort(home.Loopback, strconv.Itoa(port)), s.Credentials(), nil
}

// Close ends the practice gateways of this process and waits until they have ended. Another process of
// the home may take over.
func (p *Practice) Close() {
	p.life.End()
	p.service.Wait()
}

// Complete starts the practice gateways. It returns the profile, completed with the address and the settings
// of the practice gateway of its kind, and the secret for that gateway. Settings that the profile has
// already stay. It is used as [workspace.Config.Practice].
func (p *Practice) Complete(ctx context.Context, profile gateway.Profile) (gateway.Profile, string, error) {
	root, credentials, err := p.Start(ctx)
	if err != nil {
		return gateway.Profile{}, "", err
	}
	settings, value := map[string]any{}, ""
	switch profile.Kind {
	case portasigma.Kind.Name:
		profile.URL = root + sandbox.PortaSigmaPath
		value = credentials.Password
		settings["api_url"] = root + sandbox.PortaSigmaAPIPath
		settings["user"] = credentials.User
		settings["signed_route"] = "docs/{document}/content/"
		settings["default_signer"] = map[string]any{
			"name": sandbox.SampleSigner.Name, "email": sandbox.SampleSigner.Email,
			"country": sandbox.SampleSigner.Country, "number": sandbox.SampleSigner.Number,
		}
	default:
		profile.URL = root + sandbox.TridentPath
		value = credentials.ClientSecret
		settings["client_id"] = credentials.ClientID
		settings["process_type"] = "urn:safelayer:eidas:processes:document:sign:esigp"
		settings["signature_type"] = "pades-baseline"
	}
	maps.Copy(settings, profile.Settings)
	profile.Settings = settings
	return profile, value, nil
}
