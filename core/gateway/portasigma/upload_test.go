package portasigma_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign/core/gateway"
	"countersign/core/gateway/portasigma"
	"countersign/core/request"
)

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
