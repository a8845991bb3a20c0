package sandbox_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"countersign/core/sandbox"
)

// hop opens an address without following redirects, and returns the response's Location.
func (b *browser) hop(address string) string {
	b.Helper()
	if strings.HasPrefix(address, "/") {
		address = b.root + address
	}
	resp, err := b.client.Do(b.request("GET", address, nil))
	b.must(err)
	resp.Body.Close()
	b.status = resp.StatusCode
	return resp.Header.Get("Location")
}

// signIn opens a session at the authorization server, by way of a process that is not used further.
func (b *browser) signIn(token string) {
	b.Helper()
	b.open(b.createProcess(token, processPart(""), samplePDF(b)).Tasks.Pending[0].URL)
	b.shows("Step 1 of 4")
	b.press("sign-in", "username", sandbox.SampleUser, "password", sandbox.SamplePassword)
}

func TestTheTwoAuthorizations(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	token := r.token()
	b := r.browser()
	b.signIn(token)

	// The first authorization shows no page, because there is a session.
	p := r.createProcess(token, processPart(""), samplePDF(t))
	first := b.hop(p.Tasks.Pending[0].URL)
	u, err := url.Parse(first)
	r.must(err)
	q := u.Query()
	if u.Path != "/trustedx-authserver/oauth/main/authorize" || q.Get("response_type") != "code" || q.Get("scope") != "urn:safelayer:eidas:sign:identity:profile" ||
		q.Get("redirect_uri") != r.root+"/trustedx-resources/esignsp/v2/ui/authorized" || q.Get("code_challenge_method") != "S256" || q.Get("state") == "" {
		t.Errorf("the first authorization request is %s", first)
	}
	returned, err := url.Parse(b.hop(first))
	r.must(err)
	if returned.Query().Get("code") == "" || returned.Query().Get("state") != q.Get("state") {
		t.Errorf("its response is %s", returned)
	}
	b.open(returned.String())
	b.shows("Step 2 of 4")

	// The second shows no page for a key in a phone …
	b.press("continue", "identity", "mobile")
	b.shows("Step 3 of 4")
	b.press("continue", "read", "yes")
	b.isBack(callback + "&signer_process_id=" + p.ID + "&status=finished")
	checkSigned(t, samplePDF(t), r.call(token, "GET", p.Documents[0].Content).body, 1)

	// … but always one for a key on the server.
	p = r.createProcess(token, processPart(""), samplePDF(t))
	b.open(p.Tasks.Pending[0].URL)
	b.press("continue", "identity", "server")
	b.press("continue", "read", "yes")
	for range 2 {
		b.shows("Step 4 of 4")
		b.shows("TrustedX authorization server")
		b.open(p.Tasks.Pending[0].URL)
	}
	r.want(404, r.call(token, "GET", p.Self+"/result"))
	b.press("sign", "pin", sandbox.SamplePIN)
	b.isBack(callback + "&signer_process_id=" + p.ID + "&status=finished")
}

func TestAMobileKeyWithoutASessionAsksToSignIn(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	token := r.token()
	p := r.createProcess(token, processPart(""), samplePDF(t))
	b := r.browser()
	b.toDocument(p, "mobile")
	root, err := url.Parse(r.root + "/trustedx-authserver/")
	r.must(err)
	for _, c := range b.client.Jar.Cookies(root) {
		c.Path, c.MaxAge = "/trustedx-authserver", -1
		b.client.Jar.SetCookies(root, []*http.Cookie{c})
	}
	b.press("continue", "read", "yes")
	b.shows("Step 4 of 4")
	b.press("sign-in", "username", sandbox.SampleUser, "password", sandbox.SamplePassword)
	b.isBack(callback + "&signer_process_id=" + p.ID + "&status=finished")
}

func TestCancelingAtTheAuthorizationServer(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	token := r.token()
	for _, at := range []string{"first", "second"} {
		t.Run(at, func(t *testing.T) {
			p := r.createProcess(token, processPart(""), samplePDF(t))
			b := r.browser()
			if at == "first" {
				b.open(p.Tasks.Pending[0].URL)
			} else {
				b.toDocument(p, "server")
				b.press("continue", "read", "yes")
			}
			b.shows("TrustedX authorization server")
			b.press("cancel")
			b.isBack(callback + "&signer_process_id=" + p.ID + "&status=canceled")
			if got := r.result(token, p); got.Status != "canceled" {
				t.Errorf("result %+v", got)
			}
		})
	}
}

// codeByHand makes an authorization request as the signing service does, and returns the form that exchanges the code for a token.
func (b *browser) codeByHand(process string) url.Values {
	b.Helper()
	verifier := strings.Repeat("v", 43)
	challenge := sha256.Sum256([]byte(verifier))
	id, _ := b.box.ServiceCredentials()
	redirect := b.root + "/trustedx-resources/esignsp/v2/ui/authorized"
	q := url.Values{
		"response_type": {"code"}, "client_id": {id}, "redirect_uri": {redirect}, "state": {"mine"}, "signer_process_id": {process},
		"scope": {"urn:safelayer:eidas:sign:identity:profile"}, "code_challenge_method": {"S256"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(challenge[:])},
	}
	end, err := url.Parse(b.hop("/trustedx-authserver/oauth/main/authorize?" + q.Encode()))
	b.must(err)
	if end.Query().Get("code") == "" {
		b.Fatalf("no code: %s", end)
	}
	return url.Values{"grant_type": {"authorization_code"}, "code": {end.Query().Get("code")}, "redirect_uri": {redirect}, "code_verifier": {verifier}}
}

func TestACodeIsExchangedOnceAndForItsRequestOnly(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	b := r.browser()
	token := r.token()
	b.signIn(token)
	p := r.createProcess(token, processPart(""), samplePDF(t))
	id, secret := r.box.ServiceCredentials()
	exchange := func(form url.Values, as string) answer {
		req := r.request("POST", "/trustedx-authserver/oauth/"+as+"/token", strings.NewReader(form.Encode()))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return r.do(withBasic(req, id, secret))
	}
	refused := func(a answer, code string) {
		t.Helper()
		if !strings.Contains(string(r.want(400, a).body), `"error":"`+code+`"`) {
			t.Errorf("answer %s", a.body)
		}
	}
	form := b.codeByHand(p.ID)
	change := func(name, value string) url.Values {
		changed := url.Values{}
		for k, v := range form {
			changed[k] = v
		}
		changed.Set(name, value)
		return changed
	}
	refused(exchange(change("code_verifier", strings.Repeat("w", 43)), "main"), "invalid_grant")
	refused(exchange(change("redirect_uri", r.root+"/"), "main"), "invalid_grant")
	refused(exchange(change("code", "unknown"), "main"), "invalid_grant")
	refused(exchange(form, "other"), "invalid_grant")
	refused(exchange(change("grant_type", "client_credentials"), "main"), "unauthorized_client")
	refused(r.do(r.tokenRequest(form)), "unauthorized_client") // the application's client

	var body struct {
		Token string `json:"access_token"`
	}
	r.json(r.want(200, exchange(form, "main")), &body)
	if a := r.want(403, r.call(body.Token, "GET", p.Self)); !strings.Contains(a.header.Get("WWW-Authenticate"), `error="insufficient_scope"`) {
		t.Errorf("the service's token at the API: %v", a.header)
	}
	refused(exchange(form, "main"), "invalid_grant")
	r.want(401, r.call(body.Token, "GET", p.Self)) // a second exchange revokes the token

	form = b.codeByHand(p.ID)
	r.clock.advance(time.Minute)
	refused(exchange(form, "main"), "invalid_grant")
}

func TestAuthorizationRequestsThatAreWrong(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	token := r.token()
	b := r.browser()
	b.signIn(token)
	p := r.createProcess(token, processPart(""), samplePDF(t))
	good := b.hop(p.Tasks.Pending[0].URL)
	for name, c := range map[string]struct{ parameter, value, fault string }{
		"client":        {"client_id", "somebody", ""},
		"address":       {"redirect_uri", "http://127.0.0.1:1/", ""},
		"no type":       {"response_type", "", "invalid_request"},
		"type":          {"response_type", "token", "unsupported_response_type"},
		"scope":         {"scope", "openid", "invalid_scope"},
		"plain PKCE":    {"code_challenge_method", "plain", "invalid_request"},
		"no PKCE":       {"code_challenge", "", "invalid_request"},
		"no identity":   {"scope", "urn:safelayer:eidas:sign:identity:use:server", "invalid_request"},
		"no state":      {"state", "", "invalid_request"},
		"no such thing": {"signer_process_id", "none", ""},
	} {
		t.Run(name, func(t *testing.T) {
			u, err := url.Parse(good)
			r.must(err)
			q := u.Query()
			q.Set(c.parameter, c.value)
			end, err := url.Parse(b.hop(u.Path + "?" + q.Encode()))
			r.must(err)
			if got := end.Query().Get("error"); got != c.fault || c.fault == "" && end.String() != "" || end.Query().Has("error_description") {
				t.Errorf("sent to %q", end)
			}
		})
	}
	if end, _ := url.Parse(b.hop(good + "&scope=openid")); end.Query().Get("error") != "invalid_request" {
		t.Errorf("with a repeated parameter: %s", end)
	}
	for identity, fault := range map[string]string{"server": "interaction_required", "mobile": ""} {
		silent := strings.Replace(good, "profile", "use:server", 1) + "&prompt=none&sign_identity_id=" + identity
		if end, _ := url.Parse(b.hop(silent)); end.Query().Get("error") != fault {
			t.Errorf("%s, asked nothing: %s", identity, end)
		}
	}
	if end, _ := url.Parse(r.browser().hop(good + "&prompt=none")); end.Query().Get("error") != "login_required" {
		t.Errorf("without a session, asked nothing: %s", end)
	}
}

func TestAReturnOfAnotherBrowserIsRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	token := r.token()
	b, other := r.browser(), r.browser()
	b.signIn(token)
	other.signIn(token)
	p := r.createProcess(token, processPart(""), samplePDF(t))
	returned := b.hop(b.hop(p.Tasks.Pending[0].URL))
	other.open(returned)
	other.shows("This authorization is unknown")
	b.open(strings.Replace(returned, "state=", "state=x", 1))
	b.shows("This authorization is unknown")
	b.open(strings.Replace(returned, "code=", "code=x", 1))
	b.shows("could not be used")
	b.open("/trustedx-resources/esignsp/v2/ui/authorized?error=access_denied")
	b.shows("This authorization is unknown")
	r.want(404, r.call(token, "GET", p.Self+"/result"))
	b.open(returned)
	b.shows("Step 2 of 4")
	b.open(returned) // a reload continues at the same step
	b.shows("Step 2 of 4")
}

func TestARestartBetweenTheAuthorizations(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	token := r.token()
	p := r.createProcess(token, processPart(""), samplePDF(t))
	b := r.browser()
	b.toDocument(p, "mobile")
	b.press("continue", "read", "yes")
	b.isBack(callback + "&signer_process_id=" + p.ID + "&status=finished")
	p = r.createProcess(token, processPart(""), samplePDF(t))
	b.open(p.Tasks.Pending[0].URL)
	b.press("continue", "identity", "server")
	b.press("continue", "read", "yes")
	old := r.root
	r.restart()
	b.page = strings.ReplaceAll(b.page, url.QueryEscape(old), url.QueryEscape(r.root))
	b.press("sign", "pin", sandbox.SamplePIN)
	b.isBack(callback + "&signer_process_id=" + p.ID + "&status=finished")
}

func TestTheAgreementIsNotTrusted(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	text := "<h1>Agree</h1><script>alert(1)</script>"
	process := strings.Replace(processPart(""), `"finish_callback_url"`, `"views":{"document_agreement":{"document_info":{"html_body_content":"`+
		base64.StdEncoding.EncodeToString([]byte(text))+`"}}},"finish_callback_url"`, 1)
	p := r.createProcess(r.token(), process, samplePDF(t))
	b := r.browser()
	b.toDocument(p, "server")
	address := "/trustedx-resources/esignsp/v2/ui/agreement/" + p.ID
	b.shows(`sandbox="" src="` + address + `"`)
	b.open(address)
	if b.page != text || !strings.HasPrefix(b.header.Get("Content-Security-Policy"), "sandbox; default-src 'none'") {
		t.Errorf("%s: %v", b.page, b.header)
	}
	stranger := r.browser()
	stranger.open(address)
	stranger.shows("This signing does not exist")

	req := r.multipart("/trustedx-resources/esignsp/v2/signer_processes",
		part{"process", "", strings.Replace(process, "PGgx", "<h1>", 1)}, part{"document", "a.pdf", string(samplePDF(t))})
	req.Header.Set("Authorization", "Bearer "+r.token())
	r.want(400, r.do(req))
}

func TestAnotherAuthorizationDoesNotSign(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	token := r.token()
	p := r.createProcess(token, processPart(""), samplePDF(t))
	b := r.browser()
	b.toDocument(p, "server")
	b.press("continue", "read", "yes")
	for name, c := range map[string]struct{ parameter, value, shown string }{
		"of another scope":    {"scope", "urn:safelayer:eidas:sign:identity:profile", "could not be used"},
		"of another identity": {"sign_identity_id", "mobile", "Step 4 of 4"},
		"of another process":  {"signer_process_id", r.createProcess(token, processPart(""), samplePDF(t)).ID, "could not be used"},
	} {
		t.Run(name, func(t *testing.T) {
			u, err := url.Parse(b.hop(p.Tasks.Pending[0].URL))
			r.must(err)
			q := u.Query()
			q.Set(c.parameter, c.value)
			b.open(u.Path + "?" + q.Encode())
			if c.parameter == "signer_process_id" {
				b.press("sign", "pin", sandbox.SamplePIN)
			}
			b.shows(c.shown)
			r.want(404, r.call(token, "GET", p.Self+"/result"))
		})
	}
}

func TestAPINDoesNotSignWhatIsToBeReadAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	token := r.token()
	p := r.createProcess(token, processPart(""), samplePDF(t))
	b := r.browser()
	b.toDocument(p, "server")
	b.press("continue", "read", "yes")
	firstTab := b.page
	b.open(p.Tasks.Pending[0].URL)
	b.press("back")
	b.shows("Step 3 of 4")
	b.page = firstTab
	b.press("sign", "pin", sandbox.SamplePIN)
	b.shows("Step 3 of 4")
	r.want(404, r.call(token, "GET", p.Self+"/result"))
}

func TestSessionsAndAuthorizationsExpire(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	token := r.token()
	p := r.createProcess(token, processPart(""), samplePDF(t))
	b := r.browser()
	b.signIn(token)
	response := b.hop(b.hop(p.Tasks.Pending[0].URL))
	r.clock.advance(time.Hour)
	b.open(response)
	b.shows("This authorization is unknown")
	b.open(p.Tasks.Pending[0].URL)
	b.shows("Step 2 of 4")
	r.clock.advance(8 * time.Hour)
	b.open("/trustedx-resources/esignsp/v2/ui/document/" + p.Documents[0].ID)
	b.shows("This document cannot be shown")
	b.open(p.Tasks.Pending[0].URL)
	b.shows("Step 1 of 4")

	// A session that is opened again does not open what the expired one did.
	another := b.createProcess(r.token(), processPart(""), samplePDF(b))
	b.open(another.Tasks.Pending[0].URL)
	b.press("sign-in", "username", sandbox.SampleUser, "password", sandbox.SamplePassword)
	b.shows("Step 2 of 4")
	b.open("/trustedx-resources/esignsp/v2/ui/document/" + p.Documents[0].ID)
	b.shows("This document cannot be shown")
}
