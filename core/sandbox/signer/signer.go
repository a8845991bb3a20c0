// Package signer is the sample signer of the practice gateways as a program: it opens the
// address a browser would open, fills in the pages' forms and presses their buttons. It is
// for tests; no program imports it.
package signer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Choice is the button that the signer wants to press in the end: its value on the pages.
type Choice string

// What the signer can do.
const (
	Sign     Choice = "sign"
	Cancel   Choice = "cancel"         // TRIDENT
	Fail     Choice = "fail"           // TRIDENT: a failure; PortaSigma: accessDenied
	Some     Choice = "some"           // TRIDENT, several documents: only the first is signed
	NotFound Choice = "fail-not-found" // PortaSigma: pageNotFound
	Reject   Choice = "reject"         // PortaSigma
	LookOnly Choice = "look"           // opens the first page and leaves
)

// Identity is a signing identity at TRIDENT. Without one the signer takes what the page proposes: the server's.
type Identity string

// What the signer signs with.
const (
	Server Identity = "server"
	Mobile Identity = "mobile"
)

// Way is how the signer goes through the pages.
type Way struct {
	Choice   Choice
	Identity Identity
	// Misbehave is what the signer sets on the first page that offers it, "" for nothing: one of the words of
	// docs/sandbox.md.
	Misbehave string
	// Keep has the signer stop before the return: the browser that is closed too early.
	Keep bool
}

// Arrival is where a signer ended.
type Arrival struct {
	// Return is the address the gateway sent the browser to; "" when it sent it nowhere.
	Return string
	// Page is the last page: the application's, or the gateway's where the browser did not leave it.
	Page string
}

// answers are what the sample signer fills in.
var answers = map[string]string{
	"username": "signer", "password": "sample", "pin": "1234", "read": "yes",
}

const setMisbehavior = "set-misbehavior"

// maxPages is more than any signing has.
const maxPages = 12

var (
	formToken = regexp.MustCompile(`name="form_token" value="([^"]*)"`)
	formGoal  = regexp.MustCompile(`<form method="post" action="([^"]*)"`)
	buttons   = regexp.MustCompile(`<button[^>]* name="action" value="([^"]*)"`)
	inputs    = regexp.MustCompile(`<input[^>]* name="([^"]*)"`)
	chosen    = regexp.MustCompile(`name="identity"[^>]* value="([^"]*)" checked`)
	over      = regexp.MustCompile(`id="not-sent-back"`)
	identity  = regexp.MustCompile(`name="identity"[^>]* value="([^"]*)"`)
)

// Walk goes from the address to the return address as told, and gives the page the browser
// lands on there. With keep, it stops before the return and gives its address instead of
// going there: the browser that is closed too early.
func Walk(ctx context.Context, address string, choice Choice, keep bool) (landing string, err error) {
	arrival, err := Way{Choice: choice, Keep: keep}.Walk(ctx, address)
	if keep && arrival.Return != "" {
		return arrival.Return, err
	}
	return arrival.Page, err
}

// Walk goes from the address to the return address, in a browser that was never there before.
func (way Way) Walk(ctx context.Context, address string) (Arrival, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return Arrival{}, err
	}
	w := &walker{ctx: ctx, way: way, client: &http.Client{
		Jar:           jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	defer w.client.CloseIdleConnections()
	home, err := url.Parse(address)
	if err != nil {
		return Arrival{}, err
	}
	w.host = home.Host
	if err := w.get(address); err != nil || way.Choice == LookOnly {
		return Arrival{w.returns, w.page}, err
	}
	for range maxPages {
		if w.returns != "" {
			if way.Keep {
				return Arrival{w.returns, w.page}, nil
			}
			w.host = ""
			err := w.get(w.returns)
			return Arrival{w.returns, w.page}, err
		}
		if over.MatchString(w.page) {
			return Arrival{Page: w.page}, nil
		}
		if err := w.post(); err != nil {
			return Arrival{}, err
		}
	}
	return Arrival{}, fmt.Errorf("the pages do not end; the last one was: %s", w.page)
}

type walker struct {
	ctx     context.Context
	client  *http.Client
	way     Way
	host    string // of the gateway
	at      *url.URL
	page    string
	returns string // the return address, once the gateway has sent the browser there
}

func (w *walker) get(address string) error {
	req, err := http.NewRequestWithContext(w.ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	return w.do(req)
}

// post fills the page's form and presses the button that is wanted, if it is there, or
// the one that leads on.
func (w *walker) post() error {
	goal := formGoal.FindStringSubmatch(w.page)
	if goal == nil {
		return fmt.Errorf("a page without a form: %s", w.page)
	}
	form := url.Values{}
	if token := formToken.FindStringSubmatch(w.page); token != nil {
		form.Set("form_token", token[1])
	}
	for _, input := range inputs.FindAllStringSubmatch(w.page, -1) {
		if answer, known := answers[input[1]]; known {
			form.Set(input[1], answer)
		}
	}
	if w.way.Identity != "" && identity.MatchString(w.page) {
		form.Set("identity", string(w.way.Identity))
	} else if choice := chosen.FindStringSubmatch(w.page); choice != nil {
		form.Set("identity", choice[1])
	} else if choice := identity.FindStringSubmatch(w.page); choice != nil {
		form.Set("identity", choice[1])
	}
	action, err := w.press()
	if err != nil {
		return err
	}
	if action == setMisbehavior {
		form.Set("misbehave", w.way.Misbehave)
		w.way.Misbehave = ""
	}
	form.Set("action", action)
	address, err := w.at.Parse(strings.ReplaceAll(goal[1], "&amp;", "&"))
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(w.ctx, http.MethodPost, address.String(), strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", w.at.Scheme+"://"+w.at.Host)
	return w.do(req)
}

func (w *walker) press() (string, error) {
	var there []string
	for _, b := range buttons.FindAllStringSubmatch(w.page, -1) {
		there = append(there, b[1])
	}
	if w.way.Misbehave != "" && slices.Contains(there, setMisbehavior) {
		return setMisbehavior, nil
	}
	choice := string(w.way.Choice)
	if w.way.Choice == Some {
		choice = "fail-some"
	}
	// Signing is the last step of the pages, so what leads on comes before it.
	for _, action := range []string{choice, "sign-in", "continue"} {
		if slices.Contains(there, action) {
			return action, nil
		}
	}
	return "", fmt.Errorf("no button leads to %s; there are %v", choice, there)
}

// do follows redirects within the gateway and stops at one that leads out of it.
func (w *walker) do(req *http.Request) error {
	for range 10 {
		resp, err := w.client.Do(req)
		if err != nil {
			return err
		}
		body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
		if err := errors.Join(err, resp.Body.Close()); err != nil {
			return err
		}
		w.page, w.at = string(body), req.URL
		location, err := resp.Location()
		if errors.Is(err, http.ErrNoLocation) {
			return nil
		}
		if err != nil {
			return err
		}
		if w.host != "" && location.Host != w.host {
			w.returns = location.String()
			return nil
		}
		if req, err = http.NewRequestWithContext(w.ctx, http.MethodGet, location.String(), nil); err != nil {
			return err
		}
	}
	return errors.New("too many redirects")
}
