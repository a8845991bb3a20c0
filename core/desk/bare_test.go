package desk_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"countersign/core/desk"
	"countersign/core/gateway"
	"countersign/core/gateway/gatewaytest/bare"
	"countersign/core/gateways"
	"countersign/core/home"
	"countersign/core/input"
	"countersign/core/pdf/pdftest"
	"countersign/core/request"
	"countersign/core/workspace"
)

// A third kind of gateway needs one adapter and one line in the list of kinds: every use case of the
// desk works with it.
func TestAThirdKindOfGatewayIsOneAdapterAndOneLine(t *testing.T) {
	for state, want := range map[string]request.Status{"COMPLETED": request.Signed, "DECLINED": request.Rejected} {
		t.Run(state, func(t *testing.T) {
			server := &bare.Server{}
			web := httptest.NewServer(server)
			t.Cleanup(web.Close)
			dir, err := home.Open(filepath.Join(t.TempDir(), "home"))
			if err != nil {
				t.Fatal(err)
			}
			d, err := workspace.Open(t.Context(), workspace.Config{Home: dir, Kinds: []gateway.Kind{bare.Kind}, Alone: true})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := d.Close(); err != nil {
					t.Error(err)
				}
			})
			texts := map[string]string{"url": web.URL, "days": "3", "sender.name": "The office"}
			if _, err := d.AddForm(t.Context(), gateways.Form{Name: "third", Kind: "bare", Texts: texts}); err != nil {
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
			file, form := server.Envelope()
			if form["days"] != "3" || form["sender"] != "The office" {
				t.Errorf("the settings do not reach the gateway: %v", form)
			}
			server.End(state, pdftest.Sign(t, file, "Ana"))
			resp, err := http.Get(form["back"])
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
