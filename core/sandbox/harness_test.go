package sandbox_test

import (
	"bytes"
	"context"
	"encoding/json"
	"html"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"go.uber.org/goleak"

	"countersign/core/sandbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const scope = "urn:safelayer:eidas:sign:process:document"

// clock is a clock that only the test advances.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// rig is a Sandbox that is being served, with methods by which a test calls it as a client.
type rig struct {
	*testing.T
	dir    string
	clock  *clock
	box    *sandbox.Sandbox
	root   string
	client *http.Client
	stop   func()
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{T: t, dir: filepath.Join(t.TempDir(), "practice"), clock: &clock{now: time.Date(2026, 5, 4, 9, 30, 0, 0, time.UTC)}}
	r.start()
	t.Cleanup(func() { r.stop() })
	return r
}

func (r *rig) start() {
	r.Helper()
	box, err := sandbox.Open(r.dir, sandbox.Options{Now: r.clock.Now})
	r.must(err)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	r.must(err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- box.Serve(ctx, ln) }()
	transport := &http.Transport{}
	r.box, r.root = box, "http://"+ln.Addr().String()
	r.client = &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	r.stop = sync.OnceFunc(func() {
		transport.CloseIdleConnections()
		cancel()
		if err := <-done; err != nil {
			r.Errorf("serve: %v", err)
		}
	})
}

func (r *rig) restart() {
	r.Helper()
	r.stop()
	r.start()
}

func (r *rig) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

// answer is a response whose body has been read.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (r *rig) do(req *http.Request) answer {
	r.Helper()
	resp, err := r.client.Do(req)
	r.must(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	r.must(err)
	return answer{resp.StatusCode, resp.Header, body}
}

func (r *rig) request(method, address string, body io.Reader) *http.Request {
	r.Helper()
	if strings.HasPrefix(address, "/") {
		address = r.root + address
	}
	req, err := http.NewRequest(method, address, body)
	r.must(err)
	return req
}

// want fails the test unless the response has the status. It returns the response.
func (r *rig) want(status int, a answer) answer {
	r.Helper()
	if a.status != status {
		r.Fatalf("status %d, want %d: %s", a.status, status, a.body)
	}
	return a
}

func (r *rig) json(a answer, into any) {
	r.Helper()
	if ct := a.header.Get("Content-Type"); ct != "application/json" {
		r.Fatalf("content type %q: %s", ct, a.body)
	}
	r.must(json.Unmarshal(a.body, into))
}

func (r *rig) token() string {
	r.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {scope}}
	var body struct {
		Token string `json:"access_token"`
	}
	r.json(r.want(200, r.do(r.tokenRequest(form))), &body)
	return body.Token
}

func (r *rig) tokenRequest(form url.Values) *http.Request {
	r.Helper()
	req := r.request("POST", "/trustedx-authserver/oauth/main-as/token", strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(r.box.Credentials().ClientID, r.box.Credentials().ClientSecret)
	return req
}

// call sends a request to the TRIDENT API.
func (r *rig) call(token, method, address string) answer {
	r.Helper()
	req := r.request(method, address, nil)
	req.Header.Set("Authorization", "Bearer "+token)
	return r.do(req)
}

// part is a part of a multipart request.
type part struct{ name, file, content string }

func (r *rig) multipart(address string, parts ...part) *http.Request {
	r.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, p := range parts {
		var w io.Writer
		var err error
		if p.file != "" {
			w, err = form.CreateFormFile(p.name, p.file)
		} else {
			w, err = form.CreateFormField(p.name)
		}
		r.must(err)
		_, err = io.WriteString(w, p.content)
		r.must(err)
	}
	r.must(form.Close())
	req := r.request("POST", address, &body)
	req.Header.Set("Content-Type", form.FormDataContentType())
	return req
}

type processJSON struct {
	ID    string `json:"id"`
	Self  string `json:"self"`
	Tasks *struct {
		Pending []struct{ Type, ID, URL string } `json:"pending"`
	} `json:"tasks"`
	Signing *struct {
		Identity struct{ ID string } `json:"sign_identity"`
	} `json:"signing_information"`
	Result    *resultJSON `json:"result"`
	Documents []struct {
		ID, URL, Content string
		Result           *resultJSON
	} `json:"documents"`
}

type resultJSON struct {
	Status  string
	Details struct{ Message string }
}

// callback is not at the gateway: no system gives a server that port if it asks for any.
const callback = "http://127.0.0.1:29999/return/ticket?kept=1"

// processPart returns the JSON of a process. more is inserted into the signature's parameters.
func processPart(more string) string {
	return `{"process_type":"urn:safelayer:eidas:processes:document:sign:esigp","labels":[["a","server"]],
		"signer":{"signature_policy_id":"urn:safelayer:eidas:policies:sign:document:pdf","parameters":{"type":"pades-baseline","reason":"Aprobación","location":"Madrid"` + more + `}},
		"finish_callback_url":"` + callback + `"}`
}

func (r *rig) createProcess(token, process string, document []byte) processJSON {
	r.Helper()
	req := r.multipart("/trustedx-resources/esignsp/v2/signer_processes",
		part{"process", "", process}, part{"document", "contract.pdf", string(document)})
	req.Header.Set("Authorization", "Bearer "+token)
	a := r.want(201, r.do(req))
	var p processJSON
	r.json(a, &p)
	if a.header.Get("Location") != p.Self {
		r.Fatalf("Location %q, self %q", a.header.Get("Location"), p.Self)
	}
	return p
}

func (r *rig) result(token string, p processJSON) resultJSON {
	r.Helper()
	var result resultJSON
	r.json(r.want(200, r.call(token, "GET", p.Self+"/result")), &result)
	return result
}

// service sends a request to PortaSigma's API, with the service user's credentials.
func (r *rig) service(req *http.Request) answer {
	r.Helper()
	req.SetBasicAuth(r.box.Credentials().User, r.box.Credentials().Password)
	return r.do(req)
}

// addDoc creates a PortaSigma document with a request for each person. It returns the document's address and the ids of the requests.
func (r *rig) addDoc(document []byte, people ...signer) (address string, ids []string) {
	r.Helper()
	a := r.want(303, r.service(r.multipart("/portasigma/v1/docs/",
		part{"file", "acta.pdf", string(document)}, part{"title", "", "Acta 7"}, part{"comments", "", "Please sign."})))
	address = a.header.Get("Location")
	for _, p := range people {
		form := url.Values{"name": {p.name}, "email": {p.email}, "id-country": {"ES"}, "id-number": {p.number}}
		req := r.request("POST", address, strings.NewReader(form.Encode()))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		location := r.want(303, r.service(req)).header.Get("Location")
		if !strings.HasPrefix(location, address+"signers/") {
			r.Fatalf("signer's address is %q", location)
		}
		ids = append(ids, filepath.Base(location))
	}
	return address, ids
}

type signer struct{ name, email, number string }

var (
	sample = signer{sandbox.SampleSigner.Name, sandbox.SampleSigner.Email, sandbox.SampleSigner.Number}
	ana    = signer{"Ana Pérez", "ana@example.test", "12345678Z"}
)

// browser is a browser without JavaScript.
type browser struct {
	*rig
	client *http.Client
	page   string
	status int
	header http.Header
	left   string // where the gateway redirected it to, once that is elsewhere
}

func (r *rig) browser() *browser {
	jar, err := cookiejar.New(nil)
	r.must(err)
	c := *r.client
	c.Jar = jar
	return &browser{rig: r, client: &c}
}

func (b *browser) open(address string) {
	b.Helper()
	if strings.HasPrefix(address, "/") {
		address = b.root + address
	}
	b.follow(b.request("GET", address, nil))
}

func (b *browser) follow(req *http.Request) {
	b.Helper()
	for range 5 {
		resp, err := b.client.Do(req)
		b.must(err)
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		b.must(err)
		b.page, b.status, b.header, b.left = string(body), resp.StatusCode, resp.Header, ""
		location := resp.Header.Get("Location")
		if location == "" {
			return
		}
		if resp.StatusCode != http.StatusSeeOther {
			b.Fatalf("redirect with %d", resp.StatusCode)
		}
		if strings.HasPrefix(location, "/") {
			location = b.root + location
		}
		if !strings.HasPrefix(location, b.root+"/") {
			b.left = location
			return
		}
		req = b.request("GET", location, nil)
	}
	b.Fatal("redirected in circles")
}

var (
	actionSyntax = regexp.MustCompile(`<form method="post" action="([^"]*)"`)
	tokenSyntax  = regexp.MustCompile(`name="form_token" value="([^"]*)"`)
)

// press fills in the named controls and presses a button, all of which must be on the page.
func (b *browser) press(button string, filled ...string) {
	b.Helper()
	action, token := actionSyntax.FindStringSubmatch(b.page), tokenSyntax.FindStringSubmatch(b.page)
	if action == nil || token == nil || !strings.Contains(b.page, `id="`+button+`"`) {
		b.Fatalf("no button %q on the page: %s", button, b.page)
	}
	// The practice form has the same action and token as the page's own form.
	form := url.Values{"form_token": {token[1]}, "action": {button}}
	for i := 0; i < len(filled); i += 2 {
		if !strings.Contains(b.page, `name="`+filled[i]+`"`) {
			b.Fatalf("no control %q on the page: %s", filled[i], b.page)
		}
		form.Add(filled[i], filled[i+1])
	}
	req := b.request("POST", html.UnescapeString(action[1]), strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	b.follow(req)
}

// shows fails the test unless the page contains the text.
func (b *browser) shows(text string) {
	b.Helper()
	if !strings.Contains(html.UnescapeString(b.page), text) {
		b.Fatalf("the page does not show %q (status %d, left for %q): %s", text, b.status, b.left, b.page)
	}
}

// isBack fails the test unless the browser was redirected to address, which is not at the gateway.
func (b *browser) isBack(address string) {
	b.Helper()
	if b.left != address {
		b.Fatalf("sent to %q, want %q; page: %s", b.left, address, b.page)
	}
}

// samplePDF returns a small PDF of two pages. It is the same each time.
func samplePDF(t testing.TB) []byte {
	t.Helper()
	doc := fpdf.New("P", "mm", "A4", "")
	made := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	doc.SetCreationDate(made)
	doc.SetModificationDate(made)
	doc.SetCatalogSort(true)
	for _, text := range []string{"A contract for practice.", "Its second page."} {
		doc.AddPage()
		doc.SetFont("Helvetica", "", 16)
		doc.Text(20, 30, text)
	}
	var out bytes.Buffer
	if err := doc.Output(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// checkSigned fails the test unless the signed file begins with the original bytes, and pdfsig, which shares no code with this package,
// finds that number of valid signatures, the last of which covers the whole file. It returns the report of pdfsig.
func checkSigned(t testing.TB, original, signed []byte, signatures int) string {
	t.Helper()
	if len(signed) <= len(original) || !bytes.HasPrefix(signed, original) {
		t.Fatal("the signed file does not begin with the original bytes")
	}
	if runtime.GOOS == "windows" {
		t.Skip("pdfsig is asked on other systems")
	}
	pdfsig, err := exec.LookPath("pdfsig")
	if err != nil {
		t.Fatal("pdfsig is needed to check signatures: install poppler-utils")
	}
	file := filepath.Join(t.TempDir(), "signed.pdf")
	if err := os.WriteFile(file, signed, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(pdfsig, "-nocert", file)
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir(), "LC_ALL=C")
	out, err := cmd.CombinedOutput()
	report := string(out)
	if err != nil {
		t.Fatalf("pdfsig: %v\n%s", err, report)
	}
	if n := strings.Count(report, "Signature is Valid."); n != signatures {
		t.Fatalf("%d valid signatures, want %d:\n%s", n, signatures, report)
	}
	last := report[strings.LastIndex(report, "Signature #"):]
	if !strings.Contains(last, "Total document signed") {
		t.Fatalf("the last signature does not cover the document:\n%s", report)
	}
	return report
}
