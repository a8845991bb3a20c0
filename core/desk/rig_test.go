package desk

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"sync"
	"testing"

	"countersign/core/callback"
	"countersign/core/desk/fake"
	"countersign/core/gateways"
	"countersign/core/home"
	"countersign/core/input"
	"countersign/core/ledger"
	"countersign/core/office"
	"countersign/core/request"
)

// rig is a desk on a home of its own, or one of an office, with two gateways, one and two.
type rig struct {
	testing.TB
	*Desk
	*gateways.Gateways
	fake.Office
	dir    home.Dir
	config Config          // without its ledger and gateways
	setup  gateways.Config // without its ledger
	alone  bool            // no other process uses the home
	link   *office.Link
	client *http.Client // of the gateway that is asked what it was shown

	database string // of the office
}

func newRig(t testing.TB) *rig {
	t.Helper()
	dir, err := home.Open(filepath.Join(t.TempDir(), "home"))
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{TB: t, Office: fake.NewOffice(), dir: dir, alone: true}
	log := slog.New(slog.DiscardHandler)
	r.config = Config{Home: dir, OpenURL: r.OpenURL, Now: r.Now, NewID: r.NewID, Person: "ana", Log: log}
	r.setup = gateways.Config{Home: dir, Kinds: r.Office.Kinds(), Secrets: r.Secrets, Now: r.Now, Log: log}
	if err := os.WriteFile(dir.Gateways(), []byte(fake.Profiles), 0o600); err != nil {
		t.Fatal(err)
	}
	r.open()
	t.Cleanup(func() { r.close() })
	return r
}

func (r *rig) open() {
	r.Helper()
	cfg, setup := r.config, r.setup
	var err error
	options := ledger.Options{Now: cfg.Now, Exclusive: r.alone, Log: cfg.Log}
	if r.link != nil {
		options.Office = r.link.Ledger()
		cfg.Office, setup.Office = r.link, r.link
	}
	cfg.Ledger, err = ledger.Open(r.Context(), r.dir.Path(), options)
	r.must(err)
	setup.Ledger = cfg.Ledger
	r.Gateways, err = gateways.Open(setup)
	r.must(err)
	cfg.Gateways = r.Gateways
	r.Desk = Open(cfg)
}

func (r *rig) close() {
	r.Helper()
	if r.Desk == nil {
		return
	}
	r.Desk.Close()
	r.Gateways.Close()
	if err := r.ledger.Close(); err != nil {
		r.Error(err)
	}
	r.Desk = nil
}

// second opens another desk on the same home, as another process would.
func (r *rig) second() *rig {
	r.Helper()
	other := &rig{TB: r.TB, dir: r.dir, config: r.config, setup: r.setup}
	other.open()
	return other
}

// restart closes the desk as if the program ended, and opens it again.
func (r *rig) restart() {
	r.Helper()
	r.close()
	r.open()
}

func (r *rig) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

// The same files for every test: making and signing a PDF takes some time.
var (
	makeFiles     sync.Once
	original      []byte
	signed        []byte
	someoneElses  []byte // a signed file of another document
	unsignedNewer []byte // begins with the original, is longer and has no signature
)

func sampleFiles(t testing.TB) {
	makeFiles.Do(func() {
		samples := fake.Samples(t)
		original, signed, someoneElses, unsignedNewer = samples.Original, samples.Signed, samples.Other, samples.UnsignedNewer
	})
}

// add adds a request of one document.
func (r *rig) add(gatewayName string) request.Request {
	r.Helper()
	sampleFiles(r)
	q, err := r.Add(r.Context(), New{Gateway: gatewayName, Files: []input.File{input.Memory("Lease.pdf", original)}})
	r.must(err)
	return q
}

// launch adds a request and signs it: its browser is out.
func (r *rig) launch(gatewayName string) (request.Request, request.Visit) {
	r.Helper()
	q := r.add(gatewayName)
	visits, err := r.Sign(r.Context(), q.ID)
	r.must(err)
	if len(visits) != 1 {
		r.Fatalf("%d visits", len(visits))
	}
	return r.get(q.ID), visits[0]
}

func (r *rig) get(id request.ID) request.Request {
	r.Helper()
	q, err := r.ledger.Get(r.Context(), id)
	r.must(err)
	return q
}

// kinds returns the kinds of a request's events.
func (r *rig) kinds(id request.ID) []request.EventKind {
	r.Helper()
	events, err := r.ledger.Events(r.Context(), id)
	r.must(err)
	var kinds []request.EventKind
	for _, e := range events {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

func (r *rig) last(id request.ID) request.Event {
	r.Helper()
	events, err := r.ledger.Events(r.Context(), id)
	r.must(err)
	return events[len(events)-1]
}

// back lets a browser come back from a visit with a query.
func (r *rig) back(v request.Visit, query string) {
	r.Helper()
	values, err := url.ParseQuery(query)
	r.must(err)
	if _, err := r.HandleReturn(r.Context(), callback.Return{Ticket: path.Base(v.ReturnURL), Query: values}); err != nil {
		r.Fatal(err)
	}
}

// until waits until a condition holds for a request.
func (r *rig) until(id request.ID, is func(request.Request) bool) request.Request {
	r.Helper()
	notices, err := r.ledger.Watch(r.Context())
	r.must(err)
	for {
		if q := r.get(id); is(q) {
			return q
		}
		if _, open := <-notices; !open {
			r.Fatal("the desk was closed")
		}
	}
}

// run settles in the background until the returned function is called.
func (r *rig) run() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	d := r.Desk
	go func() { done <- d.Run(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			r.Error(err)
		}
	}
}
