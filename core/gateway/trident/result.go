package trident

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"sync"

	"countersign/core/gateway"
	"countersign/core/request"
)

// verdicts are the words of results, for processes and for documents (vendor page
// "Obtain the Result of a Document Signature Process").
var verdicts = map[string]request.Status{
	"finished": request.Signed,
	"failed":   request.Failed,
	"canceled": request.Canceled,
}

const failedDocuments = "failed_documents"

// result is how processes and documents report their outcome.
type result struct{ status, message string }

// UnmarshalJSON takes the members by their exact names. The message is a courtesy: an odd
// one is left out.
func (r *result) UnmarshalJSON(body []byte) error {
	*r = result{}
	var details json.RawMessage
	if err := json.Unmarshal(body, &exactly{"status": &r.status, "details": &details}); err != nil {
		return err
	}
	var courtesy struct{ Message any }
	if json.Unmarshal(details, &courtesy) == nil {
		r.message, _ = courtesy.Message.(string)
	}
	return nil
}

// Ask implements [gateway.Gateway]. On the result, and only there, 404 means "not
// finished" and 410 "does not exist".
func (t *Trident) Ask(ctx context.Context, visit request.Visit) (map[request.ID]gateway.Verdict, error) {
	const doing = "ask for the outcome"
	resp, body, err := t.do(ctx, http.MethodGet, t.processAddress(visit.ProcessID, "/result"), doing)
	if err != nil {
		return nil, err
	}
	var res result
	switch resp.StatusCode {
	case http.StatusNotFound:
		return nil, nil
	case http.StatusGone:
		return verdictForAll(visit, gateway.Verdict{Status: request.Gone, Word: "gone", Message: t.says(ctx, resp, body)}), nil
	case http.StatusOK:
		if err := t.call.DecodeJSON(resp, body, &res, doing); err != nil {
			return nil, err
		}
	default:
		return nil, t.unexpected(ctx, resp, body, doing)
	}
	clean := t.cleaner(ctx, resp)
	word, message := clean(res.status), clean(res.message)
	if word == "" {
		return nil, t.nonsense(resp, doing, "it tells no status")
	}
	if res.status == failedDocuments {
		return t.askDocuments(ctx, visit, message)
	}
	return verdictForAll(visit, gateway.Verdict{Status: statusOf(res.status), Word: word, Message: message}), nil
}

func statusOf(word string) request.Status {
	if status, known := verdicts[word]; known {
		return status
	}
	return request.Signing
}

// says is what an answer that is no success says of itself; nothing where the secret cannot
// be had that must not be in it.
func (t *Trident) says(ctx context.Context, resp *http.Response, body []byte) string {
	if gateway.Says(resp, body) == "" {
		return ""
	}
	secrets, err := t.secrets(ctx)
	if err != nil {
		return ""
	}
	return gateway.Says(resp, body, secrets...)
}

// cleaner gives what makes a text of an answer safe to keep: bounded, and without our
// credentials, should the gateway repeat them. The secret is only asked for when there is a
// text that could hold it; where it cannot be had, such a text is left out, since an outcome
// must not wait for a keyring.
func (t *Trident) cleaner(ctx context.Context, resp *http.Response) func(string) string {
	find := sync.OnceValues(func() ([]string, error) { return t.secrets(ctx) })
	return func(text string) string {
		if _, known := verdicts[text]; known || text == "" || text == failedDocuments {
			return text
		}
		secrets, err := find()
		if err != nil {
			return ""
		}
		return gateway.Bounded(gateway.WithoutCredentials(resp, text, secrets...))
	}
}

// judged is a document in the list of a process, with its result.
type judged struct {
	id, url string
	result  result
}

// UnmarshalJSON takes the members by their exact names.
func (j *judged) UnmarshalJSON(body []byte) error {
	*j = judged{}
	return json.Unmarshal(body, &exactly{"id": &j.id, "url": &j.url, "result": &j.result})
}

// namesOf are the documents that an element of the list may be about: by its id, and by its
// url, which counts only at the gateway itself. More than one is a contradiction.
func (t *Trident) namesOf(d judged) []string {
	var names []string
	if d.id != "" {
		names = append(names, d.id)
	}
	address, err := t.root.Parse(d.url)
	if err != nil || d.url == "" || !t.ours(address.String()) {
		return names
	}
	if name := gateway.LastSegment(address.String()); name != "" && name != d.id {
		names = append(names, name)
	}
	return names
}

// exactly reads the members of a JSON object that have just these names, which the standard
// decoder does not: what an outcome hangs on has to be what the protocol says.
type exactly map[string]any

func (e exactly) UnmarshalJSON(body []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil {
		return err
	}
	for name, target := range e {
		value, there := members[name]
		if !there {
			continue
		}
		if err := json.Unmarshal(value, target); err != nil {
			return err
		}
	}
	return nil
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
	resp, body, err := t.do(ctx, http.MethodGet, t.processAddress(visit.ProcessID, "/documents"), doing)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, t.unexpected(ctx, resp, body, doing)
	}
	var documents []judged
	if err := t.call.DecodeJSON(resp, body, &exactly{"documents": &documents}, doing); err != nil {
		return nil, err
	}
	results := map[string]result{}
	for _, d := range documents {
		names := t.namesOf(d)
		for _, name := range names {
			told := d.result
			if earlier, twice := results[name]; len(names) > 1 || twice && earlier.status != told.status {
				told = result{} // which of them is true is not known
			}
			results[name] = told
		}
	}
	clean := t.cleaner(ctx, resp)
	all := map[request.ID]gateway.Verdict{}
	for id, session := range visit.Sessions {
		v := gateway.Verdict{Word: failedDocuments, Message: message}
		var statuses []request.Status
		for _, document := range session.Documents {
			r := results[document]
			status := statusOf(r.status)
			statuses = append(statuses, status)
			v.Documents = append(v.Documents, request.DocumentResult{
				Word: clean(r.status), Message: clean(r.message), Signed: status == request.Signed,
			})
		}
		v.Status = together(statuses)
		all[id] = v
	}
	return all, nil
}

// together is the status of a request whose documents fared differently. It stays open
// while something is not known of one of them.
func together(documents []request.Status) request.Status {
	switch {
	case len(documents) == 0 || slices.Contains(documents, request.Signing):
		return request.Signing
	case len(slices.Compact(slices.Sorted(slices.Values(documents)))) == 1:
		return documents[0]
	case slices.Contains(documents, request.Signed):
		return request.Partial
	}
	return request.Failed // for different reasons
}
