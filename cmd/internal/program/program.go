// Package program is what the programs countersign and countersignctl share. It opens a home with all
// kinds of gateway and the practice gateways, and it starts browsers, viewers and file managers. It
// decides nothing about requests.
package program

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/pkg/browser"

	"countersign/core/callback"
	"countersign/core/diagnosis"
	"countersign/core/gateway"
	"countersign/core/gateway/portasigma"
	"countersign/core/gateway/trident"
	"countersign/core/home"
	"countersign/core/lifetime"
	"countersign/core/request"
	"countersign/core/sandbox"
	"countersign/core/workspace"
)

// Kinds returns all kinds of gateway.
func Kinds() []gateway.Kind {
	return []gateway.Kind{trident.Kind, trident.UAEPass, portasigma.Kind}
}

// Program is an open home with its practice gateways.
type Program struct {
	Workspace *workspace.Workspace
	Practice  *Practice
}

// Open opens a home. keyFile is a file with the register's key that a person chose, empty for none; see
// [workspace.Config]. The caller has to call [Program.Close].
func Open(ctx context.Context, dir home.Dir, keyFile string, log *slog.Logger) (*Program, error) {
	practice := NewPractice(dir, log)
	cfg := config(dir, log)
	cfg.Practice, cfg.KeyFile = practice.Complete, keyFile
	w, err := workspace.Open(ctx, cfg)
	if err != nil {
		practice.Close()
		return nil, err
	}
	return &Program{Workspace: w, Practice: practice}, nil
}

func config(dir home.Dir, log *slog.Logger) workspace.Config {
	return workspace.Config{Home: dir, Kinds: Kinds(), OpenURL: OpenURL, Browser: FindBrowser, Log: log}
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

// browserTime is how long a program has to report that it did not start; see [started]. Some browsers
// return only when their window is closed.
const browserTime = 3 * time.Second

// OpenURL opens an address in the system's browser. Both programs open addresses only with this function. An address may come
// from a ledger that somebody else wrote, so OpenURL returns the error of [gateway.CheckWebURL] for one that this refuses. No error
// means only that none was reported within [browserTime].
func OpenURL(address string) error {
	if err := gateway.CheckWebURL(address); err != nil {
		return err
	}
	return started("a web page", func() error { return browser.OpenURL(address) })
}

// OpenFile opens a file in the system's program for it. It fails unless the path is absolute, so that no program takes it for an
// option or an address, and leads to a regular file. No error means only that none was reported within [browserTime].
func OpenFile(path string) error {
	if err := checkFile(path); err != nil {
		return err
	}
	return started("a PDF file", func() error { return browser.OpenFile(path) })
}

// ShowInFolder opens the folder of a file in the system's file manager. On Windows and macOS, the file is
// selected there. The path must be as for [OpenFile].
func ShowInFolder(path string) error {
	if err := checkFile(path); err != nil {
		return err
	}
	return started("a folder", func() error {
		switch runtime.GOOS {
		case "windows":
			// Explorer exits with 1 even when all went well.
			err := exec.Command("explorer.exe", "/select,", filepath.Clean(path)).Run() // #nosec G204 -- a fixed program; the path is an argument of its own, and no option
			if _, ended := errors.AsType[*exec.ExitError](err); ended {
				return nil
			}
			return err
		case "darwin":
			return exec.Command("open", "-R", path).Run() // #nosec G204 -- a fixed program; the path is an argument of its own, and no option
		}
		return browser.OpenFile(filepath.Dir(path))
	})
}

func checkFile(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return err
	case !filepath.IsAbs(path) || !info.Mode().IsRegular():
		return request.Errorf("open_no_file", "%s is not a file that can be shown", filepath.Base(path))
	}
	return nil
}

// started calls the function open and returns its error, or nil when open has not returned after
// [browserTime]. For [exec.ErrNotFound], it returns an error which says that no program was found that shows
// what, such as "a web page".
func started(what string, open func() error) error {
	done := make(chan error, 1)
	go func() { done <- open() }()
	select {
	case err := <-done:
		if errors.Is(err, exec.ErrNotFound) {
			return request.Errorf("open_no_program", "no program for opening %s was found", what)
		}
		return err
	case <-time.After(browserTime):
		return nil
	}
}

func init() {
	// What a browser prints must not get among the lines that scripts read.
	browser.Stdout, browser.Stderr = io.Discard, io.Discard
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
