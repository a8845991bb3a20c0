package sandbox

import (
	"net/http"
	"net/url"
	"regexp"
	"time"

	bolt "go.etcd.io/bbolt"
)

// The authorization server's side of the two trips (RFC 6749, 4.1). It has a session and a cookie of its own, asks
// the signer for what is missing, and gives the signing service a code.

const (
	authorityName = "TrustedX authorization server"
	// codeLife is how long a code waits for its exchange, and the token for its use: both follow at once.
	codeLife = time.Minute
)

// The errors of an authorization response. The first two are of RFC 6749, 4.1.2.1, the others of OpenID Connect.
const (
	accessIsDenied      = "access_denied"
	serverError         = "server_error"
	loginRequired       = "login_required"
	interactionRequired = "interaction_required"
	// selectionRequired is how the signer goes back to choose anew.
	selectionRequired = "account_selection_required"
)

// challengeSyntax is a SHA-256 in base64url (RFC 7636, 4.2).
var challengeSyntax = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

// grant is what a signer authorized.
type grant struct {
	Scope    string `json:"scope"`
	Process  string `json:"process"`
	Identity string `json:"identity,omitempty"`
	Person   person `json:"person"`
	// FailSome is a practice control that was pressed with the PIN: all documents but the first are to fail.
	FailSome bool `json:"fail_some,omitempty"`
}

// authorizationCode is a code that waits for its exchange, or was exchanged.
type authorizationCode struct {
	expiring
	Authority string `json:"authority"`
	Redirect  string `json:"redirect"`
	Challenge string `json:"challenge"`
	Grant     grant  `json:"grant"`
	// Token is the fingerprint of what the code was exchanged for: a second try makes it worthless (RFC 6749, 4.1.2).
	Token string `json:"token,omitempty"`
}

// authorization is a request for an authorization that was found to be in order.
type authorization struct {
	authority, redirect, state, challenge string
	scope, identity                       string
	silently                              bool // ask the signer nothing: prompt=none
	process                               process
	documents                             []document
}

// needsPIN reports whether the signer is asked although a session is open: always for a key that the server keeps,
// never for one in a phone, which asks by itself (vendor page "Execute a document signature process").
func (a authorization) needsPIN() bool { return a.scope == useScope && a.identity == serverIdentity }

// readAuthorization checks the request; false means that the answer is given. Only when client and address are known
// to belong together is the browser sent back with an error.
func (g *gateway) readAuthorization(w http.ResponseWriter, r *http.Request) (a authorization, ok bool) {
	q := r.URL.Query()
	a = authorization{
		authority: r.PathValue("as"), redirect: q.Get("redirect_uri"), state: q.Get("state"), challenge: q.Get("code_challenge"),
		scope: q.Get("scope"), identity: q.Get("sign_identity_id"), silently: q.Get("prompt") == "none",
	}
	if q.Get("client_id") != serviceClient || a.redirect != root(r)+tripsEnd || len(q["client_id"]) != 1 || len(q["redirect_uri"]) != 1 {
		g.tell(w, r, http.StatusBadRequest, authorityName, "This authorization cannot be asked for",
			"The address names no client of this server, or not the client's own address.")
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
	case a.scope != listScope && a.scope != useScope:
		fault = "invalid_scope"
	case q.Get("code_challenge_method") != "S256" || !challengeSyntax.MatchString(a.challenge):
		fault = "invalid_request"
	case a.scope == useScope && a.identity != serverIdentity && a.identity != mobileIdentity:
		fault = "invalid_request"
	}
	if fault != "" {
		a.answer(w, r, "error", fault)
		return a, false
	}
	var found bool
	var err error
	a.process, a.documents, found, err = g.state.process(q.Get("signer_process_id"))
	switch {
	case err != nil:
		g.failPage(w, r, authorityName, err)
	case !found:
		g.noSuchSigning(w, r, authorityName)
	}
	return a, err == nil && found
}

// answer sends the browser back to the client with a code or an error.
func (a authorization) answer(w http.ResponseWriter, r *http.Request, name, value string) {
	q := url.Values{name: {value}}
	if a.state != "" {
		q.Set("state", a.state)
	}
	http.Redirect(w, r, addQuery(a.redirect, q), http.StatusSeeOther)
}

// authorize is the authorization endpoint as the browser is sent there.
func (g *gateway) authorize(w http.ResponseWriter, r *http.Request) {
	a, ok := g.readAuthorization(w, r)
	if !ok {
		return
	}
	v, err := g.visitor(w, r, authorityCookie, authorityPath)
	switch {
	case err != nil:
		g.failPage(w, r, authorityName, err)
	case v.signed != nil && !a.needsPIN():
		g.giveCode(w, r, v, a, false)
	case a.silently && v.signed == nil:
		a.answer(w, r, "error", loginRequired)
	case a.silently:
		a.answer(w, r, "error", interactionRequired)
	default:
		g.askSigner(w, r, v, a, "")
	}
}

// askSigner shows the page that asks for what the authorization lacks.
func (g *gateway) askSigner(w http.ResponseWriter, r *http.Request, v visitor, a authorization, problem string) {
	name, title, step := "signin", "Sign in", "Step 1 of 4"
	if a.scope == useScope {
		step = "Step 4 of 4"
	}
	content := tridentStep{Hints: sampleHints, Identity: a.identity, Skipped: !a.process.HasRead}
	if v.signed != nil {
		name, title = "pin", "Sign with your PIN"
		for _, d := range a.documents {
			content.Documents = append(content.Documents, shownDocument{Name: d.Name, Address: tridentUI + "/document/" + d.ID})
		}
	}
	g.show(w, r, statusOf(problem), name, page{
		Title: title, Gateway: authorityName, Step: step, Problem: problem, Cancel: true, Content: content,
		Action: r.URL.RequestURI(), Token: v.formToken(a.state), target: formTarget(a.process.Callback),
		Practice: g.practiceForm(r, tridentWords, a.process.ID),
	})
}

// answerSigner takes the form of either page.
func (g *gateway) answerSigner(w http.ResponseWriter, r *http.Request) {
	if !g.parsePost(w, r, authorityName) {
		return
	}
	a, ok := g.readAuthorization(w, r)
	if !ok {
		return
	}
	v, err := g.visitor(w, r, authorityCookie, authorityPath)
	if err != nil {
		g.failPage(w, r, authorityName, err)
		return
	}
	if !v.sentForm(r, a.state) {
		g.staleForm(w, r, authorityName)
		return
	}
	form, problem, again := r.PostForm, "", false
	switch action := form.Get("action"); {
	case action == "cancel":
		a.answer(w, r, "error", accessIsDenied)
		return
	case action == setMisbehaviour:
		problem, err = g.misbehaveByForm(r, a.process.ID)
		again = true
	case action == "sign-in":
		if equal(form.Get("username"), SampleUser)&equal(form.Get("password"), SamplePassword) == 0 {
			problem = "The user name or the password is not right."
			break
		}
		err = g.signIn(w, &v, authorityCookie, authorityPath, person(SampleSigner))
		again = true
	case v.signed == nil:
		problem = "Sign in first."
	case action == "fail":
		a.answer(w, r, "error", serverError)
		return
	case action == "back":
		a.answer(w, r, "error", selectionRequired)
		return
	case action != "sign" && action != "fail-some" || !a.needsPIN():
		problem = "Use one of the buttons of this page."
	case equal(form.Get("pin"), SamplePIN) == 0:
		problem = "The PIN is not right. Nothing was signed."
	default:
		g.giveCode(w, r, v, a, action == "fail-some")
		return
	}
	switch {
	case err != nil:
		g.failPage(w, r, authorityName, err)
	case again && problem == "":
		http.Redirect(w, r, r.URL.RequestURI(), http.StatusSeeOther)
	default:
		g.askSigner(w, r, v, a, problem)
	}
}

// giveCode sends the browser back with a code for what is authorized now.
func (g *gateway) giveCode(w http.ResponseWriter, r *http.Request, v visitor, a authorization, failSome bool) {
	code, now := randomID(), g.options.Now()
	err := g.state.addCode(code, authorizationCode{
		expiring: expiring{now.Add(codeLife)}, Authority: a.authority, Redirect: a.redirect, Challenge: a.challenge,
		Grant: grant{Scope: a.scope, Process: a.process.ID, Identity: a.identity, Person: *v.signed, FailSome: failSome},
	}, now)
	if err != nil {
		g.failPage(w, r, authorityName, err)
		return
	}
	a.answer(w, r, "code", code)
}

func (s *state) addCode(code string, c authorizationCode, now time.Time) error {
	return s.db.Update(func(tx *bolt.Tx) error {
		if err := codes.prune(tx, func(c authorizationCode) bool { return c.expired(now) }); err != nil {
			return err
		}
		return codes.put(tx, fingerprint(code), c)
	})
}

// redeem exchanges a code for token, once, when fits says that it was given for this exchange. A second exchange
// makes the token of the first worthless.
func (s *state) redeem(code, token string, now time.Time, fits func(authorizationCode) bool) (granted grant, good bool, err error) {
	err = s.db.Update(func(tx *bolt.Tx) error {
		c, found, err := codes.get(tx, fingerprint(code))
		switch {
		case err != nil || !found || c.expired(now):
			return err
		case c.Token != "":
			return tokens.delete(tx, c.Token)
		case !fits(c):
			return nil
		}
		granted, good = c.Grant, true
		c.Token = fingerprint(token)
		if err := codes.put(tx, fingerprint(code), c); err != nil {
			return err
		}
		return putToken(tx, token, accessToken{expiring: expiring{now.Add(codeLife)}, Grant: &c.Grant}, now)
	})
	return granted, good && err == nil, err
}
