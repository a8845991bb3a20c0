package sandbox_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"countersign/core/sandbox"
)

type createdDocument struct{ ID, URL, Content, Name string }

// createDocument creates a document for a batch. Without signers, that part is left out.
func (r *rig) createDocument(token, signers string, data []byte) createdDocument {
	r.Helper()
	var d createdDocument
	a := r.want(201, r.sendDocument(token, signers, data))
	r.json(a, &d)
	if a.header.Get("Location") != d.URL {
		r.Fatalf("Location %q, url %q", a.header.Get("Location"), d.URL)
	}
	return d
}

func (r *rig) sendDocument(token, signers string, data []byte) answer {
	r.Helper()
	parts := []part{{"document", "acta.pdf", string(data)}}
	if signers != "" {
		parts = append([]part{{"signers", "", signers}}, parts...)
	}
	req := r.multipart("/trustedx-resources/esignsp/v2/documents", parts...)
	req.Header.Set("Authorization", "Bearer "+token)
	return r.do(req)
}

// sendBatch creates a process for documents. more is inserted into its JSON.
func (r *rig) sendBatch(token string, list []any, more string) answer {
	r.Helper()
	documents, err := json.Marshal(list)
	r.must(err)
	req := r.request("POST", "/trustedx-resources/esignsp/v2/signer_processes",
		strings.NewReader(`{"documents":`+string(documents)+`,"finish_callback_url":"`+callback+`"`+more+`}`))
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	return r.do(req)
}

func (r *rig) createBatch(token string, list []any, more string) processJSON {
	r.Helper()
	var p processJSON
	r.json(r.want(201, r.sendBatch(token, list, more)), &p)
	return p
}

func field(name string) string {
	return `{"signature_policy_id":"urn:safelayer:eidas:policies:sign:document:pdf","parameters":{"signature_field":{"name":"` + name + `"}}}`
}

func TestABatchIsSignedInOneGo(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	token, original := r.token(), samplePDF(t)
	own := r.createDocument(token, `[`+field("Own")+`]`, original)
	twice := r.createDocument(token, `[`+field("First")+`,`+field("Second")+`]`, original)
	plain := r.createDocument(token, "", original)
	if own.Name != "acta.pdf" || own.Content != own.URL+"/content" {
		t.Errorf("created %+v", own)
	}
	p := r.createBatch(token, []any{own.ID, map[string]string{"url": twice.URL}, map[string]string{"id": plain.ID}}, `,"signer":`+field("Common"))
	b := r.browser()
	b.toDocument(p, "server")
	if n := strings.Count(b.page, "<object"); n != 3 {
		t.Errorf("%d documents to look through", n)
	}
	b.shows("I have read all 3 documents")
	b.open("/trustedx-resources/esignsp/v2/ui/document/" + plain.ID)
	if b.status != 200 {
		t.Error("the signer cannot see a document")
	}
	b.open(p.Tasks.Pending[0].URL)
	b.press("continue", "read", "yes")
	b.press("sign", "pin", sandbox.SamplePIN)
	b.isBack(callback + "&signer_process_id=" + p.ID + "&status=finished")
	for d, want := range map[createdDocument][]string{own: {"Own"}, twice: {"First", "Second"}, plain: {"Common"}} {
		report := checkSigned(t, original, r.want(200, r.call(token, "GET", d.Content)).body, len(want))
		for _, name := range want {
			if !strings.Contains(report, name) {
				t.Errorf("the field %s is not there:\n%s", name, report)
			}
		}
	}

	r.want(204, r.call(token, "DELETE", p.Self))
	for _, d := range []createdDocument{own, twice, plain} {
		r.want(200, r.call(token, "GET", d.Content))
		r.want(204, r.call(token, "DELETE", d.URL))
		r.want(404, r.call(token, "GET", d.Content))
	}
}

func TestABatchOfWhichSomeFail(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	token, original := r.token(), samplePDF(t)
	first := r.createProcess(token, processPart(`,"signature_field":{"name":"Sign1"}`), original)
	r.browser().sign(first)
	signed := r.call(token, "GET", first.Documents[0].Content).body

	for name, c := range map[string]struct {
		documents [][]byte
		button    string
		message   string
	}{
		"field name in use": {[][]byte{original, signed}, "sign", "already in use"},
		"by request":        {[][]byte{original, original}, "fail-some", "asked to fail"},
	} {
		t.Run(name, func(t *testing.T) {
			var list []any
			for _, data := range c.documents {
				list = append(list, r.createDocument(token, `[`+field("Sign1")+`]`, data).ID)
			}
			p := r.createBatch(token, list, "")
			b := r.browser()
			b.toDocument(p, "server")
			b.press("continue", "read", "yes")
			b.press(c.button, "pin", "0000")
			b.shows("The PIN is wrong.")
			b.press(c.button, "pin", sandbox.SamplePIN)
			b.isBack(callback + "&signer_process_id=" + p.ID + "&status=failed_documents")
			if got := r.result(token, p); got.Status != "failed_documents" || !strings.Contains(got.Details.Message, "were not signed: 1 of 2") {
				t.Errorf("result %+v", got)
			}
			var after processJSON
			r.json(r.want(200, r.call(token, "GET", p.Self+"/documents")), &after)
			if got := after.Documents[0].Result; got.Status != "finished" || got.Details.Message != "" {
				t.Errorf("the first document: %+v", got)
			}
			if got := after.Documents[1].Result; got.Status != "failed" || !strings.Contains(got.Details.Message, c.message) {
				t.Errorf("the second document: %+v", got)
			}
			checkSigned(t, original, r.call(token, "GET", after.Documents[0].Content).body, 1)
			if got := r.call(token, "GET", after.Documents[1].Content).body; string(got) != string(c.documents[1]) {
				t.Error("the failed document was changed")
			}
		})
	}
}

func TestBatchesThatAreRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	token, original := r.token(), samplePDF(t)
	fresh := func() string { return r.createDocument(token, "", original).ID }
	used, deleted := fresh(), r.createDocument(token, "", original)
	r.createBatch(token, []any{used}, "")
	r.want(204, r.call(token, "DELETE", deleted.URL))
	single := r.createProcess(token, processPart(""), original)
	twice := fresh()
	var many []any
	for range 101 {
		many = append(many, "x")
	}
	for name, c := range map[string]struct {
		list []any
		want string
	}{
		"none":      {nil, "must list existing documents"},
		"unknown":   {[]any{fresh(), "unknown"}, "does not exist"},
		"deleted":   {[]any{deleted.ID}, "does not exist"},
		"used":      {[]any{used}, "already used"},
		"single":    {[]any{single.Documents[0].ID}, "process of one document"},
		"twice":     {[]any{twice, map[string]string{"id": twice}}, "listed twice"},
		"elsewhere": {[]any{"https://tx.example.test/trustedx-resources/esignsp/v2/documents/" + fresh()}, "not one of this gateway"},
		"number":    {[]any{7}, "each must be"},
		"too many":  {many, "at most 100"},
	} {
		t.Run(name, func(t *testing.T) {
			if a := r.want(400, r.sendBatch(token, c.list, "")); !strings.Contains(string(a.body), c.want) {
				t.Errorf("answer %s", a.body)
			}
		})
	}
	// A document of a refused batch can still be used.
	r.createBatch(token, []any{twice}, "")

	for signers, want := range map[string]string{`{}`: "not a JSON array", `[{"signature_policy_id":"x"}]`: "signature_policy_id", `[` + strings.Repeat(`{},`, 10) + `{}]`: "more than 10"} {
		if a := r.want(400, r.sendDocument(token, signers, original)); !strings.Contains(string(a.body), want) {
			t.Errorf("signers %s: %s", signers, a.body)
		}
	}
	r.want(400, r.sendDocument(token, "[]", []byte("text")))
	req := r.multipart("/trustedx-resources/esignsp/v2/signer_processes",
		part{"process", "", strings.Replace(processPart(""), "{", `{"documents":["a"],`, 1)}, part{"document", "a.pdf", string(original)})
	req.Header.Set("Authorization", "Bearer "+token)
	r.want(400, r.do(req))
}

func TestDocumentsThatNobodyUsesExpire(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	token, original := r.token(), samplePDF(t)
	used, waiting := r.createDocument(token, "", original), r.createDocument(token, "", original)
	r.createBatch(token, []any{used.ID}, "")
	r.clock.advance(24 * time.Hour)
	token = r.token()
	r.want(404, r.call(token, "GET", waiting.URL))
	r.want(400, r.sendBatch(token, []any{waiting.ID}, ""))
	r.createDocument(token, "", original) // deletes what has expired
	r.clock.advance(-23 * time.Hour)
	token = r.token()
	r.want(404, r.call(token, "GET", waiting.URL))
	r.want(200, r.call(token, "GET", used.URL))
}

func TestAProcessNeedsNoMoreThanACallback(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	token, original := r.token(), samplePDF(t)
	for _, process := range []string{
		`{"finish_callback_url":"` + callback + `"}`,
		`{"finished_callback_url":"` + callback + `","labels":[["nobody","has","these"]],"timestamp":{"provider_id":"urn:x"},"ui_locales":["ar"]}`,
	} {
		p := r.createProcess(token, process, original)
		b := r.browser()
		b.sign(p)
		b.isBack(callback + "&signer_process_id=" + p.ID + "&status=finished")
		checkSigned(t, original, r.call(token, "GET", p.Documents[0].Content).body, 1)
	}
}
