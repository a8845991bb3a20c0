package trident

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"

	"countersign/core/gateway"
	"countersign/core/request"
)

// process is the body by which a signing process is created. Every member but the
// return address is sent only when it is set: a process without some or all parameters
// is legal (vendor page "Execute a document signature process").
type process struct {
	ProcessType      string     `json:"process_type,omitempty"`
	Labels           [][]string `json:"labels,omitempty"`
	Signer           signer     `json:"signer,omitzero"`
	Locales          []string   `json:"ui_locales,omitempty"`
	FinishCallback   string     `json:"finish_callback_url,omitempty"`
	FinishedCallback string     `json:"finished_callback_url,omitempty"`
	Views            views      `json:"views,omitzero"`
	Timestamp        timestamp  `json:"timestamp,omitzero"`
}

var processMembers = []string{
	"process_type", "labels", "signer", "ui_locales", finishCallback, finishedCallback, "views", "timestamp",
}

// signer defines one signature.
type signer struct {
	Policy     string     `json:"signature_policy_id,omitempty"`
	Parameters parameters `json:"parameters,omitzero"`
}

type parameters struct {
	Type     string         `json:"type,omitempty"`
	Digest   string         `json:"default_digest_algorithm,omitempty"`
	Reason   string         `json:"reason,omitempty"`
	Location string         `json:"location,omitempty"`
	Contact  string         `json:"contact_info,omitempty"`
	Field    signatureField `json:"signature_field,omitzero"`
}

type signatureField struct {
	Name       string   `json:"name,omitempty"`
	Location   place    `json:"location,omitzero"`
	Appearance verbatim `json:"appearance,omitempty"`
}

type place struct {
	Page struct {
		Number string `json:"number"` // a string, since it may be "last"
	} `json:"page,omitzero"`
	Rectangle rectangle `json:"rectangle,omitzero"`
}

type rectangle struct {
	X      float64 `json:"x"`
	Y      float64 `json:"y"`
	Width  float64 `json:"width"`
	Height float64 `json:"height"`
}

type views struct {
	Agreement struct {
		SkipServerID choice `json:"skip_server_id,omitempty"`
		Info         struct {
			HTML string `json:"html_body_content"` // in base64
		} `json:"document_info,omitzero"`
	} `json:"document_agreement"`
}

type timestamp struct {
	Provider string `json:"provider_id"`
}

// newProcess describes a process without its signature definition.
func (t *Trident) newProcess(returnURL string) process {
	s := t.settings
	p := process{ProcessType: s.ProcessType, Labels: s.Labels, Timestamp: timestamp{s.TimestampProvider}}
	if s.Locale != "" {
		p.Locales = []string{s.Locale}
	}
	if s.CallbackField == finishedCallback {
		p.FinishedCallback = returnURL
	} else {
		p.FinishCallback = returnURL
	}
	p.Views.Agreement.SkipServerID = s.SkipAgreement
	p.Views.Agreement.Info.HTML = base64.StdEncoding.EncodeToString([]byte(s.AgreementHTML))
	return p
}

// newSigner defines one signature. What its request says of it, if anything, goes
// before what the profile says.
func (t *Trident) newSigner(own *request.Signature) signer {
	s := t.settings
	p := parameters{Type: s.SignatureType, Digest: s.Digest, Reason: s.Reason, Location: s.Location, Contact: s.Contact}
	p.Field.Appearance = s.Appearance
	p.Field.Location.Page.Number = s.Page
	if len(s.Rectangle) == 4 {
		p.Field.Location.Rectangle = rectangle{s.Rectangle[0], s.Rectangle[1], s.Rectangle[2], s.Rectangle[3]}
	}
	if s.FieldName != "" {
		// A signed PDF may come back for another signature, and no two may share a field.
		p.Field.Name = s.FieldName + "_" + ending()
	}
	if own == nil {
		own = &request.Signature{}
	}
	if own.Reason != "" {
		p.Reason = own.Reason
	}
	if own.Field != "" {
		p.Field.Name = own.Field
	}
	if own.Page != "" {
		p.Field.Location.Page.Number = own.Page
	}
	if own.Rectangle != nil {
		p.Field.Location.Rectangle = rectangle(*own.Rectangle)
	}
	return signer{Policy: s.Policy, Parameters: p}
}

func ending() string {
	var random [8]byte
	rand.Read(random[:]) // never fails
	return hex.EncodeToString(random[:])
}

const (
	creating    = "create the signing process"
	handingOver = "hand over the document"
)

// Prepare implements [gateway.Gateway]. One document goes with its process in one call;
// several are stored first and then listed in one process.
func (t *Trident) Prepare(ctx context.Context, trip gateway.Trip) (gateway.Prepared, error) {
	n := 0
	for _, r := range trip.Requests {
		if len(r.Documents) == 0 {
			return gateway.Prepared{}, fmt.Errorf("gateway %s: %s has no document to sign: add it again with its file", t.call.Gateway, r.Title)
		}
		n += len(r.Documents)
	}
	switch {
	case n == 0:
		return gateway.Prepared{}, errors.New("there is nothing to sign")
	case n == 1:
		return t.prepareOne(ctx, trip, trip.Requests[0])
	case n > t.settings.BatchLimit:
		return gateway.Prepared{}, fmt.Errorf("gateway %s takes %d documents a visit, not %d: sign them one after the other", t.call.Gateway, t.settings.BatchLimit, n)
	}
	return t.prepareBatch(ctx, trip)
}

func (t *Trident) prepareOne(ctx context.Context, trip gateway.Trip, r request.Request) (gateway.Prepared, error) {
	process := t.newProcess(trip.ReturnURL)
	process.Signer = t.newSigner(r.Signature)
	resp, body, err := t.upload(ctx, "/signer_processes", "process", process, trip, r.Documents[0], creating)
	if err != nil {
		return gateway.Prepared{}, err
	}
	p, listed, err := t.readCreated(ctx, resp, body)
	var documents []documentRef
	if err == nil && (json.Unmarshal(listed, &documents) != nil || len(documents) != 1 || !gateway.IsID(documents[0].id())) {
		err = t.nonsense(resp, creating, "it does not name the document")
	}
	if err != nil { // the process takes its document along
		return gateway.Prepared{}, t.abandon(ctx, p.ProcessID, nil, err)
	}
	session := request.SessionIDs{RemoteID: p.ProcessID}
	t.keep(&p, &session, documents[0].id(), documents[0].content())
	p.Sessions = map[request.ID]request.SessionIDs{r.ID: session}
	return p, nil
}

// upload posts a document with its description. Of the layouts that public clients send,
// this one tells a server the most: the description as JSON, the document as a PDF.
func (t *Trident) upload(ctx context.Context, path, part string, description any, trip gateway.Trip, d request.Document, doing string) (*http.Response, []byte, error) {
	text, err := json.Marshal(description)
	if err != nil {
		return nil, nil, fmt.Errorf("describe the signature: %w", err)
	}
	form, err := gateway.NewForm(
		[]gateway.Part{{Name: part, Value: string(text), Type: "application/json"}},
		gateway.File{Field: "document", Name: d.Name, Size: d.Size, Open: func() (io.ReadCloser, error) { return trip.Open(d) }},
	)
	if err != nil {
		return nil, nil, err
	}
	return t.ask(ctx, func(ctx context.Context) (*http.Request, error) { return form.Request(ctx, t.address(path)) }, doing, true)
}

// readCreated reads the answer to a creation: the process, its task for the browser and,
// as they are, the documents that it lists. The process's id comes with an error, too,
// where there is one.
func (t *Trident) readCreated(ctx context.Context, resp *http.Response, body []byte) (gateway.Prepared, json.RawMessage, error) {
	if resp.StatusCode != http.StatusCreated {
		return gateway.Prepared{}, nil, t.unexpected(ctx, resp, body, creating)
	}
	var created struct {
		ID    string `json:"id"`
		Tasks struct {
			Pending []struct {
				Type string `json:"type"`
				URL  string `json:"url"`
			} `json:"pending"`
		} `json:"tasks"`
		Documents json.RawMessage `json:"documents"`
	}
	if err := t.call.DecodeJSON(resp, body, &created, creating); err != nil {
		return gateway.Prepared{}, nil, err
	}
	if !gateway.IsID(created.ID) {
		return gateway.Prepared{}, nil, t.nonsense(resp, creating, "it names no process")
	}
	p := gateway.Prepared{ProcessID: created.ID}
	for _, task := range created.Tasks.Pending {
		if task.Type == "UserBrowserTask" && p.URL == "" {
			p.URL = task.URL
		}
	}
	if p.URL == "" {
		return p, nil, t.nonsense(resp, creating, "it has no task for the browser")
	}
	var documents []documentRef
	if json.Unmarshal(created.Documents, &documents) != nil {
		documents = nil // whoever needs the list tells of it
	}
	for _, address := range append(addresses(documents...), p.ProcessID, p.URL) {
		if t.repeats(ctx, resp, address) {
			return p, nil, t.nonsense(resp, creating, "an address in it has a secret in it")
		}
	}
	if err := gateway.BrowserAddress(p.URL, t.root); err != nil {
		return p, nil, t.nonsense(resp, creating, err.Error())
	}
	if location := resp.Header.Get("Location"); location != "" && gateway.LastSegment(location) != p.ProcessID {
		note(&p, "the gateway's Location header and its answer name different processes; the answer counts")
	}
	return p, created.Documents, nil
}

// repeats tells whether an address of an answer has a secret of this client in it. Where the
// client's secret cannot be had, it was not used for this answer, and the token counts alone.
func (t *Trident) repeats(ctx context.Context, resp *http.Response, address string) bool {
	secrets, _ := t.secrets(ctx)
	return gateway.Repeats(resp, address, secrets...)
}

// addresses are what is kept of documents, if it is kept.
func addresses(documents ...documentRef) []string {
	var all []string
	for _, d := range documents {
		all = append(all, d.id(), d.URL, d.content())
	}
	return all
}

// keep puts a document's names into its request's session.
func (t *Trident) keep(p *gateway.Prepared, session *request.SessionIDs, id, content string) {
	if content != "" && (!t.ours(content) || !gateway.IsAddress(content)) {
		note(p, "the gateway names another place for the signed document; it is fetched from the gateway itself")
		content = ""
	}
	session.Documents = append(session.Documents, id)
	session.Contents = append(session.Contents, content)
}

func note(p *gateway.Prepared, text string) {
	if !slices.Contains(p.Notes, text) {
		p.Notes = append(p.Notes, text)
	}
}

func (t *Trident) nonsense(resp *http.Response, doing, what string) error {
	return &gateway.Error{Fault: gateway.Nonsense, Gateway: t.call.Gateway, Doing: doing, Status: resp.StatusCode, Message: what}
}
