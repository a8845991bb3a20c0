package portasigma_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
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
	password = "pa:ss/word&hush"
	document = "%PDF-1.7 the bytes as they were added"
)

func open(t *testing.T, root string, settings map[string]any) gateway.Gateway {
	t.Helper()
	p := gateway.Profile{Name: "ours", Kind: "portasigma", URL: root, Timeout: 5 * time.Second, Settings: settings}
	client, err := gateway.NewClient(p)
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

// byID is a request that exists at the gateway.
func byID(id string) request.Request {
	return request.Request{ID: request.ID("r" + id), Title: "R " + id, GivenID: id}
}

// withFile is a request with a document of its own.
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

func faultOf(err error) gateway.Fault {
	e, _ := errors.AsType[*gateway.Error](err)
	if e == nil {
		return 0
	}
	return e.Fault
}

func TestTheAddressForTheBrowserIsTheDocumentedOne(t *testing.T) {
	const escaped = "http%3A%2F%2Fxyz.com%2Freturn%3Fx%3D12%26y%3DABC"
	tests := map[string]struct {
		settings map[string]any
		ids      []string
		want     string
	}{
		"one request":                      {nil, []string{"12"}, "/gateway/sign.html?id=12&urlreturn=" + escaped},
		"many requests":                    {nil, []string{"12", "27", "2474"}, "/gateway/sign.html?id=12&id=27&id=2474&urlreturn=" + escaped},
		"with user and password":           {map[string]any{"context": "usergateway"}, []string{"12"}, "/usergateway/sign.html?id=12&urlreturn=" + escaped},
		"logging out":                      {map[string]any{"logout": true}, []string{"12"}, "/gateway/sign.html?id=12&urlreturn=" + escaped + "&logout=true"},
		"not logging out says nothing":     {map[string]any{"logout": false}, []string{"12"}, "/gateway/sign.html?id=12&urlreturn=" + escaped},
		"a view is for many only":          {map[string]any{"view": false}, []string{"12"}, "/gateway/sign.html?id=12&urlreturn=" + escaped},
		"without looking through them":     {map[string]any{"view": false}, []string{"12", "27"}, "/gateway/sign.html?id=12&id=27&urlreturn=" + escaped + "&view=false"},
		"everything":                       {map[string]any{"view": true, "logout": true, "context": "usergateway"}, []string{"1", "2"}, "/usergateway/sign.html?id=1&id=2&urlreturn=" + escaped + "&logout=true&view=true"},
		"an id twice is one id":            {map[string]any{"view": false}, []string{"12", "12"}, "/gateway/sign.html?id=12&urlreturn=" + escaped},
		"an id cannot add a parameter":     {nil, []string{"12&logout=true#"}, "/gateway/sign.html?id=12%26logout%3Dtrue%23&urlreturn=" + escaped},
		"ids keep the order of the desk's": {nil, []string{"9", "10", "1"}, "/gateway/sign.html?id=9&id=10&id=1&urlreturn=" + escaped},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			g := open(t, "https://app.portasigma.com/in/house/", test.settings)
			trip := gateway.Trip{ReturnURL: "http://xyz.com/return?x=12&y=ABC"}
			for _, id := range test.ids {
				trip.Requests = append(trip.Requests, byID(id))
			}
			p, err := g.Prepare(t.Context(), trip)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff("https://app.portasigma.com/in/house"+test.want, p.URL); diff != "" {
				t.Error(diff)
			}
			for _, id := range test.ids {
				if diff := cmp.Diff(request.SessionIDs{RemoteID: id, Signatures: []string{id}}, p.Sessions[request.ID("r"+id)]); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

func TestSettingsThatCannotBeAreRefused(t *testing.T) {
	for say, settings := range map[string]map[string]any{
		"use gateway (certificate)": {"context": "backdoor"},
		"go together":               {"api_url": "https://api.example"},
		"api_url and user":          {"user": "me"},
		"not encrypted":             {"api_url": "http://api.example", "user": "me"},
		"no such setting":           {"client_id": "x"},
		"default_signer":            {"default_signer": map[string]any{"name": "A", "email": "a@b", "country": "ES", "number": "00000000A"}},
	} {
		_, err := portasigma.Kind.New(gateway.Profile{Name: "ours", Kind: "portasigma", URL: "https://app.example", Settings: settings}, gateway.Tools{})
		if err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("want %q, got %v", say, err)
		}
	}
}

// The table of words: CLI.md, the design and the vendor's page.
func TestReadReturn(t *testing.T) {
	type verdicts map[request.ID]request.Status
	one, two := []string{"12"}, []string{"12", "27"}
	tests := map[string]struct {
		ids    []string
		query  string
		want   verdicts
		claims request.Status
		word   string
	}{
		"signed":                            {one, "status=signed&result=success", verdicts{"r12": request.Signed}, request.Signed, "signed"},
		"signed, and listed":                {one, "status=signed&result=success&signed=12", verdicts{"r12": request.Signed}, request.Signed, "signed"},
		"signed, with an empty list":        {one, "status=signed&result=success&signed=12&unsigned=", verdicts{"r12": request.Signed}, request.Signed, "signed"},
		"signed, with two empty lists":      {one, "status=signed&result=success&signed=&unsigned=", verdicts{"r12": request.Signed}, request.Signed, "signed"},
		"all signed":                        {two, "status=signed&result=success", verdicts{"r12": request.Signed, "r27": request.Signed}, request.Signed, "signed"},
		"all signed, and listed":            {two, "status=signed&result=success&signed=27&signed=12", verdicts{"r12": request.Signed, "r27": request.Signed}, request.Signed, "signed"},
		"rejected":                          {one, "status=rejected&result=success", verdicts{"r12": request.Rejected}, request.Rejected, "rejected"},
		"rejected, and listed":              {one, "status=rejected&result=success&unsigned=12", verdicts{"r12": request.Rejected}, request.Rejected, "rejected"},
		"one rejected":                      {two, "status=rejected&result=success&signed=12&unsigned=27", verdicts{"r12": request.Signed, "r27": request.Rejected}, request.Partial, "rejected"},
		"rejected, but which of the two":    {two, "status=rejected&result=success", verdicts{"r12": request.Signing, "r27": request.Signing}, request.Signing, "rejected"},
		"one of two is not mentioned":       {two, "status=signed&result=success&signed=12", verdicts{"r12": request.Signed, "r27": request.Signing}, request.Signing, "signed"},
		"rejected, and one not mentioned":   {two, "status=rejected&result=success&unsigned=12", verdicts{"r12": request.Rejected, "r27": request.Signing}, request.Signing, "rejected"},
		"access denied":                     {one, "result=accessDenied", verdicts{"r12": request.Failed}, request.Failed, "accessDenied"},
		"page not found":                    {two, "result=pageNotFound", verdicts{"r12": request.Failed, "r27": request.Failed}, request.Failed, "pageNotFound"},
		"denied, whatever the status":       {one, "status=signed&result=accessDenied", verdicts{"r12": request.Failed}, request.Failed, "accessDenied"},
		"signed, and under unsigned":        {one, "status=signed&result=success&unsigned=12", verdicts{"r12": request.Signing}, request.Signing, "signed"},
		"in both lists":                     {one, "status=rejected&result=success&signed=12&unsigned=12", verdicts{"r12": request.Signing}, request.Signing, "rejected"},
		"rejected, and all under signed":    {two, "status=rejected&result=success&signed=12&signed=27", verdicts{"r12": request.Signing, "r27": request.Signing}, request.Signing, "rejected"},
		"rejected, and the only one signed": {one, "status=rejected&result=success&signed=12", verdicts{"r12": request.Signing}, request.Signing, "rejected"},
		"only others are listed":            {one, "status=signed&result=success&signed=99", verdicts{"r12": request.Signing}, request.Signing, "signed"},
		"an id that only begins the same":   {one, "status=signed&result=success&signed=123", verdicts{"r12": request.Signing}, request.Signing, "signed"},
		"no result":                         {one, "status=signed", verdicts{"r12": request.Signing}, request.Signing, "signed"},
		"no status":                         {one, "result=success", verdicts{"r12": request.Signing}, request.Signing, "success"},
		"lists alone":                       {one, "signed=12", verdicts{"r12": request.Signing}, request.Signing, ""},
		"nothing":                           {one, "", verdicts{"r12": request.Signing}, request.Signing, ""},
		"an unknown status":                 {one, "status=half&result=success", verdicts{"r12": request.Signing}, request.Signing, "half"},
		"another case is unknown":           {one, "status=Signed&result=success", verdicts{"r12": request.Signing}, request.Signing, "Signed"},
		"an unknown result":                 {one, "status=signed&result=odd", verdicts{"r12": request.Signing}, request.Signing, "odd"},
		"two statuses":                      {one, "status=signed&status=rejected&result=success", verdicts{"r12": request.Signing}, request.Signing, "signed, rejected"},
		"the same status twice":             {one, "status=signed&status=signed&result=success", verdicts{"r12": request.Signed}, request.Signed, "signed"},
		"two results":                       {one, "result=accessDenied&result=pageNotFound", verdicts{"r12": request.Signing}, request.Signing, "accessDenied, pageNotFound"},
		"a word that cannot be shown":       {one, "status=%1b%5b31m&result=success", verdicts{"r12": request.Signing}, request.Signing, "[31m"},
	}
	g := open(t, "https://app.example", nil)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			query, err := url.ParseQuery(test.query)
			if err != nil {
				t.Fatal(err)
			}
			v := request.Visit{Sessions: map[request.ID]request.SessionIDs{}}
			for _, id := range test.ids {
				v.Sessions[request.ID("r"+id)] = request.SessionIDs{RemoteID: id, Signatures: []string{id}}
			}
			hint := g.ReadReturn(v, query)
			got := verdicts{}
			for id, verdict := range hint.Verdicts {
				got[id] = verdict.Status
				if verdict.Word != test.word || verdict.Unproven || (verdict.Status == request.Failed) != (verdict.Message != "") {
					t.Errorf("%s: got %+v", id, verdict)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if hint.Claims != test.claims || hint.Word != test.word || hint.Refuse != "" {
				t.Errorf("got %+v", hint)
			}
		})
	}
}

func TestDocumentsOfOneRequestFareDifferently(t *testing.T) {
	g := open(t, "https://app.example", nil)
	v := request.Visit{Sessions: map[request.ID]request.SessionIDs{"r": {RemoteID: "1", Documents: []string{"101", "102"}, Signatures: []string{"1", "2"}}}}
	hint := g.ReadReturn(v, url.Values{"status": {"rejected"}, "result": {"success"}, "signed": {"2"}, "unsigned": {"1"}})
	want := gateway.Verdict{Status: request.Partial, Word: "rejected", Documents: []request.DocumentResult{{Word: "rejected"}, {Word: "signed", Signed: true}}}
	if diff := cmp.Diff(want, hint.Verdicts["r"]); diff != "" {
		t.Error(diff)
	}
	// The ids of documents are another thing than those of signature requests.
	hint = g.ReadReturn(v, url.Values{"status": {"signed"}, "result": {"success"}, "signed": {"101", "102"}})
	if got := hint.Verdicts["r"].Status; got != request.Signing {
		t.Errorf("got %s", got)
	}
}

func FuzzReadReturn(f *testing.F) {
	for _, seed := range []string{"status=signed&result=success", "status=rejected&result=success&signed=1&unsigned=2", "result=accessDenied", "status=signed&status=rejected", "signed=1&signed=1;unsigned=%ff"} {
		f.Add(seed)
	}
	g, err := portasigma.Kind.New(gateway.Profile{Name: "ours", Kind: "portasigma", URL: "https://app.example"}, gateway.Tools{})
	if err != nil {
		f.Fatal(err)
	}
	v := request.Visit{Sessions: map[request.ID]request.SessionIDs{
		"a": {Signatures: []string{"1"}}, "b": {Documents: []string{"20", "30"}, Signatures: []string{"2", "3"}},
	}}
	f.Fuzz(func(t *testing.T, text string) {
		query, _ := url.ParseQuery(text) // as the listener reads it: what can be parsed counts
		hint := g.ReadReturn(v, query)
		if len(hint.Verdicts) != 2 || !hint.Claims.Valid() {
			t.Errorf("got %+v", hint)
		}
		for id, verdict := range hint.Verdicts {
			switch verdict.Status {
			case request.Signed:
				if query.Get("status") != "signed" && query.Get("status") != "rejected" || query.Get("result") != "success" {
					t.Errorf("%s is signed, by %q", id, text)
				}
			case request.Rejected, request.Partial:
				if query.Get("status") != "rejected" || query.Get("result") != "success" {
					t.Errorf("%s is %s, by %q", id, verdict.Status, text)
				}
			case request.Failed:
				if query.Get("status") != "" {
					t.Errorf("%s is failed, by %q", id, text)
				}
			case request.Signing:
			default:
				t.Errorf("%s is %s", id, verdict.Status)
			}
			if strings.ContainsAny(verdict.Word+verdict.Message, "\x1b\r\n") {
				t.Errorf("not safe to show: %+v", verdict)
			}
		}
		again := g.ReadReturn(v, query)
		if !cmp.Equal(hint, again) {
			t.Error("read twice, it says two things")
		}
	})
}

// double is a strict server of the integration API.
type double struct {
	*testing.T
	*httptest.Server

	mu      sync.Mutex
	calls   []string
	forms   []url.Values // of the signers, in order
	parts   map[string]string
	created http.HandlerFunc
	added   http.HandlerFunc
	fetched http.HandlerFunc
	next    int
}

func newDouble(t *testing.T) *double {
	d := &double{T: t, next: 2474}
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
		d.next++
		if d.created != nil {
			d.created(w, r)
			return
		}
		see("/v1/docs/2475/")(w, r)
	case r.Method == http.MethodPost && strings.HasPrefix(path, "/docs/") && strings.HasSuffix(path, "/"):
		if r.Header.Get("Content-Type") != "application/x-www-form-urlencoded; charset=utf-8" {
			d.Errorf("%s: %s", call, r.Header.Get("Content-Type"))
		}
		if err := r.ParseForm(); err != nil {
			d.Error(err)
		}
		d.forms = append(d.forms, r.PostForm)
		if d.added != nil {
			d.added(w, r)
			return
		}
		see(path[len("/docs/"):]+"signers/"+[]string{"12", "27"}[len(d.forms)-1]+"/")(w, r)
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

func TestADocumentIsHandedOverWithItsSigners(t *testing.T) {
	d := newDouble(t)
	bob := request.Signer{Name: "Bob", Email: "bob@example.test", Country: "FR", Number: "x"}
	p, err := d.open(nil).Prepare(t.Context(), gateway.Trip{ReturnURL: "http://127.0.0.1:1/return/t", Requests: []request.Request{withFile("r", ana, bob)}, Open: openDocument})
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
	// The browser is sent to the first signer's request, never to the document.
	want := gateway.Prepared{
		URL:      "https://app.example/gateway/sign.html?id=12&urlreturn=http%3A%2F%2F127.0.0.1%3A1%2Freturn%2Ft",
		Sessions: map[request.ID]request.SessionIDs{"r": {RemoteID: "12", Documents: []string{"2475"}, Signatures: []string{"12"}}},
	}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Error(diff)
	}
}

func TestTheProfileNamesPartsAndSigner(t *testing.T) {
	d := newDouble(t)
	g := d.open(map[string]any{
		"file_part": "pdf", "title_part": "name", "comments_part": "note",
		"default_signer": map[string]any{"name": "Def", "email": "d@example.test", "country": "ES", "number": "X0000000T"},
	})
	if g.Abilities().NeedsSigner {
		t.Error("it knows who signs")
	}
	if _, err := g.Prepare(t.Context(), gateway.Trip{Requests: []request.Request{withFile("r")}, Open: openDocument}); err != nil {
		t.Fatal(err)
	}
	if d.parts["pdf"] != document || d.parts["name"] == "" || d.forms[0].Get("name") != "Def" {
		t.Errorf("got %v, %v", d.parts, d.forms)
	}
}

func TestWhatCannotBeHandedOverIsToldBeforeAnythingIs(t *testing.T) {
	wrong := ana
	wrong.Number = "12345678A"
	d := newDouble(t)
	for say, requests := range map[string][]request.Request{
		"has to be told who signs":        {withFile("r")},
		"letter does not fit its digits":  {withFile("a", ana), withFile("b", ana, wrong)},
		"12345678A of Ana Pérez cannot b": {withFile("a", wrong)},
	} {
		if _, err := d.open(nil).Prepare(t.Context(), gateway.Trip{Requests: requests, Open: openDocument}); err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("want %q, got %v", say, err)
		}
	}
	if _, err := open(t, "https://app.example", nil).Prepare(t.Context(), gateway.Trip{Requests: []request.Request{withFile("r", ana)}}); err == nil || !strings.Contains(err.Error(), "set api_url and user") {
		t.Errorf("without an API: %v", err)
	}
	if len(d.calls) != 0 {
		t.Errorf("something was handed over: %v", d.calls)
	}
}

func TestSpanishIdentifiersAreChecked(t *testing.T) {
	for number, ok := range map[string]bool{
		"00000000T": true, "12345678Z": true, "12345678z": true, "X1234567L": true, "Y1234567X": true, "Z1234567R": true,
		"12345678A": false, "X1234567A": false, "00000000t": true,
		"AB1234": true, "": true, "123456789": true, "W1234567A": true, // of no form that is known here
	} {
		d := newDouble(t)
		signer := ana
		signer.Number = number
		_, err := d.open(nil).Prepare(t.Context(), gateway.Trip{Requests: []request.Request{withFile("r", signer)}, Open: openDocument})
		if (err == nil) != ok {
			t.Errorf("%q: got %v", number, err)
		}
	}
	signer := ana
	signer.Country, signer.Number = "PT", "12345678A"
	if _, err := newDouble(t).open(nil).Prepare(t.Context(), gateway.Trip{Requests: []request.Request{withFile("r", signer)}, Open: openDocument}); err != nil {
		t.Errorf("another country: %v", err)
	}
}

func TestSuccessIsSeeOtherWithAnAddressOfOurs(t *testing.T) {
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
		"another origin":                 {see(elsewhere.URL + "/v1/docs/77/"), "", gateway.Nonsense},
		"another origin without scheme":  {see(strings.TrimPrefix(elsewhere.URL, "http:") + "/v1/docs/77/"), "", gateway.Nonsense},
		"no address":                     {see(""), "", gateway.Nonsense},
		"no id in the address":           {see("/"), "", gateway.Nonsense},
		"an id that leads elsewhere":     {see("/v1/docs/%2e%2e/"), "", gateway.Nonsense},
		"an address that cannot be read": {see("://%zz"), "", gateway.Unreachable}, // the HTTP library stops there
		"all well is not it":             {status(200, "ok"), "", gateway.Nonsense},
		"created is not it":              {status(201, "ok"), "", gateway.Nonsense},
		"found is not it":                {status(302, ""), "", gateway.Nonsense},
		"repeating the post is not it":   {status(307, ""), "", gateway.Nonsense},
		"credentials refused":            {status(401, "no"), "", gateway.Unauthorized},
		"refused, with our words in it":  {status(400, "bad "+password+" "), "", gateway.Refused},
		"broken":                         {status(500, ""), "", gateway.Broken},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d.mu.Lock()
			d.T, d.calls, d.forms, d.created, d.added = t, nil, nil, test.answer, nil
			d.mu.Unlock()
			p, err := d.open(nil).Prepare(t.Context(), gateway.Trip{Requests: []request.Request{withFile("r", ana)}, Open: openDocument})
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
			if got := p.Sessions["r"].Documents[0]; got != test.id || d.calls[1] != "POST /v1/docs/"+url.PathEscape(test.id)+"/" {
				t.Errorf("got %q, %v", got, d.calls)
			}
		})
	}
	t.Run("a signer who is refused", func(t *testing.T) {
		d.mu.Lock()
		d.T, d.calls, d.forms, d.created, d.added = t, nil, nil, nil, status(400, `{"message":"who is that"}`)
		d.mu.Unlock()
		_, err := d.open(nil).Prepare(t.Context(), gateway.Trip{Requests: []request.Request{withFile("r", ana)}, Open: openDocument})
		if faultOf(err) != gateway.Refused || !strings.Contains(err.Error(), "name the signer") || !strings.Contains(err.Error(), "who is that") {
			t.Errorf("got %v", err)
		}
	})
}

func TestTheSignedFileIsFetchedByItsRoute(t *testing.T) {
	visit := request.Visit{Sessions: map[request.ID]request.SessionIDs{"r": {RemoteID: "12", Documents: []string{"7/7"}, Signatures: []string{"12"}}, "given": {RemoteID: "3", Signatures: []string{"3"}}}}
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
	for status, want := range map[int]gateway.Fault{302: gateway.Nonsense, 303: gateway.Nonsense, 401: gateway.Unauthorized, 500: gateway.Broken} {
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

func TestTheGatewayIsOnlyAskedForSignedFiles(t *testing.T) {
	given := request.Visit{Sessions: map[request.ID]request.SessionIDs{"given": {Signatures: []string{"3"}}}}
	sent := request.Visit{Sessions: map[request.ID]request.SessionIDs{"r": {Documents: []string{"7"}, Signatures: []string{"12"}}, "given": {Signatures: []string{"3"}}}}
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
		if test.can && (len(got) != 1 || !got["r"].Unproven || len(got["r"].Documents) != 1) {
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

func TestWhatItCanDo(t *testing.T) {
	d := newDouble(t)
	for name, test := range map[string]struct {
		g    gateway.Gateway
		want gateway.Abilities
	}{
		"ids alone":    {open(t, "https://app.example", nil), gateway.Abilities{Documents: 20, KnowsIDs: true, NeedsSigner: true}},
		"uploads":      {d.open(nil), gateway.Abilities{Documents: 20, KnowsIDs: true, NeedsSigner: true, TakesFiles: true}},
		"signed files": {d.open(map[string]any{"signed_route": "x"}), gateway.Abilities{Documents: 20, KnowsIDs: true, NeedsSigner: true, TakesFiles: true, HandsOver: true}},
	} {
		if diff := cmp.Diff(test.want, test.g.Abilities()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	credentials := portasigma.Kind.Credentials
	if got := credentials(gateway.Profile{URL: "https://app.example", Settings: map[string]any{"api_url": "https://api.example"}}); got != "https://api.example" {
		t.Errorf("the password goes to %q", got)
	}
	if got := credentials(gateway.Profile{URL: "https://app.example"}); got != "" {
		t.Errorf("a password without use goes to %q", got)
	}
}

func TestCheckTriesTheUserOut(t *testing.T) {
	web := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("the password went to the pages for signers")
		}
	}))
	d := newDouble(t)
	status := 200
	d.fetched = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
	check := func(settings map[string]any) string {
		text, err := json.Marshal(open(t, web.URL, settings).Check(t.Context()))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	api := map[string]any{"api_url": d.URL + "/v1", "user": user}
	if got := check(api); !strings.Contains(got, "user desk is known") || !slices.Contains(d.calls, "GET /v1/users/desk/") {
		t.Errorf("got %s, %v", got, d.calls)
	}
	status = 401
	if got := check(api); !strings.Contains(got, `"ok":false`) || !strings.Contains(got, "check api_url, user and password") {
		t.Errorf("got %s", got)
	}
	if got := check(nil); !strings.Contains(got, "only the browser tells") {
		t.Errorf("got %s", got)
	}
	web.Close()
	if got := check(api); !strings.Contains(got, "cannot be reached") {
		t.Errorf("got %s", got)
	}
}
