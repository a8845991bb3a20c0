package trident

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"countersign/core/gateway"
	"countersign/core/request"
)

// statusCodes are the status codes of results, for processes and for documents ("Obtain the
// Result of a Document Signature Process", TrustedX eSignSP v2 reference).
var statusCodes = map[string]request.Status{
	"finished": request.Signed,
	"failed":   request.Failed,
	"canceled": request.Canceled,
}

// failedDocuments is the code of a process whose documents have different results.
const failedDocuments = "failed_documents"

// result is the result of a process or a document in an answer: its status code and its message.
type result struct{ code, message string }

// UnmarshalJSON implements [json.Unmarshaler]. A message of another type is ignored.
func (r *result) UnmarshalJSON(body []byte) error {
	*r = result{}
	var details json.RawMessage
	if err := json.Unmarshal(body, &exactMembers{"status": &r.code, "details": &details}); err != nil {
		return err
	}
	var optional struct{ Message any }
	if json.Unmarshal(details, &optional) == nil {
		r.message, _ = optional.Message.(string)
	}
	return nil
}

// ParseReturn implements [gateway.Gateway]. Some installations leave out the parameters status
// and signer_process_id. A return that names another process is not believed.
func (t *Trident) ParseReturn(visit request.Visit, query url.Values) gateway.ReturnHint {
	code := strings.Join(slices.Compact(slices.Clone(query["status"])), ", ") // different ones are a code that is not known
	hint := gateway.ReturnHint{Code: gateway.Sanitize(code), Status: statusOf(code)}
	for _, id := range query["signer_process_id"] {
		if id != visit.ProcessID {
			hint.Rejection = request.Sentencef("other_process", "it names another signing process")
		}
	}
	return hint
}

// CanAsk implements [gateway.Gateway].
func (t *Trident) CanAsk(request.Visit, request.ID) bool { return true }

// Ask implements [gateway.Gateway]. In the answer to a call for the result, and only there, the HTTP
// status 404 means that the process is not finished, and 410 that it does not exist.
func (t *Trident) Ask(ctx context.Context, visit request.Visit) (map[request.ID]gateway.Outcome, error) {
	doing := request.Sentencef("doing_ask", "ask for the outcome")
	resp, body, err := t.do(ctx, http.MethodGet, t.processAddress(visit.ProcessID, "/result"), doing)
	if err != nil {
		return nil, err
	}
	var res result
	switch resp.StatusCode {
	case http.StatusNotFound:
		return nil, nil
	case http.StatusGone:
		return outcomeForAll(visit, gateway.Outcome{Status: request.Gone, Code: "gone", Message: t.message(ctx, resp, body)}), nil
	case http.StatusOK:
		if err := t.call.DecodeJSON(resp, body, &res, doing); err != nil {
			return nil, err
		}
	default:
		return nil, t.unexpected(ctx, resp, body, doing)
	}
	redact := t.redactor(ctx, resp)
	code, message := redact(res.code), redact(res.message)
	if code == "" {
		return nil, t.badAnswer(resp, doing, request.Sentencef("answer_no_status", "it has no status"))
	}
	if res.code == failedDocuments {
		return t.askDocuments(ctx, visit, message)
	}
	return outcomeForAll(visit, gateway.Outcome{Status: statusOf(res.code), Code: code, Message: message}), nil
}

// statusOf returns the status that a code stands for, Signing if it is unknown.
func statusOf(code string) request.Status {
	if status, known := statusCodes[code]; known {
		return status
	}
	return request.Signing
}

// redactor returns a function that makes a text of an answer safe to store: bounded and without
// our credentials. It gets the secret only for a text that could contain it. If the secret is
// not available, such a text becomes "", since an outcome must not wait for a keyring.
func (t *Trident) redactor(ctx context.Context, resp *http.Response) func(string) string {
	getSecrets := sync.OnceValues(func() ([]string, error) { return t.secrets(ctx) })
	return func(text string) string {
		if _, known := statusCodes[text]; known || text == "" || text == failedDocuments {
			return text
		}
		secrets, err := getSecrets()
		if err != nil {
			return ""
		}
		return gateway.Sanitize(gateway.Redact(resp, text, secrets...))
	}
}

// documentResult is a document in the list of a process, with its result.
type documentResult struct {
	id, url string
	result  result
}

// UnmarshalJSON implements [json.Unmarshaler].
func (d *documentResult) UnmarshalJSON(body []byte) error {
	*d = documentResult{}
	return json.Unmarshal(body, &exactMembers{"id": (*gateway.Text)(&d.id), "url": (*gateway.Text)(&d.url), "result": &d.result})
}

// documentIDs returns the ids of the documents that an element of the list may be about: its
// id, and the one in its URL if that is the gateway's. Two different ids are a contradiction.
func (t *Trident) documentIDs(d documentResult) []string {
	var ids []string
	if d.id != "" {
		ids = append(ids, d.id)
	}
	address, err := t.root.Parse(d.url)
	if err != nil || d.url == "" || !t.isOwn(address.String()) {
		return ids
	}
	if id := gateway.LastPathSegment(address.String()); id != "" && id != d.id {
		ids = append(ids, id)
	}
	return ids
}

// exactMembers maps the names of members of a JSON object to pointers, into which the members are
// decoded. Names must match exactly. The decoder of the standard library ignores case, but an
// outcome must not depend on a member that is not the protocol's.
type exactMembers map[string]any

// UnmarshalJSON implements [json.Unmarshaler].
func (e exactMembers) UnmarshalJSON(body []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil {
		return err
	}
	for name, target := range e {
		value, present := members[name]
		if !present {
			continue
		}
		if err := json.Unmarshal(value, target); err != nil {
			return err
		}
	}
	return nil
}

// outcomeForAll returns v for every request of a visit and each of its documents.
func outcomeForAll(visit request.Visit, v gateway.Outcome) map[request.ID]gateway.Outcome {
	all := map[request.ID]gateway.Outcome{}
	for id, ids := range visit.RemoteIDs {
		own := v
		for range ids.Documents {
			own.Documents = append(own.Documents, request.DocumentResult{Code: v.Code, Message: v.Message, Signed: v.Status == request.Signed})
		}
		all[id] = own
	}
	return all
}

// maxExtra is how many more documents than were sent a gateway may list for a process: it may list
// one twice, or a file that it made itself.
const maxExtra = 100

// askDocuments asks for the result of each document of a process whose code is failed_documents.
// message becomes the message of all outcomes.
func (t *Trident) askDocuments(ctx context.Context, visit request.Visit, message string) (map[request.ID]gateway.Outcome, error) {
	doing := request.Sentencef("doing_ask_documents", "ask which documents were signed")
	resp, body, err := t.do(ctx, http.MethodGet, t.processAddress(visit.ProcessID, "/documents"), doing)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, t.unexpected(ctx, resp, body, doing)
	}
	var documents []documentResult
	if err := t.call.DecodeJSON(resp, body, &exactMembers{"documents": &documents}, doing); err != nil {
		return nil, err
	}
	sent := 0
	for _, ids := range visit.RemoteIDs {
		sent += len(ids.Documents)
	}
	if len(documents) > sent+maxExtra {
		return nil, t.badAnswer(resp, doing, request.Sentencef("answer_more_documents", "it lists more documents than were sent (listed: %d, sent: %d)", len(documents), sent))
	}
	results := map[string]result{}
	for _, d := range documents {
		ids := t.documentIDs(d)
		for _, id := range ids {
			own := d.result
			if earlier, found := results[id]; len(ids) > 1 || found && earlier.code != own.code {
				own = result{} // a contradiction: treat the result as unknown
			}
			results[id] = own
		}
	}
	redact := t.redactor(ctx, resp)
	all := map[request.ID]gateway.Outcome{}
	for id, ids := range visit.RemoteIDs {
		v := gateway.Outcome{Code: failedDocuments, Message: message}
		var statuses []request.Status
		for _, document := range ids.Documents {
			r := results[document]
			status := statusOf(r.code)
			statuses = append(statuses, status)
			v.Documents = append(v.Documents, request.DocumentResult{
				Code: redact(r.code), Message: redact(r.message), Signed: status == request.Signed,
			})
		}
		v.Status = combinedStatus(statuses)
		all[id] = v
	}
	return all, nil
}

// combinedStatus returns the status of a request from those of its documents. It is Signing if
// there are no documents, or if one of them is Signing because its code is unknown.
func combinedStatus(documents []request.Status) request.Status {
	switch {
	case len(documents) == 0 || slices.Contains(documents, request.Signing):
		return request.Signing
	case len(slices.Compact(slices.Sorted(slices.Values(documents)))) == 1:
		return documents[0]
	case slices.Contains(documents, request.Signed):
		return request.Partial
	}
	return request.Failed // none was signed, for different reasons
}
