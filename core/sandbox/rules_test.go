package sandbox_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/textproto"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"countersign/core/sandbox"
)

// setRules sets rules by the API and returns the response.
func (r *rig) setRules(names ...string) answer {
	r.Helper()
	body, err := json.Marshal(map[string]any{"rules": names})
	r.must(err)
	return r.service(r.request("PUT", "/practice/rules", strings.NewReader(string(body))))
}

func (r *rig) mustSetRules(names ...string) {
	r.Helper()
	r.want(200, r.setRules(names...))
}

// rules returns the names of the rules that are set.
func (r *rig) rules() []string {
	r.Helper()
	var body struct{ Rules []string }
	r.json(r.want(200, r.service(r.request("GET", "/practice/rules", nil))), &body)
	return body.Rules
}

// create sends a request that creates a process for one document.
func (r *rig) create(token, process string, document []byte, more ...part) answer {
	r.Helper()
	parts := append([]part{{"process", "", process}, {"document", "contract.pdf", string(document)}}, more...)
	req := r.multipart("/trustedx-resources/esignsp/v2/signer_processes", parts...)
	req.Header.Set("Authorization", "Bearer "+token)
	return r.do(req)
}

// refused fails the test unless the response is a refusal with an error that names the member.
func (r *rig) refused(a answer, member string) {
	r.Helper()
	var body struct {
		Code        string `json:"error"`
		Description string `json:"error_description"`
	}
	r.json(r.want(400, a), &body)
	if body.Code != "invalid_request" || !strings.HasPrefix(body.Description, `"`+member+`": `) {
		r.Fatalf("%+v does not name %s", body, member)
	}
}

// processWith returns the JSON of a process from its members, and a return address.
func processWith(members string) string {
	return strings.ReplaceAll(`{`+members+`,"finish_callback_url":"`+callback+`"}`, "{,", "{")
}

const (
	processType = `"process_type":"urn:safelayer:eidas:processes:document:sign:esigp"`
	policy      = `"signature_policy_id":"urn:safelayer:eidas:policies:sign:document:pdf"`
)

func TestRulesThatRefuseAtTrident(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	token := r.token()
	signedFile := func() []byte {
		p := r.createProcess(token, processPart(`,"signature_field":{"name":"Sig1"}`), samplePDF(t))
		r.browser().sign(p)
		return r.want(200, r.call(token, "GET", p.Documents[0].Content)).body
	}()
	for name, c := range map[string]struct {
		rule, refused, member, accepted string
		document                        []byte
	}{
		"process type":       {"needs-process-type", `"labels":[["a"]]`, "process_type", processType, nil},
		"labels":             {"needs-labels", `"labels":[]`, "labels", `"labels":[["a"]]`, nil},
		"policy":             {"needs-policy", `"signer":{"parameters":{"type":"pdf"}}`, "signer.signature_policy_id", `"signer":{` + policy + `}`, nil},
		"type of signature":  {"needs-signature-type", `"signer":{` + policy + `}`, "signer.parameters.type", `"signer":{"parameters":{"type":"pdf"}}`, nil},
		"no signer":          {"needs-signature-type", ``, "signer.parameters.type", `"signer":{"parameters":{"type":"pdf"}}`, nil},
		"field used":         {"unique-fields", `"signer":{"parameters":{"signature_field":{"name":"Sig1"}}}`, "signer.parameters.signature_field.name", `"signer":{"parameters":{"signature_field":{"name":"Sig2"}}}`, signedFile},
		"field without name": {"unique-fields", ``, "signer.parameters.signature_field.name", `"signer":{"parameters":{"signature_field":{"name":"Sig2"}}}`, signedFile},
		"unknown member":     {"known-members", `"deadline":1`, "deadline", `"ui_locales":["es"],"timestamp":{"provider_id":"x"}`, nil},
		"unknown below":      {"known-members", `"signer":{"parameters":{"typ":"pdf"}}`, "signer.parameters.typ", `"signer":{"parameters":{"commitments":[{"oid":[{}]}]}}`, nil},
		"value for object":   {"known-members", `"views":{"document_agreement":{"document_info":{"x":{}}}}`, "views.document_agreement.document_info.x", `"views":{"document_agreement":{"document_info":{"html_body_content":""}}}`, nil},
		"in a list":          {"known-members", `"signer":{"parameters":{"signature_field":{"appearance":{"signature_details":{"details":[{"type":"date"},{"kind":"x"}]}}}}}`, "signer.parameters.signature_field.appearance.signature_details.details.kind", `"labels":[["a"]]`, nil},
		"member twice":       {"known-members", `"labels":[["a"]],"labels":[["b"]]`, "labels", `"labels":[["a"],["b"]]`, nil},
		"newer process type": {"old-process-type", processType, "process_type", `"process_type":"urn:safelayer:eidas:processes:sign:esigp"`, nil},
		"newer callback":     {"old-names", ``, "finish_callback_url", ``, nil},
	} {
		document := c.document
		if document == nil {
			document = samplePDF(t)
		}
		r.mustSetRules()
		r.want(201, r.create(token, processWith(c.refused), document))
		r.mustSetRules(c.rule)
		r.refused(r.create(token, processWith(c.refused), document), c.member)
		accepted := processWith(c.accepted)
		if c.rule == "old-names" {
			r.refused(r.create(token, `{"labels":[]}`, document), "finished_callback_url")
			accepted = strings.ReplaceAll(accepted, "finish_", "finished_")
		}
		if a := r.create(token, accepted, document); a.status != 201 {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	r.mustSetRules("known-members")
	r.refused(r.create(token, processWith(""), samplePDF(t), part{"extra", "", "x"}), "extra")
}

func TestPartsNeedTheirTypes(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	token := r.token()
	send := func(path, name, kind, content, documentType string) answer {
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		for _, p := range []struct{ name, kind, content string }{{name, kind, content}, {"document", documentType, string(samplePDF(t))}} {
			header := textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf("form-data; name=%q; filename=x", p.name)}}
			if p.kind != "" {
				header.Set("Content-Type", p.kind)
			}
			w, err := form.CreatePart(header)
			r.must(err)
			_, err = w.Write([]byte(p.content))
			r.must(err)
		}
		r.must(form.Close())
		req := r.request("POST", "/trustedx-resources/esignsp/v2"+path, &body)
		req.Header.Set("Content-Type", form.FormDataContentType())
		req.Header.Set("Authorization", "Bearer "+token)
		return r.do(req)
	}
	const js, pdf = "application/json", "application/pdf"
	r.want(201, send("/signer_processes", "process", "", processWith(""), ""))
	r.mustSetRules("needs-part-types")
	r.refused(send("/signer_processes", "process", "", processWith(""), pdf), "process")
	r.refused(send("/signer_processes", "process", "text/plain", processWith(""), pdf), "process")
	r.refused(send("/signer_processes", "process", js, processWith(""), "application/octet-stream"), "document")
	r.want(201, send("/signer_processes", "process", js+"; charset=utf-8", processWith(""), pdf))
	r.refused(send("/documents", "signers", "", "[]", pdf), "signers")
	r.refused(send("/documents", "signers", js, "[]", ""), "document")
	r.want(201, send("/documents", "signers", js, "[]", pdf))
}

func TestRulesAreAboutBatchesToo(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	token := r.token()
	r.mustSetRules("needs-policy", "unique-fields", "known-members", "needs-process-type")
	r.refused(r.sendDocument(token, `[{"parameters":{}}]`, samplePDF(t)), "signers.signature_policy_id")
	r.refused(r.sendDocument(token, `[{`+policy+`,"x":1}]`, samplePDF(t)), "x")
	r.refused(r.sendDocument(token, `[`+field("Sig1")+`,`+field("Sig1")+`]`, samplePDF(t)), "signers.parameters.signature_field.name")
	d := r.createDocument(token, `[`+field("Sig1")+`,`+field("Sig2")+`]`, samplePDF(t))
	r.refused(r.sendBatch(token, []any{d.ID}, ""), "process_type")
	r.refused(r.sendBatch(token, []any{map[string]string{"id": d.ID, "name": "x"}}, `,`+processType), "documents.name")
	r.createBatch(token, []any{map[string]string{"id": d.ID}}, `,`+processType)
}

func TestRulesThatChangeAnswers(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	token := r.token()
	r.mustSetRules("location-only", "relative-location")
	a := r.want(201, r.create(token, processWith(""), samplePDF(t)))
	path := "/trustedx-resources/esignsp/v2/signer_processes/"
	location := a.header.Get("Location")
	if len(a.body) != 0 || a.header.Get("Content-Type") != "" || !strings.HasPrefix(location, path) {
		t.Fatalf("%v %q", a.header, a.body)
	}
	var p processJSON
	r.json(r.want(200, r.call(token, "GET", location)), &p)
	if p.ID != strings.TrimPrefix(location, path) || len(p.Documents) != 1 || p.Tasks == nil {
		t.Errorf("%+v", p)
	}
	if a := r.want(201, r.sendDocument(token, "", samplePDF(t))); len(a.body) != 0 || !strings.HasPrefix(a.header.Get("Location"), "/trustedx-resources/esignsp/v2/documents/") {
		t.Errorf("%v %q", a.header, a.body)
	}
	if a := r.want(303, r.service(r.multipart("/portasigma/v1/docs/", part{"file", "acta.pdf", string(samplePDF(t))}))); a.header.Get("Location") != "/portasigma/v1/docs/1/" {
		t.Errorf("%v", a.header)
	}

	r.mustMisbehave("next-trident", "foreign-content", 1) // has no body to change
	r.mustSetRules("location-only")
	if a := r.want(201, r.create(token, processWith(""), samplePDF(t))); len(a.body) != 0 || !strings.HasPrefix(a.header.Get("Location"), r.root+path) {
		t.Errorf("%v %q", a.header, a.body)
	}

	r.mustSetRules("other-errors", "needs-labels")
	var body struct {
		Status int
		Errors []struct{ Reference, Text string }
	}
	r.json(r.want(400, r.create(token, processWith(""), samplePDF(t))), &body)
	if body.Status != 400 || len(body.Errors) != 1 || body.Errors[0].Reference != "invalid_request" || !strings.Contains(body.Errors[0].Text, `"labels"`) {
		t.Errorf("%+v", body)
	}
	page := r.want(400, r.service(r.multipart("/portasigma/v1/docs/", part{"data", "acta.pdf", "x"})))
	if !strings.HasPrefix(page.header.Get("Content-Type"), "application/xhtml+xml") || !strings.HasPrefix(string(page.body), "<?xml ") || !strings.Contains(string(page.body), "the part &#34;file&#34; is missing") {
		t.Errorf("%v %s", page.header, page.body)
	}
}

func TestRulesAtPortaSigma(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	upload := func(parts ...part) answer {
		return r.service(r.multipart("/portasigma/v1/docs/", parts...))
	}
	pdf := string(samplePDF(t))
	r.mustSetRules("other-parts")
	r.refused(upload(part{"file", "acta.pdf", pdf}), "file")
	r.refused(upload(part{"document", "acta.pdf", pdf}, part{"title", "", "Acta"}), "title")
	r.want(400, upload(part{"name", "", "Acta"}))
	address := r.want(303, upload(part{"document", "acta.pdf", pdf}, part{"name", "", "Acta"}, part{"description", "", "c"}, part{"extra", "", "x"})).header.Get("Location")
	if body := r.want(200, r.get(address)).body; !strings.Contains(string(body), `"title":"Acta"`) || !strings.Contains(string(body), `"comments":"c"`) {
		t.Errorf("%s", body)
	}

	post := func(address string, form url.Values) answer {
		req := r.request("POST", address, strings.NewReader(form.Encode()))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return r.service(req)
	}
	person := func(number string) url.Values {
		return url.Values{"name": {"Ana"}, "email": {"ana@example.test"}, "id-country": {"ES"}, "id-number": {number}}
	}
	r.mustSetRules("known-members", "checks-numbers", "no-copies", "no-delete")
	r.refused(upload(part{"file", "acta.pdf", pdf}, part{"extra", "", "x"}), "extra")
	for _, wrong := range []string{"12345678A", "X1234567A", "12345678", "A"} {
		r.refused(post(address, person(wrong)), "id-number")
	}
	for _, right := range []string{"12345678Z", "X1234567L", "00000000T"} {
		r.want(303, post(address, person(right)))
	}
	extra := person("12345678Z")
	extra.Set("phone", "1")
	r.refused(post(address, extra), "phone")
	twice := person("12345678Z")
	twice.Add("name", "Bea")
	r.refused(post(address, twice), "name")
	r.want(404, post(address+"oncopy/", url.Values{"name": {"Bea"}, "email": {"bea@example.test"}}))
	r.want(405, r.service(r.request("DELETE", address, nil)))
	r.want(200, r.get(address))

	r.mustSetRules("needs-accept")
	for accept, status := range map[string]int{"": 406, "*/*": 406, "application/json": 200, "application/xhtml+xml, */*": 200} {
		req := r.request("GET", address, nil)
		if accept != "" {
			req.Header.Set("Accept", accept)
		}
		r.want(status, r.service(req))
	}
	r.mustSetRules()
	r.want(204, r.service(r.request("DELETE", address, nil)))
	address, _ = r.signedDoc()
	r.want(404, r.get(address+"signed/"))
	r.want(200, r.get(address+"content/"))
	r.mustSetRules("other-route")
	r.want(200, r.get(address+"signed/"))
	r.want(404, r.get(address+"content/"))
}

func TestRulesAreSetAndStay(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	if got := r.rules(); got == nil || len(got) != 0 {
		t.Errorf("at first: %v", got)
	}
	r.mustSetRules("unique-fields", "needs-labels")
	want := []string{"needs-labels", "unique-fields"}
	if got := r.rules(); !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
	r.stop()
	if got, err := r.box.Rules(); err != nil || !slices.Equal(got, want) {
		t.Errorf("while nobody serves: %v, %v", got, err)
	}
	r.start()
	if got := r.rules(); !slices.Equal(got, want) {
		t.Errorf("after a restart: %v", got)
	}
	r.want(400, r.setRules("needs-labels", "dance"))
	r.want(400, r.service(r.request("PUT", "/practice/rules", strings.NewReader(`{"rule":[]}`))))
	for _, method := range []string{"GET", "PUT"} {
		r.want(401, r.do(r.request(method, "/practice/rules", nil)))
	}
	if got := r.rules(); !slices.Equal(got, want) {
		t.Errorf("after refusals: %v", got)
	}
	if _, err := sandbox.Open(t.TempDir(), sandbox.Options{Rules: []string{"dance"}}); err == nil || !strings.Contains(err.Error(), "needs-process-type, ") {
		t.Errorf("an unknown rule: %v", err)
	}
}

func TestRulesAreChosenOnTheOverview(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.mustSetRules("no-copies")
	b := r.browser()
	b.open("/")
	b.shows(`value="no-copies" checked>`)
	b.shows("PortaSigma, no-copies")
	b.press("set-rules", "rule", "needs-labels", "rule", "other-errors")
	b.shows(`value="needs-labels" checked>`)
	if got := r.rules(); fmt.Sprint(got) != "[needs-labels other-errors]" {
		t.Errorf("%v", got)
	}
	b.press("set-rules", "rule", "dance")
	if b.status != 422 {
		t.Errorf("status %d", b.status)
	}
	b.open("/")
	b.press("set-rules")
	if got := r.rules(); len(got) != 0 {
		t.Errorf("%v", got)
	}

	// Another site cannot post the form: it knows no token that belongs to the browser's cookie.
	form := url.Values{"form_token": {"x"}, "rule": {"needs-labels"}}
	req := r.request("POST", "/rules", strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if r.want(403, r.do(req)); len(r.rules()) != 0 {
		t.Errorf("%v", r.rules())
	}
}

func TestEveryRuleIsOnThePageForDevelopers(t *testing.T) {
	page, err := os.ReadFile("../../docs/sandbox.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range sandbox.RuleNames() {
		if !strings.Contains(string(page), "\n| `"+name+"` |") {
			t.Errorf("docs/sandbox.md does not describe %s", name)
		}
	}
}
