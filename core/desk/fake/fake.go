// Package fake has stand-ins for a gateway and for the store of secrets, whose answers a test scripts,
// and sample files. The tests of the desk use them, and the tests of packages that work with a desk.
package fake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign/core/gateway"
	"countersign/core/pdf/pdftest"
	"countersign/core/request"
	"countersign/core/secret"
)

// Gateway is a gateway whose answers the test scripts. Its fields are read and changed within
// [Gateway.Set] once the gateway is in use.
type Gateway struct {
	mu    sync.Mutex
	calls []string

	Can        gateway.Capabilities
	WrongID    string                           // an id that CheckID refuses; none when empty
	PrepareErr error                            // what Prepare fails with; nil when it succeeds
	AtPrepare  func()                           // called at the beginning of Prepare; may be nil
	AtAsk      func()                           // called at the beginning of Ask; may be nil
	Outcomes   map[request.ID]gateway.Outcome   // what Ask returns, unless OutcomeOf is set
	OutcomeOf  func(request.ID) gateway.Outcome // the outcome that Ask returns for a request; none if its Status is empty
	AskErr     error                            // what Ask returns beside the outcomes
	Within     time.Duration                    // the time that the last call of Ask had; an hour when it had no deadline
	Files      map[request.ID][][]byte          // what Fetch hands over, by document; ErrNoFile for a nil file
	FileOf     func(request.ID) []byte          // what Fetch hands over for each document of a request, in place of Files if it is set
	FetchErr   error                            // what Fetch fails with; nil when it succeeds
	AtFetch    func()                           // called at the beginning of Fetch; may be nil
	DiscardErr error                            // what Discard fails with; nil when it succeeds
	AtDiscard  func()                           // called at the beginning of Discard; may be nil
	ByBrowser  bool                             // ParseReturn returns outcomes
	Visits     []gateway.VisitSpec              // what Prepare was called with
	Asked      chan struct{}                    // if it is set, Ask sends to it and waits until the test receives
	processes  int                              // how many visits Prepare has prepared
}

func (g *Gateway) called(what string, args ...any) func() {
	g.mu.Lock()
	g.calls = append(g.calls, fmt.Sprintf(what, args...))
	return g.mu.Unlock
}

// Seen returns the calls so far, in order, such as "prepare 1" (the number of requests), "ask", "fetch 0"
// (the index of the document) and "discard p1" (the id of the process).
func (g *Gateway) Seen() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.calls)
}

// Set calls the function change with the gateway, while no call of the gateway is under way.
func (g *Gateway) Set(change func(*Gateway)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	change(g)
}

func (g *Gateway) hook(get func(*Gateway) func()) {
	g.mu.Lock()
	h := get(g)
	g.mu.Unlock()
	if h != nil {
		h()
	}
}

// CheckID implements [gateway.IDChecker].
func (g *Gateway) CheckID(id string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.WrongID != "" && id == g.WrongID {
		return errors.New("no such id")
	}
	return nil
}

// Capabilities implements [gateway.Gateway].
func (g *Gateway) Capabilities() gateway.Capabilities {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.Can
}

// Prepare implements [gateway.Gateway].
func (g *Gateway) Prepare(_ context.Context, spec gateway.VisitSpec) (gateway.PreparedVisit, error) {
	g.hook(func(g *Gateway) func() { return g.AtPrepare })
	defer g.called("prepare %d", len(spec.Requests))()
	if g.PrepareErr != nil {
		return gateway.PreparedVisit{}, g.PrepareErr
	}
	for _, r := range spec.Requests {
		for _, d := range r.Documents {
			content, err := spec.OpenDocument(d)
			if err != nil {
				return gateway.PreparedVisit{}, err
			}
			_ = content.Close()
		}
	}
	g.processes++
	g.Visits = append(g.Visits, spec)
	p := gateway.PreparedVisit{ProcessID: fmt.Sprintf("p%d", g.processes), RemoteIDs: map[request.ID]request.RemoteIDs{}}
	p.URL = "https://one.example/sign/" + p.ProcessID
	for _, r := range spec.Requests {
		s := request.RemoteIDs{Request: p.ProcessID}
		for i := range r.Documents {
			s.Documents = append(s.Documents, fmt.Sprintf("d%d", i))
		}
		p.RemoteIDs[r.ID] = s
	}
	return p, nil
}

// ParseReturn understands the parameter status, a status of a request, and rejects a return whose
// parameter process is the id of another process than the visit's.
func (g *Gateway) ParseReturn(visit request.Visit, query url.Values) gateway.ReturnHint {
	code := query.Get("status")
	hint := gateway.ReturnHint{Code: code, Status: request.Signing, Outcomes: map[request.ID]gateway.Outcome{}}
	if s := request.Status(code); s.Ended() {
		hint.Status = s
	}
	if p := query.Get("process"); p != "" && p != visit.ProcessID {
		hint.Rejection = request.Sentencef("other_process", "it names another signing process")
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ByBrowser {
		for id, s := range visit.RemoteIDs {
			hint.Outcomes[id] = NewOutcome(hint.Status, code, len(s.Documents))
		}
	}
	return hint
}

// CanAsk implements [gateway.Gateway].
func (g *Gateway) CanAsk(request.Visit, request.ID) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return !errors.Is(g.AskErr, gateway.ErrCannotAsk)
}

// Ask implements [gateway.Gateway].
func (g *Gateway) Ask(ctx context.Context, visit request.Visit) (map[request.ID]gateway.Outcome, error) {
	g.hook(func(g *Gateway) func() { return g.AtAsk })
	defer g.called("ask")()
	g.Within = time.Hour
	if deadline, bounded := ctx.Deadline(); bounded {
		g.Within = time.Until(deadline)
	}
	if g.Asked != nil {
		g.Asked <- struct{}{}
	}
	if g.OutcomeOf == nil {
		return g.Outcomes, g.AskErr
	}
	outcomes := map[request.ID]gateway.Outcome{}
	for _, id := range visit.Requests {
		if o := g.OutcomeOf(id); o.Status != "" {
			outcomes[id] = o
		}
	}
	return outcomes, g.AskErr
}

// Fetch implements [gateway.Gateway].
func (g *Gateway) Fetch(_ context.Context, _ request.Visit, id request.ID, document int) (io.ReadCloser, error) {
	g.hook(func(g *Gateway) func() { return g.AtFetch })
	defer g.called("fetch %d", document)()
	if g.FetchErr != nil {
		return nil, g.FetchErr
	}
	if g.FileOf != nil {
		return io.NopCloser(bytes.NewReader(g.FileOf(id))), nil
	}
	if document >= len(g.Files[id]) || g.Files[id][document] == nil {
		return nil, gateway.ErrNoFile
	}
	return io.NopCloser(bytes.NewReader(g.Files[id][document])), nil
}

// Discard implements [gateway.Gateway].
func (g *Gateway) Discard(_ context.Context, visit request.Visit) error {
	g.hook(func(g *Gateway) func() { return g.AtDiscard })
	defer g.called("discard %s", visit.ProcessID)()
	return g.DiscardErr
}

// Check returns one result, which is OK.
func (g *Gateway) Check(context.Context) []gateway.CheckResult {
	return []gateway.CheckResult{{Name: gateway.PartAddress, OK: true}}
}

// NewOutcome returns an outcome with the same code for the request and all of its documents. The
// documents are reported as signed if s is [request.Signed].
func NewOutcome(s request.Status, code string, documents int) gateway.Outcome {
	outcome := gateway.Outcome{Status: s, Code: code}
	for range documents {
		outcome.Documents = append(outcome.Documents, request.DocumentResult{Code: code, Signed: s == request.Signed})
	}
	return outcome
}

// Secrets is a store of secrets in memory. Its fields are read and changed within [Secrets.Change]
// once it is in use.
type Secrets struct {
	mu      sync.Mutex
	Kept    map[string]string // the secrets, by "name|origin"
	Failure error             // what Set and Probe fail with; nil when they succeed
}

// NewSecrets returns an empty store.
func NewSecrets() *Secrets { return &Secrets{Kept: map[string]string{}} }

// Change calls the function change with the store, while no other call uses it.
func (s *Secrets) Change(change func(*Secrets)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

// Set keeps a secret and returns [secret.File], or fails with Failure if that is set.
func (s *Secrets) Set(_ context.Context, gateway, origin, value string) (secret.Backend, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Failure != nil {
		return "", s.Failure
	}
	s.Kept[gateway+"|"+origin] = value
	return secret.File, nil
}

// SetInFile keeps a secret, also while Failure is set. It returns nil.
func (s *Secrets) SetInFile(_ context.Context, gateway, origin, value string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Kept[gateway+"|"+origin] = value
	return nil
}

// Get returns the secret of a name for an origin, or [secret.ErrNotFound], or [secret.ErrOtherOrigin] if it has one for another origin.
func (s *Secrets) Get(_ context.Context, gateway, origin string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v, ok := s.Kept[gateway+"|"+origin]; ok {
		return v, nil
	}
	for key := range s.Kept {
		if strings.HasPrefix(key, gateway+"|") {
			return "", secret.ErrOtherOrigin
		}
	}
	return "", secret.ErrNotFound
}

// Backend returns [secret.File] if the name has a secret for any origin, and [secret.ErrNotFound]
// otherwise.
func (s *Secrets) Backend(_ context.Context, gateway string) (secret.Backend, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key := range s.Kept {
		if strings.HasPrefix(key, gateway+"|") {
			return secret.File, nil
		}
	}
	return "", secret.ErrNotFound
}

// Probe returns [secret.Keyring] and Failure.
func (s *Secrets) Probe(context.Context) (secret.Backend, error) { return secret.Keyring, s.Failure }

// Origin returns an origin for which the name has a secret, or [secret.ErrNotFound].
func (s *Secrets) Origin(_ context.Context, gateway string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key := range s.Kept {
		if origin, found := strings.CutPrefix(key, gateway+"|"); found {
			return origin, nil
		}
	}
	return "", secret.ErrNotFound
}

// Move has the secrets of a name belong to another origin, or fails with [secret.ErrNotFound] if there are none.
func (s *Secrets) Move(_ context.Context, gateway, origin string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, value := range s.Kept {
		if strings.HasPrefix(key, gateway+"|") {
			delete(s.Kept, key)
			s.Kept[gateway+"|"+origin] = value
			return nil
		}
	}
	return secret.ErrNotFound
}

// Delete removes the secrets of a name for all origins. It returns nil.
func (s *Secrets) Delete(_ context.Context, gateway string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key := range s.Kept {
		if strings.HasPrefix(key, gateway+"|") {
			delete(s.Kept, key)
		}
	}
	return nil
}

// ErrDown is what asking the gateway one for an outcome fails with when it cannot be reached.
var ErrDown = &gateway.Error{Fault: gateway.Unreachable, Gateway: "one", Doing: request.Sentencef("doing_ask", "ask for the outcome"), Err: errors.New("refused")}

// Kind returns a kind of gateway of that name. Every profile of the kind opens g.
func Kind(name string, g *Gateway) gateway.Kind {
	return gateway.Kind{
		Name:      name,
		New:       func(p gateway.Profile, _ gateway.Tools) (gateway.Gateway, error) { return g, p.Decode(nil) },
		SecretURL: func(p gateway.Profile) string { return p.URL },
	}
}

// Profiles is a gateways.toml with the gateways one (of the kind fake) and two (of the kind other).
const Profiles = `version = 2
default = "one"
[gateways.one]
kind = "fake"
url = "https://one.example"
[gateways.two]
kind = "other"
url = "https://two.example"
`

// Files are sample files. They are the same for all tests of a package: making and signing a PDF takes
// some time.
type Files struct {
	Original      []byte
	Signed        []byte // Original, signed by Ana
	Other         []byte // another document, signed by Ana
	UnsignedNewer []byte // begins with Original, is longer and has no signature
}

var (
	makeFiles sync.Once
	samples   Files
)

// Samples returns the sample files, which the first call makes. It ends the test if that fails.
func Samples(t testing.TB) Files {
	t.Helper()
	makeFiles.Do(func() {
		samples.Original = pdftest.Plain(t, "A lease")
		samples.Signed = pdftest.Sign(t, samples.Original, "Ana")
		samples.Other = pdftest.Sign(t, pdftest.Plain(t, "Another lease"), "Ana")
		samples.UnsignedNewer = append(slices.Clone(samples.Original), "\n% more\n%%EOF\n"...)
	})
	return samples
}

// Flipped returns a copy of a signed file in which one byte that the last signature covers is
// different. Readers show the same as before, but the signature is broken.
func Flipped(file []byte) []byte {
	changed := bytes.Clone(file)
	changed[bytes.LastIndex(changed, []byte(" 0 R"))] = '\t'
	return changed
}
