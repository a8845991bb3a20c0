package ui

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"countersign/core/desk"
	"countersign/core/diagnosis"
	"countersign/core/export"
	"countersign/core/gateway"
	"countersign/core/gateways"
	"countersign/core/i18n"
	"countersign/core/input"
	"countersign/core/ledger"
	"countersign/core/proof"
	"countersign/core/register"
	"countersign/core/request"
	"countersign/core/sealing"
	"countersign/core/secret"
	"countersign/core/settings"
	"countersign/core/stats"
	"countersign/core/workspace"
)

// watchedDesk is a desk that counts the reads of the window, and whose methods a test can delay or replace.
type watchedDesk struct {
	*workspace.Workspace
	mu         sync.Mutex
	queries    []ledger.Query
	rows       int
	beforeView func(ctx context.Context, q ledger.Query)
	failView   error
	failWatch  error
	notices    chan ledger.Notice // replaces the desk's notices
	deaf       bool               // ignores the end of the context of a read
	uncounted  bool               // query pages have no total
	beforeAdd  func(context.Context)
	beforeForm func()                                                           // called before the desk reads its settings or the form of a gateway
	atStats    func(context.Context, stats.Period)                              // called within Stats
	look       func(context.Context, func(desk.Candidate)) (desk.Intake, error) // replaces the desk's method
	verify     func(context.Context, string) (proof.Verified, error)            // replaces the desk's method
	signedAt   time.Time                                                        // replaces the time in signatures, unless zero
	diagnose   func(ctx context.Context, tell func(diagnosis.Finding))          // replaces the desk's method
	audit      func(ctx context.Context, tell func(ledger.Progress)) error      // called before the desk's method
	found      []diagnosis.Finding                                              // replaces the findings of the desk, unless nil
	export     func(context.Context, export.Table, func(done, total int)) (int, error)
	evidence   func(ctx context.Context, id request.ID, path string) error
	atImport   func(context.Context) // called at each step of an import that writes
	moved      gateways.Moved        // of that gateway
	shared     string                // the name of a gateway that is listed as one of the office
	asksCert   bool                  // that gateway asks for a client certificate
}

func (d *watchedDesk) ListGateways(ctx context.Context) ([]gateways.Info, error) {
	infos, err := d.Workspace.ListGateways(ctx)
	for i := range infos {
		if infos[i].Office = infos[i].Name == d.shared; infos[i].Office {
			infos[i].AsksClientCert = d.asksCert
			infos[i].Moved = d.moved
		}
	}
	return infos, err
}

func (d *watchedDesk) ConfirmGateway(ctx context.Context, name, origin string) error {
	if name == d.shared && origin == d.moved.To {
		d.moved = gateways.Moved{}
		return nil
	}
	return d.Workspace.ConfirmGateway(ctx, name, origin)
}

func (d *watchedDesk) Import(ctx context.Context, file input.File, o desk.ImportOptions, each func(desk.ImportStep) error) (desk.Imported, error) {
	return d.Workspace.Import(ctx, file, o, func(step desk.ImportStep) error {
		if d.atImport != nil && !o.DryRun {
			d.atImport(ctx)
		}
		return each(step)
	})
}

// storeSeeded stores the files of a seed that the home does not have yet.
func (d *watchedDesk) storeSeeded(ctx context.Context, digests ...string) {
	for _, digest := range digests {
		content, seeded := seedFiles.Load(digest)
		if _, err := os.Stat(d.DocumentPath(digest)); seeded && err != nil {
			d.Ledger.PutDocument(ctx, bytes.NewReader(content.([]byte)), 1<<30) // without it, the window says that it is missing
		}
	}
}

func (d *watchedDesk) CheckFiles(ctx context.Context, id request.ID) (request.Request, error) {
	r, err := d.Workspace.Get(ctx, id)
	if err != nil {
		return r, err
	}
	for _, f := range r.Files() {
		d.storeSeeded(ctx, f.SHA256)
	}
	return d.Workspace.CheckFiles(ctx, id)
}

func (d *watchedDesk) CheckDocument(ctx context.Context, digest string) error {
	d.storeSeeded(ctx, digest)
	return d.Workspace.CheckDocument(ctx, digest)
}

// SignaturesOf replaces the time of signing, because test documents are signed by the real clock.
func (d *watchedDesk) SignaturesOf(ctx context.Context, digest string) ([]proof.Signature, error) {
	d.storeSeeded(ctx, digest)
	found, err := d.Workspace.SignaturesOf(ctx, digest)
	for i := range found {
		if !d.signedAt.IsZero() {
			found[i].SignedAt = d.signedAt
		}
	}
	return found, err
}

func (d *watchedDesk) FormOf(ctx context.Context, name string) (gateways.Form, error) {
	if d.beforeForm != nil {
		d.beforeForm()
	}
	return d.Workspace.FormOf(ctx, name)
}

func (d *watchedDesk) Settings(ctx context.Context) (settings.Settings, error) {
	if d.beforeForm != nil {
		d.beforeForm()
	}
	return d.Workspace.Settings(ctx)
}

func (d *watchedDesk) Diagnose(ctx context.Context, tell func(diagnosis.Finding)) []diagnosis.Finding {
	if d.diagnose != nil {
		d.diagnose(ctx, tell)
		return nil
	}
	if d.found == nil {
		return d.Workspace.Diagnose(ctx, tell)
	}
	for _, f := range d.found {
		tell(f)
	}
	return d.found
}

func (d *watchedDesk) Verify(ctx context.Context, path string) (proof.Verified, error) {
	if d.verify != nil {
		return d.verify(ctx, path)
	}
	return d.Workspace.Verify(ctx, path)
}

func (d *watchedDesk) AuditAll(ctx context.Context, seal *register.Seal, tell func(ledger.Progress)) (sealing.Audited, error) {
	if d.audit != nil {
		if err := d.audit(ctx, tell); err != nil {
			return sealing.Audited{}, err
		}
	}
	return d.Workspace.AuditAll(ctx, seal, tell)
}

func (d *watchedDesk) Add(ctx context.Context, n desk.New) (request.Request, error) {
	if d.beforeAdd != nil {
		d.beforeAdd(ctx)
	}
	return d.Workspace.Add(ctx, n)
}

func (d *watchedDesk) Stats(ctx context.Context, p stats.Period) (stats.Summary, error) {
	if d.atStats != nil {
		d.atStats(ctx, p)
	}
	if d.deaf {
		ctx = context.WithoutCancel(ctx)
	}
	return d.Workspace.Stats(ctx, p)
}

func (d *watchedDesk) Look(ctx context.Context, paths []string, each func(desk.Candidate)) (desk.Intake, error) {
	if d.look != nil {
		return d.look(ctx, each)
	}
	return d.Workspace.Look(ctx, paths, each)
}

func (d *watchedDesk) Export(ctx context.Context, e export.Table, progress func(done, total int)) (int, error) {
	if d.export != nil {
		return d.export(ctx, e, progress)
	}
	return d.Workspace.Export(ctx, e, progress)
}

func (d *watchedDesk) SaveEvidence(ctx context.Context, id request.ID, path string, replace bool, lang i18n.Language) error {
	if d.evidence != nil {
		return d.evidence(ctx, id, path)
	}
	return d.Workspace.SaveEvidence(ctx, id, path, replace, lang)
}

func (d *watchedDesk) Watch(ctx context.Context) (<-chan ledger.Notice, error) {
	if d.failWatch != nil {
		return nil, d.failWatch
	}
	if d.notices != nil {
		return d.notices, nil
	}
	return d.Workspace.Watch(ctx)
}

func (d *watchedDesk) Query(ctx context.Context, q ledger.Query) (ledger.QueryPage, error) {
	d.mu.Lock()
	d.queries = append(d.queries, q)
	before, fail := d.beforeView, d.failView
	d.mu.Unlock()
	if before != nil {
		before(ctx, q)
	}
	if fail != nil {
		return ledger.QueryPage{}, fail
	}
	if d.deaf {
		ctx = context.WithoutCancel(ctx)
	}
	page, err := d.Workspace.Query(ctx, q)
	d.mu.Lock()
	d.rows += len(page.Requests)
	if d.uncounted {
		page.Total = -1
	}
	d.mu.Unlock()
	return page, err
}

func (d *watchedDesk) read() (queries, rows int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.queries), d.rows
}

// fakeGateway is a gateway whose answers the test sets.
type fakeGateway struct {
	mu       sync.Mutex
	refuse   error // of Prepare
	outcome  gateway.Outcome
	signed   func(request.ID) []byte // what Fetch hands over; nothing when nil
	prepared int
	hold     chan struct{} // Prepare waits for it, when set
	findings []gateway.CheckResult
	trials   int   // how many were made
	noTrial  error // of CanTry
	can      gateway.Capabilities
}

func newFakeGateway() *fakeGateway {
	return &fakeGateway{can: gateway.Capabilities{MaxDocuments: 10, AcceptsFiles: true, ReturnsSigned: true}}
}

func (g *fakeGateway) kind() gateway.Kind {
	return gateway.Kind{
		Name:      "fake",
		New:       func(gateway.Profile, gateway.Tools) (gateway.Gateway, error) { return g, nil },
		SecretURL: func(gateway.Profile) string { return "" },
		ParseLink: func(p gateway.Profile, link string) ([]string, bool) {
			ids, ok := strings.CutPrefix(link, p.URL+"/sign?ids=")
			if !ok || p.URL == "" {
				return nil, false
			}
			return strings.Split(ids, ","), true
		},
	}
}

func (g *fakeGateway) set(change func(*fakeGateway)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	change(g)
}

func (g *fakeGateway) Capabilities() gateway.Capabilities {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.can
}

func (g *fakeGateway) Prepare(ctx context.Context, visit gateway.VisitSpec) (gateway.PreparedVisit, error) {
	g.mu.Lock()
	hold := g.hold
	g.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
			return gateway.PreparedVisit{}, ctx.Err()
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.refuse != nil {
		return gateway.PreparedVisit{}, g.refuse
	}
	g.prepared++
	return gateway.PreparedVisit{URL: fmt.Sprintf("https://sign.example.org/visit/%d", g.prepared), ProcessID: fmt.Sprint(g.prepared)}, nil
}

func (g *fakeGateway) ParseReturn(request.Visit, url.Values) gateway.ReturnHint {
	return gateway.ReturnHint{Code: "finished", Status: request.Signed}
}

func (g *fakeGateway) CanAsk(request.Visit, request.ID) bool { return true }

func (g *fakeGateway) Ask(_ context.Context, visit request.Visit) (map[request.ID]gateway.Outcome, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	verdicts := map[request.ID]gateway.Outcome{}
	if g.outcome.Status != "" {
		for _, id := range visit.Requests {
			verdicts[id] = g.outcome
		}
	}
	return verdicts, nil
}

func (g *fakeGateway) Fetch(_ context.Context, _ request.Visit, id request.ID, _ int) (io.ReadCloser, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.signed == nil {
		return nil, gateway.ErrNoFile
	}
	return io.NopCloser(bytes.NewReader(g.signed(id))), nil
}

func (g *fakeGateway) Discard(context.Context, request.Visit) error { return nil }

func (g *fakeGateway) Check(context.Context) []gateway.CheckResult {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.findings
}

func (g *fakeGateway) CanTry() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.noTrial
}

func (g *fakeGateway) Try(context.Context, gateway.VisitSpec) []gateway.CheckResult {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.trials++
	return []gateway.CheckResult{
		gateway.TrialCreated("p17", "https://sign.example.org/ui?id=p17"),
		gateway.TrialDeleted("p17", nil, func() (int, error) { return 200, nil }),
	}
}

func (g *fakeGateway) tried() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.trials
}

type noSecrets struct{}

func (noSecrets) Set(context.Context, string, string, string) (secret.Backend, error) {
	return "", errors.New("no secrets in this test")
}

func (noSecrets) SetInFile(context.Context, string, string, string) error {
	return errors.New("no secrets in this test")
}

func (noSecrets) Get(context.Context, string, string) (string, error) { return "", secret.ErrNotFound }

func (noSecrets) Backend(context.Context, string) (secret.Backend, error) {
	return "", secret.ErrNotFound
}
func (noSecrets) Origin(context.Context, string) (string, error) { return "", secret.ErrNotFound }
func (noSecrets) Move(context.Context, string, string) error     { return secret.ErrNotFound }
func (noSecrets) Delete(context.Context, string) error           { return nil }
func (noSecrets) Probe(context.Context) (secret.Backend, error)  { return secret.Keyring, nil }
