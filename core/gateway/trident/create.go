package trident

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"countersign/core/gateway"
	"countersign/core/request"
)

// process is the body by which a signing process is created. Every member but the
// policy and the return address is sent only when the profile sets it.
type process struct {
	ProcessType      string     `json:"process_type,omitempty"`
	Labels           [][]string `json:"labels,omitempty"`
	Signer           signer     `json:"signer"`
	Locales          []string   `json:"ui_locales,omitempty"`
	FinishCallback   string     `json:"finish_callback_url,omitempty"`
	FinishedCallback string     `json:"finished_callback_url,omitempty"`
	Views            *views     `json:"views,omitempty"`
	Timestamp        *timestamp `json:"timestamp,omitempty"`
}

type signer struct {
	Policy     string      `json:"signature_policy_id"`
	Parameters *parameters `json:"parameters,omitempty"`
}

type parameters struct {
	Type string `json:"type,omitempty"`
}

type views struct {
	Agreement struct {
		// A string, though it says yes or no: so it is in every client seen.
		SkipServerID string `json:"skip_server_id"`
	} `json:"document_agreement"`
}

type timestamp struct {
	Provider string `json:"provider_id"`
}

const pdfPolicy = "urn:safelayer:eidas:policies:sign:document:pdf"

func (t *Trident) newProcess(returnURL string) process {
	s := t.settings
	p := process{ProcessType: s.ProcessType, Labels: s.Labels, Signer: signer{Policy: pdfPolicy}}
	if s.SignatureType != "" {
		p.Signer.Parameters = &parameters{Type: s.SignatureType}
	}
	if s.Locale != "" {
		p.Locales = []string{s.Locale}
	}
	if s.CallbackField == finishedCallback {
		p.FinishedCallback = returnURL
	} else {
		p.FinishCallback = returnURL
	}
	if s.SkipAgreement != nil {
		p.Views = &views{}
		p.Views.Agreement.SkipServerID = fmt.Sprint(*s.SkipAgreement)
	}
	if s.TimestampProvider != "" {
		p.Timestamp = &timestamp{s.TimestampProvider}
	}
	return p
}

// created is what is read of the answer.
type created struct {
	ID    string `json:"id"`
	Tasks struct {
		Pending []struct {
			Type string `json:"type"`
			URL  string `json:"url"`
		} `json:"pending"`
	} `json:"tasks"`
	Documents []documentRef `json:"documents"`
}

// Prepare implements [gateway.Gateway]: it creates a signing process with its one document.
func (t *Trident) Prepare(ctx context.Context, trip gateway.Trip) (gateway.Prepared, error) {
	const doing = "create the signing process"
	if len(trip.Requests) != 1 || len(trip.Requests[0].Documents) != 1 {
		return gateway.Prepared{}, fmt.Errorf("gateway %s takes one document a visit: sign them one after the other", t.call.Gateway)
	}
	r := trip.Requests[0]
	description, err := json.Marshal(t.newProcess(trip.ReturnURL))
	if err != nil {
		return gateway.Prepared{}, fmt.Errorf("describe the signing process: %w", err)
	}
	// Of the layouts that public clients send, this one tells a server the most: the
	// process as JSON, the document as a PDF.
	d := r.Documents[0]
	form, err := gateway.NewForm(
		[]gateway.Field{{Name: "process", Value: string(description), Type: "application/json"}},
		gateway.File{Field: "document", Name: d.Name, Size: d.Size, Open: func() (io.ReadCloser, error) { return trip.Open(d) }},
	)
	if err != nil {
		return gateway.Prepared{}, err
	}
	var body []byte
	resp, err := t.authorized(ctx, func(ctx context.Context) (*http.Request, error) {
		return form.Request(ctx, t.address("/signer_processes"))
	}, func(req *http.Request) (resp *http.Response, err error) {
		req.Header.Set("Accept", "application/json")
		resp, body, err = t.call.Do(req, doing, true)
		return resp, err
	})
	if err != nil {
		return gateway.Prepared{}, err
	}
	if resp.StatusCode != http.StatusCreated {
		return gateway.Prepared{}, t.call.Unexpected(resp, body, doing)
	}
	var c created
	if err := t.call.DecodeJSON(resp, body, &c, doing); err != nil {
		return gateway.Prepared{}, err
	}
	return t.prepared(c, r.ID, resp)
}

func (t *Trident) prepared(c created, id request.ID, resp *http.Response) (gateway.Prepared, error) {
	fault := func(what string) (gateway.Prepared, error) {
		return gateway.Prepared{}, &gateway.Error{
			Fault: gateway.Nonsense, Gateway: t.call.Gateway, Doing: "create the signing process", Status: resp.StatusCode, Message: what,
		}
	}
	p := gateway.Prepared{ProcessID: c.ID}
	for _, task := range c.Tasks.Pending {
		if task.Type == "UserBrowserTask" && p.URL == "" {
			p.URL = task.URL
		}
	}
	switch {
	case !gateway.IsSegment(c.ID):
		return fault("it names no process")
	case p.URL == "":
		return fault("it has no task for the browser")
	case len(c.Documents) != 1 || !gateway.IsSegment(c.Documents[0].id()):
		return fault("it does not name the document")
	}
	if err := gateway.BrowserAddress(p.URL, t.root); err != nil {
		return fault(err.Error())
	}
	if location := resp.Header.Get("Location"); location != "" && gateway.LastSegment(location) != c.ID {
		p.Notes = append(p.Notes, "the gateway's Location header and its answer name different processes; the answer counts")
	}
	content := c.Documents[0].content()
	if content != "" && !t.ours(content) {
		p.Notes = append(p.Notes, "the gateway names another place for the signed document; it is fetched from the gateway itself")
		content = ""
	}
	p.Sessions = map[request.ID]request.SessionIDs{id: {
		RemoteID: c.ID, Documents: []string{c.Documents[0].id()}, Contents: []string{content},
	}}
	return p, nil
}
