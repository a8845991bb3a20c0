package signer_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"countersign/core/sandbox"
	"countersign/core/sandbox/signer"
)

// gateway is a served sandbox with an application that the signer comes back to.
type gateway struct {
	*testing.T
	root        string
	credentials sandbox.Credentials
	application string
}

func serve(t *testing.T) *gateway {
	t.Helper()
	box, err := sandbox.Open(filepath.Join(t.TempDir(), "practice"), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- box.Serve(ctx, ln) }()
	application := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "landed")
	}))
	t.Cleanup(func() {
		application.Close()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return &gateway{t, "http://" + ln.Addr().String(), box.Credentials(), application.URL + "/return"}
}

// do sends a request and returns its JSON answer, decoded.
func (g *gateway) do(method, path, contentType, body, authorization string) map[string]any {
	g.Helper()
	req, err := http.NewRequestWithContext(g.Context(), method, g.root+path, strings.NewReader(body))
	if err != nil {
		g.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Authorization", authorization)
	if authorization == "" {
		req.SetBasicAuth(g.credentials.ClientID, g.credentials.ClientSecret)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		g.Fatal(err)
	}
	defer resp.Body.Close()
	var answer map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || resp.StatusCode >= 300 {
		g.Fatalf("%s %s: status %d, %v, %v", method, path, resp.StatusCode, answer, err)
	}
	return answer
}

// create creates a process of n documents and returns its id and the address for the browser.
func (g *gateway) create(n int) (id, address string) {
	g.Helper()
	grant := url.Values{"grant_type": {"client_credentials"}, "scope": {"urn:safelayer:eidas:sign:process:document"}}
	token := g.do("POST", "/trustedx-authserver/oauth/main/token", "application/x-www-form-urlencoded", grant.Encode(), "")
	bearer := "Bearer " + token["access_token"].(string)
	const api = "/trustedx-resources/esignsp/v2"
	var ids []string
	for range n {
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		part, _ := form.CreateFormFile("document", "a.pdf")
		_, _ = io.WriteString(part, onePage)
		_ = form.Close()
		ids = append(ids, g.do("POST", api+"/documents", form.FormDataContentType(), body.String(), bearer)["id"].(string))
	}
	process, _ := json.Marshal(map[string]any{"documents": ids, "finish_callback_url": g.application})
	created := g.do("POST", api+"/signer_processes", "application/json", string(process), bearer)
	tasks := created["tasks"].(map[string]any)["pending"].([]any)
	return created["id"].(string), tasks[0].(map[string]any)["url"].(string)
}

const onePage = "%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n" +
	"3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>\nendobj\n" +
	"xref\n0 4\n0000000000 65535 f\r\n0000000009 00000 n\r\n0000000054 00000 n\r\n0000000105 00000 n\r\n" +
	"trailer\n<</Size 4/Root 1 0 R>>\nstartxref\n170\n%%EOF\n"

func TestTheSignerGoesEveryWay(t *testing.T) {
	t.Parallel()
	g := serve(t)
	for name, c := range map[string]struct {
		way       signer.Visit
		documents int
		status    string // of the return; "" for none
		page      string
	}{
		"server":          {signer.Visit{Choice: signer.Sign, Identity: signer.Server}, 1, "finished", "landed"},
		"mobile":          {signer.Visit{Choice: signer.Sign, Identity: signer.Mobile}, 1, "finished", "landed"},
		"some":            {signer.Visit{Choice: signer.FirstOnly}, 2, "failed_documents", "landed"},
		"some, by mobile": {signer.Visit{Choice: signer.FirstOnly, Identity: signer.Mobile}, 2, "failed_documents", "landed"},
		"cancel":          {signer.Visit{Choice: signer.Cancel}, 1, "canceled", "landed"},
		"fail":            {signer.Visit{Choice: signer.Fail}, 1, "failed", "landed"},
		"kept":            {signer.Visit{Choice: signer.Sign, StopBeforeReturn: true}, 1, "finished", ""},
		"lying":           {signer.Visit{Choice: signer.Sign, Misbehave: "lying-return"}, 1, "canceled", "landed"},
		"lost":            {signer.Visit{Choice: signer.Sign, Misbehave: "lost-return"}, 1, "", "you are not sent back"},
		"looking":         {signer.Visit{Choice: signer.LookOnly}, 1, "", `id="username"`},
	} {
		t.Run(name, func(t *testing.T) {
			id, address := g.create(c.documents)
			arrival, err := c.way.Run(t.Context(), address)
			if err != nil {
				t.Fatal(err)
			}
			want := ""
			if c.status != "" {
				want = g.application + "?signer_process_id=" + id + "&status=" + c.status
			}
			if arrival.Return != want || !strings.Contains(arrival.Page, c.page) {
				t.Errorf("arrived by %q, want %q, on: %s", arrival.Return, want, arrival.Page)
			}
		})
	}
}

func TestWalkGivesWhatItIsAskedFor(t *testing.T) {
	t.Parallel()
	g := serve(t)
	_, address := g.create(1)
	if landing, err := signer.Run(t.Context(), address, signer.Sign, true); err != nil || !strings.HasPrefix(landing, g.application+"?") {
		t.Errorf("%q, %v", landing, err)
	}
	_, address = g.create(1)
	if landing, err := signer.Run(t.Context(), address, signer.Sign, false); err != nil || landing != "landed" {
		t.Errorf("%q, %v", landing, err)
	}
	_, address = g.create(1)
	if _, err := signer.Run(t.Context(), address, signer.Reject, false); err == nil || !strings.Contains(err.Error(), "no button leads to reject") {
		t.Errorf("%v", err)
	}
}

func TestMisbehave(t *testing.T) {
	t.Parallel()
	g := serve(t)
	c := g.credentials
	if err := (signer.Misbehavior{Of: "next-trident", How: "lying-return", Times: 1}).Set(t.Context(), g.root, c.User, c.Password); err != nil {
		t.Fatal(err)
	}
	list := g.do("GET", "/practice/misbehaviour", "", "", "")["misbehaviours"].([]any)
	if len(list) != 1 || list[0].(map[string]any)["how"] != "lying-return" {
		t.Errorf("set is %v", list)
	}
	for _, how := range []string{"dance", ""} {
		if err := (signer.Misbehavior{Of: "next-trident", How: how}).Set(t.Context(), g.root, c.ClientID, c.ClientSecret); err == nil {
			t.Errorf("%q is taken for a misbehavior", how)
		}
	}
	if err := (signer.Misbehavior{Of: "next-trident", How: "gone"}).Set(t.Context(), g.root, c.User, "wrong"); err == nil || strings.Contains(err.Error(), "wrong") {
		t.Errorf("with a wrong secret: %v", err)
	}
	for range 2 { // also when there is none any more
		if err := signer.Behave(t.Context(), g.root, c.User, c.Password, "next-trident"); err != nil {
			t.Fatal(err)
		}
	}
	if list := g.do("GET", "/practice/misbehaviour", "", "", "")["misbehaviours"].([]any); len(list) != 0 {
		t.Errorf("behaving is %v", list)
	}
	if err := signer.Behave(t.Context(), g.root, c.User, "wrong", "next-trident"); err == nil {
		t.Error("anybody may end a misbehavior")
	}
}
