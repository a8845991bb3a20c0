package portasigma_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"countersign/core/gateway"
)

// double is a strict server of the integration API: requests that are not as documented fail the
// test.
type double struct {
	*testing.T
	*httptest.Server

	mu      sync.Mutex
	calls   []string
	made    int          // documents
	forms   []url.Values // of the signers, in order
	parts   map[string]string
	created http.HandlerFunc
	added   http.HandlerFunc
	copied  http.HandlerFunc
	deleted http.HandlerFunc
	fetched http.HandlerFunc
}

func newDouble(t *testing.T) *double {
	d := &double{T: t}
	d.Server = httptest.NewServer(d)
	t.Cleanup(d.Close)
	return d
}

func see(location string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", location)
		w.WriteHeader(http.StatusSeeOther)
	}
}

func (d *double) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if r.Method == http.MethodHead { // by CheckReach, without credentials
		if len(r.Header["Authorization"]) > 0 {
			d.Error("the password was sent before it was asked for")
		}
		return
	}
	call := r.Method + " " + r.URL.EscapedPath()
	d.calls = append(d.calls, call)
	if u, p, ok := r.BasicAuth(); !ok || u != user || p != password {
		d.Errorf("%s: credentials %q, %q", call, u, p)
	}
	if r.Header.Get("Accept") == "" || r.Header.Get("Accept") == "*/*" {
		d.Errorf("%s: it does not say what it accepts", call)
	}
	path := strings.TrimPrefix(r.URL.EscapedPath(), "/v1")
	switch {
	case call == "POST /v1/docs/":
		d.readDocument(r)
		if d.created != nil {
			d.created(w, r)
			return
		}
		see("/v1/docs/"+strconv.Itoa(2475+d.made)+"/")(w, r)
		d.made++
	case r.Method == http.MethodDelete && d.deleted != nil:
		d.deleted(w, r)
	case r.Method == http.MethodPost && strings.HasPrefix(path, "/docs/") && strings.HasSuffix(path, "/"):
		if r.Header.Get("Content-Type") != "application/x-www-form-urlencoded; charset=utf-8" {
			d.Errorf("%s: %s", call, r.Header.Get("Content-Type"))
		}
		if err := r.ParseForm(); err != nil {
			d.Error(err)
		}
		d.forms = append(d.forms, r.PostForm)
		if d.copied != nil && r.PostForm.Get("id-number") == "" {
			d.copied(w, r)
			return
		}
		if d.added != nil {
			d.added(w, r)
			return
		}
		see("signers/"+[]string{"12", "27"}[len(d.forms)-1]+"/")(w, r)
	case r.Method == http.MethodGet && d.fetched != nil:
		d.fetched(w, r)
	default:
		d.Errorf("not a call of the API: %s", call)
		w.WriteHeader(http.StatusTeapot)
	}
}

func (d *double) readDocument(r *http.Request) {
	reader, err := r.MultipartReader()
	if err != nil {
		d.Error(err)
		return
	}
	d.parts = map[string]string{}
	for {
		p, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			d.Error(err)
			return
		}
		body, err := io.ReadAll(p)
		if err != nil {
			d.Error(err)
		}
		d.parts[p.FormName()] = string(body)
	}
}

func (d *double) open(settings map[string]any) gateway.Gateway {
	all := map[string]any{"api_url": d.URL + "/v1/", "user": user}
	for key, value := range settings {
		all[key] = value
	}
	return open(d.T, "https://app.example", all)
}

func answer(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

// callsWith returns the calls with one method.
func (d *double) callsWith(method string) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var some []string
	for _, call := range d.calls {
		if strings.HasPrefix(call, method+" ") {
			some = append(some, call)
		}
	}
	return some
}

// roundTripper answers requests without a network.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
