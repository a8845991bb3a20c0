package trident_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"countersign/core/gateway"
	"countersign/core/gateway/trident"
	"countersign/core/request"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	clientID = "desk+one"
	// Characters that must be escaped (RFC 6749, section 2.3.1).
	clientSecret = "s3cret/with+signs&more"
	document     = "%PDF-1.7 the bytes as they were added"
	returnURL    = "http://127.0.0.1:5000/return/0123456789abcdef0123456789abcdef"
)

// double is a strict server of the protocol: requests that are not as documented fail the test.
type double struct {
	*testing.T
	*httptest.Server
	as string // authorization server in the token address

	mu      sync.Mutex
	tokens  int                         // number of tokens issued
	valid   string                      // the valid token
	calls   []string                    // "METHOD path", without those for tokens
	process map[string]any              // body of the last creation
	signers []any                       // signature definitions of the uploads
	bodies  []string                    // uploaded documents
	parts   []string                    // "name|type|file name" of the last creation
	answer  map[string]http.HandlerFunc // by "METHOD path", after the token was checked
	token   http.HandlerFunc            // instead of the token endpoint
}

func newDouble(t *testing.T) *double {
	d := &double{T: t, as: "main", answer: map[string]http.HandlerFunc{}}
	d.Server = httptest.NewServer(d)
	t.Cleanup(d.Close)
	return d
}

func (d *double) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/trustedx-authserver/") {
		d.giveToken(w, r)
		return
	}
	call := r.Method + " " + r.URL.EscapedPath()
	d.mu.Lock()
	d.calls = append(d.calls, call)
	known := r.Header.Get("Authorization") == "Bearer "+d.valid && d.valid != ""
	answer := d.answer[call]
	d.mu.Unlock()
	switch call {
	case "POST /trustedx-resources/esignsp/v2/signer_processes", "POST /trustedx-resources/esignsp/v2/documents":
		d.readCreation(r)
	}
	switch {
	case r.Header.Get("Authorization") == "":
		w.Header().Set("WWW-Authenticate", "Bearer")
		w.WriteHeader(http.StatusUnauthorized)
	case !known:
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token", error_description="`+r.Header.Get("Authorization")+`"`)
		w.WriteHeader(http.StatusUnauthorized)
	case answer == nil:
		d.Errorf("not a call of the protocol: %s", call)
		w.WriteHeader(http.StatusTeapot)
	default:
		answer(w, r)
	}
}

func (d *double) giveToken(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		d.Error(err)
	}
	wantAuth := "Basic " + base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(clientID)+":"+url.QueryEscape(clientSecret)))
	if _, password, _ := r.BasicAuth(); password == clientSecret && d.refusedOnce() {
		wantAuth = "Basic " + base64.StdEncoding.EncodeToString([]byte(clientID+":"+clientSecret))
	}
	for what, pair := range map[string][2]string{
		"the call":      {r.Method + " " + r.URL.RequestURI(), "POST /trustedx-authserver/oauth/" + d.as + "/token"},
		"credentials":   {r.Header.Get("Authorization"), wantAuth},
		"kind of body":  {r.Header.Get("Content-Type"), "application/x-www-form-urlencoded"},
		"body's fields": {string(body), "grant_type=client_credentials&scope=urn%3Asafelayer%3Aeidas%3Asign%3Aprocess%3Adocument"},
	} {
		if pair[0] != pair[1] {
			d.Errorf("token request, %s: got %q, want %q", what, pair[0], pair[1])
		}
	}
	d.mu.Lock()
	d.tokens++
	d.valid = fmt.Sprintf("tok-%d-hush", d.tokens)
	instead, value, bearer := d.token, d.valid, []string{"Bearer", "bearer"}[d.tokens%2]
	d.mu.Unlock()
	if instead != nil {
		instead(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	fmt.Fprintf(w, `{"access_token":%q,"token_type":%q,"expires_in":600,"scope":%q}`, value, bearer, trident.Scope)
}

// refusedOnce reports whether the token address was asked before.
func (d *double) refusedOnce() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.tokens > 0
}

func (d *double) readCreation(r *http.Request) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		d.Errorf("create: %q, %v", kind, err)
		return
	}
	var process map[string]any
	var parts, bodies []string
	switch {
	case kind == "application/json" && strings.HasSuffix(r.URL.Path, "/signer_processes"):
		if err := json.NewDecoder(r.Body).Decode(&process); err != nil {
			d.Errorf("process: %v", err)
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		d.process, d.parts = process, nil
		return
	case kind != "multipart/form-data":
		d.Errorf("create: %q", kind)
		return
	}
	var signers []any
	for reader := multipart.NewReader(r.Body, params["boundary"]); ; {
		p, err := reader.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			d.Errorf("create: %v", err)
			return
		}
		body, err := io.ReadAll(p)
		if err != nil {
			d.Errorf("create: %v", err)
		}
		parts = append(parts, p.FormName()+"|"+p.Header.Get("Content-Type")+"|"+p.FileName())
		switch p.FormName() {
		case "process":
			if err := json.Unmarshal(body, &process); err != nil {
				d.Errorf("process: %v", err)
			}
		case "signers":
			if err := json.Unmarshal(body, &signers); err != nil || len(signers) != 1 {
				d.Errorf("signers: %s, %v", body, err)
			}
		case "document":
			if !strings.HasPrefix(string(body), document) {
				d.Errorf("document: %q", body)
			}
			bodies = append(bodies, string(body))
		}
	}
	if stored := strings.HasSuffix(r.URL.Path, "/documents"); len(parts) != 2 || stored != (signers != nil) || stored == (process != nil) {
		d.Errorf("create: %q at %s", parts, r.URL.Path)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.process, d.parts = process, parts
	d.signers, d.bodies = append(d.signers, signers...), append(d.bodies, bodies...)
}

func (d *double) on(call string, status int, body string) {
	d.onDo(call, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		io.WriteString(w, strings.ReplaceAll(body, "ROOT", d.URL))
	})
}

func (d *double) onDo(call string, h http.HandlerFunc) {
	method, path, _ := strings.Cut(call, " ")
	d.mu.Lock()
	defer d.mu.Unlock()
	d.answer[method+" /trustedx-resources/esignsp/v2"+path] = h
}

func (d *double) seen() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var calls []string
	for _, c := range d.calls {
		calls = append(calls, strings.Replace(c, "/trustedx-resources/esignsp/v2", "", 1))
	}
	return calls
}

// expire makes the issued tokens invalid.
func (d *double) expire() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.valid = ""
}

// open returns the gateway under test.
func (d *double) open(kind gateway.Kind, settings map[string]any) gateway.Gateway {
	d.Helper()
	return d.openWith(kind, settings, 5*time.Second)
}

func (d *double) openWith(kind gateway.Kind, settings map[string]any, timeout time.Duration) gateway.Gateway {
	d.Helper()
	p := gateway.Profile{Name: "ours", Kind: kind.Name, URL: d.URL, Timeout: timeout, Settings: map[string]any{"client_id": clientID}}
	for key, value := range settings {
		p.Settings[key] = value
	}
	client, err := gateway.NewClient(p, gateway.Proxies{})
	if err != nil {
		d.Fatal(err)
	}
	d.Cleanup(client.CloseIdleConnections)
	g, err := kind.New(p, gateway.Tools{HTTP: client, Secret: func(context.Context) (string, error) { return clientSecret, nil }})
	if err != nil {
		d.Fatal(err)
	}
	return checked{g, d}
}

// checked is a gateway whose errors and outcomes are searched for secrets. Finding one fails the test.
type checked struct {
	gateway.Gateway
	d *double
}

func (c checked) look(err error) {
	c.d.Helper()
	if err == nil || errors.Is(err, gateway.ErrNoFile) {
		return
	}
	c.d.lookAt(err.Error())
	for inner := err; inner != nil; inner = errors.Unwrap(inner) {
		c.d.lookAt(inner.Error())
	}
}

func (d *double) lookAt(text string) {
	d.Helper()
	for _, hidden := range []string{clientSecret, url.QueryEscape(clientSecret), "hush", base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(clientID) + ":" + url.QueryEscape(clientSecret)))} {
		if strings.Contains(text, hidden) {
			d.Errorf("a secret is in: %s", text)
		}
	}
}

func (c checked) Prepare(ctx context.Context, spec gateway.VisitSpec) (gateway.PreparedVisit, error) {
	p, err := c.Gateway.Prepare(ctx, spec)
	c.look(err)
	return p, err
}

func (c checked) Ask(ctx context.Context, v request.Visit) (map[request.ID]gateway.Outcome, error) {
	all, err := c.Gateway.Ask(ctx, v)
	c.look(err)
	for _, outcome := range all {
		c.d.lookAt(outcome.Code + outcome.Message)
		for _, document := range outcome.Documents {
			c.d.lookAt(document.Code + document.Message)
		}
	}
	return all, err
}

func (c checked) Fetch(ctx context.Context, v request.Visit, id request.ID, i int) (io.ReadCloser, error) {
	body, err := c.Gateway.Fetch(ctx, v, id, i)
	c.look(err)
	return body, err
}

func (c checked) Discard(ctx context.Context, v request.Visit) error {
	err := c.Gateway.Discard(ctx, v)
	c.look(err)
	return err
}

func (c checked) Check(ctx context.Context) []gateway.CheckResult {
	findings := c.Gateway.Check(ctx)
	for _, f := range findings {
		c.d.lookAt(f.Detail + f.Advice)
	}
	return findings
}

func spec() gateway.VisitSpec {
	return gateway.VisitSpec{
		ReturnURL: returnURL,
		Requests: []request.Request{{ID: "r1", Title: "Lease", Documents: []request.Document{
			{Original: request.Original{Name: "Lease é.pdf", Size: int64(len(document))}},
		}}},
		OpenDocument: func(request.Document) (io.ReadCloser, error) {
			return io.NopCloser(bytes.NewBufferString(document)), nil
		},
	}
}

func visit(ids ...string) request.Visit {
	return request.Visit{ID: "t", ProcessID: "sp1", Requests: []request.ID{"r1"}, RemoteIDs: map[request.ID]request.RemoteIDs{
		"r1": {Request: "sp1", Documents: ids},
	}}
}

// faultOf returns the fault of an error, or 0.
func faultOf(err error) gateway.Fault {
	e, _ := errors.AsType[*gateway.Error](err)
	if e == nil {
		return 0
	}
	return e.Fault
}

// bystander returns the URL of a server that is not the gateway. A request to it fails the test.
func bystander(t *testing.T) string {
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("somebody else was asked: %s %s %v", r.Method, r.URL, r.Header)
	}))
	t.Cleanup(s.Close)
	return s.URL
}
