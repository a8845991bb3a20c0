// Package diagnosis checks everything that a signing needs: the disk, the keyring, the proxy, the
// browser, the ledger, the return addresses and the gateways. It says what is wrong and what to do.
// It begins no signing.
package diagnosis

import (
	"context"
	"errors"
	"maps"
	"math"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"time"

	"countersign/core/files"
	"countersign/core/gateway"
	"countersign/core/home"
	"countersign/core/ledger"
	"countersign/core/network"
	"countersign/core/policy"
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
	Name          string        `json:"name"` // what was checked, in English, made from Subject and Part
	Verdict       Verdict       `json:"verdict"`
	Detail        string        `json:"detail"`            // what was found, in English
	Advice        string        `json:"advice,omitempty"`  // what to do, in English
	Subject       string        `json:"subject,omitempty"` // the gateway, or the port of a return address; empty for the desk
	Part          gateway.Part  `json:"part,omitempty"`    // what of the subject was checked; empty for all of a gateway
	request.Cause               // of Detail
	AdviceCause   request.Cause `json:"advice_cause,omitzero"`
}

// Values of [Finding.Part] for findings about the desk, besides [gateway.PartReturn].
const (
	PartDesk      gateway.Part = "desk"
	PartPolicy    gateway.Part = "policy"
	PartDisk      gateway.Part = "disk"
	PartKeyring   gateway.Part = "keyring"
	PartBrowser   gateway.Part = "browser"
	PartLedger    gateway.Part = "ledger"
	PartNotices   gateway.Part = "change notices"
	PartDocuments gateway.Part = "documents"
	PartBackups   gateway.Part = "daily backups"
	PartGateways  gateway.Part = "gateways" // the file with all of them

	// What is about the office that the home is a desk of.
	PartOffice      gateway.Part = "office"
	PartOfficeClock gateway.Part = "office clock"
	PartOutbox      gateway.Part = "outbox"
	PartUnfit       gateway.Part = "entries of the office"
)

// newFinding returns a finding about the desk. The advice is [none] where nothing is to be done.
func newFinding(part gateway.Part, verdict Verdict, detail, advice request.Sentence) Finding {
	return Finding{
		Name: string(part), Part: part, Verdict: verdict,
		Detail: detail.Text, Cause: detail.Cause, Advice: advice.Text, AdviceCause: advice.Cause,
	}
}

// none is the advice where nothing is to be done.
var none request.Sentence

// ErrNoDisplay is returned by [Config.Browser] when a browser could not show its window.
var ErrNoDisplay = request.Errorf("browser_no_display", "there is no display for a browser here")

const (
	checkedLinks = 1000      // how many entries at the end of the register are checked
	littleSpace  = 1 << 30   // bytes; less free space is a Warning
	noSpace      = 100 << 20 // bytes; less free space is Bad
)

// Secrets is the store of secrets. Package secret implements it.
type Secrets interface {
	Probe(ctx context.Context) (secret.Backend, error)
}

// Gateways reads and checks the gateways. Package gateways implements it.
type Gateways interface {
	Profiles() (gateway.Profiles, error)
	// CheckProfile runs the checks of a gateway. A check that fails is a result; the error is not
	// nil only if the gateway cannot be opened as it is set up.
	CheckProfile(ctx context.Context, p gateway.Profile) ([]gateway.CheckResult, error)
}

// Desk tries gateways and the way back from them. Package desk implements it.
type Desk interface {
	// TryDocument creates a document at a gateway and deletes it again. A step that fails is a result; the
	// error is not nil if the gateway cannot be tried.
	TryDocument(ctx context.Context, name string) ([]gateway.CheckResult, error)
	// CheckReturn checks that this machine answers at the port of the gateway's return addresses.
	CheckReturn(ctx context.Context, p gateway.Profile) gateway.CheckResult
	// CheckLostReturns returns a failed check, by port, for each port to which browsers that are out come
	// back and on which this home cannot listen.
	CheckLostReturns(ctx context.Context) (map[int]gateway.CheckResult, error)
}

// Ledger checks the register and finds requests. Package ledger implements it.
type Ledger interface {
	QuickCheck(ctx context.Context, links int) (ledger.Health, error)
	IDs(ctx context.Context, q ledger.Query, limit int) ([]request.ID, error)
	// ProbeNotices returns nil when the operating system tells this program of changes in the home.
	ProbeNotices(ctx context.Context) error
	KeptReturns(ctx context.Context) ([]ledger.KeptReturn, error)
	Unfit(ctx context.Context) ([]ledger.Unfit, error)
}

// Config is what the checks need that work without an open desk. Browser, ReadPolicy and Now may be nil.
type Config struct {
	Home    home.Dir
	Secrets Secrets
	// Browser returns the name of the program that would open an address, without starting it. The
	// error says why there is none; see [ErrNoDisplay]. When nil, the browser is not checked.
	Browser func(ctx context.Context) (request.Sentence, error)
	// ReadPolicy reads the policy of the computer. When nil, the policy is not checked.
	ReadPolicy func() (policy.Policy, error)
	Proxy      network.Given    // that an open desk uses
	Now        func() time.Time // time.Now when nil
	Office     Office           // nil for a home of its own
}

func (c Config) now() time.Time {
	if c.Now == nil {
		return time.Now()
	}
	return c.Now()
}

// Examiner looks at an open desk. Its methods may be called from any goroutine.
type Examiner struct {
	cfg      Config
	gateways Gateways
	desk     Desk
	ledger   Ledger
}

// New returns an examiner for a desk.
func New(cfg Config, g Gateways, d Desk, l Ledger) *Examiner {
	return &Examiner{cfg: cfg, gateways: g, desk: d, ledger: l}
}

// Diagnose runs all checks and calls tell with each finding as it comes, one at a time; tell may be
// nil. It connects to the gateways and asks them for a token. It starts no practice gateway that is
// neither the default nor has open requests. It returns all findings in the order of the calls of
// tell.
func (x *Examiner) Diagnose(ctx context.Context, tell func(Finding)) []Finding {
	e := &examination{cfg: x.cfg, tell: tell}
	e.local(ctx)
	e.note(x.checkLedger(ctx))
	e.note(x.checkDocuments(ctx)...)
	e.note(checkBackups(x.cfg.Home, x.cfg.now())...)
	e.note(x.checkNotices(ctx))
	e.note(x.checkOffice(ctx)...)
	profiles, err := x.gateways.Profiles()
	if err != nil {
		e.note(e.checkProxy(ctx, nil))
		e.note(newFinding(PartGateways, Bad, request.SentenceOf(err),
			request.Sentencef("gateways_todo", "correct %s, or move it away to start with a new one", x.cfg.Home.Gateways())))
		return e.found
	}
	e.note(x.checkReturns(ctx, profiles)...)
	var work sync.WaitGroup
	for _, p := range profiles.List {
		work.Go(func() { e.note(x.checkGateway(ctx, p, p.Name == profiles.Default)...) })
	}
	work.Wait()
	e.note(e.checkProxy(ctx, e.found))
	return e.found
}

// Closed is [Examiner.Diagnose] for a desk that could not be opened because of cause. It checks the
// disk, the keyring, the proxy and the browser, and adds a finding about cause.
func Closed(ctx context.Context, cfg Config, cause error, tell func(Finding)) []Finding {
	if cfg.ReadPolicy != nil {
		set, _ := cfg.ReadPolicy() // an error is a finding of its own
		cfg.Proxy = set.Proxy
	}
	e := &examination{cfg: cfg, tell: tell}
	e.local(ctx)
	e.note(e.checkProxy(ctx, nil))
	e.note(newFinding(PartDesk, Bad, request.Sentencef("desk_closed", "the desk cannot be opened: %w", cause),
		request.Sentencef("desk_todo", "nothing can be signed before this is repaired")))
	return e.found
}

// TryGateway checks the return address of one gateway and the gateway itself, and calls tell with
// each finding; tell may be nil. A check that fails is a finding. The error is not nil when there
// is no such gateway, when it cannot be opened as it is set up, or when ctx ends.
func (x *Examiner) TryGateway(ctx context.Context, name string, tell func(Finding)) error {
	profiles, err := x.gateways.Profiles()
	if err != nil {
		return err
	}
	p, err := profiles.Get(name)
	if err != nil {
		return err
	}
	e := &examination{cfg: x.cfg, tell: tell}
	e.note(findingOf(x.desk.CheckReturn(ctx, p)))
	checks, err := x.gateways.CheckProfile(ctx, p)
	if err != nil {
		return err
	}
	for _, f := range checks {
		e.note(findingOf(f))
	}
	return ctx.Err()
}

// Trial creates a document at the gateway of that name and deletes it again, and calls tell with each
// finding. It fails when the gateway cannot be tried, or when ctx ends. What was created is deleted also
// if ctx ends meanwhile, and then its deletion is told before Trial returns.
func (x *Examiner) Trial(ctx context.Context, name string, tell func(Finding)) error {
	checks, err := x.desk.TryDocument(ctx, name)
	if err != nil {
		return err
	}
	e := &examination{cfg: x.cfg, tell: tell}
	for _, f := range checks {
		e.note(findingOf(f))
	}
	return ctx.Err()
}

// examination is the state of one call of [Examiner.Diagnose], [Closed] or [Examiner.TryGateway].
type examination struct {
	cfg  Config
	tell func(Finding)

	mu    sync.Mutex
	found []Finding
}

// note removes the names of users from the paths in findings, adds the findings, and calls tell
// with each. Findings of other calls do not come in between.
func (e *examination) note(findings ...Finding) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, f := range findings {
		f.Detail, f.Cause = withoutUsers(f.Detail), causeWithoutUsers(f.Cause)
		f.Advice, f.AdviceCause = withoutUsers(f.Advice), causeWithoutUsers(f.AdviceCause)
		e.found = append(e.found, f)
		if e.tell != nil {
			e.tell(f)
		}
	}
}

// local makes the checks that need neither the ledger nor a gateway, and notes their findings.
func (e *examination) local(ctx context.Context) {
	if e.cfg.ReadPolicy != nil {
		e.note(checkPolicy(e.cfg.ReadPolicy()))
	}
	e.note(checkDisk(e.cfg.Home))
	e.note(checkAccess(e.cfg.Home)...)
	e.note(e.checkKeyring(ctx))
	if e.cfg.Browser != nil {
		e.note(e.checkBrowser(ctx))
	}
}

func checkDisk(dir home.Dir) Finding {
	if err := dir.CheckWritable(); err != nil {
		return newFinding(PartDisk, Bad, request.Sentencef("disk_unwritable", "the home cannot be written to: %w", err),
			request.Sentencef("disk_unwritable_todo", "free space on its disk, mount it writable, or give yourself permission to write in the folder"))
	}
	d := files.DiskOf(dir.Path())
	detail := request.Sentencef("disk_writable", "%s can be written to", dir.Path())
	if d.Known {
		detail = request.Sentencef("disk_space", "%s can be written to; %s are free", dir.Path(), request.Bytes(min(d.Free, math.MaxInt64)))
	}
	switch {
	case d.Known && d.Free < noSpace:
		return newFinding(PartDisk, Bad, detail, request.Sentencef("disk_full_todo", "free space on this disk, or signed files soon cannot be stored"))
	case d.Network != "":
		detail = request.Sentencef("disk_share", "%s, and it is a network share (%s)", detail, d.Network)
		return newFinding(PartDisk, Warning, detail, request.Sentencef("disk_share_todo", "move the home to a disk of this computer, because shares lock files badly and a ledger needs that: countersignctl backup FILE, then countersignctl --home NEW restore FILE"))
	case d.Known && d.Free < littleSpace:
		return newFinding(PartDisk, Warning, detail, request.Sentencef("disk_low_todo", "free space on this disk soon"))
	}
	return newFinding(PartDisk, Well, detail, none)
}

// checkAccess returns a finding if others than its owner can open the home or something in it, and nil otherwise.
func checkAccess(dir home.Dir) []Finding {
	open := dir.OpenToOthers()
	if open == "" {
		return nil
	}
	advice := request.Sentencef("disk_access_todo", "run chmod 700 %s; if this line stays, the disk keeps no permissions: move the home to one that does", dir.Path())
	if runtime.GOOS == "windows" {
		advice = request.Sentencef("disk_access_todo_windows", "start the program again, which takes the rights of others away; if this line stays, let an administrator run icacls HOME /reset /T, with the folder of the home in place of HOME")
	}
	return []Finding{newFinding(PartDisk, Warning, request.Sentencef("disk_access", "other users of this computer can open %s", open), advice)}
}

func (e *examination) checkKeyring(ctx context.Context) Finding {
	place, err := e.cfg.Secrets.Probe(ctx)
	switch {
	case errors.Is(err, secret.ErrLocked):
		return newFinding(PartKeyring, Warning, request.Sentencef("keyring_is_locked", "it is locked"),
			request.Sentencef("keyring_locked_todo", "unlock the system's keyring, or make one there: until then, secrets in it cannot be used and none is stored"))
	case err != nil:
		return newFinding(PartKeyring, Warning, request.Sentencef("keyring_failed", "it cannot be used: %w", err),
			request.Sentencef("keyring_failed_todo", "repair the system's keyring: until then, its secrets cannot be used and none can be stored"))
	case place == secret.File:
		return newFinding(PartKeyring, Warning, request.Sentencef("keyring_none", "there is none: secrets are kept in %s, which only its owner can read", e.cfg.Home.Secrets()),
			request.Sentencef("keyring_none_todo", "set up the system's keyring, then enter the secrets again"))
	}
	return newFinding(PartKeyring, Well, request.Sentencef("keyring_works", "it stores and returns secrets"), none)
}

func (e *examination) checkBrowser(ctx context.Context) Finding {
	found, err := e.cfg.Browser(ctx)
	switch {
	case errors.Is(err, ErrNoDisplay):
		return newFinding(PartBrowser, Warning, request.SentenceOf(err),
			request.Sentencef("browser_no_display_todo", "copy the address of a signing into a browser on this computer"))
	case err != nil:
		return newFinding(PartBrowser, Bad, request.Sentencef("browser_none", "none was found: %w", err),
			request.Sentencef("browser_none_todo", "install a browser, or copy the address of a signing into one on this computer"))
	}
	return newFinding(PartBrowser, Well, request.Sentencef("browser_found", "addresses are opened by %s", found), none)
}

func (x *Examiner) checkLedger(ctx context.Context) Finding {
	h, err := x.ledger.QuickCheck(ctx, checkedLinks)
	switch {
	case err != nil:
		return newFinding(PartLedger, Bad, request.Sentencef("ledger_unreadable", "it cannot be read: %w", err),
			request.Sentencef("ledger_unreadable_todo", "close other programs that use this home, or restore a backup"))
	case h.Fault != nil:
		return newFinding(PartLedger, Bad, request.Sentencef("ledger_broken", "the register is not intact at entry %d: %s", request.Count(h.Fault.Number), h.Fault.Sentence()),
			request.Sentencef("ledger_broken_todo", "keep a copy of the home, check it with countersignctl audit, and restore a backup"))
	}
	if h.Signed < h.Events {
		return newFinding(PartLedger, Warning,
			request.Sentencef("ledger_unsigned", "schema %d, events: %d, intact at the end of the chain: %d, not signed yet: %d", h.Schema, request.Count(h.Events), request.Count(h.Checked), request.Count(h.Events-h.Signed)),
			request.Sentencef("ledger_unsigned_todo", "unlock the keyring, or use the desk where its keyring is; only if the register's key is lost for good, make a new one with countersignctl register new-key"))
	}
	return newFinding(PartLedger, Well,
		request.Sentencef("ledger_signed", "schema %d, events: %d, intact at the end of the chain: %d, all signed", h.Schema, request.Count(h.Events), request.Count(h.Checked)), none)
}

// maxDamaged is how many requests with damaged files are counted at most.
const maxDamaged = 1000

// checkDocuments returns a finding if requests have stored files that are known to be altered or missing,
// and nil otherwise. It does not read these files: an audit does.
func (x *Examiner) checkDocuments(ctx context.Context) []Finding {
	damaged, err := x.ledger.IDs(ctx, ledger.Query{Damaged: true}, maxDamaged)
	if err != nil || len(damaged) == 0 {
		return nil // a ledger that cannot be read has its own finding
	}
	return []Finding{newFinding(PartDocuments, Bad,
		request.Sentencef("documents_damaged", "stored files are altered or missing; affected requests: %d", request.Count(len(damaged))),
		request.Sentencef("documents_damaged_todo", "see countersignctl list --damaged, put the files back from a backup, and run countersignctl audit"))}
}

// checkNotices checks that this program notices at once what other programs write to the ledger.
func (x *Examiner) checkNotices(ctx context.Context) Finding {
	if err := x.ledger.ProbeNotices(ctx); err != nil {
		return newFinding(PartNotices, Warning, request.Sentencef("notices_late", "changes by other programs appear some seconds late: %w", err),
			request.Sentencef("notices_late_todo", "close programs that watch many files, let the administrator raise fs.inotify.max_user_instances, or move the home to a disk of this computer"))
	}
	return newFinding(PartNotices, Well, request.Sentencef("notices_work", "changes by other programs appear immediately"), none)
}

// checkReturns checks every port that return addresses have: the desk's, those of the gateways, and
// those of the visits that are out.
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
			f = ofPort(f, p.CallbackPort)
		}
		findings = append(findings, f)
	}
	lost, err := x.desk.CheckLostReturns(ctx)
	if err != nil {
		return append(findings, newFinding(gateway.PartReturn, Bad, request.SentenceOf(err), none))
	}
	for _, port := range slices.Sorted(maps.Keys(lost)) {
		if !seen[port] {
			findings = append(findings, ofPort(findingOf(lost[port]), port))
		}
	}
	return findings
}

// ofPort returns f as a finding about a port. If f is [Bad], it adds the program that has the port, where
// that is known.
func ofPort(f Finding, port int) Finding {
	f.Subject = strconv.Itoa(port)
	f.Name += " " + f.Subject
	if who := portOwner(port); who.Text != "" && f.Verdict == Bad {
		found := request.Sentencef("return_taken_by", "%s: it is %s", request.Sentence{Text: f.Detail, Cause: f.Cause}, who)
		f.Detail, f.Cause = found.Text, found.Cause
	}
	return f
}

// checkGateway checks a gateway. It returns nil for a practice gateway that is neither the default nor has
// open requests: such a gateway is not started for this.
func (x *Examiner) checkGateway(ctx context.Context, p gateway.Profile, isDefault bool) []Finding {
	name := "gateway " + p.Name
	if p.Practice && !isDefault {
		open, err := x.ledger.IDs(ctx, ledger.Query{Gateway: p.Name, Statuses: []request.Status{request.Pending, request.Signing}}, 1)
		if err == nil && len(open) == 0 {
			return nil
		}
	}
	checks, err := x.gateways.CheckProfile(ctx, p)
	if err != nil {
		f := newFinding("", Bad, request.SentenceOf(err), request.Sentencef("gateway_todo", "correct its entry in %s", x.cfg.Home.Gateways()))
		f.Name, f.Subject = name, p.Name
		return []Finding{f}
	}
	var findings []Finding
	for _, checked := range checks {
		f := findingOf(checked)
		f.Name, f.Subject = name+": "+f.Name, p.Name
		findings = append(findings, f)
	}
	return findings
}

// findingOf converts a check result to a finding. A result that is OK and has advice is a
// [Warning].
func findingOf(g gateway.CheckResult) Finding {
	f := newFinding(g.Name, Well, request.Sentence{Text: g.Detail, Cause: g.Cause}, request.Sentence{Text: g.Advice, Cause: g.AdviceCause})
	switch {
	case !g.OK:
		f.Verdict = Bad
	case g.Advice != "":
		f.Verdict = Warning
	}
	return f
}
