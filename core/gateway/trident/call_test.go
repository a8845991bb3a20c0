package trident_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign/core/gateway"
	"countersign/core/gateway/trident"
	"countersign/core/request"
)

// The error codes are those of RFC 6750, section 3.1.
func TestOnlyAnInvalidTokenIsRenewed(t *testing.T) {
	tests := map[string]struct {
		status    int
		challenge []string
		calls     int
	}{
		"it ended":                              {401, []string{`Bearer error="invalid_token"`}, 2},
		"it ended, told at length":              {401, []string{`Bearer realm="a, b", error_description="expired", error="invalid_token"`}, 2},
		"it ended, without quotes":              {401, []string{`bearer error=invalid_token`}, 2},
		"it ended, told behind something else":  {401, []string{`Basic realm="x"`, `Bearer error="invalid_token"`}, 2},
		"another reason, behind something else": {401, []string{`Basic realm="x"`, `Bearer error="invalid_request"`}, 1},
		"another reason, without quotes":        {401, []string{`Bearer error=invalid_request`}, 1},
		"a description that looks like one":     {401, []string{`Bearer error_description="an error=\"invalid_request\", error=x"`}, 2},
		"a word that ends like one":             {401, []string{`Bearer xerror="invalid_request"`}, 2},
		"no reason":                             {401, []string{`Bearer`}, 2},
		"no challenge":                          {401, nil, 2},
		"a description that is no reason":       {401, []string{`Bearer error_description="x"`}, 2},
		"the call itself is wrong":              {401, []string{`Bearer error="invalid_request"`}, 1},
		"the scope is not enough":               {403, []string{`Bearer error="insufficient_scope"`}, 1},
		"it ended, with a status that does not": {403, []string{`Bearer error="invalid_token"`}, 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDouble(t)
			d.onDo("GET /signer_processes/sp1/result", func(w http.ResponseWriter, _ *http.Request) {
				w.Header()["Www-Authenticate"] = test.challenge
				w.WriteHeader(test.status)
			})
			_, err := d.open(trident.Kind, nil).Ask(t.Context(), visit("d1"))
			if faultOf(err) != gateway.Unauthorized || len(d.seen()) != test.calls || d.tokens != test.calls {
				t.Errorf("got %v, calls %v", err, d.seen())
			}
		})
	}
}

// file counts the files that are open.
type file struct {
	io.Reader
	closed *atomic.Int32
}

func (f file) Close() error {
	f.closed.Add(1)
	return nil
}

func TestACallIsRepeatedWithItsBodyAndANewToken(t *testing.T) {
	d := newDouble(t)
	d.on("POST /signer_processes", 201, createdAnswer)
	d.on("GET /documents/d1/content", 200, "%PDF signed")
	d.deletes(204, "/signer_processes/sp1", "/documents/d1")
	g := d.open(trident.Kind, nil)
	if _, err := g.Prepare(t.Context(), spec()); err != nil {
		t.Fatal(err)
	}

	// The whole file is sent again.
	d.expire()
	d.bodies = nil
	var opened, closed atomic.Int32
	its := spec()
	its.OpenDocument = func(request.Document) (io.ReadCloser, error) {
		opened.Add(1)
		return file{strings.NewReader(document), &closed}, nil
	}
	if _, err := g.Prepare(t.Context(), its); err != nil || d.tokens != 2 {
		t.Errorf("got %v after %d tokens", err, d.tokens)
	}
	if diff := cmp.Diff([]string{document, document}, d.bodies); diff != "" || opened.Load() != 2 || closed.Load() < 2 {
		t.Errorf("opened %d times, closed %d times: %s", opened.Load(), closed.Load(), diff)
	}

	// The same for a batch, whose process is JSON.
	d.bodies = nil
	d.stores()
	d.onDo("POST /documents", func(w http.ResponseWriter, _ *http.Request) {
		d.expire()
		w.WriteHeader(http.StatusCreated)
		fmt.Fprintf(w, `{"id":"d%d"}`, d.tokens)
	})
	if p, err := g.Prepare(t.Context(), batchSpec(2)); err != nil || d.tokens != 4 || p.ProcessID != "sp1" {
		t.Errorf("got %v, %v after %d tokens", p, err, d.tokens)
	}
	if diff := cmp.Diff([]string{document + "r1-0", document + "r1-1", document + "r1-1"}, d.bodies); diff != "" {
		t.Error(diff)
	}

	d.expire()
	body, err := g.Fetch(t.Context(), visit("d1"), "r1", 0)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	if got, err := io.ReadAll(body); err != nil || string(got) != "%PDF signed" || d.tokens != 5 {
		t.Errorf("got %q, %v after %d tokens", got, err, d.tokens)
	}

	d.expire()
	if err := g.Discard(t.Context(), visit("d1")); err != nil || d.tokens != 6 {
		t.Errorf("got %v after %d tokens", err, d.tokens)
	}
}

func TestErrorsQuoteTheGateway(t *testing.T) {
	long := strings.Repeat("é", 600)
	tests := map[string]struct {
		status    int
		challenge string
		body      string
		say       []string
	}{
		"members nobody knows":        {400, "", `{"codigo":17,"texto":"no hay campo"}`, []string{`{"codigo":17,"texto":"no hay campo"}`, "400"}},
		"a nested message":            {400, "", `{"error":{"message":"no field"}}`, []string{"(400: no field)"}},
		"a description":               {409, "", `{"error":"conflict","error_description":"field in use"}`, []string{"(409: field in use)"}},
		"a page":                      {500, "", `<html>secret things</html>`, []string{"(500)", "try again later"}},
		"a challenge":                 {403, `Bearer error="access_denied"`, ``, []string{`(403: Bearer error="access_denied")`}},
		"plain text":                  {400, "", "no\r\n\x1b[31mfield", []string{"(400: no [31mfield)"}},
		"too much of it":              {400, "", `{"message":"` + long + `"}`, []string{strings.Repeat("é", 500) + "…)"}},
		"too much that nobody knows":  {400, "", `{"x":"` + long + `"}`, []string{`{"x":"` + strings.Repeat("é", 490)}},
		"the client may not sign":     {403, `Bearer error="insufficient_scope", scope="other"`, ``, []string{"(403: this client is not allowed to sign)", "ask the gateway's operator to allow " + trident.Scope}},
		"the client may not, in JSON": {403, ``, `{"error":"insufficient_scope"}`, []string{"this client is not allowed to sign", "ask the gateway's operator"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			answer := func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("WWW-Authenticate", test.challenge)
				w.WriteHeader(test.status)
				io.WriteString(w, test.body)
			}
			d := newDouble(t)
			for _, call := range []string{"POST /signer_processes", "POST /documents", "GET /signer_processes/sp1/result", "GET /documents/d1/content", "DELETE /documents/d1"} {
				d.onDo(call, answer)
			}
			d.deletes(204, "/signer_processes/sp1")
			g := d.open(trident.Kind, nil)
			_, creating := g.Prepare(t.Context(), spec())
			_, storing := g.Prepare(t.Context(), batchSpec(2))
			_, asking := g.Ask(t.Context(), visit("d1"))
			_, fetching := g.Fetch(t.Context(), visit("d1"), "r1", 0)
			for what, err := range map[string]error{"create": creating, "store": storing, "ask": asking, "fetch": fetching, "delete": g.Discard(t.Context(), visit("d1"))} {
				if err == nil {
					t.Errorf("%s: no error", what)
					continue
				}
				for _, say := range test.say {
					if !strings.Contains(err.Error(), say) {
						t.Errorf("%s: got %v", what, err)
					}
				}
				if n := len([]rune(err.Error())); n > 800 || strings.ContainsAny(err.Error(), "\r\x1b") {
					t.Errorf("%s: %d characters: %q", what, n, err.Error())
				}
			}
		})
	}
}

func TestErrorsAreWithoutTheSecret(t *testing.T) {
	basic := base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(clientID) + ":" + url.QueryEscape(clientSecret)))
	for _, body := range []string{
		clientSecret, `{"message":"not ` + clientSecret + `"}`, `{"message":"` + url.QueryEscape(clientSecret) + `"}`, "Basic " + basic,
		base64.StdEncoding.EncodeToString([]byte(clientID + ":" + clientSecret)), strings.Repeat("x", 495) + clientSecret,
		`{"x":"s3cret\u002fwith+signs&more"}`,
	} {
		for _, status := range []int{400, 410, 500} {
			d := newDouble(t)
			for _, call := range []string{"POST /signer_processes", "POST /documents", "GET /signer_processes/sp1/result", "GET /documents/d1/content", "DELETE /documents/d1"} {
				d.on(call, status, body)
			}
			d.deletes(204, "/signer_processes/sp1")
			g := d.open(trident.Kind, nil)
			// The double looks for secrets in all errors and outcomes.
			_, creating := g.Prepare(t.Context(), spec())
			_, storing := g.Prepare(t.Context(), batchSpec(2))
			if _, err := g.Ask(t.Context(), visit("d1")); creating == nil || storing == nil || (err == nil) != (status == 410) {
				t.Errorf("%d: got %v, %v, %v", status, creating, storing, err)
			}
			g.Fetch(t.Context(), visit("d1"), "r1", 0)
			g.Discard(t.Context(), visit("d1"))
		}
	}
}

// The error codes are those of RFC 6749, section 5.2.
func TestTokenErrorsQuoteTheGateway(t *testing.T) {
	tests := map[string]struct {
		status          int
		kind, challenge string
		body            string
		fault           gateway.Fault
		say             string
	}{
		"a description":               {400, "application/json", "", `{"error":"invalid_client","error_description":"no such client"}`, gateway.Unauthorized, "(400: no such client): check client_id"},
		"only a code":                 {400, "application/json", "", `{"error":"invalid_client"}`, gateway.Unauthorized, "(400: invalid_client)"},
		"JSON that calls itself text": {400, "text/plain", "", `{"error":"invalid_client"}`, gateway.Unauthorized, "(400: invalid_client)"},
		"only a challenge":            {400, "", `Basic error="invalid_client", error_description="no"`, ``, gateway.Unauthorized, "invalid_client"},
		"the scope":                   {400, "application/json", "", `{"error":"invalid_scope"}`, gateway.Refused, "(400: invalid_scope): ask the gateway's operator to allow " + trident.Scope},
		"the scope, in a challenge":   {400, "", `Basic error="invalid_scope"`, ``, gateway.Refused, "ask the gateway's operator"},
		"no client in the body":       {400, "application/json", "", `{"error":"invalid_request","error_description":"client_id is missing"}`, gateway.Refused, "client_id is missing): check client_id and the client secret; if both are right, set client_auth to body"},
		"no such server":              {404, "text/html", "", `<html>`, gateway.Refused, "(404): check auth_server: there is no authorization server main at this address"},
		"members nobody knows":        {400, "application/json", "", `{"codigo":7}`, gateway.Refused, `{"codigo":7}`},
		"too much":                    {400, "application/json", "", `{"error":"` + strings.Repeat("x", 600) + `"}`, gateway.Refused, strings.Repeat("x", 500) + "…)"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDouble(t)
			d.token = func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", test.kind)
				w.Header().Set("WWW-Authenticate", test.challenge)
				w.WriteHeader(test.status)
				io.WriteString(w, test.body)
			}
			_, err := d.open(trident.Kind, nil).Ask(t.Context(), visit("d1"))
			if faultOf(err) != test.fault || !strings.Contains(err.Error(), test.say) || strings.Contains(err.Error(), strings.Repeat("x", 501)) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// A gateway may choose any ids.
func TestIDsAreEscaped(t *testing.T) {
	for _, id := range []string{"sp_0123456789abcdef", "k3m9q0v2t5a7c1e4", "a/b", "a?b=c", "a#b", "a%2Fb", "100%", "a b", "ñ—漢", "...", "..a", "a+b&c;d=e:@$,", `"\`, strings.Repeat("x", 200)} {
		t.Run(id, func(t *testing.T) {
			escaped := url.PathEscape(id)
			d := newDouble(t)
			d.on("GET /signer_processes/"+escaped+"/result", 200, `{"status":"failed_documents"}`)
			listed := `{"id":` + fmt.Sprintf("%q", id) + `,"result":{"status":"finished"}}`
			d.on("GET /signer_processes/"+escaped+"/documents", 200, `{"documents":[`+listed+`]}`)
			d.on("GET /documents/"+escaped+"/content", 200, "%PDF")
			d.deletes(204, "/signer_processes/"+escaped, "/documents/"+escaped)
			d.on("POST /signer_processes", 201, `{"id":`+fmt.Sprintf("%q", id)+`,"tasks":{"pending":[{"type":"UserBrowserTask","url":"ROOT/ui"}]},"documents":[{"url":"ROOT/trustedx-resources/esignsp/v2/documents/`+escaped+`"}]}`)
			g := d.open(trident.Kind, nil)
			p, err := g.Prepare(t.Context(), spec())
			if err != nil || p.ProcessID != id || p.RemoteIDs["r1"].Documents[0] != id || len(p.Notes) != 0 {
				t.Fatalf("got %+v, %v", p, err)
			}
			its := request.Visit{ProcessID: p.ProcessID, Requests: []request.ID{"r1"}, RemoteIDs: p.RemoteIDs}
			if got, err := g.Ask(t.Context(), its); err != nil || got["r1"].Status != request.Signed {
				t.Errorf("got %+v, %v", got, err)
			}
			body, err := g.Fetch(t.Context(), its, "r1", 0)
			if err != nil {
				t.Fatal(err)
			}
			body.Close()
			if err := g.Discard(t.Context(), its); err != nil {
				t.Error(err)
			}
			if hint := g.ParseReturn(its, url.Values{"signer_process_id": {id}, "status": {"finished"}}); hint.Rejection.Text != "" {
				t.Errorf("refused: %s", hint.Rejection)
			}
		})
	}
}

func TestPrepareRefusesAnswersThatCannotBeStored(t *testing.T) {
	const token = "tok-1-hush"
	for name, test := range map[string]struct{ process, task, document string }{
		"a process with a line break":   {`a\nb`, "ROOT/ui", `"id":"d1"`},
		"a process with a hidden turn":  {"a\u202eb", "ROOT/ui", `"id":"d1"`},
		"a process without end":         {strings.Repeat("x", 201), "ROOT/ui", `"id":"d1"`},
		"a process by our token":        {"x" + token, "ROOT/ui", `"id":"d1"`},
		"a document without end":        {"sp1", "ROOT/ui", `"id":"` + strings.Repeat("x", 201) + `"`},
		"a document with an escape":     {"sp1", "ROOT/ui", `"id":"d\u001b[31m"`},
		"a document by our token":       {"sp1", "ROOT/ui", `"id":"d` + token + `"`},
		"content by our token":          {"sp1", "ROOT/ui", `"id":"d1","content":"ROOT/x?token=` + token + `"`},
		"a task without end":            {"sp1", "ROOT/ui?" + strings.Repeat("x", 8<<10), `"id":"d1"`},
		"a task with a hidden turn":     {"sp1", "ROOT/ui?\u202e", `"id":"d1"`},
		"a task with our token":         {"sp1", "ROOT/ui?t=" + token, `"id":"d1"`},
		"a task with our secret":        {"sp1", "ROOT/ui?t=" + clientSecret, `"id":"d1"`},
		"a task with the secret hidden": {"sp1", "ROOT/ui?t=" + url.QueryEscape(clientSecret), `"id":"d1"`},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDouble(t)
			d.deletes(204, "/signer_processes/sp1", "/signer_processes/x"+token)
			d.on("POST /signer_processes", 201, `{"id":"`+test.process+`","tasks":{"pending":[{"type":"UserBrowserTask","url":"`+test.task+`"}]},"documents":[{`+test.document+`}]}`)
			p, err := d.open(trident.Kind, nil).Prepare(t.Context(), spec())
			if faultOf(err) != gateway.BadAnswer || p.URL != "" {
				t.Errorf("got %+v, %v", p, err)
			}
		})
	}
}

// An address of another server in an answer gets neither a token nor a call.
func TestOtherServersGetNoCalls(t *testing.T) {
	elsewhere := bystander(t)
	documents := []string{
		`{"id":"d1","url":"ELSE/documents/d1","content":"ELSE/documents/d1/content"}`,
		`{"url":"ELSE/documents/d1"}`,
		`{"id":"d1","content":"ELSE/content"}`,
		`{"id":"d1","content":"//` + strings.TrimPrefix(elsewhere, "http://") + `/content"}`,
		`{"id":"d1","content":"HERE@` + strings.TrimPrefix(elsewhere, "http://") + `/content"}`,
	}
	for i, listed := range documents {
		for _, batch := range []bool{false, true} {
			t.Run(fmt.Sprint("named, ", i, ", in a batch: ", batch), func(t *testing.T) {
				d := newDouble(t)
				fill := strings.NewReplacer("ELSE", elsewhere, "HERE", d.URL)
				answer := func(body string) http.HandlerFunc {
					return func(w http.ResponseWriter, _ *http.Request) {
						w.Header().Set("Location", elsewhere+"/x/sp1")
						w.WriteHeader(http.StatusCreated)
						io.WriteString(w, fill.Replace(body))
					}
				}
				d.onDo("POST /signer_processes", answer(`{"id":"sp1","self":"ELSE/sp1","tasks":{"pending":[{"type":"UserBrowserTask","url":"ELSE/ui"}]},"documents":[`+listed+`]}`))
				d.on("GET /signer_processes/sp1/result", 200, `{"status":"finished","self":"`+elsewhere+`"}`)
				d.on("GET /documents/d1/content", 200, "%PDF")
				d.deletes(204, "/signer_processes/sp1", "/documents/d1", "/documents/d2")
				its := spec()
				if batch {
					n := 0
					d.onDo("POST /documents", func(w http.ResponseWriter, r *http.Request) {
						n++
						answer(strings.ReplaceAll(listed, "d1", fmt.Sprint("d", n)))(w, r)
					})
					if listed == documents[3] || listed == documents[2] || listed == documents[4] {
						its = batchSpec(2)
					} else {
						its = batchSpec(1, 1)
					}
				}
				g := d.open(trident.Kind, object{"batch_items": "urls"})
				p, err := g.Prepare(t.Context(), its)
				if err != nil || p.URL != elsewhere+"/ui" {
					t.Fatalf("got %+v, %v", p, err)
				}
				if len(p.Notes) == 0 {
					t.Error("nothing is noted")
				}
				v := request.Visit{ProcessID: p.ProcessID, Requests: []request.ID{"r1"}, RemoteIDs: p.RemoteIDs}
				if _, err := g.Ask(t.Context(), v); err != nil {
					t.Error(err)
				}
				body, err := g.Fetch(t.Context(), v, "r1", 0)
				if err != nil {
					t.Fatal(err)
				}
				body.Close()
				if err := g.Discard(t.Context(), v); err != nil {
					t.Error(err)
				}
			})
		}
	}

	for _, status := range []int{301, 302, 303, 307, 308} {
		away := func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", elsewhere+"/")
			w.WriteHeader(status)
		}
		t.Run(fmt.Sprint("sent there, ", status), func(t *testing.T) {
			d := newDouble(t)
			for _, call := range []string{
				"POST /signer_processes", "POST /documents", "GET /signer_processes/sp1/result", "GET /signer_processes/sp2/documents",
				"GET /documents/d1/content", "DELETE /documents/d1", "DELETE /signer_processes/sp1", "DELETE /documents/d2",
			} {
				d.onDo(call, away)
			}
			d.on("GET /signer_processes/sp2/result", 200, `{"status":"failed_documents"}`)
			g := d.open(trident.Kind, nil)
			_, creating := g.Prepare(t.Context(), spec())
			_, storing := g.Prepare(t.Context(), batchSpec(2))
			d.stores()
			d.deletes(204, "/documents/d1", "/documents/d2")
			_, listing := g.Prepare(t.Context(), batchSpec(2))
			d.onDo("DELETE /documents/d1", away)
			_, asking := g.Ask(t.Context(), visit("d1"))
			second := visit("d1")
			second.ProcessID = "sp2"
			_, reading := g.Ask(t.Context(), second)
			_, fetching := g.Fetch(t.Context(), visit("d1"), "r1", 0)
			deleting := g.Discard(t.Context(), visit("d1"))
			d.token = away
			_, getting := d.open(trident.Kind, nil).Ask(t.Context(), visit("d1"))
			for what, err := range map[string]error{
				"create": creating, "store": storing, "list": listing, "ask": asking, "read": reading, "fetch": fetching, "delete": deleting, "token": getting,
			} {
				if faultOf(err) != gateway.BadAnswer || !strings.Contains(err.Error(), fmt.Sprint(status)) {
					t.Errorf("%s: got %v", what, err)
				}
			}
			d.Config.Handler = http.HandlerFunc(away)
			for _, f := range d.open(trident.Kind, nil).Check(t.Context()) {
				if f.Name == "token" && f.OK {
					t.Errorf("got %+v", f)
				}
			}
		})
	}
}

func TestCheck(t *testing.T) {
	names := func(findings []gateway.CheckResult) (all []string) {
		for _, f := range findings {
			name := string(f.Name)
			if !f.OK {
				name += ": " + f.Advice
			}
			if f.Detail == "" || !f.OK && f.Advice == "" {
				t.Errorf("too little is told: %+v", f)
			}
			all = append(all, name)
		}
		return all
	}
	answer := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			io.WriteString(w, body)
		}
	}
	const operator = "ask the gateway's operator to allow " + trident.Scope + " for this client"
	reached := []string{"address", "tls", "clock"}
	tests := map[string]struct {
		date  string
		token http.HandlerFunc
		want  []string
	}{
		"all is well":              {"", nil, append(reached[:3:3], "token", "scope")},
		"the clocks differ":        {"Mon, 02 Jan 2006 15:04:05 GMT", nil, []string{"address", "tls", "clock: set this computer's clock, or let the system set it automatically", "token", "scope"}},
		"the scope is not told":    {"", answer(200, `{"access_token":"x"}`), append(reached[:3:3], "token", "scope")},
		"the scope is another":     {"", answer(200, `{"access_token":"x","scope":"openid"}`), append(reached[:3:3], "token", "scope: "+operator)},
		"the client is refused":    {"", answer(401, ``), append(reached[:3:3], "token: check client_id and the client secret; if both are right, set client_auth to body")},
		"the client, with 400":     {"", answer(400, `{"error":"invalid_client"}`), append(reached[:3:3], "token: check client_id and the client secret; if both are right, set client_auth to body")},
		"the scope is refused":     {"", answer(400, `{"error":"invalid_scope"}`), append(reached[:3:3], "token: "+operator)},
		"there is no such server":  {"", answer(404, ``), append(reached[:3:3], "token: check auth_server: there is no authorization server main at this address")},
		"it is broken":             {"", answer(500, ``), append(reached[:3:3], "token: try again later, or ask the gateway's operator")},
		"it is something else":     {"", answer(200, `[]`), append(reached[:3:3], "token: check url and auth_server: this is not the answer of a token address")},
		"the grant is not known":   {"", answer(400, `{"error":"unsupported_grant_type"}`), append(reached[:3:3], "token: check url and auth_server: this is not the answer of a token address")},
		"the connection is broken": {"", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, append(reached[:3:3], "token: try again later; if this continues, ask the gateway's operator")},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDouble(t)
			d.token = test.token
			d.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/" {
					d.ServeHTTP(w, r)
					return
				}
				if r.Header.Get("Authorization") != "" {
					t.Error("credentials were sent before they are needed")
				}
				if test.date != "" {
					w.Header().Set("Date", test.date)
				}
			})
			findings := d.open(trident.Kind, nil).Check(t.Context())
			if diff := cmp.Diff(test.want, names(findings)); diff != "" {
				t.Error(diff)
			}
			for _, f := range findings {
				if f.Name == "token" && strings.Contains(f.Detail, "00:00:00") {
					t.Errorf("got %+v", f)
				}
			}
			if len(d.seen()) != 0 {
				t.Errorf("more was asked: %v", d.seen())
			}
		})
	}
	t.Run("nobody is there", func(t *testing.T) {
		d := newDouble(t)
		g := d.open(trident.Kind, nil)
		d.Close()
		if diff := cmp.Diff([]string{"address: check the gateway's address and its port; if they are right, the gateway is not running: try again later"}, names(g.Check(t.Context()))); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("the secret cannot be had", func(t *testing.T) {
		s := httptest.NewServer(answer(200, ``))
		t.Cleanup(s.Close)
		g, err := trident.Kind.New(gateway.Profile{Name: "ours", Kind: "trident", URL: s.URL, Settings: object{"client_id": clientID}}, gateway.Tools{
			HTTP: s.Client(), Secret: func(context.Context) (string, error) { return "", errors.New("the keyring is locked") },
		})
		if err != nil {
			t.Fatal(err)
		}
		want := append(reached[:3:3], "token: check the client secret that this desk keeps for the gateway: unlock the keyring, or enter the secret again")
		if diff := cmp.Diff(want, names(g.Check(t.Context()))); diff != "" {
			t.Error(diff)
		}
	})
}
