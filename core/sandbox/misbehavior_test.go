package sandbox_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"countersign/core/sandbox"
)

// misbehave sets a misbehavior by the API and returns the response.
func (r *rig) misbehave(of, how string, times int, origin string) answer {
	r.Helper()
	body, err := json.Marshal(map[string]any{"of": of, "how": how, "times": times, "origin": origin})
	r.must(err)
	return r.service(r.request("PUT", "/practice/misbehaviour", bytes.NewReader(body)))
}

func (r *rig) mustMisbehave(of, how string, times int) {
	r.Helper()
	r.want(200, r.misbehave(of, how, times, ""))
}

// set returns what is set, each as "of how".
func (r *rig) set() (list []string) {
	r.Helper()
	var body struct {
		Misbehaviors []struct{ Of, How string } `json:"misbehaviours"`
	}
	r.json(r.want(200, r.service(r.request("GET", "/practice/misbehaviour", nil))), &body)
	for _, m := range body.Misbehaviors {
		list = append(list, m.Of+" "+m.How)
	}
	return list
}

// signedProcess returns a process that has ended, signed.
func (r *rig) signedProcess(token string) processJSON {
	r.Helper()
	p := r.createProcess(token, processPart(""), samplePDF(r))
	r.browser().sign(p)
	return p
}

func (r *rig) signedDoc() (address, id string) {
	r.Helper()
	address, ids := r.addDoc(samplePDF(r), sample)
	b := r.browser()
	b.open(gatewayAddress("usergateway", "", ids[0]))
	b.byPassword()
	b.press("sign", "read", "yes", "pin", sandbox.SamplePIN)
	b.isBack(back + "&result=success&status=signed")
	return address, ids[0]
}

func (r *rig) get(address string) answer {
	r.Helper()
	return r.service(r.request("GET", address, nil))
}

func isBroken(a answer) bool {
	var any any
	return json.Unmarshal(a.body, &any) != nil
}

func TestMisbehaviorAtTrident(t *testing.T) {
	t.Parallel()
	kinds, _ := sandbox.MisbehaviorNames()
	r := newRig(t)
	token := r.token()
	tested := map[string]func(t *testing.T, p processJSON){
		"slow-result": func(t *testing.T, p processJSON) {
			r.want(404, r.call(token, "GET", p.Self+"/result"))
		},
		"expired-token": func(t *testing.T, p processJSON) {
			old := r.token()
			a := r.want(401, r.call(old, "GET", p.Self+"/result"))
			if a.header.Get("WWW-Authenticate") != `Bearer error="invalid_token"` || len(a.body) != 0 {
				t.Errorf("%v %s", a.header, a.body)
			}
			r.want(401, r.call(old, "GET", p.Self+"/result")) // revoked
			r.want(200, r.call(token, "GET", p.Self+"/result"))
		},
		"unauthorized": func(t *testing.T, p processJSON) {
			for _, address := range []string{p.Self, p.Self + "/result", p.Self + "/documents", p.Documents[0].URL, p.Documents[0].Content} {
				if a := r.want(401, r.call(token, "GET", address)); a.header.Get("WWW-Authenticate") == "" || len(a.body) != 0 {
					t.Errorf("%v %s", a.header, a.body)
				}
			}
		},
		"server-error": func(t *testing.T, p processJSON) {
			if a := r.want(500, r.call(token, "DELETE", p.Self)); !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
				t.Errorf("%v", a.header)
			}
			r.want(200, r.call(token, "GET", p.Documents[0].Content+"?x")) // the times are over, and nothing was deleted
		},
		"nonsense-json": func(t *testing.T, p processJSON) {
			if a := r.want(200, r.call(token, "GET", p.Self+"/result")); !isBroken(a) {
				t.Errorf("%s", a.body)
			}
		},
		"unknown-word": func(t *testing.T, p processJSON) {
			if got := r.result(token, p); got.Status != "postponed" {
				t.Errorf("%+v", got)
			}
		},
		"endless-body": func(t *testing.T, p processJSON) { r.endless(t, p.Self+"/result", token) },
		"truncated-download": func(t *testing.T, p processJSON) {
			req := r.request("GET", p.Documents[0].Content, nil)
			req.Header.Set("Authorization", "Bearer "+token)
			r.truncated(t, req)
		},
		"foreign-content": func(t *testing.T, p processJSON) {
			var after processJSON
			r.json(r.want(200, r.call(token, "GET", p.Self+"/documents")), &after)
			if d := after.Documents[0]; d.Content != "https://elsewhere.invalid"+strings.TrimPrefix(p.Documents[0].Content, r.root) || !strings.HasPrefix(d.URL, "https://elsewhere.invalid/") {
				t.Errorf("%+v", after.Documents)
			}
		},
		"redirect": func(t *testing.T, p processJSON) {
			if a := r.want(307, r.call(token, "GET", p.Documents[0].Content)); a.header.Get("Location") != "https://elsewhere.invalid"+strings.TrimPrefix(p.Documents[0].Content, r.root) {
				t.Errorf("%v", a.header)
			}
		},
		"wrong-document": func(t *testing.T, p processJSON) {
			got := r.want(200, r.call(token, "GET", p.Documents[0].Content)).body
			if bytes.HasPrefix(got, samplePDF(t)) || !bytes.HasPrefix(got, []byte("%PDF-")) || !bytes.Contains(got, []byte("/Sig")) {
				t.Error("the document is the one that was sent, or none")
			}
		},
		"gone": func(t *testing.T, p processJSON) {
			r.want(410, r.call(token, "GET", p.Self+"/result"))
		},
		"wrong-location": func(t *testing.T, p processJSON) {
			r.mustMisbehave("next-trident", "wrong-location", 1)
			req := r.multipart("/trustedx-resources/esignsp/v2/signer_processes", part{"process", "", processPart("")}, part{"document", "a.pdf", string(samplePDF(t))})
			req.Header.Set("Authorization", "Bearer "+token)
			var created processJSON
			a := r.want(201, r.do(req))
			r.json(a, &created)
			location := a.header.Get("Location")
			if location == created.Self || !strings.HasPrefix(location, r.root+"/trustedx-resources/esignsp/v2/signer_processes/") {
				t.Errorf("Location %q", location)
			}
			r.want(404, r.call(token, "GET", location))
			r.want(200, r.call(token, "GET", created.Self))
		},
		"old-shape": func(t *testing.T, p processJSON) {
			var after struct{ Documents []map[string]any }
			r.json(r.want(200, r.call(token, "GET", p.Self)), &after)
			if d := after.Documents[0]; d["url"] != p.Documents[0].URL || d["id"] != nil || d["content"] != nil {
				t.Errorf("%v", d)
			}
		},
		"lying-return": func(t *testing.T, p processJSON) { r.wrongReturn(t, token, "lying-return", "canceled") },
		"lost-return":  func(t *testing.T, p processJSON) { r.wrongReturn(t, token, "lost-return", "") },
	}
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			if tested[kind] == nil {
				t.Fatal("not tested")
			}
			p := r.signedProcess(token)
			times := 1
			if kind == "unauthorized" {
				times = 5
			}
			if !strings.Contains(kind, "return") && kind != "wrong-location" { // these concern another process
				r.mustMisbehave(p.ID, kind, times)
			}
			tested[kind](t, p)
			if list := r.set(); list != nil {
				t.Errorf("still set: %v", list)
			}
			// The gateway behaves again.
			if got := r.result(token, p); got.Status != "finished" {
				t.Errorf("result %+v", got)
			}
			checkSigned(t, samplePDF(t), r.want(200, r.call(token, "GET", p.Documents[0].Content)).body, 1)
		})
	}
}

// wrongReturn signs while the return misbehaves: it has another status, or does not happen.
func (r *rig) wrongReturn(t *testing.T, token, kind, status string) {
	t.Helper()
	p := r.createProcess(token, processPart(""), samplePDF(t))
	r.mustMisbehave(p.ID, kind, 1)
	b := r.browser()
	b.sign(p)
	if status == "" {
		b.shows("you are not sent back")
		if b.left != "" || strings.Contains(b.page, callback) {
			t.Errorf("sent to %q: %s", b.left, b.page)
		}
	} else {
		b.isBack(callback + "&signer_process_id=" + p.ID + "&status=" + status)
	}
	if got := r.result(token, p); got.Status != "finished" {
		t.Errorf("result %+v", got)
	}
}

// endless reads more of a response than any document has, and disconnects.
func (r *rig) endless(t *testing.T, address, token string) {
	t.Helper()
	req := r.request("GET", address, nil)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	} else {
		req.SetBasicAuth(r.box.Credentials().User, r.box.Credentials().Password)
	}
	resp, err := r.client.Do(req)
	r.must(err)
	defer resp.Body.Close()
	if n, err := io.CopyN(io.Discard, resp.Body, 8<<20); err != nil || resp.ContentLength >= 0 {
		t.Errorf("ended after %d bytes: %v", n, err)
	}
}

func (r *rig) truncated(t *testing.T, req *http.Request) {
	t.Helper()
	resp, err := r.client.Do(req)
	r.must(err)
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if !errors.Is(err, io.ErrUnexpectedEOF) || int64(len(data)) >= resp.ContentLength || len(data) == 0 {
		t.Errorf("%d of %d bytes: %v", len(data), resp.ContentLength, err)
	}
}

func TestMisbehaviorAtPortaSigma(t *testing.T) {
	t.Parallel()
	_, kinds := sandbox.MisbehaviorNames()
	r := newRig(t)
	wrongReturn := func(t *testing.T, kind, want string) {
		t.Helper()
		_, one := r.addDoc(samplePDF(t), sample)
		_, two := r.addDoc(samplePDF(t), sample)
		r.mustMisbehave(two[0], kind, 1)
		b := r.browser()
		b.open(gatewayAddress("usergateway", "", one[0], two[0]))
		b.byPassword()
		b.press("sign", "read", "yes", "pin", sandbox.SamplePIN, "refuse", two[0])
		if want == "" {
			b.shows("you are not sent back")
			return
		}
		b.isBack(back + "&result=success&" + strings.NewReplacer("ONE", one[0], "TWO", two[0]).Replace(want))
	}
	tested := map[string]func(t *testing.T, address, id string){
		"slow-result": func(t *testing.T, address, id string) {
			r.want(404, r.get(address+"content/"))
		},
		"lying-return": func(t *testing.T, address, id string) {
			wrongReturn(t, "lying-return", "signed=TWO&status=rejected&unsigned=ONE")
			_, ids := r.addDoc(samplePDF(t), sample)
			r.mustMisbehave(ids[0], "lying-return", 1)
			b := r.browser()
			b.open(gatewayAddress("usergateway", "", ids[0]))
			b.byPassword()
			b.press("reject")
			b.isBack(back + "&result=success&status=signed")
		},
		"lost-return": func(t *testing.T, address, id string) { wrongReturn(t, "lost-return", "") },
		"expired-token": func(t *testing.T, address, id string) {
			if a := r.want(401, r.get(address)); a.header.Get("WWW-Authenticate") == "" {
				t.Errorf("%v", a.header)
			}
		},
		"unauthorized": func(t *testing.T, address, id string) { r.want(401, r.get(address)) },
		"server-error": func(t *testing.T, address, id string) {
			r.want(500, r.service(r.request("DELETE", address, nil)))
			r.want(200, r.get(address))
		},
		"nonsense-json": func(t *testing.T, address, id string) {
			if a := r.want(200, r.get(address+"content/")); !isBroken(a) {
				t.Errorf("%s", a.body)
			}
		},
		"unknown-word": func(t *testing.T, address, id string) {
			if a := r.want(200, r.get(address)); !strings.Contains(string(a.body), `"status":"postponed"`) {
				t.Errorf("%s", a.body)
			}
			wrongReturn(t, "unknown-word", "signed=ONE&status=postponed&unsigned=TWO")
		},
		"endless-body": func(t *testing.T, address, id string) { r.endless(t, address+"content/", "") },
		"truncated-download": func(t *testing.T, address, id string) {
			req := r.request("GET", address+"content/", nil)
			req.SetBasicAuth(r.box.Credentials().User, r.box.Credentials().Password)
			r.truncated(t, req)
		},
		"foreign-content": func(t *testing.T, address, id string) {
			req := r.request("POST", address+"oncopy/", strings.NewReader("name=A&email=a@example.test"))
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if a := r.want(303, r.service(req)); a.header.Get("Location") != "https://elsewhere.invalid"+strings.TrimPrefix(address, r.root)+"oncopy/1/" {
				t.Errorf("%v", a.header)
			}
		},
		"redirect": func(t *testing.T, address, id string) {
			if a := r.want(307, r.get(address)); !strings.HasPrefix(a.header.Get("Location"), "https://elsewhere.invalid/portasigma/v1/docs/") {
				t.Errorf("%v", a.header)
			}
		},
		"wrong-document": func(t *testing.T, address, id string) {
			if a := r.want(200, r.get(address+"content/")); bytes.HasPrefix(a.body, samplePDF(t)) || !bytes.HasPrefix(a.body, []byte("%PDF-")) {
				t.Error("the document is the one that was sent, or none")
			}
		},
		"gone": func(t *testing.T, address, id string) {
			b := r.browser()
			b.open(gatewayAddress("gateway", "", id))
			b.isBack(back + "&result=pageNotFound")
		},
		"wrong-location": func(t *testing.T, address, id string) {
			r.mustMisbehave("next-portasigma", "wrong-location", 1)
			req := r.multipart("/portasigma/v1/docs/", part{"file", "a.pdf", string(samplePDF(t))})
			location := r.want(303, r.service(req)).header.Get("Location")
			if !strings.HasPrefix(location, r.root+"/portasigma/v1/docs/") {
				t.Errorf("Location %q", location)
			}
			r.want(404, r.get(location))
		},
	}
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			if tested[kind] == nil {
				t.Fatal("not tested")
			}
			address, id := r.signedDoc()
			if !strings.Contains(kind, "return") && kind != "wrong-location" { // these concern another document
				r.mustMisbehave(id, kind, 1)
			}
			tested[kind](t, address, id)
			if list := r.set(); list != nil {
				t.Errorf("still set: %v", list)
			}
			checkSigned(t, samplePDF(t), r.want(200, r.get(address+"content/")).body, 1)
		})
	}
}

func TestMisbehaviorOfWhatIsCreatedNext(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	token, original := r.token(), samplePDF(t)
	create := func(token string) answer {
		req := r.multipart("/trustedx-resources/esignsp/v2/signer_processes", part{"process", "", processPart("")}, part{"document", "a.pdf", string(original)})
		req.Header.Set("Authorization", "Bearer "+token)
		return r.do(req)
	}
	r.mustMisbehave("next-trident", "unauthorized", 1)
	r.want(401, create(token))
	r.mustMisbehave("next-trident", "nonsense-json", 1)
	if a := r.want(201, create(token)); !isBroken(a) {
		t.Errorf("%s", a.body)
	}
	r.mustMisbehave("next-trident", "expired-token", 0)
	r.want(401, create(token))
	r.want(401, create(token))
	token = r.token()
	if list := r.set(); list != nil {
		t.Errorf("still set: %v", list)
	}
	r.mustMisbehave("next-trident", "old-shape", 0)
	var p processJSON
	r.json(r.want(201, create(token)), &p)
	if p.Documents[0].ID != "" || p.Documents[0].URL == "" || p.Documents[0].Content != "" {
		t.Errorf("%+v", p.Documents)
	}
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {scope}}
	if a := r.do(r.tokenRequest(form)); !strings.Contains(string(a.body), `"token_type":"bearer"`) {
		t.Errorf("%s", a.body)
	}
	if list := r.set(); !slices.Equal(list, []string{p.ID + " old-shape"}) {
		t.Errorf("set: %v", list)
	}
	r.want(204, r.call(token, "DELETE", p.Self))
	if list := r.set(); list != nil {
		t.Errorf("still set: %v", list)
	}

	r.mustMisbehave("next-trident", "slow-result", 0)
	p = r.signedProcess(token)
	r.restart()
	p.Self = r.root + p.Self[strings.Index(p.Self, "/trustedx"):]
	for range 2 {
		r.want(404, r.call(token, "GET", p.Self+"/result"))
	}
	r.want(204, r.service(r.request("DELETE", "/practice/misbehaviour?of="+p.ID, nil)))
	r.want(200, r.call(token, "GET", p.Self+"/result"))

	r.want(200, r.misbehave("next-trident", "foreign-content", 1, "http://127.0.0.1:9"))
	var d createdDocument
	if r.json(r.want(201, r.sendDocument(token, "", original)), &d); !strings.HasPrefix(d.Content, "http://127.0.0.1:9/") {
		t.Errorf("%+v", d)
	}

	r.mustMisbehave("next-portasigma", "slow-result", 0)
	address, _ := r.signedDoc()
	if list := r.set(); !slices.Equal(list, []string{"doc:1 slow-result"}) {
		t.Errorf("set: %v", list)
	}
	r.want(404, r.get(address+"content/"))
}

func TestMisbehaviorGoneHidesThePages(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	token := r.token()
	p := r.createProcess(token, processPart(""), samplePDF(t))
	r.mustMisbehave(p.ID, "gone", 0)
	b := r.browser()
	b.open(p.Tasks.Pending[0].URL)
	b.shows("This signing does not exist")
	r.want(404, r.call(token, "GET", p.Self))
	r.want(404, r.call(token, "GET", p.Documents[0].Content))
	r.want(204, r.service(r.request("DELETE", "/practice/misbehaviour?of="+p.ID, nil)))
	b.open(p.Tasks.Pending[0].URL)
	b.shows("Step 1 of 4")
}

func TestAnEndlessAnswerHasABound(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	address, id := r.signedDoc()
	r.mustMisbehave(id, "endless-body", 1)
	req := r.request("GET", address+"content/", nil)
	req.SetBasicAuth(r.box.Credentials().User, r.box.Credentials().Password)
	resp, err := r.client.Do(req)
	r.must(err)
	defer resp.Body.Close()
	if n, err := io.Copy(io.Discard, resp.Body); err != nil || n > sandbox.EndlessBytes || n < 1<<20 {
		t.Errorf("%d bytes, %v", n, err)
	}
}

func TestOnlyMisbehaviorThatHappensIsCounted(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	token := r.token()
	p := r.createProcess(token, processPart(""), samplePDF(t))
	r.mustMisbehave(p.ID, "slow-result", 1)
	r.want(404, r.call(token, "GET", p.Self+"/result")) // there is no result
	r.browser().sign(p)
	r.want(404, r.call(token, "GET", p.Self+"/result"))
	r.want(200, r.call(token, "GET", p.Self+"/result"))

	r.mustMisbehave(p.ID, "lying-return", 1)
	b := r.browser()
	for range 2 { // the page of what is over shows the address, but the browser does not leave
		b.open(p.Tasks.Pending[0].URL)
		b.shows(callback + "&signer_process_id=" + p.ID + "&status=canceled")
	}
}
