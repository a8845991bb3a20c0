package gateway_test

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"countersign/core/gateway"
	"countersign/core/request"
)

// recorded makes one call to a server that answers with handler, and returns what is recorded of it.
func recorded(t *testing.T, handler http.HandlerFunc, change func(*http.Request)) gateway.Exchange {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return recordedAt(t, server.URL+"/path", change)
}

func recordedAt(t *testing.T, address string, change func(*http.Request)) gateway.Exchange {
	t.Helper()
	client, err := gateway.NewClient(gateway.Profile{Name: "one"}, gateway.Proxies{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	client.Transport = new(gateway.Credentials).Transport(client.Transport)
	ctx, recorder := gateway.Record(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	change(req)
	_, _, _ = gateway.Caller{Gateway: "one", HTTP: client}.Do(req, request.Sentencef("doing_reach", "reach it"), false)
	all := recorder.Exchanges()
	if len(all) != 1 {
		t.Fatalf("got %v", all)
	}
	return all[0]
}

func body(contentType, text string) func(*http.Request) {
	return func(req *http.Request) {
		req.Header.Set("Content-Type", contentType)
		req.Body, req.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
	}
}

func TestAnExchangeHasWhatWasSentAndAnswered(t *testing.T) {
	x := recorded(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Date", "Sat, 28 Nov 2026 10:00:00 GMT")
		w.Header().Set("WWW-Authenticate", `Basic realm="office", error="invalid_client"`)
		w.Header().Set("Location", "/processes/sp1?access_token=hush-hush&page=2")
		w.Header().Set("X-Other", "left out")
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, "{\n \"error\": \"invalid_request\",\n \"access_token\": \"hush\", \"token_type\": \"Bearer\"}")
	}, func(req *http.Request) {
		body("application/x-www-form-urlencoded", "grant_type=client_credentials&client_id=desk&client_secret=hush")(req)
		req.URL.RawQuery = "ui_locales=en&token=hush"
		req.SetBasicAuth("desk", "hush-hush")
	})
	_, path, _ := strings.Cut(x.Address, "/path")
	x.Address = path
	want := gateway.Exchange{
		Method: "POST", Address: "?ui_locales=en&token=…", Status: "HTTP/1.1 400 Bad Request",
		Sent: gateway.Half{
			Headers: []string{"Authorization: Basic …", "Content-Type: application/x-www-form-urlencoded"},
			Body:    "grant_type=client_credentials&client_id=desk&client_secret=…",
		},
		Received: &gateway.Half{
			Headers: []string{
				"Content-Type: application/json", "Date: Sat, 28 Nov 2026 10:00:00 GMT", "Location: /processes/sp1?access_token=…&page=2",
				`WWW-Authenticate: Basic realm="office", error="invalid_client"`,
			},
			Body: `{ "error": "invalid_request", "access_token":"…", "token_type": "Bearer"}`,
		},
	}
	if diff := cmp.Diff(want, x); diff != "" {
		t.Error(diff)
	}
}

func TestAnExchangeShowsNoSecret(t *testing.T) {
	const secret = "s3cret-of-the-office"
	long := strings.Repeat("x", 100<<10)
	wide := utf16.Encode([]rune("\ufeff" + `{"Access_Token":"` + secret + `"}`))
	var utf16Body strings.Builder
	_ = binary.Write(&utf16Body, binary.BigEndian, wide)
	for name, answer := range map[string]struct{ contentType, text string }{
		"a token":                      {"application/json", `{"access_token":"` + secret + `"}`},
		"a token that is also a text":  {"application/json", `{"access_token":"` + secret + `","message":"we gave ` + secret + `"}`},
		"named otherwise":              {"application/json", `{"idToken":"` + secret + `"}`},
		"within others":                {"application/json", `{"a":[{"b":{"Client-Secret":{"value":["` + secret + `"]}}}]}`},
		"escaped":                      {"application/json", `{"pass\u0077ord":"s3cret\u002dof-the-office"}`},
		"cut off in the middle":        {"application/json", `{"a":"` + long[:64<<10-40] + `","access_token":"` + secret + long + `"}`},
		"no JSON from there on":        {"application/json", `{"a":1} {"access_token":"` + secret + `"`},
		"JSON that calls itself HTML":  {"text/html", `{"access_token":"` + secret + `"}`},
		"behind a mark":                {"application/json", "\ufeff" + `{"access_token":"` + secret + `"}`},
		"UTF-16":                       {"application/json", utf16Body.String()},
		"a form":                       {"application/x-www-form-urlencoded", "access_token=" + secret + "&expires_in=600"},
		"an address in a text":         {"application/json", `{"url":"https://x.example/ui?access_token=` + secret + `&a=b"}`},
		"a user in an address":         {"application/json", `{"url":"https://ana:` + secret + `@x.example/"}`},
		"a header in a text":           {"text/plain", "you sent Authorization: Bearer " + secret},
		"HTML":                         {"text/html", "<html>" + secret},
		"what was sent":                {"text/plain", "who is sent-secret-of-the-office?"},
		"what was sent, in base64":     {"text/plain", "who is c2VudC1zZWNyZXQtb2YtdGhlLW9mZmljZQ?"},
		"a token in a text of its own": {"text/plain", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0." + secret},
	} {
		t.Run(name, func(t *testing.T) {
			x := recorded(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", answer.contentType)
				w.Header().Set("Location", "https://ana:"+secret+"@x.example/?secret="+secret)
				w.Header().Set("Set-Cookie", "session="+secret)
				fmt.Fprint(w, answer.text)
			}, func(req *http.Request) { req.SetBasicAuth("desk", "sent-secret-of-the-office") })
			text, err := json.Marshal(x)
			if err != nil {
				t.Fatal(err)
			}
			for _, hidden := range []string{secret, "s3cret", "sent-secret", "c2VudC1z"} {
				if strings.Contains(string(text), hidden) {
					t.Errorf("%s is in %s", hidden, text)
				}
			}
			if len(text) > 10<<10 {
				t.Errorf("%d bytes", len(text))
			}
		})
	}
}

func TestAnExchangeShowsTheTextsOfAFormAndNotItsFile(t *testing.T) {
	form, err := gateway.NewMultipartForm(
		[]gateway.FormPart{{Name: "process", Value: `{"process_type":"urn:x","finish_callback_url":"http://127.0.0.1:5000/return/0123456789abcdef0123456789abcdef"}`, Type: "application/json"}, {Name: "title", Value: "A lease"}},
		gateway.FormFile{Field: "document", Name: "Lease.pdf", Size: 200 << 10, Open: func() (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader(strings.Repeat("%PDF-1.7 ", 200<<10/9+1)[:200<<10])), nil
		}},
	)
	if err != nil {
		t.Fatal(err)
	}
	filled, err := form.Request(t.Context(), "http://127.0.0.1/")
	if err != nil {
		t.Fatal(err)
	}
	x := recorded(t, func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }, func(req *http.Request) {
		req.Header, req.Body, req.ContentLength = filled.Header, filled.Body, filled.ContentLength
		*req = *req.WithContext(gateway.WithCredentials(req.Context(), "0123456789abcdef0123456789abcdef"))
	})
	want := `process (application/json): {"process_type":"urn:x","finish_callback_url":"http://127.0.0.1:5000/return/…"} · title (no media type): A lease · document (application/pdf): (a file)`
	if x.Sent.Body != want {
		t.Errorf("got %s", x.Sent.Body)
	}
}

func TestAnExchangeWithoutAnAnswerSaysWhy(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	x := recordedAt(t, server.URL+"/path?ticket=hush", func(*http.Request) {})
	if x.Received != nil || x.Status != "" || !strings.Contains(x.Failure, "refused") || strings.Contains(fmt.Sprint(x), "hush") {
		t.Errorf("got %+v", x)
	}
}

func TestRecordedCallsAreBounded(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	client := server.Client()
	client.Transport = new(gateway.Credentials).Transport(client.Transport)
	ctx, recorder := gateway.Record(context.Background())
	for range 150 {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := (gateway.Caller{HTTP: client}).Do(req, request.Sentence{}, false); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(recorder.Exchanges()); n != 100 {
		t.Errorf("%d calls are kept", n)
	}
}
