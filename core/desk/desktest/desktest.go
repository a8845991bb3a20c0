// Package desktest opens desks for the tests of packages that work with one.
package desktest

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"countersign/core/desk"
	"countersign/core/desk/fake"
	"countersign/core/gateways"
	"countersign/core/home"
	"countersign/core/input"
	"countersign/core/ledger"
	"countersign/core/request"
	"countersign/core/sealing"
)

// Rig is a desk on a home of its own with two gateways, one and two. It is closed when the test ends. Its
// own methods end the test when something fails.
type Rig struct {
	testing.TB
	*desk.Desk
	*gateways.Gateways
	fake.Office
	Ledger  *ledger.Ledger
	Sealer  *sealing.Sealer
	Dir     home.Dir
	Config  desk.Config     // what Open opens the desk with, except Ledger and Gateways
	Setup   gateways.Config // what Open opens the gateways with, except Ledger
	Alone   bool            // no other process uses the home
	Trouble func(error)     // called with the troubles of Sealer
	KeyFile string          // the field of that name of sealing.Config
}

// New opens a desk on a new home. Its clock, ids and browser are those of a [fake.World].
func New(t testing.TB) *Rig {
	t.Helper()
	dir, err := home.Open(filepath.Join(t.TempDir(), "home"))
	if err != nil {
		t.Fatal(err)
	}
	r := &Rig{TB: t, Office: fake.NewOffice(), Dir: dir, Alone: true, Trouble: func(error) {}}
	log := slog.New(slog.DiscardHandler)
	r.Config = desk.Config{Home: dir, OpenURL: r.OpenURL, Now: r.Now, NewID: r.NewID, Person: "ana", Log: log}
	r.Setup = gateways.Config{Home: dir, Kinds: r.Office.Kinds(), Secrets: r.Secrets, Now: r.Now, Log: log}
	r.Must(os.WriteFile(dir.Gateways(), []byte(fake.Profiles), 0o600))
	r.Open()
	t.Cleanup(r.Close)
	return r
}

// Open opens the ledger, the sealer and the desk with the fields of r as they are now. The desk must be
// closed.
func (r *Rig) Open() {
	r.Helper()
	cfg := r.Config
	r.Sealer = sealing.New(sealing.Config{Home: r.Dir, Secrets: r.Setup.Secrets, KeyFile: r.KeyFile, Now: cfg.Now, Log: cfg.Log, Trouble: func(err error) { r.Trouble(err) }})
	var err error
	r.Ledger, err = ledger.Open(r.Context(), r.Dir.Path(), ledger.Options{Now: cfg.Now, Exclusive: r.Alone, Log: cfg.Log, Signer: r.Sealer.Signer})
	r.Must(err)
	r.Sealer.Use(r.Context(), r.Ledger)
	setup := r.Setup
	setup.Ledger = r.Ledger
	r.Gateways, err = gateways.Open(setup)
	r.Must(err)
	cfg.Ledger, cfg.Gateways = r.Ledger, r.Gateways
	r.Desk = desk.Open(cfg)
}

// Close closes the desk, the sealer and the ledger. It does nothing when the desk is closed already.
func (r *Rig) Close() {
	r.Helper()
	if r.Desk == nil {
		return
	}
	r.Desk.Close()
	r.Gateways.Close()
	r.Sealer.Close()
	if err := r.Ledger.Close(); err != nil {
		r.Error(err)
	}
	r.Desk = nil
}

// Restart closes the desk, as if the program ended, and opens it again with the fields of r as they are
// now.
func (r *Rig) Restart() {
	r.Helper()
	r.Close()
	r.Open()
}

// Must ends the test when there is an error.
func (r *Rig) Must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

// NewRequest adds a request of one document for the gateway of that name.
func (r *Rig) NewRequest(gatewayName string) request.Request {
	r.Helper()
	q, err := r.Add(r.Context(), desk.New{Gateway: gatewayName, Files: []input.File{input.Memory("Lease.pdf", fake.Samples(r).Original)}})
	r.Must(err)
	return q
}

// Launch adds a request of one document for a gateway and begins its visit. It opens no browser.
func (r *Rig) Launch(gatewayName string) (request.Request, request.Visit) {
	r.Helper()
	q := r.NewRequest(gatewayName)
	visits, err := r.Sign(r.Context(), q.ID)
	r.Must(err)
	if len(visits) != 1 {
		r.Fatalf("%d visits", len(visits))
	}
	return r.Request(q.ID), visits[0]
}

// Request returns a request as it is now.
func (r *Rig) Request(id request.ID) request.Request {
	r.Helper()
	q, err := r.Ledger.Get(r.Context(), id)
	r.Must(err)
	return q
}

// Events returns what happened to a request, oldest first.
func (r *Rig) Events(id request.ID) []request.Event {
	r.Helper()
	events, err := r.Ledger.Events(r.Context(), id)
	r.Must(err)
	return events
}

// Until waits until the condition is(q) holds for the request q with that id, without a limit of time, and
// returns the request as it is then.
func (r *Rig) Until(id request.ID, is func(request.Request) bool) request.Request {
	r.Helper()
	notices, err := r.Ledger.Watch(r.Context())
	r.Must(err)
	for {
		if q := r.Request(id); is(q) {
			return q
		}
		if _, open := <-notices; !open {
			r.Fatal("the ledger was closed")
		}
	}
}

// End ends a request that is being signed with the status s, as if its gateway had answered so. Nothing is
// fetched.
func (r *Rig) End(id request.ID, s request.Status) {
	r.Helper()
	q := r.Request(id)
	answer := &request.Answer{VisitID: q.Visit.ID, Status: s, Code: string(s), Evidence: request.ByGateway, NextStep: request.StepNone}
	for range q.Documents {
		answer.Documents = append(answer.Documents, request.DocumentResult{Code: string(s), Signed: s == request.Signed})
	}
	_, err := r.Ledger.Append(r.Context(), ledger.Change{ID: id, Version: q.Version, Events: []request.Event{{Kind: request.KindAnswered, Answer: answer}}})
	r.Must(err)
}
