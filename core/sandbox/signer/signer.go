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
	NotFound Choice = "fail-not-found" // PortaSigma: pageNotFound
	Reject   Choice = "reject"         // PortaSigma
	LookOnly Choice = "look"           // opens the first page and leaves
)

// answers are what the sample signer fills in.
var answers = map[string]string{
	"username": "signer", "password": "sample", "pin": "1234", "read": "yes",
}

// maxPages is more than any signing has.
const maxPages = 12

var (
	formToken = regexp.MustCompile(`name="form_token" value="([^"]*)"`)
	formGoal  = regexp.MustCompile(`<form method="post" action="([^"]*)"`)
	buttons   = regexp.MustCompile(`<button[^>]* name="action" value="([^"]*)"`)
	inputs    = regexp.MustCompile(`<input[^>]* name="([^"]*)"`)
	chosen    = regexp.MustCompile(`name="identity"[^>]* value="([^"]*)" checked`)
	identity  = regexp.MustCompile(`name="identity"[^>]* value="([^"]*)"`)
)

// Walk goes from the address to the return address as told, and gives the page the browser
// lands on there. With keep, it stops before the return and gives its address instead of
// going there: the browser that is closed too early.
func Walk(ctx context.Context, address string, choice Choice, keep bool) (landing string, err error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return "", err
	}
	w := &walker{ctx: ctx, choice: choice, client: &http.Client{
		Jar:           jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	defer w.client.CloseIdleConnections()
	home, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	w.host = home.Host
	if err := w.get(address); err != nil || choice == LookOnly {
		return w.page, err
	}
	for range maxPages {
		if w.returns != "" {
			if keep {
				return w.returns, nil
			}
			w.host = ""
			err := w.get(w.returns)
			return w.page, err
		}
		if err := w.post(); err != nil {
			return "", err
		}
	}
	return "", fmt.Errorf("the pages do not end; the last one was: %s", w.page)
}

type walker struct {
	ctx     context.Context
	client  *http.Client
	choice  Choice
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
	if choice := chosen.FindStringSubmatch(w.page); choice != nil {
		form.Set("identity", choice[1])
	} else if choice := identity.FindStringSubmatch(w.page); choice != nil {
		form.Set("identity", choice[1])
	}
	action, err := w.press()
	if err != nil {
		return err
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
	// Signing is the last step of the pages, so what leads on comes before it.
	for _, action := range []string{string(w.choice), "sign-in", "continue"} {
		if slices.Contains(there, action) {
			return action, nil
		}
	}
	return "", fmt.Errorf("no button leads to %s; there are %v", w.choice, there)
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
