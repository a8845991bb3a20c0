package desk_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"sync"
	"testing"

	"countersign/core/desk"
	"countersign/core/gateway"
	"countersign/core/home"
	"countersign/core/input"
	"countersign/core/pdf/pdftest"
	"countersign/core/request"
	"countersign/core/workspace"
)

// bare is a complete adapter for a third kind of gateway. Its return address carries no data, so the
// outcome is only known by asking. docs/new-gateway.md explains it.
type bare struct {
	call gateway.Caller
	root *url.URL
}

var bareKind = gateway.Kind{
	Name:      "bare",
	SecretURL: func(gateway.Profile) string { return "" },
	New: func(p gateway.Profile, tools gateway.Tools) (gateway.Gateway, error) {
		root, err := gateway.ParseRootURL(p.URL)
		return &bare{gateway.Caller{Gateway: p.Name, HTTP: tools.HTTP, Timeout: p.Timeout}, root}, err
	},
}

func (b *bare) Capabilities() gateway.Capabilities {
	return gateway.Capabilities{MaxDocuments: 1, AcceptsFiles: true, ReturnsSigned: true}
}

func (b *bare) Prepare(ctx context.Context, trip gateway.VisitSpec) (gateway.PreparedVisit, error) {
	doing := request.Sentence{Text: "hand the document over"}
	r := trip.Requests[0]
	d := r.Documents[0]
	form, err := gateway.NewMultipartForm([]gateway.FormPart{{Name: "back", Value: trip.ReturnURL}},
		gateway.FormFile{Field: "file", Name: d.Name, Size: d.Size, Open: func() (io.ReadCloser, error) { return trip.OpenDocument(d) }})
	if err != nil {
		return gateway.PreparedVisit{}, err
	}
	req, err := form.Request(ctx, b.root.String()+"/envelopes")
	if err != nil {
		return gateway.PreparedVisit{}, err
	}
	resp, body, err := b.call.Do(req, doing, true)
	if err != nil {
		return gateway.PreparedVisit{}, err
	}
	if resp.StatusCode != http.StatusCreated {
		return gateway.PreparedVisit{}, b.call.UnexpectedStatus(resp, body, doing)
	}
	var made struct{ ID, Sign string }
	if err := b.call.DecodeJSON(resp, body, &made, doing); err != nil {
		return gateway.PreparedVisit{}, err
	}
	return gateway.PreparedVisit{
		URL: made.Sign, ProcessID: made.ID,
		RemoteIDs: map[request.ID]request.RemoteIDs{r.ID: {Request: made.ID, Documents: []string{made.ID}}},
	}, gateway.CheckBrowserURL(made.Sign, b.root)
}

// ParseReturn finds nothing: the return carries no data.
func (b *bare) ParseReturn(request.Visit, url.Values) gateway.ReturnHint {
	return gateway.ReturnHint{Status: request.Signing}
}

func (b *bare) Ask(ctx context.Context, visit request.Visit) (map[request.ID]gateway.Outcome, error) {
	doing := request.Sentence{Text: "ask for the outcome"}
	resp, body, err := b.get(ctx, visit, "", doing)
	if err != nil {
		return nil, err
	}
	var is struct{ State string }
	if err := b.call.DecodeJSON(resp, body, &is, doing); err != nil {
		return nil, err
	}
	if is.State == "waiting" {
		return nil, nil
	}
	v := gateway.Outcome{Status: request.Signing, Code: gateway.Sanitize(is.State)}
	switch is.State {
	case "COMPLETED":
		v.Status = request.Signed
	case "DECLINED":
		v.Status = request.Rejected
	}
	v.Documents = []request.DocumentResult{{Code: v.Code, Signed: v.Status == request.Signed}}
	return map[request.ID]gateway.Outcome{visit.Requests[0]: v}, nil
}

func (b *bare) Fetch(ctx context.Context, visit request.Visit, _ request.ID, _ int) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, b.root.String()+"/envelopes/"+url.PathEscape(visit.ProcessID)+"/pdf", nil)
	if err != nil {
		return nil, err
	}
	resp, err := b.call.Stream(req, request.Sentence{Text: "fetch the signed document"})
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		defer resp.Body.Close()
		return nil, gateway.ErrNoFile
	}
	return resp.Body, nil
}

func (b *bare) Discard(context.Context, request.Visit) error { return nil }

func (b *bare) Check(ctx context.Context) []gateway.CheckResult {
	findings, _ := b.call.CheckReach(ctx, b.root)
	return findings
}

func (b *bare) get(ctx context.Context, visit request.Visit, path string, doing request.Sentence) (*http.Response, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, b.root.String()+"/envelopes/"+url.PathEscape(visit.ProcessID)+path, nil)
	if err != nil {
		return nil, nil, err
	}
	resp, body, err := b.call.Do(req, doing, false)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = b.call.UnexpectedStatus(resp, body, doing)
	}
	return resp, body, err
}

// bareServer is the server of that gateway.
type bareServer struct {
	mu     sync.Mutex
	state  string
	file   []byte
	signed []byte
	back   string
}

func (s *bareServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch r.Method + " " + r.URL.Path {
	case "POST /envelopes":
		s.back, s.state = r.FormValue("back"), "waiting"
		f, _, err := r.FormFile("file")
		if err == nil {
			s.file, err = io.ReadAll(f)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusCreated)
		fmt.Fprintf(w, `{"id":"e/1","sign":"http://%s/sign/1"}`, r.Host)
	case "GET /envelopes/e/1":
		_ = json.NewEncoder(w).Encode(map[string]string{"state": s.state})
	case "GET /envelopes/e/1/pdf":
		_, _ = w.Write(s.signed)
	default:
		http.NotFound(w, r)
	}
}

// end is what happens on the gateway's page: the signer is sent back without data.
func (s *bareServer) end(t *testing.T, state string) (back string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state, s.signed = state, pdftest.Sign(t, s.file, "Ana")
	return s.back
}

// A third kind of gateway needs one adapter and one line in the list of kinds: every use case of the
// desk works with it.
func TestAThirdKindOfGatewayIsOneAdapterAndOneLine(t *testing.T) {
	for state, want := range map[string]request.Status{"COMPLETED": request.Signed, "DECLINED": request.Rejected} {
		t.Run(state, func(t *testing.T) {
			server := &bareServer{}
			web := httptest.NewServer(server)
			t.Cleanup(web.Close)
			dir, err := home.Open(filepath.Join(t.TempDir(), "home"))
			if err != nil {
				t.Fatal(err)
			}
			d, err := workspace.Open(t.Context(), workspace.Config{Home: dir, Kinds: []gateway.Kind{bareKind}, Alone: true})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := d.Close(); err != nil {
					t.Error(err)
				}
			})
			if _, err := d.AddGateway(t.Context(), gateway.Profile{Name: "third", Kind: "bare", URL: web.URL}, ""); err != nil {
				t.Fatal(err)
			}
			r, err := d.Add(t.Context(), desk.New{Gateway: "third", Files: []input.File{input.Memory("Lease.pdf", pdftest.Plain(t, "A lease"))}})
			if err != nil {
				t.Fatal(err)
			}
			running, stop := context.WithCancel(t.Context())
			stopped := make(chan error, 1)
			go func() { stopped <- d.Run(running) }()
			if _, err := d.Sign(t.Context(), r.ID); err != nil {
				t.Fatal(err)
			}
			resp, err := http.Get(server.end(t, state))
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			ended, err := d.Await(t.Context(), r.ID)
			stop()
			if err != nil || <-stopped != nil {
				t.Fatal(err)
			}
			if got := ended[0]; got.Status != want || got.Outcome.Code != state || !got.Outcome.Confirmed() {
				t.Errorf("got %+v", got)
			}
			if got := ended[0]; want == request.Signed && got.Outcome.Evidence != request.ByDocument {
				t.Errorf("evidence %s", got.Outcome.Evidence)
			}
		})
	}
}
