package desk

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"countersign/core/gateway"
	"countersign/core/home"
	"countersign/core/ledger"
	"countersign/core/request"
	"countersign/core/secret"
)

// Verdict is how well something is.
type Verdict string

// The verdicts, best first.
const (
	Well    Verdict = "well"
	Warning Verdict = "warning" // signing works, or works in part
	Bad     Verdict = "bad"     // signing fails until somebody mends it
)

// Finding is one thing that was looked at. It has no secret in it, no title, and no name
// of a user in a path, so that it can be handed to whoever helps.
type Finding struct {
	Name    string  `json:"name"`
	Verdict Verdict `json:"verdict"`
	Detail  string  `json:"detail"`           // what was found
	Advice  string  `json:"advice,omitempty"` // what to do
}

// ErrNoDisplay says that there is nothing here for a browser to show its window on.
var ErrNoDisplay = errors.New("there is no display for a browser here")

const (
	lookAtLinks = 1000

	littleSpace = 1 << 30
	noSpace     = 100 << 20
)

// Diagnose looks at everything between pressing Sign and the browser's return, and tells
// each finding as it comes, one at a time. It signs nothing; gateways are reached and asked
// for a token. It gives all the findings in the order in which they were told.
func (d *Desk) Diagnose(ctx context.Context, tell func(Finding)) []Finding {
	e := &examiner{cfg: d.cfg, tell: tell}
	e.local(ctx)
	e.note(d.lookAtLedger(ctx))
	profiles, err := d.Gateways()
	if err != nil {
		e.note(Finding{"gateways", Bad, err.Error(), "mend " + d.cfg.Home.Gateways() + ", or move it away to begin anew"})
		return e.found
	}
	e.note(d.lookAtReturns(ctx, profiles)...)
	var work sync.WaitGroup
	for _, p := range profiles.List {
		work.Go(func() { e.note(d.lookAtGateway(ctx, p, p.Name == profiles.Default)...) })
	}
	work.Wait()
	return e.found
}

// DiagnoseClosed looks at what can be looked at when the desk could not be opened, and why.
func DiagnoseClosed(ctx context.Context, cfg Config, cause error, tell func(Finding)) []Finding {
	if cfg.Secrets == nil {
		cfg.Secrets = secret.Open(cfg.Home)
	}
	e := &examiner{cfg: cfg, tell: tell}
	e.local(ctx)
	e.note(Finding{"desk", Bad, cause.Error(), "nothing can be signed before this is mended"})
	return e.found
}

type examiner struct {
	cfg  Config
	tell func(Finding)

	mu    sync.Mutex
	found []Finding
}

// note tells findings that belong together, one after the other.
func (e *examiner) note(findings ...Finding) {
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

// local is what needs neither the ledger nor a gateway.
func (e *examiner) local(ctx context.Context) {
	e.note(lookAtDisk(e.cfg.Home))
	e.note(e.lookAtKeyring(ctx))
	e.note(lookAtProxy(os.Getenv))
	if e.cfg.Browser != nil {
		e.note(e.lookAtBrowser(ctx))
	}
}

func lookAtDisk(dir home.Dir) Finding {
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

// disk is what the system tells of where a folder is.
type disk struct {
	known   bool
	free    uint64 // bytes that this user may still write
	network string // the kind of share that it is on, as far as can be told
}

func (e *examiner) lookAtKeyring(ctx context.Context) Finding {
	place, err := e.cfg.Secrets.Probe(ctx)
	switch {
	case err != nil:
		return Finding{"keyring", Warning, err.Error(), "unlock the system's keyring; until then, secrets in it cannot be used, and new ones go to a file"}
	case place == secret.File:
		return Finding{"keyring", Warning, "there is none: secrets are kept in " + e.cfg.Home.Secrets() + ", which only its owner can read", "set up the system's keyring, then enter the secrets again"}
	}
	return Finding{"keyring", Well, "it keeps and gives back", ""}
}

// lookAtProxy names the proxies of the environment by variable and host; they may have
// credentials in them.
func lookAtProxy(getenv func(string) string) Finding {
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
		parts = append(parts, name+" is "+gateway.Bounded(host))
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

// proxyHost is the host of a proxy's address; empty when it has none, or when it cannot be
// told from what may be a password.
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

func (e *examiner) lookAtBrowser(ctx context.Context) Finding {
	found, err := e.cfg.Browser(ctx)
	switch {
	case errors.Is(err, ErrNoDisplay):
		return Finding{"browser", Warning, err.Error(), "copy the address of a signing into a browser on this machine"}
	case err != nil:
		return Finding{"browser", Bad, err.Error(), "install a browser, or copy the address of a signing into one on this machine"}
	}
	return Finding{"browser", Well, "addresses are opened by " + gateway.Bounded(found), ""}
}

func (d *Desk) lookAtLedger(ctx context.Context) Finding {
	h, err := d.ledger.Look(ctx, lookAtLinks)
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
			"ledger", Warning, fmt.Sprintf("schema %d, %d events, the last %d of the chain hold, the last %d are not signed yet", h.Schema, h.Events, h.Walked, h.Events-h.Signed),
			"unlock the keyring; if the register's key is lost, make a new one with countersignctl register new-key",
		}
	}
	return Finding{"ledger", Well, fmt.Sprintf("schema %d, %d events, the last %d of the chain hold, all are signed", h.Schema, h.Events, h.Walked), ""}
}

// lookAtReturns tries every port that browsers come back to.
func (d *Desk) lookAtReturns(ctx context.Context, profiles gateway.Profiles) []Finding {
	var findings []Finding
	seen := map[int]bool{}
	for _, p := range append([]gateway.Profile{{}}, profiles.List...) {
		if seen[p.CallbackPort] {
			continue
		}
		seen[p.CallbackPort] = true
		f := findingOf(d.checkReturn(ctx, p))
		if p.CallbackPort != 0 {
			f.Name += fmt.Sprintf(" %d", p.CallbackPort)
			if who := portOwner(p.CallbackPort); who != "" && f.Verdict == Bad {
				f.Detail += ": it is " + gateway.Bounded(who)
			}
		}
		findings = append(findings, f)
	}
	return findings
}

// lookAtGateway checks a gateway that is in use. A practice gateway is when it is the
// default, or open requests need it.
func (d *Desk) lookAtGateway(ctx context.Context, p gateway.Profile, isDefault bool) []Finding {
	name := "gateway " + p.Name
	if p.Practice && !isDefault {
		open, err := d.ledger.View(ctx, ledger.Query{Gateway: p.Name, Statuses: []request.Status{request.Pending, request.Signing}, Limit: 1})
		if err == nil && len(open.Requests) == 0 {
			return nil
		}
	}
	g, err := d.openProfile(ctx, p)
	if err != nil {
		return []Finding{{name, Bad, err.Error(), "mend its entry in " + d.cfg.Home.Gateways()}}
	}
	var findings []Finding
	for _, checked := range g.Check(ctx) {
		f := findingOf(checked)
		f.Name = name + ": " + f.Name
		findings = append(findings, f)
	}
	return findings
}

// findingOf is what a gateway found, in the desk's words: advice on what is well is a
// warning.
func findingOf(g gateway.Finding) Finding {
	f := Finding{g.Name, Well, g.Detail, g.Advice}
	switch {
	case !g.OK:
		f.Verdict = Bad
	case g.Advice != "":
		f.Verdict = Warning
	}
	return f
}

// Report is a page for whoever helps: the findings, and what they were found on.
func Report(findings []Finding, at time.Time) string {
	var page strings.Builder
	fmt.Fprintf(&page, "Countersign: how this desk is\n\nprogram   %s\nsystem    %s\nmade by   %s\ntime      %s\n\n",
		version(), systemName(), runtime.Version(), at.Format(time.RFC3339))
	for _, verdict := range []Verdict{Bad, Warning, Well} {
		for _, f := range findings {
			if f.Verdict != verdict {
				continue
			}
			fmt.Fprintf(&page, "%-8s  %s: %s\n", f.Verdict, f.Name, oneLine(f.Detail))
			if f.Advice != "" {
				fmt.Fprintf(&page, "          %s\n", oneLine(f.Advice))
			}
		}
	}
	return page.String()
}

// IsBad tells whether something has to be mended.
func IsBad(findings []Finding) bool {
	return slices.ContainsFunc(findings, func(f Finding) bool { return f.Verdict == Bad })
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// version is what the program was built from, as far as the build tells.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	words := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 && !strings.Contains(words, s.Value[:12]) {
			words += " " + s.Value[:12]
		}
	}
	return words
}

// Where systems keep what belongs to one user.
var userFolders = regexp.MustCompile(`(?:[A-Za-z]:)?[/\\](?:home|Users)[/\\][^/\\\s"':;,]+`)

// withoutUsers shortens the folders of users to ~.
func withoutUsers(text string) string {
	if own, err := os.UserHomeDir(); err == nil && len(own) > 1 {
		text = regexp.MustCompile(`(^|[^\w/\\])`+regexp.QuoteMeta(own)+`\b`).ReplaceAllString(text, "${1}~")
	}
	return userFolders.ReplaceAllString(text, "~")
}

// TryGateway checks one gateway as [Desk.Diagnose] does, and tells each finding as it comes.
func (d *Desk) TryGateway(ctx context.Context, name string, tell func(Finding)) error {
	profiles, err := d.Gateways()
	if err != nil {
		return err
	}
	p, err := profiles.Get(name)
	if err != nil {
		return err
	}
	e := &examiner{cfg: d.cfg, tell: tell}
	e.note(findingOf(d.checkReturn(ctx, p)))
	g, err := d.openProfile(ctx, p)
	if err != nil {
		return err
	}
	for _, f := range g.Check(ctx) {
		e.note(findingOf(f))
	}
	return ctx.Err()
}
