package trident_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"countersign/core/gateway"
	"countersign/core/gateway/trident"
	"countersign/core/request"
)

// reply is an answer of the gateway.
type reply struct {
	status    int
	body      string
	challenge string
	location  string
}

// canned answers requests by the suffix of their path, without a network.
type canned map[string]reply

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	a := reply{status: 200, body: `{"access_token":"t"}`}
	for suffix, its := range c {
		if strings.HasSuffix(r.URL.Path, suffix) {
			a = its
		}
	}
	resp := &http.Response{StatusCode: a.status, Header: http.Header{"Content-Type": {"application/json"}}, Request: r, Body: io.NopCloser(strings.NewReader(a.body))}
	if a.challenge != "" {
		resp.Header.Set("WWW-Authenticate", a.challenge)
	}
	if a.location != "" {
		resp.Header.Set("Location", a.location)
	}
	if r.Body != nil {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return nil, err
		}
		r.Body.Close()
	}
	return resp, nil
}

func (c canned) open(t *testing.T) gateway.Gateway { return openOver(t, c) }

func (c inTurn) open(t *testing.T) gateway.Gateway { return openOver(t, c) }

func openOver(t *testing.T, transport http.RoundTripper) gateway.Gateway {
	t.Helper()
	g, err := trident.Kind.New(
		gateway.Profile{Name: "ours", Kind: "trident", URL: "https://sign.example.org", Settings: map[string]any{"client_id": "c"}},
		gateway.Tools{HTTP: &http.Client{Transport: transport}, Secret: func(context.Context) (string, error) { return clientSecret, nil }},
	)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// safe reports whether a text from outside is bounded and on one line.
func safe(text string) bool {
	return len([]rune(text)) <= 501 && !strings.ContainsAny(text, "\x00\x1b\n\r\u202e") // 500 and an ellipsis
}

// checkAsk checks the rules for all results of Ask.
func checkAsk(t *testing.T, got map[request.ID]gateway.Outcome, err error) {
	t.Helper()
	if err != nil {
		if faultOf(err) == 0 || got != nil || len([]rune(err.Error())) > 800 || strings.ContainsAny(err.Error(), "\x1b\n\r") {
			t.Errorf("got %v, %v", got, err)
		}
		return
	}
	for _, v := range got {
		if !v.Status.Valid() || v.Code == "" || v.NeedsProof || !safe(v.Code) || !safe(v.Message) {
			t.Errorf("got %+v", v)
		}
		for _, d := range v.Documents {
			if !safe(d.Code) || !safe(d.Message) || d.Signed && d.Code != "finished" {
				t.Errorf("got %+v", d)
			}
		}
	}
}

// statusIn returns the status in a result.
func statusIn(body []byte) string {
	var members map[string]any
	if json.Unmarshal(body, &members) != nil {
		return ""
	}
	status, _ := members["status"].(string)
	return status
}

func FuzzResult(f *testing.F) {
	for _, seed := range []string{
		`{"status":"finished"}`, `{"status":"failed","details":{"message":"no\nidentity"}}`, `{"status":"canceled","details":null}`, `{"Status":"finished"}`,
		`{"status":" finished"}`, `{"status":"failed","status":"finished"}`, `{"status":"finished","details":[1]}`, `{"status":"odd\u001b"}`, `null`, `[]`, `"finished"`, ``,
	} {
		for _, status := range []int{200, 202, 404, 410, 500} {
			f.Add(status, seed)
		}
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 200 || status > 599 {
			return
		}
		got, err := canned{"/result": {status: status, body: body}, "/documents": {status: 200, body: body}}.open(t).Ask(t.Context(), visit("d1"))
		checkAsk(t, got, err)
		if v := got["r1"]; v.Status == request.Signed && (status != 200 || statusIn([]byte(body)) != "finished") && v.Code != "failed_documents" {
			t.Errorf("signed, of %d %q", status, body)
		}
	})
}

func FuzzDocuments(f *testing.F) {
	for _, seed := range []string{
		`{"documents":[{"id":"d1","result":{"status":"finished"}},{"url":"https://x/d2","result":{"status":"failed","details":{"message":"in use"}}}]}`,
		`{"documents":[{"id":"d1","result":{"status":"finished"}},{"id":"d1","result":{"status":"failed"}},{"id":"d2"}]}`,
		`{"documents":[{"id":"d1","result":{"Status":"finished"}},{"id":"d2","result":null}]}`,
		`{"documents":[{"id":"d2","result":{"status":"finished\n"}},null]}`, `{"documents":{}}`, `{"documents":null}`, `[]`, `null`, ``,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		its := visit("d1")
		its.RemoteIDs["r2"] = request.RemoteIDs{Documents: []string{"d2"}}
		got, err := canned{"/result": {status: 200, body: `{"status":"failed_documents"}`}, "/documents": {status: 200, body: body}}.open(t).Ask(t.Context(), its)
		checkAsk(t, got, err)
		var list struct {
			Documents []struct {
				ID, URL string
				Result  json.RawMessage
			}
		}
		if err := json.Unmarshal([]byte(body), &list); err != nil {
			if len(got) > 0 {
				t.Errorf("got %+v", got)
			}
			return
		}
		for id, document := range map[request.ID]string{"r1": "d1", "r2": "d2"} {
			finished := 0
			for _, d := range list.Documents {
				if d.ID == document || d.ID == "" && gateway.LastPathSegment(d.URL) == document {
					if statusIn(d.Result) != "finished" {
						finished = -1
						break
					}
					finished++
				}
			}
			if got[id].Status == request.Signed && finished < 1 {
				t.Errorf("%s is signed, of %q", id, body)
			}
		}
	})
}

func FuzzCreated(f *testing.F) {
	for _, seed := range []string{
		strings.ReplaceAll(createdAnswer, "ROOT", "https://sign.example.org"), `{}`, `null`, `{"id":"..","tasks":{"pending":[null]}}`,
		`{"id":"sp1","url":"https://sign.example.org/documents/%2E%2E","tasks":{"pending":[{"type":"UserBrowserTask","url":"https://x.example/ui"}]},"documents":[{"id":"."}]}`,
		`{"id":"d1","tasks":{"pending":[{"type":"UserBrowserTask","url":"https://x.example/ui"}]},"documents":[{"id":"d1","content":"https://x.example/d1"}]}`,
	} {
		f.Add(seed, `{"id":"d2"}`, "")
		f.Add(seed, ``, "https://sign.example.org/documents/d%2F1")
		f.Add(seed, `{"id":".","url":"https://x.example/documents/d1"}`, "/documents/..")
		f.Add(seed, `{"url":"/documents/first"}`, "%zz")
	}
	root, err := url.Parse("https://sign.example.org")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body, second, location string) {
		// The answer is also used for the second document of a batch.
		n := 0
		stored := func(*http.Request) reply {
			if n++; n == 1 {
				return reply{status: 201, body: `{"id":"first"}`}
			}
			return reply{status: 201, body: second, location: location}
		}
		one, oneErr := canned{"/signer_processes": {status: 201, body: body, location: location}}.open(t).Prepare(t.Context(), spec())
		several, severalErr := inTurn{canned{"/signer_processes": {status: 201, body: body, location: location}}, stored}.open(t).Prepare(t.Context(), batchSpec(2))
		for i, p := range []gateway.PreparedVisit{one, several} {
			if err := []error{oneErr, severalErr}[i]; err != nil {
				if faultOf(err) != gateway.BadAnswer || p.ProcessID != "" || p.URL != "" {
					t.Errorf("got %+v, %v", p, err)
				}
				continue
			}
			if gateway.CheckBrowserURL(p.URL, root) != nil || !gateway.IsPathSegment(p.ProcessID) {
				t.Errorf("got %+v", p)
			}
			s := p.RemoteIDs["r1"]
			if len(s.Documents) != i+1 || len(s.ContentURLs) != i+1 || i == 1 && s.Documents[0] == s.Documents[1] {
				t.Errorf("got %+v", s)
			}
			for i, content := range s.ContentURLs {
				if u, err := url.Parse(content); content != "" && (err != nil || gateway.Origin(u) != "https://sign.example.org:443") || !gateway.IsPathSegment(s.Documents[i]) {
					t.Errorf("got %+v", s)
				}
			}
		}
	})
}

// inTurn answers the uploads one after the other.
type inTurn struct {
	canned
	stored func(*http.Request) reply
}

func (c inTurn) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/documents") {
		return canned{"/documents": c.stored(r)}.RoundTrip(r)
	}
	return c.canned.RoundTrip(r)
}

func FuzzTokenRefusal(f *testing.F) {
	for _, status := range []int{200, 400, 401, 403, 404, 500} {
		f.Add(status, `{"error":"invalid_client","error_description":"no\nsuch"}`, `Bearer error="invalid_token"`)
		f.Add(status, `{"error":{"message":"x"}}`, `Basic realm="a", error="invalid_scope"`)
		f.Add(status, `{"access_token":""}`, `error`)
		f.Add(status, `error=invalid_scope&s`, ``)
		f.Add(status, ``, `Bearer error=`)
	}
	f.Fuzz(func(t *testing.T, status int, body, challenge string) {
		if status < 200 || status > 599 {
			return
		}
		refusal := reply{status: status, body: body, challenge: challenge}
		// By the token address, and by a resource.
		for _, suffix := range []string{"/token", "/result"} {
			g := canned{suffix: refusal}.open(t)
			got, err := g.Ask(t.Context(), visit("d1"))
			checkAsk(t, got, err)
			for _, finding := range g.Check(t.Context()) {
				if len([]rune(finding.Detail)) > 1000 || !finding.OK && finding.Advice == "" {
					t.Errorf("got %+v", finding)
				}
			}
		}
	})
}

func FuzzReturn(f *testing.F) {
	for _, seed := range []string{
		"status=finished&signer_process_id=sp1", "status=failed_documents", "", "status=+finished", "status=canceled&signer_process_id=sp2", "status=%1b%0a&status=finished",
		"signer_process_id=sp1&signer_process_id=", "%zz", "status=" + strings.Repeat("x", 600),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		query, _ := url.ParseQuery(text) // use what can be parsed
		got := canned{}.open(t).ParseReturn(visit("d1"), query)
		if got.Status == request.Signed && query.Get("status") != "finished" || !got.Status.Valid() || !safe(got.Code) || got.Outcomes != nil {
			t.Errorf("got %+v", got)
		}
		others := slices.ContainsFunc(query["signer_process_id"], func(id string) bool { return id != "sp1" })
		if (got.Rejection.Text != "") != others {
			t.Errorf("got %+v", got)
		}
	})
}
