// Package fake has stand-ins for a gateway and for the store of secrets, whose answers a test scripts,
// and sample files. The tests of the desk use them, and those of the rooms that work with it.
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
	PrepareErr error
	AtPrepare  func()                           // called while it prepares a visit
	AtAsk      func()                           // called while it is asked
	Outcomes   map[request.ID]gateway.Outcome   // what it answers when asked
	OutcomeOf  func(request.ID) gateway.Outcome // if it is set, in place of Outcomes; the zero value is no answer
	AskErr     error
	Within     time.Duration           // how long the caller gave it for its last answer
	Files      map[request.ID][][]byte // what it hands over, by document
	FileOf     func(request.ID) []byte // if it is set, in place of Files
	FetchErr   error
	AtFetch    func() // called while it hands a file over
	DiscardErr error
	AtDiscard  func()              // called while it deletes
	ByBrowser  bool                // its returns say what became of the requests
	Visits     []gateway.VisitSpec // visits that it prepared
	Asked      chan struct{}       // receives at every Ask, when there is one
	processes  int
}

func (g *Gateway) called(what string, args ...any) func() {
	g.mu.Lock()
	g.calls = append(g.calls, fmt.Sprintf(what, args...))
	return g.mu.Unlock
}

// Seen returns the calls so far.
func (g *Gateway) Seen() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.calls)
}

// Set changes the script.
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

// ParseReturn understands status=CODE, and process=ID, which has to be the visit's.
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

// Check implements [gateway.Gateway].
func (g *Gateway) Check(context.Context) []gateway.CheckResult {
	return []gateway.CheckResult{{Name: gateway.PartAddress, OK: true}}
}

// NewOutcome returns an outcome with the same code for the request and all of its documents.
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
	Kept    map[string]string // by name|origin
	Failure error             // of Set and Probe
}

// NewSecrets returns an empty store.
func NewSecrets() *Secrets { return &Secrets{Kept: map[string]string{}} }

// Change changes the store.
func (s *Secrets) Change(change func(*Secrets)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

// Set keeps a secret.
func (s *Secrets) Set(_ context.Context, gateway, origin, value string) (secret.Backend, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Failure != nil {
		return "", s.Failure
	}
	s.Kept[gateway+"|"+origin] = value
	return secret.File, nil
}

// SetInFile keeps a secret, also where Set fails.
func (s *Secrets) SetInFile(_ context.Context, gateway, origin, value string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Kept[gateway+"|"+origin] = value
	return nil
}

// Get returns a secret.
func (s *Secrets) Get(_ context.Context, gateway, origin string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v, ok := s.Kept[gateway+"|"+origin]; ok {
		return v, nil
	}
	return "", secret.ErrNotFound
}

// Backend returns where a secret is.
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

// Probe reports a keyring.
func (s *Secrets) Probe(context.Context) (secret.Backend, error) { return secret.Keyring, s.Failure }

// Delete removes the secrets of a name.
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

// ErrDown is what a gateway that does not answer fails with.
var ErrDown = &gateway.Error{Fault: gateway.Unreachable, Gateway: "one", Doing: request.Sentencef("doing_ask", "ask for the outcome"), Err: errors.New("refused")}

// Kind returns a kind of gateway of which g is the only one.
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

// Samples returns the sample files.
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

// Flipped returns a signed file in which one byte that its last signature covers is different. The file reads the same as
// before.
func Flipped(file []byte) []byte {
	changed := bytes.Clone(file)
	changed[bytes.LastIndex(changed, []byte(" 0 R"))] = '\t'
	return changed
}
