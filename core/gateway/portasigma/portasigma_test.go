package portasigma_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
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
	client, err := gateway.NewClient(p, nil)
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

// The addresses are those of the page "Signature Gateway", for every combination of settings.
func TestBrowserAddress(t *testing.T) {
	const (
		root    = "https://app.portasigma.com/in/house"
		back    = "http://xyz.com/return?x=12&y=ABC"
		escaped = "http%3A%2F%2Fxyz.com%2Freturn%3Fx%3D12%26y%3DABC"
		one     = "/sign.html?id=12&urlreturn=" + escaped
		many    = "/sign.html?id=12&id=27&id=2474&urlreturn=" + escaped
	)
	unset := any(nil)
	for _, test := range []struct {
		logout, view any
		one, many    string
	}{
		{unset, unset, one, many},
		{unset, true, one, many + "&view=true"},
		{unset, false, one, many + "&view=false"},
		{false, unset, one, many},
		{false, true, one, many + "&view=true"},
		{false, false, one, many + "&view=false"},
		{true, unset, one + "&logout=true", many + "&logout=true"},
		{true, true, one + "&logout=true", many + "&logout=true&view=true"},
		{true, false, one + "&logout=true", many + "&logout=true&view=false"},
	} {
		for context, path := range map[any]string{unset: "/gateway", "gateway": "/gateway", "usergateway": "/usergateway"} {
			settings := map[string]any{}
			for key, value := range map[string]any{"context": context, "logout": test.logout, "view": test.view} {
				if value != unset {
					settings[key] = value
				}
			}
			g := open(t, root+"/", settings)
			if diff := cmp.Diff(root+path+test.one, prepareIDs(t, g, back, []string{"12"}).URL); diff != "" {
				t.Errorf("%v: %s", settings, diff)
			}
			if diff := cmp.Diff(root+path+test.many, prepareIDs(t, g, back, []string{"12", "27", "2474"}).URL); diff != "" {
				t.Errorf("%v: %s", settings, diff)
			}
		}
	}
}

func TestReturnAddressesAreEscaped(t *testing.T) {
	tests := map[string]struct {
		back string
		ids  []string
		want string
	}{
		"an id twice is one id":        {"http://x/", []string{"12", "12"}, "id=12&urlreturn=http%3A%2F%2Fx%2F"},
		"an id cannot add a parameter": {"http://x/", []string{"12&logout=true#"}, "id=12%26logout%3Dtrue%23&urlreturn=http%3A%2F%2Fx%2F"},
		"the desk's order is kept":     {"http://x/", []string{"9", "10", "1"}, "id=9&id=10&id=1&urlreturn=http%3A%2F%2Fx%2F&view=false"},
		"a return address of all kind": {"http://x/a+b c%20d#e;ñ", []string{"1"}, "id=1&urlreturn=http%3A%2F%2Fx%2Fa%2Bb%20c%2520d%23e%3B%C3%B1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := prepareIDs(t, open(t, "https://app.example", map[string]any{"view": false}), test.back, test.ids)
			if diff := cmp.Diff("https://app.example/gateway/sign.html?"+test.want, p.URL); diff != "" {
				t.Error(diff)
			}
			for _, id := range test.ids {
				if diff := cmp.Diff(request.RemoteIDs{Request: id, Signatures: []string{id}}, p.RemoteIDs[request.ID("r"+id)]); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
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

// The statuses follow from the codes of the page "Signature Gateway".
func TestReadReturn(t *testing.T) {
	type outcomes map[request.ID]request.Status
	one, two := []string{"12"}, []string{"12", "27"}
	tests := map[string]struct {
		ids    []string
		query  string
		want   outcomes
		claims request.Status
		code   string
	}{
		"signed":                             {one, "status=signed&result=success", outcomes{"r12": request.Signed}, request.Signed, "signed"},
		"signed, and listed":                 {one, "status=signed&result=success&signed=12", outcomes{"r12": request.Signed}, request.Signed, "signed"},
		"signed, with an empty list":         {one, "status=signed&result=success&signed=12&unsigned=", outcomes{"r12": request.Signed}, request.Signed, "signed"},
		"signed, with two empty lists":       {one, "status=signed&result=success&signed=&unsigned=", outcomes{"r12": request.Signing}, request.Signing, "signed"},
		"signed, and nothing under it":       {two, "status=signed&result=success&signed=", outcomes{"r12": request.Signing, "r27": request.Signing}, request.Signing, "signed"},
		"signed, and nothing under unsigned": {one, "status=signed&result=success&unsigned", outcomes{"r12": request.Signing}, request.Signing, "signed"},
		"rejected, and nothing is listed":    {one, "status=rejected&result=success&unsigned=", outcomes{"r12": request.Signing}, request.Signing, "rejected"},
		"a query that could not be read":     {one, "unreadable=status%3Dsigned%26result%3Dsuccess%26%25", outcomes{"r12": request.Signing}, request.Signing, ""},
		"all signed":                         {two, "status=signed&result=success", outcomes{"r12": request.Signed, "r27": request.Signed}, request.Signed, "signed"},
		"all signed, and listed":             {two, "status=signed&result=success&signed=27&signed=12", outcomes{"r12": request.Signed, "r27": request.Signed}, request.Signed, "signed"},
		"rejected":                           {one, "status=rejected&result=success", outcomes{"r12": request.Rejected}, request.Rejected, "rejected"},
		"rejected, and listed":               {one, "status=rejected&result=success&unsigned=12", outcomes{"r12": request.Rejected}, request.Rejected, "rejected"},
		"one rejected":                       {two, "status=rejected&result=success&signed=12&unsigned=27", outcomes{"r12": request.Signed, "r27": request.Rejected}, request.Partial, "rejected"},
		"rejected, but which of the two":     {two, "status=rejected&result=success", outcomes{"r12": request.Signing, "r27": request.Signing}, request.Signing, "rejected"},
		"one of two is not mentioned":        {two, "status=signed&result=success&signed=12", outcomes{"r12": request.Signed, "r27": request.Signing}, request.Signing, "signed"},
		"rejected, and one not mentioned":    {two, "status=rejected&result=success&unsigned=12", outcomes{"r12": request.Rejected, "r27": request.Signing}, request.Signing, "rejected"},
		"access denied":                      {one, "result=accessDenied", outcomes{"r12": request.Failed}, request.Failed, "accessDenied"},
		"page not found":                     {two, "result=pageNotFound", outcomes{"r12": request.Failed, "r27": request.Failed}, request.Failed, "pageNotFound"},
		"denied, whatever the status":        {one, "status=signed&result=accessDenied", outcomes{"r12": request.Failed}, request.Failed, "accessDenied"},
		"signed, and under unsigned":         {one, "status=signed&result=success&unsigned=12", outcomes{"r12": request.Signing}, request.Signing, "signed"},
		"in both lists":                      {one, "status=rejected&result=success&signed=12&unsigned=12", outcomes{"r12": request.Signing}, request.Signing, "rejected"},
		"rejected, and all under signed":     {two, "status=rejected&result=success&signed=12&signed=27", outcomes{"r12": request.Signing, "r27": request.Signing}, request.Signing, "rejected"},
		"rejected, and the only one signed":  {one, "status=rejected&result=success&signed=12", outcomes{"r12": request.Signing}, request.Signing, "rejected"},
		"only others are listed":             {one, "status=signed&result=success&signed=99", outcomes{"r12": request.Signing}, request.Signing, "signed"},
		"ids in one value, with commas":      {two, "status=signed&result=success&signed=12,27", outcomes{"r12": request.Signing, "r27": request.Signing}, request.Signing, "signed"},
		"an id listed twice":                 {one, "status=signed&result=success&signed=12&signed=12", outcomes{"r12": request.Signed}, request.Signed, "signed"},
		"all rejected":                       {two, "status=rejected&result=success&unsigned=27&unsigned=12", outcomes{"r12": request.Rejected, "r27": request.Rejected}, request.Rejected, "rejected"},
		"denied, whatever the lists":         {one, "result=accessDenied&signed=12", outcomes{"r12": request.Failed}, request.Failed, "accessDenied"},
		"the return address's own query":     {one, "ref=24&status=rejected&result=success", outcomes{"r12": request.Rejected}, request.Rejected, "rejected"},
		"an id that only begins the same":    {one, "status=signed&result=success&signed=123", outcomes{"r12": request.Signing}, request.Signing, "signed"},
		"no result":                          {one, "status=signed", outcomes{"r12": request.Signing}, request.Signing, "signed"},
		"no status":                          {one, "result=success", outcomes{"r12": request.Signing}, request.Signing, "success"},
		"lists alone":                        {one, "signed=12", outcomes{"r12": request.Signing}, request.Signing, ""},
		"nothing":                            {one, "", outcomes{"r12": request.Signing}, request.Signing, ""},
		"an unknown status":                  {one, "status=half&result=success", outcomes{"r12": request.Signing}, request.Signing, "half"},
		"another case is unknown":            {one, "status=Signed&result=success", outcomes{"r12": request.Signing}, request.Signing, "Signed"},
		"an unknown result":                  {one, "status=signed&result=odd", outcomes{"r12": request.Signing}, request.Signing, "odd"},
		"two statuses":                       {one, "status=signed&status=rejected&result=success", outcomes{"r12": request.Signing}, request.Signing, "signed, rejected"},
		"the same status twice":              {one, "status=signed&status=signed&result=success", outcomes{"r12": request.Signed}, request.Signed, "signed"},
		"two results":                        {one, "result=accessDenied&result=pageNotFound", outcomes{"r12": request.Signing}, request.Signing, "accessDenied, pageNotFound"},
		"a code that cannot be shown":        {one, "status=%1b%5b31m&result=success", outcomes{"r12": request.Signing}, request.Signing, "[31m"},
	}
	g := open(t, "https://app.example", nil)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			query, err := url.ParseQuery(test.query)
			if err != nil {
				t.Fatal(err)
			}
			v := request.Visit{RemoteIDs: map[request.ID]request.RemoteIDs{}}
			for _, id := range test.ids {
				v.RemoteIDs[request.ID("r"+id)] = request.RemoteIDs{Request: id, Signatures: []string{id}}
			}
			hint := g.ParseReturn(v, query)
			got := outcomes{}
			for id, outcome := range hint.Outcomes {
				got[id] = outcome.Status
				if outcome.Code != test.code || outcome.NeedsProof || (outcome.Status == request.Failed) != (outcome.Message != "") {
					t.Errorf("%s: got %+v", id, outcome)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if hint.Status != test.claims || hint.Code != test.code || hint.Rejection.Text != "" {
				t.Errorf("got %+v", hint)
			}
		})
	}
}

func TestReadReturnOfARequestWithSeveralDocuments(t *testing.T) {
	g := open(t, "https://app.example", nil)
	v := request.Visit{RemoteIDs: map[request.ID]request.RemoteIDs{"r": {Request: "1", Documents: []string{"101", "102"}, Signatures: []string{"1", "2"}}}}
	hint := g.ParseReturn(v, url.Values{"status": {"rejected"}, "result": {"success"}, "signed": {"2"}, "unsigned": {"1"}})
	want := gateway.Outcome{Status: request.Partial, Code: "rejected", Documents: []request.DocumentResult{{Code: "rejected"}, {Code: "signed", Signed: true}}}
	if diff := cmp.Diff(want, hint.Outcomes["r"]); diff != "" {
		t.Error(diff)
	}
	// Ids of documents must not be taken for those of signature requests.
	hint = g.ParseReturn(v, url.Values{"status": {"signed"}, "result": {"success"}, "signed": {"101", "102"}})
	if got := hint.Outcomes["r"].Status; got != request.Signing {
		t.Errorf("got %s", got)
	}
}

func TestFailuresHaveACauseAndAdvice(t *testing.T) {
	g := open(t, "https://app.example", nil)
	visit := request.Visit{RemoteIDs: map[request.ID]request.RemoteIDs{"r": {Request: "12", Signatures: []string{"12"}}}}
	for result, says := range map[string][]string{
		"accessDenied": {"another person's", "wrong certificate", "reopen it and choose those of the person who is asked to sign"},
		"pageNotFound": {"id", "deleted there", "reopen it, or add it again with the right id"},
	} {
		v := g.ParseReturn(visit, url.Values{"result": {result}}).Outcomes["r"]
		for _, say := range says {
			if !strings.Contains(v.Message, say) {
				t.Errorf("%s: %q is not in %q", result, say, v.Message)
			}
		}
		if v.Status != request.Failed || v.Code != result || v.Message != gateway.Sanitize(v.Message) {
			t.Errorf("%s: got %+v", result, v)
		}
	}
}

func FuzzReadReturn(f *testing.F) {
	for _, seed := range []string{
		"status=signed&result=success", "status=rejected&result=success&signed=1&unsigned=2", "result=accessDenied", "status=signed&status=rejected",
		"signed=1&signed=1;unsigned=%ff", "status=signed&result=success&signed=1,2,3", "ref=24&status=rejected&result=success&unsigned=1&unsigned=2&unsigned=3",
		"status=signed", "status=signed&result=success&signed=99", "status=rejected&result=success", "status=signed&status=rejected&result=success",
		"status=rejected&result=success&signed=1&signed=2&signed=3", "status=rejected&result=success&signed=1&signed=2&signed=3&unsigned=3",
	} {
		f.Add(seed)
	}
	g, err := portasigma.Kind.New(gateway.Profile{Name: "ours", Kind: "portasigma", URL: "https://app.example"}, gateway.Tools{})
	if err != nil {
		f.Fatal(err)
	}
	v := request.Visit{RemoteIDs: map[request.ID]request.RemoteIDs{
		"a": {Signatures: []string{"1"}}, "b": {Documents: []string{"20", "30"}, Signatures: []string{"2", "3"}},
	}}
	f.Fuzz(func(t *testing.T, text string) {
		query, _ := url.ParseQuery(text) // like the listener, use what can be parsed
		// has reports whether a parameter is present and has only this value.
		has := func(name, value string) bool {
			return len(query[name]) > 0 && !slices.ContainsFunc(query[name], func(v string) bool { return v != value })
		}
		hint := g.ParseReturn(v, query)
		if len(hint.Outcomes) != 2 || !hint.Status.Valid() {
			t.Errorf("got %+v", hint)
		}
		for id, outcome := range hint.Outcomes {
			listed := func(list string) (n int) { // number of the request's ids in a list
				for _, id := range v.RemoteIDs[id].Signatures {
					if slices.Contains(query[list], id) {
						n++
					}
				}
				return n
			}
			noLists := strings.Join(query["signed"], "")+strings.Join(query["unsigned"], "") == ""
			all := len(v.RemoteIDs[id].Signatures)
			switch outcome.Status {
			case request.Signed:
				if !has("result", "success") || !has("status", "signed") && !has("status", "rejected") ||
					listed("unsigned") != 0 || listed("signed") != all && (!noLists || !has("status", "signed")) {
					t.Errorf("%s is signed, by %q", id, text)
				}
			case request.Rejected:
				if !has("result", "success") || !has("status", "rejected") || listed("unsigned") != all || listed("signed") != 0 {
					t.Errorf("%s is rejected, by %q", id, text)
				}
			case request.Partial:
				if !has("result", "success") || !has("status", "rejected") || listed("unsigned") == 0 || listed("signed")+listed("unsigned") != all {
					t.Errorf("%s is partial, by %q", id, text)
				}
			case request.Failed:
				if !has("result", "accessDenied") && !has("result", "pageNotFound") {
					t.Errorf("%s is failed, by %q", id, text)
				}
			case request.Signing:
			default:
				t.Errorf("%s is %s", id, outcome.Status)
			}
			if outcome.Code != gateway.Sanitize(outcome.Code) || outcome.Message != gateway.Sanitize(outcome.Message) || outcome.Code != hint.Code {
				t.Errorf("not safe to show: %+v", outcome)
			}
		}
		again := g.ParseReturn(v, query)
		if !cmp.Equal(hint, again) {
			t.Error("read twice, it says two things")
		}
	})
}

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

func TestPrepareUploadsADocumentWithItsSigners(t *testing.T) {
	d := newDouble(t)
	bob := request.Signer{Name: "Bob", Email: "bob@example.test", Country: "FR", Number: "x"}
	p, err := d.open(nil).Prepare(t.Context(), gateway.VisitSpec{ReturnURL: "http://127.0.0.1:1/return/t", Requests: []request.Request{withFile("r", ana, bob)}, OpenDocument: openDocument})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"POST /v1/docs/", "POST /v1/docs/2475/", "POST /v1/docs/2475/"}, d.calls); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"file": document, "title": "Miete & Pacht", "comments": "32-EE"}, d.parts); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]url.Values{
		{"name": {"Ana Pérez"}, "email": {"ana@example.test"}, "id-country": {"ES"}, "id-number": {"00000000T"}},
		{"name": {"Bob"}, "email": {"bob@example.test"}, "id-country": {"FR"}, "id-number": {"x"}},
	}, d.forms); diff != "" {
		t.Error(diff)
	}
	// The visit is for the first signer's request.
	want := gateway.PreparedVisit{
		URL:       "https://app.example/gateway/sign.html?id=12&urlreturn=http%3A%2F%2F127.0.0.1%3A1%2Freturn%2Ft",
		RemoteIDs: map[request.ID]request.RemoteIDs{"r": {Request: "12", Documents: []string{"2475"}, Signatures: []string{"12"}}},
		Notes: []request.Sentence{request.Sentencef("note_further_signers",
			"%s: the ids of the further signers' requests at the gateway are %s", "Miete & Pacht", "27")},
	}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Error(diff)
	}
}

// A keyring may need seconds for each answer.
func TestThePasswordIsLookedUpOnceForAVisit(t *testing.T) {
	d := newDouble(t)
	p := gateway.Profile{Name: "ours", Kind: "portasigma", URL: "https://app.example", Settings: map[string]any{"api_url": d.URL + "/v1/", "user": user}}
	client, err := gateway.NewClient(p, nil)
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

func TestPrepareUsesTheSettingsOfTheProfile(t *testing.T) {
	d := newDouble(t)
	g := d.open(map[string]any{
		"file_part": "pdf", "title_part": "name", "comments_part": "note",
		"default_signer": map[string]any{"name": "Def", "email": "d@example.test", "country": "ES", "number": "X0000000T"},
	})
	if g.Capabilities().NeedsSigner {
		t.Error("it knows who signs")
	}
	if _, err := g.Prepare(t.Context(), gateway.VisitSpec{Requests: []request.Request{withFile("r")}, OpenDocument: openDocument}); err != nil {
		t.Fatal(err)
	}
	if d.parts["pdf"] != document || d.parts["name"] == "" || d.forms[0].Get("name") != "Def" {
		t.Errorf("got %v, %v", d.parts, d.forms)
	}
}

func TestPrepareChecksAllRequestsBeforeTheFirstUpload(t *testing.T) {
	wrong, bob, abroad := ana, ana, ana
	wrong.Number = "12345678A"
	bob.Number = "12345678Z"
	abroad.Name, abroad.Country = "Anna", "PT"
	d := newDouble(t)
	for say, requests := range map[string][]request.Request{
		"needs to know who signs":         {withFile("r")},
		"letter does not fit its digits":  {withFile("a", ana), withFile("b", ana, wrong)},
		"12345678A of Ana Pérez cannot b": {withFile("a", wrong)},
		"who signs: add the request with": {withFile("a", ana), withFile("b")},
		"a visit is for one person":       {withFile("a", ana), byID("3"), withFile("b", bob)},
		"Pacht is for Ana Pérez and Miet": {withFile("a", ana), withFile("b", abroad)},
	} {
		if _, err := d.open(nil).Prepare(t.Context(), gateway.VisitSpec{Requests: requests, OpenDocument: openDocument}); err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("want %q, got %v", say, err)
		}
	}
	copied := withFile("r", ana)
	copied.CopyRecipients = []request.CopyRecipient{eva}
	if _, err := d.open(map[string]any{"copy_route": ""}).Prepare(t.Context(), gateway.VisitSpec{Requests: []request.Request{copied}, OpenDocument: openDocument}); err == nil || !strings.Contains(err.Error(), "set copy_route") {
		t.Errorf("without a route for copies: %v", err)
	}
	if _, err := open(t, "https://app.example", nil).Prepare(t.Context(), gateway.VisitSpec{Requests: []request.Request{withFile("r", ana)}}); err == nil || !strings.Contains(err.Error(), "set api_url and user") {
		t.Errorf("without an API: %v", err)
	}
	if len(d.calls) != 0 {
		t.Errorf("something was handed over: %v", d.calls)
	}
}

func TestSpanishIdentifiersAreChecked(t *testing.T) {
	g, ok := open(t, "https://app.example", nil).(gateway.SignerChecker)
	if !ok {
		t.Fatal("it does not check signers")
	}
	for number, ok := range map[string]bool{
		"00000000T": true, "12345678Z": true, "12345678z": true, "X1234567L": true, "Y1234567X": true, "Z1234567R": true,
		"12345678A": false, "X1234567A": false, "00000000t": true, "12.345.678-Z": true, "12 345 678 z": true, "x-1234567-l": true,
		"12.345.678-A": false, "12345678 a": false, "x 1234567 a": false,
		"12345678": false, "1234567Z": false, "X1234567": false, "X-123456L": false, "123456789Z": false, "12.345.678": false,
		"AB1234": true, "": true, "123456789": true, "W1234567A": true, "1234567ſ": true, "12345678/A": true, // unknown forms are accepted
	} {
		signer := ana
		for _, signer.Country = range []string{"ES", "es"} {
			signer.Number = number
			if err := g.CheckSigner(signer); (err == nil) != ok {
				t.Errorf("%q: got %v", number, err)
			}
		}
		signer.Country = "PT"
		if err := g.CheckSigner(signer); err != nil {
			t.Errorf("%q of another country: %v", number, err)
		}
	}
}

func TestIdentifiersAreNormalized(t *testing.T) {
	for _, test := range []struct{ country, number, sentCountry, sent string }{
		{"ES", "12.345.678-z", "ES", "12345678Z"},
		{"es", " x 1234567 l", "ES", "X1234567L"},
		{"ES", "B-12.345.678", "ES", "B-12.345.678"},
		{"PT", "12.345.678-z", "PT", "12.345.678-z"},
	} {
		d := newDouble(t)
		signer := ana
		signer.Country, signer.Number = test.country, test.number
		if _, err := d.open(nil).Prepare(t.Context(), gateway.VisitSpec{Requests: []request.Request{withFile("r", signer)}, OpenDocument: openDocument}); err != nil {
			t.Fatal(err)
		}
		if got := d.forms[0]; got.Get("id-country") != test.sentCountry || got.Get("id-number") != test.sent {
			t.Errorf("%q: got %v", test.number, got)
		}
	}
}

func TestACreationMustAnswerWithTheNewResource(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("somebody else was asked: %v", r.Header) }))
	defer elsewhere.Close()
	d := newDouble(t)
	status := func(code int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "/v1/docs/9/")
			w.WriteHeader(code)
			io.WriteString(w, body+r.Header.Get("Authorization"))
		}
	}
	tests := map[string]struct {
		answer http.HandlerFunc
		id     string
		fault  gateway.Fault
	}{
		"an absolute address":            {see(d.URL + "/v1/docs/77/"), "77", 0},
		"an address below the root":      {see("/v1/docs/77/"), "77", 0},
		"a relative address":             {see("77/"), "77", 0},
		"an address without the slash":   {see("/v1/docs/77"), "77", 0},
		"an id that needs escaping":      {see("/v1/docs/7%2F7/"), "7/7", 0},
		"an id with all kinds of signs":  {see("/v1/docs/a%3Fb%23c%25+%C3%B1/"), "a?b#c%+ñ", 0},
		"a query says nothing":           {see("/v1/docs/77/?x=/v1/docs/78/"), "77", 0},
		"another origin by its password": {see(strings.Replace(elsewhere.URL, "//", "//"+strings.TrimPrefix(d.URL, "http://")+"@", 1) + "/v1/docs/77/"), "", gateway.BadAnswer},
		"another origin":                 {see(elsewhere.URL + "/v1/docs/77/"), "", gateway.BadAnswer},
		"another origin without scheme":  {see(strings.TrimPrefix(elsewhere.URL, "http:") + "/v1/docs/77/"), "", gateway.BadAnswer},
		"outside the API's root":         {see(d.URL + "/docs/77/"), "", gateway.BadAnswer},
		"a root that begins the same":    {see("/v10/docs/77/"), "", gateway.BadAnswer},
		"out of the root by dots":        {see("/v1/../docs/77/"), "", gateway.BadAnswer},
		"out of the root by hidden dots": {see("/v1/%2E%2e/docs/77/"), "", gateway.BadAnswer},
		"no document":                    {see("/v1/users/77/"), "", gateway.BadAnswer},
		"an id with a space":             {see("/v1/docs/7%207/"), "", gateway.BadAnswer},
		"an id that cannot be shown":     {see("/v1/docs/7%1b7/"), "", gateway.BadAnswer},
		"an id that does not end":        {see("/v1/docs/" + strings.Repeat("7", 65) + "/"), "", gateway.BadAnswer},
		"no address":                     {see(""), "", gateway.BadAnswer},
		"no id in the address":           {see("/"), "", gateway.BadAnswer},
		"an id that leads elsewhere":     {see("/v1/docs/%2e%2e/"), "", gateway.BadAnswer},
		"an address that cannot be read": {see("://%zz"), "", gateway.Unreachable}, // net/http refuses it
		"all well is not it":             {status(200, "ok"), "", gateway.BadAnswer},
		"created is not it":              {status(201, "ok"), "", gateway.BadAnswer},
		"found is not it":                {status(302, ""), "", gateway.BadAnswer},
		"repeating the post is not it":   {status(307, ""), "", gateway.BadAnswer},
		"credentials refused":            {status(401, "no"), "", gateway.Unauthorized},
		"refused, with our words in it":  {status(400, "bad "+password+" "), "", gateway.Refused},
		"broken":                         {status(500, ""), "", gateway.ServerError},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d.mu.Lock()
			d.T, d.calls, d.forms, d.created, d.added = t, nil, nil, test.answer, nil
			d.mu.Unlock()
			p, err := d.open(nil).Prepare(t.Context(), gateway.VisitSpec{Requests: []request.Request{withFile("r", ana)}, OpenDocument: openDocument})
			if faultOf(err) != test.fault || (err == nil) != (test.fault == 0) {
				t.Fatalf("got %v", err)
			}
			if err != nil {
				if strings.Contains(err.Error(), "hush") || strings.Contains(err.Error(), "Basic ZGVz") {
					t.Errorf("the password is in: %v", err)
				}
				if len(d.calls) != 1 {
					t.Errorf("it went on: %v", d.calls)
				}
				return
			}
			if got := p.RemoteIDs["r"].Documents[0]; got != test.id || d.calls[1] != "POST /v1/docs/"+url.PathEscape(test.id)+"/" {
				t.Errorf("got %q, %v", got, d.calls)
			}
		})
	}
}

func TestANewResourceMustBelongToItsCollection(t *testing.T) {
	for location, want := range map[string]string{
		"/v1/docs/2475/signers/12/":     "12",
		"/v1/docs/2475/signers/1%2F2":   "1/2",
		"signers/12/":                   "12",
		"/v1/docs/2475/":                "",
		"/v1/docs/2475/signers/":        "",
		"/docs/2475/signers/12/":        "",
		"/v1/docs/2475/signers/%2e%2e/": "",
		"/v1/docs/2476/signers/12/":     "",
		"/v1/docs/9/2475/signers/12/":   "",
		"/v1/signers/12/":               "",
		"/v1/docs/2475/signers/1/12/":   "",
		"/v1/docs/2475//signers/12/":    "",
		"/v1/docs/%32475/signers/12/":   "12",
	} {
		d := newDouble(t)
		d.added = see(location)
		p, err := d.open(nil).Prepare(t.Context(), gateway.VisitSpec{Requests: []request.Request{withFile("r", ana)}, OpenDocument: openDocument})
		if want == "" {
			if faultOf(err) != gateway.BadAnswer {
				t.Errorf("%s: got %v", location, err)
			}
			continue
		}
		if err != nil || p.RemoteIDs["r"].Request != want || !strings.Contains(p.URL, "sign.html?id="+url.QueryEscape(want)+"&urlreturn") {
			t.Errorf("%s: got %+v, %v", location, p, err)
		}
	}
}

// With an id that is used twice, the visit would sign something else than it should.
func TestPrepareRefusesDuplicateIDs(t *testing.T) {
	two := func(first, second string) http.HandlerFunc {
		next := []string{first, second, second}
		return func(w http.ResponseWriter, r *http.Request) {
			see(next[0])(w, r)
			next = next[1:]
		}
	}
	both := []request.Request{withFile("a", ana), withFile("b", ana)}
	several := withFile("a", ana, request.Signer{Name: "Bea", Email: "bea@example.test", Country: "ES", Number: "00000001R"})
	tests := map[string]struct {
		requests       []request.Request
		created, added http.HandlerFunc
		says           string // empty for success
		deleted        []string
	}{
		"all is well":                        {both, nil, two("signers/12/", "signers/13/"), "", nil},
		"one name for two documents":         {both, two("7/", "7/"), two("signers/12/", "signers/13/"), "two documents", []string{"DELETE /v1/docs/7/"}},
		"one name for two signers":           {both, two("7/", "8/"), two("signers/12/", "signers/12/"), "two signature requests", []string{"DELETE /v1/docs/7/", "DELETE /v1/docs/8/"}},
		"one name for the further signer":    {[]request.Request{several}, nil, two("signers/12/", "signers/12/"), "two signature requests", []string{"DELETE /v1/docs/2475/"}},
		"the name of a request that existed": {[]request.Request{withFile("a", ana), byID("12")}, nil, see("signers/12/"), "two signature requests", []string{"DELETE /v1/docs/2475/"}},
		"the same request twice":             {[]request.Request{byID("12"), byID("12"), withFile("a", ana)}, nil, see("signers/13/"), "", nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDouble(t)
			d.created, d.added, d.deleted = test.created, test.added, answer(204, "")
			p, err := d.open(map[string]any{"delete_route": "docs/{document}/"}).Prepare(t.Context(), gateway.VisitSpec{Requests: test.requests, OpenDocument: openDocument})
			if (err == nil) != (test.says == "") || err != nil && (faultOf(err) != gateway.BadAnswer || !strings.Contains(err.Error(), test.says) || p.URL != "") {
				t.Errorf("got %+v, %v", p, err)
			}
			if diff := cmp.Diff(test.deleted, d.callsWith("DELETE")); diff != "" {
				t.Error(diff)
			}
			if err == nil && strings.Count(p.URL, "id=12&") != 1 {
				t.Errorf("the browser is sent to %s", p.URL)
			}
		})
	}
}

func answer(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

func TestPrepareAddsRecipientsOfCopies(t *testing.T) {
	for status, fault := range map[int]gateway.Fault{200: 0, 201: 0, 204: 0, 303: 0, 302: gateway.BadAnswer, 307: gateway.BadAnswer, 400: gateway.Refused, 404: gateway.Refused, 500: gateway.ServerError} {
		d := newDouble(t)
		d.copied = answer(status, "")
		r := withFile("r", ana)
		r.CopyRecipients = []request.CopyRecipient{eva, {Name: "Bob", Email: "bob@example.test"}}
		p, err := d.open(nil).Prepare(t.Context(), gateway.VisitSpec{Requests: []request.Request{r}, OpenDocument: openDocument})
		if faultOf(err) != fault || (err == nil) != (fault == 0) {
			t.Errorf("%d: got %v", status, err)
			continue
		}
		if err != nil {
			continue
		}
		if diff := cmp.Diff([]string{"POST /v1/docs/", "POST /v1/docs/2475/", "POST /v1/docs/2475/oncopy/", "POST /v1/docs/2475/oncopy/"}, d.calls); diff != "" {
			t.Errorf("%d: %s", status, diff)
		}
		if diff := cmp.Diff([]url.Values{{"name": {"Eva Gómez"}, "email": {"eva@example.test"}}, {"name": {"Bob"}, "email": {"bob@example.test"}}}, d.forms[1:]); diff != "" {
			t.Errorf("%d: %s", status, diff)
		}
		if diff := cmp.Diff(request.RemoteIDs{Request: "12", Documents: []string{"2475"}, Signatures: []string{"12"}}, p.RemoteIDs["r"]); diff != "" {
			t.Errorf("%d: %s", status, diff)
		}
	}
	d := newDouble(t)
	d.copied = answer(204, "")
	r := withFile("r", ana)
	r.CopyRecipients = []request.CopyRecipient{eva}
	if _, err := d.open(map[string]any{"copy_route": "/docs/{document}/cc/"}).Prepare(t.Context(), gateway.VisitSpec{Requests: []request.Request{r}, OpenDocument: openDocument}); err != nil || d.calls[2] != "POST /v1/docs/2475/cc/" {
		t.Errorf("got %v, %v", d.calls, err)
	}
}

// What was uploaded before the failure is deleted, or named in the error.
func TestAFailedPrepareDeletesOrReportsItsUploads(t *testing.T) {
	const deleted, deletedToo = "DELETE /v1/docs/2475/", "DELETE /v1/docs/2476/"
	tests := map[string]struct {
		route  string
		delete int
		want   []string // deletions
		says   bool     // the error names what is left
	}{
		"nothing says that deleting is allowed": {"", 204, nil, true},
		"it is deleted":                         {"docs/{document}/", 204, []string{deleted, deletedToo}, false},
		"it is gone already":                    {"docs/{document}/", 404, []string{deleted, deletedToo}, false},
		"deleting is refused":                   {"docs/{document}/", 405, []string{deleted, deletedToo}, true},
		"deleting fails":                        {"docs/{document}/", 500, []string{deleted}, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDouble(t)
			d.deleted = answer(test.delete, "")
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			d.added = func(w http.ResponseWriter, r *http.Request) {
				if len(d.forms) == 1 {
					see("signers/12/")(w, r)
					return
				}
				answer(400, `{"message":"who is that"}`)(w, r)
			}
			g := d.open(map[string]any{"delete_route": test.route})
			_, err := g.Prepare(ctx, gateway.VisitSpec{Requests: []request.Request{withFile("a", ana), byID("5"), withFile("b", ana)}, OpenDocument: openDocument})
			if faultOf(err) != gateway.Refused || !strings.Contains(err.Error(), "add the signer") || !strings.Contains(err.Error(), "who is that") {
				t.Errorf("got %v", err)
			}
			if got := strings.Contains(err.Error(), "still at the gateway: delete document 2475, 2476 there"); got != test.says {
				t.Errorf("got %v", err)
			}
			if diff := cmp.Diff(test.want, d.callsWith("DELETE")); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("even when it was canceled", func(t *testing.T) {
		d := newDouble(t)
		d.deleted = answer(204, "")
		ctx, cancel := context.WithCancel(t.Context())
		d.added = func(w http.ResponseWriter, r *http.Request) {
			cancel()
			<-r.Context().Done()
		}
		_, err := d.open(map[string]any{"delete_route": "docs/{document}/"}).Prepare(ctx, gateway.VisitSpec{Requests: []request.Request{withFile("a", ana)}, OpenDocument: openDocument})
		if !errors.Is(err, context.Canceled) || len(d.callsWith("DELETE")) != 1 {
			t.Errorf("got %v, %v", err, d.calls)
		}
	})
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

// roundTripper answers requests without a network.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func FuzzLocation(f *testing.F) {
	for _, seed := range []string{
		"https://api.example/v1/docs/77/", "/v1/docs/7%2F7/", "77/", "//evil.example/v1/docs/7/", "/v1/../docs/7/", "/v1/docs/%2e%2e/", "/v1/docs/7%207/", "HTTPS://API.EXAMPLE:443/v1/docs/7",
		"https://api.example@evil.example/v1/docs/7/", "https://api.example.evil.example/v1/docs/7", "http://api.example/v1/docs/7", "?/docs/7", "", "://%zz", "https:/v1/docs/8/", "signers/9/", "/v1/docs/77/signers/9",
	} {
		f.Add(seed, "/v1/docs/77/signers/12/")
		f.Add("/v1/docs/77/", seed)
	}
	f.Fuzz(func(t *testing.T, ofDocument, ofSigner string) {
		var paths []string
		client := &http.Client{
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
				if r.URL.Scheme != "https" || r.URL.Host != "api.example" || r.Method != http.MethodPost {
					t.Fatalf("somebody else was asked: %s %s", r.Method, r.URL)
				}
				r.Body.Close()
				paths = append(paths, r.URL.EscapedPath())
				location := []string{ofDocument, ofSigner}[len(paths)-1]
				return &http.Response{StatusCode: http.StatusSeeOther, Header: http.Header{"Location": {location}}, Body: http.NoBody, Request: r}, nil
			}),
		}
		p := gateway.Profile{Name: "ours", Kind: "portasigma", URL: "https://app.example", Settings: map[string]any{"api_url": "https://api.example/v1", "user": user}}
		g, err := portasigma.Kind.New(p, gateway.Tools{HTTP: client, Secret: func(context.Context) (string, error) { return password, nil }})
		if err != nil {
			t.Fatal(err)
		}
		prepared, err := g.Prepare(t.Context(), gateway.VisitSpec{ReturnURL: "http://127.0.0.1:1/return/t", Requests: []request.Request{withFile("r", ana)}, OpenDocument: openDocument})
		if err != nil {
			if prepared.URL != "" || strings.Contains(err.Error(), "hush") {
				t.Errorf("got %+v, %v", prepared, err)
			}
			return
		}
		session := prepared.RemoteIDs["r"]
		for i, id := range []string{session.Documents[0], session.Signatures[0]} {
			if id == "" || id == "." || id == ".." || len(id) > 64 || id != gateway.Sanitize(id) || strings.Contains(id, " ") {
				t.Errorf("%q is no id", id)
			}
			// Resolve the address in another way than the adapter does.
			base := &url.URL{Scheme: "https", Host: "api.example", Path: "/v1/docs/"}
			if i == 1 {
				base = base.JoinPath(url.PathEscape(session.Documents[0]), "/")
			}
			at, err := base.Parse([]string{ofDocument, ofSigner}[i])
			if err != nil || at.Scheme != "https" || !strings.EqualFold(at.Hostname(), "api.example") || at.Port() != "" && at.Port() != "443" || !strings.HasPrefix(at.Path, "/v1/") {
				t.Errorf("%q leads to %v, %v", []string{ofDocument, ofSigner}[i], at, err)
			}
		}
		if diff := cmp.Diff([]string{"/v1/docs/", "/v1/docs/" + url.PathEscape(session.Documents[0]) + "/"}, paths); diff != "" {
			t.Error(diff)
		}
		if got, exact := portasigma.Kind.ParseLink(p, prepared.URL); !exact || !slices.Equal(got, session.Signatures) {
			t.Errorf("the browser is sent to sign %v: %s", got, prepared.URL)
		}
	})
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

func TestAVisitIsLimitedByTheLengthOfItsAddress(t *testing.T) {
	ids := func(n int) (all []request.Request) {
		for i := range n {
			all = append(all, request.Request{AddedRemoteID: strconv.Itoa(1_000_000 + i)})
		}
		return all
	}
	uploads := func(n int) []request.Request {
		return []request.Request{{}, {Documents: make([]request.Document, n)}}
	}
	for name, test := range map[string]struct {
		settings map[string]any
		requests []request.Request
		want     bool
	}{
		"forty ids":              {nil, ids(40), true},
		"as many as fit":         {nil, ids(165), true},
		"one more":               {nil, ids(175), false},
		"a longer address":       {map[string]any{"max_address": 4000}, ids(175), true},
		"a shorter address":      {map[string]any{"max_address": 500}, ids(40), false},
		"one that does not fit":  {nil, []request.Request{{AddedRemoteID: strings.Repeat("é", 1000)}}, true},
		"twenty uploads":         {nil, uploads(20), true},
		"more uploads":           {nil, uploads(21), false},
		"one request of uploads": {nil, uploads(21)[1:], true},
		"ids of many bytes":      {nil, append(ids(1), request.Request{AddedRemoteID: strings.Repeat("é", 400)}), false},
	} {
		if got := gateway.FitsVisit(open(t, "https://app.example", test.settings), test.requests); got != test.want {
			t.Errorf("%s: fits %t", name, got)
		}
	}
	g := open(t, "https://app.example", nil)
	all := ids(165)
	for i := range all {
		all[i].ID = request.ID(strconv.Itoa(i))
	}
	p, err := g.Prepare(t.Context(), gateway.VisitSpec{ReturnURL: "http://127.0.0.1:65535/return/0123456789abcdef0123456789abcdef", Requests: all})
	if err != nil || len(p.URL) > 2000 {
		t.Errorf("the address has %d characters, %v", len(p.URL), err)
	}
	for _, wrong := range []int{0, 499, 100_001} {
		if _, err := portasigma.Kind.New(gateway.Profile{Name: "x", Kind: "portasigma", URL: "https://app.example", Settings: map[string]any{"max_address": wrong}}, gateway.Tools{}); err == nil {
			t.Errorf("max_address = %d is accepted", wrong)
		}
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
