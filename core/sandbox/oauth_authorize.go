package sandbox

import (
	"net/http"
	"net/url"
	"regexp"
	"sync"
)

// This file is the authorization endpoint (RFC 6749, 4.1.1). The authorization server has sessions and a cookie of its own. It asks the
// signer to sign in or to enter the PIN, and gives a code to the signing service.

const authorizationServerName = "TrustedX authorization server"

// challengeSyntax is the syntax of a code challenge with the method S256 (RFC 7636, 4.2).
var challengeSyntax = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`) })

// authorizationRequest is a valid authorization request.
type authorizationRequest struct {
	authority, redirect, state, challenge string
	scope, identity                       string
	noPrompt                              bool // prompt=none: show no page
	process                               process
	documents                             []document
}

// needsPIN reports whether the signer must enter the PIN even when a session is open. That is so for a key on the server, and never for
// a key in a phone, which asks for its PIN itself; see "Execute a document signature process" (Safelayer).
func (a authorizationRequest) needsPIN() bool {
	return a.scope == useScope && a.identity == serverIdentity
}

// readAuthorization parses and validates the request. When ok is false, it has already answered. It redirects an error to the client only
// if the client and its redirect address are right (RFC 6749, 4.1.2.1).
func (g *gateway) readAuthorization(w http.ResponseWriter, r *http.Request) (a authorizationRequest, ok bool) {
	q := r.URL.Query()
	a = authorizationRequest{
		authority: r.PathValue("as"), redirect: q.Get("redirect_uri"), state: q.Get("state"), challenge: q.Get("code_challenge"),
		scope: q.Get("scope"), identity: q.Get("sign_identity_id"), noPrompt: q.Get("prompt") == "none",
	}
	if q.Get("client_id") != serviceClient || a.redirect != baseURL(r)+redirectPath || len(q["client_id"]) != 1 || len(q["redirect_uri"]) != 1 {
		g.showMessage(w, r, http.StatusBadRequest, authorizationServerName, "This authorization request is not valid",
			"The address does not name a client of this server, or not the client's own return address.")
		return a, false
	}
	fault := ""
	for _, values := range q {
		if len(values) > 1 { // RFC 6749, 3.1
			fault = "invalid_request"
		}
	}
	switch {
	case fault != "":
	case q.Get("response_type") == "" || a.state == "":
		fault = "invalid_request"
	case q.Get("response_type") != "code":
		fault = "unsupported_response_type"
	case a.scope != identityScope && a.scope != useScope:
		fault = "invalid_scope"
	case q.Get("code_challenge_method") != "S256" || !challengeSyntax().MatchString(a.challenge):
		fault = "invalid_request"
	case a.scope == useScope && a.identity != serverIdentity && a.identity != mobileIdentity:
		fault = "invalid_request"
	}
	if fault != "" {
		a.redirectBack(w, r, "error", fault)
		return a, false
	}
	var found bool
	var err error
	a.process, a.documents, found, err = g.state.process(q.Get("signer_process_id"))
	switch {
	case err != nil:
		g.showFault(w, r, authorizationServerName, err)
	case !found:
		g.showNoSuchProcess(w, r, authorizationServerName)
	}
	return a, err == nil && found
}

// redirectBack redirects the browser to the client, with the parameter name (code or error) and the client's state.
func (a authorizationRequest) redirectBack(w http.ResponseWriter, r *http.Request, name, value string) {
	q := url.Values{name: {value}}
	if a.state != "" {
		q.Set("state", a.state)
	}
	http.Redirect(w, r, addQuery(a.redirect, q), http.StatusSeeOther)
}

// authorize answers an authorization request.
func (g *gateway) authorize(w http.ResponseWriter, r *http.Request) {
	a, ok := g.readAuthorization(w, r)
	if !ok {
		return
	}
	v, err := g.visitor(w, r, authorizationServerCookie, authorizationServerPath)
	switch {
	case err != nil:
		g.showFault(w, r, authorizationServerName, err)
	case v.person != nil && !a.needsPIN():
		g.redirectWithCode(w, r, v, a, false)
	case a.noPrompt && v.person == nil:
		a.redirectBack(w, r, "error", loginRequired)
	case a.noPrompt:
		a.redirectBack(w, r, "error", interactionRequired)
	default:
		g.showAuthorizePage(w, r, v, a, "")
	}
}

// showAuthorizePage shows the page that asks the signer to sign in, or for the PIN.
func (g *gateway) showAuthorizePage(w http.ResponseWriter, r *http.Request, v visitor, a authorizationRequest, problem string) {
	name, title, step := "signin", "Sign in", "Step 1 of 4"
	if a.scope == useScope {
		step = "Step 4 of 4"
	}
	content := tridentContent{Hints: sampleHints, Identity: a.identity, Skipped: !a.process.HasRead}
	if v.person != nil {
		name, title = "pin", "Sign with your PIN"
		for _, d := range a.documents {
			content.Documents = append(content.Documents, documentInfo{Name: d.Name, Address: tridentUI + "/document/" + d.ID})
		}
	}
	g.show(w, r, statusOf(problem), name, page{
		Title: title, Gateway: authorizationServerName, Step: step, Problem: problem, Cancel: true, Content: content,
		Action: r.URL.RequestURI(), Token: v.formToken(a.state), target: formTarget(a.process.Callback),
		Practice: g.practiceForm(r, callsAtTrident, a.process.ID),
	})
}

// submitAuthorizePage handles the forms of both pages of showAuthorizePage: signing in, and entering the PIN.
func (g *gateway) submitAuthorizePage(w http.ResponseWriter, r *http.Request) {
	if !g.parsePost(w, r, authorizationServerName) {
		return
	}
	a, ok := g.readAuthorization(w, r)
	if !ok {
		return
	}
	v, err := g.visitor(w, r, authorizationServerCookie, authorizationServerPath)
	if err != nil {
		g.showFault(w, r, authorizationServerName, err)
		return
	}
	if !v.sentForm(r, a.state) {
		g.showStaleForm(w, r, authorizationServerName)
		return
	}
	form, problem, again := r.PostForm, "", false
	switch action := form.Get("action"); {
	case action == "cancel":
		a.redirectBack(w, r, "error", accessDeniedError)
		return
	case action == setMisbehavior:
		problem, err = g.misbehaveByForm(r, a.process.ID)
		again = true
	case action == "sign-in":
		if equal(form.Get("username"), SampleUser)&equal(form.Get("password"), SamplePassword) == 0 {
			problem = "The user name or the password is wrong."
			break
		}
		err = g.signIn(w, &v, authorizationServerCookie, authorizationServerPath, person(SampleSigner))
		again = true
	case v.person == nil:
		problem = "Sign in first."
	case action == "fail":
		a.redirectBack(w, r, "error", serverError)
		return
	case action == "back":
		a.redirectBack(w, r, "error", selectionRequired)
		return
	case action != "sign" && action != "fail-some" || !a.needsPIN():
		problem = "Use one of the buttons of this page."
	case equal(form.Get("pin"), SamplePIN) == 0:
		problem = "The PIN is wrong. Nothing was signed."
	default:
		g.redirectWithCode(w, r, v, a, action == "fail-some")
		return
	}
	switch {
	case err != nil:
		g.showFault(w, r, authorizationServerName, err)
	case again && problem == "":
		http.Redirect(w, r, r.URL.RequestURI(), http.StatusSeeOther) // #nosec G710 -- the address of this very request
	default:
		g.showAuthorizePage(w, r, v, a, problem)
	}
}

// redirectWithCode issues an authorization code for a and redirects the browser to the client with it. With failSome, only the first
// document will be signed.
func (g *gateway) redirectWithCode(w http.ResponseWriter, r *http.Request, v visitor, a authorizationRequest, failSome bool) {
	code, now := randomID(), g.options.Now()
	err := g.state.addCode(code, authorizationCode{
		expiring: expiring{now.Add(codeLife)}, Authority: a.authority, Redirect: a.redirect, Challenge: a.challenge,
		Grant: grant{Scope: a.scope, Process: a.process.ID, Identity: a.identity, Person: *v.person, FailSome: failSome},
	}, now)
	if err != nil {
		g.showFault(w, r, authorizationServerName, err)
		return
	}
	a.redirectBack(w, r, "code", code)
}
