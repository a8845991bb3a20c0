// Package trident speaks TRIDENT / TrustedX eSignSP v2, and UAE PASS, which runs on it.
//
// A process is created with its document by one multipart call, the browser is sent to
// the process's UserBrowserTask, and the outcome is read from the process's result
// (vendor pages "Execute a document signature process" and "Obtain the Result of a
// Document Signature Process"). The browser's return is a hint and is never believed.
package trident

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"countersign/core/gateway"
	"countersign/core/request"
)

// Scope is what a token must cover for every call made here.
const Scope = "urn:safelayer:eidas:sign:process:document"

const resources = "/trustedx-resources/esignsp/v2"

// Settings are what a profile of this kind holds besides what all profiles do. What is
// not set is not sent.
type Settings struct {
	ClientID          string     `toml:"client_id"`
	AuthServer        string     `toml:"auth_server"`        // the {as} of the token address
	Labels            [][]string `toml:"labels"`             // which signing identities may be used
	SkipAgreement     *bool      `toml:"skip_agreement"`     // views.document_agreement.skip_server_id
	Locale            string     `toml:"locale"`             // ui_locales
	CallbackField     string     `toml:"callback_field"`     // the member that carries the return address
	ProcessType       string     `toml:"process_type"`       // process_type
	SignatureType     string     `toml:"signature_type"`     // signer.parameters.type
	TimestampProvider string     `toml:"timestamp_provider"` // timestamp.provider_id
	Keep              bool       `toml:"keep"`               // leave documents at the gateway after they were fetched
}

// Kind is TRIDENT as its vendor ships it.
var Kind = gateway.Kind{Name: "trident", Credentials: credentials, New: func(p gateway.Profile, t gateway.Tools) (gateway.Gateway, error) {
	return open(p, t, Settings{AuthServer: "main"})
}}

// UAEPass is the same product as the United Arab Emirates run it (docs.uaepass.ae,
// the signature integration guide).
var UAEPass = gateway.Kind{Name: "uaepass", Credentials: credentials, New: func(p gateway.Profile, t gateway.Tools) (gateway.Gateway, error) {
	show := false
	return open(p, t, Settings{
		AuthServer:        "main-as",
		Labels:            [][]string{{"digitalid", "server", "qualified"}},
		ProcessType:       "urn:safelayer:eidas:processes:document:sign:esigp",
		SignatureType:     "pades-baseline",
		SkipAgreement:     &show,
		TimestampProvider: "urn:uae:tws:generation:policy:digitalid",
	})
}}

// credentials says that the secret goes where everything goes.
func credentials(p gateway.Profile) string { return p.URL }

// The two spellings of the return address's member: real clients send the first, and
// the vendor's page has both.
const (
	finishCallback   = "finish_callback_url"
	finishedCallback = "finished_callback_url"
)

// Trident is one gateway.
type Trident struct {
	settings Settings
	root     *url.URL
	call     gateway.Caller
	tokens   *tokens
}

var _ gateway.Gateway = (*Trident)(nil)

func open(p gateway.Profile, tools gateway.Tools, s Settings) (gateway.Gateway, error) {
	if _, replaced := p.Settings["labels"]; replaced {
		s.Labels = nil // the file's labels replace the kind's, and are not added to them
	}
	if err := p.Decode(&s); err != nil {
		return nil, err
	}
	if s.CallbackField == "" {
		s.CallbackField = finishCallback
	}
	if s.CallbackField != finishCallback && s.CallbackField != finishedCallback {
		return nil, fmt.Errorf("gateway %s: callback_field %q: use %s or %s", p.Name, s.CallbackField, finishCallback, finishedCallback)
	}
	if s.ClientID == "" {
		return nil, fmt.Errorf("gateway %s: it needs a client_id", p.Name)
	}
	root, err := gateway.ParseRoot(p.URL)
	if err != nil {
		return nil, fmt.Errorf("gateway %s: %w", p.Name, err)
	}
	call := gateway.Caller{Gateway: p.Name, HTTP: tools.HTTP, Timeout: p.Timeout}
	return &Trident{
		settings: s,
		root:     root,
		call:     call,
		tokens:   newTokens(call, root.String()+"/trustedx-authserver/oauth/"+url.PathEscape(s.AuthServer)+"/token", s.ClientID, tools.Secret),
	}, nil
}

// Abilities implements [gateway.Gateway].
func (t *Trident) Abilities() gateway.Abilities {
	return gateway.Abilities{Documents: 1, TakesFiles: true, HandsOver: true, Discards: !t.settings.Keep}
}

// ReadReturn implements [gateway.Gateway]. Both parameters may be missing: some
// deployments leave them out. A return that names another process is not believed.
func (t *Trident) ReadReturn(visit request.Visit, query url.Values) gateway.Hint {
	word := gateway.Bounded(query.Get("status"))
	hint := gateway.Hint{Word: word, Claims: request.Signing}
	if status, known := verdicts[word]; known {
		hint.Claims = status
	}
	for _, id := range query["signer_process_id"] {
		if id != visit.ProcessID {
			hint.Refuse = "it names another signing process"
		}
	}
	return hint
}

// verdicts are the words of results, for processes and for documents.
var verdicts = map[string]request.Status{
	"finished": request.Signed,
	"failed":   request.Failed,
	"canceled": request.Canceled,
}

const failedDocuments = "failed_documents"

// result is how processes and documents report their outcome.
type result struct {
	Status  string `json:"status"`
	Details struct {
		Message string `json:"message"`
	} `json:"details"`
}

// Ask implements [gateway.Gateway]. On the result, and only there, 404 means "not
// finished" and 410 "does not exist".
func (t *Trident) Ask(ctx context.Context, visit request.Visit) (map[request.ID]gateway.Verdict, error) {
	const doing = "ask for the outcome"
	resp, body, err := t.do(ctx, http.MethodGet, t.process(visit, "/result"), doing)
	if err != nil {
		return nil, err
	}
	var res result
	switch resp.StatusCode {
	case http.StatusNotFound:
		return nil, nil
	case http.StatusGone:
		return verdictForAll(visit, gateway.Verdict{Status: request.Gone, Word: "gone", Message: gateway.Says(resp, body)}), nil
	case http.StatusOK:
		if err := t.call.DecodeJSON(resp, body, &res, doing); err != nil {
			return nil, err
		}
	default:
		return nil, t.call.Unexpected(resp, body, doing)
	}
	clean := t.cleaner(ctx, resp)
	word, message := clean(res.Status), clean(res.Details.Message)
	if word == "" {
		return nil, &gateway.Error{Fault: gateway.Nonsense, Gateway: t.call.Gateway, Doing: doing, Status: resp.StatusCode, Message: "it tells no status"}
	}
	if word == failedDocuments {
		return t.askDocuments(ctx, visit, message)
	}
	status, known := verdicts[word]
	if !known {
		status = request.Signing
	}
	return verdictForAll(visit, gateway.Verdict{Status: status, Word: word, Message: message}), nil
}

// cleaner gives what makes a text of an answer safe to keep: bounded, and without our
// credentials, should the gateway repeat them. The secret is only asked for when there is a
// text that could hold it; where it cannot be had, such a text is left out, since an outcome
// must not wait for a keyring.
func (t *Trident) cleaner(ctx context.Context, resp *http.Response) func(string) string {
	find := sync.OnceValues(func() (string, error) { return t.tokens.secret(ctx) })
	return func(text string) string {
		if _, known := verdicts[text]; known || text == "" || text == failedDocuments {
			return text
		}
		secret, err := find()
		if err != nil {
			return ""
		}
		text = gateway.WithoutCredentials(resp, text)
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "…")
		}
		return gateway.Bounded(text)
	}
}

func verdictForAll(visit request.Visit, v gateway.Verdict) map[request.ID]gateway.Verdict {
	all := map[request.ID]gateway.Verdict{}
	for id, session := range visit.Sessions {
		mine := v
		for range session.Documents {
			mine.Documents = append(mine.Documents, request.DocumentResult{Word: v.Word, Message: v.Message, Signed: v.Status == request.Signed})
		}
		all[id] = mine
	}
	return all
}

// askDocuments reads the verdict on each document, since the process's own says
// only that they differ.
func (t *Trident) askDocuments(ctx context.Context, visit request.Visit, message string) (map[request.ID]gateway.Verdict, error) {
	const doing = "ask which documents were signed"
	resp, body, err := t.do(ctx, http.MethodGet, t.process(visit, "/documents"), doing)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, t.call.Unexpected(resp, body, doing)
	}
	var list struct {
		Documents []struct {
			documentRef
			Result result `json:"result"`
		} `json:"documents"`
	}
	if err := t.call.DecodeJSON(resp, body, &list, doing); err != nil {
		return nil, err
	}
	results := map[string]result{}
	for _, d := range list.Documents {
		results[d.id()] = d.Result
	}
	clean := t.cleaner(ctx, resp)
	all := map[request.ID]gateway.Verdict{}
	for id, session := range visit.Sessions {
		v := gateway.Verdict{Word: failedDocuments, Message: message}
		for _, document := range session.Documents {
			word := clean(results[document].Status)
			v.Documents = append(v.Documents, request.DocumentResult{
				Word: word, Message: clean(results[document].Details.Message), Signed: verdicts[word] == request.Signed,
			})
		}
		v.Status = together(v.Documents)
		all[id] = v
	}
	return all, nil
}

// together is the status of a request whose documents fared differently. It stays open
// while something is not known of one of them.
func together(documents []request.DocumentResult) request.Status {
	found := map[request.Status]bool{}
	for _, d := range documents {
		status, known := verdicts[d.Word]
		if !known {
			return request.Signing
		}
		found[status] = true
	}
	switch {
	case len(found) > 1 && found[request.Signed]:
		return request.Partial
	case len(found) > 1:
		return request.Failed // for different reasons
	}
	for status := range found {
		return status
	}
	return request.Signing
}

// Fetch implements [gateway.Gateway]. The address also serves documents that are still
// to be signed, so an answer proves nothing.
func (t *Trident) Fetch(ctx context.Context, visit request.Visit, id request.ID, document int) (io.ReadCloser, error) {
	const doing = "fetch the signed document"
	session := visit.Sessions[id]
	if document >= len(session.Documents) {
		return nil, gateway.ErrNoFile
	}
	address := t.address("/documents/" + url.PathEscape(session.Documents[document]) + "/content")
	if document < len(session.Contents) && session.Contents[document] != "" && t.ours(session.Contents[document]) {
		address = session.Contents[document]
	}
	resp, err := t.authorized(ctx, func(ctx context.Context) (*http.Request, error) {
		return http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	}, func(req *http.Request) (*http.Response, error) { return t.call.Stream(req, doing) })
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		defer resp.Body.Close()
		body, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
		if resp.StatusCode == http.StatusNotFound {
			return nil, gateway.ErrNoFile
		}
		return nil, t.call.Unexpected(resp, body, doing)
	}
	return resp.Body, nil
}

// Discard implements [gateway.Gateway]. Whether a process takes its documents along
// is told in one place and not in another, so both are deleted.
func (t *Trident) Discard(ctx context.Context, visit request.Visit) error {
	addresses := []string{t.process(visit, "")}
	for _, session := range visit.Sessions {
		for _, document := range session.Documents {
			addresses = append(addresses, t.address("/documents/"+url.PathEscape(document)))
		}
	}
	for _, address := range addresses {
		const doing = "delete the documents"
		resp, body, err := t.do(ctx, http.MethodDelete, address, doing)
		if err != nil {
			return err
		}
		if resp.StatusCode/100 != 2 && resp.StatusCode != http.StatusNotFound && resp.StatusCode != http.StatusGone {
			return t.call.Unexpected(resp, body, doing)
		}
	}
	return nil
}

func (t *Trident) address(path string) string { return t.root.String() + resources + path }

func (t *Trident) process(visit request.Visit, path string) string {
	return t.address("/signer_processes/" + url.PathEscape(visit.ProcessID) + path)
}

// ours tells whether a token may be sent to an address.
func (t *Trident) ours(address string) bool {
	u, err := url.Parse(address)
	return err == nil && gateway.Origin(u) == gateway.Origin(t.root)
}

func (t *Trident) do(ctx context.Context, method, address, doing string) (*http.Response, []byte, error) {
	var body []byte
	resp, err := t.authorized(ctx, func(ctx context.Context) (*http.Request, error) {
		return http.NewRequestWithContext(ctx, method, address, nil)
	}, func(req *http.Request) (resp *http.Response, err error) {
		req.Header.Set("Accept", "application/json")
		resp, body, err = t.call.Do(req, doing, false)
		return resp, err
	})
	return resp, body, err
}

// authorized makes a call with a token. A token that ended early is renewed once and
// the call repeated (RFC 6750: 401 with invalid_token).
func (t *Trident) authorized(ctx context.Context, build func(context.Context) (*http.Request, error), send func(*http.Request) (*http.Response, error)) (*http.Response, error) {
	for attempt := 0; ; attempt++ {
		token, err := t.tokens.get(ctx)
		if err != nil {
			return nil, err
		}
		req, err := build(ctx)
		if err != nil {
			return nil, err
		}
		if !t.ours(req.URL.String()) {
			return nil, errors.New("refusing to send a token to another address than the gateway's")
		}
		req.Header.Set("Authorization", "Bearer "+token)
		resp, err := send(req)
		if err != nil {
			return nil, err
		}
		if resp.StatusCode != http.StatusUnauthorized || attempt > 0 {
			return resp, nil
		}
		resp.Body.Close()
		t.tokens.forget(token)
	}
}

// documentRef is how the gateway names a document: older answers have the url alone.
type documentRef struct {
	ID      string `json:"id"`
	URL     string `json:"url"`
	Content string `json:"content"`
}

func (d documentRef) id() string {
	if d.ID != "" {
		return d.ID
	}
	return gateway.LastSegment(d.URL)
}

func (d documentRef) content() string {
	if d.Content == "" && d.URL != "" {
		return strings.TrimRight(d.URL, "/") + "/content"
	}
	return d.Content
}
