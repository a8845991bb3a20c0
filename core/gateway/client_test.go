package gateway_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"countersign/core/gateway"
	"countersign/core/gateway/trident"
	"countersign/core/request"
)

// shortest is a timeout for calls that are never answered.
const shortest = 20 * time.Millisecond

func newCaller(t *testing.T, p gateway.Profile) gateway.Caller {
	t.Helper()
	p.Name = "ours"
	client, err := gateway.NewClient(p, gateway.Proxies{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	return gateway.Caller{Gateway: "ours", HTTP: client, Timeout: p.Timeout}
}

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func get(t *testing.T, address string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

// fault returns err as an *Error. It fails the test unless the text of err has the gateway and the advice for the fault.
func fault(t *testing.T, err error) *gateway.Error {
	t.Helper()
	e, ok := errors.AsType[*gateway.Error](err)
	if !ok {
		t.Fatalf("no *gateway.Error: %v", err)
	}
	advice := regexp.MustCompile(`: (check|try|ask|open|enter) [^:]*(: try again later)?$`)
	if !strings.HasPrefix(e.Error(), "gateway ours: could not ") || !advice.MatchString(e.Error()) {
		t.Errorf("it does not say where or what to do: %v", e)
	}
	return e
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		followed := false
		address := serve(t, func(w http.ResponseWriter, r *http.Request) {
			followed = followed || r.URL.Path != "/"
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(status)
		})
		resp, _, err := newCaller(t, gateway.Profile{}).Do(get(t, address+"/"), asking, false)
		if err != nil || resp.StatusCode != status || followed {
			t.Errorf("%d: got %v, %v, followed: %v", status, resp, err, followed)
		}
		if err == nil {
			if e := fault(t, newCaller(t, gateway.Profile{}).UnexpectedStatus(resp, nil, asking)); e.Fault != gateway.BadAnswer {
				t.Errorf("%d: got %v", status, e)
			}
		}
	}
}

func TestCallsTimeOut(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/begins" { // and never ends
			w.WriteHeader(http.StatusOK)
			w.(http.Flusher).Flush()
		}
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	for _, path := range []string{"/never", "/begins"} {
		_, _, err := newCaller(t, gateway.Profile{Timeout: shortest}).Do(get(t, address+path), asking, false)
		if e := fault(t, err); e.Fault != gateway.TimedOut {
			t.Errorf("%s: got %v", path, e)
		}
	}
	// A document takes its time, but its answer has to begin.
	if _, err := newCaller(t, gateway.Profile{Timeout: shortest}).Stream(get(t, address+"/never"), fetching); fault(t, err).Fault != gateway.TimedOut {
		t.Errorf("stream: got %v", err)
	}
}

// The limits of [gateway.Caller] would hide a client that ignores the profile's timeout, so
// this test uses the client alone.
func TestTheClientHasTheTimeoutOfItsProfile(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	address := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	client, err := gateway.NewClient(gateway.Profile{Name: "ours", Timeout: shortest}, gateway.Proxies{})
	if err != nil {
		t.Fatal(err)
	}
	defer client.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(t.Context(), gateway.DefaultTimeout/2) // the default must not pass for the profile's
	defer cancel()
	resp, err := client.Do(get(t, address).WithContext(ctx))
	if err == nil {
		resp.Body.Close()
	}
	if err == nil || ctx.Err() != nil {
		t.Errorf("not ended by the timeout of the profile: %v", err)
	}
}

func TestACanceledCallReturnsCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	address := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	_, _, err := newCaller(t, gateway.Profile{}).Do(get(t, address).WithContext(ctx), asking, false)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, ok := errors.AsType[*gateway.Error](err); ok {
		t.Errorf("it blames the gateway: %v", err)
	}
}

func TestAnAnswerThatIsTooLongIsRefused(t *testing.T) {
	chunk := bytes.Repeat([]byte("x"), 64<<10)
	sent := 0
	address := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		for { // until the client has had enough
			n, err := w.Write(chunk)
			sent += n
			if err != nil {
				return
			}
		}
	})
	_, _, err := newCaller(t, gateway.Profile{}).Do(get(t, address), asking, false)
	if e := fault(t, err); e.Fault != gateway.BadAnswer || !strings.Contains(e.Message.Text, "too long") {
		t.Errorf("got %v", e)
	}
}

func TestAnAnswerOfTheLargestSizeIsRead(t *testing.T) {
	address := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, 1<<20)) })
	_, body, err := newCaller(t, gateway.Profile{}).Do(get(t, address), asking, false)
	if err != nil || len(body) != 1<<20 {
		t.Errorf("got %d bytes, %v", len(body), err)
	}
}

func TestTooLongHeadersAreRefused(t *testing.T) {
	address := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Long", strings.Repeat("x", 70<<10)) })
	if _, _, err := newCaller(t, gateway.Profile{}).Do(get(t, address), asking, false); fault(t, err).Fault != gateway.Unreachable {
		t.Errorf("got %v", err)
	}
}

func TestNoConnectionIsUnreachable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "http://" + l.Addr().String()
	l.Close()
	_, _, err = newCaller(t, gateway.Profile{}).Do(get(t, address+"/?token=hush"), asking, false)
	if e := fault(t, err); e.Fault != gateway.Unreachable || strings.Contains(e.Error(), "hush") {
		t.Errorf("got %v", e)
	}
}

func TestACertificateNeedsATrustAnchor(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	defer s.Close()
	if _, _, err := newCaller(t, gateway.Profile{}).Do(get(t, s.URL), asking, false); fault(t, err).Fault != gateway.Untrusted || !strings.Contains(err.Error(), "ca_file") {
		t.Errorf("got %v", err)
	}
	anchor := filepath.Join(t.TempDir(), "anchor.pem")
	if err := os.WriteFile(anchor, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	if resp, _, err := newCaller(t, gateway.Profile{CAFile: anchor}).Do(get(t, s.URL), asking, false); err != nil || resp.StatusCode != 200 {
		t.Errorf("got %v", err)
	}
}

func TestOldTLSIsRefused(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	s.StartTLS()
	defer s.Close()
	anchor := filepath.Join(t.TempDir(), "anchor.pem")
	if err := os.WriteFile(anchor, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := newCaller(t, gateway.Profile{CAFile: anchor}).Do(get(t, s.URL), asking, false); err == nil {
		t.Error("it was spoken")
	}
}

func TestUnusableTrustAnchorsAreRefused(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	large := filepath.Join(t.TempDir(), "large.pem")
	if err := errors.Join(os.WriteFile(large, nil, 0o600), os.Truncate(large, 1<<20+1)); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{empty, empty + ".missing", filepath.Dir(empty), os.DevNull, large} {
		if _, err := gateway.NewClient(gateway.Profile{Name: "ours", CAFile: path}, gateway.Proxies{}); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: got %v", path, err)
		}
	}
}

func TestClosingAStreamReleasesItsContext(t *testing.T) {
	address := serve(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "a document") })
	resp, err := newCaller(t, gateway.Profile{}).Stream(get(t, address), fetching)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil || string(body) != "a document" {
		t.Errorf("got %q, %v", body, err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Error(err)
	}
	if resp.Request.Context().Err() == nil {
		t.Error("its time still runs")
	}
}

func TestFaultOfStatus(t *testing.T) {
	for status, want := range map[int]gateway.Fault{
		204: gateway.BadAnswer, 302: gateway.BadAnswer, 400: gateway.Refused, 401: gateway.Unauthorized, 403: gateway.Unauthorized,
		404: gateway.Refused, 413: gateway.Refused, 500: gateway.ServerError, 503: gateway.ServerError,
	} {
		resp := &http.Response{StatusCode: status, Header: http.Header{}}
		e := fault(t, newCaller(t, gateway.Profile{}).UnexpectedStatus(resp, []byte("why not"), asking))
		if e.Fault != want || e.Status != status || e.Message.Text != "why not" {
			t.Errorf("%d: got %+v", status, e)
		}
	}
}

func TestMessagesAreWithoutCredentials(t *testing.T) {
	const secret = "p&ss word/+%"
	tests := map[string]func(*http.Request){
		"a token":             func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+secret) },
		"a password":          func(r *http.Request) { r.SetBasicAuth("me", secret) },
		"a password, escaped": func(r *http.Request) { r.SetBasicAuth("me", url.QueryEscape(secret)) },
	}
	for name, authorize := range tests {
		t.Run(name, func(t *testing.T) {
			address := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(http.StatusBadRequest)
				header := r.Header.Get("Authorization")
				_, value, _ := strings.Cut(header, " ")
				_, password, _ := r.BasicAuth()
				// Cutting a long message must not leave half of a secret.
				io.WriteString(w, header+" is bad: "+value+", "+password+", "+secret+strings.Repeat(".", 300)+secret+strings.Repeat(".", 100)+secret)
			})
			req := get(t, address)
			authorize(req)
			c := newCaller(t, gateway.Profile{})
			resp, body, err := c.Do(req, asking, false)
			if err != nil {
				t.Fatal(err)
			}
			said := c.UnexpectedStatus(resp, body, asking).Error()
			for _, hidden := range []string{secret, secret[:4], url.QueryEscape(secret), strings.Fields(req.Header.Get("Authorization"))[1]} {
				if strings.Contains(said, hidden) {
					t.Errorf("%q is in %s", hidden, said)
				}
			}
			if !strings.Contains(said, "is bad") {
				t.Errorf("nothing is left of the message: %s", said)
			}
		})
	}
}

func TestDecodeJSON(t *testing.T) {
	c := newCaller(t, gateway.Profile{})
	var target struct{ A string }
	html := &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"text/html; charset=utf-8"}}}
	if e := fault(t, c.DecodeJSON(html, []byte("<html>"), &target, asking)); e.Fault != gateway.BadAnswer || !strings.Contains(e.Message.Text, "text/html") {
		t.Errorf("got %v", e)
	}
	plain := &http.Response{StatusCode: 200, Header: http.Header{}}
	if e := fault(t, c.DecodeJSON(plain, []byte(`{"A":`), &target, asking)); e.Fault != gateway.BadAnswer || e.Message.Text != "not JSON" {
		t.Errorf("got %v", e)
	}
	if err := c.DecodeJSON(plain, []byte(`{"A":"x"}`), &target, asking); err != nil || target.A != "x" {
		t.Errorf("got %v, %v", target, err)
	}
}

// JSON readers differ in which of two members of the same name they use.
func TestDecodeJSONRefusesDuplicateMembers(t *testing.T) {
	c := newCaller(t, gateway.Profile{})
	resp := &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}}
	for body, says := range map[string]string{
		`{"status":"failed","status":"finished"}`:                           "same name",
		`{"status":"finished","STATUS":"finished"}`:                         "same name",
		`{"\u0073tatus":1,"status":1}`:                                      "same name",
		`{"ſtatus":1,"status":1}`:                                           "same name",
		`{"K":1,"k":1}`:                                                     "same name", // the kelvin sign
		`{"a":[{"b":{"c":1,"C":2}}]}`:                                       "same name",
		`{"a":{"a":{"a":1},"b":[]},"b":{"a":1}}`:                            "",
		`[{"a":1},{"a":1},["a","a"],{"b":"a","a":"a","c":"b"}]`:             "",
		`{"a":` + strings.Repeat("[", 99) + strings.Repeat("]", 99) + `}`:   "",
		`{"a":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`: "nested",
		`{"a":1} {"a":2}`:                                                   "not JSON",
		`{"a":1,}`:                                                          "not JSON",
		``:                                                                  "not JSON",
	} {
		var target any
		err := c.DecodeJSON(resp, []byte(body), &target, asking)
		if says == "" {
			if err != nil {
				t.Errorf("%s: got %v", body, err)
			}
			continue
		}
		if e := fault(t, err); e.Fault != gateway.BadAnswer || !strings.Contains(e.Message.Text, says) || target != nil {
			t.Errorf("%s: got %v, %v", body, e, target)
		}
	}
}

func FuzzDecodeJSON(f *testing.F) {
	for _, seed := range []string{`{"a":1,"A":2}`, `{"a":[{"b":1},{"b":2}]}`, `[[[{}]]]`, `{"a":"}"}`, `{"a":{"a":1}}x`, `{"\u0061":1,"a":1}`, `null`, `{`, ``, `{"a":1}{"b":2}`} {
		f.Add([]byte(seed))
	}
	c := gateway.Caller{Gateway: "ours"}
	resp := &http.Response{StatusCode: 200, Header: http.Header{}}
	f.Fuzz(func(t *testing.T, body []byte) {
		var target any
		err := c.DecodeJSON(resp, body, &target, asking)
		if !json.Valid(body) && err == nil {
			t.Errorf("%q was read", body)
		}
		if _, told := errors.AsType[*gateway.Error](err); err != nil && !told {
			t.Errorf("got %v", err)
		}
	})
}

func TestErrorMessage(t *testing.T) {
	challenge := http.Header{"Www-Authenticate": {`Bearer error="invalid_token"`}}
	tests := map[string]struct {
		header http.Header
		body   string
		want   string
	}{
		"a description comes before a code":       {nil, `{"error":"invalid_scope","error_description":"not for you"}`, "not for you"},
		"a code alone":                            {nil, `{"error":"invalid_scope"}`, "invalid_scope"},
		"an object that has the message":          {nil, `{"error":{"message":"no such file","code":4}}`, "no such file"},
		"members nobody knows":                    {nil, `{"grund":"kaputt"}`, `{"grund":"kaputt"}`},
		"an empty object":                         {challenge, `{}`, `Bearer error="invalid_token"`},
		"a challenge without a body":              {challenge, "", `Bearer error="invalid_token"`},
		"text":                                    {nil, " out of order\r\n", "out of order"},
		"a page says nothing":                     {http.Header{"Content-Type": {"text/html"}}, "Sorry", ""},
		"a page without its type says nothing":    {nil, " <!DOCTYPE html><h1>Sorry", ""},
		"nothing":                                 {nil, "", ""},
		"a list is text":                          {nil, `["a"]`, `["a"]`},
		"members of another type are passed over": {nil, `{"message":3,"detail":"x"}`, "x"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if test.header == nil {
				test.header = http.Header{}
			}
			if got := gateway.ErrorMessage(test.header, []byte(test.body)); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestBounded(t *testing.T) {
	for in, want := range map[string]string{
		"":                         "",
		" a\r\n\tb\u2028c ":        "a b c",
		"\x1b[31mred":              "[31mred",
		"a\x00b":                   "a b",
		"left\u202eright\u2066":    "left right",
		"bad\xff":                  "bad\uFFFD",
		strings.Repeat("é", 500):   strings.Repeat("é", 500),
		strings.Repeat("é", 501):   strings.Repeat("é", 500) + "…",
		strings.Repeat("a ", 1000): strings.Repeat("a ", 250) + "…",
	} {
		if got := gateway.Sanitize(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func checkBounded(t *testing.T, got string) {
	t.Helper()
	if !utf8.ValidString(got) || utf8.RuneCountInString(got) > 501 || strings.ContainsAny(got, "\r\n\t\x00\x1b\u2028\u202e") {
		t.Errorf("not safe to show: %q", got)
	}
	if again := gateway.Sanitize(got); again != got {
		t.Errorf("bounding twice is another thing: %q, %q", got, again)
	}
}

func FuzzBounded(f *testing.F) {
	for _, seed := range []string{"", "plain", "\x1b[2J\u202e\xff", strings.Repeat("é ", 600)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) { checkBounded(t, gateway.Sanitize(text)) })
}

func FuzzErrorMessage(f *testing.F) {
	f.Add("application/json", "", []byte(`{"error":{"message":"x"}}`))
	f.Add("text/html", `Bearer error="x"`, []byte("<h1>"))
	f.Add("", "", []byte("\xff\x00"))
	f.Fuzz(func(t *testing.T, kind, challenge string, body []byte) {
		header := http.Header{"Content-Type": {kind}, "Www-Authenticate": {challenge}}
		checkBounded(t, gateway.ErrorMessage(header, body))
		e := gateway.Caller{Gateway: "ours"}.Refusal(&http.Response{StatusCode: 400, Header: header}, body, request.Sentence{}, trident.Kind.Fields)
		checkBounded(t, e.Message.Text)
		if named := strings.Count(e.Advice.Text, " and "); named > 2 {
			t.Errorf("it names too many settings: %s", e.Advice.Text)
		}
	})
}

func TestBrowserAddress(t *testing.T) {
	tests := map[string]struct {
		address, root string
		ok            bool
	}{
		"https":                           {"https://login.example.org/x?y", "https://sign.example.org", true},
		"http here, from a gateway here":  {"http://127.0.0.1:8/x", "http://localhost:9", true},
		"http here, from elsewhere":       {"http://127.0.0.1:8/x", "https://sign.example.org", false},
		"http elsewhere":                  {"http://sign.example.org", "http://localhost:9", false},
		"a script":                        {"javascript:alert(1)", "http://localhost:9", false},
		"a file":                          {"file:///etc/passwd", "http://localhost:9", false},
		"a long one":                      {"https://sign.example.org/" + strings.Repeat("x", 8<<10-25), "https://sign.example.org", true},
		"one that is too long":            {"https://sign.example.org/" + strings.Repeat("x", 8<<10-24), "https://sign.example.org", false},
		"one that turns around":           {"https://sign.example.org/\u202egpj.x", "https://sign.example.org", false},
		"one with a line break":           {"https://sign.example.org/\u0085x", "https://sign.example.org", false},
		"no host":                         {"https:///x", "https://sign.example.org", false},
		"a port without a host":           {"https://:443/x", "https://sign.example.org", false},
		"a user, which hides the host":    {"https://sign.example.org@evil.example", "https://sign.example.org", false},
		"another program, by its address": {"https:opaque", "https://sign.example.org", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			root, err := gateway.ParseRootURL(test.root)
			if err != nil {
				t.Fatal(err)
			}
			if err := gateway.CheckBrowserURL(test.address, root); (err == nil) != test.ok {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestLastPathSegment(t *testing.T) {
	for address, want := range map[string]string{
		"https://x/docs/12/":          "12",
		"https://x/docs/12":           "12",
		"/docs/12/?a=/b":              "12",
		"https://x/docs/a%2Fb":        "a/b",
		"https://x/docs/%C3%A9%20%25": "é %",
		"https://x":                   "",
		"https://x/":                  "",
		"":                            "",
		"https://x/docs/..":           "",
		"https://x/docs/%2e%2E/":      "",
		"://":                         "",
	} {
		if got := gateway.LastPathSegment(address); got != want {
			t.Errorf("%q: got %q, want %q", address, got, want)
		}
	}
}

func TestAFormHasTheLengthItDeclares(t *testing.T) {
	const document = "%PDF-1.7 the document"
	opened, closed := 0, 0
	form, err := gateway.NewMultipartForm(
		[]gateway.FormPart{{Name: "process", Value: `{"a":"é"}`, Type: "application/json"}, {Name: "title", Value: "Miete"}},
		gateway.FormFile{Field: "document", Name: "../Mietvertrag \"für\" Ana.pdf", Size: int64(len(document)), Open: func() (io.ReadCloser, error) {
			opened++
			return closing{strings.NewReader(document), &closed}, nil
		}},
	)
	if err != nil {
		t.Fatal(err)
	}
	type part struct{ Name, File, Type, Value string }
	want := []part{
		{"process", "", "application/json", `{"a":"é"}`},
		{"title", "", "", "Miete"},
		{"document", ".._Mietvertrag__f_r__Ana.pdf", "application/pdf", document},
	}
	for range 2 { // it can be sent again
		req, err := form.Request(t.Context(), "http://127.0.0.1/")
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(req.Body)
		if err != nil || int64(len(body)) != req.ContentLength {
			t.Fatalf("%d bytes, %d promised, %v", len(body), req.ContentLength, err)
		}
		req.Body.Close()
		if req.Body, err = req.GetBody(); err != nil {
			t.Fatal(err)
		}
		reader, err := req.MultipartReader()
		if err != nil {
			t.Fatal(err)
		}
		var got []part
		for {
			p, err := reader.NextRawPart()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			value, err := io.ReadAll(p)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, part{p.FormName(), p.FileName(), p.Header.Get("Content-Type"), string(value)})
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		req.Body.Close()
	}
	if opened != 4 || closed != 4 {
		t.Errorf("opened %d, closed %d", opened, closed)
	}
}

func TestAFormWithoutItsFileIsNotSent(t *testing.T) {
	form, err := gateway.NewMultipartForm(nil, gateway.FormFile{Field: "f", Name: "\u202e?", Open: func() (io.ReadCloser, error) { return nil, os.ErrNotExist }})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := form.Request(t.Context(), "http://127.0.0.1/"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	closed := 0
	form, err = gateway.NewMultipartForm(nil, gateway.FormFile{Field: "f", Open: func() (io.ReadCloser, error) { return closing{strings.NewReader(""), &closed}, nil }})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := form.Request(t.Context(), "://"); err == nil || closed != 1 {
		t.Errorf("got %v, closed %d times", err, closed)
	}
}

type closing struct {
	io.Reader
	count *int
}

func (c closing) Close() error { *c.count++; return nil }

// Errors of net/http quote answers that it cannot read, and an answer may repeat a secret.
func TestConnectionErrorsHaveNoPartOfTheAnswer(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	answers := []string{
		"HTTP/1.1 302 Found\r\nLocation: http://[hunter2\r\nContent-Length: 0\r\n\r\n",
		"hunter2 is what you sent\r\n\r\n",
		"HTTP/1.1 200 OK\r\nhunter2 : x\r\n y\x00\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: hunter2\r\n\r\n",
	}
	go func() {
		for _, answer := range answers {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = http.ReadRequest(bufio.NewReader(c))
			_, _ = io.WriteString(c, answer)
			c.Close()
		}
	}()
	client, err := gateway.NewClient(gateway.Profile{Name: "one", URL: "http://" + l.Addr().String()}, gateway.Proxies{})
	if err != nil {
		t.Fatal(err)
	}
	for _, answer := range answers {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+l.Addr().String()+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.SetBasicAuth("desk", "hunter2")
		req.Close = true
		_, _, err = gateway.Caller{Gateway: "one", HTTP: client}.Do(req, asking, false)
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v", answer, err)
		}
	}
}

var asking, fetching, uploading = request.Sentence{Text: "ask"}, request.Sentence{Text: "fetch"}, request.Sentence{Text: "upload"}
