package portasigma_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"countersign/core/gateway"
	"countersign/core/gateway/portasigma"
	"countersign/core/request"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	user     = "desk"
	password = "pa:ss/code&hush"
	document = "%PDF-1.7 the bytes as they were added"
)

func open(t *testing.T, root string, settings map[string]any) gateway.Gateway {
	t.Helper()
	p := gateway.Profile{Name: "ours", Kind: "portasigma", URL: root, Timeout: 5 * time.Second, Settings: settings}
	client, err := gateway.NewClient(p, gateway.Proxies{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	g, err := portasigma.Kind.New(p, gateway.Tools{HTTP: client, Secret: func(context.Context) (string, error) { return password, nil }})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// byID returns a request that exists at the gateway.
func byID(id string) request.Request {
	return request.Request{ID: request.ID("r" + id), Title: "R " + id, AddedRemoteID: id}
}

// withFile returns a request with a document.
func withFile(id string, signers ...request.Signer) request.Request {
	return request.Request{
		ID: request.ID(id), Title: "Miete & Pacht", Reference: "32-EE", Signers: signers,
		Documents: []request.Document{{Original: request.Original{Name: "Lease.pdf", Size: int64(len(document))}}},
	}
}

func openDocument(request.Document) (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewBufferString(document)), nil
}

var ana = request.Signer{Name: "Ana Pérez", Email: "ana@example.test", Country: "ES", Number: "00000000T"}

var eva = request.CopyRecipient{Name: "Eva Gómez", Email: "eva@example.test"}

func faultOf(err error) gateway.Fault {
	e, _ := errors.AsType[*gateway.Error](err)
	if e == nil {
		return 0
	}
	return e.Fault
}

// prepareIDs prepares a visit for requests that exist at the gateway.
func prepareIDs(t *testing.T, g gateway.Gateway, returnURL string, ids []string) gateway.PreparedVisit {
	t.Helper()
	spec := gateway.VisitSpec{ReturnURL: returnURL}
	for _, id := range ids {
		spec.Requests = append(spec.Requests, byID(id))
	}
	p, err := g.Prepare(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestWrongSettingsAreRefused(t *testing.T) {
	for say, settings := range map[string]map[string]any{
		"use gateway or usergateway": {"context": "backdoor"},
		"set api_url and user":       {"api_url": "https://api.example"},
		"api_url and user":           {"user": "me"},
		"not encrypted":              {"api_url": "http://api.example", "user": "me"},
		"no such setting":            {"client_id": "x"},
		"write {document} where":     {"delete_route": "docs/"},
		"copy_route":                 {"copy_route": "oncopy/"},
		"signed_route":               {"signed_route": "docs/signed/"},
		"a colon":                    {"api_url": "https://api.example", "user": "me:you"},
		"default_signer":             {"default_signer": map[string]any{"name": "A", "email": "a@b", "country": "ES", "number": "00000000A"}},
	} {
		_, err := portasigma.Kind.New(gateway.Profile{Name: "ours", Kind: "portasigma", URL: "https://app.example", Settings: settings}, gateway.Tools{})
		if err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("want %q, got %v", say, err)
		}
	}
}

// A keyring may need seconds for each answer.
func TestThePasswordIsLookedUpOnceForAVisit(t *testing.T) {
	d := newDouble(t)
	p := gateway.Profile{Name: "ours", Kind: "portasigma", URL: "https://app.example", Settings: map[string]any{"api_url": d.URL + "/v1/", "user": user}}
	client, err := gateway.NewClient(p, gateway.Proxies{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	lookups := 0
	g, err := portasigma.Kind.New(p, gateway.Tools{HTTP: client, Secret: func(context.Context) (string, error) {
		lookups++
		return password, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	bob := request.Signer{Name: "Bob", Email: "bob@example.test", Country: "FR", Number: "x"}
	if _, err := g.Prepare(t.Context(), gateway.VisitSpec{Requests: []request.Request{withFile("r", ana, bob)}, OpenDocument: openDocument}); err != nil {
		t.Fatal(err)
	}
	if lookups != 1 {
		t.Errorf("%d lookups", lookups)
	}
}

func TestDiscard(t *testing.T) {
	visit := request.Visit{RemoteIDs: map[request.ID]request.RemoteIDs{
		"a": {Request: "12", Documents: []string{"7/7", "8"}, Signatures: []string{"12", "13"}}, "b": {Request: "14", Documents: []string{"9"}, Signatures: []string{"14"}},
		"given": {Request: "3", Signatures: []string{"3"}},
	}}
	all := []string{"DELETE /v1/docs/7%2F7/", "DELETE /v1/docs/8/", "DELETE /v1/docs/9/"}
	for status, test := range map[int]struct {
		fault gateway.Fault
		calls []string
	}{
		200: {0, all}, 204: {0, all}, 303: {0, all}, 404: {0, all}, 410: {0, all},
		405: {gateway.Refused, all}, 409: {gateway.Busy, all}, // such an error is about one document
		302: {gateway.BadAnswer, all[:1]}, 401: {gateway.Unauthorized, all[:1]}, 503: {gateway.ServerError, all[:1]},
	} {
		d := newDouble(t)
		d.deleted = answer(status, "")
		err := d.open(map[string]any{"delete_route": "docs/{document}/"}).Discard(t.Context(), visit)
		if faultOf(err) != test.fault || (err == nil) != (test.fault == 0) {
			t.Errorf("%d: got %v", status, err)
		}
		if diff := cmp.Diff(test.calls, d.calls); diff != "" {
			t.Errorf("%d: %s", status, diff)
		}
		if err := d.open(nil).Discard(t.Context(), visit); err != nil || len(d.calls) != len(test.calls) {
			t.Errorf("without a route: got %v, %v", err, d.calls)
		}
	}
}

// An address of another server in an answer never gets the password.
func TestThePasswordStaysAtTheAPI(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("somebody else was asked: %s %s %v", r.Method, r.URL, r.Header)
	}))
	defer elsewhere.Close()
	for _, status := range []int{300, 301, 302, 303, 307, 308} {
		for _, location := range []string{elsewhere.URL + "/v1/docs/77/signers/12/", strings.TrimPrefix(elsewhere.URL, "http:") + "/v1/docs/77/", elsewhere.URL} {
			away := func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", location)
				w.WriteHeader(status)
			}
			routes := map[string]any{"signed_route": "docs/{document}/content/", "delete_route": "docs/{document}/"}
			copied := withFile("r", ana)
			copied.CopyRecipients = []request.CopyRecipient{eva}
			spec := gateway.VisitSpec{Requests: []request.Request{copied}, OpenDocument: openDocument}
			visit := request.Visit{RemoteIDs: map[request.ID]request.RemoteIDs{"r": {Documents: []string{"7"}, Signatures: []string{"12"}}}}

			d := newDouble(t)
			d.created, d.added, d.copied, d.deleted, d.fetched = away, nil, nil, away, away
			g := d.open(routes)
			if _, err := g.Prepare(t.Context(), spec); faultOf(err) != gateway.BadAnswer {
				t.Errorf("the upload, %d: got %v", status, err)
			}
			if _, err := g.Fetch(t.Context(), visit, "r", 0); faultOf(err) != gateway.BadAnswer {
				t.Errorf("the signed file, %d: got %v", status, err)
			}
			if err := g.Discard(t.Context(), visit); (err == nil) != (status == 303) {
				t.Errorf("deleting, %d: got %v", status, err)
			}
			if findings := g.Check(t.Context()); findings[len(findings)-1].OK {
				t.Errorf("the user, %d: got %+v", status, findings)
			}
			d.mu.Lock()
			d.created, d.added = nil, away
			d.mu.Unlock()
			if _, err := g.Prepare(t.Context(), spec); faultOf(err) != gateway.BadAnswer {
				t.Errorf("the signer, %d: got %v", status, err)
			}
			d.mu.Lock()
			d.added, d.copied, d.forms = nil, away, nil
			d.mu.Unlock()
			if _, err := g.Prepare(t.Context(), spec); (err == nil) != (status == 303) {
				t.Errorf("the copy, %d: got %v", status, err)
			}
		}
	}
}

func TestFetch(t *testing.T) {
	visit := request.Visit{RemoteIDs: map[request.ID]request.RemoteIDs{"r": {Request: "12", Documents: []string{"7/7"}, Signatures: []string{"12"}}, "given": {Request: "3", Signatures: []string{"3"}}}}
	d := newDouble(t)
	answer := func(status int) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.fetched = func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Accept") != "application/pdf" {
				t.Errorf("accepts %s", r.Header.Get("Accept"))
			}
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(status)
			io.WriteString(w, "%PDF signed")
		}
	}
	answer(200)
	for _, route := range []string{"docs/{document}/content/", "/docs/{document}/content/", "//docs/{document}/content/"} {
		d.calls = nil
		body, err := d.open(map[string]any{"signed_route": route}).Fetch(t.Context(), visit, "r", 0)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(body)
		body.Close()
		if err != nil || string(got) != "%PDF signed" || !slices.Equal(d.calls, []string{"GET /v1/docs/7%2F7/content/"}) {
			t.Errorf("got %q, %v, %v", got, err, d.calls)
		}
	}
	g := d.open(map[string]any{"signed_route": "docs/{document}/content/"})
	for status, want := range map[int]gateway.Fault{302: gateway.BadAnswer, 303: gateway.BadAnswer, 401: gateway.Unauthorized, 500: gateway.ServerError} {
		d.calls = nil
		answer(status)
		if _, err := g.Fetch(t.Context(), visit, "r", 0); faultOf(err) != want || len(d.calls) != 1 {
			t.Errorf("%d: got %v, calls %v", status, err, d.calls)
		}
	}
	answer(404)
	if _, err := g.Fetch(t.Context(), visit, "r", 0); !errors.Is(err, gateway.ErrNoFile) {
		t.Errorf("got %v", err)
	}
	d.calls = nil
	for name, fetch := range map[string]func() (io.ReadCloser, error){
		"a document that is not there": func() (io.ReadCloser, error) { return g.Fetch(t.Context(), visit, "r", 1) },
		"a request without documents":  func() (io.ReadCloser, error) { return g.Fetch(t.Context(), visit, "given", 0) },
		"no route":                     func() (io.ReadCloser, error) { return d.open(nil).Fetch(t.Context(), visit, "r", 0) },
	} {
		if _, err := fetch(); !errors.Is(err, gateway.ErrNoFile) || len(d.calls) != 0 {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestAskNeedsFilesThatCanBeFetched(t *testing.T) {
	given := request.Visit{RemoteIDs: map[request.ID]request.RemoteIDs{"given": {Signatures: []string{"3"}}}}
	sent := request.Visit{RemoteIDs: map[request.ID]request.RemoteIDs{"r": {Documents: []string{"7"}, Signatures: []string{"12"}}, "given": {Signatures: []string{"3"}}}}
	d := newDouble(t)
	for name, test := range map[string]struct {
		g     gateway.Gateway
		visit request.Visit
		can   bool
	}{
		"no API":                     {open(t, "https://app.example", nil), sent, false},
		"no route to signed files":   {d.open(nil), sent, false},
		"nothing was sent from here": {d.open(map[string]any{"signed_route": "x/{document}"}), given, false},
		"a file may wait":            {d.open(map[string]any{"signed_route": "x/{document}"}), sent, true},
	} {
		got, err := test.g.Ask(t.Context(), test.visit)
		if errors.Is(err, gateway.ErrCannotAsk) == test.can {
			t.Errorf("%s: got %v", name, err)
		}
		if test.g.CanAsk(test.visit, "r") != test.can || test.g.CanAsk(test.visit, "given") {
			t.Errorf("%s: CanAsk differs from Ask", name)
		}
		if test.can && (len(got) != 1 || !got["r"].NeedsProof || len(got["r"].Documents) != 1) {
			t.Errorf("%s: got %+v", name, got)
		}
		if err := test.g.Discard(t.Context(), test.visit); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(d.calls) != 0 {
		t.Errorf("somebody was asked: %v", d.calls)
	}
}

func TestAbilities(t *testing.T) {
	d := newDouble(t)
	for name, test := range map[string]struct {
		g    gateway.Gateway
		want gateway.Capabilities
	}{
		"ids alone":    {open(t, "https://app.example", nil), gateway.Capabilities{MaxDocuments: 20, MultiSigner: true, AcceptsIDs: true, NeedsSigner: true}},
		"uploads":      {d.open(nil), gateway.Capabilities{MaxDocuments: 20, MultiSigner: true, AcceptsIDs: true, NeedsSigner: true, AcceptsFiles: true, CopyRecipients: true}},
		"signed files": {d.open(map[string]any{"signed_route": "docs/{document}/x"}), gateway.Capabilities{MaxDocuments: 20, MultiSigner: true, AcceptsIDs: true, NeedsSigner: true, AcceptsFiles: true, CopyRecipients: true, ReturnsSigned: true}},
		"no copies":    {d.open(map[string]any{"copy_route": ""}), gateway.Capabilities{MaxDocuments: 20, MultiSigner: true, AcceptsIDs: true, NeedsSigner: true, AcceptsFiles: true}},
		"deleting":     {d.open(map[string]any{"delete_route": "docs/{document}/"}), gateway.Capabilities{MaxDocuments: 20, MultiSigner: true, AcceptsIDs: true, NeedsSigner: true, AcceptsFiles: true, CopyRecipients: true, DeleteAfterFetch: true}},
		"no API, but routes": {
			open(t, "https://app.example", map[string]any{"delete_route": "docs/{document}/", "signed_route": "docs/{document}/x"}),
			gateway.Capabilities{MaxDocuments: 20, MultiSigner: true, AcceptsIDs: true, NeedsSigner: true},
		},
	} {
		if diff := cmp.Diff(test.want, test.g.Capabilities()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	credentials := portasigma.Kind.SecretURL
	if got := credentials(gateway.Profile{URL: "https://app.example", Settings: map[string]any{"api_url": "https://api.example"}}); got != "https://api.example" {
		t.Errorf("the password goes to %q", got)
	}
	if got := credentials(gateway.Profile{URL: "https://app.example"}); got != "" {
		t.Errorf("a password without use goes to %q", got)
	}
}

func TestCheck(t *testing.T) {
	web := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("the password went to the pages for signers")
		}
	}))
	d := newDouble(t)
	status := 200
	d.fetched = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
	check := func(root string, settings map[string]any) (lines []string) {
		for _, f := range open(t, root, settings).Check(t.Context()) {
			line := string(f.Name)
			if !f.OK {
				line += ": " + f.Advice
				if f.Advice == "" || f.Detail == "" {
					t.Errorf("it does not say what is wrong and what to do: %+v", f)
				}
			}
			lines = append(lines, line)
		}
		return lines
	}
	api := map[string]any{"api_url": d.URL + "/v1", "user": user}
	same := []string{"address", "tls", "clock", "api user"}
	apart := []string{"address", "tls", "clock", "api address", "api tls", "api clock", "api user"}
	if diff := cmp.Diff(apart, check(web.URL, api)); diff != "" {
		t.Error(diff)
	}
	if !slices.Equal(d.calls, []string{"GET /v1/users/desk/"}) {
		t.Errorf("got %v", d.calls)
	}
	if diff := cmp.Diff(same, check(d.URL+"/app", api)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"address", "tls", "clock", "api"}, check(web.URL, nil)); diff != "" {
		t.Error(diff)
	}
	for _, status = range []int{301, 303, 401, 404, 500} {
		got := check(web.URL, api)
		if diff := cmp.Diff("api user: check api_url, user and password", got[len(got)-1]); diff != "" || len(got) != len(apart) {
			t.Errorf("%d: %s", status, diff)
		}
	}
	d.Close()
	if diff := cmp.Diff([]string{"address", "tls", "clock", "api address: check the gateway's address and its port; if they are right, the gateway is not running: try again later"}, check(web.URL, api)); diff != "" {
		t.Error(diff)
	}
	web.Close()
	if diff := cmp.Diff([]string{"address: check the gateway's address and its port; if they are right, the gateway is not running: try again later"}, check(web.URL, api)); diff != "" {
		t.Error(diff)
	}
}

func TestKind(t *testing.T) {
	if strings.Count(portasigma.Kind.Help, ". ") < 1 || len(portasigma.Kind.Help) > 500 {
		t.Errorf("got %q", portasigma.Kind.Help)
	}
	for _, host := range portasigma.Kind.Hosts {
		if _, err := gateway.ParseRootURL(host.URL); err != nil || host.Name == "" {
			t.Errorf("%+v: %v", host, err)
		}
	}
}

func TestIDsAreWholeNumbers(t *testing.T) {
	g := open(t, "https://app.example", nil).(gateway.IDChecker)
	for id, fits := range map[string]bool{
		"12": true, "2474": true, "18446744073709551615": true,
		"": false, "0": false, "0012": false, "+12": false, "-12": false, "12.0": false, "1 2": false, "1;A": false, "Total": false, "2,47E+12": false, "1e3": false,
		"１２": false, "18446744073709551616": false,
	} {
		if err := g.CheckID(id); (err == nil) != fits {
			t.Errorf("%q: %v", id, err)
		}
	}
}
