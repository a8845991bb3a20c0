package desk_test

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign/assets"
	"countersign/core/desk"
	"countersign/core/gateway"
	"countersign/core/gateway/portasigma"
	"countersign/core/gateway/trident"
	"countersign/core/home"
	"countersign/core/input"
	"countersign/core/request"
	"countersign/core/sandbox"
	"countersign/core/sandbox/badday"
	"countersign/core/sandbox/signer"
	"countersign/core/secret"
	"countersign/core/workspace"
)

const (
	// A case takes a moment. Answers that never end have to be cut off long before this.
	caseTime = 5 * time.Minute
	// Answers that never end and large signed files must not be held in memory.
	caseMemory = 64 << 20
)

// practice is both practice gateways, and another machine that must never receive anything.
type practice struct {
	*testing.T
	box   *sandbox.Sandbox
	root  string
	other *httptest.Server

	mu    sync.Mutex
	heard []string // by the other machine
}

func newPractice(t *testing.T) *practice {
	t.Helper()
	box, err := sandbox.Open(t.TempDir(), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- box.Serve(ctx, l) }()
	p := &practice{T: t, box: box, root: "http://" + l.Addr().String()}
	p.other = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.heard = append(p.heard, fmt.Sprint(r.Method, r.URL, r.Header))
	}))
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
		p.other.Close()
		if len(p.heard) > 0 {
			t.Errorf("another machine was called: %v", p.heard)
		}
	})
	return p
}

// misbehave makes an object of the gateway misbehave, or behave again when how is empty.
func (p *practice) misbehave(of, how string) {
	p.Helper()
	c := p.box.Credentials()
	if how != "" {
		m := signer.Misbehavior{Of: of, How: how, Origin: p.other.URL}
		if err := m.Set(p.Context(), p.root, c.ClientID, c.ClientSecret); err != nil {
			p.Fatal(err)
		}
		return
	}
	if err := signer.Behave(p.Context(), p.root, c.ClientID, c.ClientSecret, of); err != nil {
		p.Fatal(err)
	}
}

// overheard is a transport that records the secrets in the desk's calls, and where they went.
type overheard struct {
	base http.RoundTripper
	by   *badCase
}

func (o overheard) RoundTrip(r *http.Request) (*http.Response, error) {
	o.by.hear(r)
	return o.base.RoundTrip(r)
}

// badCase is a desk of its own with one gateway.
type badCase struct {
	*testing.T
	*workspace.Workspace
	badday.Case
	practice *practice
	dir      home.Dir
	log      lockedBuffer

	mu      sync.Mutex
	secrets []string // that were sent
	said    []string // errors that were returned
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (c *badCase) hear(r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	header := r.Header.Get("Authorization")
	if header == "" {
		return
	}
	if "http://"+r.URL.Host != c.practice.root {
		c.Errorf("credentials went to %s", r.URL.Host)
	}
	_, sent, _ := strings.Cut(header, " ")
	if !slices.Contains(c.secrets, sent) {
		c.secrets = append(c.secrets, sent)
	}
}

func newBadCase(t *testing.T, p *practice, it badday.Case) *badCase {
	t.Helper()
	dir, err := home.Open(filepath.Join(t.TempDir(), "home"))
	if err != nil {
		t.Fatal(err)
	}
	c := &badCase{T: t, Case: it, practice: p, dir: dir}
	overhear := func(k gateway.Kind) gateway.Kind {
		open := k.New
		k.New = func(profile gateway.Profile, tools gateway.Tools) (gateway.Gateway, error) {
			if tools.HTTP != nil {
				client := *tools.HTTP
				client.Transport = overheard{client.Transport, c}
				tools.HTTP = &client
			}
			return open(profile, tools)
		}
		return k
	}
	c.Workspace, err = workspace.Open(t.Context(), workspace.Config{
		Home: dir, Kinds: []gateway.Kind{overhear(trident.Kind), overhear(portasigma.Kind)}, Alone: true,
		Log: slog.New(slog.NewTextHandler(&c.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	credentials := p.box.Credentials()
	profile, value := gateway.Profile{Name: "bad", Kind: it.Kind, URL: p.root + sandbox.TridentPath, Settings: map[string]any{
		"client_id": credentials.ClientID, "process_type": "urn:safelayer:eidas:processes:document:sign:esigp",
	}}, credentials.ClientSecret
	if it.Kind == badday.PortaSigma {
		who := sandbox.SampleSigner
		profile.URL, value = p.root+sandbox.PortaSigmaPath, credentials.Password
		profile.Settings = map[string]any{
			"api_url": p.root + sandbox.PortaSigmaAPIPath, "user": credentials.User, "signed_route": "docs/{document}/content/",
			"default_signer": map[string]any{"name": who.Name, "email": who.Email, "country": who.Country, "number": who.Number},
		}
	}
	c.secrets = []string{credentials.ClientSecret, credentials.Password}
	if _, err := c.AddGateway(t.Context(), profile, secret.Entered{Value: value}); err != nil {
		t.Fatal(err)
	}
	return c
}

// sign launches the request and lets the signer go through the pages.
func (c *badCase) sign(id request.ID, choice string, during func(request.Visit)) error {
	c.Helper()
	visits, err := c.Sign(c.Context(), id)
	if err != nil {
		return err
	}
	during(visits[0])
	if choice == "" {
		choice = string(signer.Sign)
	}
	if _, err := (signer.Visit{Choice: signer.Choice(choice)}).Run(c.Context(), visits[0].URL); err != nil {
		c.Fatal(err)
	}
	return nil
}

// refresh asks the gateway twice: it may misbehave only once.
func (c *badCase) refresh(id request.ID) request.Request {
	c.Helper()
	for range 2 {
		if err := c.Refresh(c.Context(), id); err != nil {
			c.said = append(c.said, err.Error())
		}
	}
	return c.get(id)
}

func (c *badCase) get(id request.ID) request.Request {
	c.Helper()
	r, err := c.Get(c.Context(), id)
	if err != nil {
		c.Fatal(err)
	}
	return r
}

func (c *badCase) is(r request.Request, status, evidence string) {
	c.Helper()
	got := ""
	if r.Outcome != nil {
		got = string(r.Outcome.Evidence)
	}
	if string(r.Status) != status || got != evidence {
		c.Errorf("it is %s, known by %q; it should be %s, known by %q: %+v", r.Status, got, status, evidence, r)
	}
}

// of returns the object that misbehaves.
func (c *badCase) of(r request.Request, visit request.Visit) string {
	session := visit.RemoteIDs[r.ID]
	switch {
	case c.Object == "next":
		return "next-" + c.Kind
	case c.Object == "document":
		return session.Documents[0]
	case c.Kind == badday.Trident:
		return visit.ProcessID
	}
	return session.Signatures[0]
}

func (c *badCase) run() {
	lease := assets.Samples()[0]
	r, err := c.Add(c.Context(), desk.New{Files: []input.File{input.Memory(lease.Name, lease.Bytes)}, Gateway: "bad"})
	if err != nil {
		c.Fatal(err)
	}
	if c.Object == "next" {
		c.practice.misbehave(c.of(r, request.Visit{}), c.How)
	}
	var visit request.Visit
	err = c.sign(r.ID, c.Choice, func(v request.Visit) {
		if visit = v; c.Object != "next" {
			c.practice.misbehave(c.of(r, v), c.How)
		}
	})
	if c.LaunchError != "" {
		c.refused(r.ID, err)
		return
	}
	if err != nil {
		c.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	now := c.refresh(r.ID)
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > caseMemory {
		c.Errorf("asking took %d MB of memory", used>>20)
	}
	c.is(now, c.Status, c.Evidence)
	if !strings.Contains(c.troubleOf(now), c.Contains) {
		c.Errorf("nothing says %q: %s", c.Contains, c.troubleOf(now))
	}
	if c.Object != "next" {
		c.practice.misbehave(c.of(r, visit), "")
	}
	if c.LaterStatus != "" {
		c.is(c.refresh(r.ID), c.LaterStatus, c.LaterEvidence)
	}
	if now := c.get(r.ID); now.Outcome.Evidence != request.ByDocument {
		c.again(now.ID)
	}
}

// refused checks that the launch failed: the request is pending with the reason, and can be signed.
func (c *badCase) refused(id request.ID, err error) {
	c.Helper()
	if err == nil || !strings.Contains(err.Error(), c.LaunchError) {
		c.Errorf("the launch: %v", err)
	}
	c.said = append(c.said, fmt.Sprint(err))
	now := c.get(id)
	c.is(now, string(request.Pending), "")
	if !strings.Contains(now.Trouble, c.LaunchError) {
		c.Errorf("its trouble is %q", now.Trouble)
	}
	c.practice.misbehave("next-"+c.Kind, "")
	c.finish(id)
}

// again makes a new attempt of the request.
func (c *badCase) again(id request.ID) {
	c.Helper()
	if _, err := c.Reopen(c.Context(), id); err != nil {
		c.Fatal(err)
	}
	c.finish(id)
}

func (c *badCase) finish(id request.ID) {
	c.Helper()
	if err := c.sign(id, "", func(request.Visit) {}); err != nil {
		c.Fatal(err)
	}
	c.is(c.refresh(id), string(request.Signed), string(request.ByDocument))
}

// troubleOf returns what the history of a request says about trouble.
func (c *badCase) troubleOf(r request.Request) string {
	said := []string{r.Trouble}
	if r.Outcome != nil {
		said = append(said, r.Outcome.Code, r.Outcome.Message)
	}
	for _, d := range r.Documents {
		if d.Signed != nil {
			said = append(said, d.Signed.Problem)
		}
	}
	return strings.Join(said, "; ")
}

// keepsSecrets checks that no secret that was sent is anywhere it must not be.
func (c *badCase) keepsSecrets() {
	c.Helper()
	places := map[string]string{"the log": c.log.String(), "the errors": strings.Join(c.said, "\n")}
	err := filepath.WalkDir(c.dir.Path(), func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() || path == c.dir.Secrets() {
			return err
		}
		content, err := os.ReadFile(path)
		if err == nil {
			info, infoErr := e.Info()
			if err = infoErr; err == nil && runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
				c.Errorf("%s can be read by others: %s", path, info.Mode())
			}
		}
		places[path] = string(content)
		return err
	})
	if err != nil {
		c.Fatal(err)
	}
	for place, text := range places {
		for _, secret := range c.secrets {
			if secret != "" && strings.Contains(text, secret) {
				c.Errorf("%s has a secret in it", place)
			}
		}
	}
	if len(c.secrets) < 3 {
		c.Errorf("only %d secrets were sent", len(c.secrets))
	}
}

// Whatever a gateway does, the request ends in a known status, nothing is lost, it can be signed
// after all, and no secret goes anywhere but to its gateway.
func TestEveryBadDayEndsWell(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "") // tests must not use the keyring of whoever runs them
	p := newPractice(t)
	for _, it := range badday.Cases {
		t.Run(strings.Join(strings.Fields(it.Kind+" "+it.How+" "+it.Object+" "+it.Choice), " "), func(t *testing.T) {
			limit := time.AfterFunc(caseTime, func() { panic("it does not end: " + t.Name()) })
			defer limit.Stop()
			c := newBadCase(t, p, it)
			c.run()
			c.keepsSecrets()
			if audit, err := c.Audit(t.Context(), nil, nil); err != nil {
				t.Errorf("%+v, %v", audit, err)
			}
		})
	}
}

// until waits until a condition holds for the requests.
func (c *badCase) until(is func(request.Request) bool, ids ...request.ID) {
	c.Helper()
	notices, err := c.Watch(c.Context())
	if err != nil {
		c.Fatal(err)
	}
	for slices.ContainsFunc(ids, func(id request.ID) bool { return !is(c.get(id)) }) {
		if _, open := <-notices; !open {
			c.Fatal("the desk was closed")
		}
	}
}

// The gateway hands over a wrong file for the first of two requests of a visit. The other one is
// settled, and nothing is deleted while the first is doubtful.
func TestANeighboursBadDayIsItsOwn(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "") // tests must not use the keyring of whoever runs them
	limit := time.AfterFunc(caseTime, func() { panic("it does not end: " + t.Name()) })
	defer limit.Stop()
	p := newPractice(t)
	c := newBadCase(t, p, badday.Case{Kind: badday.Trident, How: "wrong-document"})
	var ids []request.ID
	for _, sample := range assets.Samples()[:2] {
		r, err := c.Add(t.Context(), desk.New{Files: []input.File{input.Memory(sample.Name, sample.Bytes)}, Gateway: "bad"})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, r.ID)
	}
	visits, err := c.Sign(t.Context(), ids...)
	if err != nil || len(visits) != 1 {
		t.Fatalf("got %v, %v", visits, err)
	}
	document := visits[0].RemoteIDs[ids[0]].Documents[0]
	p.misbehave(document, c.How)

	ctx, stop := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- c.Desk.Run(ctx) }()
	if _, err := (signer.Visit{Choice: signer.Sign}).Run(t.Context(), visits[0].URL); err != nil {
		t.Fatal(err)
	}
	c.until(func(r request.Request) bool { return r.Status == request.Signed && r.Documents[0].Signed != nil }, ids...)
	stop()
	if err := <-ran; err != nil {
		t.Error(err)
	}

	c.is(c.refresh(ids[0]), "signed", "gateway")
	c.is(c.refresh(ids[1]), "signed", "document")
	if first, second := c.get(ids[0]), c.get(ids[1]); !strings.Contains(c.troubleOf(first), "does not begin with the bytes that were sent") || second.NextStep != request.StepDiscard {
		t.Errorf("got %+v, %+v", first, second)
	}
	p.misbehave(document, "")
	for _, id := range ids { // the right file is still there
		c.is(c.refresh(id), "signed", "document")
	}
	for _, id := range ids {
		if now := c.refresh(id); now.NextStep != request.StepNone {
			t.Errorf("not all done: %+v", now)
		}
	}
	c.keepsSecrets()
}
