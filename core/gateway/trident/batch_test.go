package trident_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign/core/gateway"
	"countersign/core/gateway/trident"
	"countersign/core/request"
)

// batchSpec returns a visit for requests with the given numbers of documents. The bytes of each
// document end in its name.
func batchSpec(documents ...int) gateway.VisitSpec {
	its := gateway.VisitSpec{ReturnURL: returnURL, OpenDocument: func(d request.Document) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(document + d.Name)), nil
	}}
	for i, n := range documents {
		r := request.Request{ID: request.ID(fmt.Sprintf("r%d", i+1)), Title: "Lease"}
		for range n {
			name := fmt.Sprintf("%s-%d", r.ID, len(r.Documents))
			r.Documents = append(r.Documents, request.Document{Original: request.Original{Name: name, Size: int64(len(document) + len(name))}})
		}
		its.Requests = append(its.Requests, r)
	}
	return its
}

// stored is the answer of the double to an upload: the header Location and the body. ROOT in them
// stands for the URL of the double.
type stored struct{ location, body string }

// stores sets the answers to the uploads, one after the other.
func (d *double) stores(answers ...stored) {
	n := 0
	d.onDo("POST /documents", func(w http.ResponseWriter, _ *http.Request) {
		a := stored{body: fmt.Sprintf(`{"id":"d%d"}`, n+1)}
		if len(answers) > 0 {
			a = answers[n]
		}
		n++
		if a.location != "" {
			w.Header().Set("Location", strings.ReplaceAll(a.location, "ROOT", d.URL+"/trustedx-resources/esignsp/v2"))
		}
		w.WriteHeader(http.StatusCreated)
		io.WriteString(w, strings.ReplaceAll(a.body, "ROOT", d.URL+"/trustedx-resources/esignsp/v2"))
	})
}

// deletes sets the answer to the deletion of paths below the API's root.
func (d *double) deletes(status int, paths ...string) {
	for _, path := range paths {
		d.on("DELETE "+path, status, "")
	}
}

const batchAnswer = `{"id":"sp1","tasks":{"pending":[{"type":"UserBrowserTask","url":"ROOT/ui"}]}}`

func TestPrepareBatch(t *testing.T) {
	root := func(d *double, id string) string { return d.URL + "/trustedx-resources/esignsp/v2/documents/" + id }
	tests := map[string]struct {
		settings object
		answers  []stored
		member   string
		want     func(*double) any
		signer   bool
	}{
		"as objects, by themselves": {nil, nil, "documents", func(*double) any {
			return []any{object{"id": "d1"}, object{"id": "d2"}, object{"id": "d3"}}
		}, false},
		"as ids, elsewhere": {object{"batch_items": "ids", "batch_member": "stored_documents"}, nil, "stored_documents", func(*double) any {
			return []any{"d1", "d2", "d3"}
		}, false},
		"as urls: the gateway's own, or one that is made up": {
			object{"batch_items": "urls"},
			[]stored{{"", `{"id":"d/1"}`}, {"", `{"id":"d2","url":"https://behind.example/api/documents/d2"}`}, {"", `{"id":"d3","url":"ROOT/documents/other"}`}},
			"documents", func(d *double) any {
				return []any{root(d, "d%2F1"), "https://behind.example/api/documents/d2", root(d, "d3")}
			}, false,
		},
		"with the signer as well": {object{"batch_signer": true}, nil, "documents", func(*double) any {
			return []any{object{"id": "d1"}, object{"id": "d2"}, object{"id": "d3"}}
		}, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDouble(t)
			d.stores(test.answers...)
			d.on("POST /signer_processes", 201, batchAnswer)
			settings := object{"locale": "en_US", "reason": "I agree", "field_name": "Sig", "process_type": "none", "signature_type": "none"}
			for key, value := range test.settings {
				settings[key] = value
			}
			its := batchSpec(2, 1)
			its.Requests[1].Signature = &request.SignatureOptions{Reason: "mine", Field: "Exactly"}
			if _, err := d.open(trident.Kind, settings).Prepare(t.Context(), its); err != nil {
				t.Fatal(err)
			}
			want := object{"finish_callback_url": returnURL, "ui_locales": []any{"en_US"}, test.member: test.want(d)}
			definition := object{"signature_policy_id": policy["signature_policy_id"], "parameters": object{"reason": "I agree"}}
			if test.signer {
				want["signer"] = definition
				fieldOf(d.process["signer"])
			}
			if diff := cmp.Diff(want, d.process); diff != "" {
				t.Error(diff)
			}
			var fields []string
			for _, s := range d.signers {
				fields = append(fields, fieldOf(s))
			}
			for i, form := range []string{`Sig_[0-9a-f]{16}`, `Sig_[0-9a-f]{16}`, `Exactly`} {
				if !regexp.MustCompile(`^` + form + `$`).MatchString(fields[i]) {
					t.Errorf("the fields are %q", fields)
				}
			}
			if fields[0] == fields[1] {
				t.Errorf("the fields are %q", fields)
			}
			mine := object{"signature_policy_id": policy["signature_policy_id"], "parameters": object{"reason": "mine"}}
			if diff := cmp.Diff([]any{definition, definition, mine}, d.signers); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff([]string{document + "r1-0", document + "r1-1", document + "r2-0"}, d.bodies); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff([]string{"POST /documents", "POST /documents", "POST /documents", "POST /signer_processes"}, d.seen()); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("a document that has a field", func(t *testing.T) {
		d := newDouble(t)
		d.stores()
		d.on("POST /signer_processes", 201, batchAnswer)
		visit := batchSpec(2)
		visit.HasSignatureField = func(doc request.Document) bool { return doc.Name == visit.Requests[0].Documents[1].Name }
		if _, err := d.open(trident.Kind, nil).Prepare(t.Context(), visit); err != nil {
			t.Fatal(err)
		}
		if first, second := fieldOf(d.signers[0]), fieldOf(d.signers[1]); first != "" || !strings.HasPrefix(second, "Signature_") {
			t.Errorf("the fields are %q and %q", first, second)
		}
	})
	t.Run("a position for one of the documents", func(t *testing.T) {
		d := newDouble(t)
		d.stores()
		d.on("POST /signer_processes", 201, batchAnswer)
		visit := batchSpec(2)
		visit.Requests[0].Signature = &request.SignatureOptions{Reason: "mine", Page: "1"}
		visit.Requests[0].Positions = []request.SignaturePosition{{}, {Page: "last", Rectangle: &request.Rectangle{X: -1, Y: 2, Width: 3, Height: 4}}}
		if _, err := d.open(trident.Kind, object{"policy": "none", "signature_type": "none"}).Prepare(t.Context(), visit); err != nil {
			t.Fatal(err)
		}
		at := func(location object) object {
			return object{"parameters": object{"reason": "mine", "signature_field": object{"location": location}}}
		}
		want := []any{
			at(object{"page": object{"number": "1"}}),
			at(object{"page": object{"number": "last"}, "rectangle": object{"x": -1.0, "y": 2.0, "width": 3.0, "height": 4.0}}),
		}
		if diff := cmp.Diff(want, d.signers); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("nothing is sent", func(t *testing.T) {
		d := newDouble(t)
		d.stores()
		d.on("POST /signer_processes", 201, batchAnswer)
		if _, err := d.open(trident.Kind, object{"policy": "none", "process_type": "none", "signature_type": "none"}).Prepare(t.Context(), batchSpec(2)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]any{object{}, object{}}, d.signers); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(object{"finish_callback_url": returnURL, "documents": []any{object{"id": "d1"}, object{"id": "d2"}}}, d.process); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string(nil), d.parts); diff != "" {
			t.Error(diff)
		}
	})
}

func TestPrepareBatchReadsAllFormsOfAnswers(t *testing.T) {
	const pending = `"tasks":{"pending":[{"type":"UserBrowserTask","url":"ROOT/ui"}]}`
	at := func(d *double, path string) string { return d.URL + "/trustedx-resources/esignsp/v2/documents/" + path }
	tests := map[string]struct {
		answers []stored
		process string
		ids     []string
		content func(*double) []string
		notes   []string
	}{
		"ids in the body, no list": {
			[]stored{{"", `{"id":"a"}`}, {"ROOT/documents/b", `{"id":"b","more":1}`}},
			`{"id":"sp1",` + pending + `}`,
			[]string{"a", "b"},
			nil, nil,
		},
		"locations alone": {
			[]stored{{"ROOT/documents/a%2Fb", ``}, {"/documents/c/", " \n"}},
			`{"id":"sp1",` + pending + `,"documents":null}`,
			[]string{"a/b", "c"},
			nil, nil,
		},
		"urls alone": {
			[]stored{{"", `{"url":"ROOT/documents/a%3F"}`}, {"", `{"url":"ROOT/documents/b"}`}},
			`{"id":"sp1",` + pending + `,"documents":[]}`,
			[]string{"a?", "b"},
			func(d *double) []string { return []string{at(d, "a%3F/content"), at(d, "b/content")} }, nil,
		},
		"a body without a name, and a location": {
			[]stored{{"ROOT/documents/a", `{}`}, {"ROOT/documents/b", `null`}}, `{"id":"sp1",` + pending + `}`, []string{"a", "b"}, nil, nil,
		},
		"the body counts where the location disagrees": {
			[]stored{{"ROOT/documents/x", `{"id":"a"}`}, {"ROOT/documents/y", `{"id":"b"}`}},
			`{"id":"sp1",` + pending + `}`,
			[]string{"a", "b"},
			nil,
			[]string{"the gateway's Location header and its answer name different documents; the answer is used"},
		},
		"a list in another order, in both shapes": {
			[]stored{{"", `{"id":"a"}`}, {"", `{"id":"b","content":"ROOT/documents/b/old"}`}},
			`{"id":"sp1",` + pending + `,"documents":[{"id":"b","content":"ROOT/trustedx-resources/esignsp/v2/documents/b/here"},{"url":"ROOT/trustedx-resources/esignsp/v2/documents/a"}]}`,
			[]string{"a", "b"},
			func(d *double) []string { return []string{at(d, "a/content"), at(d, "b/here")} }, nil,
		},
		"a list of other documents": {
			[]stored{{"", `{"id":"a"}`}, {"", `{"id":"b"}`}},
			`{"id":"sp1",` + pending + `,"documents":[{"id":"a"},{"id":"x","content":"ROOT/x"}]}`,
			[]string{"a", "b"},
			nil,
			[]string{"the gateway's process lists other documents than were uploaded; those that were uploaded are used"},
		},
		"a list that is too short": {
			[]stored{{"", `{"id":"a"}`}, {"", `{"id":"b"}`}},
			`{"id":"sp1",` + pending + `,"documents":[{"id":"b"}]}`,
			[]string{"a", "b"},
			nil,
			[]string{"the gateway's process lists other documents than were uploaded; those that were uploaded are used"},
		},
		"a list that is none": {
			[]stored{{"", `{"id":"a"}`}, {"", `{"id":"b"}`}},
			`{"id":"sp1",` + pending + `,"documents":{"a":1}}`,
			[]string{"a", "b"},
			nil,
			[]string{"the gateway's process lists other documents than were uploaded; those that were uploaded are used"},
		},
		"a list that is too long": {
			[]stored{{"", `{"id":"a"}`}, {"", `{"id":"b"}`}},
			`{"id":"sp1",` + pending + `,"documents":[{"id":"b"},{"id":"x"},{"id":"a"}]}`,
			[]string{"a", "b"},
			nil,
			[]string{"the gateway's process lists other documents than were uploaded; those that were uploaded are used"},
		},
		"a list that cannot be read": {
			[]stored{{"", `{"id":"a"}`}, {"", `{"id":"b"}`}},
			`{"id":"sp1",` + pending + `,"documents":["a","b"]}`,
			[]string{"a", "b"},
			nil,
			[]string{"the gateway's process lists other documents than were uploaded; those that were uploaded are used"},
		},
		"contents elsewhere are left alone": {
			[]stored{{"", `{"id":"a","content":"https://files.example/a"}`}, {"", `{"id":"b","url":"https://files.example/b"}`}},
			`{"id":"sp1",` + pending + `}`,
			[]string{"a", "b"},
			nil,
			[]string{"the gateway names an address of another server for the signed document; it is fetched from the gateway itself"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDouble(t)
			d.stores(test.answers...)
			d.on("POST /signer_processes", 201, test.process)
			got, err := d.open(trident.Kind, nil).Prepare(t.Context(), batchSpec(2))
			if err != nil {
				t.Fatal(err)
			}
			contents := []string{"", ""}
			if test.content != nil {
				contents = test.content(d)
			}
			var notes []string
			for _, n := range got.Notes {
				if notes = append(notes, n.Text); n.Cause.Code == "" {
					t.Errorf("the note has no code: %q", n.Text)
				}
			}
			if !slices.Equal(notes, test.notes) {
				t.Errorf("got the notes %q, want %q", notes, test.notes)
			}
			got.Notes = nil
			want := gateway.PreparedVisit{URL: d.URL + "/ui", ProcessID: "sp1", RemoteIDs: map[request.ID]request.RemoteIDs{
				"r1": {Request: "sp1", Documents: test.ids, ContentURLs: contents},
			}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEveryRequestOfABatchHasItsOwnDocuments(t *testing.T) {
	d := newDouble(t)
	d.stores()
	d.on("POST /signer_processes", 201, batchAnswer)
	got, err := d.open(trident.Kind, nil).Prepare(t.Context(), batchSpec(1, 2, 1))
	if err != nil {
		t.Fatal(err)
	}
	want := map[request.ID]request.RemoteIDs{
		"r1": {Request: "sp1", Documents: []string{"d1"}, ContentURLs: []string{""}},
		"r2": {Request: "sp1", Documents: []string{"d2", "d3"}, ContentURLs: []string{"", ""}},
		"r3": {Request: "sp1", Documents: []string{"d4"}, ContentURLs: []string{""}},
	}
	if diff := cmp.Diff(want, got.RemoteIDs); diff != "" {
		t.Error(diff)
	}
}

func TestAFailedBatchIsDeleted(t *testing.T) {
	elsewhere := bystander(t)
	one := stored{"", `{"id":"d 1"}`}
	tests := map[string]struct {
		answers []stored
		refuse  int // status of the answer to the next call
		process string
		status  int
		fault   gateway.Fault
		deleted []string
	}{
		"the first is refused":                   {nil, 413, "", 0, gateway.Refused, nil},
		"the second is refused":                  {[]stored{one}, 400, "", 0, gateway.Refused, []string{"/documents/d%201"}},
		"the second is sent elsewhere":           {[]stored{one}, 307, "", 0, gateway.BadAnswer, []string{"/documents/d%201"}},
		"the second says yes in another way":     {[]stored{one}, 200, "", 0, gateway.BadAnswer, []string{"/documents/d%201"}},
		"the second has no name":                 {[]stored{one, {"", `{}`}}, 0, "", 0, gateway.BadAnswer, []string{"/documents/d%201"}},
		"the second's name leads elsewhere":      {[]stored{one, {"", `{"id":".."}`}}, 0, "", 0, gateway.BadAnswer, []string{"/documents/d%201"}},
		"the second's location leads elsewhere":  {[]stored{one, {"ROOT/documents/%2E%2E", ``}}, 0, "", 0, gateway.BadAnswer, []string{"/documents/d%201"}},
		"the second's name is a dot":             {[]stored{one, {"ROOT/documents/d2", `{"id":"."}`}}, 0, "", 0, gateway.BadAnswer, []string{"/documents/d%201", "/documents/d2"}},
		"the second is a page":                   {[]stored{one, {"ROOT/documents/d2", `<html>`}}, 0, "", 0, gateway.BadAnswer, []string{"/documents/d%201", "/documents/d2"}},
		"both have one name":                     {[]stored{one, one}, 0, "", 0, gateway.BadAnswer, []string{"/documents/d%201", "/documents/d%201"}},
		"the process is refused":                 {[]stored{one, {"", `{"id":"d2"}`}}, 0, `{"error":"no"}`, 400, gateway.Refused, []string{"/documents/d%201", "/documents/d2"}},
		"the process is a page":                  {[]stored{one, {"", `{"id":"d2"}`}}, 0, `<html>`, 201, gateway.BadAnswer, []string{"/documents/d%201", "/documents/d2"}},
		"the process has no task":                {[]stored{one, {"", `{"id":"d2"}`}}, 0, `{"id":"sp1"}`, 201, gateway.BadAnswer, []string{"/signer_processes/sp1", "/documents/d%201", "/documents/d2"}},
		"the process's task is not for browsers": {[]stored{one, {"", `{"id":"d2"}`}}, 0, strings.Replace(batchAnswer, "ROOT", "javascript:", 1), 201, gateway.BadAnswer, []string{"/signer_processes/sp1", "/documents/d%201", "/documents/d2"}},
		"the process's name leads elsewhere":     {[]stored{one, {"", `{"id":"d2"}`}}, 0, strings.Replace(batchAnswer, "sp1", "..", 1), 201, gateway.BadAnswer, []string{"/documents/d%201", "/documents/d2"}},
	}
	for name, test := range tests {
		for _, deletion := range []int{204, 500} {
			t.Run(fmt.Sprint(name, ", deleting: ", deletion), func(t *testing.T) {
				d := newDouble(t)
				d.stores(test.answers...)
				if answer, n := d.answer["POST /trustedx-resources/esignsp/v2/documents"], 0; test.refuse != 0 {
					d.onDo("POST /documents", func(w http.ResponseWriter, r *http.Request) {
						if n++; n <= len(test.answers) {
							answer(w, r)
							return
						}
						w.Header().Set("Location", elsewhere+"/documents")
						w.WriteHeader(test.refuse)
						io.WriteString(w, `{"id":"d2"}`+r.Header.Get("Authorization"))
					})
				}
				d.on("POST /signer_processes", test.status, test.process)
				d.on("GET /signer_processes/sp1", 200, test.process) // is asked for a task
				d.deletes(deletion, test.deleted...)
				got, err := d.open(trident.Kind, nil).Prepare(t.Context(), batchSpec(2))
				if faultOf(err) != test.fault || !cmp.Equal(got, gateway.PreparedVisit{}) {
					t.Fatalf("got %v, %v", got, err)
				}
				if told := strings.Contains(err.Error(), "could not be deleted"); told != (deletion == 500 && len(test.deleted) > 0) {
					t.Errorf("got %v", err)
				}
				var deleted []string
				for _, call := range d.seen() {
					if path, ok := strings.CutPrefix(call, "DELETE "); ok {
						deleted = append(deleted, path)
					}
				}
				if diff := cmp.Diff(test.deleted, deleted); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

func TestACanceledBatchIsDeleted(t *testing.T) {
	d := newDouble(t)
	d.stores()
	d.deletes(204, "/documents/d1")
	ctx, cancel := context.WithCancel(t.Context())
	its := batchSpec(2)
	open := its.OpenDocument
	its.OpenDocument = func(doc request.Document) (io.ReadCloser, error) {
		if doc.Name == "r1-1" {
			cancel()
		}
		return open(doc)
	}
	if _, err := d.open(trident.Kind, nil).Prepare(ctx, its); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if calls := d.seen(); calls[len(calls)-1] != "DELETE /documents/d1" {
		t.Errorf("calls: %v", calls)
	}
}

func TestABatchWithAFileThatCannotBeOpenedFails(t *testing.T) {
	d := newDouble(t)
	d.stores()
	d.deletes(204, "/documents/d1")
	its := batchSpec(1, 1)
	open := its.OpenDocument
	its.OpenDocument = func(doc request.Document) (io.ReadCloser, error) {
		if doc.Name == "r2-0" {
			return nil, io.ErrUnexpectedEOF
		}
		return open(doc)
	}
	if _, err := d.open(trident.Kind, nil).Prepare(t.Context(), its); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v", err)
	}
	if diff := cmp.Diff([]string{"POST /documents", "DELETE /documents/d1"}, d.seen()); diff != "" {
		t.Error(diff)
	}
}

func TestPrepareRefusesBeforeTheFirstCall(t *testing.T) {
	tests := map[string]struct {
		spec gateway.VisitSpec
		say  string
	}{
		"too many documents":             {batchSpec(2, 2), "so many documents in one visit (limit: 3, chosen: 4)"},
		"no request":                     {batchSpec(), "nothing to sign"},
		"a request without a document":   {batchSpec(1, 0), "has no document to sign"},
		"one, and it is without as well": {batchSpec(0), "has no document to sign"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDouble(t)
			_, err := d.open(trident.Kind, object{"batch_limit": 3}).Prepare(t.Context(), test.spec)
			if err == nil || !strings.Contains(err.Error(), test.say) || len(d.seen()) != 0 || d.tokens != 0 {
				t.Errorf("got %v", err)
			}
		})
	}
}

// The gateway may list the documents in any order.
func TestEveryRequestOfABatchHasItsOwnOutcome(t *testing.T) {
	its := request.Visit{ID: "t", ProcessID: "sp1", Requests: []request.ID{"r1", "r2", "r3", "r4"}, RemoteIDs: map[request.ID]request.RemoteIDs{
		"r1": {Request: "sp1", Documents: []string{"d1"}},
		"r2": {Request: "sp1", Documents: []string{"d2", "d3"}},
		"r3": {Request: "sp1", Documents: []string{"d/4"}},
		"r4": {Request: "sp1", Documents: []string{"d5"}},
	}}
	d := newDouble(t)
	d.on("GET /signer_processes/sp1/result", 200, `{"status":"failed_documents"}`)
	d.on("GET /signer_processes/sp1/documents", 200, `{"documents":[
		{"id":"other","result":{"status":"finished"}},
		{"url":"ROOT/documents/d%2F4","result":{"status":"failed","details":{"message":"field name in use"}}},
		{"id":"d3","result":{"status":"canceled"}},
		{"id":"d2","result":{"status":"finished"}},
		{"id":"d1","result":{"status":"finished","details":"odd"}}]}`)
	g := d.open(trident.Kind, nil)
	got, err := g.Ask(t.Context(), its)
	if err != nil {
		t.Fatal(err)
	}
	partly := func(s request.Status, documents ...request.DocumentResult) gateway.Outcome {
		return gateway.Outcome{Status: s, Code: "failed_documents", Documents: documents}
	}
	want := map[request.ID]gateway.Outcome{
		"r1": partly(request.Signed, request.DocumentResult{Code: "finished", Signed: true}),
		"r2": partly(request.Partial, request.DocumentResult{Code: "finished", Signed: true}, request.DocumentResult{Code: "canceled"}),
		"r3": partly(request.Failed, request.DocumentResult{Code: "failed", Message: "field name in use"}),
		"r4": partly(request.Signing, request.DocumentResult{}),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}

	d.on("GET /signer_processes/sp1/result", 200, `{"status":"finished"}`)
	got, err = g.Ask(t.Context(), its)
	if err != nil || len(got) != 4 || len(got["r2"].Documents) != 2 || got["r4"].Status != request.Signed {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestDiscardDeletesAllDocumentsOfABatch(t *testing.T) {
	its := request.Visit{ProcessID: "sp/1", RemoteIDs: map[request.ID]request.RemoteIDs{
		"r1": {Documents: []string{"d1", "d2"}}, "r2": {Documents: []string{"d3"}},
	}}
	all := []string{"DELETE /signer_processes/sp%2F1", "DELETE /documents/d1", "DELETE /documents/d2", "DELETE /documents/d3"}
	d := newDouble(t)
	d.deletes(405, "/signer_processes/sp%2F1", "/documents/d2")
	d.deletes(503, "/documents/d1")
	d.deletes(204, "/documents/d3")
	err := d.open(trident.Kind, nil).Discard(t.Context(), its)
	if diff := cmp.Diff(all, d.seen()); diff != "" {
		t.Error(diff)
	}
	// Failures that may succeed later come first.
	if faultOf(err) != gateway.ServerError || strings.Count(err.Error(), "405") != 1 || strings.Count(err.Error(), "503") != 1 || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v", err)
	}

	d = newDouble(t)
	d.deletes(404, "/signer_processes/sp%2F1", "/documents/d3")
	d.deletes(410, "/documents/d1", "/documents/d2")
	if err := d.open(trident.Kind, nil).Discard(t.Context(), its); err != nil {
		t.Errorf("got %v", err)
	}

	// Without a connection it stops at the first call.
	d = newDouble(t)
	d.onDo("DELETE /signer_processes/sp%2F1", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	if err := d.open(trident.Kind, nil).Discard(t.Context(), its); faultOf(err) != gateway.Unreachable {
		t.Errorf("got %v", err)
	}
	for _, call := range d.seen() {
		if call != all[0] {
			t.Errorf("calls: %v", d.seen())
		}
	}
}
