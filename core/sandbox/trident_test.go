package sandbox_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"countersign/core/sandbox"
)

// toDocument opens a process, signs in and chooses an identity.
func (b *browser) toDocument(p processJSON, identity string) {
	b.Helper()
	b.open(p.Tasks.Pending[0].URL)
	b.shows("Step 1 of 4")
	b.press("sign-in", "username", sandbox.SampleUser, "password", sandbox.SamplePassword)
	b.shows("Step 2 of 4")
	b.press("continue", "identity", identity)
}

func (b *browser) sign(p processJSON) {
	b.Helper()
	b.toDocument(p, "server")
	b.shows("Step 3 of 4")
	b.press("continue", "read", "yes")
	b.shows("Step 4 of 4")
	b.press("sign", "pin", sandbox.SamplePIN)
}

func TestTridentSigns(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	token, original := r.token(), samplePDF(t)
	p := r.createProcess(token, processPart(`,"signature_field":{"name":"Sig_7f3a"}`), original)
	if p.Tasks.Pending[0].Type != "UserBrowserTask" || p.Signing != nil || p.Result != nil {
		t.Errorf("a new process is %+v", p)
	}
	r.want(404, r.call(token, "GET", p.Self+"/result"))
	if got := r.want(200, r.call(token, "GET", p.Documents[0].Content)); string(got.body) != string(original) {
		t.Error("the content before signing is not what was sent")
	}

	b := r.browser()
	b.sign(p)
	b.isBack(callback + "&signer_process_id=" + p.ID + "&status=finished")

	if got := r.result(token, p); got.Status != "finished" {
		t.Errorf("result %+v", got)
	}
	var after processJSON
	r.json(r.want(200, r.call(token, "GET", p.Self)), &after)
	if after.Tasks != nil || after.Signing == nil || after.Signing.Identity.ID != "server" || after.Documents[0].Result.Status != "finished" {
		t.Errorf("the process afterwards is %+v", after)
	}
	report := checkSigned(t, original, r.want(200, r.call(token, "GET", p.Documents[0].Content)).body, 1)
	for _, want := range []string{"ETSI.CAdES.detached", "Sig_7f3a", "Sample Signer", "no legal value"} {
		if !strings.Contains(report, want) {
			t.Errorf("pdfsig does not report %q:\n%s", want, report)
		}
	}

	b.open(p.Tasks.Pending[0].URL)
	b.shows("The document was signed.")
	b.shows(callback + "&signer_process_id=" + p.ID + "&status=finished")
}

func TestTridentEndsWithoutASignature(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	token, original := r.token(), samplePDF(t)
	for _, c := range []struct{ button, status, message string }{
		{"cancel", "canceled", "the signer canceled"},
		{"fail", "failed", "the practice gateway was asked to fail"},
	} {
		t.Run(c.status, func(t *testing.T) {
			p := r.createProcess(token, processPart(""), original)
			b := r.browser()
			b.toDocument(p, "mobile")
			b.press(c.button)
			b.isBack(callback + "&signer_process_id=" + p.ID + "&status=" + c.status)
			if got := r.result(token, p); got.Status != c.status || got.Details.Message != c.message {
				t.Errorf("result %+v", got)
			}
			if got := r.call(token, "GET", p.Documents[0].Content); string(got.body) != string(original) {
				t.Error("the document was changed")
			}
		})
	}
}

func TestTridentKeepsItsFirstResult(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	token := r.token()
	p := r.createProcess(token, processPart(""), samplePDF(t))
	b := r.browser()
	b.toDocument(p, "server")
	pages := []string{b.page} // of the signing service, then of the authorization server
	b.press("continue", "read", "yes")
	pages = append(pages, b.page)
	b.press("sign", "pin", sandbox.SamplePIN)
	for _, page := range pages {
		for _, late := range []string{"cancel", "fail", "back"} {
			b.page = page
			b.press(late)
			b.isBack(callback + "&signer_process_id=" + p.ID + "&status=finished")
		}
	}
	if got := r.result(token, p); got.Status != "finished" {
		t.Errorf("result %+v", got)
	}
}

func TestTridentMistakesStayOnThePage(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	p := r.createProcess(r.token(), processPart(""), samplePDF(t))
	b := r.browser()
	b.open(p.Tasks.Pending[0].URL)
	b.press("sign-in", "username", sandbox.SampleUser, "password", "wrong")
	b.shows("The user name or the password is wrong.")
	b.press("sign-in", "username", sandbox.SampleUser, "password", sandbox.SamplePassword)
	b.press("continue")
	b.shows("Choose one of the signing identities.")
	b.press("continue", "identity", "server")
	b.press("continue")
	b.shows("check the box")
	b.press("continue", "read", "yes")
	b.press("sign", "pin", "9999")
	b.shows("The PIN is wrong.")
	if b.status != http.StatusUnprocessableEntity {
		t.Errorf("status %d", b.status)
	}
	b.press("back")
	b.shows("Step 3 of 4")
	b.press("back")
	b.shows("Step 2 of 4")
	r.want(404, r.call(r.token(), "GET", p.Self+"/result"))
}

func TestTridentReadingCanBeWaivedForAServerKeyOnly(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	process := strings.Replace(processPart(""), `"finish_callback_url"`, `"views":{"document_agreement":{"skip_server_id":"true"}},"finished_callback_url"`, 1)
	for identity, step := range map[string]string{"server": "Step 4 of 4", "mobile": "Step 3 of 4"} {
		b := r.browser()
		b.toDocument(r.createProcess(r.token(), process, samplePDF(t)), identity)
		b.shows(step)
	}
}

func TestTridentFormsAreTiedToTheBrowser(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	p := r.createProcess(r.token(), processPart(""), samplePDF(t))
	b, other := r.browser(), r.browser()
	b.open(p.Tasks.Pending[0].URL)
	other.open(p.Tasks.Pending[0].URL)
	other.page = b.page
	other.press("cancel")
	other.shows("This form is no longer valid")
	r.want(404, r.call(r.token(), "GET", p.Self+"/result"))

	other.open("/trustedx-resources/esignsp/v2/ui/document/" + p.Documents[0].ID)
	other.shows("This document cannot be shown")
	b.toDocument(p, "server")
	b.open("/trustedx-resources/esignsp/v2/ui/document/" + p.Documents[0].ID)
	if b.header.Get("Content-Type") != "application/pdf" {
		t.Error("the signer cannot see the document")
	}
	unopened := r.createProcess(r.token(), processPart(""), samplePDF(t))
	b.open("/trustedx-resources/esignsp/v2/ui/document/" + unopened.Documents[0].ID)
	b.shows("This document cannot be shown")
}

func TestTridentDocumentsThatCannotBeSigned(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	token, original := r.token(), samplePDF(t)
	first := r.createProcess(token, processPart(`,"signature_field":{"name":"Sign1"}`), original)
	r.browser().sign(first)
	signed := r.call(token, "GET", first.Documents[0].Content).body

	for name, c := range map[string]struct {
		process  string
		document []byte
		message  string
	}{
		"field name in use": {processPart(`,"signature_field":{"name":"Sign1"}`), signed, "already in use"},
		"no such page":      {processPart(`,"signature_field":{"location":{"page":{"number":"3"},"rectangle":{"x":1,"y":1,"width":100,"height":50}}}`), original, "no page"},
		"cut off":           {processPart(""), original[:len(original)/2], "damaged"},
		"encrypted":         {processPart(""), encryptedPDF(t), "encrypted"},
	} {
		t.Run(name, func(t *testing.T) {
			p := r.createProcess(token, c.process, c.document)
			b := r.browser()
			b.sign(p)
			b.isBack(callback + "&signer_process_id=" + p.ID + "&status=failed")
			if got := r.result(token, p); got.Status != "failed" || !strings.Contains(got.Details.Message, c.message) {
				t.Errorf("result %+v", got)
			}
			if got := r.call(token, "GET", p.Documents[0].Content); string(got.body) != string(c.document) {
				t.Error("the document was changed")
			}
		})
	}

	t.Run("a second signature under its own name", func(t *testing.T) {
		p := r.createProcess(token, processPart(`,"signature_field":{"name":"Sign2","location":{"page":{"number":"last"},"rectangle":{"x":40,"y":60,"width":220,"height":70}}}`), signed)
		b := r.browser()
		b.toDocument(p, "server")
		b.shows("Sample Signer")
		b.shows("4 May 2026, 09:30 UTC")
		b.press("continue", "read", "yes")
		b.press("sign", "pin", sandbox.SamplePIN)
		checkSigned(t, signed, r.call(token, "GET", p.Documents[0].Content).body, 2)
	})
}

func TestTridentRefusesWrongProcesses(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	token, pdf := r.token(), string(samplePDF(t))
	good := processPart("")
	change := func(old, new string) string { return strings.Replace(good, old, new, 1) }
	for name, c := range map[string]struct {
		parts  []part
		status int
	}{
		"not a PDF":            {[]part{{"process", "", good}, {"document", "a.pdf", "plain text"}}, 400},
		"no document":          {[]part{{"process", "", good}}, 400},
		"no process":           {[]part{{"document", "a.pdf", pdf}}, 400},
		"no JSON":              {[]part{{"process", "", "{"}, {"document", "a.pdf", pdf}}, 400},
		"unknown type":         {[]part{{"process", "", change("sign:esigp", "sign:other")}, {"document", "a.pdf", pdf}}, 400},
		"http to elsewhere":    {[]part{{"process", "", change(callback, "http://example.com/")}, {"document", "a.pdf", pdf}}, 400},
		"relative callback":    {[]part{{"process", "", change(callback, "/return")}, {"document", "a.pdf", pdf}}, 400},
		"script as callback":   {[]part{{"process", "", change(callback, "javascript:alert(1)")}, {"document", "a.pdf", pdf}}, 400},
		"boolean skip":         {[]part{{"process", "", change(`"labels"`, `"views":{"document_agreement":{"skip_server_id":true}},"labels"`)}, {"document", "a.pdf", pdf}}, 400},
		"long agreement":       {[]part{{"process", "", change(`"labels"`, `"views":{"document_agreement":{"document_info":{"html_body_content":"`+strings.Repeat("AAAA", 90<<10)+`"}}},"labels"`)}, {"document", "a.pdf", pdf}}, 400},
		"long reason":          {[]part{{"process", "", change("Aprobación", strings.Repeat("a", 1001))}, {"document", "a.pdf", pdf}}, 400},
		"period in the field":  {[]part{{"process", "", processPart(`,"signature_field":{"name":"a.b"}`)}, {"document", "a.pdf", pdf}}, 400},
		"off the page":         {[]part{{"process", "", processPart(`,"signature_field":{"location":{"page":{"number":"1"},"rectangle":{"x":14401,"y":1,"width":100,"height":50}}}`)}, {"document", "a.pdf", pdf}}, 400},
		"many lines":           {[]part{{"process", "", processPart(`,"signature_field":{"location":{"page":{"number":"1"},"rectangle":{"x":1,"y":1,"width":100,"height":50}},"appearance":{"signature_details":{"details":[` + strings.Repeat(`{"type":"date"},`, 20) + `{"type":"date"}]}}}`)}, {"document", "a.pdf", pdf}}, 400},
		"too large":            {[]part{{"process", "", good}, {"document", "a.pdf", "%PDF-" + strings.Repeat(" ", 60<<20)}}, 413},
		"older alias, as file": {[]part{{"process", "process.json", change("document:sign:esigp", "sign:esigp")}, {"document", "a.pdf", pdf}}, 201},
		"https anywhere":       {[]part{{"process", "", change(callback, "https://example.com/a")}, {"document", "a.pdf", pdf}}, 201},
	} {
		t.Run(name, func(t *testing.T) {
			req := r.multipart("/trustedx-resources/esignsp/v2/signer_processes", c.parts...)
			req.Header.Set("Authorization", "Bearer "+token)
			a := r.want(c.status, r.do(req))
			var body struct {
				Error       string `json:"error"`
				Description string `json:"error_description"`
			}
			if r.json(a, &body); c.status >= 400 && (body.Error == "" || body.Description == "") {
				t.Errorf("the answer does not say what is wrong: %s", a.body)
			}
		})
	}
}

func TestTridentDeletes(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	token := r.token()
	p := r.createProcess(token, processPart(""), samplePDF(t))
	d := p.Documents[0]
	r.want(204, r.call(token, "DELETE", p.Self))
	r.want(404, r.call(token, "DELETE", p.Self))
	r.want(404, r.call(token, "GET", p.Self))
	r.want(404, r.call(token, "GET", p.Self+"/documents"))
	r.want(410, r.call(token, "GET", p.Self+"/result"))
	r.want(404, r.call(token, "GET", d.URL))
	r.want(404, r.call(token, "GET", d.Content))
	b := r.browser()
	b.open(p.Tasks.Pending[0].URL)
	b.shows("This signing does not exist")

	p = r.createProcess(token, processPart(""), samplePDF(t))
	r.want(204, r.call(token, "DELETE", p.Documents[0].URL))
	r.want(404, r.call(token, "DELETE", p.Documents[0].URL))
	r.browser().sign(p)
	if got := r.result(token, p); got.Status != "failed" || !strings.Contains(got.Details.Message, "deleted") {
		t.Errorf("result %+v", got)
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	form := func(grant, scope string) url.Values { return url.Values{"grant_type": {grant}, "scope": {scope}} }
	for name, c := range map[string]struct {
		request *http.Request
		status  int
		code    string
	}{
		"grant":         {r.tokenRequest(form("password", scope)), 400, "unsupported_grant_type"},
		"scope":         {r.tokenRequest(form("client_credentials", "other")), 400, "invalid_scope"},
		"no grant":      {r.tokenRequest(url.Values{"scope": {scope}}), 400, "invalid_request"},
		"repeated":      {r.tokenRequest(url.Values{"grant_type": {"client_credentials"}, "scope": {scope, scope}}), 400, "invalid_request"},
		"wrong secret":  {withBasic(r.tokenRequest(form("client_credentials", scope)), r.box.Credentials().ClientID, "wrong"), 401, "invalid_client"},
		"url-encoded":   {withBasic(r.tokenRequest(form("client_credentials", "openid "+scope)), "practice%2Dclient", r.box.Credentials().ClientSecret), 200, ""},
		"as documented": {r.tokenRequest(form("client_credentials", scope)), 200, ""},
	} {
		t.Run(name, func(t *testing.T) {
			a := r.want(c.status, r.do(c.request))
			var body struct {
				Error     string `json:"error"`
				Type      string `json:"token_type"`
				ExpiresIn int    `json:"expires_in"`
			}
			if r.json(a, &body); body.Error != c.code || c.status == 200 && (body.Type != "Bearer" || body.ExpiresIn != 600) {
				t.Errorf("answer %s", a.body)
			}
			if a.header.Get("Cache-Control") != "no-store" || c.status == 401 && !strings.HasPrefix(a.header.Get("WWW-Authenticate"), "Basic ") {
				t.Errorf("headers %v", a.header)
			}
		})
	}
}

func withBasic(r *http.Request, user, password string) *http.Request {
	r.SetBasicAuth(user, password)
	return r
}

func TestBearerFaults(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	token := r.token()
	for name, c := range map[string]struct {
		headers   []string
		status    int
		challenge string
	}{
		"missing":        {nil, 401, "Bearer"},
		"another scheme": {[]string{"Basic abc"}, 401, "Bearer"},
		"malformed":      {[]string{"Bearer a b"}, 400, `Bearer error="invalid_request"`},
		"twice":          {[]string{"Bearer " + token, "Bearer " + token}, 400, `Bearer error="invalid_request"`},
		"unknown":        {[]string{"Bearer abcdef"}, 401, `Bearer error="invalid_token"`},
		"good":           {[]string{"bearer " + token}, 410, ""},
	} {
		t.Run(name, func(t *testing.T) {
			req := r.request("GET", "/trustedx-resources/esignsp/v2/signer_processes/none/result", nil)
			req.Header["Authorization"] = c.headers
			if a := r.want(c.status, r.do(req)); a.header.Get("WWW-Authenticate") != c.challenge {
				t.Errorf("challenge %q", a.header.Get("WWW-Authenticate"))
			}
		})
	}
	r.clock.advance(10*time.Minute - time.Second)
	r.want(410, r.call(token, "GET", "/trustedx-resources/esignsp/v2/signer_processes/none/result"))
	r.clock.advance(time.Second)
	a := r.want(401, r.call(token, "GET", "/trustedx-resources/esignsp/v2/signer_processes/none/result"))
	if a.header.Get("WWW-Authenticate") != `Bearer error="invalid_token"` {
		t.Errorf("an expired token is answered with %q", a.header.Get("WWW-Authenticate"))
	}
}
