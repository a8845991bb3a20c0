package sandbox

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"
)

// This file is the signing service as a client of the authorization server. It requests two authorizations in each visit, first to list
// the signer's identities and then to sign with one of them; see "Execute a document signature process" (Safelayer).

const (
	// redirectPath is where the authorization server redirects the browser to.
	redirectPath = tridentUI + "/authorized"
	pendingLife  = time.Hour // how long the response to an authorization request is awaited
)

// errRefused is returned when the authorization server answered with an error, or did not accept the code.
var errRefused = errors.New("the authorization code was refused")

// pendingAuthorization is an authorization request whose response is awaited. It is stored under the fingerprint of the request's state.
// Because the state can be seen in the address, it is valid only together with the cookie of the browser that it was made for.
type pendingAuthorization struct {
	expiring
	Browser  string `json:"browser"` // the fingerprint of its cookie
	Process  string `json:"process"`
	Scope    string `json:"scope"`
	Verifier string `json:"verifier"` // the PKCE code verifier (RFC 7636, 4.1)
	Done     bool   `json:"done,omitempty"`
}

// requestAuthorization redirects the browser to the authorization server, with a new state and code challenge, which it stores as a
// pendingAuthorization.
func (g *gateway) requestAuthorization(w http.ResponseWriter, r *http.Request, v visitor, p process, scope string) {
	state, now := randomID(), g.options.Now()
	t := pendingAuthorization{
		expiring: expiring{now.Add(pendingLife)}, Browser: fingerprint(v.cookie), Process: p.ID, Scope: scope, Verifier: randomID() + randomID(),
	}
	if err := g.state.addPending(state, t, now); err != nil {
		g.showFault(w, r, tridentName, err)
		return
	}
	challenge := sha256.Sum256([]byte(t.Verifier))
	q := url.Values{
		"response_type": {"code"}, "client_id": {serviceClient}, "redirect_uri": {baseURL(r) + redirectPath}, "scope": {scope}, "state": {state},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(challenge[:])}, "code_challenge_method": {"S256"},
		"signer_process_id": {p.ID},
	}
	if scope == useScope {
		q.Set("sign_identity_id", p.Identity)
	}
	http.Redirect(w, r, oauthPath+"/"+serviceAuthority+"/authorize?"+q.Encode(), http.StatusSeeOther)
}

// receiveAuthorization handles the authorization response (RFC 6749, 4.1.2).
func (g *gateway) receiveAuthorization(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	v, err := g.recognize(r, tridentCookie, tridentUI)
	var t pendingAuthorization
	var p process
	var list []document
	var known, found bool
	if err == nil {
		t, known, err = g.state.pending(q.Get("state"), g.options.Now())
		known = known && v.cookie != "" && t.Browser == fingerprint(v.cookie)
	}
	if err == nil && known {
		p, list, found, err = g.state.process(t.Process)
	}
	switch {
	case err != nil:
		g.showFault(w, r, tridentName, err)
	case !known:
		g.showMessage(w, r, http.StatusForbidden, tridentName, "This authorization is unknown",
			"It was requested by another browser, or too long ago. Open the signing again from the application.")
	case !found:
		g.showNoSuchProcess(w, r, tridentName)
	case t.Done || p.Result.Status != "":
		g.redirectToStep(w, r, p.ID) // the page was reloaded, or another tab was faster
	default:
		g.applyAuthorization(w, r, v, t, p, list)
	}
}

// applyAuthorization handles the response to t: it uses the code, or ends the process or steps back after an error that the signer caused.
// Then it redirects the browser to the next step.
func (g *gateway) applyAuthorization(w http.ResponseWriter, r *http.Request, v visitor, t pendingAuthorization, p process, list []document) {
	q := r.URL.Query()
	var err error
	switch fault := q.Get("error"); fault {
	case "":
		err = g.applyCode(r, v, t, p, q.Get("code"))
	case accessDeniedError:
		err = g.state.endProcess(p.ID, processResult{Status: canceled, Message: signerCanceled}, nil)
	case serverError:
		err = g.state.endProcess(p.ID, processResult{Status: failed, Message: askedToFail}, allFailed(list, askedToFail))
	case selectionRequired:
		err = g.state.changeProcess(p.ID, (*process).stepBack)
	default:
		err = fmt.Errorf("%w: %.100q", errRefused, fault)
	}
	if errors.Is(err, errRefused) {
		g.showMessage(w, r, http.StatusBadRequest, tridentName, "The authorization could not be used",
			"Nothing was signed. Open the signing again from the application.")
		return
	}
	if err == nil {
		err = g.state.finishPending(q.Get("state"))
	}
	if err != nil {
		g.showFault(w, r, tridentName, err)
		return
	}
	g.redirectToStep(w, r, p.ID)
}

// applyCode exchanges the code and uses the grant: it opens the process in this browser, or signs it.
func (g *gateway) applyCode(r *http.Request, v visitor, t pendingAuthorization, p process, code string) error {
	granted, err := g.exchange(r, t, code)
	if err != nil {
		return err
	}
	if granted.Scope != t.Scope || granted.Process != p.ID {
		return errRefused
	}
	if t.Scope == identityScope {
		return g.state.openProcess(v.cookie, granted.Person, p.ID, g.options.Now())
	}
	return g.signProcess(granted)
}

// exchange exchanges the code at the token endpoint and revokes the token, whose grant it returns. The request does not go through the
// network: while the gateway shuts down it accepts no connections, but may still finish this visit.
func (g *gateway) exchange(r *http.Request, t pendingAuthorization, code string) (granted grant, err error) {
	form := url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {baseURL(r) + redirectPath}, "code_verifier": {t.Verifier},
	}
	req, err := http.NewRequestWithContext(context.WithoutCancel(r.Context()), http.MethodPost,
		baseURL(r)+oauthPath+"/"+serviceAuthority+"/token", strings.NewReader(form.Encode()))
	if err != nil {
		return granted, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(serviceClient, g.serviceSecret)
	answer := record(g.handler, req)
	if answer.status != http.StatusOK {
		return granted, errRefused
	}
	var body struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal(answer.body.Bytes(), &body); err != nil {
		return granted, fmt.Errorf("read the token: %w", err)
	}
	token, valid, err := g.state.token(body.Token, g.options.Now())
	if err == nil && valid {
		err = g.state.revoke(body.Token)
	}
	if err != nil || !valid || token.Grant == nil {
		return granted, errors.Join(errRefused, err)
	}
	return *token.Grant, nil
}

func (s *state) addPending(state string, t pendingAuthorization, now time.Time) error {
	return s.db.Update(func(tx *bolt.Tx) error {
		if err := pendingAuthorizations.prune(tx, func(t pendingAuthorization) bool { return t.expired(now) }); err != nil {
			return err
		}
		return pendingAuthorizations.put(tx, fingerprint(state), t)
	})
}

func (s *state) pending(state string, now time.Time) (t pendingAuthorization, found bool, err error) {
	err = s.db.View(func(tx *bolt.Tx) (err error) {
		t, found, err = pendingAuthorizations.get(tx, fingerprint(state))
		found = found && !t.expired(now)
		return err
	})
	return t, found, err
}

// finishPending marks an authorization request as answered. The record stays, because the browser may come back to the same address, but
// its response is not used again.
func (s *state) finishPending(state string) error {
	return s.db.Update(func(tx *bolt.Tx) error {
		t, found, err := pendingAuthorizations.get(tx, fingerprint(state))
		if err != nil || !found {
			return err
		}
		t.Done = true
		return pendingAuthorizations.put(tx, fingerprint(state), t)
	})
}
