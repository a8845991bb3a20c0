// Package bare is the adapter for a made-up kind of gateway, as small as an adapter can be. The return
// carries no data, so the outcome is only known by asking. Tests show with it that a new kind needs one
// package and one line elsewhere; docs/new-gateway.md explains it. Only tests import it.
package bare

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"countersign/core/gateway"
	"countersign/core/request"
)

// Kind is the made-up kind of gateway.
var Kind = gateway.Kind{
	Name:      "bare",
	Title:     "Bare",
	SecretURL: func(gateway.Profile) string { return "" },
	Help:      "Whoever opens the page signs. No account is needed.",
	Hosts:     []gateway.Host{{Name: "demo", Title: "Demonstration", URL: "https://bare.example.org"}},
	Fields:    new(settings).fields(),
	New: func(p gateway.Profile, tools gateway.Tools) (gateway.Gateway, error) {
		b := &bare{call: gateway.Caller{Gateway: p.Name, HTTP: tools.HTTP, Timeout: p.Timeout}}
		if err := p.Decode(b.fields()); err != nil {
			return nil, err
		}
		var err error
		b.root, err = p.Root()
		return b, err
	},
}

// settings are the own settings of a profile of this kind.
type settings struct {
	days   int
	sender string
}

func (s *settings) fields() []gateway.Field {
	return []gateway.Field{
		{Key: "days", Label: "Days to sign", Help: "After them, the page is gone.", Type: gateway.NumberField, Default: "14", Value: &s.days, Check: s.checkDays},
		{Key: "sender.name", Label: "Sender", Help: "Shown to whoever signs.", Type: gateway.TextField, Value: &s.sender},
	}
}

func (s *settings) checkDays() error {
	if s.days < 1 {
		return fmt.Errorf("%d is not allowed: use a number from 1", s.days)
	}
	return nil
}

type bare struct {
	settings
	call gateway.Caller
	root *url.URL
}

func (b *bare) Capabilities() gateway.Capabilities {
	return gateway.Capabilities{MaxDocuments: 1, AcceptsFiles: true, ReturnsSigned: true}
}

func (b *bare) Prepare(ctx context.Context, spec gateway.VisitSpec) (gateway.PreparedVisit, error) {
	doing := request.Sentence{Text: "hand the document over"}
	r := spec.Requests[0]
	d := r.Documents[0]
	form, err := gateway.NewMultipartForm([]gateway.FormPart{{Name: "back", Value: spec.ReturnURL}, {Name: "days", Value: strconv.Itoa(b.days)}, {Name: "sender", Value: b.sender}},
		gateway.FormFile{Field: "file", Name: d.Name, Size: d.Size, Open: func() (io.ReadCloser, error) { return spec.OpenDocument(d) }})
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

// CanAsk reports true.
func (b *bare) CanAsk(request.Visit, request.ID) bool { return true }

func (b *bare) Ask(ctx context.Context, visit request.Visit) (map[request.ID]gateway.Outcome, error) {
	doing := request.Sentence{Text: "ask for the outcome"}
	resp, body, err := b.get(ctx, visit, doing)
	if err != nil {
		return nil, err
	}
	var answer struct{ State string }
	if err := b.call.DecodeJSON(resp, body, &answer, doing); err != nil {
		return nil, err
	}
	if answer.State == "waiting" {
		return nil, nil
	}
	outcome := gateway.Outcome{Status: request.Signing, Code: gateway.Sanitize(answer.State)}
	switch answer.State {
	case "COMPLETED":
		outcome.Status = request.Signed
	case "DECLINED":
		outcome.Status = request.Rejected
	}
	outcome.Documents = []request.DocumentResult{{Code: outcome.Code, Signed: outcome.Status == request.Signed}}
	return map[request.ID]gateway.Outcome{visit.Requests[0]: outcome}, nil
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
	results, _ := b.call.CheckReach(ctx, b.root)
	return results
}

func (b *bare) get(ctx context.Context, visit request.Visit, doing request.Sentence) (*http.Response, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, b.root.String()+"/envelopes/"+url.PathEscape(visit.ProcessID), nil)
	if err != nil {
		return nil, nil, err
	}
	resp, body, err := b.call.Do(req, doing, false)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = b.call.UnexpectedStatus(resp, body, doing)
	}
	return resp, body, err
}
