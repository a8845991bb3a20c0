package trident

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"countersign/core/gateway"
	"countersign/core/request"
)

// process is the body of the request that creates a signing process. Members other than the
// return address are sent only if they are set: every parameter is optional ("Execute a
// document signature process", TrustedX eSignSP v2 reference).
type process struct {
	ProcessType      string     `json:"process_type,omitempty"`
	Labels           [][]string `json:"labels,omitempty"`
	Signer           signature  `json:"signer,omitzero"`
	Locales          []string   `json:"ui_locales,omitempty"`
	FinishCallback   string     `json:"finish_callback_url,omitempty"`
	FinishedCallback string     `json:"finished_callback_url,omitempty"`
	Views            views      `json:"views,omitzero"`
	Timestamp        timestamp  `json:"timestamp,omitzero"`
}

// processMembers are the names of the members of [process].
var processMembers = []string{
	"process_type", "labels", "signer", "ui_locales", finishCallback, finishedCallback, "views", "timestamp",
}

// signature defines one signature ("Signature Definition", TrustedX eSignSP v2 reference).
type signature struct {
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
	Name       string         `json:"name,omitempty"`
	Location   fieldLocation  `json:"location,omitzero"`
	Appearance map[string]any `json:"appearance,omitempty"`
}

type fieldLocation struct {
	Page struct {
		Number string `json:"number"` // a string, since it can be "last"
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
		SkipServerID string `json:"skip_server_id,omitempty"`
		Info         struct {
			HTML string `json:"html_body_content"` // base64
		} `json:"document_info,omitzero"`
	} `json:"document_agreement"`
}

type timestamp struct {
	Provider string `json:"provider_id"`
}

// newProcess returns the description of a process without its signature definition.
func (t *Trident) newProcess(returnURL string) process {
	s := t.settings
	p := process{ProcessType: s.processType, Labels: s.labels, Timestamp: timestamp{s.timestampProvider}}
	if s.locale != "" {
		p.Locales = []string{s.locale}
	}
	if s.callbackField == finishedCallback {
		p.FinishedCallback = returnURL
	} else {
		p.FinishCallback = returnURL
	}
	if s.skipAgreement != nil { // real clients send it as a string
		p.Views.Agreement.SkipServerID = strconv.FormatBool(*s.skipAgreement)
	}
	p.Views.Agreement.Info.HTML = base64.StdEncoding.EncodeToString([]byte(s.agreementHTML))
	return p
}

// defaultFieldName begins the name of a signature's field where the profile sets none and one is needed.
const defaultFieldName = "Signature"

// newSignature returns the definition of one signature. What is set in own, which may be nil,
// takes precedence over the profile. hasField means that the document has a signature field
// already, so that the new one needs a name.
func (t *Trident) newSignature(own *request.SignatureOptions, hasField bool) signature {
	s := t.settings
	p := parameters{Type: s.signatureType, Digest: s.digest, Reason: s.reason, Location: s.location, Contact: s.contact}
	if len(s.appearance) > 0 { // an empty table would send an empty signature field
		p.Field.Appearance = s.appearance
	}
	p.Field.Location.Page.Number = s.page
	if len(s.rectangle) == 4 {
		p.Field.Location.Rectangle = rectangle{s.rectangle[0], s.rectangle[1], s.rectangle[2], s.rectangle[3]}
	}
	switch prefix := s.fieldName; {
	case prefix == gateway.None:
	case prefix != "", hasField:
		// A signed PDF may be signed again, and no two signatures may share a field. A gateway that is
		// told no name uses the same one each time.
		p.Field.Name = cmp.Or(prefix, defaultFieldName) + "_" + randomSuffix()
	}
	if own == nil {
		own = &request.SignatureOptions{}
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
	return signature{Policy: s.policy, Parameters: p}
}

func randomSuffix() string {
	var random [8]byte
	rand.Read(random[:]) // never fails
	return hex.EncodeToString(random[:])
}

var (
	creatingProcess = request.Sentencef("doing_create", "create the signing process")
	uploading       = request.Sentencef("doing_upload", "upload the document")
)

// upload posts a document and a description, which it encodes as JSON, as the parts of a form to a
// path of the API. part is the name of the description's part. The media types of the parts are
// application/json and application/pdf, the most specific of those that public clients use.
func (t *Trident) upload(ctx context.Context, path, part string, description any, spec gateway.VisitSpec, d request.Document, doing request.Sentence) (*http.Response, []byte, error) {
	text, err := json.Marshal(description)
	if err != nil {
		return nil, nil, fmt.Errorf("describe the signature: %w", err)
	}
	form, err := gateway.NewMultipartForm(
		[]gateway.FormPart{{Name: part, Value: string(text), Type: "application/json"}},
		gateway.FormFile{Field: "document", Name: d.Name, Size: d.Size, Open: func() (io.ReadCloser, error) { return spec.OpenDocument(d) }},
	)
	if err != nil {
		return nil, nil, err
	}
	return t.callJSON(ctx, func(ctx context.Context) (*http.Request, error) { return form.Request(ctx, t.address(path)) }, doing, true)
}

// createdProcess is a process in an answer.
type createdProcess struct {
	ID    gateway.Text `json:"id"`
	Tasks struct {
		Pending gateway.List[struct {
			Type gateway.Text `json:"type"`
			URL  gateway.Text `json:"url"`
		}] `json:"pending"`
	} `json:"tasks"`
	Documents json.RawMessage `json:"documents"`
}

// browserTask returns the URL of the first task for the browser, or "" if there is none.
func (p createdProcess) browserTask() string {
	for _, task := range p.Tasks.Pending {
		if task.Type == "UserBrowserTask" && task.URL != "" {
			return string(task.URL)
		}
	}
	return ""
}

// readCreated reads the answer to the creation of a process. It returns the process with the URL
// for the browser, and the list of its documents. sent is the number of documents that the process
// was created with, and own what the only request sets itself, or nil. With an error, it still returns
// the process's id if that is known, so that the process can be deleted.
func (t *Trident) readCreated(ctx context.Context, resp *http.Response, body []byte, sent int, own *request.SignatureOptions) (gateway.PreparedVisit, documentList, error) {
	if resp.StatusCode != http.StatusCreated {
		return gateway.PreparedVisit{}, documentList{}, t.refused(ctx, resp, body, creatingProcess, own)
	}
	var p gateway.PreparedVisit
	var created createdProcess
	if len(bytes.TrimSpace(body)) > 0 {
		if err := t.call.DecodeJSON(resp, body, &created, creatingProcess); err != nil {
			p.ProcessID = locatedProcess(resp)
			return p, documentList{}, err
		}
	}
	if p.ProcessID = cmp.Or(string(created.ID), locatedProcess(resp)); !gateway.IsID(p.ProcessID) {
		return gateway.PreparedVisit{}, documentList{}, t.badAnswer(resp, creatingProcess, request.Sentencef("answer_no_process", "it does not name the process"))
	}
	if location := resp.Header.Get("Location"); location != "" && gateway.LastPathSegment(location) != p.ProcessID {
		addNote(&p, request.Sentencef("note_other_process", "the gateway's Location header and its answer name different processes; the answer is used"))
	}
	if created.browserTask() == "" {
		var err error
		if resp, created, err = t.readProcess(ctx, p.ProcessID); err != nil {
			return p, documentList{}, err
		}
	}
	if p.URL = created.browserTask(); p.URL == "" {
		return p, documentList{}, t.badAnswer(resp, creatingProcess, request.Sentencef("answer_no_task", "it has no task for the browser"))
	}
	documents := readList(created.Documents, sent)
	if t.containsSecret(ctx, resp, append(kept(documents.documents...), p.ProcessID, p.URL)) {
		return p, documentList{}, t.badAnswer(resp, creatingProcess, request.Sentencef("answer_secret", "one of its addresses contains a secret"))
	}
	if err := gateway.CheckBrowserURL(p.URL, t.root); err != nil {
		return p, documentList{}, t.badAnswer(resp, creatingProcess, request.SentenceOf(err))
	}
	return p, documents, nil
}

// locatedProcess returns the id of the process that the header Location of an answer names, or "". The
// header may name another server: installations behind a proxy know themselves by another name.
func locatedProcess(resp *http.Response) string {
	address, err := resp.Location() // resolved against the request
	if err != nil {
		return ""
	}
	id := gateway.LastPathSegment(address.String())
	if !gateway.IsID(id) || path.Base(path.Dir(strings.TrimSuffix(address.EscapedPath(), "/"))) != "signer_processes" {
		return ""
	}
	return id
}

// readProcess reads a process that was just created. Some installations answer its creation with the
// header Location alone. The error is a bad answer if the answer is about another process.
func (t *Trident) readProcess(ctx context.Context, id string) (*http.Response, createdProcess, error) {
	var p createdProcess
	resp, body, err := t.do(ctx, http.MethodGet, t.processAddress(id, ""), creatingProcess)
	switch {
	case err != nil:
		return nil, p, err
	case resp.StatusCode != http.StatusOK:
		return nil, p, t.unexpected(ctx, resp, body, creatingProcess)
	}
	if err := t.call.DecodeJSON(resp, body, &p, creatingProcess); err != nil {
		return nil, p, err
	}
	if p.ID != "" && string(p.ID) != id {
		return nil, p, t.badAnswer(resp, creatingProcess, request.Sentencef("answer_no_process", "it does not name the process"))
	}
	return resp, p, nil
}

// documentList is the list of documents in the answer to the creation of a process.
type documentList struct {
	documents []documentRef
	other     bool // it cannot be read, or lists more documents than were sent
}

// readList reads a list of documents, at most as many as the number sent says, or a single document without the brackets of a list.
func readList(list json.RawMessage, sent int) documentList {
	decoder := json.NewDecoder(bytes.NewReader(list))
	switch start, err := decoder.Token(); {
	case len(list) == 0, err == nil && start == nil:
		return documentList{}
	case start == json.Delim('{'):
		list = slices.Concat([]byte{'['}, list, []byte{']'})
		return readList(list, sent)
	case start != json.Delim('['):
		return documentList{other: true}
	}
	var read documentList
	for decoder.More() {
		var d documentRef
		if len(read.documents) == sent {
			read.other = true
			return read
		}
		if decoder.Decode(&d) != nil {
			return documentList{other: true}
		}
		read.documents = append(read.documents, d)
	}
	return read
}

// containsSecret reports whether one of the texts of an answer contains the client's secret or the
// token. If the secret is not available, it was not sent, and only the token is looked for.
func (t *Trident) containsSecret(ctx context.Context, resp *http.Response, texts []string) bool {
	secrets, _ := t.secrets(ctx)
	return slices.ContainsFunc(texts, func(text string) bool { return gateway.ContainsSecret(resp, text, secrets...) })
}

// kept returns the texts of documents in an answer that are stored: their ids and URLs.
func kept(documents ...documentRef) []string {
	var all []string
	for _, d := range documents {
		all = append(all, d.id(), d.URL, d.content())
	}
	return all
}

// addDocument adds a document's id and the URL of its content to ids, the ids of its request. If
// the URL is on another server or not safe, it adds "" in its place, and a note to p.
func (t *Trident) addDocument(p *gateway.PreparedVisit, ids *request.RemoteIDs, id, content string) {
	if content != "" && (!t.isOwn(content) || !gateway.IsSafeURL(content)) {
		addNote(p, request.Sentencef("note_other_server", "the gateway names an address of another server for the signed document; it is fetched from the gateway itself"))
		content = ""
	}
	ids.Documents = append(ids.Documents, id)
	ids.ContentURLs = append(ids.ContentURLs, content)
}

// addNote adds a note unless it is there already.
func addNote(p *gateway.PreparedVisit, note request.Sentence) {
	if !slices.ContainsFunc(p.Notes, func(n request.Sentence) bool { return n.Text == note.Text }) {
		p.Notes = append(p.Notes, note)
	}
}

// badAnswer returns the error for an answer that does not follow the protocol.
func (t *Trident) badAnswer(resp *http.Response, doing, what request.Sentence) error {
	return &gateway.Error{Fault: gateway.BadAnswer, Gateway: t.call.Gateway, Doing: doing, Status: resp.StatusCode, Message: what}
}

// abandonTimeout is how long it may take to delete what was created for a failed visit.
const abandonTimeout = 30 * time.Second

// abandon deletes the process and the documents that were created for a visit that failed. It
// returns cause, the error of the visit, and adds to it if something could not be deleted. process
// is the id, or empty if there is no process.
func (t *Trident) abandon(ctx context.Context, process string, uploaded []documentRef, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abandonTimeout)
	defer cancel()
	var addresses []string
	if process != "" {
		addresses = append(addresses, t.processAddress(process, ""))
	}
	for _, d := range uploaded {
		addresses = append(addresses, t.documentAddress(d.ID, ""))
	}
	if t.deleteAll(ctx, addresses) != nil {
		var left []string
		for _, address := range addresses {
			left = append(left, gateway.LastPathSegment(address))
		}
		return request.Errorf("left_undeleted", "%w (what was created before could not be deleted there: %s)", cause, strings.Join(left, ", "))
	}
	return cause
}
