// Package diagnosis looks at everything between pressing Sign and the browser's return: the disk, the
// keyring, the proxy, the browser, the ledger, the return addresses and the gateways. It says what
// is wrong and what to do, and signs nothing.
package diagnosis

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"countersign/core/gateway"
	"countersign/core/home"
	"countersign/core/ledger"
	"countersign/core/request"
	"countersign/core/secret"
)

// Verdict is how serious a finding is.
type Verdict string

// The verdicts, the best first.
const (
	Well    Verdict = "well"
	Warning Verdict = "warning" // signing works, or works in part
	Bad     Verdict = "bad"     // signing fails until somebody repairs it
)

// Finding is the result of one check. It contains no secret, no title and no user's name in a path,
// so that it can be handed to whoever helps.
type Finding struct {
	Name    string  `json:"name"`
	Verdict Verdict `json:"verdict"`
	Detail  string  `json:"detail"`           // what was found
	Advice  string  `json:"advice,omitempty"` // what to do
}

// ErrNoDisplay is returned by [Config.Browser] when a browser could not show its window.
var ErrNoDisplay = errors.New("there is no display for a browser here")

const (
	checkedLinks = 1000      // entries at the end of the register
	littleSpace  = 1 << 30   // bytes
	noSpace      = 100 << 20 // bytes
)

// Secrets is the store of secrets. Package secret implements it.
type Secrets interface {
	Probe(ctx context.Context) (secret.Backend, error)
}

// Desk knows the gateways. Package desk implements it.
type Desk interface {
	Gateways() (gateway.Profiles, error)
	// CheckProfile tries a gateway out. It fails when the gateway cannot be used as it is set up.
	CheckProfile(ctx context.Context, p gateway.Profile) ([]gateway.CheckResult, error)
	// CheckReturn tries whether a browser that comes back from a gateway would be heard.
	CheckReturn(ctx context.Context, p gateway.Profile) gateway.CheckResult
}

// Ledger is the register. Package ledger implements it.
type Ledger interface {
	QuickCheck(ctx context.Context, links int) (ledger.Health, error)
	IDs(ctx context.Context, q ledger.Query, limit int) ([]request.ID, error)
}

// Config is what can be looked at without an open desk.
type Config struct {
	Home    home.Dir
	Secrets Secrets
	// Browser returns the name of the program that would open an address, without starting it, or
	// why there is none; see [ErrNoDisplay]. The browser is not looked at when nil.
	Browser func(ctx context.Context) (string, error)
}

// Examiner looks at an open desk. Its methods may be called from any goroutine.
type Examiner struct {
	cfg    Config
	desk   Desk
	ledger Ledger
}

// New returns an examiner for a desk.
func New(cfg Config, d Desk, l Ledger) *Examiner { return &Examiner{cfg: cfg, desk: d, ledger: l} }

// Diagnose looks at everything and calls tell with each finding as it comes, one at a time; tell may
// be nil. Gateways are reached and asked for a token. It returns all findings in the order in which
// they were told.
func (x *Examiner) Diagnose(ctx context.Context, tell func(Finding)) []Finding {
	e := &examination{cfg: x.cfg, tell: tell}
	e.local(ctx)
	e.note(x.checkLedger(ctx))
	profiles, err := x.desk.Gateways()
	if err != nil {
		e.note(Finding{"gateways", Bad, err.Error(), "correct " + x.cfg.Home.Gateways() + ", or move it away to begin anew"})
		return e.found
	}
	e.note(x.checkReturns(ctx, profiles)...)
	var work sync.WaitGroup
	for _, p := range profiles.List {
		work.Go(func() { e.note(x.checkGateway(ctx, p, p.Name == profiles.Default)...) })
	}
	work.Wait()
	return e.found
}

// Closed looks at a desk that could not be opened because of cause; see [Examiner.Diagnose].
func Closed(ctx context.Context, cfg Config, cause error, tell func(Finding)) []Finding {
	e := &examination{cfg: cfg, tell: tell}
	e.local(ctx)
	e.note(Finding{"desk", Bad, cause.Error(), "nothing can be signed before this is repaired"})
	return e.found
}

// TryGateway checks one gateway as [Examiner.Diagnose] does. It fails when the gateway cannot be used
// as it is set up, or when ctx ends.
func (x *Examiner) TryGateway(ctx context.Context, name string, tell func(Finding)) error {
	profiles, err := x.desk.Gateways()
	if err != nil {
		return err
	}
	p, err := profiles.Get(name)
	if err != nil {
		return err
	}
	e := &examination{cfg: x.cfg, tell: tell}
	e.note(findingOf(x.desk.CheckReturn(ctx, p)))
	checks, err := x.desk.CheckProfile(ctx, p)
	if err != nil {
		return err
	}
	for _, f := range checks {
		e.note(findingOf(f))
	}
	return ctx.Err()
}

// examination is one diagnosis under way.
type examination struct {
	cfg  Config
	tell func(Finding)

	mu    sync.Mutex
	found []Finding
}

// note adds findings that belong together and tells them one after the other.
func (e *examination) note(findings ...Finding) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, f := range findings {
		f.Detail, f.Advice = withoutUsers(f.Detail), withoutUsers(f.Advice)
		e.found = append(e.found, f)
		if e.tell != nil {
			e.tell(f)
		}
	}
}

// local checks what needs neither the ledger nor a gateway.
func (e *examination) local(ctx context.Context) {
	e.note(checkDisk(e.cfg.Home))
	e.note(e.checkKeyring(ctx))
	e.note(checkProxy(os.Getenv))
	if e.cfg.Browser != nil {
		e.note(e.checkBrowser(ctx))
	}
}

func checkDisk(dir home.Dir) Finding {
	f := Finding{Name: "disk", Verdict: Well}
	probe := filepath.Join(dir.Path(), "probe.tmp")
	err := home.WriteFile(probe, []byte("probe"))
	if err == nil {
		err = os.Remove(probe)
	}
	if err != nil {
		f.Verdict, f.Detail, f.Advice = Bad, err.Error(), "choose a home on a disk that you may write to and that has space"
		return f
	}
	d := diskOf(dir.Path())
	f.Detail = dir.Path() + " can be written to"
	if d.known {
		f.Detail += fmt.Sprintf(", %.1f GB are free", float64(d.free)/1e9)
	}
	switch {
	case d.known && d.free < noSpace:
		f.Verdict, f.Advice = Bad, "make space on this disk: signed files cannot be kept for long"
	case d.network != "":
		f.Verdict, f.Detail = Warning, f.Detail+", and it is a network share ("+d.network+")"
		f.Advice = "move the home to a disk of this machine: shares lock files badly, and a ledger needs that"
	case d.known && d.free < littleSpace:
		f.Verdict, f.Advice = Warning, "make space on this disk soon"
	}
	return f
}

// disk is what the system knows about the disk that a folder is on.
type disk struct {
	known   bool   // free is
	free    uint64 // bytes that this user may still write
	network string // the kind of network share that it is; empty when it is none or not known
}

func (e *examination) checkKeyring(ctx context.Context) Finding {
	place, err := e.cfg.Secrets.Probe(ctx)
	switch {
	case err != nil:
		return Finding{"keyring", Warning, err.Error(), "unlock the system's keyring; until then, secrets in it cannot be used, and new ones go to a file"}
	case place == secret.File:
		return Finding{"keyring", Warning, "there is none: secrets are kept in " + e.cfg.Home.Secrets() + ", which only its owner can read", "set up the system's keyring, then enter the secrets again"}
	}
	return Finding{"keyring", Well, "it keeps and gives back", ""}
}

// checkProxy names the proxies of the environment by variable and host. The rest of their addresses
// may be credentials.
func checkProxy(getenv func(string) string) Finding {
	f := Finding{Name: "proxy", Verdict: Well}
	var parts []string
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"} {
		value := getenv(name)
		if value == "" {
			continue
		}
		host := proxyHost(value)
		if host == "" {
			f.Verdict, f.Advice = Bad, "set "+name+" to the address of a proxy, or to nothing"
			parts = append(parts, name+" is no address")
			continue
		}
		parts = append(parts, name+" is "+gateway.Sanitize(host))
	}
	for _, name := range []string{"NO_PROXY", "no_proxy"} {
		if getenv(name) != "" && len(parts) > 0 {
			parts = append(parts, name+" is set")
		}
	}
	if f.Detail = strings.Join(parts, ", "); f.Detail == "" {
		f.Detail = "none is set in the environment"
	}
	return f
}

// proxyHost returns the host of a proxy's address; empty when it has none, or when the host cannot be
// distinguished from a password.
func proxyHost(value string) string {
	if !strings.Contains(value, "://") {
		value = "http://" + value
	}
	u, err := url.Parse(value)
	if err != nil || u.Hostname() == "" || u.User == nil && strings.Contains(value, "@") {
		return ""
	}
	return u.Host
}

func (e *examination) checkBrowser(ctx context.Context) Finding {
	found, err := e.cfg.Browser(ctx)
	switch {
	case errors.Is(err, ErrNoDisplay):
		return Finding{"browser", Warning, err.Error(), "copy the address of a signing into a browser on this machine"}
	case err != nil:
		return Finding{"browser", Bad, err.Error(), "install a browser, or copy the address of a signing into one on this machine"}
	}
	return Finding{"browser", Well, "addresses are opened by " + gateway.Sanitize(found), ""}
}

func (x *Examiner) checkLedger(ctx context.Context) Finding {
	h, err := x.ledger.QuickCheck(ctx, checkedLinks)
	switch {
	case err != nil:
		return Finding{"ledger", Bad, err.Error(), "close other programs that use this home, or restore a backup"}
	case h.Fault != nil:
		return Finding{
			"ledger", Bad, fmt.Sprintf("the register does not hold at entry %d: %s", h.Fault.Number, h.Fault.Problem),
			"keep a copy of the home, look with countersignctl audit, and restore a backup",
		}
	}
	if h.Signed < h.Events {
		return Finding{
			"ledger", Warning, fmt.Sprintf("schema %d, %d events, the last %d of the chain hold, the last %d are not signed yet", h.Schema, h.Events, h.Checked, h.Events-h.Signed),
			"unlock the keyring; if the register's key is lost, make a new one with countersignctl register new-key",
		}
	}
	return Finding{"ledger", Well, fmt.Sprintf("schema %d, %d events, the last %d of the chain hold, all are signed", h.Schema, h.Events, h.Checked), ""}
}

// checkReturns tries every port that browsers come back to.
func (x *Examiner) checkReturns(ctx context.Context, profiles gateway.Profiles) []Finding {
	var findings []Finding
	seen := map[int]bool{}
	for _, p := range append([]gateway.Profile{{}}, profiles.List...) {
		if seen[p.CallbackPort] {
			continue
		}
		seen[p.CallbackPort] = true
		f := findingOf(x.desk.CheckReturn(ctx, p))
		if p.CallbackPort != 0 {
			f.Name += fmt.Sprintf(" %d", p.CallbackPort)
			if who := portOwner(p.CallbackPort); who != "" && f.Verdict == Bad {
				f.Detail += ": it is " + gateway.Sanitize(who)
			}
		}
		findings = append(findings, f)
	}
	return findings
}

// checkGateway checks a gateway that is in use. A practice gateway is in use when it is the default or
// has open requests; the others are not started for this.
func (x *Examiner) checkGateway(ctx context.Context, p gateway.Profile, isDefault bool) []Finding {
	name := "gateway " + p.Name
	if p.Practice && !isDefault {
		open, err := x.ledger.IDs(ctx, ledger.Query{Gateway: p.Name, Statuses: []request.Status{request.Pending, request.Signing}}, 1)
		if err == nil && len(open) == 0 {
			return nil
		}
	}
	checks, err := x.desk.CheckProfile(ctx, p)
	if err != nil {
		return []Finding{{name, Bad, err.Error(), "correct its entry in " + x.cfg.Home.Gateways()}}
	}
	var findings []Finding
	for _, checked := range checks {
		f := findingOf(checked)
		f.Name = name + ": " + f.Name
		findings = append(findings, f)
	}
	return findings
}

// findingOf converts the result of a gateway's own check. One that is OK and has advice is a warning.
func findingOf(g gateway.CheckResult) Finding {
	f := Finding{g.Name, Well, g.Detail, g.Advice}
	switch {
	case !g.OK:
		f.Verdict = Bad
	case g.Advice != "":
		f.Verdict = Warning
	}
	return f
}
