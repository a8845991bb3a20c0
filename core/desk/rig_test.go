package desk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"countersign/core/gateway"
	"countersign/core/home"
	"countersign/core/pdf/pdftest"
	"countersign/core/request"
	"countersign/core/secret"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fake is a gateway whose answers the test scripts.
type fake struct {
	mu    sync.Mutex
	can   gateway.Abilities
	calls []string

	prepareErr error
	atPrepare  func()                         // while it prepares
	atAsk      func()                         // while it is asked
	verdicts   map[request.ID]gateway.Verdict // what it knows
	askErr     error                          //
	within     time.Duration                  // how long it had for its last answer
	files      map[request.ID][][]byte        // what it hands over
	fetchErr   error                          //
	atFetch    func()                         // while it hands over
	discardErr error                          //
	atDiscard  func()                         // while it deletes
	byBrowser  bool                           // the return is the only word there is
	processes  int                            //
	trips      []gateway.Trip                 //
	asked      chan struct{}                  // told of every Ask, when there is one
}

func (f *fake) called(what string, args ...any) func() {
	f.mu.Lock()
	f.calls = append(f.calls, fmt.Sprintf(what, args...))
	return f.mu.Unlock
}

func (f *fake) seen() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.calls)
}

// set changes the script.
func (f *fake) set(change func(*fake)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(f)
}

func (f *fake) hook(get func(*fake) func()) {
	f.mu.Lock()
	h := get(f)
	f.mu.Unlock()
	if h != nil {
		h()
	}
}

func (f *fake) Abilities() gateway.Abilities {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.can
}

func (f *fake) Prepare(_ context.Context, trip gateway.Trip) (gateway.Prepared, error) {
	f.hook(func(f *fake) func() { return f.atPrepare })
	defer f.called("prepare %d", len(trip.Requests))()
	if f.prepareErr != nil {
		return gateway.Prepared{}, f.prepareErr
	}
	for _, r := range trip.Requests {
		for _, d := range r.Documents {
			content, err := trip.Open(d)
			if err != nil {
				return gateway.Prepared{}, err
			}
			content.Close()
		}
	}
	f.processes++
	f.trips = append(f.trips, trip)
	p := gateway.Prepared{ProcessID: fmt.Sprintf("p%d", f.processes), Sessions: map[request.ID]request.SessionIDs{}}
	p.URL = "https://one.example/sign/" + p.ProcessID
	for _, r := range trip.Requests {
		s := request.SessionIDs{RemoteID: p.ProcessID}
		for i := range r.Documents {
			s.Documents = append(s.Documents, fmt.Sprintf("d%d", i))
		}
		p.Sessions[r.ID] = s
	}
	return p, nil
}

// ReadReturn knows status=WORD, and a process that must be the visit's.
func (f *fake) ReadReturn(visit request.Visit, query url.Values) gateway.Hint {
	word := query.Get("status")
	hint := gateway.Hint{Word: word, Claims: request.Signing, Verdicts: map[request.ID]gateway.Verdict{}}
	if s := request.Status(word); s.Ended() {
		hint.Claims = s
	}
	if p := query.Get("process"); p != "" && p != visit.ProcessID {
		hint.Refuse = "it names another signing process"
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.byBrowser {
		for id, s := range visit.Sessions {
			hint.Verdicts[id] = verdict(hint.Claims, word, len(s.Documents))
		}
	}
	return hint
}

func (f *fake) Ask(ctx context.Context, _ request.Visit) (map[request.ID]gateway.Verdict, error) {
	f.hook(func(f *fake) func() { return f.atAsk })
	defer f.called("ask")()
	f.within = time.Hour
	if deadline, bounded := ctx.Deadline(); bounded {
		f.within = time.Until(deadline)
	}
	if f.asked != nil {
		f.asked <- struct{}{}
	}
	return f.verdicts, f.askErr
}

func (f *fake) Fetch(_ context.Context, _ request.Visit, id request.ID, document int) (io.ReadCloser, error) {
	f.hook(func(f *fake) func() { return f.atFetch })
	defer f.called("fetch %d", document)()
	if f.fetchErr != nil {
		return nil, f.fetchErr
	}
	if document >= len(f.files[id]) || f.files[id][document] == nil {
		return nil, gateway.ErrNoFile
	}
	return io.NopCloser(bytes.NewReader(f.files[id][document])), nil
}

func (f *fake) Discard(_ context.Context, visit request.Visit) error {
	f.hook(func(f *fake) func() { return f.atDiscard })
	defer f.called("discard %s", visit.ProcessID)()
	return f.discardErr
}

func (f *fake) Check(context.Context) []gateway.Finding {
	return []gateway.Finding{{Name: "address", OK: true}}
}

// verdict is what a gateway says of all documents of a request.
func verdict(s request.Status, word string, documents int) gateway.Verdict {
	v := gateway.Verdict{Status: s, Word: word}
	for range documents {
		v.Documents = append(v.Documents, request.DocumentResult{Word: word, Signed: s == request.Signed})
	}
	return v
}

// secrets is a store in memory.
type secrets struct {
	mu      sync.Mutex
	kept    map[string]string // gateway|origin
	failure error
}

func (s *secrets) Set(_ context.Context, gateway, origin, value string) (secret.Place, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failure != nil {
		return "", s.failure
	}
	s.kept[gateway+"|"+origin] = value
	return secret.File, nil
}

func (s *secrets) Get(_ context.Context, gateway, origin string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v, ok := s.kept[gateway+"|"+origin]; ok {
		return v, nil
	}
	return "", secret.ErrNotFound
}

func (s *secrets) Where(_ context.Context, gateway string) (secret.Place, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key := range s.kept {
		if strings.HasPrefix(key, gateway+"|") {
			return secret.File, nil
		}
	}
	return "", secret.ErrNotFound
}

func (s *secrets) Probe(context.Context) (secret.Place, error) { return secret.Keyring, s.failure }

func (s *secrets) Delete(_ context.Context, gateway string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key := range s.kept {
		if strings.HasPrefix(key, gateway+"|") {
			delete(s.kept, key)
		}
	}
	return nil
}

// rig is a desk on a home of its own with two gateways, one and two.
type rig struct {
	testing.TB
	*Desk
	dir      home.Dir
	one, two *fake
	secrets  *secrets
	config   Config

	mu     sync.Mutex
	now    time.Time
	ids    int
	opened []string
}

const profiles = `default = "one"
[gateways.one]
kind = "fake"
url = "https://one.example"
[gateways.two]
kind = "other"
url = "https://two.example"
`

func newRig(t testing.TB) *rig {
	t.Helper()
	dir, err := home.Open(filepath.Join(t.TempDir(), "home"))
	if err != nil {
		t.Fatal(err)
	}
	can := gateway.Abilities{Documents: 2, TakesFiles: true, HandsOver: true, Discards: true}
	r := &rig{TB: t, dir: dir, one: &fake{can: can}, two: &fake{can: can}, secrets: &secrets{kept: map[string]string{}}}
	r.now = time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	kind := func(name string, f *fake) gateway.Kind {
		return gateway.Kind{
			Name:        name,
			New:         func(p gateway.Profile, _ gateway.Tools) (gateway.Gateway, error) { return f, p.Decode(nil) },
			Credentials: func(p gateway.Profile) string { return p.URL },
		}
	}
	r.config = Config{
		Home: dir, Kinds: []gateway.Kind{kind("fake", r.one), kind("other", r.two)}, Secrets: r.secrets,
		OpenURL: func(address string) error {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.opened = append(r.opened, address)
			return nil
		},
		Now: func() time.Time {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.now = r.now.Add(time.Second)
			return r.now
		},
		NewID: func() request.ID {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.ids++
			return request.ID(fmt.Sprintf("r%d", r.ids))
		},
		Person: "ana", Alone: true, Log: slog.New(slog.DiscardHandler),
	}
	if err := os.WriteFile(dir.Gateways(), []byte(profiles), 0o600); err != nil {
		t.Fatal(err)
	}
	r.open()
	t.Cleanup(func() { r.close() })
	return r
}

func (r *rig) open() {
	r.Helper()
	d, err := Open(r.Context(), r.config)
	if err != nil {
		r.Fatal(err)
	}
	r.Desk = d
}

func (r *rig) close() {
	r.Helper()
	if r.Desk == nil {
		return
	}
	if err := r.Desk.Close(); err != nil {
		r.Error(err)
	}
	r.Desk = nil
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

// The same bytes for every test: making and signing a PDF takes its time.
var (
	makeFiles     sync.Once
	original      []byte
	signed        []byte
	someoneElses  []byte // signed, and another document
	unsignedNewer []byte // begins with the original, and carries no signature
)

func sampleFiles(t testing.TB) {
	makeFiles.Do(func() {
		original = pdftest.Plain(t, "A lease")
		signed = pdftest.Sign(t, original, "Ana")
		someoneElses = pdftest.Sign(t, pdftest.Plain(t, "Another lease"), "Ana")
		unsignedNewer = append(slices.Clone(original), "\n% more\n%%EOF\n"...)
	})
}

// add puts a request of one document on the desk.
func (r *rig) add(gatewayName string) request.Request {
	r.Helper()
	sampleFiles(r)
	q, err := r.Add(r.Context(), New{Gateway: gatewayName, Files: []File{MemoryFile("Lease.pdf", original)}})
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
	q, err := r.Get(r.Context(), id)
	r.must(err)
	return q
}

// kinds lists what happened to a request.
func (r *rig) kinds(id request.ID) []request.Kind {
	r.Helper()
	events, err := r.Events(r.Context(), id)
	r.must(err)
	var kinds []request.Kind
	for _, e := range events {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

func (r *rig) last(id request.ID) request.Event {
	r.Helper()
	events, err := r.Events(r.Context(), id)
	r.must(err)
	return events[len(events)-1]
}

// back is a browser that comes back for a visit with a query.
func (r *rig) back(v request.Visit, query string) {
	r.Helper()
	values, err := url.ParseQuery(query)
	r.must(err)
	if _, err := r.Take(r.Context(), v.Ticket, values); err != nil {
		r.Fatal(err)
	}
}

// until waits until a request is as it should be.
func (r *rig) until(id request.ID, is func(request.Request) bool) request.Request {
	r.Helper()
	notices, err := r.Watch(r.Context())
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

var errDown = &gateway.Error{Fault: gateway.Unreachable, Gateway: "one", Doing: "ask for the outcome", Err: errors.New("refused")}
